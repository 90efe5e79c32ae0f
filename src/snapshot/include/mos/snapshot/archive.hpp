// Archives of what lies in a root, for a person's own keeping: a pax tar, as `tar` and `bsdtar` read it.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/base/observer.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mos::snapshot {

enum class Compression : std::uint8_t { none, gzip, zstd, lz4 };

[[nodiscard]] std::string_view compression_name(Compression compression) noexcept;
// INVALID_ARGUMENT for what is no name of one.
[[nodiscard]] Result<Compression> compression_named(std::string_view name);
// Of a file's name: ".tar", ".tar.gz", ".tar.zst", ".tar.lz4".
[[nodiscard]] std::string_view archive_ending(Compression compression) noexcept;

struct ArchiveReport {
    std::uint64_t entries = 0;        // in the archive
    std::uint64_t content_bytes = 0;  // of its files, as read
    std::uint64_t archive_bytes = 0;  // as written
    std::uint64_t left_out = 0;       // each was told in a notice
};

// Writes the files and trees at `paths` (relative to `root`) to `out`, from its beginning, in zstd, with owners, modes,
// times to the nanosecond (before 1970 to the second), symbolic links, hard links among them, and the extended
// attributes that the filesystem port shows. Names are bytes: every header says so, which GNU tar does not know and
// warns of unless it is told --warning=no-unknown-keyword. The folders above a path are not written; holes are read as
// zeros. The caller flushes `out`.
//
// Left out with a notice: sockets, devices and pipes; what lies on another mount or subvolume than the path it was
// reached by; a path that isn't there, or is gone before it is read; `out` itself. Errors: what reading or writing says
// (NO_SPACE, IO, …); PATH_REFUSED for a path that leads outside or is too long; SYMLINK_IN_PATH for one that leads
// through a link; CHANGED_MEANWHILE, with the path, for a file that changes while it is read; CANCELLED; OUT_OF_MEMORY;
// NOT_BUILT where libarchive has no zstd. After an error `out` holds a part of an archive.
//
// Memory does not grow with the archive, but for a line on each hard-linked file whose names were not all met yet, and
// the lists of the folders from the path down to where the walk is. Asks `observer` before entries and blocks, and
// reports Phase::staging to it, its totals unknown.
[[nodiscard]] Result<ArchiveReport> write_archive(base::Directory &root, const std::vector<std::string> &paths,
                                                  base::File &out, base::Observer &observer);

}  // namespace mos::snapshot
