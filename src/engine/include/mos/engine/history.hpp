// Why a change went back: by somebody's word, or by itself, and then for what.
#pragma once

#include <mos/state/transactions.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace mos::engine {

// The numbers are the C API's.
enum class WentBack : std::int32_t {
    no = 0,
    by_hand = 1,
    failed_script = 2,  // or a service
    failed_health_check = 3,
    time_out = 4,  // of a script or a health check
    cancelled = 5,
    error = 6,     // while files were put in place
    recovery = 7,  // what a cut, or the loss of the database, had left was taken back
};

struct HistoryEntry {
    state::Transaction transaction;
    WentBack why = WentBack::no;
    std::string cause;        // what failed, or the reason that was given to the rollback; may be empty
    std::uint64_t other = 0;  // of a rollback: the change that it took back; of a change: the rollback that did
};

// With what is known of each change from the others. The order stays.
[[nodiscard]] std::vector<HistoryEntry> explain_history(const std::vector<state::Transaction> &transactions);

}  // namespace mos::engine
