// The crash run: cuts the power of every workload on every filesystem, mounts what is left, recovers and compares.
//
//   crash-run [--quick | --exhaustive] [--workload=NAME] [--filesystem=NAME] [--states=N] [--seed=N] [--state=N]
//             [--threads=N] [--skip=N]
//
// --state examines one state alone: with --workload, --filesystem and --seed it repeats what a violation names, as far
// as the kernel writes the same again. --skip leaves out the first N rows, for a long run that was stopped. Ends with
// "N passed, N failed", one for each workload on each filesystem. Needs root, FUSE and loop devices.
#include "crash_cutter.hpp"
#include "ground.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <fmt/format.h>
#include <mutex>
#include <thread>

namespace {

using namespace mos::test;
using Seconds = std::chrono::duration<double>;
using SteadyClock = std::chrono::steady_clock;

constexpr std::uint64_t max_threads = 64;

struct Options {
    CrashOptions crash;
    std::string workload;
    std::string filesystem;
    std::uint64_t threads = 2;
    std::uint64_t skip = 0;
    bool valid = true;
};

struct Cell {
    const Workload *workload = nullptr;
    const Filesystem *filesystem = nullptr;
};

bool read_number(std::string_view text, std::uint64_t &number) {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    return problem == std::errc{} && end == text.data() + text.size() && !text.empty();
}

void be_quick(CrashOptions &crash) {
    crash.states = 20;
    crash.variants = 12;
    crash.double_cut_every = 20;
    crash.double_cut_states = 5;
}

void be_exhaustive(CrashOptions &crash) {
    crash.states = 2000;
    crash.variants = 60;
    crash.double_cut_every = 20;
    crash.double_cut_states = 40;
}

bool read_option(std::string_view argument, Options &options) {
    const std::size_t equals = argument.find('=');
    const std::string_view name = argument.substr(0, equals);
    const std::string_view value = equals == std::string_view::npos ? "" : argument.substr(equals + 1);
    if (name == "--quick" && value.empty())
        return be_quick(options.crash), true;
    if (name == "--exhaustive" && value.empty())
        return be_exhaustive(options.crash), true;
    if (name == "--workload")
        return options.workload = value, true;
    if (name == "--filesystem")
        return options.filesystem = value, true;
    std::uint64_t number = 0;
    if (!read_number(value, number))
        return false;
    if (name == "--seed")
        return options.crash.seed = number, true;
    if (name == "--states")
        return options.crash.states = number, number > 0;
    if (name == "--state")
        return options.crash.only_state = number, true;
    if (name == "--threads")
        return options.threads = number, number > 0 && number <= max_threads;
    if (name == "--skip")
        return options.skip = number, true;
    return false;
}

Options read_options(int count, char **arguments) {
    Options options;
    for (int i = 1; i < count && options.valid; ++i) {
        options.valid = read_option(arguments[i], options);
        if (!options.valid)
            fmt::print("crash-run does not know '{}'\n", arguments[i]);
    }
    return options;
}

std::vector<Cell> cells_of(const std::vector<Workload> &workloads, const Options &options) {
    std::vector<Cell> cells;
    for (const Workload &workload : workloads) {
        for (const Filesystem &filesystem : all_filesystems()) {
            const bool wanted = options.filesystem.empty() ? filesystem.in_default_table == InDefaultTable::yes
                                                           : options.filesystem == filesystem.name;
            if (wanted && (options.workload.empty() || options.workload == workload.name))
                cells.push_back({&workload, &filesystem});
        }
    }
    cells.erase(cells.begin(), cells.begin() + static_cast<std::ptrdiff_t>(std::min(options.skip, cells.size())));
    return cells;
}

void print_line(std::string_view workload, std::string_view filesystem, const CrashTally &tally, double seconds) {
    fmt::print("{:21}{:17}{:>7}{:>8}{:>8}{:>10}{:>9}{:>11}{:>7}{:>7}{:>6.0f} s\n", workload, filesystem, tally.writes,
               tally.flushes, tally.states, tally.distinct, tally.examined, tally.again, tally.went_on,
               tally.violation_count, seconds);
    static_cast<void>(std::fflush(stdout));
}

void print_violations(const Cell &cell, const CrashTally &tally, const Options &options) {
    for (const CrashViolation &violation : tally.violations)
        fmt::print("  WRONG: {}\n    {}\n    again: crash-run --workload={} --filesystem={} --seed={} --state={}\n",
                   violation.difference, violation.cut, cell.workload->name, cell.filesystem->name, options.crash.seed,
                   violation.state);
    if (tally.violation_count > tally.violations.size())
        fmt::print("  and {} more\n", tally.violation_count - tally.violations.size());
    static_cast<void>(std::fflush(stdout));
}

// Hands the cells out to the threads and gathers what they found.
class Run {
  public:
    Run(const std::vector<Cell> &cells, const Options &options) : m_cells(cells), m_options(options) {}

    void work() {
        for (std::size_t i = m_next++; i < m_cells.size(); i = m_next++)
            cut(i);
    }
    [[nodiscard]] const CrashTally &sum() const { return m_sum; }
    [[nodiscard]] std::size_t failed() const { return m_failed; }

  private:
    void cut(std::size_t index) {
        const auto begin = SteadyClock::now();
        const Cell &cell = m_cells[index];
        CrashTally tally;
        if (auto folder = make_ground_folder(std::to_string(index)); folder)
            tally = CrashCutter{*cell.workload, *cell.filesystem, m_options.crash, std::move(folder).value()}.run();
        else
            tally = {.violation_count = 1, .violations = {{0, "the run itself", folder.error().full_message()}}};
        const std::lock_guard lock{m_mutex};
        print_line(cell.workload->name, cell.filesystem->name, tally, Seconds{SteadyClock::now() - begin}.count());
        print_violations(cell, tally, m_options);
        m_failed += tally.violation_count == 0 ? 0 : 1;
        m_sum.add(tally);
    }

    const std::vector<Cell> &m_cells;
    const Options &m_options;
    std::atomic<std::size_t> m_next = 0;
    std::mutex m_mutex;
    CrashTally m_sum;
    std::size_t m_failed = 0;
};

int end(std::size_t passed, std::size_t failed) {
    fmt::print("\n{} passed, {} failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace

int main(int count, char **arguments) {
    const Options options = read_options(count, arguments);
    if (!options.valid)
        return 2;
    if (const auto entered = enter_ground(); !entered) {
        fmt::print("{}\n", entered.error().full_message());
        return end(0, 1);
    }
    const std::vector<Workload> workloads = all_workloads();
    const std::vector<Cell> cells = cells_of(workloads, options);
    if (cells.empty()) {
        fmt::print("no workload '{}' on a filesystem '{}'\n", options.workload, options.filesystem);
        return end(0, 1);
    }
    fmt::print("seed {}, up to {} distinct states each, {} threads\n\n", options.crash.seed, options.crash.states,
               options.threads);
    fmt::print("{:21}{:17}{:>7}{:>8}{:>8}{:>10}{:>9}{:>11}{:>7}{:>7}{:>8}\n", "workload", "filesystem", "writes",
               "flushes", "states", "distinct", "examined", "cut again", "go on", "wrong", "time");
    const auto begin = SteadyClock::now();
    Run run{cells, options};
    {
        std::vector<std::jthread> threads;
        threads.reserve(options.threads);
        for (std::uint64_t i = 0; i < options.threads; ++i)
            threads.emplace_back([&] { run.work(); });
    }
    print_line("all", "", run.sum(), Seconds{SteadyClock::now() - begin}.count());
    return end(cells.size() - run.failed(), run.failed());
}
