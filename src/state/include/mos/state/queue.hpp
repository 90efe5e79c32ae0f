// Updates that wait for their turn, as the database keeps them, and what was done with each by whom and why.
//
// Which of them runs when is the schedule layer's (schedule/queue.hpp); here are rows. What an entry waits for is not
// stored: it follows from the entry, the policy and the time, whenever it is asked.
#pragma once

#include <mos/state/database.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::state {

// Entries that have not ended are refused beyond the first, and those that have are forgotten beyond the second.
inline constexpr std::uint64_t max_open_entries = 100'000;
inline constexpr std::uint64_t max_ended_entries = 10'000;
inline constexpr std::size_t max_queued_packages = 1000;  // of one entry
inline constexpr std::uint64_t max_queue_notes = 1000;    // of one entry; the oldest are forgotten

// The numbers are fixed for ever; from `done` on the entry has ended.
enum class QueueState : std::uint8_t {
    pending = 1,
    approved = 2,  // pending, and somebody has agreed
    running = 3,   // somebody has its lease
    retrying = 4,  // has failed, and is tried again
    done = 5,
    failed = 6,
    cancelled = 7,
    superseded = 8,  // a newer version of the same package was submitted, or is installed
};

[[nodiscard]] std::string_view state_name(QueueState state) noexcept;
[[nodiscard]] std::optional<QueueState> queue_state_named(std::string_view name) noexcept;

// Sets of states, a bit each.
using QueueStates = std::uint16_t;
[[nodiscard]] constexpr QueueStates only(QueueState state) noexcept {
    return static_cast<QueueStates>(1U << static_cast<unsigned>(state));
}
inline constexpr QueueStates waiting_states =
    only(QueueState::pending) | only(QueueState::approved) | only(QueueState::retrying);
inline constexpr QueueStates open_states = waiting_states | only(QueueState::running);
inline constexpr QueueStates all_queue_states = 0x1fe;

struct QueuedPackage {
    std::string path;  // of the file, as somebody gave it; bytes
    std::string name;
    std::string version;
    std::string release;
    std::array<std::byte, 32> content_digest{};
    friend bool operator==(const QueuedPackage &, const QueuedPackage &) = default;
};

// Who runs the entry. He has the root's lock all the while, which the kernel takes from him when he dies: a lease that
// somebody else finds with that lock in his hand is over, whatever clocks say.
struct Lease {
    std::string holder;  // for people; empty where nobody has it
    std::string boot;    // the kernel's boot identifier
    std::int64_t since_s = 0;
    friend bool operator==(const Lease &, const Lease &) = default;
};

struct QueueEntry {
    std::uint64_t id = 0;  // never given to another
    std::string key;       // of the submission: one entry that has not ended has it; "" for none
    QueueState state = QueueState::pending;
    std::vector<QueuedPackage> packages;
    std::string options;  // of the plan, between whoever writes and reads them
    std::uint8_t priority = 0;
    std::int64_t submitted_s = 0;
    std::string submitted_by;
    std::optional<std::int64_t> start_s;  // these four are not negative
    std::optional<std::int64_t> deadline_s;
    std::optional<std::int64_t> timeout_s;
    std::optional<std::int64_t> retry_s;
    bool cancel_on_timeout = false;
    bool by_hand = false;
    std::string conditions;
    std::int64_t made_s = 0;  // when the newest of its packages was made, by their signed word
    std::int64_t estimated_s = 0;
    std::int64_t needed_bytes = 0;
    std::int64_t attempts = 0;      // begun so far; the number of the present one while it runs
    std::int64_t failures = 0;      // of them, that count against the tries that a policy allows
    std::int64_t failed_s = 0;      // when the last of them failed: `retry_s` counts from there
    std::int64_t max_attempts = 0;  // a person's; 0 for the policy's
    bool fetch_anew = false;        // what was read of the packages before does not count
    std::uint8_t approval = 0;
    bool rejected = false;
    std::string reason;  // why it is as it is: of the last change
    Lease lease;
    std::uint64_t transaction = 0;  // that the present or last attempt has decided; 0 for none
    std::int64_t ended_s = 0;       // 0 while it has not ended
    std::int64_t took_s = 0;        // how long its last attempt took; 0 where that is not known
    friend bool operator==(const QueueEntry &, const QueueEntry &) = default;

