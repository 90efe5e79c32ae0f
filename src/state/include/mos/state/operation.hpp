// One step of a transaction: what happens at one path of the root.
#pragma once

#include <mos/base/filesystem.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace mos::state {

// The numbers stand in databases and plan files, fixed for ever.
enum class OperationKind : std::uint8_t {
    exchange = 1,          // what is staged and what is there change places in one system call
    add = 2,               // what is staged goes where nothing is
    remove = 3,            // what is there goes into the stage
    remove_directory = 4,  // the same for a directory that has become empty
    set_attributes = 5,    // mode, owner, times and extended attributes of a directory or file that stays
    output = 6,  // a script will write there: a copy of what is there is kept in the slot, and comes back in its place
};

[[nodiscard]] std::string_view operation_name(OperationKind kind) noexcept;

// What an entry has besides content and type.
struct Attributes {
    std::uint32_t mode = 0;  // the lower twelve bits; of no meaning for a symbolic link
    std::uint32_t owner = 0;
    std::uint32_t group = 0;
    base::FileTime modified;
    base::ExtendedAttributes extended;
    bool access_lists = false;  // `extended` also says which access control lists there are; else they stay as they are
    friend bool operator==(const Attributes &, const Attributes &) = default;
};

// JSON in one line, for the plan file and the database.
[[nodiscard]] std::string attributes_to_text(const Attributes &attributes);
[[nodiscard]] Result<Attributes> attributes_from_text(std::string_view text);

struct Operation {
    std::uint64_t slot = 0;  // its place in the stage, and its rank in path order
    OperationKind kind = OperationKind::exchange;
    std::string path;    // beneath the root, bytes
    std::string volume;  // the top of the volume that it lies on and whose stage has its slot; "" is the root's own
    // What was staged (exchange, add), or what keeps its place (set_attributes of no directory): by these three it is
    // told from what somebody has put there or written into it since. Of a directory the inode alone; 0 otherwise.
    std::uint64_t staged_inode = 0;
    std::uint64_t staged_size = 0;
    base::FileTime staged_modified;
    // Of set_attributes. Of an exchange: the mode and time of the directory that was there and of the one that comes,
    // nothing for what is no directory; see Mover::restore_time().
    Attributes before;
    Attributes after;
    [[nodiscard]] bool has_attributes() const {
        return kind == OperationKind::set_attributes || before != Attributes{} || after != Attributes{};
    }

    // Recorded by the commit that gives the transaction its present direction, and tested by every (re)application: an
    // inactive operation is not touched; an active one is still to be done as long as its slot holds `leaving_inode`, 0
    // standing for an empty slot. Of an output that is in effect they say what its scripts have left:
    // transaction/outputs.hpp.
    std::uint64_t leaving_inode = 0;
    bool active = true;
};

}  // namespace mos::state
