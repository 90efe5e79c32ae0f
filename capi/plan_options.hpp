// What the options of an install step say.
#pragma once

#include <multiosupdate/plan.h>

#include <mos/install/plan.hpp>

namespace mos::capi {

// Reads the file of template values that they name; the full package they may name is left to the caller.
[[nodiscard]] Result<install::InstallOptions> install_options(const mos_install_options *options);

}  // namespace mos::capi
