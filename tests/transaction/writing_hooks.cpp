#include "writing_hooks.hpp"

#include <mos/base/path.hpp>

#include <fmt/format.h>

namespace mos::test {

using base::Directory;
using base::OpenMode;
using Moment = state::Hook::Moment;

namespace {

std::string_view moment_name(Moment moment) {
    switch (moment) {
    case Moment::before_apply:
        return "before_apply";
    case Moment::after_apply:
        return "after_apply";
    case Moment::before_undo:
        return "before_undo";
    case Moment::after_undo:
        break;
    }
    return "after_undo";
}

Result<void> remove_if_there(Directory &folder, std::string_view name) {
    auto removed = folder.remove_file(name);
    return removed || removed.error().code() == Code::NOT_FOUND ? Result<void>{} : removed;
}

Result<void> write(Directory &folder, std::string_view name, OpenMode mode, std::string_view content) {
    MOS_TRY(const auto file, folder.open_file(name, mode));
    MOS_CHECK(file->resize(0));
    MOS_CHECK(file->write_at(0, base::as_bytes(content)));
    return file->set_modified(hook_time);
}

}  // namespace

state::Hook hook(std::uint64_t rank, Moment moment, std::string_view kind, std::string_view path,
                 std::string_view content) {
    return {.rank = rank, .moment = moment, .kind = std::string{kind}, .text = fmt::format("{}\n{}", path, content)};
}

Result<void> WritingHooks::call(const state::Hook &hook, Directory &stage, base::Observer & /*observer*/,
                                transaction::Interruption interruption) {
    calls.push_back(fmt::format("{} {} {}", moment_name(hook.moment), hook.rank, hook.kind));
    if (on_call)
        MOS_CHECK(on_call(hook, stage, interruption));
    const std::string_view text = hook.text;
    const std::string_view path = text.substr(0, text.find('\n'));
    const std::string_view content = text.substr(path.size() + 1);
    if (hook.kind == hook_fails)
        return Error{Code::SCRIPT_FAILED, fmt::format("the script '{}' fails", path)};
    const base::SplitPath split = base::split_path(path);
    MOS_TRY(const auto folder, m_root.open_directory(split.parent, base::Symlinks::refuse));
    if (hook.kind == hook_edits)
        return write(*folder, split.name, OpenMode::write, content);
    MOS_CHECK(remove_if_there(*folder, split.name));
    if (hook.kind == hook_creates)
        return write(*folder, split.name, OpenMode::create_new, content);
    if (hook.kind == hook_links) {
        MOS_CHECK(folder->make_symlink(split.name, content));
        return folder->set_modified(split.name, hook_time);
    }
    return {};
}

}  // namespace mos::test
