#include <mos/transaction/stage.hpp>

#include "filesystem_check.hpp"

#include <mos/base/path.hpp>
#include <mos/state/transactions.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace mos::transaction {

using base::FileStatus;
using base::FileType;
using state::Attributes;
using state::OperationKind;

// Of a directory the inode alone: its times change with everything that comes and goes in it.
Witness witness_of(const FileStatus &status) {
    if (status.type == FileType::directory)
        return {.inode = status.inode, .size = 0, .modified = {}};
    return {.inode = status.inode, .size = status.size, .modified = status.modified};
}

bool is_as_staged(const state::Operation &operation, const FileStatus &status) {
    return witness_of(status) == Witness{.inode = operation.staged_inode,
                                         .size = operation.staged_size,
                                         .modified = operation.staged_modified};
}

namespace {

constexpr std::size_t copy_bytes = 256U << 10U;
constexpr const char *reserve_name = "reserve";
constexpr std::uint64_t least_reserve_bytes = 1U << 20U;
constexpr std::uint64_t reserve_bytes_an_operation = 512;

Error appeared(std::string_view path) {
    return Error{Code::CHANGED_MEANWHILE,
                 fmt::format("{} appeared while the update was being prepared", base::in_quotes(path))}
        .about(std::string{path});
}

Error conflicting(std::string_view path, std::string_view what) {
    return Error{Code::INTERNAL, fmt::format("{} {}", base::in_quotes(path), what)}.about(std::string{path});
}

}  // namespace

Staged::Staged(Staged &&) noexcept = default;

Staged::~Staged() {
    if (m_stages == nullptr)
        return;
    m_directory.reset();
    // What can't be deleted now, also because memory has run out, is deleted by the next recovery.
    try {
        const Result<void> removed = base::remove_tree(*m_stages, number_name(m_id));
        static_cast<void>(removed);
    } catch (const std::bad_alloc &) {
        return;
    }
}

Stage::~Stage() = default;

// The next transaction's number, without those of old stages that could not be deleted.
static Result<std::uint64_t> free_number(Site &site, base::Directory &stages) {
    MOS_TRY(std::uint64_t id, state::Transactions{site.database}.next_id());
    for (;; ++id) {
        MOS_TRY(const auto taken, stages.find(number_name(id)));
        if (!taken)
            return id;
    }
}

Result<Stage> Stage::begin(Site &site) {
    MOS_CHECK(check_none_unfinished(site.database));
    Stage stage;
    MOS_TRY(stage.m_staged.m_sync_point, site.root.open_sync_point());
    MOS_TRY(std::unique_ptr<base::Directory> stages, open_stages(site.root));
    MOS_TRY(stage.m_staged.m_id, free_number(site, *stages));
    const std::string name = number_name(stage.m_staged.m_id);
    MOS_CHECK(stages->make_directory(name, 0700));
    stage.m_staged.m_stages = std::move(stages);
    MOS_TRY(stage.m_staged.m_directory, stage.m_staged.m_stages->open_directory(name, base::Symlinks::refuse));
    MOS_TRY(stage.m_home, stage.m_staged.m_directory->own_status());
    MOS_CHECK(check_filesystem(*stage.m_staged.m_directory, site.observer));
    stage.m_root_cache = std::make_unique<base::DirectoryCache>(site.root);
    stage.m_stage_cache = std::make_unique<base::DirectoryCache>(*stage.m_staged.m_directory);
    MOS_TRY(stage.m_plan, PlanWriter::create(*stage.m_staged.m_directory, stage.m_staged.m_id));
    return stage;
}

Result<void> Stage::leave_frames(std::string_view path) {
    while (!m_frames.empty() && !base::may_still_cover(m_frames.back().path, path)) {
        Frame frame = std::move(m_frames.back());
        m_frames.pop_back();
        MOS_CHECK(close_frame(std::move(frame)));
    }
    return {};
}

