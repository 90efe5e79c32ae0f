// A root with releases that were installed as an installer does it: with a row for each file of the one package
// "system".
#pragma once

#include <mos/base/path.hpp>
#include <mos/crypto/digest.hpp>
#include <mos/state/packages.hpp>

#include "change.hpp"
#include "expect.hpp"
#include "machine.hpp"
#include "twin.hpp"

#include <string>
#include <utility>
#include <vector>

namespace mos::test {

[[nodiscard]] inline state::InstalledFile row_of(const TreeEntry &entry, std::uint64_t package) {
    state::InstalledFile file;
    file.package = package;
    file.path = entry.path;
    file.type = entry.type;
    file.attributes = attributes_of(entry);
    file.size = entry.content.size();
    file.digest = crypto::sha256(base::as_bytes(entry.content));
    file.link_target = entry.target;
    return file;
}

// From `present` to `wanted`, which is `version` of "system" from then on.
[[nodiscard]] inline Result<void> install_release(Machine &machine, const TreeImage &present, const TreeImage &wanted,
                                                  const std::string &version) {
    MOS_TRY(transaction::Staged staged, machine.stage(present, wanted));
    MOS_TRY(transaction::Decided decided,
            transaction::decide(machine.site(), std::move(staged), {.summary = "update", .reason = {}},
                                [&](std::uint64_t id) -> Result<void> {
                                    state::Packages packages{machine.database()};
                                    MOS_TRY(const auto before, packages.find("system"));
                                    if (before)
                                        MOS_CHECK(packages.mark_removed(before->id, id));
                                    state::InstalledPackage package;
                                    package.name = "system";
                                    package.version = version;
                                    MOS_TRY(const std::uint64_t row, packages.insert(package, id));
                                    for (const TreeEntry &entry : wanted.entries)
                                        MOS_CHECK(packages.insert_file(row_of(entry, row)));
                                    return {};
                                }));
    return transaction::carry_through(machine.site(), std::move(decided));
}

// One upon the other: versions "1", "2", …
class InstalledRoot {
  public:
    explicit InstalledRoot(const std::vector<TreeImage> &releases) {
        machine = must(Machine::start(twin.root()));
        TreeImage present;
        for (const TreeImage &release : releases) {
            must(install_release(*machine, present, release, std::to_string(++m_version)));
            present = release;
        }
    }
    void install(const TreeImage &present, const TreeImage &wanted) {
        must(install_release(*machine, present, wanted, std::to_string(++m_version)));
    }

    [[nodiscard]] std::string differs_from(const TreeImage &image) const {
        TreeImage tree = must(machine->tree());
        std::erase_if(tree.entries, [](const TreeEntry &entry) {
            return entry.path.empty() || entry.path == "var" || entry.path == "var/lib";
        });
        return difference(image, tree, all_directory_times);
    }
    [[nodiscard]] std::unique_ptr<base::Directory> folder(std::string_view path) const {
        return must(machine->root().open_directory(path, base::Symlinks::refuse));
    }
    void write(const std::string &path, std::string_view content) const {
        const base::SplitPath split = base::split_path(path);
        must(base::replace_file(*folder(split.parent), split.name, base::as_bytes(content), 0644));
    }
    [[nodiscard]] std::string read(const std::string &path) const {
        const base::SplitPath split = base::split_path(path);
        return std::string{base::as_text(must(base::read_file(*folder(split.parent), split.name, 1U << 20U)))};
    }
    [[nodiscard]] bool has(const std::string &path) const {
        const base::SplitPath split = base::split_path(path);
        return must(folder(split.parent)->find(split.name)).has_value();
    }

    Twin twin;
    std::unique_ptr<Machine> machine;

  private:
    int m_version = 0;
};

}  // namespace mos::test
