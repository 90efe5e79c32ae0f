// Inputs of the targets `point_index` and `credentials`: what a root keeps of its captured points and its packages.
#include "corpus.hpp"

#include "point_index.hpp"
#include "sample.hpp"
#include "twin.hpp"

#include <mos/package/credentials.hpp>
#include <mos/package/layout.hpp>
#include <mos/package/limits.hpp>
#include <mos/package/writer.hpp>

#include <string>
#include <vector>

namespace mos::fuzz {

namespace {

using namespace std::string_view_literals;
using base::FileType;
using snapshot::PastEntry;

PastEntry entry_of(FileType type) {
    PastEntry entry;
    entry.type = type;
    entry.attributes = {.mode = 04755,
                        .owner = 1,
                        .group = 0xffffffff,
                        .modified = {-5, 999'999'999},
                        .extended = {{"user.a", {std::byte{0}, std::byte{0xff}}}}};
    if (type == FileType::symlink)
        entry.link_target = "../x\xff";
    if (type == FileType::regular) {
        entry.size = 7;
        entry.digest = crypto::sha256(base::as_bytes("content"));
        entry.unchanged = transaction::Witness{.inode = 12, .size = 7, .modified = {-5, 999'999'999}};
    }
    return entry;
}

std::string whole_index() {
    const test::Twin twin;
    const auto folder = twin.root();
    const snapshot::IndexHead head{
        .point = 3, .trees = {"", "srv\xff"}, .excluded = {"var/cache"}, .access_lists = true};
    auto writer = must(snapshot::IndexWriter::create(*folder, head), "an index is made");
    PastEntry shared = entry_of(FileType::regular);
    shared.file = 9;
    const std::vector<std::pair<std::string, PastEntry>> entries = {{"a", shared},
                                                                    {"b", shared},
                                                                    {"dev", entry_of(FileType::directory)},
                                                                    {"dev/caf\xe9", entry_of(FileType::symlink)},
                                                                    {"dev/null", entry_of(FileType::character_device)},
                                                                    {"file", entry_of(FileType::regular)}};
    for (const auto &[path, entry] : entries)
        must(writer.append(path, entry), "an index is written");
    static_cast<void>(must(writer.finish(), "an index is finished"));
    const auto bytes = must(base::read_file(*folder, snapshot::index_name, 1U << 20U), "an index is read");
    return std::string{base::as_text(bytes)};
}

constexpr std::string_view head_line =
    "{\"format\":\"multiosupdate point 1\",\"point\":3,\"trees\":[\"\"],\"excluded\":[]}\n";
constexpr std::string_view attributes =
    R"("attributes":"{\"group\":0,\"mode\":420,\"nanoseconds\":0,\"owner\":0,\"seconds\":1}")";
constexpr std::string_view digest = R"("sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")";

void put_index(const Corpus &corpus, const char *name, std::string_view lines) {
    corpus.put("point_index", name, std::string{head_line} + std::string{lines});
}

void put_head(const Corpus &corpus, const char *name, std::string_view rest) {
    corpus.put("point_index", name,
               "{\"format\":\"multiosupdate point 1\"" + std::string{rest} + "}\n{\"entries\":0}\n");
}

void make_heads(const Corpus &corpus) {
    corpus.put("point_index", "empty", "");
    corpus.put("point_index", "no-json", "no index\n");
    corpus.put("point_index", "another-format", "{\"format\":\"multiosupdate point 2\"}\n");
    put_head(corpus, "head-no-point", "");
    put_head(corpus, "head-no-trees", R"(,"point":3)");
    put_head(corpus, "head-odd-trees", R"(,"point":3,"trees":[1],"excluded":[])");
    put_head(corpus, "head-tree-outside", R"(,"point":3,"trees":["Li4vZXRj"],"excluded":[])");
    put_head(corpus, "head-no-base64", R"(,"point":3,"trees":["?"],"excluded":[])");
    put_head(corpus, "head-excluded-outside", R"(,"point":3,"trees":[""],"excluded":["L2V0Yw=="]})");
}

void make_entries(const Corpus &corpus) {
    const std::string file = R"("type":0,)" + std::string{attributes};
    const std::string link = R"("type":2,)" + std::string{attributes};
    put_index(corpus, "no-end", "");
    put_index(corpus, "after-the-end", "{\"entries\":0}\n{\"entries\":0}\n");
    put_index(corpus, "no-object", "[]\n");
    put_index(corpus, "no-path", "{}\n");
    put_index(corpus, "path-outside", R"({"path":"../x"})");
    put_index(corpus, "no-type", R"({"path":"a"})");
    put_index(corpus, "odd-type", R"({"path":"a","type":99})");
    put_index(corpus, "no-attributes", R"({"path":"a","type":0})");
    put_index(corpus, "odd-attributes", R"({"path":"a","type":0,"attributes":"{}"})");
    put_index(corpus, "no-size", R"({"path":"a",)" + file + "}");
    put_index(corpus, "no-inode", R"({"path":"a","size":1,)" + file + "}");
    put_index(corpus, "no-digest", R"({"path":"a","size":1,"inode":1,)" + file + "}");
    put_index(corpus, "odd-digest", R"({"path":"a","size":1,"inode":1,"sha256":"00",)" + file + "}");
    put_index(corpus, "odd-group",
              R"({"path":"a","size":1,"inode":1,"file":"x",)" + file + "," + std::string{digest} + "}");
    put_index(corpus, "no-target", R"({"path":"a",)" + link + "}");
    put_index(corpus, "empty-target", R"({"path":"a","target":"",)" + link + "}");
    put_index(corpus, "target-with-nul", R"({"path":"a","target":"YQBi",)" + link + "}");
    put_index(corpus, "order",
              R"({"path":"b","target":"YQ==",)" + link + "}\n" + R"({"path":"a","target":"YQ==",)" + link + "}");
}

void make_credentials(const Corpus &corpus) {
    const base::Bytes sample = sample_package(package::uncompressed, Signed::yes);
    const base::ByteView view{sample};
    const auto stored = view.subspan(package::layout_of({}).statement, package::statement_bytes);
    const auto statement = must(package::decode_statement(stored, {}), "it has a statement");
    const auto layout = package::layout_of(statement);
    const auto area = must(package::decode_signature_area(
                               view.subspan(layout.signature_area, statement.signature_area_bytes), package::Limits{}),
                           "it has signatures");
    const auto write = [&](base::ByteView of, const package::SignatureArea &signatures) {
        return must(package::write_credentials(of, signatures, statement.signature_area_bytes), "they are written");
    };
    const base::Bytes two = write(stored, area);
    corpus.put("credentials", "two", two);
    corpus.put("credentials", "none", write(stored, {}));
    corpus.put("credentials", "no-signatures", base::ByteView{two}.first(4 + package::statement_bytes));
    corpus.put("credentials", "no-statement", write(base::as_bytes("x"), area));
    corpus.put("credentials", "short", base::ByteView{two}.first(3));
    corpus.put("credentials", "cut", base::ByteView{two}.first(100));
    base::Bytes longer = two;
    longer.push_back(std::byte{0});
    corpus.put("credentials", "room", longer);
    longer.resize(longer.size() + statement.signature_area_bytes);
    corpus.put("credentials", "too-long", longer);
    longer = two;
    longer[4 + package::statement_bytes] ^= std::byte{1};
    corpus.put("credentials", "no-area", longer);
}

}  // namespace

void make_kept_inputs(const Corpus &corpus) {
    corpus.put("point_index", "whole", whole_index());
    make_heads(corpus);
    make_entries(corpus);
    make_credentials(corpus);
}

}  // namespace mos::fuzz
