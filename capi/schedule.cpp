#include "callback_data.hpp"
#include "guard.hpp"

#include <mos/base/check_line.hpp>
#include <mos/config/units.hpp>
#include <mos/engine/scheduler.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <vector>

using namespace mos::capi;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::engine::QueueAction;
using mos::engine::Scheduler;
using mos::schedule::Priority;
using mos::state::QueueStates;

// The values of both sides are the same; here they are held together.
static_assert(MOS_PRIORITY_CRITICAL - 1 == static_cast<int>(Priority::critical));
static_assert(MOS_PRIORITY_LOW - 1 == static_cast<int>(Priority::low));
static_assert(MOS_SCHEDULE_APPROVE == static_cast<int>(QueueAction::approve));
static_assert(MOS_SCHEDULE_CANCEL_RETRY == static_cast<int>(QueueAction::cancel_retry));

struct mos_schedule : Marked<0x6d6f735f73636831> {
    std::shared_ptr<mos::engine::Engine> engine;
    std::optional<Scheduler> scheduler;
    QueueStates states = 0;
    std::vector<mos::schedule::Explanation> page;
    std::size_t next = 0;
    std::uint64_t after = 0;
    bool has_more = false;  // beyond the page
    std::vector<mos::state::QueueNote> notes;
    std::size_t next_note = 0;
    std::string name, packages, recovery_point;  // of the entry whose strings were given out

    [[nodiscard]] Result<void> turn_page() {
        constexpr std::size_t page_entries = 256;
        MOS_TRY(page, scheduler->list(states, after, page_entries));
        next = 0;
        has_more = page.size() == page_entries;
        if (!page.empty())
            after = page.back().entry.id;
        return {};
    }
};

namespace {

constexpr std::uint32_t known_flags = MOS_SCHEDULE_ALLOW_DOWNGRADE | MOS_SCHEDULE_REINSTALL |
                                      MOS_SCHEDULE_CANCEL_ON_TIMEOUT | MOS_SCHEDULE_AUTOMATIC |
                                      MOS_SCHEDULE_BACKUP_REQUIRED;

Result<Priority> priority_of(mos_priority priority) {
    if (priority < MOS_PRIORITY_DEFAULT || priority > MOS_PRIORITY_LOW)
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} is no mos_priority", priority)};
    return priority == MOS_PRIORITY_DEFAULT ? Priority::important : static_cast<Priority>(priority - 1);
}

Result<mos::engine::UpdateRequest> request_of(const mos_schedule_options &given) {
    if ((given.flags & ~known_flags) != 0)
        return Error{Code::INVALID_ARGUMENT, "there is no such flag of a scheduled update"};
    if (given.package_count > 0 && given.packages == nullptr)
        return Error{Code::INVALID_ARGUMENT, "the list of packages is NULL"};
    if (given.package_count > mos::state::max_queued_packages)
        return Error{Code::LIMIT, fmt::format("an update of {} packages is asked for, {} are allowed",
                                              given.package_count, mos::state::max_queued_packages)};
    const auto has = [&](std::uint32_t flag) { return (given.flags & flag) != 0; };
    mos::engine::UpdateRequest request;
    for (std::size_t i = 0; i < given.package_count; ++i) {
        MOS_TRY(std::string path, required_text(given.packages[i], "the path of a package"));
        request.packages.push_back(std::move(path));
    }
    const std::string notification = text_or(given.notification, "");
    MOS_CHECK(mos::base::check_line("notification", notification, mos::schedule::max_options_bytes));
    request.options = {.allow_downgrade = has(MOS_SCHEDULE_ALLOW_DOWNGRADE),
                       .allow_reinstall = has(MOS_SCHEDULE_REINSTALL),
                       .backup_required = has(MOS_SCHEDULE_BACKUP_REQUIRED),
                       .notification = notification};
    request.key = text_or(given.key, "");
    request.reason = text_or(given.reason, "");
    request.conditions = text_or(given.conditions, "");
    MOS_TRY(request.priority, priority_of(given.priority));
    if (given.timeout != nullptr) {
        MOS_TRY(const std::uint64_t timeout_s, mos::config::parse_duration(given.timeout));
        request.timeout_s = static_cast<std::int64_t>(timeout_s);
    }
    request.cancel_on_timeout = has(MOS_SCHEDULE_CANCEL_ON_TIMEOUT);
    request.by_hand = !has(MOS_SCHEDULE_AUTOMATIC);
    return request;
}

