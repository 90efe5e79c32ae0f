// One change of a queue entry, as its log, the events and people are told of it; and what may be asked of the queue.
#pragma once

#include <mos/schedule/queue.hpp>

namespace mos::schedule {

struct QueueChange {
    base::EventType type = base::EventType::scheduled_changed;
    std::string action;       // for the entry's log
    std::string sentence;     // behind "update-12 (tool 2)"
    std::string reason = {};  // where it is not the deed's
    std::string cause = {};   // the number of an error
};

// How an attempt has ended.
struct QueueEnding {
    std::optional<Error> failure = {};
    bool was_cut_short = false;  // through no fault of the update's, as far as can be told
};

[[nodiscard]] QueueChange superseded_by(std::uint64_t id);

// All: INVALID_ARGUMENT that names what is wrong, LIMIT for what is too long.
[[nodiscard]] Result<void> check_submission(const Submission &submission, const Deed &deed);
[[nodiscard]] Result<void> check_deed(const Deed &deed);
[[nodiscard]] Result<void> check_attempts(std::int64_t max_attempts);

}  // namespace mos::schedule
