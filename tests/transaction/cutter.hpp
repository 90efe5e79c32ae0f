// Cuts the power at every call of a workload, and counts what was found.
#pragma once

#include "examiner.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace mos::test {

struct CutOptions {
    std::uint64_t seed = 1;
    std::uint64_t sample = 1;               // examine one state in so many
    std::optional<std::uint64_t> only_cut;  // of this cut point alone
    std::uint64_t random_selections = 20;   // at each cut point
    std::uint64_t double_cut_every = 96;    // one distinct state in so many is cut again while it recovers
    std::uint64_t go_on_every = 12;         // one in so many is used for an update and rollbacks afterwards
    std::uint64_t killed_every = 1;  // one cut point in so many: the process dies alone, and again while recovering
};

struct Violation {
    std::uint64_t cut = 0;
    std::string before;     // the call that was not made any more
    std::string selection;  // what was kept
    std::string difference;
};

struct Tally {
    std::uint64_t cut_points = 0;
    std::uint64_t states = 0;    // cut and selection
    std::uint64_t distinct = 0;  // of these, different on disk: the ones that were examined
    std::uint64_t again = 0;     // states of a second cut, during recovery
    std::uint64_t again_distinct = 0;
    std::uint64_t killed = 0;  // deaths of the process with the power on
    std::uint64_t went_on = 0;
    std::uint64_t violation_count = 0;
    std::vector<Violation> violations;  // the first ones

    void add(const Tally &other);
};

// Tells states that were seen from new ones. Used by all threads.
class SeenStates {
  public:
    [[nodiscard]] bool insert(const DiskState &state, Allowed allowed);

  private:
    std::mutex m_mutex;
    std::unordered_set<std::uint64_t> m_keys;
};

// One thread's share of one workload: the cut points whose number leaves `share` when divided by `shares`.
class Cutter {
  public:
    struct Share {
        std::uint64_t share = 0;
        std::uint64_t shares = 1;
    };
    Cutter(const Workload &workload, const CutOptions &options, SeenStates &seen, Share share)
        : m_workload(workload), m_options(options), m_seen(seen), m_share(share), m_examiner(workload) {}

    [[nodiscard]] Tally run();

  private:
    struct Place {
        std::uint64_t cut = 0;
        std::string before;
        Allowed allowed = 0;
    };
    void cut_at(const Twin &twin, const Place &place);
    void examine(const DiskState &state, const Place &place, const Selection &selection);
    // `before_flush`: what may be left as long as recovery has flushed nothing; afterwards what it found must stay.
    void cut_again(Twin twin, const Place &place, const std::string &selection, std::size_t standing,
                   Allowed before_flush);
    void kill_at(const Twin &twin, const Place &place);
    [[nodiscard]] bool chosen(std::uint64_t number, std::uint64_t every, std::uint64_t salt) const;
    void report(const Place &place, std::string selection, const Error &error);

    const Workload &m_workload;
    const CutOptions &m_options;
    SeenStates &m_seen;
    Share m_share;
    Examiner m_examiner;
    Tally m_tally;
};

}  // namespace mos::test
