#include <mos/engine/recovery_points.hpp>

#include "session_job.hpp"

#include <mos/base/open_files.hpp>
#include <mos/engine/report.hpp>
#include <mos/engine/root_settings.hpp>
#include <mos/install/plan.hpp>
#include <mos/snapshot/restore.hpp>
#include <mos/snapshot/rollback.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace mos::engine {

using snapshot::ListedPoint;
using snapshot::recovery_point_name;

namespace {

constexpr const char *count_setting = "update_system.rollback.maximum_rollback_points";
constexpr const char *age_setting = "update_system.rollback.recovery_point_retention";
constexpr std::size_t newest_stays = 1;  // however old: else a system that rests for a month could not go back

RecoveryPoint shown(ListedPoint listed) {
    RecoveryPoint point;
    point.name = recovery_point_name(listed.id);
    point.captured = listed.captured.has_value();
    point.can_go_back = listed.can_go_back;
    point.taken_back = listed.of_change && !listed.of_change->in_effect;
    point.time_unix_s = listed.time_unix_s;
    if (listed.captured) {
        point.description = std::move(listed.captured->description);
        point.scope = state::scope_name(listed.captured->scope);
        point.names = std::move(listed.captured->names);
        point.tags = std::move(listed.captured->tags);
        point.paths = listed.captured->entries;
        point.content_bytes = listed.captured->content_bytes;
    } else {
        point.description = std::move(listed.of_change->summary);
        point.reason = std::move(listed.of_change->reason);
        point.scope = "change";
        point.paths = listed.of_change->changed_paths;
    }
    return point;
}

// Rows up to what a report may have; the rest is counted.
class Rows {
  public:
    explicit Rows(JobOutcome &outcome) : m_outcome(outcome) {}
    void add(std::string_view kind, std::string package, std::string object, std::string sentence) {
        if (m_outcome.rows.size() == max_report_rows) {
            ++m_left_out;
            return;
        }
        m_outcome.rows.push_back({.kind = std::string{kind},
                                  .package = std::move(package),
                                  .object = std::move(object),
                                  .sentence = std::move(sentence)});
    }
    void finish(base::Observer &observer) const {
        if (m_left_out > 0)
            observer.notice(fmt::format("{} more rows are not listed", m_left_out));
    }

