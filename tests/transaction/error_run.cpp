// The error run: at every call of every workload the kernel answers with an error, once or from then on. The workload
// must succeed all the same, or say what went wrong; and what is left must be old or new, as after a power cut.
//
//   error-run [--workload=NAME] [--sample[=N]] [--seed=N] [--call=N] [--threads=N]
//
// --sample injects at one call in N (30 where no N is given), --call at that one alone. Ends with "N passed, N failed",
// one for each workload.
#include "error_injector.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <thread>

namespace {

using namespace mos::test;
using Seconds = std::chrono::duration<double>;
using SteadyClock = std::chrono::steady_clock;

constexpr std::uint64_t default_sample = 30;
constexpr std::size_t violations_shown = 3;

struct Options {
    ErrorOptions error;
    std::string workload;
    std::uint64_t threads = 2;
    bool valid = true;
};

bool read_number(std::string_view text, std::uint64_t &number) {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    return problem == std::errc{} && end == text.data() + text.size() && number > 0;
}

bool read_option(std::string_view argument, Options &options) {
    const std::size_t equals = argument.find('=');
    const std::string_view name = argument.substr(0, equals);
    const std::string_view value = equals == std::string_view::npos ? "" : argument.substr(equals + 1);
    if (name == "--workload")
        return options.workload = value, true;
    if (argument == "--sample")
        return options.error.sample = default_sample, true;
    if (name == "--sample")
        return read_number(value, options.error.sample);
    if (name == "--seed")
        return read_number(value, options.error.seed);
    if (name == "--call")
        return read_number(value, options.error.only_call);
    if (name == "--threads")
        return read_number(value, options.threads);
    return false;
}

Options read_options(int count, char **arguments) {
    Options options;
    for (int i = 1; i < count && options.valid; ++i) {
        options.valid = read_option(arguments[i], options);
        if (!options.valid)
            fmt::print("error-run does not know '{}'\n", arguments[i]);
    }
    return options;
}

ErrorTally run_workload(const Workload &workload, const Options &options) {
    std::vector<ErrorTally> tallies(options.threads);
    {
        std::vector<std::jthread> threads;
        threads.reserve(options.threads);
        for (std::uint64_t i = 0; i < options.threads; ++i)
            threads.emplace_back([&, i] {
                tallies[i] = ErrorInjector{workload, options.error, {.share = i, .shares = options.threads}}.run();
            });
    }
    ErrorTally sum;
    for (const ErrorTally &tally : tallies)
        sum.add(tally);
    return sum;
}

void print_violations(const ErrorTally &tally) {
    const std::size_t shown = std::min(tally.violations.size(), violations_shown);
    for (std::size_t i = 0; i < shown; ++i)
        fmt::print("  WRONG: {}\n", tally.violations[i]);
    if (tally.violation_count > shown)
        fmt::print("  and {} more\n", tally.violation_count - shown);
}

void print_line(const std::string &name, const ErrorTally &tally, double seconds) {
    fmt::print("{:18}{:>7}{:>10}{:>10}{:>9}{:>8}{:>6.0f} s\n", name, tally.calls, tally.injected, tally.harmless,
               tally.went_on, tally.violation_count, seconds);
    static_cast<void>(std::fflush(stdout));
}

}  // namespace

int main(int count, char **arguments) {
    const Options options = read_options(count, arguments);
    if (!options.valid)
        return 2;
    fmt::print("seed {}, one call in {}, {} kinds of error, {} threads\n\n", options.error.seed, options.error.sample,
               all_faults().size(), options.threads);
    fmt::print("{:18}{:>7}{:>10}{:>10}{:>9}{:>8}{:>8}\n", "workload", "calls", "injected", "harmless", "went on",
               "wrong", "time");
    ErrorTally sum;
    int passed = 0;
    int failed = 0;
    const auto begin = SteadyClock::now();
    for (const Workload &workload : all_workloads()) {
        if (!options.workload.empty() && options.workload != workload.name)
            continue;
        // What is taken back beside somebody's edit, which stays, is none of the workload's releases.
        if (workload.foreign_edits == ForeignEdits::made)
            continue;
        const auto start = SteadyClock::now();
        const ErrorTally tally = run_workload(workload, options);
        print_line(workload.name, tally, Seconds{SteadyClock::now() - start}.count());
        print_violations(tally);
        (tally.violation_count == 0 && tally.injected > 0 ? passed : failed) += 1;
        const std::uint64_t calls = sum.calls + tally.calls;
        sum.add(tally);
        sum.calls = calls;
    }
    print_line("all", sum, Seconds{SteadyClock::now() - begin}.count());
    if (passed + failed == 0)
        fmt::print("no workload '{}'\n", options.workload);
    fmt::print("\n{} passed, {} failed\n", passed, failed + (passed + failed == 0 ? 1 : 0));
    return failed == 0 && passed > 0 ? 0 : 1;
}
