#include "package_delta_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace mos;
using namespace mos::test::delta;
using mos::test::all_entries;
using mos::test::content_of;
using mos::test::must;
using mos::test::refusal;

namespace {

struct Pair2 {
    Pair2() {
        fill_old(before.tree);
        fill_new(after.tree);
        before.scripts.file("post-install", "#!/bin/sh\necho old\n", 0755);
        after.scripts.file("post-install", "#!/bin/sh\necho new\n", 0755);
        from = before.open();
        to = after.open();
    }
    Release before{"1.0"};
    Release after{"1.1"};
    std::shared_ptr<package::Package> from;
    std::shared_ptr<package::Package> to;
};

const std::string files = "content/files/";

}  // namespace

TEST_CASE("a delta package holds the same release as the full one, entry by entry and byte by byte") {
    const Pair2 releases;
    const MadeDelta made = must(make_delta(releases.from, releases.to));
    const auto delta = opened(made.bytes);
    CHECK(delta->statement().kind == package::PackageKind::delta);
    CHECK(delta->statement().content_digest == releases.to->statement().content_digest);
    CHECK(delta->statement().base_content_digest == releases.from->statement().content_digest);
    CHECK(made.report.content_digest == releases.to->statement().content_digest);
    CHECK(made.report.file_bytes == made.bytes.size());
    CHECK(made.report.file_bytes < made.report.full_bytes / 4);
    must(delta->verify_content(base::silent_observer()));

    BaseInMemory base{*releases.from};
    const auto content = must(PackageContent::open(delta, base, {}));
    must(content->check_patches());
    const auto entries = by_path(*delta);
    for (const Entry &entry : all_entries(*releases.to)) {
        CAPTURE(entry.path);
        const Entry &same = entries.at(entry.path);
        CHECK(package::write_content_line(same) == package::write_content_line(entry));
        if (entry.type == package::EntryType::regular)
            CHECK(must(read_entry(*content, same)) == content_of(*releases.to, entry));
    }
}

TEST_CASE("a delta package does not store its checksums, and still gives them as the full package does") {
    const Pair2 releases;
    const auto delta = opened(must(make_delta(releases.from, releases.to)).bytes);
    const Entry checksums = by_path(*delta).at("metadata/checksums.json");
    CHECK(checksums.origin == Origin::derived);
    CHECK(checksums.extent == package::Extent{});
    const std::string text = content_of(*delta, checksums);
    CHECK(text.size() == checksums.size);
    CHECK(text == content_of(*releases.to, by_path(*releases.to).at("metadata/checksums.json")));
}

TEST_CASE("each entry comes from where it takes the fewest bytes") {
    const Pair2 releases;
    const auto delta = opened(must(make_delta(releases.from, releases.to)).bytes);
    const auto entries = by_path(*delta);
    CHECK(entries.at(files + "usr/lib/large.bin").origin == Origin::unchanged);
    CHECK(entries.at(files + "usr/lib/program").origin == Origin::patched);
    CHECK(entries.at(files + "usr/lib/small-a").origin == Origin::patched);
    CHECK(entries.at(files + "usr/lib/small-b").patched.patch == entries.at(files + "usr/lib/small-a").patched.patch);
    CHECK(entries.at(files + "usr/lib/libx.so.1.3").origin == Origin::patched);
    // What somebody may have altered, what is read before there is a root, and what says what all this is.
    CHECK(entries.at(files + "etc/p.conf").origin == Origin::stored);
    CHECK(entries.at("content/scripts/post-install").origin == Origin::stored);
    CHECK(entries.at("metadata/manifest.json").origin == Origin::stored);
    CHECK(content_of(*delta, entries.at("content/scripts/post-install")) == "#!/bin/sh\necho new\n");
    CHECK(refusal(delta->read_content(entries.at(files + "usr/lib/program"),
                                      [](base::ByteView) { return Result<void>{}; })) == Code::UNSUPPORTED);
}

