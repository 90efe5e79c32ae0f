// What a reader refuses of a package that was put together with every digest right: the rules that a signer may break.
#include "taken_apart.hpp"

#include <mos/package/metadata.hpp>
#include <mos/package/tar.hpp>

#include <algorithm>

using namespace mos;
using namespace mos::package;
using mos::test::must;
using mos::test::refusal;
using mos::test::TakenApart;

namespace {

const base::Bytes &sample() {
    static const base::Bytes bytes = [] {
        const test::Tree tree;
        tree.file("a/b", "first");
        tree.file("a/c", "second");
        tree.link("a/d", "a/c");
        tree.file("a/e", "first");
        tree.symlink("a/f", "b");
        CreateOptions options = test::reproducible();
        options.signature_area_bytes = 1024;
        const test::PackageMaker maker{options};
        must(maker.create(tree));
        return maker.bytes();
    }();
    return bytes;
}

// The code with which the entries are refused, when walked to the end.
Code walked(const TakenApart &parts, const Limits &limits = {}) {
    Package package = must(test::open_unverified(test::put_together(parts), limits));
    EntryCursor cursor = must(package.entries());
    for (;;) {
        const auto entry = cursor.next();
        if (!entry) {
            CHECK(refusal(cursor.next()) == entry.error().code());  // and stays refused
            return entry.error().code();
        }
        if (!*entry)
            FAIL("the entries were accepted");
    }
}

template <class Change>
Code refused_entry(std::string_view path, Change change, const Limits &limits = {}) {
    TakenApart parts = test::take_apart(sample());
    test::change_entry(parts, path, change);
    return walked(parts, limits);
}

template <class Change>
Code refused_entries(Change change) {
    TakenApart parts = test::take_apart(sample());
    test::change_entries(parts, change);
    return walked(parts);
}

Code opened(const TakenApart &parts, const Limits &limits = {}) {
    return refusal(test::open_unverified(test::put_together(parts), limits));
}

Code verified(const TakenApart &parts) { return refusal(test::check_fully(test::put_together(parts))); }

Entry directory_entry(std::string path) {
    Entry entry;
    entry.path = std::move(path);
    entry.type = EntryType::directory;
    return entry;
}

constexpr auto file_b = "content/files/a/b";
constexpr auto file_c = "content/files/a/c";
constexpr auto link_d = "content/files/a/d";
constexpr auto file_e = "content/files/a/e";
constexpr auto link_f = "content/files/a/f";

}  // namespace

TEST_CASE("a package that is taken apart and put together again is accepted") {
    must(test::check_fully(test::put_together(test::take_apart(sample()))));
}

TEST_CASE("paths that are no paths inside a package are refused") {
    for (const std::string path :
         {"/content/files/a/b", "content/files/../../etc/passwd", "content/files/a/../b", "content/files//b",
          "content/files/a/b/", "content/files/./b", "content/files", "content", "etc/passwd", "content/other/x",
          "metadata/extra.json", "metadata/signature.json", "content/patches/x"})
        CHECK_MESSAGE(refused_entry(file_b, [&](Entry &entry) { entry.path = path; }) == Code::PATH_REFUSED, path);
    const std::string nul{"content/files/a\0b", 17};
    CHECK(refused_entry(file_b, [&](Entry &entry) { entry.path = nul; }) == Code::PATH_REFUSED);
    const std::string long_name = "content/files/" + std::string(256, 'x');
    CHECK(refused_entry(file_b, [&](Entry &entry) { entry.path = long_name; }) == Code::PATH_REFUSED);
    std::string long_path = "content/files";
    while (long_path.size() <= 4095)
        long_path += "/" + std::string(200, 'x');
    CHECK(refused_entry(file_b, [&](Entry &entry) { entry.path = long_path; }) == Code::PATH_REFUSED);
}

TEST_CASE("an entry that stands twice or out of order is refused") {
    CHECK(refused_entries([](std::vector<Entry> &entries) { entries.insert(entries.begin(), entries.front()); }) ==
          Code::ENTRY_DUPLICATE);
    CHECK(refused_entries([](std::vector<Entry> &entries) { std::swap(entries[0], entries[1]); }) == Code::FORMAT);
}

