// What belongs to packages and was left as they brought it.
#pragma once

#include <mos/snapshot/rollback.hpp>
#include <mos/state/packages.hpp>

namespace mos::snapshot {

// Whether a package that is installed brought what is at `path`, and nobody has changed it since.
[[nodiscard]] Result<bool> is_untouched(state::Packages &packages, const std::string &path,
                                        const base::FileStatus &status);

// The same for all below a directory with the status `home`; what is mounted there is somebody else's. `packages` must
// outlive it.
[[nodiscard]] IsOurs untouched_below(state::Packages &packages, const base::FileStatus &home);

}  // namespace mos::snapshot
