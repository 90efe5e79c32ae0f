// How a command fails: what the person reads, what a script reads, and the exit code.
#pragma once

#include <multiosupdate/multiosupdate.h>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace frame {

// What a tool exits with; exit_code_of() says which error leads to which.
enum class ExitCode : int {
    done = 0,
    usage = 1,         // the command line is wrong
    refused = 2,       // signature, trust, path, conflict, downgrade, changed plan, policy, format
    failed = 3,        // disk, permission, lock, cancelled; nothing was changed, or it was undone
    needs_answer = 4,  // a question had nobody to answer it
    not_built = 5,     // an option or command of the guide whose part is not in this build
};

// What a command may touch, so that a failure can say what it left.
enum class Effect {
    reads,         // looks only
    writes_files,  // makes files of its own, atomically
    changes_root,  // changes what is installed
};

// What stands after a failure, as far as is known.
enum class Aftermath {
    not_said,  // the command reads only, or the message says it
    nothing_written,
    nothing_changed,
    undone,   // it had begun and was taken back
    unclear,  // the history knows
};

// An error beneath another one.
struct Cause {
    std::int32_t code = MOS_E_INTERNAL;
    std::string message;
    std::string object = {};
};

struct Failure {
    ExitCode exit = ExitCode::failed;
    std::int32_t code = MOS_E_INTERNAL;
    std::string message;  // one line, without the number
    std::string object;   // path, package or key; may be empty
    std::string remedy;   // one line; may be empty
    int system_errno = 0;
    bool retryable = false;
    std::vector<Cause> causes;  // outermost first
    Aftermath aftermath = Aftermath::not_said;
    nlohmann::ordered_json beside = nlohmann::ordered_json::object();  // in a JSON document: what was done before
};

[[nodiscard]] ExitCode exit_code_of(std::int32_t code) noexcept;

// "E001" for MOS_E_SIGNATURE_INVALID.
[[nodiscard]] std::string error_number(std::int32_t code);

// Everything the library says about an error; `error` may be NULL and stays the caller's.
[[nodiscard]] Failure failure_of(std::int32_t code, const mos_error *error);

// A failure that the tool finds itself, with the code's own remedy.
[[nodiscard]] Failure failure(std::int32_t code, std::string message, std::string object = {});

// A wrong command line; `remedy` says how to see what is right.
[[nodiscard]] Failure usage_failure(std::string message, std::string remedy = {});

// An option or command of the guide whose part is not in this build.
[[nodiscard]] Failure not_built(std::string message, std::string remedy = {});

// What a failed system call says: "can't <what> '<object>': <text of the number>".
[[nodiscard]] Failure system_failure(int number, std::string_view what, std::string_view object);

// The message with those of its causes, each said once, and without what quoted_lines() has.
[[nodiscard]] std::string full_message(const Failure &failure);

// What a program wrote before it failed, line by line, as far as it is among the causes.
[[nodiscard]] std::vector<std::string> quoted_lines(const Failure &failure);

// "Nothing was changed.", "" where nothing is to be said.
[[nodiscard]] std::string_view sentence(Aftermath aftermath) noexcept;

// Tells what `effect`'s failure left, where the failure does not say it itself.
[[nodiscard]] Aftermath usual_aftermath(const Failure &failure, Effect effect) noexcept;

// {"number": "E001", "code": -1, "name": "SIGNATURE_INVALID", "message": …}
[[nodiscard]] nlohmann::ordered_json to_json(const Failure &failure);

}  // namespace frame
