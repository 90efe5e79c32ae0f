#include <mos/engine/recovery_points.hpp>

#include <mos/engine/doctor.hpp>

#include "engine_bench.hpp"
#include "temporary_root.hpp"

#include <algorithm>
#include <fstream>
#include <sys/stat.h>
#include <sys/xattr.h>

using namespace mos::test;
using namespace mos::engine;
using mos::Code;
using mos::Result;

namespace {

// So many days after the still clock.
class LaterClock final : public mos::base::Clock {
  public:
    explicit LaterClock(std::int64_t days) : m_days(days) {}
    [[nodiscard]] std::int64_t now_unix_s() const override { return StillClock{}.now_unix_s() + m_days * 86'400; }
    [[nodiscard]] std::int64_t monotonic_ms() const override { return 0; }

  private:
    std::int64_t m_days;
};

void move_clock(EngineBench &bench, std::int64_t days) {
    bench.clock = std::make_shared<LaterClock>(days);
    bench.engine = bench.open();
}

Result<JobOutcome> run_to_end(Result<std::unique_ptr<Job>> made) {
    const auto job = must(std::move(made));
    must(job->run(nullptr));
    return *job->result();
}

std::vector<std::string> names(EngineBench &bench) {
    std::vector<std::string> all;
    for (const RecoveryPoint &point : must(recovery_points(*bench.engine)))
        all.push_back(point.name);
    return all;
}

std::string capture(EngineBench &bench, mos::snapshot::CaptureRequest request = {}) {
    return must(run_to_end(make_capture_job(bench.engine, std::move(request)))).recovery_point;
}

bool finds(EngineBench &bench, std::string_view kind) {
    const auto findings = must(examine_root(*bench.engine));
    return std::any_of(findings.begin(), findings.end(), [&](const Finding &finding) { return finding.kind == kind; });
}

}  // namespace

TEST_CASE("how many points of changes are kept is what the settings say, and captured ones stay") {
    EngineBench bench;
    const auto folder = must(mos::base::make_directories(*bench.twin.root(), "etc/multios"));
    must(mos::base::replace_file(*folder, "update-system.yml",
                                 mos::base::as_bytes("update_system:\n  rollback:\n    maximum_rollback_points: 2\n"),
                                 0644));
    must(bench.install("p", "1", simple("1")));
    const std::string captured = capture(bench);
    for (const char *version : {"2", "3", "4"})
        must(bench.install("p", version, simple(version)));
    CHECK(names(bench) == std::vector<std::string>{"rp-5", "rp-4", captured});
}

TEST_CASE("points that are too old go with the next change, but for the newest") {
    EngineBench bench;
    must(bench.install("p", "1", simple("1")));
    must(bench.install("p", "2", simple("2")));
    move_clock(bench, 31);
    must(bench.install("p", "3", simple("3")));
    CHECK(names(bench) == std::vector<std::string>{"rp-3"});
    move_clock(bench, 62);
    must(run_to_end(make_clean_up_job(bench.engine, {})));
    CHECK(names(bench) == std::vector<std::string>{"rp-3"});
}

TEST_CASE("a named point is cleaned up unless older ones lean on it") {
    EngineBench bench;
    for (const char *version : {"1", "2", "3"})
        must(bench.install("p", version, simple(version)));
    const std::string captured = capture(bench);
    CHECK(refusal(run_to_end(make_clean_up_job(bench.engine, {.name = "rp-2"}))) == Code::INVALID_ARGUMENT);
    CHECK(refusal(run_to_end(make_clean_up_job(bench.engine, {.name = "rp-9"}))) == Code::NOTHING_TO_ROLL_BACK);
    must(run_to_end(make_clean_up_job(bench.engine, {.name = captured})));
    must(run_to_end(make_clean_up_job(bench.engine, {.name = "rp-1"})));
    must(run_to_end(make_clean_up_job(bench.engine, {.name = "rp-2"})));
    CHECK(names(bench) == std::vector<std::string>{"rp-3"});
}

TEST_CASE("the doctor names a damaged point, what was cut short and what nobody knows, and mends what can be") {
    EngineBench bench;
    must(bench.install("p", "1", simple("1")));
    const std::string captured = capture(bench);
    CHECK_FALSE(finds(bench, "point-damaged"));
    const auto points = must(bench.twin.root()->open_directory("var/lib/multios/points", mos::base::Symlinks::refuse));
    must(points->make_directory("77", 0700));
    CHECK(finds(bench, "point-unknown"));
    must(points->make_directory("78.new", 0700));
    CHECK(finds(bench, "point-unfinished"));
    must(mos::base::remove_tree(*points, captured.substr(3)));
    CHECK(finds(bench, "point-damaged"));
    must(repair_root(*bench.engine, std::nullopt));
    CHECK_FALSE(finds(bench, "point-damaged"));
    CHECK_FALSE(finds(bench, "point-unfinished"));
    CHECK(finds(bench, "point-unknown"));
    CHECK(names(bench) == std::vector<std::string>{"rp-1"});
}

TEST_CASE("verifying all points finds what is wrong with the newest alone") {
    EngineBench bench;
    for (const char *const version : {"1", "2", "3"})
        must(bench.install("p", version, simple(version)));
    const auto faults = [&] { return must(run_to_end(make_point_verify_job(bench.engine, std::nullopt))).rows; };
    CHECK(faults().empty());
    const auto stage = must(bench.twin.root()->open_directory(".multios-stage/3", mos::base::Symlinks::refuse));
    for (const auto &entry : must(stage->list()))
        if (entry.type == mos::base::FileType::regular &&
            entry.name.find_first_not_of("0123456789") == std::string::npos)
            must(stage->remove_file(entry.name));
    const auto found = faults();
    REQUIRE(found.size() == 1);
    CHECK(found.front().kind == "lost");
    CHECK(found.front().package == "rp-3");
    CHECK(found.front().object == "p/x");
}

TEST_CASE("events tell that a point was made and cleaned up") {
    std::vector<std::string> told;
    EngineBench bench{
        {.listener = [&told](const mos::base::Event &event) { told.push_back(event.type + " " + event.subject); }}};
    must(bench.install("p", "1", simple("1")));
    const std::string captured = capture(bench);
    must(run_to_end(make_clean_up_job(bench.engine, {.name = captured})));
    CHECK(std::count(told.begin(), told.end(), "recovery_point_created " + captured) == 1);
    CHECK(std::count(told.begin(), told.end(), "recovery_point_removed " + captured) == 1);
}

TEST_CASE("access control lists of a real filesystem come back with the modes that they are part of") {
    const TemporaryRoot place;
    const std::string file = place.path() + "/srv/file";
    const std::string folder = place.path() + "/srv/folder";
    REQUIRE(::mkdir((place.path() + "/srv").c_str(), 0755) == 0);
    REQUIRE(::mkdir(folder.c_str(), 0700) == 0);
    std::ofstream{file} << "as it was";
    REQUIRE(::chmod(file.c_str(), 0640) == 0);
    // Version 2; of each entry its kind, its bits, and whose it is: the owner, user 1234, the group, the mask, all
    // others.
    const auto list = [](std::uint16_t of_user, std::uint16_t mask) {
        std::vector<std::uint16_t> words = {2, 0};
        const auto add = [&](std::uint16_t kind, std::uint16_t bits, std::uint32_t whose) {
            words.insert(words.end(), {kind, bits, static_cast<std::uint16_t>(whose & 0xffffU),
                                       static_cast<std::uint16_t>(whose >> 16U)});
        };
        add(0x01, 6, 0xffffffff);
        add(0x02, of_user, 1234);
        add(0x04, 4, 0xffffffff);
        add(0x10, mask, 0xffffffff);
        add(0x20, 0, 0xffffffff);
        return words;
    };
    const auto give = [](const std::string &path, const char *name, const std::vector<std::uint16_t> &words) {
        return ::setxattr(path.c_str(), name, words.data(), words.size() * sizeof words[0], 0);
    };
    const auto has = [](const std::string &path, const char *name) {
        std::vector<std::uint16_t> words(64);
        const auto bytes = ::getxattr(path.c_str(), name, words.data(), words.size() * sizeof words[0]);
        words.resize(bytes < 0 ? 0 : static_cast<std::size_t>(bytes) / sizeof words[0]);
        return words;
    };
    const auto mode = [](const std::string &path) {
        struct stat status {};
        return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0U;
    };
    if (give(file, "system.posix_acl_access", list(6, 6)) != 0) {
        MESSAGE("this filesystem has no access control lists");
        return;
    }
    REQUIRE(give(folder, "system.posix_acl_default", list(7, 7)) == 0);
    const auto engine = std::make_shared<Engine>(place.root(), Settings{}, std::make_shared<StillClock>());
    const std::string point =
        must(run_to_end(make_capture_job(engine, {.scope = mos::state::PointScope::paths, .names = {"srv"}})))
            .recovery_point;
    const auto go_back = [&](std::optional<std::string> to) {
        Plan plan{engine};
        must(plan.roll_back({std::move(to)}));
        must(EngineBench::run(plan));
    };
    SUBCASE("a file that is made again, and a folder that has lost its list") {
        must(mos::base::replace_file(*must(place.root()->open_directory("srv", mos::base::Symlinks::refuse)), "file",
                                     mos::base::as_bytes("changed"), 0600));
        REQUIRE(::removexattr(folder.c_str(), "system.posix_acl_default") == 0);
        go_back(point);
        CHECK(has(file, "system.posix_acl_access") == list(6, 6));
        CHECK(mode(file) == 0660);
        CHECK(has(folder, "system.posix_acl_default") == list(7, 7));
        go_back(std::nullopt);
        CHECK(has(file, "system.posix_acl_access").empty());
        CHECK(mode(file) == 0600);
        CHECK(has(folder, "system.posix_acl_default").empty());
    }
    SUBCASE("what stands, with another list and mode by now") {
        REQUIRE(give(file, "system.posix_acl_access", list(4, 4)) == 0);
        REQUIRE(::chmod(file.c_str(), 04740) == 0);
        REQUIRE(give(folder, "system.posix_acl_access", list(5, 5)) == 0);
        const unsigned since = mode(folder);
        const auto list_since = has(file, "system.posix_acl_access");  // the mode is a part of it
        go_back(point);
        CHECK(has(file, "system.posix_acl_access") == list(6, 6));
        CHECK(mode(file) == 0660);
        CHECK(has(folder, "system.posix_acl_access").empty());
        CHECK(mode(folder) == 0700);
        go_back(std::nullopt);
        CHECK(has(file, "system.posix_acl_access") == list_since);
        CHECK(mode(file) == 04740);
        CHECK(has(folder, "system.posix_acl_access") == list(5, 5));
        CHECK(mode(folder) == since);
    }
}
