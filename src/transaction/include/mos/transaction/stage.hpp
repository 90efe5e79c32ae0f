// Staging: everything that a transaction will put in place is first made in full beside it, on the same volume.
//
// Nothing under the root changes but for the stage itself. The caller names the wanted entries in byte order of their
// paths, parents before children; the stage finds out by which operation each gets there.
#pragma once

#include <mos/state/operation.hpp>
#include <mos/transaction/plan_file.hpp>
#include <mos/transaction/preflight.hpp>
#include <mos/transaction/site.hpp>
#include <mos/transaction/stages.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::transaction {

// Whether access control lists are told among the attributes, and so given and taken away.
enum class AccessLists : std::uint8_t { left, told };
[[nodiscard]] AccessLists lists_of(const state::Attributes &attributes) noexcept;
[[nodiscard]] bool is_access_list(const base::ExtendedAttribute &attribute) noexcept;

// Writes a file's content; owner, mode, attributes and times follow it.
using ContentWriter = std::function<Result<void>(base::File &)>;

// A stage that is complete and durable, and of which nothing has been decided. Dropped unless it is given to decide().
class Staged {
  public:
    Staged(Staged &&) noexcept;
    Staged &operator=(Staged &&) = delete;
    ~Staged();

    [[nodiscard]] std::uint64_t id() const noexcept { return m_id; }
    [[nodiscard]] std::uint64_t operation_count() const noexcept { return m_operation_count; }
    // The primary part, which holds the plan.
    [[nodiscard]] base::Directory &directory() noexcept { return *m_parts.begin()->second.directory; }

    // Its fate is no longer the stage's own: a row in the database, or a commit of unknown outcome, owns it.
    void release() noexcept { m_released = true; }

    // Each older than the first byte that was staged on its volume, so that no error of a flush since is missed.
    [[nodiscard]] SyncPoints take_sync_points() noexcept { return std::move(m_sync_points); }

  private:
    friend class Stage;
    Staged() = default;

    // What lies on one volume.
    struct Part {
        std::unique_ptr<base::Directory> stages;
        std::unique_ptr<base::Directory> directory;  // in `stages`
        std::unique_ptr<base::DirectoryCache> cache;
    };
    [[nodiscard]] Result<void> make_part(const std::string &volume, std::unique_ptr<base::Directory> stages,
                                         base::Observer &observer);

    SyncPoints m_sync_points;
    std::map<std::string, Part, std::less<>> m_parts;  // by the volume's top, so the primary one is the first
    std::uint64_t m_id = 0;
    std::uint64_t m_operation_count = 0;
    bool m_released = false;
};

class Stage {
  public:
    // Begins the next transaction's stage. Opens the sync descriptor before the first byte is written, and tries an
    // exchange of two files and two directories: FILESYSTEM_UNSUITABLE where the filesystem can't. The same is done on
    // each other volume when the first path on it is named.
    [[nodiscard]] static Result<Stage> begin(Site &site);
    Stage(Stage &&) noexcept = default;
    Stage &operator=(Stage &&) = delete;
    ~Stage();  // drops what was staged unless finish() succeeded

    [[nodiscard]] std::uint64_t id() const noexcept { return m_staged.m_id; }
    [[nodiscard]] base::Directory &directory() noexcept { return m_staged.directory(); }

    // The entry wanted at `path`. What stands there now goes into the stage; a directory there goes with all below it,
    // and it is the caller's duty to know that nothing of somebody else's is in it.
    [[nodiscard]] Result<void> put_file(std::string_view path, const state::Attributes &attributes,
                                        const ContentWriter &write);
    [[nodiscard]] Result<void> put_symlink(std::string_view path, const state::Attributes &attributes,
                                           std::string_view target);
    // A directory that is there stays, with these attributes.
    [[nodiscard]] Result<void> put_directory(std::string_view path, const state::Attributes &attributes);
    // Another name of the file put before at `first`, which was announced by share().
    [[nodiscard]] Result<void> put_link(std::string_view path, std::string_view first);
    // The next put_file is the first name of a hard-link group.
    void share() noexcept { m_share_next = true; }
    // The next put_… comes from a look that found nothing there: CHANGED_MEANWHILE if there is something by now.
    void expect_nothing() noexcept { m_nothing_expected = true; }

    // New mode, owner, times and extended attributes for what is at `path`, which keeps its content and inode.
    [[nodiscard]] Result<void> set_attributes(std::string_view path, const state::Attributes &attributes);

