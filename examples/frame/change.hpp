// A change of a root: the engine from the options, the plan shown or carried out.
#pragma once

#include "command.hpp"
#include "plan_text.hpp"

namespace frame {

// The engine for --root, --trust and --required-signatures; scripts are run by the environment's MULTIOS_HELPER, or by
// the program that was installed with the library.
[[nodiscard]] Result<Engine> open_engine(const Session &session);

[[nodiscard]] Result<Plan> new_plan(const Engine &engine);

// How a plan ended; the strings are its own.
struct Outcome {
    std::string recovery_point;
    std::uint64_t changed_paths;
    std::uint64_t written_bytes;
    std::int64_t elapsed_ms;
    std::vector<std::string> notices;
    std::string reboot;  // packages that are complete when the system has been started again; "" for none
    std::string undo;    // the command that takes it back; "" where nothing is to be taken back
};

struct Change {
    PlanReport plan;
    std::optional<Outcome> outcome;  // none with --plan: it was only worked out
};

// Resolves the plan; with --plan nothing else happens, otherwise it runs. Reads the options --plan, --plan-digest,
// --reason and --yes.
[[nodiscard]] Result<Change> carry_out(const Session &session, Plan plan);

void put_change(const Session &session, const Change &change);
[[nodiscard]] nlohmann::ordered_json to_json(const Change &change);

// carry_out(), told in the session's format.
[[nodiscard]] Result<ExitCode> show_or_run(const Session &session, Plan plan);

// The options that carry_out() reads.
[[nodiscard]] std::vector<Option> plan_options();

// One table out of several lists.
[[nodiscard]] std::vector<Option> joined(std::vector<Option> first, const std::vector<Option> &second);

// "/" without --root.
[[nodiscard]] std::string root_of(const Session &session);

// " --root=DIR" to put behind a command that is to be copied; "" for the running system.
[[nodiscard]] std::string root_argument(const Session &session);

// A text in which the commands of ours that it names in quotes are for the root that this one was given.
[[nodiscard]] std::string with_root(const Session &session, std::string text);

}  // namespace frame
