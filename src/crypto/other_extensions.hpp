// The extensions of RFC 5280 that change no judgement here.
#pragma once

#include "signed_object.hpp"

namespace mos::crypto {

// FORMAT when it is one that the standard defines and is not of its form: what is passed over must be what it seems.
// Not for those that certificate_reader.cpp reads itself.
[[nodiscard]] Result<void> check_other_extension(const Extension &extension);

}  // namespace mos::crypto
