// What is cut of recovery points: capturing, giving up, and going back over several changes.
#include "snapshot_workloads.hpp"

#include <mos/crypto/digest.hpp>
#include <mos/snapshot/change_source.hpp>
#include <mos/snapshot/points.hpp>
#include <mos/snapshot/restore.hpp>
#include <mos/snapshot/retention.hpp>

#include <fmt/format.h>

#include <cerrno>

namespace mos::test {

namespace {

Release bare() { return {without_holders(bare_tree()), "", "", ""}; }
Release first() { return {without_holders(first_release()), "1", "", ""}; }
Release second() { return {without_holders(second_release()), "2", "", ""}; }
// The second with another content of its first file.
Release third() {
    Release release = {without_holders(second_release()), "3", "", ""};
    for (TreeEntry &entry : release.tree.entries) {
        if (entry.type != base::FileType::regular || !entry.first_linked.empty())
            continue;
        entry.content = "the third " + entry.content;
        ++entry.modified.seconds;
        break;
    }
    return release;
}

// With what a point keeps of the first file that has any content.
Release with_point(Release release) {
    for (const TreeEntry &entry : release.tree.entries) {
        if (entry.type != base::FileType::regular || entry.content.empty())
            continue;
        const std::string hex = base::to_hex(crypto::sha256(base::as_bytes(entry.content)));
        release.kept = entry.content;
        release.kept_at = fmt::format("{}/points/objects/{}/{}", database_path, hex.substr(0, 2), hex.substr(2));
        return release;
    }
    return release;
}

Error violation(std::string what) { return Error{Code::INTERNAL, std::move(what)}; }

// What a recovery can't clear away it tells, and it is no error to it. To whoever examines it is one: of a kernel that
// keeps an earlier write's error for the first who flushes after it.
Result<void> settle(Machine &machine) {
    const std::size_t told_before = machine.watcher.notices.size();
    MOS_TRY(const std::uint64_t settled, snapshot::recover_points(machine.site()));
    static_cast<void>(settled);
    if (machine.watcher.notices.size() > told_before)
        return Error{Code::RECOVERY_FAILED, machine.watcher.notices.back()}.with_errno(EIO);
    MOS_TRY(const std::uint64_t again, snapshot::recover_points(machine.site()));
    return again == 0 ? Result<void>{} : violation("a second recovery of the points found something to do");
}

// Each point is there whole or not at all, and nothing lies about that no point knows.
Result<void> check_points(Machine &machine) {
    MOS_CHECK(settle(machine));
    MOS_TRY(const auto folder, machine.root().open_directory(database_path, base::Symlinks::refuse));
    MOS_TRY(const auto troubles, snapshot::examine_points(*folder, machine.database()));
    if (!troubles.empty())
        return violation(troubles.front().sentence);
    MOS_TRY(const auto points, state::Points{machine.database()}.list());
    for (const state::Point &point : points)
        MOS_CHECK(
            snapshot::verify_point(machine.site(), point.id, [](const snapshot::PointFault &fault) -> Result<void> {
                return violation(fault.sentence);
            }));
    return {};
}

Result<void> start(Session &session) {
    MOS_CHECK(session.start());
    MOS_TRY(const std::uint64_t settled, snapshot::recover_points(session.machine().site()));
    static_cast<void>(settled);
    return {};
}

Result<std::uint64_t> capture(Session &session) {
    MOS_TRY(const snapshot::Captured captured, snapshot::capture_point(session.machine().site(), {}));
    return captured.point.id;
}

Result<snapshot::RestoreChoice> always_past(const snapshot::RestoreFinding & /*finding*/) {
    return snapshot::RestoreChoice::past;  // the machine writes no rows of files, so that all is foreign
}

Result<void> go_back(Session &session, std::unique_ptr<snapshot::RestorationSource> source, std::size_t from,
                     std::size_t to) {
    snapshot::RestoreOptions options;
    options.decide = always_past;
    snapshot::RestoreJob job;
    job.description = {.summary = "go back", .reason = {}};
    job.record = [&](std::uint64_t) -> Result<void> {
        session.allow(only(from) | only(to));
        return {};
    };
    // What is put in place was decided.
    session.machine().watcher.on_checkpoint = [&session, to](base::Phase phase) -> Result<void> {
        if (phase == base::Phase::applying)
            session.allow(only(to));
        return {};
    };
    const auto restored = snapshot::restore(session.machine().site(), *source, options, job);
    session.machine().watcher.on_checkpoint = nullptr;
    if (!restored)
        return restored.error();
    session.allow(only(to));
    return {};
}

}  // namespace

std::vector<Workload> snapshot_workloads() {
    std::vector<Workload> all;
    all.push_back({.name = "go-back",
                   .description = "over two changes at once, in a transaction of its own",
                   .releases = {third(), bare(), first(), second()},
                   .prepare = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       MOS_CHECK(session.update(1, 2));
                       MOS_CHECK(session.update(2, 3));
                       return session.update(3, 0);
                   },
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(start(session));
                       MOS_TRY(auto source, snapshot::open_change_source(session.machine().site(), 2));
                       MOS_CHECK(go_back(session, std::move(source), 0, 2));
                       return session.roll_back(2, 0);
                   },
                   .recover_more = check_points});
    const auto after_first = [](Session &session) -> Result<void> {
        MOS_CHECK(session.start());
        return session.update(1, 0);
    };
    all.push_back({.name = "capture",
                   .description = "a point of the whole system, and another one",
                   .releases = {first(), bare(), with_point(first())},
                   .prepare = after_first,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(start(session));
                       session.allow(only(0) | only(2));
                       MOS_TRY(const std::uint64_t one, capture(session));
                       session.allow(only(2));
                       MOS_TRY(const std::uint64_t two, capture(session));
                       MOS_CHECK(snapshot::remove_point(session.machine().site(), one));
                       static_cast<void>(two);
                       return {};
                   },
                   .recover_more = check_points});
    all.push_back({.name = "give-up",
                   .description = "a point is given up",
                   .releases = {with_point(first()), bare(), first()},
                   .prepare = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       MOS_CHECK(session.update(1, 2));
                       MOS_TRY(const std::uint64_t id, capture(session));
                       static_cast<void>(id);
                       session.allow(only(0));
                       return {};
                   },
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(start(session));
                       session.allow(only(0) | only(2));
                       MOS_CHECK(snapshot::remove_point(session.machine().site(), 2));
                       session.allow(only(2));
                       return {};
                   },
                   .recover_more = check_points});
    all.push_back({.name = "go-back-to-point",
                   .description = "to a point that was captured",
                   .releases = {second(), bare(), first()},
                   .prepare = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       MOS_CHECK(session.update(1, 2));
                       MOS_TRY(const std::uint64_t id, capture(session));
                       static_cast<void>(id);
                       return session.update(2, 0);
                   },
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(start(session));
                       MOS_TRY(auto source, snapshot::open_point_source(session.machine().site(), 2));
                       return go_back(session, std::move(source), 0, 2);
                   },
                   .recover_more = check_points});
    return all;
}

}  // namespace mos::test
