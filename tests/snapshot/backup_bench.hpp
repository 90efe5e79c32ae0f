// A machine whose files are backed up into memory, changed, and restored.
#pragma once

#include "change.hpp"
#include "expect.hpp"
#include "machine.hpp"
#include "tree_image.hpp"
#include "twin.hpp"

#include <mos/snapshot/backup_restore.hpp>
#include <mos/snapshot/rollback.hpp>

#include <memory>
#include <string>
#include <vector>

namespace mos::test {

[[nodiscard]] inline base::Bytes back_up(base::Directory &root, const std::vector<std::string> &paths,
                                         std::int64_t created_unix_s = 1'700'000'000) {
    base::Bytes bytes;
    const auto take = [&](base::ByteView more) -> Result<void> {
        bytes.insert(bytes.end(), more.begin(), more.end());
        return {};
    };
    must(snapshot::write_backup(root, {.created_unix_s = created_unix_s, .paths = paths}, {}, take,
                                base::silent_observer()));
    return bytes;
}

class RestoreBench {
  public:
    explicit RestoreBench(const TreeImage &image) {
        must(build(*twin.root(), image));
        machine = must(Machine::start(twin.root()));
    }

    void back_up(const std::vector<std::string> &paths) { bytes = test::back_up(machine->root(), paths); }

    [[nodiscard]] Result<snapshot::PutBackPlan> plan(const snapshot::PutBackOptions &options = {}) {
        const auto source = base::make_memory_source(bytes, "backup");
        return snapshot::plan_put_back(machine->site(), *source, options);
    }

    // Planned and carried out; each question gets `answer`.
    [[nodiscard]] Result<snapshot::PutBack> restore(const snapshot::PutBackOptions &options = {},
                                                    snapshot::NewerAnswer answer = snapshot::NewerAnswer::stop) {
        const auto source = base::make_memory_source(bytes, "backup");
        MOS_TRY(const snapshot::PutBackPlan planned, snapshot::plan_put_back(machine->site(), *source, options));
        if (between)
            between();
        return snapshot::put_back(machine->site(), *source, planned, options,
                                  [&](const std::string &path) -> Result<snapshot::NewerAnswer> {
                                      asked.push_back(path);
                                      return answer;
                                  });
    }

    void put(const std::string &path, std::string_view content, std::int64_t time) {
        const base::SplitPath split = base::split_path(path);
        const auto folder = must(machine->root().open_directory(split.parent, base::Symlinks::refuse));
        must(base::replace_file(*folder, split.name, base::as_bytes(content), 0644));
        must(folder->set_modified(split.name, {time, 0}));
    }
    void remove(const std::string &path) {
        const base::SplitPath split = base::split_path(path);
        const auto folder = must(machine->root().open_directory(split.parent, base::Symlinks::refuse));
        must(base::remove_tree(*folder, split.name));
    }
    [[nodiscard]] std::string read(const std::string &path) {
        const base::SplitPath split = base::split_path(path);
        const auto folder = must(machine->root().open_directory(split.parent, base::Symlinks::refuse));
        return std::string{base::as_text(must(base::read_file(*folder, split.name, 1U << 24U)))};
    }
    [[nodiscard]] base::FileStatus status(const std::string &path) {
        const base::SplitPath split = base::split_path(path);
        const auto folder = must(machine->root().open_directory(split.parent, base::Symlinks::refuse));
        const auto found = must(folder->find(split.name));
        REQUIRE(found.has_value());
        return *found;
    }
    [[nodiscard]] bool has(const std::string &path) {
        const base::SplitPath split = base::split_path(path);
        const auto folder = machine->root().open_directory(split.parent, base::Symlinks::refuse);
        return folder && must((*folder)->find(split.name)).has_value();
    }
    // Takes the newest change back, as the engine does.
    [[nodiscard]] Result<void> roll_back() {
        MOS_TRY(const auto newest, snapshot::find_rollback(machine->site(), std::nullopt));
        MOS_TRY([[maybe_unused]] const auto done,
                transaction::roll_back(machine->site(), newest, {.summary = "roll back", .reason = {}}));
        return {};
    }
    [[nodiscard]] TreeImage tree() { return must(machine->tree()); }

    Twin twin;
    std::unique_ptr<Machine> machine;
    base::Bytes bytes;
    std::vector<std::string> asked;
    std::function<void()> between;
};

// What people have below "home".
[[nodiscard]] inline TreeImage home_image() {
    ImageBuilder image;
    image.directory("etc").file("etc/passwd", "root").directory("home").directory("home/user", 0700);
    image.owner(1000, 1000).attribute("user.folder", "f");
    image.file("home/user/a", "first", 0640).owner(1000, 100).attribute("user.name", "value").time(1'600'000'000);
    image.link("home/user/b", "home/user/a");
    image.file("home/user/caf\xe9", "no UTF-8").time(1'600'000'001);
    image.directory("home/user/folder", 02750).file("home/user/folder/below", std::string(300'000, 'b'), 04755);
    image.time(1'600'000'002).file("home/user/folder-x", "beside").symlink("home/user/s", "/etc/passwd");
    return image.image();
}

}  // namespace mos::test
