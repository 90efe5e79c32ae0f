#include "job_events.hpp"
#include "recovery_mode_record.hpp"

#include <mos/base/check_line.hpp>
#include <mos/engine/doctor.hpp>
#include <mos/engine/recovery_points.hpp>
#include <mos/engine/root_settings.hpp>
#include <mos/install/installed_services.hpp>
#include <mos/snapshot/data_classes.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::engine {

using base::in_quotes;
using install::ServiceAction;

namespace {

constexpr const char *critical_setting = "update_system.rollback.critical_services";
constexpr std::size_t max_reason_bytes = 1000;

// The services of installed packages that run, by what becomes of them.
struct Services {
    std::vector<std::string> to_stop;
    std::vector<std::string> critical;
};

// Where the settings can't be read nobody knows what is critical.
Result<std::vector<std::string>> critical_patterns(Engine &engine) {
    MOS_TRY(const config::LoadedSettings loaded, load_root_settings(engine, {}));
    for (const config::Problem &problem : loaded.problems)
        if (problem.path.empty() || problem.path.starts_with(critical_setting))
            return Error{Code::INVALID_ARGUMENT,
                         fmt::format("which are critical can't be told: {}", config::describe(problem))};
    const auto found = loaded.settings.find(critical_setting);
    return found ? found->value.words : std::vector<std::string>{};
}

class ModeJob {
  public:
    ModeJob(Engine &engine, const RecoveryModeOrder &order, base::Observer &observer, std::string job)
        : m_engine(engine), m_order(order), m_observer(observer), m_job(std::move(job)) {}

    [[nodiscard]] Result<JobOutcome> run();

  private:
    [[nodiscard]] bool is_wanted() const { return m_order.wish == RecoveryModeOrder::Wish::begin; }
    // What can't be read must not be in the way of whoever begins or ends the mode.
    [[nodiscard]] std::optional<RecoveryMode> standing() const {
        const auto mode = recovery_mode(m_engine.root());
        return mode ? *mode : std::optional{RecoveryMode{.is_damaged = true}};
    }
    [[nodiscard]] Result<void> begin();
    [[nodiscard]] Result<void> end();
    [[nodiscard]] Result<void> validate();
    [[nodiscard]] Result<void> look_for_way_back();
    [[nodiscard]] Result<std::vector<std::string>> installed_services();
    [[nodiscard]] Services running_services();
    void act(ServiceAction action, const std::string &unit);
    void tell_changed(const std::string &sentence, const RecoveryMode &mode);
    void add(std::string kind, std::string object, std::string sentence) {
        m_outcome.rows.push_back(
            {.kind = std::move(kind), .package = {}, .object = std::move(object), .sentence = std::move(sentence)});
    }

