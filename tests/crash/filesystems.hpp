// The filesystems on which the power is cut.
#pragma once

#include "disk_image.hpp"

#include <mos/base/result.hpp>

#include <string>
#include <vector>

namespace mos::test {

enum class InDefaultTable : std::uint8_t { no, yes };

struct Filesystem {
    std::string name;  // as one writes it after --filesystem=
    std::string type;  // as mount(2) takes it
    std::string mount_options;
    std::uint64_t bytes = 0;         // close to the smallest that its mkfs makes
    std::vector<std::string> maker;  // mkfs and its options; the device comes last
    // Offsets of its superblocks. ext4 and btrfs write them with a checksum over more than 512 bytes, and can't mount
    // one of which a half arrived: they rely on blocks that disks do not tear, and so do we here, for these blocks
    // alone.
    std::vector<std::uint64_t> whole_blocks;
    // What may be torn elsewhere. xfs finds a torn block of its own by the checksum and then can't replay its log, so
    // it relies on whole ones everywhere.
    std::uint64_t tear_bytes = 512;
    InDefaultTable in_default_table = InDefaultTable::yes;
};

[[nodiscard]] const std::vector<Filesystem> &all_filesystems();

// An empty filesystem, made in the file at `path`, which has the size.
[[nodiscard]] Result<void> make_filesystem(const Filesystem &filesystem, const std::string &path);

}  // namespace mos::test