    // A script will write a file at `path`, whose directory is there or staged: what is there now is copied into the
    // stage, and takes the place of whatever is there when the transaction is taken back. CONFLICT where something else
    // than a file or a symbolic link is there.
    [[nodiscard]] Result<void> put_output(std::string_view path);

    // A file for the hooks, beside the slots; it lives as long as the stage. `folder` is made when it is missing.
    [[nodiscard]] Result<void> put_aside(std::string_view folder, std::string_view name, base::ByteView content,
                                         std::uint32_t mode);

    // Keeps some room free for taking the transaction back after its scripts have filled the disk.
    [[nodiscard]] Result<void> reserve_room();

    // Nothing is wanted at `path`. A directory goes only if it is empty by then. Below something that is itself
    // replaced this is implied and does nothing.
    [[nodiscard]] Result<void> remove(std::string_view path);

    // The same with all below it. That nothing of somebody else's is in it is the caller's duty, and that no mount is.
    [[nodiscard]] Result<void> remove_tree(std::string_view path);

    // Completes the plan file and flushes everything. Any error drops the stage; a failed flush is never tried again.
    [[nodiscard]] Result<Staged> finish();

  private:
    // An entry above the present one in byte order that later paths may still lie below. Byte order puts "a-b" between
    // "a" and "a/b", but whatever may still be followed by something below it is a prefix of the present path, so the
    // frames form a stack no deeper than a path is long.
    struct Frame {
        enum class Kind : std::uint8_t { staged_directory, staged_other, present_directory };
        Kind kind = Kind::present_directory;
        std::string path;
        std::string volume;
        std::string location;          // in the stage, of the staged kinds
        state::Attributes attributes;  // wanted
        state::Attributes present;     // of a present directory
        std::optional<Witness> there;  // of a present directory
        bool touched = false;          // an entry of the present directory comes or goes, so its times change
    };

    // Where the entry at a path is made: a slot of its own, or inside a directory that is itself staged.
    struct Target {
        bool in_tree = false;
        std::uint64_t slot = 0;
        std::string volume;
        std::string location;  // relative to the stage's part on the volume
        std::optional<base::FileStatus> there;
    };

    struct Shared {
        std::string volume;
        std::string location;
    };

    // What takes a path: as it lies in its slot, and for a directory the mode and time that it gets in the end.
    struct Newcomer {
        Witness witness;
        state::Attributes directory;
    };

    [[nodiscard]] Result<void> leave_frames(std::string_view path);
    [[nodiscard]] Result<void> close_frame(Frame frame);
    [[nodiscard]] Frame *cover_of(std::string_view path);
    [[nodiscard]] Result<Place> look_if_reachable(std::string_view path);
    [[nodiscard]] Result<Target> target_for(std::string_view path);
    [[nodiscard]] Result<void> record(std::string_view path, const Target &target, const state::Attributes *directory);
    [[nodiscard]] Result<void> append(state::OperationKind kind, std::string_view path, const Target &target,
                                      const Newcomer &staged);
    [[nodiscard]] Result<void> touch_parent(std::string_view path);
    [[nodiscard]] Result<Frame> present_frame(std::string_view path, const Place &place, AccessLists lists);
    [[nodiscard]] Result<base::Directory *> directory_in(const std::string &volume, std::string_view location);
    [[nodiscard]] Result<void> begin_on(const std::string &volume);

    explicit Stage(Site &site) : m_site(&site), m_preflight(std::make_unique<Preflight>(site.root)) {}

    Staged m_staged;
    Site *m_site;
    std::unique_ptr<Preflight> m_preflight;
    std::optional<PlanWriter> m_plan;
    std::vector<Frame> m_frames;
    std::map<std::string, Shared, std::less<>> m_shared;  // by the first path of a link group
    std::uint64_t m_next_slot = 0;
    bool m_share_next = false;
    bool m_nothing_expected = false;
};

// Gives up what Stage::reserve_room() kept, as far as that is possible.
void release_reserve(base::Directory &stage);

// The attributes of what is at `name`, and how they are given to an entry. Of the extended ones only user.* and
// security.capability, and access control lists where they are told, are read, written and removed: labels belong to
// the system's policy, and so do the lists of what packages bring.
[[nodiscard]] Result<state::Attributes> read_attributes(base::Directory &directory, std::string_view name,
                                                        const base::FileStatus &status,
                                                        AccessLists lists = AccessLists::left);
[[nodiscard]] Result<void> apply_attributes(base::Directory &directory, std::string_view name, base::FileType type,
                                            const state::Attributes &attributes);

}  // namespace mos::transaction