TEST_CASE("a file with another name is made of the one that it was") {
    const Pair2 releases;
    const MadeDelta made = must(make_delta(releases.from, releases.to));
    const auto delta = opened(made.bytes);
    BaseInMemory base{*releases.from};
    const auto content = must(PackageContent::open(delta, base, {}));
    const auto needed = must(content->base_lines(by_path(*delta).at(files + "usr/lib/libx.so.1.3")));
    const auto old = std::ranges::find(needed, files + "usr/lib/libx.so.1.2", &package::BaseLine::path);
    REQUIRE(old != needed.end());
    CHECK(old->size == 50'000);
    CHECK(made.report.renamed_files >= 1);
}

TEST_CASE("a file whose name tells nothing is made of the one that has most in common with it") {
    Release before{"1.0"};
    before.tree.file("usr/lib/first", text_of(noise(60'000, 21)));
    before.tree.file("usr/lib/second", text_of(noise(60'000, 22)));
    Release after{"1.1"};
    const Bytes moved = noise(60'000, 22);
    const base::ByteView view{moved};
    after.tree.file("opt/moved/elsewhere",
                    text_of(joined({noise(500, 23), view.first(30'000), noise(99, 24), view.subspan(30'100)})));
    const auto from = before.open();
    const MadeDelta made = must(make_delta(from, after.open()));
    const auto delta = opened(made.bytes);
    BaseInMemory base{*from};
    const auto content = must(PackageContent::open(delta, base, {}));
    const auto needed = must(content->base_lines(by_path(*delta).at(files + "opt/moved/elsewhere")));
    REQUIRE(needed.size() == 1);
    CHECK(needed.front().path == files + "usr/lib/second");
    CHECK(made.report.file_bytes < 25'000);  // of which the signature area has 18 kB
}

TEST_CASE("copies and hard links are those of the full package") {
    const Pair2 releases;
    const auto delta = opened(must(make_delta(releases.from, releases.to)).bytes);
    const auto entries = by_path(*delta);
    const Entry &copy = entries.at(files + "usr/lib/small-a-again");
    CHECK(copy.copy_of == files + "usr/lib/small-a");
    CHECK(copy.patched == entries.at(files + "usr/lib/small-a").patched);
    CHECK(entries.at(files + "usr/lib/program").links == 2);
    CHECK(entries.at(files + "usr/lib/program-too").target == files + "usr/lib/program");
    // Those that are unchanged are nobody's copies any more.
    CHECK(entries.at(files + "usr/share/copy-b").origin == Origin::unchanged);
    CHECK(entries.at(files + "usr/share/copy-b").copy_of.empty());
}

TEST_CASE("a package of which nothing is in the base is stored whole, and still right") {
    Release before{"1.0"};
    before.tree.file("usr/x", text_of(noise(5000, 11)));
    Release after{"2.0"};
    after.tree.file("usr/y/z", text_of(noise(7000, 12)));
    const auto from = before.open();
    const auto to = after.open();
    const MadeDelta made = must(make_delta(from, to));
    CHECK(made.report.patches == 0);
    CHECK(made.report.whole_files == 1);
    const auto delta = opened(made.bytes);
    must(delta->verify_content(base::silent_observer()));
    CHECK(content_of(*delta, by_path(*delta).at(files + "usr/y/z")) == text_of(noise(7000, 12)));
}

TEST_CASE("the same releases give the same delta package") {
    const Pair2 releases;
    PackageDeltaOptions options;
    CHECK(must(make_delta(releases.from, releases.to, options)).bytes ==
          must(make_delta(releases.from, releases.to, options)).bytes);
}

TEST_CASE("a file below the threshold is stored whole, and so are its copies") {
    const Pair2 releases;
    PackageDeltaOptions options;
    options.threshold = 4096;
    const auto delta = opened(must(make_delta(releases.from, releases.to, options)).bytes);
    const auto entries = by_path(*delta);
    CHECK(entries.at(files + "usr/lib/small-a").origin == Origin::stored);
    CHECK(entries.at(files + "usr/lib/small-a-again").copy_of == files + "usr/lib/small-a");
    CHECK(entries.at(files + "usr/lib/program").origin == Origin::patched);
}

TEST_CASE("a device with little memory gets patches that it can apply") {
    const Pair2 releases;
    PackageDeltaOptions options;
    options.apply_memory = 4U << 20U;
    const auto delta = opened(must(make_delta(releases.from, releases.to, options)).bytes);
    BaseInMemory base{*releases.from};
    const auto content = must(PackageContent::open(delta, base, {.memory_limit = options.apply_memory}));
    must(mos::delta::check_content(*delta, *content, base::silent_observer()));
    const auto poor = must(PackageContent::open(delta, base, {.memory_limit = 16U << 10U}));
    CHECK(refusal(read_entry(*poor, by_path(*delta).at(files + "usr/lib/program"))) == Code::LIMIT);
    options.apply_memory = 1000;
    CHECK(refusal(make_delta(releases.from, releases.to, options)) == Code::INVALID_ARGUMENT);
}

TEST_CASE("a base that is another one is refused, whatever the patch makes of it") {
    const Pair2 releases;
    const auto delta = opened(must(make_delta(releases.from, releases.to)).bytes);
    const auto entries = by_path(*delta);
    BaseInMemory base{*releases.from};
    const auto content = must(PackageContent::open(delta, base, {}));
    base.at(files + "usr/lib/program")[1000] ^= 1;
    CHECK(refusal(read_entry(*content, entries.at(files + "usr/lib/program"))) == Code::BASE_DIFFERS);
    base.at(files + "usr/lib/large.bin")[7] ^= 1;
    CHECK(refusal(read_entry(*content, entries.at(files + "usr/lib/large.bin"))) == Code::BASE_DIFFERS);
    base.at(files + "usr/lib/large.bin").resize(100);
    CHECK(refusal(read_entry(*content, entries.at(files + "usr/lib/large.bin"))) == Code::BASE_DIFFERS);
}

TEST_CASE("the result of a small patch is made once for all that stand in it") {
    const Pair2 releases;
    const auto delta = opened(must(make_delta(releases.from, releases.to)).bytes);
    const auto entries = by_path(*delta);
    BaseInMemory base{*releases.from};
    const auto content = must(PackageContent::open(delta, base, {}));
    must(read_entry(*content, entries.at(files + "usr/lib/small-a")));
    const unsigned before = base.opened_files;
    must(read_entry(*content, entries.at(files + "usr/lib/small-b")));
    CHECK(base.opened_files == before);
}

TEST_CASE("a delta leads from a full package to another release of it") {
    const Pair2 releases;
    CHECK(refusal(make_delta(releases.from, releases.from)) == Code::INVALID_ARGUMENT);
    CHECK(refusal(make_delta(opened(releases.before.bytes("q")), releases.to)) == Code::INVALID_ARGUMENT);
    const auto delta = opened(must(make_delta(releases.from, releases.to)).bytes);
    CHECK(refusal(make_delta(delta, releases.to)) == Code::INVALID_ARGUMENT);
    CHECK(refusal(make_delta(releases.from, delta)) == Code::INVALID_ARGUMENT);
}

TEST_CASE("a base package checks a delta package beside it, and another one does not") {
    const Pair2 releases;
    const auto delta = opened(must(make_delta(releases.from, releases.to)).bytes);
    const auto base = must(mos::delta::open_base_package(releases.from));
    const auto content = must(PackageContent::open(delta, *base, {}));
    must(mos::delta::check_content(*delta, *content, base::silent_observer()));
    const auto other = must(mos::delta::open_base_package(releases.to));
    const auto wrong = must(PackageContent::open(delta, *other, {}));
    CHECK(refusal(mos::delta::check_content(*delta, *wrong, base::silent_observer())) == Code::BASE_DIFFERS);
    CHECK(refusal(mos::delta::open_base_package(delta)) == Code::INVALID_ARGUMENT);
}

TEST_CASE("a delta package reserves what its signers need and as much again, and more where it has none") {
    const Pair2 releases;
    const auto area = [&](const PackageDeltaOptions &options) {
        const auto delta = opened(must(make_delta(releases.from, releases.to, options)).bytes);
        return delta->statement().signature_area_bytes;
    };
    CHECK(area({}) == 8U << 10U);
    const test::TestKey key;
    PackageDeltaOptions options;
    options.package.signers = {key.signer.get()};
    CHECK(area(options) == 1024);
    options.signature_area_bytes = 4096;
    CHECK(area(options) == 4096);
}
