// Packages that carry other packages.
#include "engine_bench.hpp"

#include <mos/engine/report.hpp>

using namespace mos::test;
using mos::Code;
using mos::Result;
using mos::engine::Plan;

namespace {

struct BundleBench : EngineBench {
    // A package with one file, "NAME/x", that carries others.
    [[nodiscard]] mos::base::Bytes pack(const std::string &name, const std::string &version,
                                        std::vector<mos::base::Bytes> bundles = {},
                                        std::vector<std::string> depends = {}) const {
        Parts parts{.manifest = manifest_of(name, version)};
        parts.manifest.dependencies.depends = std::move(depends);
        ImageBuilder files;
        files.directory(name).file(name + "/x", version);
        parts.files = files.image();
        parts.bundles = std::move(bundles);
        return make_package(parts, {publisher.signer()});
    }
    [[nodiscard]] static Result<void> add(Plan &plan, mos::base::Bytes package, const std::string &name = "given.mos") {
        return plan.install(mos::base::make_memory_source(std::move(package), name), {});
    }
    void install(mos::base::Bytes package) {
        Plan plan{engine};
        must(add(plan, std::move(package)));
        must(run(plan));
    }
    [[nodiscard]] std::vector<std::string> packages() const {
        std::vector<std::string> rows;
        for (const auto &row : must(mos::engine::installed_packages(*engine)))
            rows.push_back(row.kind + " " + row.package + " " + row.object);
        return rows;
    }
    [[nodiscard]] std::vector<std::string> orphans() const {
        std::vector<std::string> rows;
        for (const auto &row : must(mos::engine::orphans(*engine)))
            rows.push_back(row.package + " " + row.object);
        return rows;
    }
    using Names = std::vector<std::string>;
};

}  // namespace

TEST_CASE("what a package carries is installed before it, in the same transaction") {
    BundleBench bench;
    Plan plan{bench.engine};
    must(bench.add(plan, bench.pack("app", "1", {bench.pack("lib", "2", {bench.pack("base", "3")})})));
    must(plan.resolve());
    std::vector<std::string> names;
    for (const Plan::Step &step : plan.view()->steps)
        names.push_back(step.name);
    CHECK(names == BundleBench::Names{"base", "lib", "app"});
    must(BundleBench::run(plan));
    CHECK(bench.content("base", "x") == "3");
    CHECK(bench.packages() == BundleBench::Names{"asked app 1", "automatic base 3", "automatic lib 2"});
    must(bench.roll_back());
    CHECK(bench.packages().empty());
}

TEST_CASE("what is there in the same version or a newer one is left alone") {
    BundleBench bench;
    bench.install(bench.pack("lib", "2"));
    bench.install(bench.pack("app", "1", {bench.pack("lib", "1.9")}));
    CHECK(bench.packages() == BundleBench::Names{"asked app 1", "asked lib 2"});
    bench.install(bench.pack("app", "2", {bench.pack("lib", "2.1")}));
    CHECK(bench.packages() == BundleBench::Names{"asked app 2", "asked lib 2.1"});
}

TEST_CASE("the same package carried twice comes once, in its newest version") {
    BundleBench bench;
    Plan plan{bench.engine};
    must(bench.add(plan, bench.pack("a", "1", {bench.pack("lib", "1")})));
    must(bench.add(plan, bench.pack("b", "1", {bench.pack("lib", "2")})));
    must(bench.add(plan, bench.pack("c", "1", {bench.pack("lib", "1.5")})));
    must(BundleBench::run(plan));
    CHECK(bench.packages() == BundleBench::Names{"asked a 1", "asked b 1", "asked c 1", "automatic lib 2"});
}

TEST_CASE("a package of the plan that is older than one that comes along is refused") {
    BundleBench bench;
    Plan plan{bench.engine};
    must(bench.add(plan, bench.pack("lib", "1")));
    const auto refused = bench.add(plan, bench.pack("a", "1", {bench.pack("lib", "2")}));
    CHECK(refusal(refused) == Code::CONFLICT);
    CHECK(refused.error().full_message().find("'lib' 1 is in the plan, and a package of the plan carries version 2") !=
          std::string::npos);
    must(BundleBench::run(plan));  // which is as it was
    CHECK(bench.packages() == BundleBench::Names{"asked lib 1"});
}

TEST_CASE("packages that carry each other in a circle are refused, and the circle is told") {
    BundleBench bench;
    Plan plan{bench.engine};
    const auto refused =
        bench.add(plan, bench.pack("a", "2", {bench.pack("b", "1", {bench.pack("c", "1", {bench.pack("a", "1")})})}));
    CHECK(refusal(refused) == Code::FORMAT);
    CHECK(refused.error().full_message().find("a → b → c → a") != std::string::npos);
}

TEST_CASE("packages within packages without end are refused") {
    BundleBench bench;
    mos::base::Bytes package = bench.pack("p0", "1");
    for (int depth = 1; depth < 12; ++depth)
        package = bench.pack("p" + std::to_string(depth), "1", {package});
    Plan plan{bench.engine};
    CHECK(refusal(bench.add(plan, package)) == Code::LIMIT);
}

TEST_CASE("what a package carries must itself be signed by somebody who is trusted") {
    BundleBench bench;
    const PinnedSigner stranger;
    Parts inner{.manifest = manifest_of("lib", "1")};
    ImageBuilder files;
    files.directory("lib").file("lib/x", "evil");
    inner.files = files.image();
    Plan plan{bench.engine};
    const auto refused = bench.add(plan, bench.pack("app", "1", {make_package(inner, {stranger.signer()})}));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().full_message().find("'dependencies/0.mos', which 'app' carries") != std::string::npos);
    CHECK(refusal(plan.resolve()) == Code::INVALID_ARGUMENT);  // it has no steps
}

TEST_CASE("what came along and nobody needs any more is an orphan") {
    BundleBench bench;
    SUBCASE("with a relation") {
        bench.install(bench.pack("app", "1", {bench.pack("lib", "1", {bench.pack("base", "1")}, {"base"})}, {"lib"}));
    }
    SUBCASE("with none") { bench.install(bench.pack("app", "1", {bench.pack("lib", "1", {bench.pack("base", "1")})})); }
    CHECK(bench.orphans().empty());
    Plan plan{bench.engine};
    must(plan.remove({.name = "app"}));
    must(BundleBench::run(plan));
    CHECK(bench.orphans() == BundleBench::Names{"base 1", "lib 1"});
    bench.install(bench.pack("lib", "2", {}, {"base"}));  // asked for by now
    CHECK(bench.orphans().empty());
}
