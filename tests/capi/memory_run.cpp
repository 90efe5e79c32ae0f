// The memory run: through the C API, each allocation of each command fails, alone and with all that come after it. The
// command must say that memory ran out, or succeed; the tree and the database must be old or new as a whole, and the
// next command must work.
//
//   memory-run [--command=NAME] [--sample=N] [--allocation=N]
//
// --sample takes one allocation in N (43 without a number), --allocation that one alone. Ends with "N passed, N
// failed".
#define DOCTEST_CONFIG_IMPLEMENT  // for what the bench checks; the program has a main of its own
#include "capi_bench.hpp"
#include "failing_memory.hpp"

#include <fmt/format.h>

#include <charconv>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace mos::test;
using mos::test::capi::Bench;
using mos::test::capi::Engine;
using mos::test::capi::ErrorHandle;
using mos::test::capi::Plan;

constexpr std::size_t violations_shown = 3;
constexpr std::uint64_t usual_sample = 43;
constexpr std::size_t version_bytes = 256;

struct Options {
    std::string_view command;
    std::uint64_t sample = 1;
    std::uint64_t allocation = 0;
};

// MOS_OK, or the run ends: between two commands memory is there.
void must(int code, mos_error *error) {
    const ErrorHandle owned{error};
    if (code == MOS_OK)
        return;
    fmt::print("the bench broke: error {}: {}\n", code, mos_error_message(error));
    for (const mos_error *cause = mos_error_cause(error); cause != nullptr; cause = mos_error_cause(cause))
        fmt::print("    {}\n", mos_error_message(cause));
    std::exit(1);
}

// The root of the bench, with a package of which two versions exist.
struct Rig {
    Rig() : old_package(bench.pack("1", "one")), new_package(bench.pack("2", "two")) { bench.install(old_package); }

    // As a new process does: opens the root, and recovers.
    void restart() {
        bench.engine.reset();
        mos_engine_options options = MOS_ENGINE_OPTIONS_INIT;
        options.root_path = bench.root.path().c_str();
        mos_engine *engine = nullptr;
        mos_error *error = nullptr;
        must(mos_engine_open(bench.context.get(), &options, &engine, &error), error);
        bench.engine.reset(engine);
        recover();
    }
    std::uint32_t recover() const {
        std::uint32_t settled = 0;
        mos_error *error = nullptr;
        must(mos_engine_recover(bench.engine.get(), &settled, &error), error);
        return settled;
    }
    // "" when it is not installed.
    [[nodiscard]] std::string version() const {
        std::string text(version_bytes, '\0');
        mos_error *error = nullptr;
        const int code = mos_engine_installed_version(bench.engine.get(), "app", text.data(), text.size(), &error);
        if (code == MOS_END)
            return "";
        must(code, error);
        return text.c_str();
    }
    void roll_back() const {
        const Plan plan = bench.plan();
        mos_error *error = nullptr;
        must(mos_plan_rollback(plan.get(), nullptr, &error), error);
        must(mos_job_run(Bench::job_of(plan).get(), nullptr, nullptr, &error), error);
    }

    Bench bench;
    std::string old_package;
    std::string new_package;
};

using Outcome = std::pair<int, ErrorHandle>;

// Calls the API step by step; the first that does not succeed ends the command.
class Caller {
  public:
    template <class Call>
    bool operator()(const Call &call) {
        mos_error *error = nullptr;
        m_code = call(&error);
        m_error.reset(error);
        return m_code == MOS_OK;
    }
    [[nodiscard]] Outcome outcome() && { return {m_code, std::move(m_error)}; }

  private:
    int m_code = MOS_OK;
    ErrorHandle m_error;
};

Outcome carry_out(const Rig &rig, const std::function<int(mos_plan *, mos_error **)> &add) {
    Caller call;
    mos_plan *plan = nullptr;
    mos_job *job = nullptr;
    const bool made = call([&](auto error) { return mos_plan_create(rig.bench.engine.get(), &plan, error); }) &&
                      call([&](auto error) { return add(plan, error); }) &&
                      call([&](auto error) { return mos_plan_job(plan, nullptr, &job, error); });
    if (made)
        call([&](auto error) { return mos_job_run(job, nullptr, nullptr, error); });
    mos_job_free(job);
    mos_plan_free(plan);
    return std::move(call).outcome();
}

Outcome install(const Rig &rig) {
    return carry_out(rig, [&](mos_plan *plan, mos_error **error) {
        return mos_plan_install_path(plan, rig.old_package.c_str(), nullptr, error);
    });
}

