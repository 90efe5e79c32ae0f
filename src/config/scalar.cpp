#include "scalar.hpp"

#include <charconv>
#include <cstdint>
#include <string>

namespace mos::config {

namespace {

// False for "007", "-0" and "+1" as well: they would be printed otherwise.
template <class Integer>
bool read_integer(std::string_view text, Integer &value) {
    const char *const end = text.data() + text.size();
    const auto [stopped, problem] = std::from_chars(text.data(), end, value);
    return problem == std::errc{} && stopped == end && std::to_string(value) == text;
}

}  // namespace

nlohmann::json scalar(std::string_view text) {
    if (text == "true" || text == "false")
        return text == "true";
    if (std::int64_t integer = 0; read_integer(text, integer))
        return integer;
    if (std::uint64_t integer = 0; read_integer(text, integer))
        return integer;
    return std::string{text};
}

}  // namespace mos::config
