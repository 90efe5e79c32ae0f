// Distinguished names (RFC 5280 section 4.1.2.4) as text and back.
#pragma once

#include <mos/base/bytes.hpp>

#include <string>
#include <string_view>

namespace mos::crypto {

// "CN=Example, O=Example Ltd" in the order of `name` (a Name in DER), escaped as in RFC 4514 section 2.4; a value that
// is no clean text is '#' and its DER in hexadecimal. FORMAT when malformed, LIMIT beyond max_name_attributes.
[[nodiscard]] Result<std::string> name_text(base::ByteView name);

// The inverse for CN, O, OU, L, ST and C; text without '=' is a common name. INVALID_ARGUMENT, quoting the text, when
// it is malformed, empty, or an attribute is longer than RFC 5280 appendix A.1 allows.
[[nodiscard]] Result<base::Bytes> write_name(std::string_view text);

}  // namespace mos::crypto
