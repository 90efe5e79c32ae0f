// Name constraints (RFC 5280 section 4.2.1.10): which names a CA's certificates may bear, and those of the CAs below
// it.
#pragma once

#include "general_name.hpp"

#include <mos/crypto/certificate.hpp>

#include <span>
#include <vector>

namespace mos::crypto {

struct NameConstraints {
    std::vector<GeneralName> permitted;
    std::vector<GeneralName> excluded;
};

// Views into `value`. FORMAT when it is malformed, allows and excludes nothing, or a subtree has a minimum or a
// maximum, which the standard leaves no use for.
[[nodiscard]] Result<NameConstraints> read_name_constraints(base::ByteView value);

// Holds every certificate of the path, leaf first, to the constraints of those above it, critical or not. The names are
// the alternative ones, the subject, and the mailboxes in the subject; a self-issued certificate is free unless it is
// the leaf (section 6.1.3). CERTIFICATE_INVALID for a name that is excluded or not permitted, or whose kind is
// constrained and not understood here; also for a constraint that is malformed. LIMIT beyond max_name_comparisons.
[[nodiscard]] Result<void> check_name_constraints(std::span<const Certificate> path);

}  // namespace mos::crypto