// A directory gets its times when all that it holds is there.
Result<void> Stage::close_frame(Frame frame) {
    switch (frame.kind) {
    case Frame::Kind::staged_other:
        return {};
    case Frame::Kind::staged_directory: {
        const base::SplitPath split = base::split_path(frame.location);
        MOS_TRY(base::Directory *const parent, stage_directory(split.parent));
        return apply_attributes(*parent, split.name, FileType::directory, frame.attributes);
    }
    case Frame::Kind::present_directory:
        break;
    }
    if (!frame.touched && frame.attributes == frame.present)
        return {};
    PlannedOperation planned;
    planned.operation.slot = m_next_slot++;
    planned.operation.kind = OperationKind::set_attributes;
    planned.operation.path = std::move(frame.path);
    planned.operation.before = std::move(frame.present);
    planned.operation.after = std::move(frame.attributes);
    planned.there = frame.there;
    if (frame.there) {
        planned.operation.staged_inode = frame.there->inode;
        planned.operation.staged_size = frame.there->size;
        planned.operation.staged_modified = frame.there->modified;
    }
    return m_plan->append(planned);
}

// What is staged above `path` and takes it along.
Stage::Frame *Stage::cover_of(std::string_view path) {
    for (auto frame = m_frames.rbegin(); frame != m_frames.rend(); ++frame) {
        if (frame->kind != Frame::Kind::present_directory && base::is_below(path, frame->path))
            return &*frame;
    }
    return nullptr;
}

Result<std::optional<FileStatus>> Stage::look(std::string_view path) {
    const base::SplitPath split = base::split_path(path);
    MOS_TRY(base::Directory *const parent, m_root_cache->open(split.parent));
    MOS_TRY(const FileStatus home, parent->own_status());
    if (home.mount != m_home.mount || home.device != m_home.device)
        return Error{Code::CROSS_MOUNT,
                     fmt::format("{} lies on another mount or subvolume than the root", base::in_quotes(path))}
            .about(std::string{path});
    MOS_TRY(const auto there, parent->find(split.name));
    if (home.immutable || (there && there->immutable))
        return Error{Code::PERMISSION, fmt::format("{} is immutable or append-only (chattr)", base::in_quotes(path))}
            .about(std::string{path});
    if (there && (there->mount != m_home.mount || there->device != m_home.device))
        return Error{Code::CROSS_MOUNT, fmt::format("{} is a mount point", base::in_quotes(path))}.about(
            std::string{path});
    return there;
}

// The same; nothing where it has gone with its directory.
Result<std::optional<FileStatus>> Stage::look_if_reachable(std::string_view path) {
    auto found = look(path);
    if (!found && found.error().code() == Code::NOT_FOUND)
        return std::optional<FileStatus>{};
    return found;
}

Result<Stage::Place> Stage::place(std::string_view path) {
    MOS_CHECK(leave_frames(path));
    if (const Frame *cover = cover_of(path); cover != nullptr) {
        m_nothing_expected = false;
        if (cover->kind != Frame::Kind::staged_directory)
            return conflicting(path, "is wanted below something that is no directory");
        return Place{.in_tree = true,
                     .slot = 0,
                     .location = cover->location + std::string{path.substr(cover->path.size())},
                     .there = std::nullopt};
    }
    MOS_TRY(const std::optional<FileStatus> there, look(path));
    if (std::exchange(m_nothing_expected, false) && there)
        return appeared(path);
    const std::uint64_t slot = m_next_slot++;
    return Place{.in_tree = false, .slot = slot, .location = number_name(slot), .there = there};
}

Result<base::Directory *> Stage::stage_directory(std::string_view location) { return m_stage_cache->open(location); }

// An entry comes to or leaves the directory of `path`. One that the caller has not named keeps its time all the same:
// else what takes the entry back could not give the directory the time that it had.
Result<void> Stage::touch_parent(std::string_view path) {
    const std::string_view parent = base::split_path(path).parent;
    const auto frame = std::ranges::find(m_frames, parent, &Frame::path);
    if (frame != m_frames.end()) {
        frame->touched = true;
        return {};
    }
    if (parent.empty())
        return {};  // the root's time changes with the stages' folder
    MOS_TRY(const std::optional<FileStatus> there, look(parent));
    if (!there)
        return conflicting(parent, "went away while something in it was staged");
    MOS_TRY(Frame added, present_frame(parent, *there));
    added.touched = true;
    m_frames.push_back(std::move(added));
    return {};
}

