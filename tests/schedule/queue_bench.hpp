// A queue with a policy, by which entries are put in, tried and looked at.
#pragma once

#include "updates.hpp"

#include <mos/schedule/queue.hpp>
#include <mos/state/transactions.hpp>

#include <memory>
#include <string>
#include <vector>

namespace mos::test {

// The least that there is: retries come at once.
class NoRandom final : public schedule::Random {
  public:
    std::uint64_t up_to(std::uint64_t most) override { return most; }
};

inline state::QueuedPackage queued_package(std::string name, std::string version) {
    state::QueuedPackage made{.path = "/srv/" + name,
                              .name = std::move(name),
                              .version = std::move(version),
                              .release = "1",
                              .content_digest = {}};
    made.content_digest[0] = static_cast<std::byte>(made.version.front());
    return made;
}

inline schedule::Submission submission(std::string version = "1",
                                       schedule::Priority priority = schedule::Priority::important) {
    schedule::Submission made;
    made.packages.push_back(queued_package("tool", std::move(version)));
    made.priority = priority;
    made.estimated_s = hours;
    return made;
}

struct QueueBench {
    std::unique_ptr<state::Database> database = must(state::Database::open_empty());
    schedule::Queue queue{*database};
    schedule::Policy policy = weekly_policy();
    schedule::RetryPolicy retries = schedule::default_retry_policy();
    NoRandom random;
    std::int64_t now = monday;

    QueueBench() { policy.enabled = true; }

    [[nodiscard]] schedule::Deed deed(std::string reason = {}) const { return {now, "uid:0", std::move(reason)}; }
    Result<schedule::Submitted> submit(const schedule::Submission &asked) {
        return queue.submit(asked, deed(), [](const state::QueuedPackage &older, const state::QueuedPackage &newer) {
            return older.version < newer.version;
        });
    }
    std::uint64_t submitted(const schedule::Submission &asked = submission()) { return must(submit(asked)).entry.id; }
    state::QueueEntry entry(std::uint64_t id) { return *must(state::Queue{*database}.find(id)); }
    std::int64_t begin(std::uint64_t id) { return must(queue.begin(id, "17", "boot", deed())).attempts; }
    state::QueueEntry finish(std::uint64_t id, std::int64_t attempt, std::optional<Error> failure = {}) {
        return must(queue.finish({id, attempt, std::move(failure)}, deed(), retries, random));
    }
    state::QueueEntry fail(std::uint64_t id, Code code) { return finish(id, begin(id), Error{code, "it broke"}); }
    void take_over() { must(queue.take_over(deed(), retries, random)); }
    // A transaction that the attempt has decided, and how it has ended.
    void transaction(std::uint64_t id, std::int64_t attempt, state::TransactionState ended) {
        must(database->commit(state::Durability::durable, [&]() -> Result<void> {
            state::Transaction made;
            made.id = made.stage = 40;
            made.in_effect = true;
            made.time_unix_s = now;
            MOS_CHECK(state::Transactions{*database}.insert(made));
            MOS_CHECK(state::Queue{*database}.record_decision(id, attempt, 40));
            return state::Transactions{*database}.set_state(40, ended);
        }));
    }
    std::vector<std::uint64_t> due() { return must(queue.agenda(policy, {}, now)).due; }
    std::string told_types() {
        std::string types;
        for (const base::Event &event : queue.take_events())
            types += (types.empty() ? "" : ",") + event.type;
        return types;
    }
    std::vector<std::string> actions(std::uint64_t id) {
        std::vector<std::string> found;
        for (const state::QueueNote &note : must(state::Queue{*database}.notes(id)))
            found.push_back(note.action);
        return found;
    }
};

}  // namespace mos::test
