// What is installed, held against what was installed.
#include <mos/engine/report.hpp>

#include "engine_bench.hpp"

using namespace mos::test;
using mos::Code;
using mos::engine::Plan;
using Rows = std::vector<std::string>;

namespace {

mos::engine::JobOutcome compare(const EngineBench &bench) {
    const auto job = must(mos::engine::make_verify_job(bench.engine, std::nullopt));
    must(job->run(nullptr));
    return must(*job->result());
}

Rows differences(const EngineBench &bench) {
    Rows rows;
    for (const auto &row : compare(bench).rows)
        rows.push_back(row.kind + " " + row.package + " " + row.object);
    return rows;
}

}  // namespace

TEST_CASE("what was altered since it was installed is listed, and what scripts write is not") {
    EngineBench bench;
    ImageBuilder files;
    files.directory("etc").file("etc/conf", "c").directory("p");
    for (const char *name : {"p/content", "p/mode", "p/gone", "p/type", "p/same"})
        files.file(name, "content");
    files.symlink("p/link", "there");
    Parts parts{.manifest = manifest_of("p", "1"), .files = files.image()};
    Plan plan{bench.engine};
    must(plan.install(mos::base::make_memory_source(make_package(parts, {bench.publisher.signer()}), "p"), {}));
    must(EngineBench::run(plan));
    CHECK(differences(bench).empty());
    const auto p = must(bench.twin.root()->open_directory("p", mos::base::Symlinks::refuse));
    const auto etc = must(bench.twin.root()->open_directory("etc", mos::base::Symlinks::refuse));
    must(must(p->open_file("content", mos::base::OpenMode::write))->write_at(0, mos::base::as_bytes("CONTENT")));
    must(must(etc->open_file("conf", mos::base::OpenMode::write))->write_at(0, mos::base::as_bytes("C")));
    must(p->set_mode("content", 0600));
    must(p->set_owner("content", 12, 34));
    must(p->set_mode("mode", 0600));
    must(p->remove_file("gone"));
    must(p->remove_file("type"));
    must(p->make_directory("type", 0755));
    must(p->remove_file("link"));
    must(p->make_symlink("link", "elsewhere"));
    CHECK(differences(bench) == Rows{"configuration-content p etc/conf", "content p p/content", "mode p p/content",
                                     "owner p p/content", "missing p p/gone", "link-target p p/link", "mode p p/mode",
                                     "type p p/type"});
    const auto job = must(mos::engine::make_verify_job(bench.engine, "nobody"));
    must(job->run(nullptr));
    CHECK(refusal(*job->result()) == Code::NOT_INSTALLED);
}

TEST_CASE("a root that is mounted read-only is compared as it is") {
    EngineBench bench;
    must(bench.install("p", "1", simple("one")));
    SUBCASE("as it was installed") {
        bench.twin.set_writable(Twin::Writable::no);
        CHECK(differences(bench).empty());
    }
    SUBCASE("altered") {
        const auto folder = must(bench.twin.root()->open_directory("p", mos::base::Symlinks::refuse));
        must(folder->set_mode("x", 0600));
        bench.twin.set_writable(Twin::Writable::no);
        CHECK(differences(bench) == Rows{"mode p p/x"});
    }
    SUBCASE("in the middle of a change") {
        bench.twin = Twin{bench.cut_when_applying("p", "2", simple("two"))};
        bench.engine = bench.open();
        bench.twin.set_writable(Twin::Writable::no);
        const auto outcome = compare(bench);
        REQUIRE(outcome.notices.size() == 1);
        CHECK(outcome.notices.front().starts_with("'update p 1 → 2' was left unfinished"));
        bench.twin.set_writable(Twin::Writable::yes);
        CHECK(differences(bench).empty());
        CHECK(bench.content("p", "x") == "two");
    }
}