// Of what stays at `path`, with the attributes that it has.
Result<Stage::Frame> Stage::present_frame(std::string_view path, const FileStatus &there) {
    const base::SplitPath split = base::split_path(path);
    MOS_TRY(base::Directory *const parent, m_root_cache->open(split.parent));
    MOS_TRY(Attributes present, read_attributes(*parent, split.name, there));
    return Frame{.kind = Frame::Kind::present_directory,
                 .path = std::string{path},
                 .location = {},
                 .attributes = present,
                 .present = present,
                 .there = witness_of(there),
                 .touched = false};
}

Result<void> Stage::append(OperationKind kind, std::string_view path, std::uint64_t slot, const Newcomer &staged,
                           const std::optional<FileStatus> &there) {
    MOS_CHECK(touch_parent(path));
    PlannedOperation planned;
    planned.operation.slot = slot;
    planned.operation.kind = kind;
    planned.operation.path = path;
    planned.operation.staged_inode = staged.witness.inode;
    planned.operation.staged_size = staged.witness.size;
    planned.operation.staged_modified = staged.witness.modified;
    if (kind == OperationKind::exchange) {
        planned.operation.after = staged.directory;
        if (there->type == FileType::directory)
            planned.operation.before = {.mode = there->mode, .modified = there->modified, .extended = {}};
    }
    if (there)
        planned.there = witness_of(*there);
    return m_plan->append(planned);
}

// Writes the operation that brings what was made at `place`, if it has a slot of its own.
Result<void> Stage::record(std::string_view path, const Place &place, const Attributes *directory) {
    const base::SplitPath split = base::split_path(place.location);
    MOS_TRY(base::Directory *const parent, stage_directory(split.parent));
    if (!place.in_tree) {
        MOS_TRY(const auto staged, parent->find(split.name));
        if (!staged)
            return conflicting(path, "vanished from the stage");
        const OperationKind kind = place.there ? OperationKind::exchange : OperationKind::add;
        Newcomer newcomer{.witness = witness_of(*staged), .directory = {}};
        if (directory != nullptr)
            newcomer.directory = {.mode = directory->mode, .modified = directory->modified, .extended = {}};
        MOS_CHECK(append(kind, path, place.slot, newcomer, place.there));
    }
    const bool hides_directory = place.there && place.there->type == FileType::directory;
    if (directory != nullptr || hides_directory) {
        m_frames.push_back({.kind = directory != nullptr ? Frame::Kind::staged_directory : Frame::Kind::staged_other,
                            .path = std::string{path},
                            .location = place.location,
                            .attributes = {},
                            .present = {},
                            .there = std::nullopt,
                            .touched = false});
    }
    return {};
}

Result<void> Stage::put_file(std::string_view path, const Attributes &attributes, const ContentWriter &write) {
    MOS_TRY(const Place at, place(path));
    const base::SplitPath split = base::split_path(at.location);
    MOS_TRY(base::Directory *const parent, stage_directory(split.parent));
    {
        MOS_TRY(const auto file, parent->open_file(split.name, base::OpenMode::create_new));
        MOS_CHECK(write(*file));
        MOS_CHECK(file->set_owner(attributes.owner, attributes.group));
        MOS_CHECK(file->set_mode(attributes.mode));
        for (const base::ExtendedAttribute &attribute : attributes.extended)
            MOS_CHECK(file->set_extended_attribute(attribute));
        MOS_CHECK(file->set_modified(attributes.modified));
    }
    if (std::exchange(m_share_next, false))
        m_shared.emplace(path, at.location);
    return record(path, at, nullptr);
}

