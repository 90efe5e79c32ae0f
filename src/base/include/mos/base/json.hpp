// JSON that comes from outside: bounded, strict, and read into values that say what they are.
#pragma once

#include <mos/base/result.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace mos::base {

// A tree that can be destroyed when memory has run out. nlohmann-json's destructor moves all children into a vector
// first, which takes memory; where there is none, std::terminate ends the embedder. So whatever has children belongs to
// a JsonTree, which takes it apart from the leaves on, without recourse to memory, before it is destroyed. The rules
// for who builds one:
// - a value with children is never a temporary: no initialiser lists, no conversions of containers, no copies of trees;
//   empty objects and arrays are put into their place (see object_in() and array_in()) and filled there;
// - no null becomes a container by [] or push_back(): the library changes the type before it has the memory.
struct JsonDismantler {
    void operator()(nlohmann::json *tree) const noexcept;
};
using JsonTree = std::unique_ptr<nlohmann::json, JsonDismantler>;

[[nodiscard]] JsonTree json_null();
[[nodiscard]] JsonTree json_object();

// What stands under `key` in an object, to be filled: the object that is there, or a new one in place of anything else;
// and always a new array.
nlohmann::json &object_in(nlohmann::json &parent, const std::string &key);
nlohmann::json &array_in(nlohmann::json &parent, const std::string &key);

struct JsonLimits {
    std::size_t bytes = 1U << 20U;
    std::size_t depth = 16;
    std::size_t values = 100'000;
};

// What becomes of floating-point numbers and of integers beyond 64 bits.
enum class OtherNumbers : std::uint8_t { refuse, keep_as_text };

// RFC 8259, UTF-8, with duplicate keys, numbers that are no integers of 64 bits, and anything beyond the limits refused
// (FORMAT or LIMIT; the message names what and where).
[[nodiscard]] Result<JsonTree> parse_json(std::string_view text, const JsonLimits &limits,
                                          OtherNumbers other_numbers = OtherNumbers::refuse);

}  // namespace mos::base