Outcome update(const Rig &rig) {
    return carry_out(rig, [&](mos_plan *plan, mos_error **error) {
        return mos_plan_install_path(plan, rig.new_package.c_str(), nullptr, error);
    });
}

Outcome remove(const Rig &rig) {
    return carry_out(rig,
                     [](mos_plan *plan, mos_error **error) { return mos_plan_remove(plan, "app", nullptr, error); });
}

Outcome roll_back(const Rig &rig) {
    return carry_out(rig, [](mos_plan *plan, mos_error **error) { return mos_plan_rollback(plan, nullptr, error); });
}

Outcome read_history(const Rig &rig) {
    Caller call;
    mos_history *history = nullptr;
    if (call([&](auto error) { return mos_history_open(rig.bench.engine.get(), &history, error); })) {
        mos_history_record record = MOS_HISTORY_RECORD_INIT;
        bool at_end = false;
        while (!at_end && call([&](auto error) {
            const int found = mos_history_next(history, &record, error);
            at_end = found == MOS_END;
            return at_end ? MOS_OK : found;
        })) {
        }
    }
    mos_history_free(history);
    return std::move(call).outcome();
}

Outcome open_and_recover(const Rig &rig) {
    Caller call;
    mos_engine_options options = MOS_ENGINE_OPTIONS_INIT;
    options.root_path = rig.bench.root.path().c_str();
    mos_engine *engine = nullptr;
    if (call([&](auto error) { return mos_engine_open(rig.bench.context.get(), &options, &engine, error); }))
        call([&](auto error) { return mos_engine_recover(engine, nullptr, error); });
    mos_engine_free(engine);
    return std::move(call).outcome();
}

struct Command {
    std::string_view name;
    std::string_view before;  // the version that is installed
    std::string_view after;
    Outcome (*run)(const Rig &rig);
};

constexpr std::array commands = {
    Command{"install", "", "1", install},       Command{"update", "1", "2", update},
    Command{"rollback", "2", "1", roll_back},   Command{"remove", "1", "", remove},
    Command{"history", "1", "1", read_history}, Command{"open", "1", "1", open_and_recover},
};

std::string_view content_of(std::string_view version) { return version == "1" ? "one" : version == "2" ? "two" : ""; }

// Brings the root to where a command begins, whatever it is now.
void lead_to(const Rig &rig, std::string_view version) {
    if (rig.version() == version)
        return;
    if (version == "") {
        auto [code, error] = remove(rig);
        must(code, error.release());
        return;
    }
    if (rig.version() == "")
        rig.bench.install(rig.old_package);
    if (rig.version() == "2" && version == "1")
        rig.roll_back();
    if (rig.version() == "1" && version == "2")
        rig.bench.install(rig.new_package);
}

// How a child process ended that ran a command while memory ran out.
enum class End : std::uint8_t { not_reached, success, said_so, other_error, died };

int exit_status_of(const Outcome &outcome) {
    const auto &[code, error] = outcome;
    if (!allocation_has_failed())
        return static_cast<int>(End::not_reached);
    if (code == MOS_OK)
        return static_cast<int>(End::success);
    const bool said_so = code == MOS_E_OUT_OF_MEMORY && mos_error_code(error.get()) == MOS_E_OUT_OF_MEMORY;
    return static_cast<int>(said_so ? End::said_so : End::other_error);
}

// In a process of its own, so that one that dies is seen, and what it leaves too.
End run_in_child(const Rig &rig, const Command &command, std::uint64_t number, Shortage shortage) {
    std::fflush(stdout);
    const pid_t child = ::fork();
    if (child == 0) {
        // std::terminate says on stderr what the table counts.
        if (std::freopen("/dev/null", "w", stderr) == nullptr)
            ::_exit(static_cast<int>(End::died));
        fail_allocation(number, shortage);
        const Outcome outcome = command.run(rig);
        fail_never();
        ::_exit(exit_status_of(outcome));
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) {
        fmt::print("memory-run can't run a process\n");
        std::exit(1);
    }
    return WIFEXITED(status) ? static_cast<End>(WEXITSTATUS(status)) : End::died;
}