Result<void> Stage::put_symlink(std::string_view path, const Attributes &attributes, std::string_view target) {
    MOS_TRY(const Place at, place(path));
    const base::SplitPath split = base::split_path(at.location);
    MOS_TRY(base::Directory *const parent, stage_directory(split.parent));
    MOS_CHECK(parent->make_symlink(split.name, target));
    MOS_CHECK(apply_attributes(*parent, split.name, FileType::symlink, attributes));
    return record(path, at, nullptr);
}

Result<void> Stage::put_link(std::string_view path, std::string_view first) {
    const auto shared = m_shared.find(first);
    if (shared == m_shared.end())
        return conflicting(path, "is a link to a file that was not staged");
    MOS_TRY(const Place at, place(path));
    const base::SplitPath source = base::split_path(shared->second);
    const base::SplitPath target = base::split_path(at.location);
    // The cache holds one directory; this needs two.
    MOS_TRY(const auto source_parent, m_staged.m_directory->open_directory(source.parent, base::Symlinks::refuse));
    MOS_TRY(base::Directory *const parent, stage_directory(target.parent));
    MOS_CHECK(source_parent->make_link(source.name, *parent, target.name));
    return record(path, at, nullptr);
}

Result<void> Stage::put_directory(std::string_view path, const Attributes &attributes) {
    MOS_CHECK(leave_frames(path));
    if (cover_of(path) == nullptr) {
        MOS_TRY(const std::optional<FileStatus> there, look(path));
        if (there && std::exchange(m_nothing_expected, false))
            return appeared(path);
        if (there && there->type == FileType::directory)
            return set_attributes(path, attributes);
    }
    MOS_TRY(const Place at, place(path));
    const base::SplitPath split = base::split_path(at.location);
    MOS_TRY(base::Directory *const parent, stage_directory(split.parent));
    MOS_CHECK(parent->make_directory(split.name, 0700));
    MOS_CHECK(record(path, at, &attributes));
    m_frames.back().attributes = attributes;
    return {};
}

Result<void> Stage::set_attributes(std::string_view path, const Attributes &attributes) {
    MOS_CHECK(leave_frames(path));
    MOS_TRY(const std::optional<FileStatus> there, look(path));
    if (!there)
        return conflicting(path, "is not there to get attributes");
    MOS_TRY(Frame frame, present_frame(path, *there));
    frame.attributes = attributes;
    if (there->type == FileType::directory) {
        m_frames.push_back(std::move(frame));
        return {};
    }
    return close_frame(std::move(frame));
}

Result<void> Stage::remove(std::string_view path) {
    MOS_CHECK(leave_frames(path));
    if (cover_of(path) != nullptr)
        return {};  // goes with what is replaced above it
    MOS_TRY(const std::optional<FileStatus> there, look_if_reachable(path));
    if (!there)
        return {};
    if (there->type != FileType::directory)
        return append(OperationKind::remove, path, m_next_slot++, {}, there);
    MOS_CHECK(append(OperationKind::remove_directory, path, m_next_slot++, {}, there));
    // Its entries leave it first and come back after it, which changes its times: they are set again when it is back.
    MOS_TRY(Frame frame, present_frame(path, *there));
    frame.touched = true;
    m_frames.push_back(std::move(frame));
    return {};
}

Result<void> Stage::remove_tree(std::string_view path) {
    MOS_CHECK(leave_frames(path));
    if (cover_of(path) != nullptr)
        return {};
    MOS_TRY(const std::optional<FileStatus> there, look_if_reachable(path));
    if (!there)
        return {};
    MOS_CHECK(append(OperationKind::remove, path, m_next_slot++, {}, there));
    m_frames.push_back({.kind = Frame::Kind::staged_other,
                        .path = std::string{path},
                        .location = {},
                        .attributes = {},
                        .present = {},
                        .there = std::nullopt,
                        .touched = false});
    return {};
}

