#include "run.hpp"

#include "change.hpp"
#include "help.hpp"
#include "parser.hpp"
#include "terminal.hpp"
#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <malloc.h>
#include <mutex>
#include <set>
#include <system_error>

namespace frame {

namespace {

constexpr std::size_t most_quoted_lines = 20;

std::string_view verb(const Failure &failure) {
    if (failure.code == MOS_E_CANCELLED)
        return "cancelled: ";
    switch (failure.exit) {
    case ExitCode::refused:
        return "refused: ";
    case ExitCode::failed:
        return "failed: ";
    case ExitCode::needs_answer:
        return "needs an answer: ";
    case ExitCode::not_built:
        return "not built: ";
    default:
        return "";
    }
}

// With a full stop, unless it ends as a sentence already.
std::string ended(const std::string &message) {
    return message.empty() || message.back() == '?' ? message : message + ".";
}

// The last lines of what a script wrote; all that is there with --debug. One line alone stands in the message already.
void put_quoted(const Failure &failure, Verbosity verbosity) {
    const std::vector<std::string> lines = quoted_lines(failure);
    if (lines.size() < 2)
        return;
    const std::size_t shown = verbosity == Verbosity::debug ? lines.size() : std::min(lines.size(), most_quoted_lines);
    for (std::size_t i = lines.size() - shown; i < lines.size(); ++i)
        put_line(Stream::err, {{Style::dim, "  | "}, {Style::plain, lines[i]}});
}

// Two lines: what, and then what stands and what to do; between them what a script wrote.
void put_failure_text(const Tool &tool, const Failure &failure, Verbosity verbosity) {
    std::string message = full_message(failure);
    while (!message.empty() && message.back() == '.')
        message.pop_back();
    // A wrong command line has no number: nothing is to be looked up.
    message =
        failure.exit == ExitCode::usage ? ended(message) : fmt::format("{} ({}).", message, error_number(failure.code));
    put_line(Stream::err,
             {{Style::plain, fmt::format("{}: ", tool.name)}, {Style::bad, verb(failure)}, {Style::plain, message}});
    put_quoted(failure, verbosity);
    std::string second{sentence(failure.aftermath)};
    if (!failure.remedy.empty())
        second += (second.empty() ? "" : " ") + as_sentence(failure.remedy);
    if (!second.empty())
        put_line(Stream::err, second);
    if (verbosity != Verbosity::debug)
        return;
    for (const Cause &cause : failure.causes)
        put_line(Stream::err, {{Style::dim, "  because: "},
                               {Style::plain, fmt::format("{} ({})", cause.message, error_number(cause.code))}});
    if (failure.system_errno != 0)
        put_line(Stream::err, fmt::format("  errno {}: {}", failure.system_errno,
                                          std::generic_category().message(failure.system_errno)));
}

// A warning that comes up again, as it does with each engine that a command opens, is told once. Jobs log on threads of
// their own.
class ToldWarnings {
  public:
    bool is_new(const std::string &message) {
        const std::lock_guard lock{m_mutex};
        return m_messages.size() >= most_remembered || m_messages.insert(message).second;
    }

