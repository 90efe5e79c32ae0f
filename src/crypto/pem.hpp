// PEM (RFC 7468): blocks of base64 between BEGIN and END lines.
#pragma once

#include <mos/crypto/secret.hpp>

#include <string_view>
#include <vector>

namespace mos::crypto {

struct PemBlock {
    std::string_view label;  // a view into the text
    SecretBytes content;     // it may be a private key
};

// All blocks of `text`, at most `limit`; text outside of blocks is passed over. Decoded in constant time, with whatever
// intermediate copies wiped. FORMAT when a block is malformed or has headers (old encrypted keys), LIMIT beyond
// `limit`.
[[nodiscard]] Result<std::vector<PemBlock>> parse_pem(std::string_view text, std::size_t limit);

// The content of the one block that `text` holds. FORMAT when there is none, another one, or its label is not `label`.
[[nodiscard]] Result<SecretBytes> parse_single_pem(std::string_view text, std::string_view label);

// Lines of 64 characters.
[[nodiscard]] SecretBytes write_pem(std::string_view label, base::ByteView content);

}  // namespace mos::crypto
