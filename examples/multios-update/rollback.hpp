// What the commands that go back share.
#pragma once

#include "frame/change.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace update_tool {

// From the options that the commands have in common; its strings live as long as the session.
[[nodiscard]] mos_rollback_options rollback_options(const frame::Session &session);

[[nodiscard]] frame::Result<frame::Plan> rollback_plan(const frame::Engine &engine,
                                                       const mos_rollback_options &options);

// Shows the plan, or carries it out.
[[nodiscard]] frame::Result<frame::ExitCode> run_rollback(frame::Session &session, const mos_rollback_options &options);

// Shows the plan, asks, and carries it out.
[[nodiscard]] frame::Result<frame::ExitCode> confirm_and_run(frame::Session &session,
                                                             const mos_rollback_options &options);

// Of the person at the terminal; with --yes the fallback. MOS_E_NEEDS_ANSWER where nobody can be asked.
[[nodiscard]] frame::Result<std::string> answered(const frame::Session &session, std::string_view question,
                                                  const std::vector<std::string> &choices, std::string_view fallback,
                                                  std::string_view remedy);

}  // namespace update_tool
