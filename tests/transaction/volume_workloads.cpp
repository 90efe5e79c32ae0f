// What is cut on a root of several volumes.
#include "workloads.hpp"

namespace mos::test {

namespace {

Release bare() { return {without_holders(bare_on_volumes()), "", "", ""}; }
Release first() { return {without_holders(first_on_volumes()), "1", "", ""}; }
Release second() { return {without_holders(second_on_volumes()), "2", "", ""}; }

std::vector<std::string> with_database_apart() {
    std::vector<std::string> tops = volume_tops();
    tops.emplace_back("var");
    return tops;
}

Workload on_volumes(Workload workload) {
    workload.ground = bare_on_volumes();
    if (workload.volumes.empty())
        workload.volumes = volume_tops();
    return workload;
}

}  // namespace

std::vector<Workload> volume_workloads() {
    std::vector<Workload> all;
    const auto after_first = [](Session &session) -> Result<void> {
        MOS_CHECK(session.start());
        return session.update(1, 0);
    };
    const auto update = [](Session &session) -> Result<void> {
        MOS_CHECK(session.start());
        return session.update(0, 2);
    };
    all.push_back(on_volumes({.name = "volumes-install",
                              .description = "a first release on three volumes that have no stages yet",
                              .releases = {bare(), first()},
                              .prepare = nullptr,
                              .run = [](Session &session) -> Result<void> {
                                  MOS_CHECK(session.start());
                                  return session.update(0, 1);
                              }}));
    all.push_back(on_volumes({.name = "volumes-update",
                              .description = "every kind of operation on three volumes, one within another",
                              .releases = {first(), bare(), second()},
                              .prepare = after_first,
                              .run = update}));
    all.push_back(on_volumes({.name = "volumes-database",
                              .description = "the same, with the database on a volume of its own",
                              .releases = {first(), bare(), second()},
                              .prepare = after_first,
                              .run = update,
                              .volumes = with_database_apart()}));
    all.push_back(on_volumes({.name = "volumes-failed",
                              .description = "an error half-way through an update on three volumes: it turns round",
                              .releases = {first(), bare(), second()},
                              .prepare = after_first,
                              .run = [](Session &session) -> Result<void> {
                                  MOS_CHECK(session.start());
                                  return session.fail_to_update(0, 2);
                              }}));
    all.push_back(on_volumes({.name = "volumes-chain",
                              .description = "a rollback on three volumes, and the clean-up of its recovery point",
                              .releases = {second(), bare(), first()},
                              .prepare = [](Session &session) -> Result<void> {
                                  MOS_CHECK(session.start());
                                  MOS_CHECK(session.update(1, 2));
                                  return session.update(2, 0);
                              },
                              .run = [](Session &session) -> Result<void> {
                                  MOS_CHECK(session.start());
                                  MOS_CHECK(session.roll_back(0, 2));
                                  return session.prune(2);
                              }}));
    return all;
}

}  // namespace mos::test
