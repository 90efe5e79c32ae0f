// The fault run: cuts the power at every call of every workload, boots what is left, recovers and compares.
//
//   fault-run [--workload=NAME] [--sample[=N]] [--seed=N] [--cut=N] [--threads=N] [--verbose]
//
// --sample examines one state in N (60 where no N is given). --cut examines one cut point alone: with --workload and
// --seed it repeats what a violation names. Ends with "N passed, N failed", one for each workload.
#include "cutter.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fmt/format.h>
#include <thread>

namespace {

using namespace mos::test;
using Seconds = std::chrono::duration<double>;
using SteadyClock = std::chrono::steady_clock;

constexpr std::uint64_t default_sample = 60;

struct Options {
    CutOptions cut;
    std::string workload;
    std::uint64_t threads = 2;
    bool verbose = false;
    bool valid = true;
};

bool read_number(std::string_view text, std::uint64_t &number) {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    return problem == std::errc{} && end == text.data() + text.size() && !text.empty();
}

bool read_option(std::string_view argument, Options &options) {
    const std::size_t equals = argument.find('=');
    const std::string_view name = argument.substr(0, equals);
    const std::string_view value = equals == std::string_view::npos ? "" : argument.substr(equals + 1);
    std::uint64_t number = 0;
    if (name == "--workload")
        return options.workload = value, true;
    if (name == "--verbose")
        return options.verbose = value.empty(), value.empty();
    if (name == "--sample" && value.empty())
        return options.cut.sample = default_sample, true;
    if (!read_number(value, number))
        return false;
    if (name == "--sample")
        return options.cut.sample = number, number > 0;
    if (name == "--seed")
        return options.cut.seed = number, true;
    if (name == "--cut")
        return options.cut.only_cut = number, true;
    if (name == "--threads")
        return options.threads = number, number > 0;
    return false;
}

Options read_options(int count, char **arguments) {
    Options options;
    for (int i = 1; i < count && options.valid; ++i) {
        options.valid = read_option(arguments[i], options);
        if (!options.valid)
            fmt::print("fault-run does not know '{}'\n", arguments[i]);
    }
    return options;
}

Tally run_workload(const Workload &workload, const Options &options) {
    SeenStates seen;
    std::vector<Tally> tallies(options.threads);
    {
        std::vector<std::jthread> threads;
        threads.reserve(options.threads);
        for (std::uint64_t i = 0; i < options.threads; ++i)
            threads.emplace_back([&, i] {
                tallies[i] = Cutter{workload, options.cut, seen, {.share = i, .shares = options.threads}}.run();
            });
    }
    Tally sum;
    for (const Tally &tally : tallies)
        sum.add(tally);
    std::ranges::stable_sort(sum.violations, {}, &Violation::cut);
    return sum;
}

void print_violations(const Workload &workload, const Tally &tally, const Options &options) {
    const std::size_t shown =
        options.verbose ? tally.violations.size() : std::min<std::size_t>(tally.violations.size(), 2);
    for (std::size_t i = 0; i < shown; ++i) {
        const Violation &violation = tally.violations[i];
        fmt::print(
            "  WRONG: {}\n    cut {} before {}, kept {}\n    again: fault-run --workload={} --cut={} --seed={}\n",
            violation.difference, violation.cut, violation.before, violation.selection, workload.name, violation.cut,
            options.cut.seed);
    }
    if (tally.violation_count > shown)
        fmt::print("  and {} more\n", tally.violation_count - shown);
}

void print_line(const std::string &name, const Tally &tally, double seconds) {
    fmt::print("{:20}{:>7}{:>10}{:>10}{:>9}{:>10}{:>10}{:>7}{:>8}{:>6.0f} s\n", name, tally.cut_points, tally.states,
               tally.distinct, tally.killed, tally.again, tally.again_distinct, tally.went_on, tally.violation_count,
               seconds);
    static_cast<void>(std::fflush(stdout));
}

}  // namespace

int main(int count, char **arguments) {
    const Options options = read_options(count, arguments);
    if (!options.valid)
        return 2;
    fmt::print("seed {}, one state in {}, {} threads\n\n", options.cut.seed, options.cut.sample, options.threads);
    fmt::print("{:20}{:>7}{:>10}{:>10}{:>9}{:>10}{:>10}{:>7}{:>8}{:>8}\n", "workload", "cuts", "states", "distinct",
               "killed", "cut again", "distinct", "go on", "wrong", "time");
    Tally sum;
    int passed = 0;
    int failed = 0;
    const auto begin = SteadyClock::now();
    for (const Workload &workload : all_workloads()) {
        if (!options.workload.empty() && options.workload != workload.name)
            continue;
        const auto start = SteadyClock::now();
        const Tally tally = run_workload(workload, options);
        print_line(workload.name, tally, Seconds{SteadyClock::now() - start}.count());
        if (options.verbose)
            fmt::print("  {}\n", workload.description);
        print_violations(workload, tally, options);
        (tally.violation_count == 0 ? passed : failed) += 1;
        sum.add(tally);
    }
    print_line("all", sum, Seconds{SteadyClock::now() - begin}.count());
    if (passed + failed == 0)
        fmt::print("no workload '{}'\n", options.workload);
    fmt::print("\n{} passed, {} failed\n", passed, failed + (passed + failed == 0 ? 1 : 0));
    return failed == 0 && passed > 0 ? 0 : 1;
}
