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
    if (m_released)
        return;
    // What can't be deleted now, also because memory has run out, is deleted by the next recovery. The primary part
    // goes last: its plan tells what the others are.
    try {
        const bool all_gone = std::all_of(m_parts.rbegin(), m_parts.rend(), [this](auto &part) {
            part.second.cache.reset();
            part.second.directory.reset();
            return base::remove_tree(*part.second.stages, number_name(m_id)).ok();
        });
        static_cast<void>(all_gone);
    } catch (const std::bad_alloc &) {
        return;
    }
}

Stage::~Stage() = default;

// The next transaction's number, without those of old stages that could not be deleted.
static Result<std::uint64_t> free_number(Site &site, base::Directory &stages) {
    MOS_TRY(const std::vector<VolumeStages> others, stages_on_volumes(site.root));
    MOS_TRY(std::uint64_t id, state::Transactions{site.database}.next_id());
    for (;; ++id) {
        MOS_TRY(auto taken, stages.find(number_name(id)));
        for (const VolumeStages &other : others) {
            if (!taken) {
                MOS_TRY(taken, other.stages->find(number_name(id)));
            }
        }
        if (!taken)
            return id;
    }
}

Result<Stage> Stage::begin(Site &site) {
    MOS_CHECK(check_none_unfinished(site.database));
    Stage stage{site};
    MOS_CHECK(stage.m_preflight->check_root());
    MOS_CHECK(stage.m_staged.m_sync_points.add(site.root));
    MOS_TRY(std::unique_ptr<base::Directory> stages, open_stages(site.root));
    MOS_TRY(stage.m_staged.m_id, free_number(site, *stages));
    MOS_CHECK(stage.m_staged.make_part({}, std::move(stages), site.observer));
    MOS_TRY(stage.m_plan, PlanWriter::create(stage.m_staged.directory(), stage.m_staged.m_id));
    return stage;
}

// Makes the stage's folder on a volume and tries the filesystem in it.
Result<void> Staged::make_part(const std::string &volume, std::unique_ptr<base::Directory> stages,
                               base::Observer &observer) {
    const std::string name = number_name(m_id);
    MOS_CHECK(stages->make_directory(name, 0700));
    Part &part = m_parts[volume];  // from now on it is dropped with the others
    part.stages = std::move(stages);
    MOS_TRY(part.directory, part.stages->open_directory(name, base::Symlinks::refuse));
    part.cache = std::make_unique<base::DirectoryCache>(*part.directory);
    return check_filesystem(*part.directory, volume, observer);
}

// Sees to it that the stage has a part on the volume. The registry comes first, so that recovery knows where to look.
Result<void> Stage::begin_on(const std::string &volume) {
    if (m_staged.m_parts.contains(volume))
        return {};
    MOS_TRY(const auto top, m_site->root.open_directory(volume, base::Symlinks::refuse));
    MOS_TRY(const std::string root, register_volume(*m_site, *m_staged.m_parts.begin()->second.stages, volume));
    MOS_CHECK(m_staged.m_sync_points.add(*top));
    MOS_TRY(auto stages, open_stages_on(m_site->root, volume));
    // A bind mount may show a folder that another volume shows too.
    MOS_TRY(const auto taken, stages->find(number_name(m_staged.m_id)));
    if (taken)
        return Error{Code::CROSS_MOUNT,
                     fmt::format("{} shows a folder that is mounted elsewhere in the root too, or in another root: "
                                 "unmount one of the two and try again",
                                 base::in_quotes(volume))}
            .about(volume);
    MOS_CHECK(claim_stages(*stages, root, volume));
    return m_staged.make_part(volume, std::move(stages), m_site->observer);
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
        MOS_TRY(base::Directory *const parent, directory_in(frame.volume, split.parent));
        return apply_attributes(*parent, split.name, FileType::directory, frame.attributes);
    }
    case Frame::Kind::present_directory:
        break;
    }
    if (!frame.touched && frame.attributes == frame.present)
        return {};
    MOS_CHECK(begin_on(frame.volume));
    PlannedOperation planned;
    planned.operation.slot = m_next_slot++;
    planned.operation.kind = OperationKind::set_attributes;
    planned.operation.path = std::move(frame.path);
    planned.operation.volume = std::move(frame.volume);
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
    const auto cover = std::find_if(m_frames.rbegin(), m_frames.rend(), [path](const Frame &frame) {
        return frame.kind != Frame::Kind::present_directory && base::is_below(path, frame.path);
    });
    return cover == m_frames.rend() ? nullptr : &*cover;
}

// Nothing is there where it has gone with its directory.
Result<Place> Stage::look_if_reachable(std::string_view path) {
    auto found = m_preflight->look(path);
    if (!found && found.error().code() == Code::NOT_FOUND)
        return Place{};
    return found;
}

