// GeneralName (RFC 5280 section 4.2.1.6): what an alternative name or a name constraint is about.
#pragma once

#include <mos/base/bytes.hpp>

#include <string>
#include <vector>

namespace mos::crypto {

// The number is the tag's.
enum class NameKind : std::uint8_t {
    other = 0,
    mailbox = 1,  // rfc822Name
    dns = 2,
    x400 = 3,
    directory = 4,
    edi_party = 5,
    uri = 6,
    ip_address = 7,
    registered_id = 8,
};

struct GeneralName {
    NameKind kind{};
    base::ByteView content;  // of a directory name the whole Name, else what is inside the tag
};

// Reads one from `element`, the DER of a GeneralName in whole. FORMAT when it is none; what the text inside says is not
// looked at yet.
[[nodiscard]] Result<GeneralName> read_general_name(base::ByteView element);
// GeneralNames: at least one.
[[nodiscard]] Result<std::vector<GeneralName>> read_general_names(base::ByteView sequence);

// "DNS name 'example.com'", "IP address 192.0.2.1", for messages; of whatever read_general_name() takes.
[[nodiscard]] std::string general_name_text(const GeneralName &name);

// Whether an alternative name of the kinds that are understood here is one: a DNS name in preferred form, perhaps with
// a wildcard; a mailbox whose local part is no quoted string; an address of 4 or 16 bytes; a URI with a scheme; a
// directory name that is not empty. Of the other kinds nothing is asked.
[[nodiscard]] bool is_well_formed(const GeneralName &name);

}  // namespace mos::crypto