TEST_CASE("nothing may lie below a symbolic link or a file of the package, whatever stands between") {
    CHECK(refused_entries([](std::vector<Entry> &entries) {
              entries.insert(entries.begin() + 6, directory_entry("content/files/a/f-between"));
              entries.insert(entries.begin() + 7, directory_entry("content/files/a/f/below"));
          }) == Code::SYMLINK_IN_PATH);
    CHECK(refused_entries([](std::vector<Entry> &entries) {
              entries.insert(entries.begin() + 2, directory_entry("content/files/a/b/below"));
          }) == Code::PATH_REFUSED);
    CHECK(refused_entries([](std::vector<Entry> &entries) {
              entries.insert(entries.begin() + 4, directory_entry("content/files/a/d.x"));
              entries.insert(entries.begin() + 5, directory_entry("content/files/a/d/x/y"));
          }) == Code::PATH_REFUSED);
}

TEST_CASE("a hard link must name an earlier regular entry that announced it and agrees") {
    CHECK(refused_entry(link_d, [](Entry &entry) { entry.target = file_e; }) == Code::FORMAT);  // later
    CHECK(refused_entry(link_d, [](Entry &entry) { entry.target = file_b; }) == Code::FORMAT);  // not announced
    CHECK(refused_entry(link_d, [](Entry &entry) { entry.target = "content/files/a"; }) == Code::FORMAT);
    CHECK(refused_entry(link_d, [](Entry &entry) { entry.target = "content/scripts/x"; }) == Code::FORMAT);
    CHECK(refused_entry(link_d, [](Entry &entry) { entry.target = "../../etc/shadow"; }) == Code::FORMAT);
    CHECK(refused_entry(link_d, [](Entry &entry) { entry.mode = 04777; }) == Code::FORMAT);
    CHECK(refused_entry(link_d, [](Entry &entry) { entry.owner = 7; }) == Code::FORMAT);
    CHECK(refused_entry(link_d, [](Entry &entry) { entry.attributes = {{"user.x", {}}}; }) == Code::FORMAT);
    CHECK(refused_entry(file_c, [](Entry &entry) { entry.links = 3; }) == Code::FORMAT);  // one does not come
    CHECK(refused_entry(file_c, [](Entry &entry) { entry.links = 2; }, {.shared_entries = 1}) == Code::LIMIT);
}

TEST_CASE("a copy must name an earlier regular entry that announced it and agrees") {
    CHECK(refused_entry(file_e, [](Entry &entry) { entry.copy_of = file_c; }) == Code::FORMAT);
    CHECK(refused_entry(file_e, [](Entry &entry) { entry.copy_of = "content/files/z"; }) == Code::FORMAT);
    CHECK(refused_entry(file_e, [](Entry &entry) { entry.mode = 0600; }) == Code::FORMAT);
    CHECK(refused_entry(file_e, [](Entry &entry) { ++entry.extent.offset; }) == Code::FORMAT);
    CHECK(refused_entry(file_e, [](Entry &entry) { entry.copy_of.clear(); }) == Code::FORMAT);
    CHECK(refused_entry(file_b, [](Entry &entry) { entry.copies = 2; }) == Code::FORMAT);
}

