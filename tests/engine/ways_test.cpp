// Ways to a release: which packages of a folder are taken, by their bytes and by the root's settings, and why.
#include "engine_bench.hpp"
#include "noise.hpp"

#include <mos/engine/root_settings.hpp>
#include <mos/engine/ways.hpp>
#include <mos/install/architecture.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace mos::test;
using mos::Code;
using mos::Result;
using mos::engine::Plan;
using mos::engine::Way;
using mos::engine::WayKind;
using mos::engine::WayRequest;
using mos::engine::Ways;

namespace {

constexpr std::size_t size = 150'000;  // above the threshold by default

// Each release alters a part of its own; the fourth alters so much that a delta to it is large.
ImageBuilder release(int number) {
    std::string content = noise_text(size, 1);
    for (int i = 2; i <= number; ++i)
        content.replace(static_cast<std::size_t>(i) * 4000, 400, noise_text(400, static_cast<std::uint32_t>(i)));
    return ImageBuilder{}.directory("opt").file("opt/app", content);
}

// A folder of the caller's, in which packages lie, and a root with release 1.
struct WayBench : EngineBench {
    WayBench() {
        std::string pattern = (std::filesystem::temp_directory_path() / "mos-ways-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        folder = pattern;
        must(install("app", "1", release(1)));
    }
    WayBench(const WayBench &) = delete;
    WayBench &operator=(const WayBench &) = delete;
    ~WayBench() {
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }

    [[nodiscard]] mos::base::Bytes packed(int number) const {
        return pack("app", std::to_string(number), release(number));
    }
    void put(const std::string &name, const mos::base::Bytes &bytes) const {
        const std::string_view text = mos::base::as_text(bytes);
        std::ofstream{folder + "/" + name, std::ios::binary}.write(text.data(),
                                                                   static_cast<std::streamsize>(text.size()));
    }
    void put_full(int number) const { put("full-" + std::to_string(number) + ".mos", packed(number)); }
    void put_delta(int from, int to) const {
        put("delta-" + std::to_string(from) + "-" + std::to_string(to) + ".mos",
            make_delta(packed(from), packed(to), {publisher.signer()}));
    }
    void put_unsigned_delta(int from, int to) const {
        put("unsigned-" + std::to_string(from) + "-" + std::to_string(to) + ".mos",
            make_delta(packed(from), packed(to)));
    }
    [[nodiscard]] mos::base::Bytes packed_for(const std::string &architecture, int number) const {
        Parts parts{.manifest = manifest_of("app", std::to_string(number)), .files = release(number).image()};
        parts.manifest.package_info.architecture = architecture;
        return make_package(parts, {publisher.signer()});
    }
    void alter_what_is_installed() const {
        const auto opened = must(twin.root()->open_directory("opt", mos::base::Symlinks::refuse));
        must(mos::base::replace_file(*opened, "app", mos::base::as_bytes(std::string_view{"altered"}), 0644));
    }
    [[nodiscard]] Result<std::size_t> install_chosen(const Ways &ways) const {
        Plan plan{engine};
        MOS_TRY(const std::size_t further, mos::engine::install_way(plan, ways));
        MOS_CHECK(run(plan));
        return further;
    }
    [[nodiscard]] std::string version() const { return must(engine->installed("app"))->version; }
    void set(const std::string &name, const std::string &value) const {
        const mos::config::Assignment assignments[] = {{"delta_updates." + name, value}};
        must(mos::engine::change_root_settings(*engine, {}, assignments));
    }
    [[nodiscard]] Ways find(WayRequest request = {}) const {
        request.folder = folder;
        request.name = "app";
        return must(mos::engine::find_ways(engine, request));
    }
    // The files' names of the chosen way, with blanks between them; "" where none was chosen.
    [[nodiscard]] std::string chosen(const WayRequest &request = {}) const { return names(find(request)); }
    [[nodiscard]] static std::string names(const Ways &ways) {
        std::string text;
        if (ways.chosen)
            for (const auto &package : ways.ways[*ways.chosen].packages)
                text += (text.empty() ? "" : " ") + std::filesystem::path{package.path}.stem().string();
        return text;
    }

    std::string folder;
};

bool says(const std::string &text, std::string_view words) { return text.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("of the packages that lead to a release the one with the fewest bytes is taken, and the plan says why") {
    WayBench bench;
    bench.put_full(2);
    bench.put_delta(1, 2);
    const Ways ways = bench.find();
    CHECK(ways.version == "2");
    CHECK(WayBench::names(ways) == "delta-1-2");
    REQUIRE(ways.ways.size() == 2);
    CHECK(ways.ways[0].kind == WayKind::delta);
    CHECK(ways.ways[1].kind == WayKind::full);
    CHECK(says(ways.reason, "in the place of the full package"));

    Plan plan{bench.engine};
    CHECK(must(mos::engine::install_way(plan, ways)) == 0);
    must(plan.resolve());
    CHECK(std::ranges::count(plan.view()->notices, ways.reason) == 1);
    const auto outcome = must(WayBench::perform(plan));
    CHECK(std::ranges::count(outcome.notices, ways.reason) == 1);
    CHECK(must(bench.engine->installed("app"))->version == "2");
}

#if defined(MOS_HAVE_YAML)
TEST_CASE("the settings say when deltas count, and the reason names the one that speaks against it") {
    WayBench bench;
    bench.put_full(2);
    bench.put_delta(1, 2);
    CHECK(bench.chosen() == "delta-1-2");
    SUBCASE("a full package below the threshold is taken whole") {
        bench.set("delta_threshold", "1MB");
        CHECK(bench.chosen() == "full-2");
        CHECK(says(bench.find().reason, "delta_updates.delta_threshold"));
    }
    SUBCASE("deltas are switched off") {
        bench.set("enable_delta", "false");
        CHECK(bench.chosen() == "full-2");
        CHECK(says(bench.find().reason, "delta_updates.enable_delta is false"));
        CHECK(bench.chosen({.force_delta = true}) == "delta-1-2");
    }
    SUBCASE("a delta is larger than the largest") {
        bench.set("max_delta_size", "100");
        CHECK(bench.chosen() == "full-2");
        CHECK(says(bench.find().reason, "delta_updates.max_delta_size"));
    }
}

TEST_CASE("where deltas may not be used and there is no full package, nothing is taken, and it is said") {
    WayBench bench;
    bench.put_delta(1, 2);
    CHECK(bench.chosen() == "delta-1-2");
    bench.set("enable_delta", "false");
    const Ways ways = bench.find();
    CHECK_FALSE(ways.chosen.has_value());
    Plan plan{bench.engine};
    const auto added = mos::engine::install_way(plan, ways);
    CHECK(refusal(added) == Code::NOT_FOUND);
    CHECK(says(added.error().message(), "there is no full package"));
}
#endif

TEST_CASE("a delta whose base was altered is passed over for the full package") {
    WayBench bench;
    bench.put_full(2);
    bench.put_delta(1, 2);
    bench.alter_what_is_installed();
    const Ways ways = bench.find();
    CHECK(WayBench::names(ways) == "full-2");
    REQUIRE(ways.ways[0].obstacle.has_value());
    CHECK(ways.ways[0].obstacle->code() == Code::BASE_DIFFERS);
    CHECK(says(ways.reason, "can't be installed here"));
    CHECK(says(ways.reason, "'opt/app'"));
    Plan plan{bench.engine};
    CHECK(refusal(mos::engine::install_way(plan, bench.find({.force_delta = true}))) == Code::BASE_DIFFERS);
}

TEST_CASE("a chain is taken where it is cheaper, one change after the other, and each finds its way anew") {
    WayBench bench;
    bench.put_full(3);
    bench.put_delta(1, 2);
    bench.put_delta(2, 3);
    Ways ways = bench.find();
    CHECK(WayBench::names(ways) == "delta-1-2 delta-2-3");
    CHECK(says(ways.reason, "each package is a change of its own"));
    for (std::size_t left = 2; left-- > 0;) {
        Plan plan{bench.engine};
        CHECK(must(mos::engine::install_way(plan, ways)) == left);
        must(WayBench::run(plan));
        ways = bench.find();
    }
    CHECK(must(bench.engine->installed("app"))->version == "3");
    CHECK(bench.content("opt", "app").size() == size);
}

TEST_CASE("a delta that leads there at once is taken before a chain of more bytes") {
    WayBench bench;
    bench.put_delta(1, 2);
    bench.put_delta(2, 3);
    bench.put_delta(1, 3);
    const Ways ways = bench.find();
    CHECK(WayBench::names(ways) == "delta-1-3");
    CHECK(std::ranges::none_of(ways.ways, [](const Way &way) { return way.kind == WayKind::chain; }));
}

TEST_CASE("no chain goes past the release that is asked for, nor back before it goes on") {
    WayBench bench;
    bench.put_full(2);
    SUBCASE("from an older one") {
        bench.put_delta(1, 3);
        bench.put_delta(3, 2);
        CHECK(bench.chosen({.version = "2"}) == "full-2");
        CHECK(bench.chosen({.version = "2", .force_delta = true}) == "");
    }
    SUBCASE("from a newer one, whatever may be installed") {
        must(bench.install("app", "3", release(3)));
        bench.put_delta(3, 1);
        bench.put_delta(1, 2);
        const mos::install::InstallOptions older{.downgrade = mos::install::Downgrade::allowed};
        CHECK(bench.chosen({.version = "2", .options = older}) == "full-2");
    }
    SUBCASE("but a chain may lead to an older one") {
        must(bench.install("app", "4", release(4)));
        bench.put_delta(4, 3);
        bench.put_delta(3, 2);
        const mos::install::InstallOptions older{.downgrade = mos::install::Downgrade::allowed};
        CHECK(bench.chosen({.version = "2", .options = older}) == "delta-4-3 delta-3-2");
    }
}

TEST_CASE("a chain one of whose links nobody vouches for is not begun, and the link is named") {
    WayBench bench;
    bench.put_full(4);
    bench.put_delta(1, 2);
    bench.put_unsigned_delta(2, 3);
    bench.put_delta(3, 4);
    Ways ways = bench.find();
    CHECK(WayBench::names(ways) == "full-4");
    CHECK(says(ways.reason, "unsigned-2-3.mos' can't be used"));
    ways = bench.find({.force_delta = true});
    CHECK_FALSE(ways.chosen.has_value());
    const auto refused = bench.install_chosen(ways);
    CHECK(refusal(refused) == Code::NOT_SIGNED);
    CHECK(says(refused.error().full_message(), "unsigned-2-3.mos"));
    CHECK(bench.version() == "1");
    bench.put_delta(2, 3);  // which is a little larger
    CHECK(bench.chosen() == "delta-1-2 delta-2-3 delta-3-4");
}

TEST_CASE("a delta that asks for more memory than there may be is passed over, at the end of a chain too") {
    WayBench bench;
    const mos::install::InstallOptions poor{.delta_memory = 64U << 10U};
    SUBCASE("alone") {
        bench.put_full(2);
        bench.put_delta(1, 2);
        const Ways ways = bench.find({.options = poor});
        CHECK(WayBench::names(ways) == "full-2");
        CHECK(says(ways.reason, "bytes of memory; 65536 are allowed"));
    }
    SUBCASE("as a link") {
        // The first link makes nothing, so that it needs no memory.
        bench.put("delta-1-2.mos",
                  make_delta(bench.packed(1), bench.pack("app", "2", release(1)), {bench.publisher.signer()}));
        bench.put("delta-2-3.mos",
                  make_delta(bench.pack("app", "2", release(1)), bench.packed(3), {bench.publisher.signer()}));
        CHECK(bench.chosen() == "delta-1-2 delta-2-3");
        const Ways ways = bench.find({.options = poor});
        CHECK_FALSE(ways.chosen.has_value());
        CHECK(refusal(bench.install_chosen(ways)) == Code::LIMIT);
        CHECK(says(ways.reason, "delta-2-3.mos' can't be used"));
        CHECK(bench.version() == "1");
    }
}

TEST_CASE("of several architectures that of the installed package counts, or else this machine's") {
    WayBench bench;
    bench.put("foreign.mos", bench.packed_for("riscv64", 2));
    SUBCASE("where the installed package is of another one, so is its update") {
        must(bench.roll_back());
        bench.put("first.mos", bench.packed_for("riscv64", 1));
        static_cast<void>(must(bench.install_chosen(bench.find({.version = "1"}))));
        bench.put("ours.mos", bench.packed_for(mos::install::machine_architecture(), 3));
        CHECK(bench.chosen() == "foreign");
    }
    SUBCASE("a package for this machine") {
        bench.put("ours.mos", bench.packed_for(mos::install::machine_architecture(), 2));
        CHECK(bench.chosen() == "ours");
    }
    SUBCASE("a package for any machine") {
        bench.put("any.mos", bench.packed_for("noarch", 2));
        CHECK(bench.chosen() == "any");
    }
    SUBCASE("where there is none of either, the other one is taken") { CHECK(bench.chosen() == "foreign"); }
}

TEST_CASE("what would stop any package of the release is no reason to take another one, and is passed on") {
    WayBench bench;
    must(bench.install("app", "3", release(3)));
    bench.put_full(2);
    bench.put_delta(3, 2);
    const Ways ways = bench.find();
    CHECK_FALSE(ways.chosen.has_value());
    CHECK(says(ways.reason, "nothing of it can be installed here: 'app' 2 is older than 3"));
    CHECK(refusal(bench.install_chosen(ways)) == Code::DOWNGRADE);
}

TEST_CASE("a full package that would be refused is not promised") {
    WayBench bench;
    bench.put("unsigned.mos", make_package("app", "2", release(2).image()));
    bench.put_unsigned_delta(1, 2);
    const Ways ways = bench.find();
    CHECK_FALSE(ways.chosen.has_value());
    CHECK(says(ways.reason, "unsigned.mos' ("));
    CHECK(says(ways.reason, "there is no signature"));
    CHECK(refusal(bench.install_chosen(ways)) == Code::NOT_SIGNED);
}

TEST_CASE("the full package that helps out is for the last link of a chain, and of the release that is asked for") {
    WayBench bench;
    bench.put_full(2);
    bench.put_full(3);
    bench.put_delta(1, 2);
    bench.put_delta(2, 3);
    const WayRequest request{.force_delta = true, .full_package = bench.folder + "/full-3.mos"};
    CHECK(must(bench.install_chosen(bench.find(request))) == 1);
    bench.alter_what_is_installed();
    CHECK(must(bench.install_chosen(bench.find(request))) == 0);
    CHECK(bench.version() == "3");
    CHECK(bench.content("opt", "app").size() == size);
    WayRequest wrong{.folder = bench.folder, .name = "app", .full_package = bench.folder + "/full-2.mos"};
    CHECK(refusal(mos::engine::find_ways(bench.engine, wrong)) == Code::INVALID_ARGUMENT);
}

TEST_CASE("a chain may begin at a version of which the folder has no package, where it is installed") {
    WayBench bench;
    bench.put_delta(1, 2);
    bench.put_delta(2, 3);
    CHECK(bench.chosen({.from_version = "1"}) == "delta-1-2 delta-2-3");
    const WayRequest unknown{.folder = bench.folder, .name = "app", .from_version = "7"};
    CHECK(refusal(mos::engine::find_ways(bench.engine, unknown)) == Code::NOT_FOUND);
}

TEST_CASE("a delta from what is installed is no way from another version") {
    WayBench bench;
    bench.put_full(2);
    bench.put_full(3);
    bench.put_delta(1, 3);
    const Ways ways = bench.find({.version = "3", .from_version = "2"});
    REQUIRE(ways.ways[0].obstacle.has_value());
    CHECK(says(ways.ways[0].obstacle->message(), "leads from another release than 'app' 2"));
    CHECK(WayBench::names(ways) == "full-3");
}

TEST_CASE("the release that is asked for is the goal, by its version or by its content; else the newest") {
    WayBench bench;
    bench.put_full(2);
    bench.put_full(3);
    bench.put("other.mos", bench.pack("other", "9", release(1)));
    bench.put("broken.mos", mos::base::Bytes(100));
    CHECK(bench.chosen() == "full-3");
    CHECK(bench.chosen({.version = "2"}) == "full-2");
    CHECK(bench.chosen({.version = "2-1"}) == "full-2");
    CHECK(bench.chosen({.content = open_package(bench.packed(2))->statement().content_digest}) == "full-2");
    const Ways none = bench.find({.version = "7"});
    CHECK(none.ways.empty());
    CHECK(says(none.reason, "has no package 'app' of version 7"));
}

TEST_CASE("what begins elsewhere is shown with what is in its way") {
    WayBench bench;
    bench.put_full(2);
    bench.put_full(4);
    bench.put_delta(2, 3);
    bench.put_delta(3, 4);
    const Ways ways = bench.find({.version = "4", .from_version = "2"});
    const auto chain = std::ranges::find(ways.ways, WayKind::chain, &Way::kind);
    REQUIRE(chain != ways.ways.end());
    REQUIRE(chain->obstacle.has_value());
    CHECK(chain->obstacle->code() == Code::BASE_DIFFERS);
    CHECK(WayBench::names(ways) == "full-4");
}

TEST_CASE("a folder that is not there is told") {
    const WayBench bench;
    const auto found = mos::engine::find_ways(bench.engine, {.folder = bench.folder + "/absent", .name = "app"});
    CHECK(refusal(found) == Code::NOT_FOUND);
}
