// Whom the caller's options trust, and by which policy.
#pragma once

#include <mos/engine/admission.hpp>

#include <multiosupdate/package.h>

namespace mos::capi {

// Opened anew from the source, and authenticated.
[[nodiscard]] Result<std::shared_ptr<package::Package>>
authenticated_package(const std::shared_ptr<base::Source> &source, const engine::Admission &admission);

[[nodiscard]] Result<engine::Admission> open_admission(const mos_trust_options *options, const base::Clock &clock);

}  // namespace mos::capi
