// Delta packages that a malicious signer could make: every digest is right, and what they say is not.
#include "package_delta_fixture.hpp"

#include <mos/package/metadata.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace mos;
using namespace mos::test::delta;
using mos::test::must;
using mos::test::refusal;
using mos::test::TakenApart;

namespace {

const std::string files = "content/files/";

const base::Bytes &full_bytes(const char *version) {
    static const auto make = [](const char *which) {
        Release release{which};
        (std::string_view{which} == "1.0" ? fill_old : fill_new)(release.tree);
        return release.bytes();
    };
    static const base::Bytes before = make("1.0");
    static const base::Bytes after = make("1.1");
    return std::string_view{version} == "1.0" ? before : after;
}

const base::Bytes &delta_bytes() {
    static const base::Bytes bytes = must(make_delta(opened(full_bytes("1.0")), opened(full_bytes("1.1")))).bytes;
    return bytes;
}

Result<void> walk_entries(base::Bytes bytes, const package::Limits &limits) {
    MOS_TRY(package::Package package, test::open_unverified(std::move(bytes), limits));
    MOS_TRY(package::EntryCursor cursor, package.entries());
    for (;;) {
        MOS_TRY(const auto entry, cursor.next());
        if (!entry)
            return {};
    }
}

Result<void> walk(const base::Bytes &bytes, const package::Limits &limits = {}) {
    const Result<void> walked = walk_entries(bytes, limits);
    if (!walked && limits.patches == package::Limits{}.patches &&
        limits.patch_base_bytes == package::Limits{}.patch_base_bytes)
        keep_for_others(bytes, "MOS_KEEP_REFUSED");
    return walked;
}

template <class Change>
Result<void> walk_changed(std::string_view path, Change change) {
    TakenApart parts = test::take_apart(delta_bytes());
    test::change_entry(parts, path, change);
    return walk(test::put_together(parts));
}

template <class Change>
Code refused(std::string_view path, Change change) {
    return refusal(walk_changed(files + std::string{path}, change));
}

// The content of one entry of the package that is stored in one raw frame of its own: replaced in place.
base::Bytes with_content(std::string_view path, const std::function<void(base::Bytes &)> &change) {
    TakenApart parts = test::take_apart(delta_bytes());
    test::change_entry(parts, path, [&](Entry &entry) {
        REQUIRE(entry.extent.frame_count == 1);
        base::Bytes plain = test::plain_of(parts, entry.extent.first_frame);
        const auto at = static_cast<std::ptrdiff_t>(entry.extent.offset);
        base::Bytes content(plain.begin() + at, plain.begin() + at + static_cast<std::ptrdiff_t>(entry.size));
        change(content);
        REQUIRE(content.size() == entry.size);
        std::ranges::copy(content, plain.begin() + at);
        entry.sha256 = crypto::sha256(content);
        test::set_plain(parts, entry.extent.first_frame, plain);
    });
    return test::put_together(parts);
}

// An entry changed by a signer who says the content digest of what he made of it.
base::Bytes with_true_content_digest(std::string_view path, const std::function<void(Entry &)> &change) {
    TakenApart parts = test::take_apart(delta_bytes());
    package::ContentDigest digest;
    test::change_entries(parts, [&](std::vector<Entry> &entries) {
        for (Entry &entry : entries) {
            if (entry.path == path)
                change(entry);
            digest.add(entry);
        }
    });
    parts.statement.content_digest = digest.finish();
    return test::put_together(parts);
}

Result<void> apply_all(base::Bytes bytes, std::uint64_t memory = mos::delta::default_apply_memory) {
    const auto delta = opened(std::move(bytes));
    const auto from = opened(full_bytes("1.0"));
    BaseInMemory base{*from};
    MOS_TRY(const auto content, PackageContent::open(delta, base, {.memory_limit = memory}));
    return mos::delta::check_content(*delta, *content, base::silent_observer());
}

constexpr std::string_view first_delta = "content/patches/000000.delta";
constexpr std::string_view first_base = "content/patches/000000.base";

}  // namespace

TEST_CASE("the delta package that is bent here is good as it is") {
    must(walk(delta_bytes()));
    must(apply_all(delta_bytes()));
    must(walk(test::put_together(test::take_apart(delta_bytes()))));
}