  private:
    JobOutcome &m_outcome;
    std::uint64_t m_left_out = 0;
};

std::string version_of(const std::optional<state::InstalledPackage> &package) {
    return package ? install::shown_version(package->version, package->release) : std::string{"none"};
}

void add_plan(Rows &rows, const snapshot::RestorePlan &plan) {
    for (const snapshot::PackageStep &step : plan.packages) {
        std::string versions = fmt::format("{} -> {}", version_of(step.now), version_of(step.before));
        std::string sentence = fmt::format("{} {}", step.name, versions);
        rows.add("package", step.name, std::move(versions), std::move(sentence));
    }
    for (const snapshot::RestoreFinding &finding : plan.findings)
        rows.add(snapshot::finding_name(finding.kind), {}, finding.path, finding.sentence);
    for (const snapshot::RestoreItem &item : plan.items)
        rows.add(snapshot::action_name(item.action), {}, item.past.path, base::in_quotes(item.past.path));
}

// Tells of everything, and decides as a careful restoration would where that refuses nothing.
Result<snapshot::RestoreChoice> keeps_all(const snapshot::RestoreFinding & /*finding*/) {
    return snapshot::RestoreChoice::keep;
}

Result<void> details(Session &session, const std::string &name, JobOutcome &outcome) {
    MOS_TRY(const std::uint64_t id, snapshot::recovery_point_number(name));
    MOS_TRY(const auto source, snapshot::open_source(session.site(), id));
    snapshot::RestoreOptions options;
    options.decide = keeps_all;
    MOS_TRY(const snapshot::RestorePlan plan, snapshot::plan_restore(session.site(), *source, options));
    outcome.recovery_point = name;
    outcome.changed_paths = plan.changed_paths();
    outcome.written_bytes = plan.content_bytes;
    Rows rows{outcome};
    add_plan(rows, plan);
    rows.finish(session.observer());
    return {};
}

void tell_point(Engine &engine, base::EventType type, const std::string &name, const std::string &sentence,
                const std::string &job) {
    engine.events().tell([&] {
        base::Event event = base::make_event(type, name, sentence);
        event.cause = job;
        return event;
    });
}

Result<void> capture(Engine &engine, Session &session, snapshot::CaptureRequest request, JobOutcome &outcome) {
    request.open_files = [&session]() -> Result<snapshot::FileIds> {
        auto found = base::files_open_for_writing();
        if (found)
            return found;
        session.observer().notice(
            fmt::format("nobody can tell which files are open for writing: {}", found.error().full_message()));
        return snapshot::FileIds{};
    };
    MOS_TRY(const snapshot::Captured captured, snapshot::capture_point(session.site(), request));
    outcome.recovery_point = recovery_point_name(captured.point.id);
    outcome.changed_paths = captured.point.entries;
    outcome.written_bytes = captured.copied_bytes;
    Rows rows{outcome};
    for (const std::string &path : captured.open_for_writing)
        rows.add("open-for-writing", {}, path,
                 fmt::format("{} is open for writing, and may be half written in the recovery point",
                             base::in_quotes(path)));
    if (captured.open_count > captured.open_for_writing.size())
        session.observer().notice(
            fmt::format("{} more files are open for writing", captured.open_count - captured.open_for_writing.size()));
    tell_point(engine, base::EventType::recovery_point_created, outcome.recovery_point,
               fmt::format("{} was captured: {} paths, {}", outcome.recovery_point, captured.point.entries,
                           state::scope_name(captured.point.scope)),
               session.observer().cause());
    return {};
}

Result<void> verify_one(Session &session, std::uint64_t id, Rows &rows) {
    return snapshot::verify_point(session.site(), id, [&](const snapshot::PointFault &fault) -> Result<void> {
        using Kind = snapshot::PointFault::Kind;
        const std::string_view kind =
            fault.kind == Kind::index ? "index" : (fault.kind == Kind::lost ? "lost" : "altered");
        rows.add(kind, recovery_point_name(id), fault.path, fault.sentence);
        return {};
    });
}

Result<void> verify(Session &session, const std::optional<std::string> &name, JobOutcome &outcome) {
    Rows rows{outcome};
    if (name) {
        MOS_TRY(const std::uint64_t id, snapshot::recovery_point_number(*name));
        MOS_CHECK(verify_one(session, id, rows));
    } else {
        MOS_TRY(const std::vector<ListedPoint> points, snapshot::list_points(session.site().database));
        // Each, although an older change needs some of what newer ones need: of a path it needs the oldest alone.
        for (const ListedPoint &point : points) {
            if (point.captured || point.can_go_back)
                MOS_CHECK(verify_one(session, point.id, rows));
        }
    }
    rows.finish(session.observer());
    return {};
}

// The points that were asked for, the oldest first.
Result<std::vector<ListedPoint>> chosen(Engine &engine, Session &session, const CleanUp &request) {
    MOS_TRY(std::vector<ListedPoint> points, snapshot::list_points(session.site().database));
    if (!request.name) {
        snapshot::Retention retention = retention_of(engine);
        if (request.older_than_s || request.keep)
            retention = {.max_age_s = request.older_than_s,
                         .count = request.keep,
                         .keep_minimum = 0,
                         .kinds = snapshot::Retention::Kinds::all};
        retention.keep_minimum = std::max(retention.keep_minimum, request.keep_minimum);
        return snapshot::chosen_to_go(std::move(points), retention, engine.clock().now_unix_s());
    }
    MOS_TRY(const std::uint64_t id, snapshot::recovery_point_number(*request.name));
    const auto named = std::ranges::find(points, id, &ListedPoint::id);
    if (named == points.end())
        return snapshot::no_recovery_point(*request.name);
    const auto leaning = std::find_if(points.begin(), named,
                                      [](const ListedPoint &point) { return point.of_change && point.can_go_back; });
    if (named->can_go_back && named->of_change && leaning != named)
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("without {} there would be no way back to {}: clean that up first", *request.name,
                                 recovery_point_name(leaning->id))}
            .about(*request.name);
    return std::vector<ListedPoint>{std::move(*named)};
}

