// Distinguished names (RFC 5280 section 4.1.2.4) as text and back.
#pragma once

#include <mos/crypto/der.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace mos::crypto {

struct NameAttribute {
    base::ByteView type;  // an object identifier
    der::Element value;
};
using RelativeName = std::vector<NameAttribute>;  // most often one attribute

// Views into `name`, a Name in DER. FORMAT when malformed, LIMIT beyond max_name_attributes.
[[nodiscard]] Result<std::vector<RelativeName>> read_name(base::ByteView name);

// What a comparison of two names says. Text in ASCII is compared as RFC 5280 section 7.1 has it, regardless of case,
// of the kind of string, and of how many spaces are where. Other text would need tables of Unicode: what is not equal
// to the bit is `unclear` then, and who asks takes the answer that refuses.
enum class Likeness : std::uint8_t { different, unclear, same };

// Both are Names in DER that read_name() takes; what it does not take is unclear.
[[nodiscard]] Likeness compare_names(base::ByteView a, base::ByteView b);
// Whether `name` begins with all relative names of `base`: it is `base` or below it.
[[nodiscard]] Likeness is_within(base::ByteView name, base::ByteView base);

// "CN=Example, O=Example Ltd" in the order of `name` (a Name in DER), escaped as in RFC 4514 section 2.4; a value that
// is no clean text is '#' and its DER in hexadecimal. FORMAT when malformed, LIMIT beyond max_name_attributes.
[[nodiscard]] Result<std::string> name_text(base::ByteView name);

// The inverse for CN, O, OU, L, ST and C; text without '=' is a common name. INVALID_ARGUMENT, quoting the text, when
// it is malformed, empty, or an attribute is longer than RFC 5280 appendix A.1 allows.
[[nodiscard]] Result<base::Bytes> write_name(std::string_view text);

}  // namespace mos::crypto