TEST_CASE("entries fill the result of their patch without gaps, overlaps or jumps") {
    CHECK(refused("usr/lib/small-b", [](Entry &entry) { ++entry.patched.at; }) == Code::FORMAT);
    CHECK(refused("usr/lib/small-b", [](Entry &entry) { --entry.patched.at; }) == Code::FORMAT);
    CHECK(refused("usr/lib/small-b", [](Entry &entry) { entry.patched.at = UINT64_MAX; }) == Code::FORMAT);
    CHECK(refused("usr/lib/small-b", [](Entry &entry) { entry.patched = {7, 0}; }) == Code::FORMAT);
    CHECK(refused("usr/lib/small-b", [](Entry &entry) { entry.patched = {UINT32_MAX, 0}; }) == Code::FORMAT);
}

TEST_CASE("an entry that comes from a patch is a file of the root with content") {
    const auto patch_it = [](Entry &entry) {
        entry.origin = Origin::patched;
        entry.extent = {};
    };
    CHECK(refusal(walk_changed("metadata/version.json", patch_it)) == Code::FORMAT);
    CHECK(refusal(walk_changed(first_delta, patch_it)) == Code::FORMAT);
    CHECK(refusal(walk_changed(first_base, [](Entry &entry) { entry.origin = Origin::unchanged; })) == Code::FORMAT);
    CHECK(refused("usr/share/copy-b", [](Entry &entry) {
              entry.copies = 1;
              entry.origin = Origin::patched;
          }) == Code::FORMAT);
}

TEST_CASE("a delta package that stores its checksums.json, which follows from the index, is refused") {
    package::Extent elsewhere;
    TakenApart parts = test::take_apart(delta_bytes());
    test::change_entry(parts, package::version_path, [&](const Entry &entry) { elsewhere = entry.extent; });
    CHECK(refusal(walk_changed(package::checksums_path, [&](Entry &entry) {
              entry.origin = Origin::stored;
              entry.extent = {elsewhere.first_frame, 1, 0};
              entry.size = 1;
          })) == Code::FORMAT);
    CHECK(refusal(walk_changed(package::checksums_path, [](Entry &entry) {
              entry.origin = Origin::patched;
              entry.patched = {0, 0};
          })) == Code::FORMAT);
    // No other entry follows from the index, and a full package stores all.
    CHECK(refusal(walk_changed(package::version_path, [](Entry &entry) { entry.origin = Origin::derived; })) ==
          Code::FORMAT);
    parts = test::take_apart(full_bytes("1.1"));
    test::change_entry(parts, package::checksums_path, [](Entry &entry) { entry.origin = Origin::derived; });
    CHECK(refusal(walk(test::put_together(parts))) == Code::FORMAT);
}

TEST_CASE("a checksums.json that is not what the index says is refused by whoever checks or reads it") {
    const auto refused_by_all = [](const std::function<void(Entry &)> &change) {
        const base::Bytes bytes = with_true_content_digest(package::checksums_path, change);
        CHECK(refusal(opened(bytes)->verify_content(base::silent_observer())) == Code::FORMAT);
        CHECK(refusal(apply_all(bytes)) == Code::DIGEST_MISMATCH);
        keep_for_others(bytes, "MOS_KEEP_REFUSED");
    };
    refused_by_all([](Entry &entry) { entry.sha256[0] ^= std::byte{1}; });
    refused_by_all([](Entry &entry) { ++entry.size; });
}

TEST_CASE("a full package makes nothing of a base") {
    TakenApart parts = test::take_apart(full_bytes("1.1"));
    test::change_entry(parts, files + "usr/lib/new", [](Entry &entry) { entry.origin = Origin::unchanged; });
    CHECK(refusal(walk(test::put_together(parts))) == Code::FORMAT);
    parts = test::take_apart(full_bytes("1.1"));
    test::change_entry(parts, files + "usr/lib/new", [](Entry &entry) { entry.origin = Origin::patched; });
    CHECK(refusal(walk(test::put_together(parts))) == Code::FORMAT);
}

TEST_CASE("each patch has its files, and no others are there") {
    for (const std::string_view name :
         {"content/patches/1.delta", "content/patches/000000.deltas", "content/patches/0000000.delta",
          "content/patches/x", "content/patches/00000a.base"}) {
        CAPTURE(name);
        CHECK(refusal(walk_changed(first_delta, [&](Entry &entry) { entry.path = name; })) == Code::PATH_REFUSED);
    }
    CHECK(refusal(walk_changed(first_delta, [](Entry &entry) { entry.path = "content/patches/000009.delta"; })) ==
          Code::FORMAT);
    TakenApart parts = test::take_apart(delta_bytes());
    test::change_entries(parts, [](std::vector<Entry> &entries) {
        std::erase_if(entries, [](const Entry &entry) { return entry.path == first_delta; });
    });
    CHECK(refusal(walk(test::put_together(parts))) == Code::FORMAT);
    CHECK(refusal(walk_changed(first_delta, [](Entry &entry) { entry.mode = 0755; })) == Code::FORMAT);
    CHECK(refusal(walk_changed(first_delta, [](Entry &entry) { ++entry.modified_unix_s; })) == Code::FORMAT);
    CHECK(refusal(walk_changed(first_delta, [](Entry &entry) { entry.owner = 1; })) == Code::FORMAT);
}

