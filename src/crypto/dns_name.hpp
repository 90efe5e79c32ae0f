// DNS names and mailboxes in the form that certificates may hold (RFC 5280 section 4.2.1.6): ASCII, and only what has
// one meaning to everybody.
#pragma once

#include <string_view>

namespace mos::crypto {

// Preferred form of RFC 1034 section 3.5 as RFC 1123 has it: labels of letters, digits and inner hyphens, 63 characters
// each and 253 in all; no dot at the end. A last label that is a number is refused: that is an address. "xn--" begins
// only what Punycode can have made, and no other label has hyphens in its third and fourth place (RFC 5890
// section 2.3.1).
[[nodiscard]] bool is_dns_name(std::string_view text);

// The same, or "*." before one of at least two labels: RFC 9525 section 6.3, and no wildcard for all of a top domain.
[[nodiscard]] bool is_dns_pattern(std::string_view text);

// "local@domain" of RFC 5321 section 4.1.2 whose local part is no quoted string, which has several spellings.
[[nodiscard]] bool is_mailbox(std::string_view text);

// Compares ASCII regardless of case.
[[nodiscard]] bool equal_folded(std::string_view a, std::string_view b) noexcept;

}  // namespace mos::crypto
