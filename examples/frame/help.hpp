// What --help shows.
#pragma once

#include "command.hpp"

namespace frame {

void put_tool_help(const Tool &tool);
// The commands of a group: "trust".
void put_group_help(const Tool &tool, std::string_view group);
void put_command_help(const Tool &tool, const Command &command);
void put_version(const Tool &tool);

}  // namespace frame