// Gives the file `slot` of the stage the content and attributes of what stands at `name`.
static Result<void> copy_entry(base::Directory &from, std::string_view name, const FileStatus &status,
                               base::Directory &stage, const std::string &slot) {
    MOS_TRY(const Attributes attributes, read_attributes(from, name, status));
    if (status.type == FileType::symlink) {
        MOS_TRY(const std::string target, from.read_symlink(name));
        MOS_CHECK(stage.make_symlink(slot, target));
    } else {
        MOS_TRY(const auto source, from.open_file(name, base::OpenMode::read));
        MOS_TRY(const auto copy, stage.open_file(slot, base::OpenMode::create_new));
        base::Bytes buffer(copy_bytes);
        for (std::uint64_t offset = 0;;) {
            MOS_TRY(const std::size_t count, source->read_at(offset, buffer));
            if (count == 0)
                break;
            MOS_CHECK(copy->write_at(offset, base::ByteView{buffer}.first(count)));
            offset += count;
        }
    }
    return apply_attributes(stage, slot, status.type, attributes);
}

Result<void> Stage::put_output(std::string_view path) {
    MOS_CHECK(leave_frames(path));
    if (cover_of(path) != nullptr)
        return {};  // comes and goes with the new directory
    MOS_TRY(const std::optional<FileStatus> there, look(path));
    if (there && there->type != FileType::regular && there->type != FileType::symlink)
        return Error{Code::CONFLICT, fmt::format("{} is a {}, and a script is to write a file there",
                                                 base::in_quotes(path), base::file_type_name(there->type))}
            .about(std::string{path});
    const std::uint64_t slot = m_next_slot++;
    Newcomer copy;
    if (there) {
        const base::SplitPath split = base::split_path(path);
        MOS_TRY(base::Directory *const parent, m_root_cache->open(split.parent));
        MOS_CHECK(copy_entry(*parent, split.name, *there, *m_staged.m_directory, number_name(slot)));
        MOS_TRY(const auto staged, m_staged.m_directory->find(number_name(slot)));
        if (!staged)
            return conflicting(path, "vanished from the stage");
        copy.witness = witness_of(*staged);
    }
    return append(OperationKind::output, path, slot, copy, there);
}

Result<void> Stage::put_aside(std::string_view folder, std::string_view name, base::ByteView content,
                              std::uint32_t mode) {
    MOS_TRY(const auto opened, base::make_directories(*m_staged.m_directory, folder));
    MOS_TRY(const auto file, opened->open_file(name, base::OpenMode::create_new));
    MOS_CHECK(file->write_at(0, content));
    return file->set_mode(mode);
}

Result<void> Stage::reserve_room() {
    // To turn round rewrites the row of each operation, and SQLite's log has whole pages.
    const std::uint64_t bytes = least_reserve_bytes + m_plan->count() * reserve_bytes_an_operation;
    MOS_TRY(const auto file, m_staged.m_directory->open_file(reserve_name, base::OpenMode::create_new));
    // No hole, and nothing that compresses to nothing: btrfs may do that.
    base::Bytes block(copy_bytes);
    std::uint64_t mixed = bytes;
    for (std::byte &byte : block) {
        mixed = mixed * 6364136223846793005U + 1442695040888963407U;  // Knuth's MMIX generator
        byte = static_cast<std::byte>(mixed >> 56U);
    }
    for (std::uint64_t offset = 0; offset < bytes; offset += block.size())
        MOS_CHECK(file->write_at(offset, block));
    return {};
}

void release_reserve(base::Directory &stage) {
    const Result<void> removed =
        stage.remove_file(reserve_name);  // there is none, or the room is missed where it is needed
    static_cast<void>(removed);
}

Result<Staged> Stage::finish() {
    while (!m_frames.empty()) {
        Frame frame = std::move(m_frames.back());
        m_frames.pop_back();
        MOS_CHECK(close_frame(std::move(frame)));
    }
    MOS_CHECK(m_plan->finish());
    if (auto flushed = m_staged.m_sync_point->flush(); !flushed)
        return in_context(std::move(flushed).error(), "can't flush what was staged");
    m_staged.m_operation_count = m_plan->count();
    return std::move(m_staged);
}

}  // namespace mos::transaction