// "" when all is as it must be.
std::string examine(Rig &rig, const Command &command, End end) {
    rig.restart();
    const std::string version = rig.version();
    if (version != command.after && (end == End::success || version != command.before))
        return fmt::format("version '{}' is installed", version);
    if (const std::string is = rig.bench.root.read("app/file"); is != content_of(version))
        return fmt::format("version '{}' is installed, and the file holds '{}'", version, is);
    if (rig.recover() != 0)
        return "a second recovery found something to do";
    if (end == End::other_error)
        return "the error does not say that memory ran out";
    return end == End::died ? "the process died" : "";
}

struct Tally {
    std::uint64_t allocations = 0;  // up to the last one that could fail
    std::uint64_t failed = 0;
    std::uint64_t harmless = 0;  // of these, the command succeeded all the same
    std::vector<std::string> violations;
};

// One run of a command; whether the allocation was reached at all.
bool run_with(Rig &rig, const Command &command, std::uint64_t number, Shortage shortage, Tally &tally) {
    lead_to(rig, command.before);
    const End end = run_in_child(rig, command, number, shortage);
    if (end == End::not_reached)
        return false;
    ++tally.failed;
    tally.harmless += end == End::success ? 1U : 0U;
    if (const std::string wrong = examine(rig, command, end); !wrong.empty())
        tally.violations.push_back(
            fmt::format("{}\n    again: --command={} --allocation={}", wrong, command.name, number));
    return true;
}

Tally run_command(const Command &command, const Options &options) {
    auto rig = std::make_unique<Rig>();
    Tally tally;
    // A command that succeeded leaves a recovery point, and the next would take more memory: a new root.
    const auto run = [&](std::uint64_t number, Shortage shortage) {
        const bool reached = run_with(*rig, command, number, shortage, tally);
        if (rig->version() != command.before)
            rig = std::make_unique<Rig>();
        return reached;
    };
    const std::uint64_t first = options.allocation != 0 ? options.allocation : 1;
    for (std::uint64_t number = first;; number += options.sample) {
        const bool reached = run(number, Shortage::once);
        if (reached)
            run(number, Shortage::for_good);
        tally.allocations = reached ? number : tally.allocations;
        if (!reached || options.allocation != 0)
            return tally;
    }
}

bool read_number(std::string_view text, std::uint64_t &number) {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    return problem == std::errc{} && end == text.data() + text.size() && number > 0;
}

std::optional<Options> read_options(int count, char **arguments) {
    Options options;
    for (int i = 1; i < count; ++i) {
        const std::string_view argument = arguments[i];
        const std::size_t equals = argument.find('=');
        const std::string_view name = argument.substr(0, equals);
        const std::string_view value = equals == std::string_view::npos ? "" : argument.substr(equals + 1);
        bool good = false;
        if (name == "--command")
            good = !(options.command = value).empty();
        else if (argument == "--sample")
            good = (options.sample = usual_sample) > 0;
        else if (name == "--sample")
            good = read_number(value, options.sample);
        else if (name == "--allocation")
            good = read_number(value, options.allocation);
        if (!good) {
            fmt::print("memory-run does not know '{}'\n", argument);
            return {};
        }
    }
    return options;
}

}  // namespace

int main(int count, char **arguments) {
    const auto options = read_options(count, arguments);
    if (!options)
        return 2;
    doctest::Context bench_checks;
    bench_checks.setAsDefaultForAssertsOutOfTestCases();
    bench_checks.setAssertHandler([](const doctest::AssertData &check) {
        if (!check.m_failed)
            return;
        fmt::print("the bench broke: {}:{}: {}\n", check.m_file, check.m_line, check.m_expr);
        std::exit(1);
    });
    fmt::print("one allocation in {}\n\n{:12}{:>12}{:>9}{:>10}{:>8}\n", options->sample, "command", "allocations",
               "failed", "harmless", "wrong");
    int passed = 0;
    int failed = 0;
    for (const Command &command : commands) {
        if (!options->command.empty() && options->command != command.name)
            continue;
        const Tally tally = run_command(command, *options);
        fmt::print("{:12}{:>12}{:>9}{:>10}{:>8}\n", command.name, tally.allocations, tally.failed, tally.harmless,
                   tally.violations.size());
        for (std::size_t i = 0; i < std::min(tally.violations.size(), violations_shown); ++i)
            fmt::print("  WRONG: {}\n", tally.violations[i]);
        std::fflush(stdout);
        (tally.violations.empty() && tally.failed > 0 ? passed : failed) += 1;
    }
    fmt::print("\n{} passed, {} failed\n", passed, failed + (passed + failed == 0 ? 1 : 0));
    return failed == 0 && passed > 0 ? 0 : 1;
}
