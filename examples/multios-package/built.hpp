// What create, create-delta and sign tell of a package that they have made.
#pragma once

#include "frame/command.hpp"
#include "frame/job.hpp"

namespace package_tool {

struct Built {
    frame::Package package;
    mos_package_information information = MOS_PACKAGE_INFORMATION_INIT;
};

[[nodiscard]] frame::Result<Built> look_at(const frame::Session &session, const std::string &path);

// A usage failure unless `digits` are a number from `lowest` to `highest`; `what` begins its message.
[[nodiscard]] frame::Result<std::int64_t> parse_number(std::string_view digits, std::int64_t lowest,
                                                       std::int64_t highest, std::string_view what);

// --compression-level as mos_build_options has it: 0 is the default, negative is uncompressed.
[[nodiscard]] frame::Result<std::int32_t> compression_level(const frame::Values &values);

// Bytes of an option as people write them: "512", "10MB", "32MiB"; 0 where it was not given.
[[nodiscard]] frame::Result<std::uint64_t> size_option(const frame::Values &values, std::string_view option);
[[nodiscard]] frame::Result<std::uint64_t> parse_size(std::string_view text, std::string_view what);

}  // namespace package_tool