    Engine &m_engine;
    const RecoveryModeOrder &m_order;
    base::Observer &m_observer;
    const std::string m_job;
    std::shared_ptr<install::ServiceManager> m_services;
    JobOutcome m_outcome;
};

Result<std::vector<std::string>> ModeJob::installed_services() {
    MOS_TRY(const auto database, look(m_engine));
    return install::all_installed_units(*database);
}

// What can't be found out stops nothing, and holds nothing up.
Services ModeJob::running_services() {
    Services found;
    if (!m_order.stop_services)
        return found;
    if (!m_services->is_running_system()) {
        m_observer.notice("the root is not the running system: it has no services to stop");
        return found;
    }
    const auto patterns = critical_patterns(m_engine);
    const auto units = patterns ? installed_services() : patterns.error();
    if (!units) {
        add("not-stopped", {}, fmt::format("no service is stopped: {}", units.error().full_message()));
        return found;
    }
    for (const std::string &unit : *units) {
        const auto is_active = m_services->is_active(unit);
        if (!is_active)
            add("not-stopped", unit, is_active.error().full_message());
        if (!is_active || !*is_active)
            continue;
        const bool is_critical = std::ranges::any_of(
            *patterns, [&](const std::string &pattern) { return snapshot::matches_component(pattern, unit); });
        (is_critical ? found.critical : found.to_stop).push_back(unit);
    }
    return found;
}

void ModeJob::act(ServiceAction action, const std::string &unit) {
    const bool stops = action == ServiceAction::stop;
    if (const auto done = m_services->act(action, unit); !done)
        return add(stops ? "not-stopped" : "not-started", unit, done.error().full_message());
    add(stops ? "stopped" : "started", unit, fmt::format("{} is {}", in_quotes(unit), stops ? "stopped" : "started"));
}

void ModeJob::tell_changed(const std::string &sentence, const RecoveryMode &mode) {
    m_engine.events().tell([&] {
        base::Event event = base::make_event(base::EventType::recovery_mode_changed, {}, sentence);
        event.cause = m_job;
        event.payload = {{"mode", is_wanted() ? "on" : "off"},
                         {"reason", base::printable(m_order.reason.empty() ? mode.reason : m_order.reason)}};
        return event;
    });
}

// The mode is on before anybody is asked, and what is to be stopped is written down before it is: who ends the mode
// after a power cut starts all of it again.
Result<void> ModeJob::begin() {
    MOS_TRY(const RootLock lock, RootLock::take(m_engine, Turns::Holder::job));
    const auto before = standing();
    RecoveryMode mode = before && !before->is_damaged
                            ? *before
                            : RecoveryMode{.since_unix_s = m_engine.effective_now_unix_s(), .actor = m_engine.actor()};
    if (!m_order.reason.empty())
        mode.reason = m_order.reason;
    MOS_CHECK(keep_recovery_mode(m_engine.root(), mode));
    tell_changed(describe(mode), mode);
    const Services services = running_services();
    for (const std::string &unit : services.to_stop)
        if (std::ranges::find(mode.stopped, unit) == mode.stopped.end())
            mode.stopped.push_back(unit);
    if (!services.to_stop.empty())
        MOS_CHECK(keep_recovery_mode(m_engine.root(), mode));
    for (const std::string &unit : services.to_stop)
        act(ServiceAction::stop, unit);
    for (const std::string &unit : services.critical)
        add("kept", unit, fmt::format("{} is critical, and keeps running", in_quotes(unit)));
    return {};
}

// The record goes last: a power cut before that leaves the mode on, and ending it again does the rest. Elsewhere than
// on the running system nothing is started, which its start does.
Result<void> ModeJob::end() {
    MOS_TRY(const RootLock lock, RootLock::take(m_engine, Turns::Holder::job));
    const auto mode = standing();
    if (!mode) {
        m_observer.notice("recovery mode was not on");
        return {};
    }
    if (m_services->is_running_system())
        for (const std::string &unit : mode->stopped)
            act(ServiceAction::start, unit);
    else if (!mode->stopped.empty())
        m_observer.notice(fmt::format("the root is not the running system; when it is started, see that these run: {}",
                                      base::printable(fmt::format("{}", fmt::join(mode->stopped, ", ")))));
    MOS_CHECK(forget_recovery_mode(m_engine.root()));
    tell_changed("recovery mode is ended", *mode);
    return {};
}

Result<void> ModeJob::look_for_way_back() {
    const auto points = recovery_points(m_engine);
    if (!points) {
        add("no-way-back", {}, points.error().full_message());
        return {};
    }
    const auto newest = std::ranges::find_if(*points, &RecoveryPoint::can_go_back);
    if (newest == points->end())
        add("no-way-back", {}, "there is no recovery point that can be gone back to");
    else
        add("way-back", newest->name,
            fmt::format("{} can be gone back to: {}", newest->name, base::printable(newest->description)));
    return {};
}

Result<void> ModeJob::validate() {
    if (!is_wanted()) {
        MOS_TRY(const auto mode, recovery_mode(m_engine.root()));
        for (const std::string &unit : mode ? mode->stopped : std::vector<std::string>{})
            add("would-start", unit, fmt::format("{} would be started", in_quotes(unit)));
        return {};
    }
    MOS_TRY(const std::vector<Finding> findings, examine_root(m_engine));
    for (const Finding &finding : findings)
        if (finding.severity == Severity::error)
            add(finding.kind, finding.object, finding.sentence);
        else if (finding.severity == Severity::warning)
            m_observer.notice(finding.sentence);
    MOS_CHECK(look_for_way_back());
    const Services services = running_services();
    for (const std::string &unit : services.to_stop)
        add("would-stop", unit, fmt::format("{} would be stopped", in_quotes(unit)));
    for (const std::string &unit : services.critical)
        add("kept", unit, fmt::format("{} is critical, and would keep running", in_quotes(unit)));
    return {};
}

Result<JobOutcome> ModeJob::run() {
    MOS_TRY(m_services, services_of(m_engine));
    if (m_order.validate_only)
        MOS_CHECK(validate());
    else if (is_wanted())
        MOS_CHECK(begin());
    else
        MOS_CHECK(end());
    return std::move(m_outcome);
}

Result<void> check_order(const RecoveryModeOrder &order) {
    if (order.wish == RecoveryModeOrder::Wish::end && order.stop_services)
        return Error{Code::INVALID_ARGUMENT, "ending recovery mode starts services, and stops none"};
    return base::check_line("reason", order.reason, max_reason_bytes);
}

}  // namespace

Result<std::unique_ptr<Job>> make_recovery_mode_job(std::shared_ptr<Engine> engine, RecoveryModeOrder order) {
    MOS_CHECK(check_order(order));
    return Job::create(
        [engine = std::move(engine), order = std::move(order)](base::Observer &observer, const Job::Ask & /*ask*/) {
            JobEvents events{*engine, "recovery-mode"};
            events.begin();
            Result<JobOutcome> outcome = ModeJob{*engine, order, observer, events.name()}.run();
            events.end(outcome);
            return outcome;
        });
}

}  // namespace mos::engine
