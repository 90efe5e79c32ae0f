#include "workloads.hpp"

#include "scenes.hpp"

namespace mos::test {

namespace {

Release bare() { return {without_holders(bare_tree()), ""}; }
Release first() { return {without_holders(first_release()), "1"}; }
Release second() { return {without_holders(second_release()), "2"}; }

}  // namespace

std::vector<Workload> all_workloads() {
    std::vector<Workload> all;
    all.push_back({.name = "install",
                   .description = "a first release into a root without database",
                   .releases = {bare(), first()},
                   .prepare = nullptr,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       return session.update(0, 1);
                   }});
    // The others start where the releases before have been installed; release 0 is always what prepare() leaves.
    const auto after_first = [](Session &session) -> Result<void> {
        MOS_CHECK(session.start());
        return session.update(1, 0);
    };
    all.push_back({.name = "update",
                   .description = "from the first release to the second: every kind of operation",
                   .releases = {first(), bare(), second()},
                   .prepare = after_first,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       return session.update(0, 2);
                   }});
    all.push_back({.name = "remove",
                   .description = "the first release goes",
                   .releases = {first(), bare()},
                   .prepare = after_first,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       return session.update(0, 1);
                   }});
    const auto after_second = [](Session &session) -> Result<void> {
        MOS_CHECK(session.start());
        MOS_CHECK(session.update(1, 2));
        return session.update(2, 0);
    };
    all.push_back({.name = "rollback",
                   .description = "from the second release back to the first",
                   .releases = {second(), bare(), first()},
                   .prepare = after_second,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       return session.roll_back(0, 2);
                   }});
    all.push_back({.name = "clean-up",
                   .description = "recovery points are pruned: an older one, then the newest",
                   .releases = {second(), bare(), first()},
                   .prepare = after_second,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       MOS_CHECK(session.prune(1));
                       return session.prune(2);
                   }});
    all.push_back({.name = "failed-update",
                   .description = "an error half-way through the second release: it turns round",
                   .releases = {first(), bare(), second()},
                   .prepare = after_first,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       return session.fail_to_update(0, 2);
                   }});
    all.push_back({.name = "failed-rollback",
                   .description = "an error half-way through a rollback: it turns round",
                   .releases = {second(), bare(), first()},
                   .prepare = after_second,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       return session.fail_to_roll_back(0, 2);
                   }});
    all.push_back({.name = "chain",
                   .description = "update, rollback, clean-up and update in one life of the process",
                   .releases = {first(), bare(), second()},
                   .prepare = after_first,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       MOS_CHECK(session.update(0, 2));
                       MOS_CHECK(session.roll_back(2, 0));
                       MOS_CHECK(session.prune(2));
                       return session.update(0, 2);
                   }});
    return all;
}

}  // namespace mos::test
