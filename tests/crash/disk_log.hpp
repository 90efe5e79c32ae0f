// What a filesystem sent to its disk, in order: written by disk_recorder, read by the crash run.
//
// The log is a row of headers, each followed by `length` bytes for a write and for a mark, by nothing for the others.
// It is written and read on one machine, so numbers are as the machine has them.
#pragma once

#include <mos/base/bytes.hpp>
#include <mos/base/result.hpp>

#include <cstdint>
#include <vector>

namespace mos::test {

// What a recording may take; a workload of tests is far below.
inline constexpr std::uint64_t max_log_bytes = 512U << 20U;
inline constexpr std::uint64_t max_disk_bytes = 1024U << 20U;

enum class RecordKind : std::uint64_t {
    write = 1,  // data for `length` bytes from `offset` on
    zero = 2,   // the same, all zeros; a discard too
    flush = 3,  // what came before is durable: on `length` bytes from `offset` on, everywhere for a length of 0
    mark = 4,   // a word of the workload
};

struct RecordHeader {
    RecordKind kind = RecordKind::flush;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

struct Record {
    RecordKind kind = RecordKind::flush;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    base::ByteView data;  // of a write and of a mark
};

// The records in `log`, which they borrow from. FORMAT for what a recorder does not write: an unknown kind, a record
// that is cut off, or one that reaches beyond a disk of `disk_bytes`.
[[nodiscard]] Result<std::vector<Record>> read_disk_log(base::ByteView log, std::uint64_t disk_bytes);

// Appends to `log` what read_disk_log() reads.
void append_record(base::Bytes &log, const Record &record);

}  // namespace mos::test