// Where what is wanted at `path` is made.
Result<Stage::Target> Stage::target_for(std::string_view path) {
    MOS_CHECK(leave_frames(path));
    if (const Frame *cover = cover_of(path); cover != nullptr) {
        m_nothing_expected = false;
        if (cover->kind != Frame::Kind::staged_directory)
            return conflicting(path, "is wanted below something that is no directory");
        return Target{.in_tree = true,
                      .slot = 0,
                      .volume = cover->volume,
                      .location = cover->location + std::string{path.substr(cover->path.size())},
                      .there = std::nullopt};
    }
    MOS_TRY(Place place, m_preflight->look(path));
    if (std::exchange(m_nothing_expected, false) && place.there)
        return appeared(path);
    MOS_CHECK(m_preflight->check(path, place, Touch::arrive));
    MOS_CHECK(begin_on(place.volume));
    const std::uint64_t slot = m_next_slot++;
    return Target{.in_tree = false,
                  .slot = slot,
                  .volume = std::move(place.volume),
                  .location = number_name(slot),
                  .there = place.there};
}

Result<base::Directory *> Stage::directory_in(const std::string &volume, std::string_view location) {
    return m_staged.m_parts.find(volume)->second.cache->open(location);
}

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
    MOS_TRY(const Place place, m_preflight->look(parent));
    if (!place.there)
        return conflicting(parent, "went away while something in it was staged");
    MOS_TRY(Frame added, present_frame(parent, place, AccessLists::left));
    added.touched = true;
    m_frames.push_back(std::move(added));
    return {};
}

// Of what stays at `path`, with the attributes that it has.
Result<Stage::Frame> Stage::present_frame(std::string_view path, const Place &place, AccessLists lists) {
    MOS_TRY(base::Directory *const parent, m_preflight->directory_of(path));
    MOS_TRY(Attributes present, read_attributes(*parent, base::split_path(path).name, *place.there, lists));
    return Frame{.kind = Frame::Kind::present_directory,
                 .path = std::string{path},
                 .volume = place.volume_of_entry(path),
                 .location = {},
                 .attributes = present,
                 .present = present,
                 .there = witness_of(*place.there),
                 .touched = false};
}