TEST_CASE("targets, modes and attributes that no filesystem would take are refused") {
    CHECK(refused_entry(link_f, [](Entry &entry) { entry.target = std::string(4096, 't'); }) == Code::FORMAT);
    CHECK(refused_entry(link_f, [](Entry &entry) { entry.target.clear(); }) == Code::FORMAT);
    CHECK(refused_entry(link_f, [](Entry &entry) { entry.target = std::string{"a\0b", 3}; }) == Code::FORMAT);
    CHECK(refused_entry(link_f, [](Entry &entry) { entry.mode = 0755; }) == Code::FORMAT);
    CHECK(refused_entry(link_f, [](Entry &entry) { entry.attributes = {{"user.x", {}}}; }) == Code::FORMAT);
    CHECK(refused_entry(file_b, [](Entry &entry) { entry.owner = UINT32_MAX; }) == Code::FORMAT);
    CHECK(refused_entry(file_b, [](Entry &entry) { entry.group = UINT32_MAX; }) == Code::FORMAT);
    CHECK(refused_entry(file_b, [](Entry &entry) { entry.attributes = {{"security.selinux", {}}}; }) == Code::FORMAT);
    CHECK(refused_entry(file_b, [](Entry &entry) { entry.attributes = {{"user.a=b", {}}}; }) == Code::FORMAT);
    CHECK(refused_entry(file_b, [](Entry &entry) { entry.attributes = {{"user.", {}}}; }) == Code::FORMAT);
    CHECK(refused_entry(file_b, [](Entry &entry) {
              entry.attributes = {{"user.b", {}}, {"user.a", {}}};
          }) == Code::FORMAT);
    CHECK(refused_entry(file_b, [](Entry &entry) {
              entry.attributes = {{"user.a", {}}, {"user.a", {}}};
          }) == Code::FORMAT);
    CHECK(refused_entry(file_b,
                        [](Entry &entry) {
                            entry.attributes = {{"user.a", base::Bytes(100)}};
                        },
                        {.attribute_bytes = 99}) == Code::LIMIT);
    CHECK(refused_entry(file_b,
                        [](Entry &entry) {
                            entry.attributes = {{"user.a", {}}, {"user.b", {}}};
                        },
                        {.attributes = 1}) == Code::LIMIT);
}

TEST_CASE("content outside the frames is refused") {
    CHECK(refused_entry(file_c, [](Entry &entry) { entry.extent.first_frame = 1000; }) == Code::FORMAT);
    CHECK(refused_entry(file_c, [](Entry &entry) { entry.extent.first_frame = UINT32_MAX; }) == Code::FORMAT);
    CHECK(refused_entry(file_c, [](Entry &entry) { entry.extent.frame_count = UINT32_MAX; }) == Code::FORMAT);
    CHECK(refused_entry(file_c, [](Entry &entry) { entry.extent.frame_count = 0; }) == Code::FORMAT);
    CHECK(refused_entry(file_c, [](Entry &entry) { entry.extent.offset = 1U << 20U; }) == Code::FORMAT);
    CHECK(refused_entry(file_c, [](Entry &entry) { entry.extent.offset = UINT64_MAX; }) == Code::FORMAT);
    CHECK(refused_entry(file_c, [](Entry &entry) { entry.size = std::uint64_t{1} << 39U; }) == Code::FORMAT);
    CHECK(refused_entry(file_c, [](Entry &entry) { entry.size = std::uint64_t{1} << 63U; }) == Code::LIMIT);
}

TEST_CASE("a package without one of its metadata files is refused") {
    for (const std::string_view path : {manifest_path, checksums_path, version_path}) {
        CHECK(refused_entries([&](std::vector<Entry> &entries) {
                  std::erase_if(entries, [&](const Entry &entry) { return entry.path == path; });
              }) == Code::FORMAT);
        CHECK(refused_entry(path, [](Entry &entry) { entry.copy_of = file_b; }) == Code::FORMAT);
    }
    CHECK(refused_entry(manifest_path, [](Entry &entry) { --entry.size; }) == Code::FORMAT);
}

TEST_CASE("metadata files have the mode, owner and time that the format gives them, and nothing else") {
    for (const std::string_view path : {manifest_path, checksums_path, version_path}) {
        CHECK(refused_entry(path, [](Entry &entry) { entry.mode = 0600; }) == Code::FORMAT);
        CHECK(refused_entry(path, [](Entry &entry) { entry.owner = 1; }) == Code::FORMAT);
        CHECK(refused_entry(path, [](Entry &entry) { entry.group = 1; }) == Code::FORMAT);
        CHECK(refused_entry(path, [](Entry &entry) { ++entry.modified_unix_s; }) == Code::FORMAT);
        CHECK(refused_entry(path, [](Entry &entry) { entry.attributes = {{"user.x", {}}}; }) == Code::FORMAT);
        CHECK(refused_entry(path, [](Entry &entry) { entry.links = 2; }) == Code::FORMAT);
        CHECK(refused_entry(path, [](Entry &entry) { entry.copies = 1; }) == Code::FORMAT);
    }
}

