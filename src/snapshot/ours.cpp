#include "ours.hpp"

#include <mos/transaction/volumes.hpp>

#include <algorithm>

namespace mos::snapshot {

Result<bool> is_untouched(state::Packages &packages, const std::string &path, const base::FileStatus &status) {
    MOS_TRY(const auto owners, packages.owners(path));
    return std::any_of(owners.begin(), owners.end(), [&](const auto &one) {
        // What a script writes is the package's, whatever it holds by now.
        return one.file.role == state::FileRole::output || state::stands_as_installed(one.file, status);
    });
}

IsOurs untouched_below(state::Packages &packages, const base::FileStatus &home) {
    return [&packages, home](const std::string &path, const base::FileStatus &status) -> Result<bool> {
        if (transaction::is_mount_point(home, status))
            return false;
        return is_untouched(packages, path, status);
    };
}

}  // namespace mos::snapshot
