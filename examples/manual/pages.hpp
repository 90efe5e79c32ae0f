// The manual, made from the tools' tables: a page for man(1) each, and one page of all commands.
#pragma once

#include "frame/command.hpp"

namespace manual {

using Tools = std::vector<frame::Tool>;

// The page of `tool` in man(7)'s macros. `date` is that of the page, "2026-11-24".
[[nodiscard]] std::string man_page(const frame::Tool &tool, const Tools &all, std::string_view date);

// docs/commands.md.
[[nodiscard]] std::string commands_page(const Tools &tools);

}  // namespace manual