Result<QueueStates> states_of(const char *text) {
    if (text == nullptr)
        return mos::state::open_states;
    std::string_view rest{text};
    if (rest == "all")
        return mos::state::all_queue_states;
    QueueStates states = 0;
    for (;;) {
        const std::size_t end = std::min(rest.find(','), rest.size());
        const std::string_view name = rest.substr(0, end);
        const auto state = mos::state::queue_state_named(name);
        if (!state)
            return Error{Code::INVALID_ARGUMENT,
                         fmt::format("there is no state {} of a scheduled update", mos::base::in_quotes(name))}
                .with_remedy("it is pending, approved, running, retrying, done, failed, cancelled, superseded, or all");
        states = static_cast<QueueStates>(states | mos::state::only(*state));
        if (end == rest.size())
            return states;
        rest.remove_prefix(end + 1);
    }
}

std::string packages_of(const mos::state::QueueEntry &entry) {
    const mos::base::JsonTree tree = mos::base::json_null();
    *tree = nlohmann::json::array();
    for (const mos::state::QueuedPackage &package : entry.packages) {
        tree->push_back(nullptr);
        nlohmann::json &one = tree->back();
        one = nlohmann::json::object();
        one["name"] = package.name;
        one["version"] = package.version;
        one["release"] = package.release;
        if (mos::base::is_clean_text(package.path))
            one["path"] = package.path;
    }
    return tree->dump();
}

const char *approval_of(const mos::state::QueueEntry &entry) {
    constexpr std::array<const char *, 3> names = {"none", "supervisor", "manager"};
    return entry.rejected ? "rejected" : names[std::min<std::size_t>(entry.approval, 2)];
}

mos_schedule_entry view_of(mos_schedule &schedule, const mos::schedule::Explanation &told) {
    const mos::state::QueueEntry &entry = told.entry;
    schedule.name = mos::state::queue_entry_name(entry.id);
    schedule.packages = packages_of(entry);
    schedule.recovery_point =
        entry.transaction == 0 ? std::string{} : mos::snapshot::recovery_point_name(entry.transaction);
    constexpr std::int64_t none = -1;
    mos_schedule_entry view{};
    view.priority = entry.priority + 1;
    view.id = entry.id;
    view.name = schedule.name.c_str();
    view.state = mos::state::state_name(entry.state).data();  // a literal
    view.packages = schedule.packages.c_str();
    view.verdict = told.verdict.c_str();
    view.rule = told.rule.c_str();
    view.sentence = told.sentence.c_str();
    view.reason = entry.reason.c_str();
    view.submitted_by = entry.submitted_by.c_str();
    view.conditions = entry.conditions.c_str();
    view.approval = approval_of(entry);
    view.recovery_point = schedule.recovery_point.c_str();
    view.submitted_unix_s = entry.submitted_s;
    view.at_unix_s = told.at_s.value_or(none);
    view.start_unix_s = entry.start_s.value_or(none);
    view.deadline_unix_s = entry.deadline_s.value_or(none);
    view.retry_unix_s = entry.retry_s.value_or(none);
    view.ended_unix_s = entry.ended() ? entry.ended_s : none;
    view.attempts = entry.attempts;
    view.notices = told.notices.c_str();
    view.notice_unix_s = told.notice_s.value_or(none);
    return view;
}

std::unique_ptr<mos_schedule> new_schedule(const mos_engine &engine) {
    auto handle = std::make_unique<mos_schedule>();
    handle->engine = engine.engine;
    handle->scheduler.emplace(engine.engine);
    return handle;
}

