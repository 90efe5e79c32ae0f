#include <mos/engine/history.hpp>

#include <mos/base/error.hpp>

#include <map>

namespace mos::engine {

using base::Code;
using state::Transaction;
using state::TransactionState;

namespace {

bool is_rollback(const Transaction &transaction) {
    return transaction.stage != transaction.id && transaction.direction == state::Direction::backward;
}

// Of one that turned round.
WentBack by_itself(std::uint32_t cause) {
    switch (static_cast<Code>(cause)) {
    case Code::SCRIPT_FAILED:
    case Code::SERVICE_FAILED:
        return WentBack::failed_script;
    case Code::HEALTH_CHECK_FAILED:
        return WentBack::failed_health_check;
    case Code::SCRIPT_TIMEOUT:
    case Code::HEALTH_CHECK_TIMEOUT:
        return WentBack::time_out;
    case Code::CANCELLED:
        return WentBack::cancelled;
    case Code::REVERTED:
    case Code::DATABASE_DAMAGED:
        return WentBack::recovery;
    default:
        return WentBack::error;
    }
}

bool turned_round(const Transaction &transaction) {
    return transaction.state == TransactionState::reverting || transaction.state == TransactionState::reverted ||
           transaction.cause_code != 0;
}

}  // namespace

std::vector<HistoryEntry> explain_history(const std::vector<Transaction> &transactions) {
    // Of several rollbacks of one change, which a redo lies between, the newest counts: the list begins with it.
    std::map<std::uint64_t, const Transaction *> rollbacks;
    for (const Transaction &transaction : transactions)
        if (is_rollback(transaction) && transaction.state == TransactionState::done)
            rollbacks.emplace(transaction.stage, &transaction);
    std::vector<HistoryEntry> history;
    history.reserve(transactions.size());
    for (const Transaction &transaction : transactions) {
        HistoryEntry entry{transaction, WentBack::no, {}, 0};
        if (is_rollback(transaction)) {
            entry.other = transaction.stage;
            entry.cause = transaction.reason;
        }
        if (turned_round(transaction)) {
            entry.why = by_itself(transaction.cause_code);
            entry.cause = transaction.cause;
        } else if (const auto taken = rollbacks.find(transaction.id);
                   taken != rollbacks.end() && !transaction.in_effect) {
            entry.why = WentBack::by_hand;
            entry.cause = taken->second->reason;
            entry.other = taken->second->id;
        }
        history.push_back(std::move(entry));
    }
    return history;
}

}  // namespace mos::engine
