// A change of a root: the engine from the options, the plan shown or carried out.
#pragma once

#include "command.hpp"

namespace frame {

// The engine for --root, --trust and --required-signatures.
[[nodiscard]] Result<Engine> open_engine(const Session &session);

[[nodiscard]] Result<Plan> new_plan(const Engine &engine);

// Resolves the plan; with --plan it is shown and nothing else happens, otherwise it runs and its outcome is told.
// Reads the options --plan, --plan-digest, --reason and --yes.
[[nodiscard]] Result<ExitCode> show_or_run(const Session &session, Plan plan);

// The options that show_or_run() reads.
[[nodiscard]] std::vector<Option> plan_options();

// One table out of several lists.
[[nodiscard]] std::vector<Option> joined(std::vector<Option> first, const std::vector<Option> &second);

// "/" without --root.
[[nodiscard]] std::string root_of(const Session &session);

// " --root=DIR" to put behind a command that is to be copied; "" for the running system.
[[nodiscard]] std::string root_argument(const Session &session);

}  // namespace frame
