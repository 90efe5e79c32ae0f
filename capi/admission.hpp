// Whom the caller's options trust, and by which policy.
#pragma once

#include <mos/engine/admission.hpp>

#include <multiosupdate/package.h>

namespace mos::capi {

[[nodiscard]] Result<engine::Admission> open_admission(const mos_trust_options *options, const base::Clock &clock);

}  // namespace mos::capi
