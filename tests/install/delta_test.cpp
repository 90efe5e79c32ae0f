// Delta packages: a release is made out of what is installed, or refused with the root as it was.
#include "bench.hpp"
#include "noise.hpp"

#include <algorithm>

using namespace mos::test;
using mos::Code;
using mos::install::InstallOptions;
using mos::install::Reinstall;
using mos::install::Steps;

namespace {

std::string changed(std::string text) {
    for (std::size_t i = 5; i < text.size(); i += 500)
        text[i] = static_cast<char>(text[i] + 1);
    return text;
}

ImageBuilder files_of(int version) {
    const bool old = version == 1;
    const std::string program = noise_text(40'000, 1);
    ImageBuilder files;
    files.directory("etc")
        .file("etc/app.conf", old ? "port 80\n" : "port 8080\n")
        .directory("opt")
        .directory("opt/app");
    files.file("opt/app/large", noise_text(30'000, 5));
    files.file(old ? "opt/app/lib.so.1" : "opt/app/lib.so.2",
               old ? noise_text(20'000, 2) : changed(noise_text(20'000, 2)));
    files.file("opt/app/program", old ? program : changed(program), 0755)
        .link("opt/app/program-too", "opt/app/program");
    files.file("opt/app/small", old ? noise_text(3000, 3) : changed(noise_text(3000, 3)));
    return files;
}

const mos::base::Bytes &full(int version) {
    static const mos::base::Bytes first = make_package("app", "1.0", files_of(1).image());
    static const mos::base::Bytes second = make_package("app", "1.1", files_of(2).image());
    return version == 1 ? first : second;
}

const mos::base::Bytes &delta() {
    static const mos::base::Bytes bytes = make_delta(full(1), full(2));
    return bytes;
}

Steps steps_of(const mos::base::Bytes &bytes, InstallOptions options = {}) {
    return install_steps({{open_package(bytes), std::move(options)}});
}

struct DeltaBench : Bench {
    DeltaBench() { must(run(steps_of(full(1)))); }

    // The steps are refused, and nothing of the root is another than before.
    mos::Error refused(const Steps &steps) {
        const TreeImage before = must(machine->everything());
        const auto outcome = run(steps);
        REQUIRE(!outcome);
        CHECK(difference(before, must(machine->everything()), all_directory_times) == "");
        CHECK(version_of("app") == "1.0");
        return outcome.error();
    }
};

bool says(const mos::Error &error, std::string_view words) {
    return error.full_message().find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("a delta package installs what the full one would, is recorded so, and is taken back like it") {
    DeltaBench bench;
    const TreeImage before = bench.tree();
    must(bench.run(steps_of(delta())));
    CHECK(bench.difference_from(files_of(2)) == "");
    CHECK(bench.wrong_row() == "");
    CHECK(bench.version_of("app") == "1.1");
    const TreeImage by_delta = bench.tree();
    bench.roll_back();
    CHECK(difference(before, bench.tree(), all_directory_times) == "");
    must(bench.run(steps_of(full(2))));
    CHECK(difference(by_delta, bench.tree(), all_directory_times) == "");
}

TEST_CASE("a delta follows on a release that came by a delta") {
    DeltaBench bench;
    must(bench.run(steps_of(delta())));
    ImageBuilder files = files_of(2);
    files.file("opt/app/third", "third");
    must(bench.run(steps_of(make_delta(full(2), make_package("app", "1.2", files.image())))));
    CHECK(bench.version_of("app") == "1.2");
    CHECK(bench.content("opt/app/third") == "third");
    CHECK(bench.content("opt/app/program") == changed(noise_text(40'000, 1)));
}

TEST_CASE("a delta package of another release than the installed one is refused, with both named") {
    Bench bench;
    CHECK(refusal(bench.run(steps_of(delta()))) == Code::BASE_DIFFERS);
    bench.install("app", "1.0", ImageBuilder{}.directory("opt").file("opt/x", "another 1.0"));
    const auto outcome = bench.run(steps_of(delta()));
    REQUIRE(refusal(outcome) == Code::BASE_DIFFERS);
    CHECK(says(outcome.error(), "'app' 1.1 leads from the release with the content"));
    CHECK(says(outcome.error(), "1.0 is installed"));
}

TEST_CASE("what is installed already is not installed again by a delta") {
    DeltaBench bench;
    must(bench.run(steps_of(delta())));
    CHECK(refusal(bench.run(steps_of(delta()))) == Code::ALREADY_INSTALLED);
    CHECK(refusal(bench.run(steps_of(delta(), {.reinstall = Reinstall::allowed}))) == Code::BASE_DIFFERS);
}

TEST_CASE("files of the base that were altered or are missing are named, all of them, and nothing is changed") {
    DeltaBench bench;
    std::string program = noise_text(40'000, 1);
    program[100] ^= 1;
    bench.write("opt/app/program", program);  // of the same size: only its digest tells
    bench.unlink("opt/app/lib.so.1");
    const mos::Error error = bench.refused(steps_of(delta()));
    CHECK(error.code() == Code::BASE_DIFFERS);
    CHECK(says(error, "'opt/app/program' was altered since it was installed"));
    CHECK(says(error, "'opt/app/lib.so.1' is missing"));
    CHECK(refusal(bench.resolve(steps_of(delta()))) == Code::BASE_DIFFERS);
}

TEST_CASE("a file that was yours when the base came, and was kept, is no base, and is named") {
    using mos::install::Answer;
    Bench bench;
    bench.make_directory("opt");
    bench.make_directory("opt/app");
    bench.write("opt/app/small", "mine");
    const InstallOptions asking{.on_conflict = mos::install::ConflictRule::ask};
    const auto keep = [](const mos::install::Change & /*change*/) -> mos::Result<Answer> { return Answer::keep; };
    must(bench.run(steps_of(full(1), asking), keep));
    const auto outcome = bench.run(steps_of(delta(), asking), keep);
    REQUIRE(refusal(outcome) == Code::BASE_DIFFERS);
    CHECK(
        says(outcome.error(), "'opt/app/small' was not installed with the release that the delta package leads from"));
    CHECK(bench.content("opt/app/small") == "mine");
    InstallOptions helped = asking;
    helped.full_package = open_package(full(2));
    must(bench.run(steps_of(delta(), helped), keep));
    CHECK(bench.content("opt/app/small") == "mine");
    CHECK(bench.content("opt/app/program") == changed(noise_text(40'000, 1)));
}

TEST_CASE("a link or a folder in the place of a file of the base is no base") {
    DeltaBench bench;
    bench.unlink("opt/app/small");
    bench.symlink("opt/app/small", "large");
    CHECK(bench.refused(steps_of(delta())).code() == Code::BASE_DIFFERS);
    bench.unlink("opt/app/small");
    bench.make_directory("opt/app/small");
    CHECK(!bench.run(steps_of(delta())));
}

TEST_CASE("a file whose content is right serves as a base whatever its mode and time") {
    DeltaBench bench;
    bench.chmod("opt/app/small", 0600);
    must(bench.run(steps_of(delta())));
    CHECK(bench.content("opt/app/small") == changed(noise_text(3000, 3)));
}

TEST_CASE("what a delta package does not touch may be altered, as by a full one") {
    DeltaBench bench;
    bench.write("etc/app.conf", "port 1234\n");
    bench.write("opt/app/large", "altered by hand");
    must(bench.run(steps_of(delta())));
    CHECK(bench.content("etc/app.conf") == "port 1234\n");
    CHECK(bench.content("etc/app.conf.new") == "port 8080\n");
    CHECK(bench.content("opt/app/large") == "altered by hand");
}

TEST_CASE("what can't be made comes from the full package where one is named, and is told") {
    DeltaBench bench;
    bench.write("opt/app/program", "altered");
    const auto steps = steps_of(delta(), {.full_package = open_package(full(2))});
    const auto plan = must(bench.resolve(steps));
    const auto told = std::ranges::count_if(plan.notices, [](const std::string &notice) {
        return notice.find("'opt/app/program' comes from the full package (40000 bytes)") != std::string::npos;
    });
    CHECK(told == 1);
    must(bench.run(steps));
    CHECK(bench.was_told("'opt/app/program' comes from the full package"));
    CHECK(bench.content("opt/app/program") == changed(noise_text(40'000, 1)));
    CHECK(bench.content("opt/app/program-too") == changed(noise_text(40'000, 1)));
    CHECK(bench.version_of("app") == "1.1");
}

TEST_CASE("of a full package that helps out the plan counts what is read, and names what was altered, and the sum") {
    const auto group = [](char version) {
        ImageBuilder files;
        files.directory("opt");
        for (int i = 0; i < 3; ++i)
            files.file("opt/file" + std::to_string(i), noise_text(6000, static_cast<std::uint32_t>(i)) + version);
        return make_package("app", std::string{"1."} + version, files.image());
    };
    Bench bench;
    must(bench.run(steps_of(group('0'))));
    const auto grouped = make_delta(group('0'), group('1'));
    const auto alone = must(bench.resolve(steps_of(grouped)));
    bench.write("opt/file1", "altered");
    const auto plan = must(bench.resolve(steps_of(grouped, {.full_package = open_package(group('1'))})));
    const auto tells = [&](std::string_view words) {
        return std::ranges::any_of(plan.notices,
                                   [&](const std::string &notice) { return notice.find(words) != std::string::npos; });
    };
    CHECK(tells("'opt/file1' comes from the full package (6001 bytes): patch "));
    CHECK(tells(" can't make it, as 'opt/file1' was altered since it was installed"));
    CHECK(tells("files of "));
    CHECK(plan.totals.package_bytes == grouped.size() + group('1').size());
    CHECK(plan.totals.read_bytes > alone.totals.read_bytes);
    CHECK(plan.totals.read_bytes <= plan.totals.package_bytes);
}

TEST_CASE(
    "a full package beside another release's is refused, and one beside what is installed with its delta is not") {
    DeltaBench bench;
    CHECK(bench.refused(steps_of(full(2), {.full_package = open_package(full(1))})).code() == Code::INVALID_ARGUMENT);
    const auto help = open_package(full(2));
    const auto other = make_package("other", "1", ImageBuilder{}.directory("srv").image());
    must(bench.run(install_steps(
        {{open_package(other), {.full_package = help}}, {open_package(delta()), {.full_package = help}}})));
}

TEST_CASE("the full package is one of the same release") {
    DeltaBench bench;
    CHECK(bench.refused(steps_of(delta(), {.full_package = open_package(full(1))})).code() == Code::INVALID_ARGUMENT);
    CHECK(bench.refused(steps_of(delta(), {.full_package = open_package(delta())})).code() == Code::INVALID_ARGUMENT);
}

TEST_CASE("a base that changes after the plan was made is refused, and the root stays as it is") {
    DeltaBench bench;
    const auto steps = steps_of(delta());
    const auto plan = must(bench.resolve(steps));
    std::string small = noise_text(3000, 3);
    small[7] ^= 1;
    bench.write("opt/app/small", small);
    const TreeImage before = bench.tree();
    const auto outcome = mos::install::carry_out(bench.machine->site(), steps, plan, {nobody(), ""});
    CHECK(refusal(outcome) == Code::BASE_DIFFERS);
    CHECK(difference(before, bench.tree(), all_directory_times) == "");
    CHECK(bench.version_of("app") == "1.0");
    CHECK(bench.stages() == 1);  // that of the first installation
}

TEST_CASE("a delta that takes more memory than it may is refused before it is taken") {
    DeltaBench bench;
    CHECK(bench.refused(steps_of(delta(), {.delta_memory = 32U << 10U})).code() == Code::LIMIT);
    CHECK(refusal(bench.resolve(steps_of(delta(), {.delta_memory = 32U << 10U}))) == Code::LIMIT);
}

TEST_CASE("the plan finds the memory enough that applying finds enough, and no other") {
    std::uint64_t planned = 0;
    std::uint64_t applied = 0;
    for (std::uint64_t memory = 1U << 20U; memory >= 32U << 10U; memory -= 32U << 10U) {
        DeltaBench bench;
        const auto steps = steps_of(delta(), {.delta_memory = memory});
        if (bench.resolve(steps))
            planned = memory;
        if (bench.run(steps))
            applied = memory;
    }
    CHECK(planned != 0);
    CHECK(planned == applied);
}

TEST_CASE("a delta package finds its base in the folder that the package was put into") {
    Bench bench;
    Parts parts{.manifest = manifest_of("app", "1.0")};
    parts.manifest.installation.relocatable = true;
    parts.files = files_of(1).image();
    const auto first = make_package(parts);
    parts.manifest.package_info.version = "1.1";
    parts.files = files_of(2).image();
    const auto second = make_package(parts);
    must(bench.run(steps_of(first, {.prefix = "srv/one"})));
    must(bench.run(steps_of(make_delta(first, second))));
    CHECK(bench.content("srv/one/opt/app/program") == changed(noise_text(40'000, 1)));
    // Into another folder everything is new, and made of what lies in the old one.
    bench.roll_back();
    must(bench.run(steps_of(make_delta(first, second), {.prefix = "srv/two"})));
    CHECK(bench.content("srv/two/opt/app/large") == noise_text(30'000, 5));
    CHECK(bench.content("srv/two/opt/app/program") == changed(noise_text(40'000, 1)));
}
