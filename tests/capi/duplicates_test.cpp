#include "capi_bench.hpp"

using namespace mos::test::capi;

namespace {

using Duplicates = std::unique_ptr<mos_duplicates, Freer<mos_duplicates_free>>;

void add(const Bench &bench, const Duplicates &duplicates, const std::string &path) {
    const auto job = made_by<Job>(
        [&](auto out, auto error) { return mos_duplicates_add_job(duplicates.get(), path.c_str(), out, error); });
    mos_error *error = nullptr;
    must(mos_job_run(job.get(), nullptr, nullptr, &error), error);
    CHECK(bench.context != nullptr);
}

}  // namespace

TEST_CASE("files that packages and folders share are told with their original and their size") {
    const Bench bench;
    const auto duplicates = made_by<Duplicates>(
        [&](auto out, auto error) { return mos_duplicates_create(bench.context.get(), out, error); });
    const std::string path = bench.pack("1.0", "content");
    const auto package = made_by<Package>(
        [&](auto out, auto error) { return mos_package_open_path(bench.context.get(), path.c_str(), out, error); });
    mos_error *error = nullptr;
    must(mos_duplicates_add_package(duplicates.get(), package.get(), "the package", &error), error);
    CHECK(mos_duplicates_count(duplicates.get()) == 0);
    const Folder folder;
    folder.put("a/same", "content");
    folder.put("a/other", "different");
    add(bench, duplicates, folder.path());
    REQUIRE(mos_duplicates_count(duplicates.get()) == 1);
    mos_duplicate one = MOS_DUPLICATE_INIT;
    must(mos_duplicates_at(duplicates.get(), 0, &one, &error), error);
    CHECK(one.size == 7);
    CHECK(std::string{one.source} == folder.path());
    CHECK(std::string{one.path} == "a/same");
    CHECK(std::string{one.original_source} == "the package");
    CHECK(std::string{one.original_path} == "content/files/app/file");
    CHECK_FALSE(one.is_stored_once);
    add(bench, duplicates, folder.at("a/other"));
    mos_duplicates_totals totals = MOS_DUPLICATES_TOTALS_INIT;
    must(mos_duplicates_totals_get(duplicates.get(), &totals, &error), error);
    CHECK(totals.files == 4);
    CHECK(totals.bytes == 7 + 7 + 9 + 9);
    CHECK(totals.duplicates == 2);
    CHECK(totals.duplicate_bytes == 7 + 9);
    CHECK(totals.stored_once_bytes == 0);
}

TEST_CASE("what can't be compared is refused, and what was added before stays") {
    const Bench bench;
    const auto duplicates = made_by<Duplicates>(
        [&](auto out, auto error) { return mos_duplicates_create(bench.context.get(), out, error); });
    const auto job = made_by<Job>([&](auto out, auto error) {
        return mos_duplicates_add_job(duplicates.get(), bench.work.at("absent").c_str(), out, error);
    });
    CHECK(failure_of([&](auto error) { return mos_job_run(job.get(), nullptr, nullptr, error); }).code ==
          MOS_E_NOT_FOUND);
    mos_duplicate one = MOS_DUPLICATE_INIT;
    CHECK(failure_of([&](auto error) { return mos_duplicates_at(duplicates.get(), 0, &one, error); }).code ==
          MOS_E_INVALID_ARGUMENT);
    CHECK(failure_of([&](auto error) {
              return mos_duplicates_add_package(duplicates.get(), nullptr, nullptr, error);
          }).code == MOS_E_INVALID_ARGUMENT);
    CHECK(mos_duplicates_count(nullptr) == 0);
    mos_duplicates_free(nullptr);
}
