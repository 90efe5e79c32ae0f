// The memory run: through the C API, each allocation of each command fails, alone and with all that come after it. The
// command must say that memory ran out, or succeed; the tree and the database must be old or new as a whole, and the
// next command must work.
//
//   memory-run [--command=NAME] [--sample=N] [--allocation=N]
//
// --sample takes one allocation in N (43 without a number), --allocation that one alone. Ends with "N passed, N
// failed".
#define DOCTEST_CONFIG_IMPLEMENT  // for what the bench checks; the program has a main of its own
#include "failing_memory.hpp"
#include "memory_commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>
#include <string_view>
#include <vector>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace mos::test;
using mos::test::capi::Command;
using mos::test::capi::Ended;
using mos::test::capi::Outcome;
using mos::test::capi::Rig;

constexpr std::size_t violations_shown = 3;
constexpr std::uint64_t usual_sample = 43;

struct Options {
    std::string_view command;
    std::uint64_t sample = 1;
    std::uint64_t allocation = 0;
};

std::string_view content_of(std::string_view version) {
    return version == "1" ? "one" : version == "2" ? "two" : version == "3" ? "three" : "";
}

// Brings the root to where a command begins, whatever it is now.
void lead_to(const Rig &rig, std::string_view version) {
    if (rig.version() == version)
        return;
    if (version.empty()) {
        rig.remove();
        return;
    }
    if (rig.version().empty())
        rig.bench.install(rig.old_package);
    if (rig.version() == "2" && version == "1")
        rig.roll_back();
    if (rig.version() == "1" && version == "2")
        rig.bench.install(rig.new_package);
}

// How a child process ended that ran a command while memory ran out.
enum class End : std::uint8_t { not_reached, success, said_so, other_error, died };

// What a child's error said, for whoever reads of it: a page that both processes have.
char *shared_message() {
    constexpr std::size_t page = 4096;
    static void *const mapped = ::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return mapped != MAP_FAILED ? static_cast<char *>(mapped) : nullptr;
}

void keep_message(const mos_error *error) {
    constexpr std::size_t longest = 1000;
    char *const kept = shared_message();
    if (kept == nullptr)
        return;
    int length = std::snprintf(kept, longest, "%s", error != nullptr ? "" : "no error");
    for (; error != nullptr && length >= 0; error = mos_error_cause(error)) {
        const auto at = std::min(static_cast<std::size_t>(length), longest);
        length += std::snprintf(kept + at, longest - at, "%s%s", at > 0 ? ": " : "", mos_error_message(error));
    }
}

int exit_status_of(const Outcome &outcome) {
    const auto &[code, error] = outcome;
    if (!allocation_has_failed())
        return static_cast<int>(End::not_reached);
    if (code == MOS_OK)
        return static_cast<int>(End::success);
    keep_message(error.get());
    const bool said_so = code == MOS_E_OUT_OF_MEMORY && mos_error_code(error.get()) == MOS_E_OUT_OF_MEMORY;
    return static_cast<int>(said_so ? End::said_so : End::other_error);
}

// In a process of its own, so that one that dies is seen, and what it leaves too.
End run_in_child(const Rig &rig, const Command &command, std::uint64_t number, Shortage shortage) {
    static_cast<void>(std::fflush(stdout));
    keep_message(nullptr);  // the page must be there before the processes part
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
        std::exit(1);  // NOLINT(concurrency-mt-unsafe): there is one thread
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
        return fmt::format("the error does not say that memory ran out: {}",
                           shared_message() != nullptr ? shared_message() : "");
    if (end == End::died)
        return "the process died";
    return command.look ? command.look(rig, end == End::success ? Ended::successfully : Ended::in_vain) : "";
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

int main(int count, char **arguments) {  // NOLINT(bugprone-exception-escape): it would end the run, as it should
    const auto options = read_options(count, arguments);
    if (!options)
        return 2;
    doctest::Context bench_checks;
    bench_checks.setAsDefaultForAssertsOutOfTestCases();
    bench_checks.setAssertHandler([](const doctest::AssertData &check) {
        if (!check.m_failed)
            return;
        fmt::print("the bench broke: {}:{}: {}\n", check.m_file, check.m_line, check.m_expr);
        std::exit(1);  // NOLINT(concurrency-mt-unsafe): there is one thread
    });
    fmt::print("one allocation in {}\n\n{:12}{:>12}{:>9}{:>10}{:>8}\n", options->sample, "command", "allocations",
               "failed", "harmless", "wrong");
    int passed = 0;
    int failed = 0;
    for (const Command &command : capi::memory_commands()) {
        if (!options->command.empty() && options->command != command.name)
            continue;
        const Tally tally = run_command(command, *options);
        fmt::print("{:12}{:>12}{:>9}{:>10}{:>8}\n", command.name, tally.allocations, tally.failed, tally.harmless,
                   tally.violations.size());
        for (std::size_t i = 0; i < std::min(tally.violations.size(), violations_shown); ++i)
            fmt::print("  WRONG: {}\n", tally.violations[i]);
        static_cast<void>(std::fflush(stdout));
        (tally.violations.empty() && tally.failed > 0 ? passed : failed) += 1;
    }
    fmt::print("\n{} passed, {} failed\n", passed, failed + (passed + failed == 0 ? 1 : 0));
    return failed == 0 && passed > 0 ? 0 : 1;
}
