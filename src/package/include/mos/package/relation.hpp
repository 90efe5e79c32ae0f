// Relations between packages, as manifests list them: Debian Policy section 7.1, without architectures and profiles.
#pragma once

#include <mos/base/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mos::package {

inline constexpr std::size_t max_relation_bytes = 4096;
inline constexpr std::size_t max_alternatives = 64;

enum class Comparison : std::uint8_t { any, earlier, earlier_or_equal, equal, later_or_equal, later };

// "libfoo", or "libfoo (>= 1.2)".
struct Alternative {
    std::string name;
    Comparison comparison = Comparison::any;
    std::string version;  // empty for Comparison::any
    friend bool operator==(const Alternative &, const Alternative &) = default;
};

// "a | b (<< 2)": any one of them will do. Never empty.
using Relation = std::vector<Alternative>;

// What a package says it provides: "name", or "name (= 1.2)".
struct Provided {
    std::string name;
    std::string version;  // empty where none is said
    friend bool operator==(const Provided &, const Provided &) = default;
};

// FORMAT, or LIMIT for more than max_alternatives; the message names the relation and the rule that it breaks. The
// operators are << <= = >= >>; Debian's obsolete < and > are refused, since they mean <= and >= and nobody expects it.
[[nodiscard]] Result<Relation> parse_relation(std::string_view text);
[[nodiscard]] Result<Alternative> parse_conflict(std::string_view text);  // a relation without alternatives
[[nodiscard]] Result<Provided> parse_provided(std::string_view text);

// Whether the package `name` in `version` is what the alternative asks for.
[[nodiscard]] bool satisfied(const Alternative &alternative, std::string_view name, std::string_view version);
// The same for a provided name; one without a version satisfies only what asks for none (Debian Policy section 7.5).
[[nodiscard]] bool satisfied(const Alternative &alternative, const Provided &provided);

}  // namespace mos::package
