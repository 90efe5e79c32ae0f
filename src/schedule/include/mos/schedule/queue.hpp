// The queue of updates: who may do what to an entry, which is due, and what becomes of an attempt.
//
// The rules over state::Queue. Nothing runs here: whoever runs an entry tells its beginning and its end, and ties its
// transaction to the attempt in the commit that decides it (state::Queue::record_decision), so that none runs twice and
// none is lost whatever becomes of the process, the power and the clock.
#pragma once

#include <mos/base/check_line.hpp>
#include <mos/base/events.hpp>
#include <mos/schedule/decision.hpp>
#include <mos/schedule/retry.hpp>
#include <mos/state/queue.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mos::schedule {

// From 1970 to 2100: what a person may name as a time.
inline constexpr std::int64_t latest_named_time_s = 4102444800;
inline constexpr std::size_t max_key_bytes = 256;
using base::max_reason_bytes;
inline constexpr std::size_t max_options_bytes = 65536;
inline constexpr std::size_t max_conditions_bytes = 4096;

// When, who, and why.
struct Deed {
    std::int64_t now_s = 0;
    std::string actor;
    std::string reason = {};
};

struct Submission {
    std::string key = {};  // a second submission of the same returns the first's entry until that has ended
    std::vector<state::QueuedPackage> packages = {};
    std::string options = {};
    Priority priority = Priority::optional;
    std::optional<std::int64_t> start_s = {};
    std::optional<std::int64_t> deadline_s = {};
    std::optional<std::int64_t> timeout_s = {};
    bool cancel_on_timeout = false;
    bool by_hand = true;
    std::string conditions = {};
    std::int64_t made_s = 0;  // when the newest of the packages was made; what lies in the future counts as now
    std::int64_t estimated_s = 0;
    std::int64_t needed_bytes = 0;
};

struct Submitted {
    state::QueueEntry entry;
    bool is_new = true;
    std::vector<std::uint64_t> superseded;
};

// Whether the first is an older version of the package of which the second is one.
using IsOlder = std::function<bool(const state::QueuedPackage &older, const state::QueuedPackage &newer)>;

// What there is to do at a moment.
struct Agenda {
    std::vector<std::uint64_t> due;        // in the order in which they run: priority, deadline, number
    std::vector<std::uint64_t> timed_out;  // to be cancelled
    // When to ask again, at the latest, where nothing is due; nullopt: not before somebody does something.
    std::optional<std::int64_t> next_s;
};

// Why not now, and when.
struct Explanation {
    state::QueueEntry entry;
    std::string verdict;  // "run", "wait", "refuse", "cancel", or the state of an entry that does not wait
    std::string rule;     // the one that decided: "window"; "" where none was asked
    std::string sentence;
    std::optional<std::int64_t> at_s;
    std::string notices = {};                   // what users are told of it, and when; "" for one that has ended
    std::optional<std::int64_t> notice_s = {};  // when they are told next, before it begins
};

// What is wanted of a retry.
struct RetryRequest {
    std::int64_t max_attempts = 0;  // that fail, from now on; 0 for the policy's
    bool fetch_anew = false;        // what lies at the packages' paths now counts, if it is the same version
};

// How an attempt has ended.
struct Attempt {
    std::uint64_t id = 0;
    std::int64_t number = 0;
    std::optional<Error> failure = {};
};

struct QueueChange;  // these two are private to this layer
struct QueueEnding;

class Queue {
  public:
    explicit Queue(state::Database &database) : m_database(database), m_rows(database) {}

    // INVALID_ARGUMENT for what can't be: no packages, times before 1970, after 2100 or over, conditions that can't be
    // met. EXISTS when the key is that of an entry for other packages. LIMIT when the queue is full. What waits and is
    // older is superseded, and hands its priority on where it is the stronger one.
    [[nodiscard]] Result<Submitted> submit(const Submission &submission, const Deed &deed, const IsOlder &is_older);

    // All of these: NOT_FOUND for an entry that is not there, INVALID_ARGUMENT for one in another state.
    [[nodiscard]] Result<void> approve(std::uint64_t id, Approval level, const Deed &deed);
    [[nodiscard]] Result<void> reject(std::uint64_t id, const Deed &deed);
    [[nodiscard]] Result<void> set_priority(std::uint64_t id, Priority priority, const Deed &deed);
    [[nodiscard]] Result<void> cancel(std::uint64_t id, const Deed &deed);
    // Of one that has failed, was cancelled or superseded, or waits for its next try: it is tried as soon as it may
    // run.
    [[nodiscard]] Result<void> retry(std::uint64_t id, const RetryRequest &request, const Deed &deed);
    // Of one that waits for its next try: it has failed then.
    [[nodiscard]] Result<void> cancel_retry(std::uint64_t id, const Deed &deed);

