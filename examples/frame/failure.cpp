#include "failure.hpp"

#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

namespace frame {

ExitCode exit_code_of(std::int32_t code) noexcept {
    switch (code) {
    case MOS_OK:
        return ExitCode::done;
    case MOS_E_INVALID_ARGUMENT:
        return ExitCode::usage;
    case MOS_E_NEEDS_ANSWER:
        return ExitCode::needs_answer;
    case MOS_E_NOT_BUILT:
        return ExitCode::not_built;
    // What went wrong lies with the machine or the moment, not with what was asked for.
    case MOS_E_NO_SPACE:
    case MOS_E_NETWORK_TIMEOUT:
    case MOS_E_BACKUP:
    case MOS_E_OUT_OF_MEMORY:
    case MOS_E_IO:
    case MOS_E_NOT_FOUND:
    case MOS_E_PERMISSION:
    case MOS_E_READ_ONLY:
    case MOS_E_CANCELLED:
    case MOS_E_LOCKED:
    case MOS_E_INTERNAL:
    case MOS_E_WRONG_HANDLE:
    case MOS_E_DATABASE_DAMAGED:
    case MOS_E_RECOVERY_FAILED:
    case MOS_E_REVERTED:
    case MOS_E_STAGE_UNCLEAR:
    case MOS_E_SCRIPT_TIMEOUT:
    case MOS_E_SERVICE_FAILED:
        return ExitCode::failed;
    default:
        return ExitCode::refused;
    }
}

std::string error_number(std::int32_t code) { return fmt::format("E{:03}", code < 0 ? -std::int64_t{code} : 0); }

Failure failure_of(std::int32_t code, const mos_error *error) {
    Failure said;
    // A function that fails without an error object is still told apart by its code.
    said.code = error != nullptr ? mos_error_code(error) : code;
    said.exit = exit_code_of(said.code);
    said.message = error != nullptr ? mos_error_message(error) : mos_error_code_sentence(said.code);
    said.remedy = error != nullptr ? mos_error_remedy(error) : mos_error_code_remedy(said.code);
    if (error == nullptr)
        return said;
    said.object = mos_error_object(error);
    said.system_errno = mos_error_errno(error);
    said.retryable = mos_error_retryable(error);
    for (const mos_error *cause = mos_error_cause(error); cause != nullptr; cause = mos_error_cause(cause))
        said.causes.push_back({mos_error_code(cause), mos_error_message(cause), mos_error_object(cause)});
    return said;
}

Failure failure(std::int32_t code, std::string message, std::string object) {
    Failure said;
    said.code = code;
    said.exit = exit_code_of(code);
    said.message = std::move(message);
    said.object = std::move(object);
    said.remedy = mos_error_code_remedy(code);
    return said;
}

Failure usage_failure(std::string message, std::string remedy) {
    Failure said = failure(MOS_E_INVALID_ARGUMENT, std::move(message));
    said.remedy = std::move(remedy);
    return said;
}

Failure not_built(std::string message, std::string remedy) {
    Failure said = failure(MOS_E_NOT_BUILT, std::move(message));
    said.remedy = std::move(remedy);
    return said;
}

static std::int32_t code_of_errno(int number) {
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return MOS_E_NOT_FOUND;
    case EEXIST:
        return MOS_E_EXISTS;
    case ENOSPC:
    case EDQUOT:
        return MOS_E_NO_SPACE;
    case EROFS:
        return MOS_E_READ_ONLY;
    case EACCES:
    case EPERM:
        return MOS_E_PERMISSION;
    default:
        return MOS_E_IO;
    }
}

Failure system_failure(int number, std::string_view what, std::string_view object) {
    const std::string reason = std::generic_category().message(number);
    Failure said = failure(code_of_errno(number), fmt::format("can't {} '{}': {}", what, printable(object), reason),
                           std::string{object});
    said.system_errno = number;
    return said;
}

// How the library writes a line break that stood in what it passes on: the output of a program.
static constexpr std::string_view escaped_break = "\\x0a";

std::string full_message(const Failure &failure) {
    std::string text = failure.message;
    for (const Cause &cause : failure.causes)
        if (text.find(cause.message) == std::string::npos && cause.message.find(escaped_break) == std::string::npos)
            text += ": " + cause.message;
    return text;
}

std::vector<std::string> quoted_lines(const Failure &failure) {
    std::vector<std::string> lines;
    for (const Cause &beneath : failure.causes) {
        std::string_view cause = beneath.message;
        if (cause.find(escaped_break) == std::string_view::npos)
            continue;
        while (!cause.empty()) {
            const std::size_t end = std::min(cause.find(escaped_break), cause.size());
            lines.emplace_back(cause.substr(0, end));
            cause.remove_prefix(std::min(end + escaped_break.size(), cause.size()));
        }
    }
    return lines;
}

std::string_view sentence(Aftermath aftermath) noexcept {
    switch (aftermath) {
    case Aftermath::not_said:
        return "";
    case Aftermath::nothing_written:
        return "Nothing was written.";
    case Aftermath::nothing_changed:
        return "Nothing was changed.";
    case Aftermath::undone:
        return "What had begun was undone; everything is as it was.";
    case Aftermath::unclear:
        return "'multios-update history' shows what stands.";
    }
    return "";
}

Aftermath usual_aftermath(const Failure &failure, Effect effect) noexcept {
    if (failure.aftermath != Aftermath::not_said || failure.exit == ExitCode::usage || effect == Effect::reads)
        return failure.aftermath;
    if (effect == Effect::writes_files)
        return Aftermath::nothing_written;
    switch (failure.code) {
    case MOS_E_REVERTED:
        return Aftermath::undone;
    // The state of the root is what these are about: no promise is repeated here that they break.
    case MOS_E_RECOVERY_FAILED:
    case MOS_E_STAGE_UNCLEAR:
    case MOS_E_INTERNAL:
        return Aftermath::unclear;
    default:
        return Aftermath::nothing_changed;
    }
}

nlohmann::ordered_json to_json(const Failure &failure) {
    nlohmann::ordered_json error;
    error["number"] = error_number(failure.code);
    error["code"] = failure.code;
    error["name"] = mos_error_code_name(failure.code);
    error["message"] = failure.message;
    error["object"] = printable(failure.object);
    error["remedy"] = failure.remedy;
    error["errno"] = failure.system_errno;
    error["retryable"] = failure.retryable;
    error["causes"] = nlohmann::ordered_json::array();
    for (const Cause &cause : failure.causes)
        error["causes"].push_back({{"number", error_number(cause.code)},
                                   {"code", cause.code},
                                   {"name", mos_error_code_name(cause.code)},
                                   {"message", cause.message},
                                   {"object", printable(cause.object)}});
    error["aftermath"] = sentence(failure.aftermath);
    return error;
}

}  // namespace frame
