// The twin's kernel: what is live, what is durable, and what lies between. Operations answer 0 or an errno.
#pragma once

#include "item.hpp"
#include "twin.hpp"

#include <map>
#include <set>
#include <unordered_map>

namespace mos::test::twin {

enum class Effect : std::uint8_t { reads, changes, flushes };

// Reports a writeback error once to everybody who was there when it happened (the kernel's errseq_t).
class WritebackErrors {
  public:
    void note(int number);
    [[nodiscard]] std::uint64_t sample() const;     // for a new observer
    [[nodiscard]] int report(std::uint64_t &mark);  // 0 when the observer knows all
  private:
    std::uint64_t m_sequence = 0;
    bool m_seen = true;
    int m_number = 0;
};

// What each volume has of its own.
struct Volume {
    std::set<std::uint32_t> free_numbers;
    std::uint32_t next_number = 0;
    std::vector<std::vector<Id>> owners;  // by number, the earliest first
    std::optional<std::uint64_t> chunk_limit;
    std::optional<std::uint64_t> free_inodes;
    WritebackErrors errors;
    std::string filesystem_type = "ext4";
    bool fast_commit = false;
    bool read_only = false;
    bool shares_content = false;
};

class Disk {
  public:
    explicit Disk(const DiskState &state);

    // The gate of every call: counts, lets the driver cut, and makes the call fail if that was asked for.
    [[nodiscard]] int enter(Effect effect, std::string_view verb, std::string_view shown);

    [[nodiscard]] const Inode &node(Id id) const { return *m_live.node(id); }
    [[nodiscard]] base::FileStatus status(Id id) const;
    [[nodiscard]] int can_change(Id id) const;  // an errno: what is immutable or on a read-only volume can't be
    [[nodiscard]] base::FilesystemUsage usage(Device device) const;
    [[nodiscard]] bool shares_content(Id id) const { return volume(node(id).device).shares_content; }

    void opened(Id id);
    void closed(Id id);

    struct New {
        base::FileType type = base::FileType::regular;
        std::uint32_t mode = 0;
        std::string target;
    };
    int create(Id directory, const std::string &name, const New &what);
    int link(Id id, Id directory, const std::string &name);
    int rename(Id from, const std::string &name, Id to, const std::string &new_name, base::RenameMode mode);
    int remove(Id directory, const std::string &name, base::FileType type);  // directory, or anything else

    int write(Id id, std::uint64_t offset, base::ByteView bytes);
    int resize(Id id, std::uint64_t size);
    int set_attributes(Id id, Attributes attributes);
    int set_owner(Id id, std::uint32_t owner, std::uint32_t group);
    int set_extended_attribute(Id id, const base::ExtendedAttribute &attribute);
    int remove_extended_attribute(Id id, const std::string &name);

    // `injected` is what enter() said: the flush fails and loses its data. `mark` is the caller's, from sample().
    int flush_inode(Id id, std::uint64_t &mark, int injected);
    int flush_all(Device device, std::uint64_t &mark, int injected);  // of one volume
    [[nodiscard]] std::uint64_t sample_errors(Id id) { return m_inode_errors[id].sample(); }
    [[nodiscard]] std::uint64_t sample_volume_errors(Device device) const { return volume(device).errors.sample(); }
    void fail_writeback(int number);
    void lose_data(Id only, Device device, int number);  // of one inode, or of all on the volume when there is none

    [[nodiscard]] bool lock(Id id, base::LockMode mode);  // false when somebody is in the way
    void unlock(Id id);

    [[nodiscard]] DiskState crash(const Selection &keep) const;
    // For a copy: nobody has anything open or locked, no driver is there yet.
    void forget_handles();
    [[nodiscard]] const std::vector<Item> &pending() const { return m_pending; }

    // The driver's side; see Twin.
    Twin::MutationCallback callback;
    std::uint64_t calls = 0;
    std::uint64_t mutations = 0;
    std::uint64_t flushes = 0;
    std::map<std::uint64_t, int> failures;
    std::optional<std::pair<std::uint64_t, int>> lasting_failure;
    base::FileTime clock;
    [[nodiscard]] Volume &volume(Device device) { return m_volumes[device]; }
    [[nodiscard]] const Volume &volume(Device device) const { return m_volumes[device]; }
    void set_free_bytes(Device device, std::uint64_t bytes);
    void set_immutable(Id id, bool immutable);
    void mount(Id directory);  // an empty one becomes the top of a volume of its own
    std::set<Id> unreadable;   // bad sectors

  private:
    void perform(Item item);
    void change_names(std::vector<NameChange> changes);
    void touch(Id id);
    void release_if_unused(Id id);
    [[nodiscard]] int can_enter(Id directory) const;
    [[nodiscard]] bool is_mount_point(Id directory, const Entry *entry) const;
    [[nodiscard]] std::uint32_t take_number(Device device, Id owner);
    void learn_numbers();
    [[nodiscard]] std::uint64_t used_chunks(Device device) const;
    [[nodiscard]] std::uint64_t writable_bytes(Id id, std::uint64_t offset, std::uint64_t count) const;
    void drop_capabilities(Id id);
    int check_rename(Id from, const Entry &source, Id to, const Entry *target, base::RenameMode mode) const;

    Table m_live;
    Table m_durable;
    std::vector<Item> m_pending;

    Id m_next_id = root_id + 1;
    std::vector<Volume> m_volumes;      // by device
    std::vector<std::uint32_t> m_open;  // handles, by id
    std::map<Id, int> m_locks;          // how many share it; held_alone for one that excludes all others

    std::unordered_map<Id, WritebackErrors> m_inode_errors;
    bool m_in_callback = false;
};

[[nodiscard]] std::unique_ptr<base::Directory> open_twin_root(std::shared_ptr<Disk> disk);

}  // namespace mos::test::twin
