// Updates that run later: put into the root's queue now, run when they are due.
//
// Owns no thread and no timer. Whoever embeds it asks next_wakeup() when to come again, and runs the job of run_due()
// then; both may be asked at any time, and more often does no harm.
#pragma once

#include <mos/engine/engine.hpp>
#include <mos/engine/job.hpp>
#include <mos/schedule/facts.hpp>
#include <mos/schedule/queue.hpp>
#include <mos/schedule/systemd_units.hpp>
#include <mos/schedule/usage.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mos::engine {

struct SchedulerPorts {
    std::shared_ptr<schedule::FactsPort> facts = {};  // empty: the machine's
    std::shared_ptr<schedule::Random> random = {};    // empty: the system's
    // Empty: a file of that path.
    std::function<Result<std::unique_ptr<base::Source>>(const std::string &path)> open_package = {};
};

// Of the plan that an entry becomes.
struct ScheduledOptions {
    bool allow_downgrade = false;
    bool allow_reinstall = false;
    bool backup_required = false;   // each update makes its recovery point before it changes anything
    std::string notification = {};  // who is to be told how; kept for whoever tells
};
// As the queue keeps them, and back: a JSON object, of which keys that are not known are passed over.
[[nodiscard]] std::string write_scheduled_options(const ScheduledOptions &options);
[[nodiscard]] Result<ScheduledOptions> read_scheduled_options(std::string_view text);

struct UpdateRequest {
    std::vector<std::string> packages;  // absolute paths of files, which must stay there until they are installed
    ScheduledOptions options = {};
    std::string key = {};
    std::string reason = {};
    std::string conditions = {};
    schedule::Priority priority = schedule::Priority::important;
    std::optional<std::int64_t> start_s = {};
    std::optional<std::int64_t> deadline_s = {};
    std::optional<std::int64_t> timeout_s = {};
    bool cancel_on_timeout = false;
    bool by_hand = true;  // runs although nothing runs by itself here
};

// A moment that a person names, in the years 1970 to 2099 and not over: "2026-01-15T02:30:00Z", or the next time of a
// calendar ("2026-01-15 02:30", "Sat 02:30 Europe/Berlin"), whose zone is the root's own where it names none: what
// etc/localtime leads to, else what etc/timezone says, else UTC. INVALID_ARGUMENT.
[[nodiscard]] Result<std::int64_t> parse_moment(Engine &engine, std::string_view text);

// What is done with an entry; "update-12" is called by its number.
enum class QueueAction : std::uint8_t { approve, approve_as_manager, reject, cancel, cancel_retry };

// Thread-safe, as the engine is. Every change takes the root's lock for a moment: LOCKED while a job has it.
class Scheduler {
  public:
    explicit Scheduler(std::shared_ptr<Engine> engine, SchedulerPorts ports = {});

    // Authenticates the packages now, and again when they are installed. The errors of Engine::authenticate() and of
    // schedule::Queue::submit().
    [[nodiscard]] Result<schedule::Submitted> submit(const UpdateRequest &request);

    // The errors of schedule::Queue.
    [[nodiscard]] Result<void> act(std::uint64_t id, QueueAction action, const std::string &reason);
    [[nodiscard]] Result<void> set_priority(std::uint64_t id, schedule::Priority priority, const std::string &reason);
    [[nodiscard]] Result<void> retry(std::uint64_t id, const schedule::RetryRequest &request,
                                     const std::string &reason);

    // Runs what is due, one entry after another, each a plan and a transaction of its own, and asks anew before each.
    // An entry that fails fails no job: the outcome has a row for each that ran, whose kind is the state that it has
    // then, and one of kind "next" with the time of the next wakeup, where there is one. A job that is cancelled leaves
    // the entry that it is at as it was.
    [[nodiscard]] Result<std::unique_ptr<Job>> run_due();

    // When to call run_due(), at the latest; now_s where something is due; nullopt where nothing waits for a time. By
    // what the machine does now, which takes a fifth of a second where anything waits.
    [[nodiscard]] Result<std::optional<std::int64_t>> next_wakeup();

    // "Why not now, and when".
    [[nodiscard]] Result<schedule::Explanation> explain(std::uint64_t id);
    // Those of the states beyond the number `after`, at most `limit`, with their explanation.
    [[nodiscard]] Result<std::vector<schedule::Explanation>> list(state::QueueStates states, std::uint64_t after,
                                                                  std::size_t limit);
    [[nodiscard]] Result<std::vector<state::QueueNote>> notes(std::uint64_t id);

    // When the device is used, as far as run_due() has learnt it: it looks at most each ten minutes.
    [[nodiscard]] schedule::UsagePattern usage();

    // schedule::timer_unit() by the policy as it is now; fails as that does when it can't be followed.
    [[nodiscard]] Result<std::string> timer_unit();

  private:
    std::shared_ptr<Engine> m_engine;
    SchedulerPorts m_ports;
};

}  // namespace mos::engine
