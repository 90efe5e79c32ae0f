// What may be asked of the queue.
#include "queue_change.hpp"

#include <mos/base/bytes.hpp>
#include <mos/base/check_line.hpp>
#include <mos/base/timestamp.hpp>

#include <fmt/format.h>

#include <set>

namespace mos::schedule {

namespace {

constexpr std::int64_t longest_timeout_s = std::int64_t{10} * 366 * 86400;
constexpr std::int64_t most_attempts = 100;  // as retry_policy.max_attempts

Result<void> check_time(std::string_view what, std::optional<std::int64_t> time_s, std::int64_t now_s) {
    if (!time_s)
        return {};
    if (*time_s < 0 || *time_s >= latest_named_time_s)
        return Error{Code::INVALID_ARGUMENT, fmt::format("the {} lies {}; it must be in the years 1970 to 2099", what,
                                                         *time_s < 0 ? "before 1970" : "after 2099")};
    if (*time_s < now_s)
        return Error{Code::INVALID_ARGUMENT, fmt::format("the {} {} is over: it is {} now", what,
                                                         base::write_timestamp(*time_s), base::write_timestamp(now_s))}
            .with_remedy("give a time to come, or none for as soon as it may run");
    return {};
}

Result<void> check_packages(const std::vector<state::QueuedPackage> &packages) {
    if (packages.empty())
        return Error{Code::INVALID_ARGUMENT, "an update needs at least one package"};
    if (packages.size() > state::max_queued_packages)
        return Error{Code::LIMIT, fmt::format("an update of {} packages is asked for, {} are allowed", packages.size(),
                                              state::max_queued_packages)};
    std::set<std::string_view> names;
    for (const state::QueuedPackage &package : packages)
        if (!names.insert(package.name).second)
            return Error{Code::INVALID_ARGUMENT,
                         fmt::format("the package {} stands twice in one update", base::in_quotes(package.name))}
                .about(package.name);
    return {};
}

}  // namespace

QueueChange superseded_by(std::uint64_t id) {
    return {.type = base::EventType::scheduled_superseded,
            .action = "superseded",
            .sentence = "is superseded",
            .reason = fmt::format("'{}' has a newer version", state::queue_entry_name(id))};
}

Result<void> check_deed(const Deed &deed) {
    MOS_CHECK(base::check_line("name of who asks", deed.actor, max_key_bytes));
    return base::check_line("reason", deed.reason, max_reason_bytes);
}

Result<void> check_attempts(std::int64_t max_attempts) {
    if (max_attempts < 0 || max_attempts > most_attempts)
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("{} attempts are asked for; it may be 1 to {}", max_attempts, most_attempts)};
    return {};
}

Result<void> check_submission(const Submission &submission, const Deed &deed) {
    MOS_CHECK(check_deed(deed));
    MOS_CHECK(base::check_line("key", submission.key, max_key_bytes));
    MOS_CHECK(check_packages(submission.packages));
    if (submission.options.size() > max_options_bytes)
        return Error{Code::LIMIT, fmt::format("the options have {} bytes, {} are allowed", submission.options.size(),
                                              max_options_bytes)};
    MOS_CHECK(check_time("start", submission.start_s, deed.now_s));
    MOS_CHECK(check_time("deadline", submission.deadline_s, deed.now_s));
    if (submission.start_s && submission.deadline_s && *submission.deadline_s <= *submission.start_s)
        return Error{Code::INVALID_ARGUMENT, fmt::format("the deadline {} is not after the start {}",
                                                         base::write_timestamp(*submission.deadline_s),
                                                         base::write_timestamp(*submission.start_s))};
    if (submission.timeout_s && (*submission.timeout_s <= 0 || *submission.timeout_s > longest_timeout_s))
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("the time-out is {} s; it may be 1 s to 10 years", *submission.timeout_s)};
    if (submission.cancel_on_timeout && !submission.timeout_s)
        return Error{Code::INVALID_ARGUMENT, "to be cancelled at a time-out, the update needs a time-out"};
    if (submission.made_s < 0 || submission.estimated_s < 0 || submission.needed_bytes < 0)
        return Error{Code::INVALID_ARGUMENT, "times and needed space can't be negative"};
    MOS_CHECK(base::check_line("list of conditions", submission.conditions, max_conditions_bytes));
    if (!submission.conditions.empty())
        MOS_CHECK(parse_conditions(submission.conditions));
    return {};
}

}  // namespace mos::schedule
