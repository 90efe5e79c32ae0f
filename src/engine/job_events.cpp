#include "job_events.hpp"

#include <fmt/format.h>

namespace mos::engine {

using base::Event;
using base::EventType;

namespace {

// The script or the service for whose sake the work failed; null where it was something else.
const Error *failed_script(const Error &error) {
    for (const Error *found = &error; found != nullptr; found = found->cause())
        if (found->code() == Code::SCRIPT_FAILED || found->code() == Code::SCRIPT_TIMEOUT ||
            found->code() == Code::SERVICE_FAILED || found->code() == Code::HEALTH_CHECK_FAILED ||
            found->code() == Code::HEALTH_CHECK_TIMEOUT)
            return found;
    return nullptr;
}

// With its causes, but for what a script wrote before it failed: that is in the log, in lines of its own.
std::string told(const Error &error) {
    std::string text = error.message();
    const Error *const script = failed_script(error);
    for (const Error *beneath = &error; beneath != script && beneath->cause() != nullptr; beneath = beneath->cause())
        text += ": " + beneath->cause()->message();
    return text;
}

Event script_failure(const Error &error, const std::string &job) {
    const bool is_health = error.code() == Code::HEALTH_CHECK_FAILED || error.code() == Code::HEALTH_CHECK_TIMEOUT;
    Event event = base::make_event(is_health ? EventType::health_check_failed : EventType::script_failed,
                                   error.object(), error.message());
    event.cause = job;
    event.payload = error_fields(error);
    return event;
}

// A change that was in place, or on its way there, and went back by itself.
Event reverted(const Error &error, const std::string &job) {
    const Error &cause = error.cause() != nullptr ? *error.cause() : error;
    Event event = base::make_event(EventType::update_reverted, cause.object(),
                                   fmt::format("{} was taken back by itself: {}", job, cause.message()));
    event.cause = job;
    event.payload = error_fields(cause);
    return event;
}

Event reboot(const std::string &packages, const std::string &job) {
    Event event = base::make_event(EventType::reboot_required, packages,
                                   fmt::format("the system must be started again for {}", packages));
    event.cause = job;
    return event;
}

EventType event_type_of(Plan::Step::Action action) {
    switch (action) {
    case Plan::Step::Action::update:
        return EventType::package_updated;
    case Plan::Step::Action::downgrade:
        return EventType::package_downgraded;
    case Plan::Step::Action::reinstall:
        return EventType::package_reinstalled;
    case Plan::Step::Action::remove:
        return EventType::package_removed;
    default:
        return EventType::package_installed;
    }
}

Event package_event(const Plan::Step &step, const std::string &job) {
    const EventType type = event_type_of(step.action);
    const std::string &shown = step.action == Plan::Step::Action::remove ? step.old_version : step.version;
    const std::string_view verb = base::describe(type).name.substr(std::string_view{"package_"}.size());
    Event event = base::make_event(type, step.name, fmt::format("{} {} {}", step.name, shown, verb));
    event.cause = job;
    for (const auto &[name, value] : {std::pair{"version", &step.version}, std::pair{"old_version", &step.old_version},
                                      std::pair{"signer", &step.signer}})
        if (!value->empty())
            event.payload.push_back({name, *value});
    return event;
}

// The packages, and then the transaction that they make.
std::vector<Event> installed_events(const Plan::View &view, const JobOutcome &outcome, const std::string &job) {
    std::vector<Event> events;
    for (const Plan::Step &step : view.steps)
        events.push_back(package_event(step, job));
    Event event = base::make_event(EventType::update_installed, outcome.recovery_point,
                                   fmt::format("{} package{} changed; {} takes it back", view.steps.size(),
                                               view.steps.size() == 1 ? "" : "s", outcome.recovery_point));
    event.cause = job;
    event.payload = {{"packages", static_cast<std::int64_t>(view.steps.size())},
                     {"changed_paths", static_cast<std::int64_t>(outcome.changed_paths)},
                     {"plan", view.digest}};
    events.push_back(std::move(event));
    return events;
}

Event rolled_back_event(const Plan::View &view, const JobOutcome &outcome, const std::string &job) {
    const Plan::Step &step = view.steps.front();
    Event event = base::make_event(EventType::update_rolledback, step.name,
                                   fmt::format("took back {} ({})", step.name, step.old_version));
    event.cause = job;
    event.payload = {{"summary", step.old_version},
                     {"changed_paths", static_cast<std::int64_t>(outcome.changed_paths)}};
    return event;
}

}  // namespace

std::vector<Event> events_of(const Plan::View &view, const JobOutcome &outcome, const std::string &job) {
    const bool is_rollback = !view.steps.empty() && view.steps.front().action == Plan::Step::Action::roll_back;
    return is_rollback ? std::vector{rolled_back_event(view, outcome, job)} : installed_events(view, outcome, job);
}

JobEvents::~JobEvents() {
    if (!m_is_running)
        return;
    m_engine.events().tell([this] {
        return base::make_event(EventType::job_failed, m_name, m_name + " ended unexpectedly, perhaps out of memory");
    });
}

void JobEvents::begin() {
    // Kinds are stable names; what an "update" does may be a removal.
    std::string what = m_name;
    if (m_name == "update")
        what = "a change of what is installed";
    else if (m_name == "scheduled")
        what = "an update that was scheduled";
    m_name = m_engine.events().tell_start(m_name, what + " begins");
    m_is_running = true;
}

void JobEvents::end(const Result<JobOutcome> &result) noexcept {
    m_is_running = false;
    if (!result)
        return fail(result.error());
    m_engine.events().tell([&] {
        std::vector<Event> events;
        if (!result->reboot.empty())
            events.push_back(reboot(result->reboot, m_name));
        Event event = base::make_event(EventType::job_finished, m_name, fmt::format("{} is done", m_name));
        event.payload = {{"changed_paths", static_cast<std::int64_t>(result->changed_paths)},
                         {"written_bytes", static_cast<std::int64_t>(result->written_bytes)},
                         {"rows", static_cast<std::int64_t>(result->rows.size())}};
        if (!result->recovery_point.empty())
            event.payload.push_back({"recovery_point", result->recovery_point});
        events.push_back(std::move(event));
        return events;
    });
}

void JobEvents::fail(const Error &error) noexcept {
    m_engine.events().tell([&] {
        std::vector<Event> events;
        if (const Error *const script = failed_script(error); script != nullptr)
            events.push_back(script_failure(*script, m_name));
        if (error.code() == Code::REVERTED)
            events.push_back(reverted(error, m_name));
        const bool cancelled = error.code() == Code::CANCELLED;
        Event event = base::make_event(cancelled ? EventType::job_cancelled : EventType::job_failed, m_name,
                                       cancelled ? fmt::format("{} was cancelled", m_name) : told(error));
        event.cause = error_number(error);
        event.payload = error_fields(error);
        if (!error.object().empty())
            event.payload.push_back({"object", error.object()});
        events.push_back(std::move(event));
        return events;
    });
}

}  // namespace mos::engine