Result<void> clean_up(Engine &engine, Session &session, const CleanUp &request, JobOutcome &outcome) {
    MOS_TRY(const std::vector<ListedPoint> points, chosen(engine, session, request));
    Rows rows{outcome};
    for (const ListedPoint &point : points) {
        MOS_CHECK(session.observer().checkpoint());
        const std::string name = recovery_point_name(point.id);
        const std::string &what = point.captured ? point.captured->description : point.of_change->summary;
        if (!request.simulate) {
            MOS_CHECK(snapshot::give_up(session.site(), point));
            tell_point(engine, base::EventType::recovery_point_removed, name, fmt::format("{} was cleaned up", name),
                       session.observer().cause());
        }
        rows.add(request.simulate ? "would-remove" : "removed", {}, name,
                 fmt::format("{} {}{}{}", name, request.simulate ? "would be cleaned up" : "was cleaned up",
                             what.empty() ? "" : ": ", what));
    }
    return {};
}

}  // namespace

snapshot::Retention retention_of(Engine &engine) {
    snapshot::Retention retention;
    retention.count = snapshot::default_recovery_points;
    retention.keep_minimum = newest_stays;
    const auto loaded = load_root_settings(engine, {});
    const auto number = [&](const char *path) -> std::optional<std::uint64_t> {
        const auto setting = loaded ? loaded->settings.find(path) : std::nullopt;
        return setting && setting->value.number && *setting->value.number >= 0
                   ? std::optional{static_cast<std::uint64_t>(*setting->value.number)}
                   : std::nullopt;
    };
    if (const auto count = number(count_setting))
        retention.count = static_cast<std::size_t>(*count);
    retention.max_age_s = number(age_setting);
    if (engine.settings().recovery_points)
        retention.count = engine.settings().recovery_points;
    return retention;
}

void retain_points(Session &session, Engine &engine) {
    const auto retained = [&]() -> Result<void> {
        MOS_TRY(std::vector<ListedPoint> points, snapshot::list_points(session.site().database));
        for (const ListedPoint &point :
             snapshot::chosen_to_go(std::move(points), retention_of(engine), engine.clock().now_unix_s()))
            MOS_CHECK(snapshot::give_up(session.site(), point));
        return {};
    }();
    if (!retained)
        session.observer().notice(
            fmt::format("old recovery points were not cleaned up: {}", retained.error().full_message()));
}

Result<std::vector<RecoveryPoint>> recovery_points(Engine &engine) {
    MOS_TRY(const auto database, look(engine));
    MOS_TRY(std::vector<ListedPoint> points, snapshot::list_points(*database));
    std::vector<RecoveryPoint> all;
    all.reserve(points.size());
    std::transform(points.rbegin(), points.rend(), std::back_inserter(all),
                   [](ListedPoint &point) { return shown(std::move(point)); });
    return all;
}

Result<std::unique_ptr<Job>> make_point_details_job(std::shared_ptr<Engine> engine, std::string name) {
    return Job::create([engine = std::move(engine), name = std::move(name)](base::Observer &observer,
                                                                            const Job::Ask &) {
        return run_in_session(*engine, observer, "recovery-details", Session::Purpose::mend,
                              [&](Session &session, JobOutcome &outcome) { return details(session, name, outcome); });
    });
}

Result<std::unique_ptr<Job>> make_capture_job(std::shared_ptr<Engine> engine, snapshot::CaptureRequest request) {
    return Job::create(
        [engine = std::move(engine), request = std::move(request)](base::Observer &observer, const Job::Ask &) {
            return run_in_session(
                *engine, observer, "recovery-create", Session::Purpose::change,
                [&](Session &session, JobOutcome &outcome) { return capture(*engine, session, request, outcome); });
        });
}

Result<std::unique_ptr<Job>> make_point_verify_job(std::shared_ptr<Engine> engine, std::optional<std::string> name) {
    return Job::create([engine = std::move(engine), name = std::move(name)](base::Observer &observer,
                                                                            const Job::Ask &) {
        return run_in_session(*engine, observer, "recovery-verify", Session::Purpose::mend,
                              [&](Session &session, JobOutcome &outcome) { return verify(session, name, outcome); });
    });
}

Result<std::unique_ptr<Job>> make_clean_up_job(std::shared_ptr<Engine> engine, CleanUp request) {
    return Job::create(
        [engine = std::move(engine), request = std::move(request)](base::Observer &observer, const Job::Ask &) {
            const auto purpose = request.simulate ? Session::Purpose::mend : Session::Purpose::change;
            return run_in_session(
                *engine, observer, "recovery-cleanup", purpose,
                [&](Session &session, JobOutcome &outcome) { return clean_up(*engine, session, request, outcome); });
        });
}

}  // namespace mos::engine