    [[nodiscard]] bool ended() const noexcept { return (only(state) & open_states) == 0; }
    [[nodiscard]] bool waits() const noexcept { return (only(state) & waiting_states) != 0; }
};

// "update-12", and back; nullopt for anything else.
[[nodiscard]] std::string queue_entry_name(std::uint64_t id);
[[nodiscard]] std::optional<std::uint64_t> queue_entry_named(std::string_view name) noexcept;

struct QueueNote {
    std::uint64_t number = 0;  // of its entry, from 1
    std::int64_t time_s = 0;
    std::string action;  // a stable name: "submitted", "approved", "started"
    std::string actor;
    std::string reason;
};

// When somebody last looked at the queue, by both clocks: tells a jump of the wall clock.
struct QueueLook {
    std::int64_t wall_s = 0;
    std::int64_t monotonic_ms = 0;
    std::string boot;
};

class Queue {
  public:
    explicit Queue(Database &database) : m_database(database) {}

    [[nodiscard]] Result<std::optional<QueueEntry>> find(std::uint64_t id);
    // The entry of that key that has not ended.
    [[nodiscard]] Result<std::optional<QueueEntry>> find_open(std::string_view key);
    // Those of the states with a number beyond `after`, by number, at most `limit`.
    [[nodiscard]] Result<std::vector<QueueEntry>> list(QueueStates states, std::uint64_t after, std::size_t limit);
    // Numbers of those that wait and have a package of that name.
    [[nodiscard]] Result<std::vector<std::uint64_t>> waiting_for_package(std::string_view name);
    // Numbers of those that somebody has, or had, a lease of.
    [[nodiscard]] Result<std::vector<std::uint64_t>> leased();
    [[nodiscard]] Result<std::uint64_t> count(QueueStates states);
    // How long the newest updates with a package of that name took that are done, the newest first, at most `limit`.
    [[nodiscard]] Result<std::vector<std::int64_t>> durations(std::string_view name, std::size_t limit);
    [[nodiscard]] Result<std::vector<QueueNote>> notes(std::uint64_t id);
    [[nodiscard]] Result<std::optional<QueueLook>> last_look();

    // Each entry of the states by number, one at a time in memory. `take` must not write.
    using Take = std::function<Result<void>(const QueueEntry &)>;
    [[nodiscard]] Result<void> for_each(QueueStates states, const Take &take);

    // The following belong into the body of Database::commit.
    [[nodiscard]] Result<std::uint64_t> insert(const QueueEntry &entry);  // its number is given here
    // Everything but number, key, packages and what was said at its submission.
    [[nodiscard]] Result<void> update(const QueueEntry &entry);
    [[nodiscard]] Result<void> add_note(std::uint64_t id, const QueueNote &note);  // its number is given here
    // Forgets the oldest of those that have ended, with their notes, beyond `keep`.
    [[nodiscard]] Result<void> prune(std::uint64_t keep = max_ended_entries);
    [[nodiscard]] Result<void> set_last_look(const QueueLook &look);

    // Into the very commit that decides a transaction which was made for this attempt: ties the two together, so that
    // the entry is done as soon as, and only if, the transaction is (Transactions::set_state). CHANGED_MEANWHILE when
    // the attempt is not the entry's present one: somebody has taken it over, or cancelled it.
    [[nodiscard]] Result<void> record_decision(std::uint64_t id, std::int64_t attempt, std::uint64_t transaction);

  private:
    Database &m_database;
};

}  // namespace mos::state