Result<void> Stage::append(OperationKind kind, std::string_view path, const Target &target, const Newcomer &staged) {
    MOS_CHECK(touch_parent(path));
    const std::optional<FileStatus> &there = target.there;
    PlannedOperation planned;
    planned.operation.slot = target.slot;
    planned.operation.kind = kind;
    planned.operation.path = path;
    planned.operation.volume = target.volume;
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

// Writes the operation that brings what was made for `target`, if it has a slot of its own.
Result<void> Stage::record(std::string_view path, const Target &target, const Attributes *directory) {
    const base::SplitPath split = base::split_path(target.location);
    MOS_TRY(base::Directory *const parent, directory_in(target.volume, split.parent));
    if (!target.in_tree) {
        MOS_TRY(const auto staged, parent->find(split.name));
        if (!staged)
            return conflicting(path, "vanished from the stage");
        const OperationKind kind = target.there ? OperationKind::exchange : OperationKind::add;
        Newcomer newcomer{.witness = witness_of(*staged), .directory = {}};
        if (directory != nullptr)
            newcomer.directory = {.mode = directory->mode, .modified = directory->modified, .extended = {}};
        MOS_CHECK(append(kind, path, target, newcomer));
    }
    const bool hides_directory = target.there && target.there->type == FileType::directory;
    if (directory != nullptr || hides_directory) {
        m_frames.push_back({.kind = directory != nullptr ? Frame::Kind::staged_directory : Frame::Kind::staged_other,
                            .path = std::string{path},
                            .volume = target.volume,
                            .location = target.location,
                            .attributes = {},
                            .present = {},
                            .there = std::nullopt,
                            .touched = false});
    }
    return {};
}

Result<void> Stage::put_file(std::string_view path, const Attributes &attributes, const ContentWriter &write) {
    MOS_TRY(const Target at, target_for(path));
    const base::SplitPath split = base::split_path(at.location);
    MOS_TRY(base::Directory *const parent, directory_in(at.volume, split.parent));
    {
        MOS_TRY(const auto file, parent->open_file(split.name, base::OpenMode::create_new));
        MOS_CHECK(write(*file));
        MOS_CHECK(file->set_owner(attributes.owner, attributes.group));
        // Before the mode, as apply_attributes() does.
        for (const base::ExtendedAttribute &attribute : attributes.extended)
            MOS_CHECK(file->set_extended_attribute(attribute));
        MOS_CHECK(file->set_mode(attributes.mode));
        MOS_CHECK(file->set_modified(attributes.modified));
    }
    if (std::exchange(m_share_next, false))
        m_shared.emplace(path, Shared{at.volume, at.location});
    return record(path, at, nullptr);
}

Result<void> Stage::put_symlink(std::string_view path, const Attributes &attributes, std::string_view target) {
    MOS_TRY(const Target at, target_for(path));
    const base::SplitPath split = base::split_path(at.location);
    MOS_TRY(base::Directory *const parent, directory_in(at.volume, split.parent));
    MOS_CHECK(parent->make_symlink(split.name, target));
    MOS_CHECK(apply_attributes(*parent, split.name, FileType::symlink, attributes));
    return record(path, at, nullptr);
}

Result<void> Stage::put_link(std::string_view path, std::string_view first) {
    const auto shared = m_shared.find(first);
    if (shared == m_shared.end())
        return conflicting(path, "is a link to a file that was not staged");
    MOS_TRY(const Target at, target_for(path));
    if (at.volume != shared->second.volume)
        return Preflight::links_apart(path, first);
    const base::SplitPath source = base::split_path(shared->second.location);
    const base::SplitPath split = base::split_path(at.location);
    // The cache holds one directory; this needs two.
    base::Directory &part = *m_staged.m_parts.find(at.volume)->second.directory;
    MOS_TRY(const auto source_parent, part.open_directory(source.parent, base::Symlinks::refuse));
    MOS_TRY(base::Directory *const parent, directory_in(at.volume, split.parent));
    MOS_CHECK(source_parent->make_link(source.name, *parent, split.name));
    return record(path, at, nullptr);
}

Result<void> Stage::put_directory(std::string_view path, const Attributes &attributes) {
    MOS_CHECK(leave_frames(path));
    if (cover_of(path) == nullptr) {
        MOS_TRY(const Place place, m_preflight->look(path));
        if (place.there && std::exchange(m_nothing_expected, false))
            return appeared(path);
        if (place.there && place.there->type == FileType::directory)
            return set_attributes(path, attributes);
    }
    MOS_TRY(const Target at, target_for(path));
    const base::SplitPath split = base::split_path(at.location);
    MOS_TRY(base::Directory *const parent, directory_in(at.volume, split.parent));
    MOS_CHECK(parent->make_directory(split.name, 0700));
    MOS_CHECK(record(path, at, &attributes));
    m_frames.back().attributes = attributes;
    return {};
}

Result<void> Stage::set_attributes(std::string_view path, const Attributes &attributes) {
    MOS_CHECK(leave_frames(path));
    MOS_TRY(const Place place, m_preflight->look(path));
    if (!place.there)
        return conflicting(path, "is not there to get attributes");
    MOS_TRY(Frame frame, present_frame(path, place, lists_of(attributes)));
    frame.attributes = attributes;
    if (frame.attributes != frame.present)
        MOS_CHECK(m_preflight->check(path, place, Touch::attributes));
    if (place.there->type == FileType::directory) {
        m_frames.push_back(std::move(frame));
        return {};
    }
    return close_frame(std::move(frame));
}

Result<void> Stage::remove(std::string_view path) {
    MOS_CHECK(leave_frames(path));
    if (cover_of(path) != nullptr)
        return {};  // goes with what is replaced above it
    MOS_TRY(const Place place, look_if_reachable(path));
    if (!place.there)
        return {};
    if (place.mount_point) {
        m_site->observer.notice_kept(path, "is kept: it is a mount point");
        return {};
    }
    MOS_CHECK(m_preflight->check(path, place, Touch::leave));
    MOS_CHECK(begin_on(place.volume));
    const bool is_directory = place.there->type == FileType::directory;
    const Target leaving{
        .in_tree = false, .slot = m_next_slot++, .volume = place.volume, .location = {}, .there = place.there};
    MOS_CHECK(append(is_directory ? OperationKind::remove_directory : OperationKind::remove, path, leaving, {}));
    if (!is_directory)
        return {};
    // Its entries leave it first and come back after it, which changes its times: they are set again when it is back.
    MOS_TRY(Frame frame, present_frame(path, place, AccessLists::left));
    frame.touched = true;
    m_frames.push_back(std::move(frame));
    return {};
}

Result<void> Stage::remove_tree(std::string_view path) {
    MOS_CHECK(leave_frames(path));
    if (cover_of(path) != nullptr)
        return {};
    MOS_TRY(const Place place, look_if_reachable(path));
    if (!place.there)
        return {};
    MOS_CHECK(m_preflight->check(path, place, Touch::leave));
    MOS_CHECK(begin_on(place.volume));
    const Target leaving{
        .in_tree = false, .slot = m_next_slot++, .volume = place.volume, .location = {}, .there = place.there};
    MOS_CHECK(append(OperationKind::remove, path, leaving, {}));
    m_frames.push_back({.kind = Frame::Kind::staged_other,
                        .path = std::string{path},
                        .volume = place.volume,
                        .location = {},
                        .attributes = {},
                        .present = {},
                        .there = std::nullopt,
                        .touched = false});
    return {};
}

Result<Staged> Stage::finish() {
    while (!m_frames.empty()) {
        Frame frame = std::move(m_frames.back());
        m_frames.pop_back();
        MOS_CHECK(close_frame(std::move(frame)));
    }
    MOS_CHECK(m_plan->finish());
    if (auto flushed = m_staged.m_sync_points.flush(); !flushed)
        return in_context(std::move(flushed).error(), "can't flush what was staged");
    m_staged.m_operation_count = m_plan->count();
    return std::move(m_staged);
}

}  // namespace mos::transaction
