// An in-memory filesystem whose power can be cut at every call: the filesystem port's fault-injecting twin.
//
// Every change leaves effects that are not durable until a flush: an inode's creation, a change of names (a rename or
// an exchange is one effect: a journal keeps it whole), a write's data, a size, an attribute. A cut keeps any subset of
// them, in order:
//   - what an effect needs must be there: data of an inode that was never created is gone; a name whose inode was never
//     created vanishes; a change of a name needs that name as it was; a directory goes only when it is empty;
//   - data without the size that went with it is cut off, a size without its data reads as zeros;
//   - inodes that no name reaches are freed.
// File::flush() makes the inode's own effects durable but not its names; Directory::flush() makes its names durable and
// what they need (the inodes exist, empty); SyncPoint::flush() everything. Freed inode numbers are reused at once, the
// lowest first. A directory may be the top of another volume, with inode numbers and room of its own: nothing is
// renamed or linked across, a SyncPoint flushes its volume alone, and a cut keeps parts of each. The caller is root;
// nobody's permission bits count. One thread.
#pragma once

#include "digest.hpp"
#include "inode.hpp"
#include "selection.hpp"

#include <mos/base/filesystem.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mos::test {

namespace twin {
class Disk;
}

// What lies on a disk without power. Copies share everything.
struct DiskState {
    DiskState();  // an empty root directory

    twin::Table table;
    base::FileTime clock;

    [[nodiscard]] twin::Digest digest() const { return table.digest(); }
};

class Twin {
  public:
    Twin() : Twin(DiskState{}) {}
    explicit Twin(const DiskState &state);  // the reboot

    // Another handle of the root; a foreign editor is simply one that the code under test does not know. Handles may
    // outlive the Twin.
    [[nodiscard]] std::unique_ptr<base::Directory> root() const;

    // Called before every call that changes or flushes, with its number (from 1) and what it is going to do. The
    // callback may take crash states, and may itself change the disk: such calls are neither numbered nor reported nor
    // made fail.
    using MutationCallback = std::function<void(std::uint64_t number, std::string_view what)>;
    void on_mutation(MutationCallback callback);
    [[nodiscard]] std::uint64_t mutations() const;  // how many there were
    [[nodiscard]] std::uint64_t flushes() const;    // how many of these were flushes

    // Effects that a cut may lose.
    [[nodiscard]] std::size_t pending() const;
    [[nodiscard]] std::vector<std::string> pending_descriptions() const;

    // What a power cut now leaves. The twin itself goes on.
    [[nodiscard]] DiskState crash(const Selection &keep) const;

    // The process dies now, the power stays on: the same disk with all that is pending and no handle open. This one
    // goes on, neither sees what the other does.
    [[nodiscard]] Twin killed() const;

    // The call of this number (from 1; every call through the port counts, reading ones too) fails with this error. A
    // failing flush loses the data it should have made durable: later flushes succeed without it, as on Linux.
    void fail_at(std::uint64_t call, int number);
    // From this call on, everything that changes or flushes fails.
    void fail_from(std::uint64_t call, int number);
    void fail_never();                          // from now on
    [[nodiscard]] std::uint64_t calls() const;  // how many there were

    // The background writer fails: all unflushed data is lost for good. Each open File of such an inode and each open
    // SyncPoint reports it once, on its next flush; those opened after somebody was told report nothing.
    void fail_writeback(int number);
    void fail_writeback_on(std::string_view top, int number);  // of one volume

    // Makes the empty directory at `path` the top of another volume, which is there after every cut. Flushes the one
    // that it is mounted on.
    void mount(std::string_view path);
    // All of these are of the volume with that top.
    void set_free_bytes(std::uint64_t bytes, std::string_view top = "");  // left from now on, in blocks of 4096
    void set_free_inodes(std::uint64_t inodes, std::string_view top = "");
    void set_filesystem_type(std::string type, std::string_view top = "");  // "ext4" unless set
    void use_fast_commit();                                                 // as it says of itself; it changes nothing
    void share_content(std::string_view top = "");                          // files can share it from now on
    enum class Writable : std::uint8_t { no, yes };
    void set_writable(Writable writable, std::string_view top = "");

    // The clock stands still unless moved: all that happens within one tick of a real one has one time.
    void set_clock(base::FileTime time);

    enum class Immutable : std::uint8_t { no, yes };
    void set_immutable(std::string_view path, Immutable immutable);  // chattr; durable at once
    void make_unreadable(std::string_view path);                     // bad sectors: EIO until it is another file

  private:
    explicit Twin(std::shared_ptr<twin::Disk> disk) : m_disk(std::move(disk)) {}
    std::shared_ptr<twin::Disk> m_disk;
};

}  // namespace mos::test