static_assert(std::size(mos_schedule_usage{}.percent) == mos::schedule::hours_a_week);

void fill(mos_schedule_usage &out, const mos::schedule::UsagePattern &usage, std::int64_t now_s) {
    constexpr double percent = 100;
    out.known = usage.is_known(now_s);
    out.first_unix_s = usage.first_observation_s().value_or(-1);
    out.last_unix_s = usage.last_observation_s().value_or(-1);
    for (std::size_t hour = 0; hour < mos::schedule::hours_a_week; ++hour)
        out.percent[hour] = static_cast<std::uint8_t>(std::lround(usage.expected_use_of(hour) * percent));
    if (!out.known)
        return;
    for (const std::size_t hour : usage.peak_hours())
        out.kind[hour] = MOS_USAGE_PEAK;
    for (const mos::schedule::HoursOfWeek &low : usage.low_usage_windows())
        for (std::size_t i = 0; i < low.count; ++i)
            out.kind[(low.first + i) % mos::schedule::hours_a_week] = MOS_USAGE_LOW;
}

Result<std::string> unit_text(mos_engine *engine, mos_systemd_unit unit, const char *program) {
    switch (unit) {
    case MOS_SYSTEMD_SERVICE:
        return mos::schedule::service_unit(program, "/");
    case MOS_SYSTEMD_TIMER:
        return Scheduler{engine->engine}.timer_unit();
    default:
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} is no mos_systemd_unit", unit)};
    }
}

}  // namespace

int mos_schedule_submit(mos_engine *engine, const mos_schedule_options *options, uint64_t *id, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(engine);
        if (id == nullptr)
            return null_argument("id");
        MOS_TRY(const mos_schedule_options given, read_options(options));
        MOS_TRY(mos::engine::UpdateRequest request, request_of(given));
        if (given.start != nullptr) {
            MOS_TRY(request.start_s, mos::engine::parse_moment(*engine->engine, given.start));
        }
        if (given.deadline != nullptr) {
            MOS_TRY(request.deadline_s, mos::engine::parse_moment(*engine->engine, given.deadline));
        }
        MOS_TRY(const auto submitted, Scheduler{engine->engine}.submit(request));
        *id = submitted.entry.id;
        return {};
    });
}

uint64_t mos_schedule_id_of(const char *name) {
    return answer<std::uint64_t>(
        0, [&] { return name == nullptr ? std::uint64_t{0} : mos::state::queue_entry_named(name).value_or(0); });
}

int mos_schedule_open(mos_engine *engine, const char *states, mos_schedule **schedule, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(schedule);
        MOS_CHECK_HANDLE(engine);
        auto handle = new_schedule(*engine);
        MOS_TRY(handle->states, states_of(states));
        MOS_CHECK(handle->turn_page());
        *schedule = handle.release();
        return {};
    });
}

int mos_schedule_explain(mos_engine *engine, uint64_t id, mos_schedule **schedule, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(schedule);
        MOS_CHECK_HANDLE(engine);
        auto handle = new_schedule(*engine);
        MOS_TRY(mos::schedule::Explanation told, handle->scheduler->explain(id));
        handle->page.push_back(std::move(told));
        MOS_TRY(handle->notes, handle->scheduler->notes(id));
        *schedule = handle.release();
        return {};
    });
}

int mos_schedule_next(mos_schedule *schedule, mos_schedule_entry *entry, mos_error **error) {
    return guard(error, [&]() -> Result<int> {
        MOS_CHECK_HANDLE(schedule);
        MOS_CHECK(check_struct(entry, "entry"));
        if (schedule->next >= schedule->page.size() && schedule->has_more)
            MOS_CHECK(schedule->turn_page());
        if (schedule->next >= schedule->page.size())
            return MOS_END;
        MOS_CHECK(write_output(entry, "entry", view_of(*schedule, schedule->page[schedule->next])));
        ++schedule->next;
        return MOS_OK;
    });
}