TEST_CASE("an empty file has the digest of nothing") {
    Entry entry;
    entry.path = file_b;
    entry.mode = 0644;
    CHECK(refusal(check_entry(entry, PackageKind::full, {})) == Code::FORMAT);
    entry.sha256 = crypto::sha256({});
    must(check_entry(entry, PackageKind::full, {}));
}

TEST_CASE("more or fewer entries than the statement says are refused") {
    TakenApart parts = test::take_apart(sample());
    ++parts.statement.entries;
    CHECK(walked(parts) == Code::FORMAT);
    parts.statement.entries -= 2;
    CHECK(walked(parts) == Code::FORMAT);
}

TEST_CASE("index lines that two readers could understand differently are refused") {
    const std::vector<std::string> lines = {
        "",
        "{}",
        "[]",
        "null",
        "{\"path\":\"content/files/a\"}",
        R"({"path":"content/files/a","path":"content/files/b","type":"directory","mode":"0755","owner":0,"group":0,"modified":0})",
        R"({"path":"content/files/a","type":"directory","mode":"0755","owner":0,"group":0,"modified":0,"extra":1})",
        R"({"type":"directory","path":"content/files/a","mode":"0755","owner":0,"group":0,"modified":0})",
        R"({"path":"content/files/a","type":"directory","mode":"0755","owner":0,"group":0,"modified":0} )",
        R"({"path":"content/files/a","type":"directory","mode":"0755","owner":0,"group":0,"modified":1.5})",
        R"({"path":"content/files/a","type":"directory","mode":"0755","owner":0,"group":0,"modified":1e3})",
        R"({"path":"content/files/a","type":"directory","mode":"0755","owner":0,"group":0,"modified":-0})",
        R"({"path":"content/files/a","type":"directory","mode":"0755","owner":00,"group":0,"modified":0})",
        R"({"path":"content/files/a","type":"directory","mode":"0755","owner":-1,"group":0,"modified":0})",
        R"({"path":"content/files/a","type":"directory","mode":"0755","owner":4294967296,"group":0,"modified":0})",
        R"({"path":"content/files/a","type":"directory","mode":"0755","owner":0,"group":0,"modified":9223372036854775808})",
        R"({"path":"content/files/a","type":"directory","mode":"755","owner":0,"group":0,"modified":0})",
        R"({"path":"content/files/a","type":"directory","mode":"0788","owner":0,"group":0,"modified":0})",
        R"({"path":"content/files/a","type":"device","mode":"0755","owner":0,"group":0,"modified":0})",
        R"({"path":"content/files/\u0061","type":"directory","mode":"0755","owner":0,"group":0,"modified":0})",
        R"({"path":"content\/files/a","type":"directory","mode":"0755","owner":0,"group":0,"modified":0})",
        R"({"path_base64":"Y29udGVudC9maWxlcy9h","type":"directory","mode":"0755","owner":0,"group":0,"modified":0})",
        "{\"path\":\"content/files/"
        "caf\xe9\",\"type\":\"directory\",\"mode\":\"0755\",\"owner\":0,\"group\":0,\"modified\":0}",
        R"({"path":"content/files/a","type":"symlink","mode":"0777","owner":0,"group":0,"modified":0})",
        R"({"path":"content/files/a","type":"regular","mode":"0644","owner":0,"group":0,"modified":0,"size":0})",
        R"({"path":"content/files/a","type":"directory","mode":"0755","owner":0,"group":0,"modified":0,"attributes":{}})",
        R"({"path":"content/files/a)",
        "{\"path\":\"content/files/a\\",
    };
    for (const std::string &line : lines) {
        CHECK_MESSAGE(refusal(parse_entry_line(line)) == Code::FORMAT, line);
        TakenApart parts = test::take_apart(sample());
        parts.lines[0] = line;
        CHECK_MESSAGE(walked(parts) == Code::FORMAT, line);
    }
}