    // Reads each entry that waits, and holds none but the numbers of those that are due.
    [[nodiscard]] Result<Agenda> agenda(const Policy &policy, const Circumstances &circumstances, std::int64_t now_s);
    // now_s where something is due.
    [[nodiscard]] Result<std::optional<std::int64_t>>
    next_wakeup(const Policy &policy, const Circumstances &circumstances, std::int64_t now_s);
    [[nodiscard]] Result<Explanation> explain(std::uint64_t id, const Policy &policy,
                                              const Circumstances &circumstances, std::int64_t now_s);

    // The entry's next attempt, whose number is the entry's `attempts`; the lease is `holder`'s. INVALID_ARGUMENT for
    // an entry that does not wait.
    [[nodiscard]] Result<state::QueueEntry> begin(std::uint64_t id, const std::string &holder, const std::string &boot,
                                                  const Deed &deed);
    // Done, tried again, or failed, by next_try(). What is installed already is done; what is older than what is
    // installed is superseded; an attempt that was cancelled, or found the root in use, counts for nothing.
    // CHANGED_MEANWHILE when the attempt is not the entry's present one.
    [[nodiscard]] Result<state::QueueEntry> finish(const Attempt &attempt, const Deed &deed, const RetryPolicy &retries,
                                                   Random &random);
    // Ends what others have begun and can't end any more: done where their transaction is, else a failed attempt. For
    // whoever has got the root's lock, after recovery: who has a lease has that lock too, so nobody is left to have
    // one.
    [[nodiscard]] Result<void> take_over(const Deed &deed, const RetryPolicy &retries, Random &random);

    // By how much the wall clock has been set since the last call in the same boot; 0 where it was not, within a
    // minute.
    [[nodiscard]] Result<std::int64_t> notice_clock(const state::QueueLook &now);

    [[nodiscard]] state::Queue &rows() noexcept { return m_rows; }
    [[nodiscard]] state::Database &database() noexcept { return m_database; }

    // What has happened since the last call, in its order.
    [[nodiscard]] std::vector<base::Event> take_events();

  private:
    [[nodiscard]] Result<state::QueueEntry> find(std::uint64_t id);
    [[nodiscard]] Result<void> commit(state::QueueEntry &entry, const QueueChange &change, const Deed &deed);
    [[nodiscard]] Result<void> record(state::QueueEntry &entry, const QueueChange &change, const Deed &deed);
    [[nodiscard]] Result<void> insert(state::QueueEntry &entry, std::vector<state::QueueEntry> &older,
                                      const Deed &deed);
    void tell(const state::QueueEntry &entry, const QueueChange &change, const Deed &deed);
    [[nodiscard]] Result<std::optional<state::QueueEntry>> same_submission(const Submission &submission);
    [[nodiscard]] Result<std::vector<state::QueueEntry>> older_ones(const Submission &submission,
                                                                    const IsOlder &is_older);
    [[nodiscard]] Result<void> conclude(state::QueueEntry entry, const QueueEnding &ending, const Deed &deed,
                                        const RetryPolicy &retries, Random &random);
    [[nodiscard]] Result<void> take_over_one(state::QueueEntry entry, const Deed &deed, const RetryPolicy &retries,
                                             Random &random);

    state::Database &m_database;
    state::Queue m_rows;
    std::vector<base::Event> m_events;
};

// How long an update probably takes by how long earlier ones took: the 95th percentile; nullopt of fewer than three.
[[nodiscard]] std::optional<std::int64_t> usual_duration_s(std::vector<std::int64_t> durations);

// "webserver 2.1.0, tool 2 and 3 more"
[[nodiscard]] std::string shown_packages(std::span<const state::QueuedPackage> packages);

// What decide() is asked about. INVALID_ARGUMENT for conditions that this version does not know.
[[nodiscard]] Result<Entry> entry_of(const state::QueueEntry &row, std::int64_t now_s);

// Never fails: what this version can't judge is refused, and the sentence says why.
[[nodiscard]] Explanation explain_entry(state::QueueEntry row, const Policy &policy, const Circumstances &circumstances,
                                        std::int64_t now_s);

}  // namespace mos::schedule
