// What becomes of an attempt: its end, and the end of those whose runner is gone.
#include <mos/schedule/queue.hpp>

#include "queue_change.hpp"

#include <mos/base/bytes.hpp>
#include <mos/base/timestamp.hpp>
#include <mos/state/transactions.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::schedule {

using base::EventType;
using state::queue_entry_name;
using state::QueueEntry;
using state::QueueState;

namespace {

// How soon an update is tried again that found the root in use.
constexpr std::int64_t busy_delay_s = 60;

std::string told(const Error &error) {
    std::string text = base::printable(error.full_message());
    if (text.size() > max_reason_bytes / 2) {
        // Not within a character.
        std::size_t end = max_reason_bytes / 2;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U)
            --end;
        text.resize(end);
        text += "…";
    }
    return text;
}

// What an unreadable trust folder comes to when its disk has failed: the first among the causes that another try may
// mend.
Code retried_as(const Error &error) {
    for (const Error *cause = &error; cause != nullptr; cause = cause->cause())
        if (category_of(cause->code()) != category_of(Code::INVALID_ARGUMENT))
            return cause->code();
    return error.code();
}

RetryPolicy asked_for(const QueueEntry &entry, const RetryPolicy &retries) {
    RetryPolicy asked = retries;
    if (entry.max_attempts == 0)
        return asked;
    asked.otherwise.max_attempts = entry.max_attempts;
    for (RetryCategory &category : asked.categories)
        category.rule.max_attempts = entry.max_attempts;
    return asked;
}

// As it was before the attempt, which counts for nothing.
QueueChange wait_again(QueueEntry &entry, const Error &why, std::int64_t now_s) {
    entry.state = entry.approval == 0 ? QueueState::pending : QueueState::approved;
    if (entry.failures > 0)
        entry.state = QueueState::retrying;
    if (why.code() == Code::LOCKED) {
        entry.failed_s = now_s;
        entry.retry_s = now_s + busy_delay_s;
    }
    return {.type = EventType::scheduled_changed,
            .action = fmt::format("attempt {} given up", entry.attempts),
            .sentence = "waits again",
            .reason = told(why)};
}

QueueChange done(QueueEntry &entry, std::string reason) {
    entry.state = QueueState::done;
    return {.type = EventType::scheduled_done, .action = "done", .sentence = "is done", .reason = std::move(reason)};
}

QueueChange failed(QueueEntry &entry, const QueueEnding &ending, std::int64_t now_s, const RetryPolicy &retries,
                   Random &random) {
    const Error &why = *ending.failure;
    ++entry.failures;
    entry.failed_s = now_s;
    const Retry next = next_try({.code = retried_as(why), .attempts = entry.failures, .retry_after_s = {}},
                                asked_for(entry, retries), random);
    QueueChange change;
    change.cause = fmt::format("E{:03}", static_cast<int>(why.code()));
    if (next.again) {
        entry.state = QueueState::retrying;
        // Nobody is spared by a wait after a cut, and a machine that was switched off has waited.
        entry.retry_s = now_s + (ending.was_cut_short ? 0 : next.delay_s);
        entry.fetch_anew = entry.fetch_anew || next.fetch_anew;
        change.type = EventType::scheduled_retrying;
        change.action = fmt::format("attempt {} failed", entry.attempts);
        change.sentence = fmt::format("has failed and is tried again at {}", base::write_timestamp(*entry.retry_s));
    } else {
        entry.state = QueueState::failed;
        change.type = EventType::scheduled_failed;
        change.action = fmt::format("attempt {} failed for good", entry.attempts);
        change.sentence = "has failed";
    }
    change.reason = fmt::format("{}; {}", told(why), next.reason);
    return change;
}

}  // namespace

Result<void> Queue::conclude(QueueEntry entry, const QueueEnding &ending, const Deed &deed, const RetryPolicy &retries,
                             Random &random) {
    entry.took_s = ending.was_cut_short || entry.lease.holder.empty()
                       ? 0
                       : std::max<std::int64_t>(deed.now_s - entry.lease.since_s, 0);
    entry.lease = {};
    // The very commit that ended the transaction has said so, whatever came after.
    if (!ending.failure || entry.state == QueueState::done)
        return commit(entry, done(entry, {}), deed);
    const Error &failure = *ending.failure;
    switch (failure.code()) {
    case Code::ALREADY_INSTALLED:
        return commit(entry, done(entry, told(failure)), deed);
    case Code::DOWNGRADE:
        entry.state = QueueState::superseded;
        return commit(entry,
                      {.type = EventType::scheduled_superseded,
                       .action = "superseded",
                       .sentence = "is superseded",
                       .reason = told(failure)},
                      deed);
    case Code::CANCELLED:
    case Code::LOCKED:
        return commit(entry, wait_again(entry, failure, deed.now_s), deed);
    default:
        break;
    }
    return commit(entry, failed(entry, ending, deed.now_s, retries, random), deed);
}

Result<QueueEntry> Queue::finish(const Attempt &attempt, const Deed &deed, const RetryPolicy &retries, Random &random) {
    MOS_TRY(QueueEntry entry, find(attempt.id));
    const bool is_mine = entry.attempts == attempt.number && !entry.lease.holder.empty() &&
                         (entry.state == QueueState::running || entry.state == QueueState::done);
    if (!is_mine)
        return Error{Code::CHANGED_MEANWHILE, fmt::format("attempt {} of '{}' was ended by somebody else meanwhile",
                                                          attempt.number, queue_entry_name(attempt.id))}
            .about(queue_entry_name(attempt.id));
    MOS_CHECK(conclude(std::move(entry), {.failure = attempt.failure}, deed, retries, random));
    return find(attempt.id);
}

Result<void> Queue::take_over_one(QueueEntry entry, const Deed &deed, const RetryPolicy &retries, Random &random) {
    if (entry.state == QueueState::done || entry.transaction == 0)
        return conclude(
            std::move(entry),
            {.failure = Error{Code::IO, "the attempt has no end: its process was killed, or the power failed"},
             .was_cut_short = true},
            deed, retries, random);
    // Its transaction was decided. Had it been done by this version, the entry would be too.
    MOS_TRY(const auto transaction, state::Transactions{m_database}.find(entry.transaction));
    if (transaction && transaction->unfinished())
        return {};  // not recovered yet
    const bool is_done =
        transaction && (transaction->state == state::TransactionState::done ||
                        (transaction->state == state::TransactionState::pruned && transaction->in_effect));
    if (is_done)
        return conclude(std::move(entry), {.was_cut_short = true}, deed, retries, random);
    return conclude(std::move(entry),
                    {.failure = Error{Code::REVERTED, "the attempt was cut short after it had begun, and was undone"}},
                    deed, retries, random);
}

Result<void> Queue::take_over(const Deed &deed, const RetryPolicy &retries, Random &random) {
    MOS_TRY(const std::vector<std::uint64_t> leased, m_rows.leased());
    for (const std::uint64_t id : leased) {
        MOS_TRY(QueueEntry entry, find(id));
        MOS_CHECK(take_over_one(std::move(entry), deed, retries, random));
    }
    return {};
}

}  // namespace mos::schedule
