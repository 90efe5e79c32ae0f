// Recovery points that are captured: by hand, of the whole system or a part of it.
//
// A point keeps an index of what stood at each path, with the digest of every file, and the contents: shared with the
// files where the filesystem can share them (btrfs, xfs), else copied. Contents are stored by their digest, once for
// all points. All of it lies in the folder `points` beside the database:
//
//   points/objects/<2 digits>/<62 digits>   a content, by its SHA-256
//   points/<number>/index                   of a point whose row is in the database
//   points/<number>.new/                    of one that is being captured, or was when a cut came
//   points/<number>.old/                    of one that is being given up
//
// A point is there from the commit of its row on, before which everything was flushed once; recover_points() completes
// or clears away what a cut left. A folder that no row knows is never deleted: it may be another machine's, or the
// database an old one.
#pragma once

#include <mos/snapshot/restoration_source.hpp>
#include <mos/state/points.hpp>
#include <mos/transaction/site.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mos::snapshot {

inline constexpr const char *state_folder = "var/lib/multios";  // beneath the root: the database, and the points
inline constexpr std::size_t max_description_bytes = 1000;
inline constexpr std::size_t max_tags = 32;
inline constexpr std::size_t max_tag_bytes = 100;
inline constexpr std::size_t max_scope_names = 10'000;

// Device and inode of files.
using FileIds = std::set<std::pair<std::uint64_t, std::uint64_t>>;

struct CaptureRequest {
    std::string description = {};
    state::PointScope scope = state::PointScope::full_system;
    // Of scope `packages` names of installed packages (all when there are none), of scope `paths` at least one path.
    std::vector<std::string> names = {};
    std::vector<std::string> tags = {};
    // Trees that are left out of scope full_system, besides mounts and the engine's own folders.
    std::vector<std::string> excluded = {"proc", "sys", "dev", "run", "tmp", "var/tmp"};
    // Which files somebody has open for writing now (base::files_open_for_writing); empty: nobody looks.
    std::function<Result<FileIds>()> open_files = {};
};

struct Captured {
    state::Point point;
    std::uint64_t shared_bytes = 0;  // of contents that take no room of their own
    std::uint64_t copied_bytes = 0;
    std::uint64_t known_bytes = 0;  // an earlier point has them
    std::uint64_t left_out = 0;     // devices, pipes and sockets are listed without content, and are not counted
    std::vector<std::string> open_for_writing;  // paths, 100 at most; each may be half written
    std::uint64_t open_count = 0;
};

// Captures. Nothing outside the folder of the points is changed. INVALID_ARGUMENT for a request beyond the limits above
// or with nothing in it; NOT_INSTALLED; PATH_REFUSED; NOT_FOUND for a path that is not there; NO_SPACE, IO and others,
// with nothing left of it; CANCELLED.
[[nodiscard]] Result<Captured> capture_point(transaction::Site &site, const CaptureRequest &request);

// Gives a point up: its row first, then what it alone has kept. NOT_FOUND where there is none.
[[nodiscard]] Result<void> remove_point(transaction::Site &site, std::uint64_t id);

// Completes or clears away what a cut left of captures and removals; how many it was about. First thing by whoever
// opens a root to change it, after transaction::recover().
[[nodiscard]] Result<std::uint64_t> recover_points(transaction::Site &site);

// The root as it was when the point was captured, as far as it reaches. NOT_FOUND where there is none; POINT_DAMAGED
// where its index is lost or another than was recorded.
[[nodiscard]] Result<std::unique_ptr<RestorationSource>> open_point_source(transaction::Site &site, std::uint64_t id);

// What a point has lost, see verify_point().
struct PointFault {
    enum class Kind : std::uint8_t { index, lost, altered } kind = Kind::index;
    std::string path;  // "" of the index
    std::string sentence;
};
// A quick look, that reads no content: what is wrong with the points' folders as such.
struct PointTrouble {
    enum class Kind : std::uint8_t {
        unknown,     // a folder that no row knows
        unreadable,  // a row whose index is lost, or another than was recorded
        unfinished,  // of a capture or removal that was cut short
    } kind = Kind::unknown;
    std::uint64_t id = 0;
    std::string name;  // of the folder
    std::string sentence;
};
[[nodiscard]] Result<std::vector<PointTrouble>> examine_points(base::Directory &folder_of_state,
                                                               state::Database &database);

}  // namespace mos::snapshot