int mos_schedule_note_next(mos_schedule *schedule, mos_schedule_note *note, mos_error **error) {
    return guard(error, [&]() -> Result<int> {
        MOS_CHECK_HANDLE(schedule);
        MOS_CHECK(check_struct(note, "note"));
        if (schedule->next_note >= schedule->notes.size())
            return MOS_END;
        const mos::state::QueueNote &row = schedule->notes[schedule->next_note];
        mos_schedule_note view{};
        view.time_unix_s = row.time_s;
        view.action = row.action.c_str();
        view.actor = row.actor.c_str();
        view.reason = row.reason.c_str();
        MOS_CHECK(write_output(note, "note", view));
        ++schedule->next_note;
        return MOS_OK;
    });
}

void mos_schedule_free(mos_schedule *schedule) {
    if (is_live(schedule))
        delete schedule;
}

int mos_schedule_act(mos_engine *engine, uint64_t id, mos_schedule_action action, const char *reason,
                     mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(engine);
        if (action < MOS_SCHEDULE_APPROVE || action > MOS_SCHEDULE_CANCEL_RETRY)
            return Error{Code::INVALID_ARGUMENT, fmt::format("{} is no mos_schedule_action", action)};
        return Scheduler{engine->engine}.act(id, static_cast<QueueAction>(action), text_or(reason, ""));
    });
}

int mos_schedule_set_priority(mos_engine *engine, uint64_t id, mos_priority priority, const char *reason,
                              mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(engine);
        MOS_TRY(const Priority wanted, priority_of(priority));
        return Scheduler{engine->engine}.set_priority(id, wanted, text_or(reason, ""));
    });
}

int mos_schedule_retry(mos_engine *engine, uint64_t id, const mos_schedule_retry_options *options, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(engine);
        MOS_TRY(const mos_schedule_retry_options given, read_options(options));
        return Scheduler{engine->engine}.retry(
            id, {.max_attempts = given.max_attempts, .fetch_anew = given.force_download}, text_or(given.reason, ""));
    });
}

int mos_schedule_systemd_unit(mos_engine *engine, mos_systemd_unit unit, const char *program, mos_write_callback write,
                              void *user_data, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(engine);
        if (write == nullptr || program == nullptr)
            return Error{Code::INVALID_ARGUMENT, "program and write are needed"};
        MOS_TRY(const std::string text, unit_text(engine, unit, program));
        MOS_TRY(const std::int32_t answer,
                answer_of("write", Code::IO, [&] { return write(user_data, text.data(), text.size()); }));
        if (answer != 0)
            return Error{Code::IO, fmt::format("writing the unit failed with {} in the caller's callback", answer)}
                .with_remedy(callback_remedy);
        return {};
    });
}

int mos_schedule_usage_get(mos_engine *engine, mos_schedule_usage *usage, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(engine);
        MOS_CHECK(check_struct(usage, "usage"));
        mos_schedule_usage out = MOS_SCHEDULE_USAGE_INIT;
        fill(out, Scheduler{engine->engine}.usage(), engine->engine->effective_now_unix_s());
        return write_output(usage, "usage", out);
    });
}

int mos_schedule_next_wakeup(mos_engine *engine, int64_t *unix_s, mos_error **error) {
    return guard(error, [&]() -> Result<int> {
        MOS_CHECK_HANDLE(engine);
        if (unix_s == nullptr)
            return null_argument("unix_s");
        MOS_TRY(const auto next, Scheduler{engine->engine}.next_wakeup());
        if (!next)
            return MOS_END;
        *unix_s = *next;
        return MOS_OK;
    });
}

int mos_schedule_run_due(mos_engine *engine, mos_job **job, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(job);
        MOS_CHECK_HANDLE(engine);
        auto handle = std::make_unique<mos_job>();
        MOS_TRY(handle->job, Scheduler{engine->engine}.run_due());
        handle->context = engine->context;
        *job = handle.release();
        return {};
    });
}
