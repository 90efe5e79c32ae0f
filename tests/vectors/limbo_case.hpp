// One case of x509-limbo: what is asked, without the answer.
#pragma once

#include "decision.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mos::vectors {

struct PeerName {
    std::string kind;  // "DNS", "IP", "RFC822"
    std::string value;
};

struct ChainCase {
    std::string leaf;  // PEM, as what follows
    std::vector<std::string> intermediates;
    std::vector<std::string> roots;
    std::vector<std::string> revocation_lists;
    std::int64_t now_unix_s = 0;
    std::vector<std::string> purposes;  // "serverAuth", …; never empty
    std::vector<std::string> key_usages;
    std::vector<std::string> signature_algorithms;
    std::vector<PeerName> peer_names;
    std::optional<std::size_t> max_intermediates;
};

// Throws what nlohmann::json throws, or std::runtime_error, for a case that is none.
[[nodiscard]] ChainCase read_chain_case(const nlohmann::json &test);
[[nodiscard]] Decision decide(const ChainCase &test);

}  // namespace mos::vectors
