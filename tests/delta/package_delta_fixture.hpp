// Two releases of a package, and the delta package between them.
#pragma once

#include "delta_fixture.hpp"
#include "package_fixture.hpp"
#include "taken_apart.hpp"

#include <mos/delta/package_delta.hpp>

#include <map>

namespace mos::test::delta {

using mos::delta::PackageContent;
using mos::delta::PackageDeltaOptions;
using mos::delta::PackageDeltaReport;
using package::Entry;
using package::Origin;

[[nodiscard]] inline std::string text_of(const Bytes &bytes) { return std::string{base::as_text(bytes)}; }

inline void fill_old(const Tree &tree) {
    fill(tree);
    tree.file("usr/lib/program", text_of(noise(300'000)), 0755);
    tree.file("usr/lib/small-a", text_of(noise(3000, 2)));
    tree.file("usr/lib/small-b", text_of(noise(4000, 3)));
    tree.file("usr/lib/libx.so.1.2", text_of(noise(50'000, 4)));
    tree.file("usr/lib/gone", "gone");
    tree.link("usr/lib/program-too", "usr/lib/program");
    tree.file("etc/p.conf", text_of(noise(2000, 6)));
}

inline void fill_new(const Tree &tree) {
    fill(tree);
    tree.file("usr/lib/program", text_of(sprinkled(noise(300'000))), 0755);
    tree.file("usr/lib/small-a", text_of(sprinkled(noise(3000, 2))));
    tree.file("usr/lib/small-b", text_of(sprinkled(noise(4000, 3))));
    tree.file("usr/lib/libx.so.1.3", text_of(sprinkled(noise(50'000, 4))));
    tree.file("usr/lib/small-a-again", text_of(sprinkled(noise(3000, 2))));
    tree.file("usr/lib/new", "something new\n");
    tree.link("usr/lib/program-too", "usr/lib/program");
    tree.file("etc/p.conf", text_of(sprinkled(noise(2000, 6))));
}

[[nodiscard]] inline std::shared_ptr<package::Package> opened(base::Bytes bytes) {
    return std::make_shared<package::Package>(must(open_unverified(std::move(bytes))));
}

class Release {
  public:
    explicit Release(std::string version) : m_version(std::move(version)) {}
    Tree tree;
    Tree scripts;

    [[nodiscard]] base::Bytes bytes(const std::string &name = "p") const {
        const TemporaryRoot output;
        const auto files = tree.open();
        const auto calls = scripts.open();
        const auto folder = output.root();
        package::Manifest manifest = manifest_of(name, m_version);
        manifest.configuration.files = {"usr/lib/settings"};
        const package::InputTree trees[] = {{files.get(), package::Section::files, ""},
                                            {calls.get(), package::Section::scripts, ""}};
        must(package::create_package(trees, manifest, reproducible(), *folder, "p.mos"));
        return must(base::read_file(*folder, "p.mos", 64U << 20U));
    }
    [[nodiscard]] std::shared_ptr<package::Package> open() const { return opened(bytes()); }

  private:
    std::string m_version;
};

// For second_reader_delta_test.py, which reads what these tests make, and what they bend.
inline void keep_for_others(const base::Bytes &bytes, const char *variable) {
    static int number = 0;
    if (const char *folder = std::getenv(variable); folder != nullptr) {
        std::ofstream out{std::string{folder} + "/" + std::to_string(++number) + ".mos", std::ios::binary};
        out << base::as_text(bytes);
    }
}

struct MadeDelta {
    PackageDeltaReport report;
    base::Bytes bytes;
};

[[nodiscard]] inline Result<MadeDelta> make_delta(const std::shared_ptr<package::Package> &from,
                                                  const std::shared_ptr<package::Package> &to,
                                                  const PackageDeltaOptions &options = {}) {
    const TemporaryRoot output;
    const auto folder = output.root();
    MadeDelta made;
    auto report = mos::delta::create_package_delta(from, to, options, *folder, "d.mos");
    if (!report) {
        CHECK(must(folder->list()).empty());  // nothing is left of what failed
        return std::move(report).error();
    }
    made.report = *report;
    CHECK(must(folder->list()).size() == 1);
    made.bytes = must(base::read_file(*folder, "d.mos", 64U << 20U));
    keep_for_others(made.bytes, "MOS_KEEP_PACKAGES");
    return made;
}

// The base's files as they are said to be, all but those that a case has bent.
class BaseInMemory final : public mos::delta::BaseFiles {
  public:
    explicit BaseInMemory(package::Package &base) {
        for (const Entry &entry : all_entries(base))
            if (entry.type == package::EntryType::regular)
                m_files.emplace(entry.path, content_of(base, entry));
    }
    [[nodiscard]] Result<std::unique_ptr<base::Source>> open(const package::BaseLine &line) override {
        ++opened_files;
        const auto found = m_files.find(line.path);
        if (found == m_files.end())
            return Error{Code::BASE_DIFFERS, "no such file"};
        return base::make_memory_source(base::to_bytes(base::as_bytes(found->second)), line.path);
    }
    std::string &at(const std::string &path) { return m_files.at(path); }
    unsigned opened_files = 0;

  private:
    std::map<std::string, std::string> m_files;
};

[[nodiscard]] inline Result<std::string> read_entry(PackageContent &content, const Entry &entry) {
    std::string text;
    MOS_CHECK(content.read(entry, [&](base::ByteView part) -> Result<void> {
        text += base::as_text(part);
        return {};
    }));
    return text;
}

[[nodiscard]] inline std::map<std::string, Entry> by_path(package::Package &package) {
    std::map<std::string, Entry> found;
    for (Entry &entry : all_entries(package))
        found.emplace(entry.path, entry);
    return found;
}

}  // namespace mos::test::delta