TEST_CASE("a digest in the index is 64 lower hexadecimal digits and nothing else") {
    std::string line;
    for (const std::string &one : test::take_apart(sample()).lines)
        if (line.empty() && one.find("\"sha256\":\"") != std::string::npos)
            line = one;
    const std::string_view key = "\"sha256\":\"";
    const std::size_t at = line.find(key) + key.size();
    REQUIRE(at > key.size());
    must(parse_entry_line(line));
    const std::string digest = line.substr(at, 64);
    std::string upper = digest;
    for (char &c : upper)
        c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    for (const std::string &text : {std::string{}, " " + digest, digest + " ", " " + digest.substr(1), digest.substr(1),
                                    digest + "0", "g" + digest.substr(1), "0x" + digest.substr(2), upper}) {
        std::string bent = line;
        bent.replace(at, 64, text);
        CHECK_MESSAGE(refusal(parse_entry_line(bent)) == Code::FORMAT, bent);
    }
}

TEST_CASE("every cut and every changed byte of an index line gives a refusal or another line") {
    for (const std::string &line : test::take_apart(sample()).lines) {
        for (std::size_t i = 0; i < line.size(); ++i) {
            CHECK_FALSE(parse_entry_line(line.substr(0, i)).ok());
            std::string changed = line;
            changed[i] = static_cast<char>(changed[i] ^ 1);
            if (const auto entry = parse_entry_line(changed))
                CHECK(write_entry_line(*entry) == changed);
        }
    }
}

TEST_CASE("an index that is not what the statement says is refused") {
    const TakenApart parts = test::take_apart(sample());
    const std::string text = test::index_text(parts);
    const base::Bytes index = test::compress_index(text);
    const Statement right = test::completed(parts, text, index);
    const auto refused = [&](const Statement &statement, base::ByteView stored) {
        return refusal(test::open_unverified(test::assemble(parts, statement, stored)));
    };
    Statement wrong = right;
    wrong.index_sha256[0] ^= std::byte{1};
    CHECK(refused(wrong, index) == Code::DIGEST_MISMATCH);
    wrong = right;
    ++wrong.index_expanded_bytes;
    CHECK(refused(wrong, index) == Code::FORMAT);

    // Two frames, the second one hidden behind the first.
    base::Bytes doubled = index;
    test::append(doubled, index);
    wrong = test::completed(parts, text, doubled);
    CHECK(refused(wrong, doubled) == Code::FORMAT);

    // Longer than the window that an index may have, in a single segment: the window is all of it.
    const base::Bytes wide = test::compress_index(std::string(3U << 19U, 'x'));
    CHECK(refused(test::completed(parts, std::string(3U << 19U, 'x'), wide), wide) == Code::LIMIT);

    const base::Bytes garbage(100, std::byte{7});
    CHECK(refused(test::completed(parts, text, garbage), garbage) == Code::FORMAT);
}

