// IP addresses as certificates hold them: 4 or 16 bytes in the network's order.
#pragma once

#include <mos/base/bytes.hpp>

#include <string>

namespace mos::crypto {

inline constexpr std::size_t ipv4_bytes = 4;
inline constexpr std::size_t ipv6_bytes = 16;

// The one canonical text of an address: RFC 3986 section 3.2.2 for IPv4, RFC 5952 section 4 for IPv6; empty for bytes
// that are none.
[[nodiscard]] std::string ip_address_text(base::ByteView address);

}  // namespace mos::crypto
