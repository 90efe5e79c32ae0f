// An entry of an archive, and the order in which entries stand there.
#pragma once

#include <mos/base/filesystem.hpp>

#include <string>
#include <string_view>

namespace mos::snapshot {

struct Member {
    std::string path;
    base::FileStatus status;
    base::ExtendedAttributes attributes;
    std::string symlink_target;
    std::string hard_link_to;  // the path of a member before; then nothing else of the file counts

    // Whether bytes follow it.
    [[nodiscard]] bool has_content() const noexcept {
        return hard_link_to.empty() && status.type == base::FileType::regular;
    }
};

// As an archive keeps it: before 1970 libarchive writes and reads the fraction with the wrong sign, which GNU tar does
// not, so there is none.
[[nodiscard]] inline base::FileTime archived_time(base::FileTime time) noexcept {
    return {time.seconds, time.seconds < 0 ? 0 : time.nanoseconds};
}

// Entries stand in the order of a walk: a folder, then all below it, the names in a folder by their bytes. So it is
// components that are compared, "a", "a/b", "a-b", where byte order would put "a-b" between "a" and "a/b".
struct WalkOrder {
    using is_transparent = void;
    [[nodiscard]] bool operator()(std::string_view a, std::string_view b) const noexcept;
};

}  // namespace mos::snapshot