TEST_CASE("limits of patches hold before anything is taken for them") {
    package::Limits limits;
    limits.patches = 0;
    CHECK(refusal(walk(delta_bytes(), limits)) == Code::LIMIT);
    limits = {};
    limits.patch_base_bytes = 10;
    CHECK(refusal(walk(delta_bytes(), limits)) == Code::LIMIT);
    CHECK(refusal(apply_all(delta_bytes(), 64U << 10U)) == Code::LIMIT);
}

TEST_CASE("a delta that says other sizes than the index is refused before it is applied") {
    const auto with_header = [](const std::function<void(mos::delta::DeltaInfo &)> &change) {
        return with_content(first_delta, [&](base::Bytes &content) {
            auto info = must(mos::delta::decode_header(base::ByteView{content}.first(mos::delta::header_bytes)));
            change(info);
            std::ranges::copy(mos::delta::encode_header(info), content.begin());
        });
    };
    using mos::delta::DeltaInfo;
    CHECK(refusal(apply_all(with_header([](DeltaInfo &info) { ++info.result.size; }))) == Code::FORMAT);
    CHECK(refusal(apply_all(with_header([](DeltaInfo &info) { ++info.base.size; }))) == Code::FORMAT);
    CHECK(refusal(apply_all(with_header([](DeltaInfo &info) { ++info.payload_bytes; }))) == Code::FORMAT);
    CHECK(refusal(apply_all(with_header([](DeltaInfo &info) { info.apply_memory = UINT64_MAX; }))) == Code::LIMIT);
    CHECK(refusal(apply_all(with_header([](DeltaInfo &info) { info.result.digest[0] ^= std::byte{1}; }))) ==
          Code::DIGEST_MISMATCH);
}

TEST_CASE("a list of base files is held to its rules") {
    const auto with_list = [](std::string_view what, std::string_view by) {
        return with_content(first_base, [&](base::Bytes &content) {
            std::string text{base::as_text(content)};
            const std::size_t at = text.find(what);
            REQUIRE(at != std::string::npos);
            text.replace(at, what.size(), by);
            content = base::to_bytes(base::as_bytes(text));
        });
    };
    CHECK(refusal(apply_all(with_list("content/files/", "content/filez/"))) == Code::FORMAT);
    CHECK(refusal(apply_all(with_list("content/files/usr", "content/files/../"))) == Code::FORMAT);
    CHECK(refusal(apply_all(with_list("\"path\"", "\"PATH\""))) == Code::FORMAT);
    CHECK(refusal(apply_all(with_list("\n", " "))) == Code::FORMAT);
}

TEST_CASE("a list of base files says no digests") {
    const auto with_digest = [](std::size_t path_bytes) {
        return R"({"path":"content/files/)" + std::string(path_bytes, 'x') + R"(","size":3000,"sha256":")" +
               std::string(64, '0') + "\"}\n";
    };
    const base::Bytes bytes = with_content(first_base, [&](base::Bytes &content) {
        REQUIRE(content.size() > with_digest(1).size());
        content = base::to_bytes(base::as_bytes(with_digest(content.size() - with_digest(0).size())));
    });
    CHECK(refusal(apply_all(bytes)) == Code::FORMAT);
    const std::string line = package::write_base_line({.path = files + "x", .size = 3});
    CHECK(line == R"({"path":"content/files/x","size":3})");
    CHECK(must(package::parse_base_line(line, {})).path == files + "x");
    std::string longer = with_digest(1);
    longer.pop_back();
    CHECK(refusal(package::parse_base_line(longer, {})) == Code::FORMAT);
}

TEST_CASE("a delta package that is cut short anywhere is refused") {
    const base::ByteView whole{delta_bytes()};
    for (std::size_t size = 0; size < whole.size(); size += whole.size() / 97 + 1)
        CHECK(!walk(base::to_bytes(whole.first(size))));
}
