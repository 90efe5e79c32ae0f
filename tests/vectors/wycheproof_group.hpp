// What a group of Wycheproof's tests has in common: the key and how it signs.
#pragma once

#include <mos/crypto/key.hpp>

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace mos::vectors {

struct SignatureGroup {
    crypto::PublicKey key;
    crypto::SignatureScheme scheme;
    bool is_p1363 = false;
};

struct GroupOrSkip {
    std::optional<SignatureGroup> value;
    std::string why_not;  // what the library does not support
};

// In the layouts of all versions of the files. Throws what nlohmann::json throws for a group that is none.
[[nodiscard]] GroupOrSkip read_group(const nlohmann::json &file, const nlohmann::json &group);

}  // namespace mos::vectors
