// Lets one call of a workload fail, or all that change something from that call on, and looks at what is left.
#pragma once

#include "examiner.hpp"

#include <span>
#include <string>
#include <vector>

namespace mos::test {

enum class Lasting : std::uint8_t {
    once,     // one call fails
    for_good  // the disk stays full, or read-only, also while the failure is cleaned up
};

// An error of the kernel as it is injected.
struct Fault {
    int number;
    std::string_view name;
    Lasting lasting;
};

[[nodiscard]] std::span<const Fault> all_faults();

struct ErrorTally {
    std::uint64_t calls = 0;     // of the workload, reading ones too
    std::uint64_t injected = 0;  // runs with a fault in them
    std::uint64_t harmless = 0;  // of these, the workload succeeded all the same
    std::uint64_t went_on = 0;
    std::uint64_t violation_count = 0;
    std::vector<std::string> violations;  // the first ones, with what repeats them

    void add(const ErrorTally &other);
};

struct ErrorOptions {
    std::uint64_t seed = 1;
    std::uint64_t sample = 1;     // inject at one call in so many
    std::uint64_t only_call = 0;  // at this call alone
    std::uint64_t go_on_every = 12;
};

// One thread's share of one workload: the calls whose number leaves `share` when divided by `shares`.
class ErrorInjector {
  public:
    struct Share {
        std::uint64_t share = 0;
        std::uint64_t shares = 1;
    };
    ErrorInjector(const Workload &workload, const ErrorOptions &options, Share share)
        : m_workload(workload), m_options(options), m_share(share), m_examiner(workload) {}

    [[nodiscard]] ErrorTally run();

  private:
    // How a run with a fault in it ended.
    struct Outcome {
        Result<void> ended;
        Allowed allowed;            // what may stand now
        std::string failed = {};    // what failed first, where that changes something
        bool flush_failed = false;  // that, or a flush after it
        std::vector<std::string> notices = {};
    };
    [[nodiscard]] Result<std::uint64_t> count_calls(const DiskState &initial) const;
    void inject(const DiskState &initial, std::uint64_t call, const Fault &fault);
    [[nodiscard]] Outcome run_with(Twin &twin, std::uint64_t call, const Fault &fault) const;
    [[nodiscard]] Result<void> examine(Twin twin, const Outcome &outcome, bool go_on);
    [[nodiscard]] bool chosen(std::uint64_t number, std::uint64_t every, std::uint64_t salt) const;

    const Workload &m_workload;
    const ErrorOptions &m_options;
    Share m_share;
    Examiner m_examiner;
    ErrorTally m_tally;
};

}  // namespace mos::test
