#include "built.hpp"

#include "frame/text.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>

using namespace frame;

namespace package_tool {

namespace {

constexpr std::int32_t highest_level = 19;

struct Unit {
    std::string_view name;
    std::uint64_t bytes;
};
constexpr std::array<Unit, 11> units{{{"", 1},
                                      {"B", 1},
                                      {"KB", 1'000},
                                      {"MB", 1'000'000},
                                      {"GB", 1'000'000'000},
                                      {"KiB", 1ULL << 10U},
                                      {"MiB", 1ULL << 20U},
                                      {"GiB", 1ULL << 30U},
                                      {"K", 1ULL << 10U},
                                      {"M", 1ULL << 20U},
                                      {"G", 1ULL << 30U}}};

}  // namespace

Result<std::int64_t> parse_number(std::string_view digits, std::int64_t lowest, std::int64_t highest,
                                  std::string_view what) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size() || value < lowest || value > highest)
        return usage_failure(
            fmt::format("{} takes a number from {} to {}, not '{}'", what, lowest, highest, printable(digits)));
    return value;
}

Result<std::int32_t> compression_level(const Values &values) {
    const auto given = values.text("compression-level");
    if (!given)
        return 0;
    if (*given == "none")
        return -1;
    FRAME_TRY(const std::int64_t level,
              parse_number(*given, 1, highest_level, "option '--compression-level' is 'none' or"));
    return static_cast<std::int32_t>(level);
}

Result<Built> look_at(const Session &session, const std::string &path) {
    Built built;
    FRAME_TRY(built.package, make<Package>([&](auto out, auto error) {
                  return mos_package_open_path(session.context, path.c_str(), out, error);
              }));
    FRAME_CHECK(
        check([&](auto error) { return mos_package_information_get(built.package.get(), &built.information, error); }));
    return built;
}

Result<std::uint64_t> parse_size(std::string_view text, std::string_view what) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
    while (rest.starts_with(' '))
        rest.remove_prefix(1);
    for (const Unit &unit : units)
        if (error == std::errc{} && rest == unit.name &&
            value <= std::numeric_limits<std::uint64_t>::max() / unit.bytes)
            return value * unit.bytes;
    return usage_failure(fmt::format("{} takes a size such as 512, 10MB or 32MiB, not {}", what, in_quotes(text)));
}

Result<std::uint64_t> size_option(const Values &values, std::string_view option) {
    const auto given = values.text(option);
    if (!given)
        return std::uint64_t{0};
    return parse_size(*given, fmt::format("option '--{}'", option));
}

}  // namespace package_tool
