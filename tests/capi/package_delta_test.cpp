#include "capi_bench.hpp"

#include <map>

using namespace mos::test::capi;

namespace {

const std::string old_text = numbers_text(100'000, 1);
const std::string new_text = old_text.substr(0, 50'000) + "something new" + old_text.substr(50'000);

struct DeltaBench : Bench {
    DeltaBench() : first(pack("1.0", old_text)), second(pack("1.1", new_text)) {}

    [[nodiscard]] Package open(const std::string &path) const {
        return made_by<Package>(
            [&](auto out, auto error) { return mos_package_open_path(context.get(), path.c_str(), out, error); });
    }
    [[nodiscard]] std::string delta(mos_package_delta_options options = MOS_PACKAGE_DELTA_OPTIONS_INIT) const {
        std::string path = work.at("delta.mos");
        options.output_path = path.c_str();
        options.sign_key = key.get();
        const Package base = open(first);
        const Package target = open(second);
        const auto job = made_by<Job>([&](auto out, auto error) {
            return mos_package_delta_job(base.get(), target.get(), &options, out, error);
        });
        mos_error *error = nullptr;
        must(mos_job_run(job.get(), nullptr, nullptr, &error), error);
        return path;
    }

    std::string first;
    std::string second;
};

mos_package_information information_of(const Package &package) {
    mos_package_information information = MOS_PACKAGE_INFORMATION_INIT;
    mos_error *error = nullptr;
    must(mos_package_information_get(package.get(), &information, &error), error);
    return information;
}

}  // namespace

TEST_CASE("a delta package is made, says what it is, and installs its release") {
    const DeltaBench bench;
    const Package delta = bench.open(bench.delta());
    const Package base = bench.open(bench.first);
    const Package target = bench.open(bench.second);
    const mos_package_information is = information_of(delta);
    CHECK(std::string{is.kind} == "delta");
    CHECK(std::string{is.content_digest} == information_of(target).content_digest);
    CHECK(std::string{is.base_content_digest} == information_of(base).content_digest);
    CHECK(std::string{information_of(target).base_content_digest}.empty());

    const auto cursor =
        made_by<Cursor>([&](auto out, auto error) { return mos_package_entries(delta.get(), out, error); });
    std::map<std::string, mos_entry_origin> origins;
    mos_entry entry = MOS_ENTRY_INIT;
    mos_error *error = nullptr;
    while (mos_entry_cursor_next(cursor.get(), &entry, &error) == MOS_OK)
        origins[entry.path] = entry.origin;
    CHECK(origins.at("content/files/app/file") == MOS_ORIGIN_PATCHED);
    CHECK(origins.at("metadata/manifest.json") == MOS_ORIGIN_STORED);
    CHECK(origins.at("metadata/checksums.json") == MOS_ORIGIN_DERIVED);

    bench.install(bench.first);
    bench.install(bench.work.at("delta.mos"));
    CHECK(bench.root.read("app/file") == new_text);
}

TEST_CASE("a delta package is verified beside its base") {
    const DeltaBench bench;
    const Package delta = bench.open(bench.delta());
    mos_trust_options trust = MOS_TRUST_OPTIONS_INIT;
    trust.root_path = bench.root.path().c_str();
    const std::string folder = bench.root.at("etc/multios/trust");
    trust.trust_path = folder.c_str();
    const auto verify = [&](const std::string &base) {
        const Package beside = bench.open(base);
        const auto job = made_by<Job>([&](auto out, auto error) {
            return mos_package_verify_delta_job(delta.get(), beside.get(), &trust, out, error);
        });
        mos_error *error = nullptr;
        const int code = mos_job_run(job.get(), nullptr, nullptr, &error);
        mos_error_free(error);
        return code;
    };
    CHECK(verify(bench.first) == MOS_OK);
    CHECK(verify(bench.second) == MOS_E_BASE_DIFFERS);
    CHECK(failure_of([&](auto error) {
              mos_job *job = nullptr;
              return mos_package_verify_delta_job(delta.get(), nullptr, &trust, &job, error);
          }).code == MOS_E_INVALID_ARGUMENT);
}

TEST_CASE("an altered base is refused, or comes from the full package with a notice") {
    const DeltaBench bench;
    const std::string delta = bench.delta();
    bench.install(bench.first);
    bench.root.put("app/file", "altered");
    const auto resolve = [&](const char *full) {
        const Plan plan = bench.plan();
        mos_install_options options = MOS_INSTALL_OPTIONS_INIT;
        options.full_package_path = full;
        mos_error *error = nullptr;
        must(mos_plan_install_path(plan.get(), delta.c_str(), &options, &error), error);
        const int code = mos_plan_resolve(plan.get(), &error);
        mos_error_free(error);
        if (code == MOS_OK)
            must(mos_job_run(Bench::job_of(plan).get(), nullptr, nullptr, &error), error);
        return code;
    };
    CHECK(resolve(nullptr) == MOS_E_BASE_DIFFERS);
    CHECK(bench.root.read("app/file") == "altered");
    CHECK(resolve(bench.second.c_str()) == MOS_OK);
    CHECK(bench.root.read("app/file") == new_text);
}

TEST_CASE("options of a delta package that say nothing sensible are refused") {
    const DeltaBench bench;
    const Package base = bench.open(bench.first);
    const Package target = bench.open(bench.second);
    const auto refused = [&](const mos_package_delta_options &options) {
        mos_job *job = nullptr;
        return failure_of(
                   [&](auto error) { return mos_package_delta_job(base.get(), target.get(), &options, &job, error); })
            .code;
    };
    mos_package_delta_options options = MOS_PACKAGE_DELTA_OPTIONS_INIT;
    CHECK(refused(options) == MOS_E_INVALID_ARGUMENT);  // no output
    const std::string path = bench.work.at("d.mos");
    options.output_path = path.c_str();
    options.compression_level = 20;
    CHECK(refused(options) == MOS_E_INVALID_ARGUMENT);
    options.compression_level = 0;
    options.struct_size = 0;
    CHECK(refused(options) == MOS_E_INVALID_ARGUMENT);
}

TEST_CASE("ways to a release are found in a folder, told with what is in their way, and installed") {
    const DeltaBench bench;
    const std::string delta = bench.delta();
    bench.install(bench.first);
    mos_way_options options = MOS_WAY_OPTIONS_INIT;
    options.folder_path = bench.work.path().c_str();
    options.name = "app";
    const auto find = [&] {
        return made_by<Ways>(
            [&](auto out, auto error) { return mos_ways_find(bench.engine.get(), &options, nullptr, out, error); });
    };
    Ways ways = find();
    CHECK(std::string{mos_ways_version(ways.get())} == "1.1");
    REQUIRE(mos_ways_count(ways.get()) == 2);
    mos_way way = MOS_WAY_INIT;
    mos_error *error = nullptr;
    must(mos_ways_at(ways.get(), 0, &way, &error), error);
    CHECK(way.kind == MOS_WAY_DELTA);
    CHECK(way.is_chosen);
    CHECK(way.obstacle == nullptr);
    CHECK(way.package_count == 1);
    CHECK(std::string{way.base_content_digest} == information_of(bench.open(bench.first)).content_digest);
    CHECK(way.package_bytes == std::filesystem::file_size(delta));
    CHECK(std::string{mos_ways_package_at(ways.get(), 0, 0)} == delta);
    CHECK(std::string{mos_ways_package_at(ways.get(), 0, 1)}.empty());
    CHECK(std::string{mos_ways_package_at(ways.get(), 2, 0)}.empty());

    const Plan plan = bench.plan();
    std::size_t further = 7;
    must(mos_plan_install_way(plan.get(), ways.get(), &further, &error), error);
    CHECK(further == 0);
    must(mos_plan_resolve(plan.get(), &error), error);
    CHECK(std::string{mos_plan_notice_at(plan.get(), 0)} == mos_ways_reason(ways.get()));
    must(mos_job_run(Bench::job_of(plan).get(), nullptr, nullptr, &error), error);
    CHECK(bench.root.read("app/file") == new_text);

    ways = find();  // all is there
    must(mos_ways_at(ways.get(), 0, &way, &error), error);
    REQUIRE(way.obstacle != nullptr);
    CHECK(mos_error_code(way.obstacle) == MOS_E_ALREADY_INSTALLED);
}

TEST_CASE("what is asked of ways and makes no sense is refused") {
    const DeltaBench bench;
    mos_way_options options = MOS_WAY_OPTIONS_INIT;
    const auto refused = [&] {
        mos_ways *ways = nullptr;
        return failure_of(
                   [&](auto error) { return mos_ways_find(bench.engine.get(), &options, nullptr, &ways, error); })
            .code;
    };
    CHECK(refused() == MOS_E_INVALID_ARGUMENT);  // no folder
    options.folder_path = bench.work.path().c_str();
    CHECK(refused() == MOS_E_INVALID_ARGUMENT);  // no name
    options.name = "app";
    options.content_digest = "12";
    CHECK(refused() == MOS_E_INVALID_ARGUMENT);
    options.content_digest = nullptr;
    options.version = "9";
    const auto none = made_by<Ways>(
        [&](auto out, auto error) { return mos_ways_find(bench.engine.get(), &options, nullptr, out, error); });
    const Plan plan = bench.plan();
    CHECK(failure_of([&](auto error) { return mos_plan_install_way(plan.get(), none.get(), nullptr, error); }).code ==
          MOS_E_NOT_FOUND);
    mos_way way = MOS_WAY_INIT;
    CHECK(failure_of([&](auto error) { return mos_ways_at(none.get(), 0, &way, error); }).code ==
          MOS_E_INVALID_ARGUMENT);
    mos_ways_free(nullptr);
}