TEST_CASE("an index line beyond the limit, or one without an end, is refused") {
    TakenApart parts = test::take_apart(sample());
    parts.lines[0] = std::string(200'000, 'x');
    CHECK(walked(parts) == Code::LIMIT);
    parts = test::take_apart(sample());
    parts.index_end = "{";
    CHECK(walked(parts) == Code::FORMAT);
}

TEST_CASE("frames that do not follow each other or do not add up are refused") {
    TakenApart parts = test::take_apart(sample());
    parts.frames[1].number = 7;
    CHECK(opened(parts) == Code::FORMAT);
    parts = test::take_apart(sample());
    parts.frames[0].plain_bytes = 9U << 20U;
    CHECK(opened(parts) == Code::LIMIT);
    parts = test::take_apart(sample());
    parts.frames[0].stored_bytes = std::uint64_t{1} << 63U;
    parts.statement.payload_stored_bytes = 0;
    CHECK(opened(parts) == Code::LIMIT);  // the statement's own sum
    parts = test::take_apart(sample());
    const std::string text = test::index_text(parts);
    const base::Bytes index = test::compress_index(text);
    Statement statement = test::completed(parts, text, index);
    --statement.payload_plain_bytes;
    CHECK(refusal(test::open_unverified(test::assemble(parts, statement, index))) == Code::FORMAT);
    CHECK(opened(test::take_apart(sample()), {.frame_plain_bytes = 512}) == Code::LIMIT);
}

TEST_CASE("a frame that expands to another length than the index says is refused") {
    const auto refused_with = [](auto change) {
        TakenApart parts = test::take_apart(sample());
        change(parts);
        return verified(parts);
    };
    // A bomb: it says little and holds much.
    CHECK(refused_with([](TakenApart &parts) {
              const std::uint64_t said = parts.frames[0].plain_bytes;
              FrameCompressor compressor{3};
              test::set_stored(parts, 0, must(compressor.compress(base::Bytes(4U << 20U))));
              parts.frames[0].plain_bytes = said;
          }) == Code::FORMAT);
    // Two frames in the place of one.
    CHECK(refused_with([](TakenApart &parts) {
              base::Bytes twice = parts.stored[0];
              test::append(twice, std::as_bytes(std::span{empty_frame}));
              test::set_stored(parts, 0, twice);
          }) == Code::FORMAT);
    // The stored digest fits, the plain one does not.
    CHECK(refused_with([](TakenApart &parts) { parts.frames[0].plain_sha256 = {}; }) == Code::DIGEST_MISMATCH);
}

TEST_CASE("a tar that says something else than the index is refused, though every digest is right") {
    const auto refused_with = [](auto change) {
        TakenApart parts = test::take_apart(sample());
        const std::size_t last = parts.frames.size() - 1;
        base::Bytes plain = test::plain_of(parts, last);
        change(plain);
        test::set_plain(parts, last, plain);
        return verified(parts);
    };
    CHECK(refused_with([](base::Bytes &plain) { plain[0] = std::byte{'X'}; }) == Code::FORMAT);         // a name
    CHECK(refused_with([](base::Bytes &plain) { plain[100] ^= std::byte{1}; }) == Code::FORMAT);        // a mode
    CHECK(refused_with([](base::Bytes &plain) { plain.back() = std::byte{1}; }) == Code::FORMAT);       // padding
    CHECK(refused_with([](base::Bytes &plain) { plain.resize(plain.size() + 512); }) == Code::FORMAT);  // more
    CHECK(refused_with([](base::Bytes &plain) { plain.resize(plain.size() - 512); }) == Code::FORMAT);  // less
    CHECK(refused_with([](base::Bytes &plain) {
              test::append(plain, signature_file_header(0));  // a member that the index does not know
          }) == Code::FORMAT);
}

TEST_CASE("content that does not match its entry's digest is refused by read_content and by verify_content") {
    TakenApart parts = test::take_apart(sample());
    test::change_entry(parts, file_c, [](Entry &entry) { entry.sha256[0] ^= std::byte{1}; });
    Package package = must(test::open_unverified(test::put_together(parts)));
    for (const Entry &entry : test::all_entries(package)) {
        const auto result = package.read_content(entry, [](base::ByteView) { return Result<void>{}; });
        if (entry.path == file_c)
            CHECK(refusal(result) == Code::DIGEST_MISMATCH);
        else
            must(result);
    }
    CHECK(verified(parts) == Code::DIGEST_MISMATCH);
}

TEST_CASE("metadata files that disagree with index or statement are refused") {
    TakenApart parts = test::take_apart(sample());
    parts.statement.version = "2.0";
    CHECK(verified(parts) == Code::FORMAT);
    Package package = must(test::open_unverified(test::put_together(parts)));
    CHECK(refusal(package.manifest()) == Code::FORMAT);

    parts = test::take_apart(sample());
    parts.statement.content_digest[0] ^= std::byte{1};
    CHECK(verified(parts) == Code::DIGEST_MISMATCH);

    parts = test::take_apart(sample());
    test::change_entry(parts, checksums_path, [](Entry &entry) { entry.sha256[0] ^= std::byte{1}; });
    CHECK_FALSE(test::check_fully(test::put_together(parts)).ok());
}

TEST_CASE("read_content refuses an entry of another package") {
    Package package = must(test::open_unverified(sample()));
    Entry entry;
    entry.path = "content/files/x";
    entry.size = 100;
    entry.extent = {500, 1, 0};
    CHECK(refusal(package.read_content(entry, [](base::ByteView) { return Result<void>{}; })) == Code::FORMAT);
}
