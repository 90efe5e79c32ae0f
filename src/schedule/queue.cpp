#include <mos/schedule/queue.hpp>

#include "queue_change.hpp"

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::schedule {

using base::EventType;
using state::queue_entry_name;
using state::QueueEntry;
using state::QueueState;

namespace {

Error wrong_state(const QueueEntry &entry, std::string_view what) {
    return Error{Code::INVALID_ARGUMENT,
                 fmt::format("'{}' is {}: {}", queue_entry_name(entry.id), state::state_name(entry.state), what)}
        .about(queue_entry_name(entry.id));
}

QueueEntry new_entry(const Submission &submission, const Deed &deed) {
    QueueEntry entry;
    entry.key = submission.key;
    entry.packages = submission.packages;
    entry.options = submission.options;
    entry.priority = static_cast<std::uint8_t>(submission.priority);
    entry.submitted_s = deed.now_s;
    entry.submitted_by = deed.actor;
    entry.start_s = submission.start_s;
    entry.deadline_s = submission.deadline_s;
    entry.timeout_s = submission.timeout_s;
    entry.cancel_on_timeout = submission.cancel_on_timeout;
    entry.by_hand = submission.by_hand;
    entry.conditions = submission.conditions;
    entry.made_s = std::min(submission.made_s, deed.now_s);
    entry.estimated_s = submission.estimated_s;
    entry.needed_bytes = submission.needed_bytes;
    entry.reason = deed.reason;
    return entry;
}

// What waits for a security update's sake does not wait longer for a newer version of it: the new entry has the
// strongest priority of those that it supersedes. One that somebody has rejected has none to hand on.
void take_over_priority(QueueEntry &entry, std::span<const QueueEntry> older) {
    for (const QueueEntry &old : older)
        if (!old.rejected)
            entry.priority = std::min(entry.priority, old.priority);
}

// "supersedes update-1, update-2, and takes over priority security": the new entry's log.
std::string supersedes(std::span<const QueueEntry> older, const QueueEntry &entry, std::uint8_t asked_priority) {
    constexpr std::size_t shown = 5;
    std::string text = "supersedes";
    for (const QueueEntry &old : older.first(std::min(older.size(), shown)))
        text += fmt::format("{} {}", &old == older.data() ? "" : ",", queue_entry_name(old.id));
    if (older.size() > shown)
        text += fmt::format(" and {} more", older.size() - shown);
    if (entry.priority != asked_priority)
        text += fmt::format(", and takes over priority {}", name_of(static_cast<Priority>(entry.priority)));
    return text;
}

}  // namespace

std::string shown_packages(std::span<const state::QueuedPackage> packages) {
    constexpr std::size_t shown = 5;
    std::string text;
    for (const state::QueuedPackage &package : packages.first(std::min(packages.size(), shown)))
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", package.name, package.version);
    if (packages.size() > shown)
        text += fmt::format(" and {} more", packages.size() - shown);
    return text;
}

std::vector<base::Event> Queue::take_events() { return std::exchange(m_events, {}); }

Result<QueueEntry> Queue::find(std::uint64_t id) {
    MOS_TRY(std::optional<QueueEntry> entry, m_rows.find(id));
    if (!entry)
        return Error{Code::NOT_FOUND, fmt::format("there is no '{}' in the queue", queue_entry_name(id))}.about(
            queue_entry_name(id));
    return *std::move(entry);
}

void Queue::tell(const QueueEntry &entry, const QueueChange &change, const Deed &deed) {
    base::Event event = base::make_event(change.type, queue_entry_name(entry.id), {});
    event.message =
        fmt::format("{} ({}) {}", queue_entry_name(entry.id), shown_packages(entry.packages), change.sentence);
    if (!entry.reason.empty())
        event.message += ": " + base::printable(entry.reason);
    event.cause = change.cause;
    event.actor = deed.actor;
    event.payload = {{"priority", std::string{name_of(static_cast<Priority>(entry.priority))}},
                     {"state", std::string{state::state_name(entry.state)}},
                     {"attempts", entry.attempts}};
    if (entry.transaction != 0)
        event.payload.push_back({"transaction", static_cast<std::int64_t>(entry.transaction)});
    m_events.push_back(std::move(event));
}

// Into the body of a commit.
Result<void> Queue::record(QueueEntry &entry, const QueueChange &change, const Deed &deed) {
    entry.reason = change.reason.empty() ? deed.reason : change.reason;
    if (entry.ended() && entry.ended_s == 0)
        entry.ended_s = std::max<std::int64_t>(deed.now_s, 1);
    if (!entry.ended())
        entry.ended_s = 0;
    MOS_CHECK(m_rows.update(entry));
    MOS_CHECK(m_rows.add_note(
        entry.id,
        {.number = 0, .time_s = deed.now_s, .action = change.action, .actor = deed.actor, .reason = entry.reason}));
    return entry.ended() ? m_rows.prune() : Result<void>{};
}

Result<void> Queue::commit(QueueEntry &entry, const QueueChange &change, const Deed &deed) {
    MOS_CHECK(check_deed(deed));
    MOS_CHECK(m_database.commit(state::Durability::durable, [&] { return record(entry, change, deed); }));
    tell(entry, change, deed);
    return {};
}

Result<std::optional<QueueEntry>> Queue::same_submission(const Submission &submission) {
    MOS_TRY(std::optional<QueueEntry> entry, m_rows.find_open(submission.key));
    if (!entry)
        return entry;
    const bool is_same = std::ranges::equal(entry->packages, submission.packages,
                                            [](const state::QueuedPackage &a, const state::QueuedPackage &b) {
                                                return a.content_digest == b.content_digest;
                                            });
    if (!is_same)
        return Error{Code::EXISTS, fmt::format("the key {} is that of '{}', which is for other packages ({})",
                                               base::in_quotes(submission.key), queue_entry_name(entry->id),
                                               shown_packages(entry->packages))}
            .about(submission.key)
            .with_remedy("give another key, or none");
    return entry;
}

// Those that wait, and of which the submission has a newer version of each package.
Result<std::vector<QueueEntry>> Queue::older_ones(const Submission &submission, const IsOlder &is_older) {
    std::vector<QueueEntry> found;
    const auto has_newer = [&](const state::QueuedPackage &waiting) {
        return std::ranges::any_of(submission.packages, [&](const state::QueuedPackage &submitted) {
            return waiting.name == submitted.name && is_older(waiting, submitted);
        });
    };
    for (const state::QueuedPackage &package : submission.packages) {
        MOS_TRY(const std::vector<std::uint64_t> waiting, m_rows.waiting_for_package(package.name));
        for (const std::uint64_t id : waiting) {
            MOS_TRY(QueueEntry entry, find(id));
            const bool known = std::ranges::find(found, id, &QueueEntry::id) != found.end();
            if (!known && std::ranges::all_of(entry.packages, has_newer))
                found.push_back(std::move(entry));
        }
    }
    return found;
}

// One commit: what is new, and what it supersedes.
Result<void> Queue::insert(QueueEntry &entry, std::vector<QueueEntry> &older, const Deed &deed) {
    const std::uint8_t asked = entry.priority;
    take_over_priority(entry, older);
    return m_database.commit(state::Durability::durable, [&]() -> Result<void> {
        MOS_TRY(entry.id, m_rows.insert(entry));
        MOS_CHECK(m_rows.add_note(
            entry.id,
            {.number = 0, .time_s = deed.now_s, .action = "submitted", .actor = deed.actor, .reason = deed.reason}));
        if (!older.empty())
            MOS_CHECK(m_rows.add_note(entry.id, {.number = 0,
                                                 .time_s = deed.now_s,
                                                 .action = supersedes(older, entry, asked),
                                                 .actor = deed.actor,
                                                 .reason = {}}));
        for (QueueEntry &old : older) {
            old.state = QueueState::superseded;
            MOS_CHECK(record(old, superseded_by(entry.id), deed));
        }
        return {};
    });
}

Result<Submitted> Queue::submit(const Submission &submission, const Deed &deed, const IsOlder &is_older) {
    MOS_CHECK(check_submission(submission, deed));
    MOS_TRY(std::optional<QueueEntry> same, same_submission(submission));
    if (same)
        return Submitted{.entry = *std::move(same), .is_new = false, .superseded = {}};
    MOS_TRY(const std::uint64_t open, m_rows.count(state::open_states));
    if (open >= state::max_open_entries)
        return Error{Code::LIMIT, fmt::format("the queue is full: {} updates wait", open)}.with_remedy(
            "cancel updates that are not wanted, or run those that are due: 'multios-update run-due'");
    MOS_TRY(std::vector<QueueEntry> older, older_ones(submission, is_older));
    Submitted submitted{.entry = new_entry(submission, deed), .is_new = true, .superseded = {}};
    QueueEntry &entry = submitted.entry;
    MOS_CHECK(insert(entry, older, deed));
    tell(entry, {.type = EventType::update_scheduled, .action = {}, .sentence = "is scheduled"}, deed);
    for (const QueueEntry &old : older) {
        tell(old, superseded_by(entry.id), deed);
        submitted.superseded.push_back(old.id);
    }
    return submitted;
}

Result<void> Queue::approve(std::uint64_t id, Approval level, const Deed &deed) {
    MOS_TRY(QueueEntry entry, find(id));
    if (!entry.waits())
        return wrong_state(entry, "only an update that waits can be approved");
    if (level == Approval::none)
        return Error{Code::INVALID_ARGUMENT, "an approval is a supervisor's or a manager's"};
    entry.approval = std::max(entry.approval, static_cast<std::uint8_t>(level));
    entry.rejected = false;
    if (entry.state == QueueState::pending)
        entry.state = QueueState::approved;
    const std::string_view who = level == Approval::manager ? "a manager" : "a supervisor";
    return commit(entry,
                  {.type = EventType::scheduled_approved,
                   .action = level == Approval::manager ? "approved by a manager" : "approved by a supervisor",
                   .sentence = fmt::format("was approved by {}", who)},
                  deed);
}

Result<void> Queue::reject(std::uint64_t id, const Deed &deed) {
    MOS_TRY(QueueEntry entry, find(id));
    if (!entry.waits())
        return wrong_state(entry, "only an update that waits can be rejected");
    entry.rejected = true;
    entry.approval = 0;
    if (entry.state == QueueState::approved)
        entry.state = QueueState::pending;
    return commit(entry, {.type = EventType::scheduled_rejected, .action = "rejected", .sentence = "was rejected"},
                  deed);
}

Result<void> Queue::set_priority(std::uint64_t id, Priority priority, const Deed &deed) {
    MOS_TRY(QueueEntry entry, find(id));
    if (!entry.waits())
        return wrong_state(entry, "only an update that waits has a priority to change");
    entry.priority = static_cast<std::uint8_t>(priority);
    return commit(entry,
                  {.type = EventType::scheduled_changed,
                   .action = fmt::format("priority {}", name_of(priority)),
                   .sentence = fmt::format("has the priority {} now", name_of(priority))},
                  deed);
}

Result<void> Queue::cancel(std::uint64_t id, const Deed &deed) {
    MOS_TRY(QueueEntry entry, find(id));
    if (entry.ended())
        return wrong_state(entry, "there is nothing to cancel");
    if (entry.transaction != 0 && entry.state == QueueState::running)
        return wrong_state(entry, "it is being installed; roll it back afterwards");
    entry.state = QueueState::cancelled;
    entry.lease = {};
    return commit(entry, {.type = EventType::scheduled_cancelled, .action = "cancelled", .sentence = "was cancelled"},
                  deed);
}

Result<void> Queue::retry(std::uint64_t id, const RetryRequest &request, const Deed &deed) {
    MOS_TRY(QueueEntry entry, find(id));
    // One that was superseded too: what took its place may have failed. Where that is installed, it is found out at the
    // turn.
    const bool may = entry.state == QueueState::failed || entry.state == QueueState::cancelled ||
                     entry.state == QueueState::retrying || entry.state == QueueState::superseded;
    if (!may)
        return wrong_state(entry, "only an update that has failed, was cancelled or superseded can be tried again");
    MOS_CHECK(check_attempts(request.max_attempts));
    MOS_TRY(const auto other, m_rows.find_open(entry.key));
    if (other && other->id != id)
        return wrong_state(entry, fmt::format("its key {} is that of '{}' by now", base::in_quotes(entry.key),
                                              queue_entry_name(other->id)));
    entry.state = QueueState::retrying;
    entry.retry_s = deed.now_s;
    entry.failed_s = deed.now_s;
    entry.failures = 0;
    entry.max_attempts = request.max_attempts;
    entry.fetch_anew = entry.fetch_anew || request.fetch_anew;
    return commit(
        entry, {.type = EventType::scheduled_changed, .action = "retry asked for", .sentence = "is to be tried again"},
        deed);
}

Result<void> Queue::cancel_retry(std::uint64_t id, const Deed &deed) {
    MOS_TRY(QueueEntry entry, find(id));
    if (entry.state != QueueState::retrying)
        return wrong_state(entry, "it does not wait for another try");
    entry.state = QueueState::failed;
    entry.retry_s.reset();
    return commit(
        entry, {.type = EventType::scheduled_cancelled, .action = "retry cancelled", .sentence = "is not tried again"},
        deed);
}

Result<QueueEntry> Queue::begin(std::uint64_t id, const std::string &holder, const std::string &boot,
                                const Deed &deed) {
    MOS_TRY(QueueEntry entry, find(id));
    if (!entry.waits())
        return wrong_state(entry, "it does not wait for its turn");
    entry.state = QueueState::running;
    ++entry.attempts;
    entry.retry_s.reset();
    entry.transaction = 0;
    entry.lease = {.holder = holder, .boot = boot, .since_s = deed.now_s};
    MOS_CHECK(commit(entry,
                     {.type = EventType::scheduled_started,
                      .action = fmt::format("attempt {} started", entry.attempts),
                      .sentence = fmt::format("has its turn, attempt {}", entry.attempts)},
                     deed));
    return entry;
}

}  // namespace mos::schedule
