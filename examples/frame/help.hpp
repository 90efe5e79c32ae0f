// What --help shows.
#pragma once

#include "command.hpp"

namespace frame {

void put_tool_help(const Tool &tool);
void put_command_help(const Tool &tool, const Command &command);
void put_version(const Tool &tool);

}  // namespace frame
