// What the crash run stands on: a mount namespace of its own, and room in memory that is gone with the process.
#pragma once

#include <mos/base/result.hpp>

#include <string>

namespace mos::test {

// Goes into a private mount namespace. Called once, before there are threads. An error says in one sentence what this
// machine lacks: PERMISSION without root, UNSUPPORTED without FUSE or loop devices.
[[nodiscard]] Result<void> enter_ground();

// A new empty folder there, which nobody else sees.
[[nodiscard]] Result<std::string> make_ground_folder(const std::string &name);

}  // namespace mos::test