  private:
    static constexpr std::size_t most_remembered = 1000;
    std::mutex m_mutex;
    std::set<std::string> m_messages;
};

void log_to_stderr(void *user_data, mos_log_level level, const char *message) {
    if (level == MOS_LOG_WARNING && !static_cast<ToldWarnings *>(user_data)->is_new(message))
        return;
    const std::string_view name = level == MOS_LOG_DEBUG     ? "debug: "
                                  : level == MOS_LOG_INFO    ? "info: "
                                  : level == MOS_LOG_WARNING ? "warning: "
                                                             : "error: ";
    put_line(Stream::err, {{Style::dim, name}, {Style::plain, message}});
}

void log_without_debug(void *user_data, mos_log_level level, const char *message) {
    if (level != MOS_LOG_DEBUG)
        log_to_stderr(user_data, level, message);
}

void log_warnings(void *user_data, mos_log_level level, const char *message) {
    if (level == MOS_LOG_WARNING || level == MOS_LOG_ERROR)
        log_to_stderr(user_data, level, message);
}

// `told` must outlive the context.
Result<Context> make_context(Verbosity verbosity, Warnings warnings, ToldWarnings &told) {
    mos_context_options options = MOS_CONTEXT_OPTIONS_INIT;
    options.log_user_data = &told;
    if (warnings == Warnings::at_once)
        options.log = log_warnings;
    if (verbosity != Verbosity::quiet)
        options.log = verbosity == Verbosity::debug ? log_to_stderr : log_without_debug;
    return make<Context>([&](auto out, auto error) { return mos_context_create(&options, out, error); });
}

Result<ExitCode> run_command(const Tool &tool, const Invocation &invocation) {
    ToldWarnings told;
    FRAME_TRY(const Context context, make_context(invocation.verbosity, invocation.command->warnings, told));
    Session session{tool,         *invocation.command, invocation.values, invocation.format, invocation.verbosity,
                    context.get()};
    Result<ExitCode> ended = invocation.command->run(session);
    if (ended)
        return ended;
    Failure failure = std::move(ended).failure();
    // What the library says to programmers.
    if (failure.exit == ExitCode::usage && failure.remedy == mos_error_code_remedy(failure.code))
        failure.remedy = fmt::format("see '{} {} --help'", tool.name, invocation.command->name);
    failure.message = with_root(session, std::move(failure.message));
    failure.remedy = with_root(session, std::move(failure.remedy));
    failure.aftermath = usual_aftermath(failure, invocation.command->effect);
    return failure;
}

Result<ExitCode> carry_out(const Tool &tool, const Invocation &invocation) {
    switch (invocation.request) {
    case Request::help:
        if (invocation.command != nullptr)
            put_command_help(tool, *invocation.command);
        else
            invocation.group.empty() ? put_tool_help(tool) : put_group_help(tool, invocation.group);
        return ExitCode::done;
    case Request::version:
        put_version(tool);
        return ExitCode::done;
    case Request::run:
        return run_command(tool, invocation);
    }
    return ExitCode::done;
}

ExitCode tell(const Tool &tool, const Failure &failure, Format format, Verbosity verbosity) {
    // CSV has no place for it: as text, on standard error.
    if (format == Format::json) {
        nlohmann::ordered_json document = failure.beside;
        document["error"] = to_json(failure);
        put_json(document);
    } else {
        put_failure_text(tool, failure, verbosity);
    }
    return failure.exit;
}

// What a command did stands, whether or not its report could be written: the exit code of a change is kept.
ExitCode finish_output(const Tool &tool, const Invocation &invocation, ExitCode ended) {
    const Result<void> written = flush_output();
    if (written)
        return ended;
    put_failure_text(tool, written.failure(), invocation.verbosity);
    const bool changed = invocation.command != nullptr && invocation.command->effect == Effect::changes_root;
    return ended == ExitCode::done && !changed ? ExitCode::failed : ended;
}

ExitCode run_guarded(const Tool &tool, const std::vector<std::string> &arguments) {
    Result<Invocation> parsed = parse(tool, arguments);
    if (!parsed) {
        const ExitCode ended = tell(tool, parsed.failure(), format_of(arguments), Verbosity::quiet);
        (void)flush_output();  // it failed already; there is no better code than its own
        return ended;
    }
    const Invocation invocation = std::move(parsed).value();
    const Result<ExitCode> ended = carry_out(tool, invocation);
    if (ended)
        return finish_output(tool, invocation, *ended);
    return finish_output(tool, invocation, tell(tool, ended.failure(), invocation.format, invocation.verbosity));
}

// The allocator of glibc gives each thread a heap of its own, and what one has free the others don't get: 1 to 2 MiB of
// an install. That is for a whole process to decide, so programs do it and the library does not.
void keep_one_heap() noexcept {
#ifdef M_ARENA_MAX
    (void)::mallopt(M_ARENA_MAX, 1);  // NOLINT(concurrency-mt-unsafe): before the first thread
#endif
}

}  // namespace

void put_failure(const Session &session, const Failure &failure) {
    put_failure_text(session.tool, failure, session.verbosity);
}

int run(const Tool &tool, int count, char **arguments) noexcept {
    keep_one_heap();
    try {
        const std::vector<std::string> given(arguments + (count > 0 ? 1 : 0), arguments + count);
        return static_cast<int>(run_guarded(tool, given));
    } catch (const std::bad_alloc &) {
        (void)std::fputs("out of memory\n", stderr);
    } catch (const std::exception &bug) {
        (void)std::fprintf(stderr, "internal error: %s\n", bug.what());
    }
    return static_cast<int>(ExitCode::failed);
}

}  // namespace frame
