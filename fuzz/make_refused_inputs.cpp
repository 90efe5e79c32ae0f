// Inputs that break one rule each, which mutation is slow to find.
#include "certificate_sample.hpp"
#include "corpus.hpp"
#include "sample.hpp"

#include <mos/package/frame.hpp>
#include <mos/package/layout.hpp>
#include <mos/package/signature_area.hpp>
#include <mos/package/statement.hpp>
#include <mos/package/writer.hpp>

#include <functional>
#include <string>

namespace mos::fuzz {

namespace {

using namespace std::string_view_literals;
using base::Bytes;

void make_relations(const Corpus &corpus) {
    corpus.put("relation", "single", "libfoo (= 1.2)");
    corpus.put("relation", "any", "libfoo");
    corpus.put("relation", "operator", "libfoo (< 1.2)");
    corpus.put("relation", "no-operator", "libfoo (1.2)");
    corpus.put("relation", "version", "libfoo (>= 1_2)");
    corpus.put("relation", "name", "Lib_foo");
    corpus.put("relation", "architecture", "libfoo [amd64]");
    corpus.put("relation", "behind", "libfoo (>= 1) x");
    corpus.put("relation", "long", "libfoo (>= " + std::string(5000, '1') + ")");
    corpus.put("relation", "many", [] {
        std::string text = "a";
        for (unsigned i = 0; i < 100; ++i)
            text += "|a";
        return text;
    }());
}

void make_values(const Corpus &corpus) {
    const auto yaml = [&](const char *name, std::string_view text) {
        corpus.put("values", name, std::string(1, '\0') + std::string{text});
    };
    const auto ini = [&](const char *name, std::string_view text) {
        corpus.put("values", name, "\1" + std::string{text});
    };
    corpus.put("values", "no-object", "2[1]");
    corpus.put("values", "empty-json", "2{}");
    corpus.put("values", "mark", "2\xef\xbb\xbf{\"a\":1.5}");
    yaml("no-utf8", "a: \xc3\xa9\t\xff\n");
    yaml("control", "a: b\n\x1b[2J");
    yaml("comments", "# nothing\n");
    yaml("list", "- a\n");
    yaml("documents", "a: 1\n---\nb: 2\n");
    yaml("empty-key", "? \n: a\n");
    yaml("key-list", "? [a]\n: b\n");
    yaml("key-alias", "a: &x b\n*x : c\n");
    yaml("key-anchor", "&x a: b\n");
    yaml("within", "a: &x [*x]\n");
    yaml("merge", "a: &x {b: 1}\nc: {<<: *x}\n");
    yaml("twice", "a: 1\na: 2\n");
    yaml("nul", "a: \"\\0\"\n");
    yaml("tag", "a: !!int 1\nb: !x [1]\n");
    yaml("tags", "a: !!seq [1]\nb: !!map {c: !!str 1}\n");
    yaml("map-tag", "a: !y {b: 1}\n");
    yaml("deep", "a: " + std::string(20, '[') + std::string(20, ']') + "\n");
    yaml("malformed", "a: [1\n");
    ini("plain", "\xef\xbb\xbf[a.b]\nc = 1\nd.e = -2\n[f]\ng = true\nh = 'x'\n");
    ini("no-key", "[a]\nb\n");
    ini("no-section", "[a\nb = 1\n");
    ini("twice", "[a]\nb = 1\nb = 2\n");
    ini("value-and-section", "a = 1\n[a]\nb = 1\n");
    ini("long", "a = " + std::string(300, 'x') + "\n");
    ini("long-comment", "# " + std::string(300, 'x') + "\na = 1\n");
    ini("long-section", "[" + std::string(100, 'x') + "]\na = 1\n");
    ini("deep", "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r = 1\n");
    ini("empty-part", "[a..b]\nc = 1\n");
}

void make_statements(const Corpus &corpus, const package::Statement &genuine) {
    using package::Statement;
    const auto put = [&](const char *name, const std::function<void(Statement &)> &change) {
        Statement changed = genuine;
        change(changed);
        corpus.put("statement", name, package::encode_statement(changed));
    };
    put("reader", [](Statement &one) { one.minimum_reader_version = package::format_version + 1; });
    put("newer-reader", [](Statement &one) {
        one.version_of_format = package::format_version + 1;
        one.minimum_reader_version = package::format_version + 1;
    });
    put("area", [](Statement &one) { one.signature_area_bytes = 1; });
    put("large-area", [](Statement &one) { one.signature_area_bytes = 1U << 30U; });
    put("payload", [](Statement &one) { one.payload_plain_bytes = 1ULL << 60U; });
    put("ratio", [](Statement &one) {
        one.payload_stored_bytes = 100;
        one.payload_plain_bytes = 1ULL << 30U;
    });
    put("index-ratio", [](Statement &one) {
        one.index_stored_bytes = 1;
        one.index_expanded_bytes = 1U << 29U;
    });
    put("entries", [](Statement &one) { one.entries = 1ULL << 40U; });
    put("nothing", [](Statement &one) { one.frames = 0; });
    put("name", [](Statement &one) { one.name = "A b"; });
    put("version", [](Statement &one) { one.version = "1_2"; });
    put("time", [](Statement &one) { one.created_unix_s = -1; });
    put("kind", [](Statement &one) { one.kind = static_cast<package::PackageKind>(7); });
    put("no-base", [](Statement &one) { one.kind = package::PackageKind::delta; });
    Bytes bytes = package::encode_statement(genuine);
    corpus.put("statement", "short", base::ByteView{bytes}.first(bytes.size() - 1));
    for (const std::size_t at : {0U, 16U, 20U, 24U, 500U, 639U}) {
        Bytes changed = bytes;
        changed[at] = ~changed[at];
        corpus.put("statement", ("byte" + std::to_string(at)).c_str(), changed);
    }
}

// As encode_signature_area() would not write them.
struct RawSignature {
    std::uint16_t certificates = 0;
    std::uint32_t certificate_bytes = 1;
    std::uint32_t value_bytes = 2;
    std::byte key{1};
};

Bytes raw_area(std::uint32_t count, const std::vector<RawSignature> &signatures, std::byte padding) {
    const Bytes empty = must(package::encode_signature_area({}, 512, {}), "an area");
    constexpr std::size_t magic_bytes = 8;
    Bytes area(empty.begin(), empty.begin() + magic_bytes);
    base::append_u32(area, count);
    for (const RawSignature &signature : signatures) {
        base::append_u16(area, 1);
        base::append_u16(area, signature.certificates);
        base::append_u32(area, signature.value_bytes);
        area.resize(area.size() + package::key_id_bytes, signature.key);
        area.resize(area.size() + std::min(signature.value_bytes, 16U), std::byte{'v'});
        for (unsigned i = 0; i < std::min<unsigned>(signature.certificates, 2); ++i) {
            base::append_u32(area, signature.certificate_bytes);
            area.resize(area.size() + std::min(signature.certificate_bytes, 16U), std::byte{'c'});
        }
    }
    area.resize(512, padding);
    return area;
}

void make_areas(const Corpus &corpus) {
    const auto put = [&](const char *name, std::uint32_t count, const std::vector<RawSignature> &signatures,
                         std::byte padding = {}) {
        corpus.put("signature_area", name, raw_area(count, signatures, padding));
    };
    put("certificates", 1, {{.certificates = 2}});
    put("many", 17, {});
    put("many-certificates", 1, {{.certificates = 17}});
    put("large-value", 1, {{.value_bytes = 1U << 20U}});
    put("large-certificate", 1, {{.certificates = 1, .certificate_bytes = 1U << 20U}});
    put("empty-value", 1, {{.value_bytes = 0}});
    put("empty-certificate", 1, {{.certificates = 1, .certificate_bytes = 0}});
    put("order", 2, {{.key = std::byte{2}}, {.key = std::byte{1}}});
    put("padding", 1, {{}}, std::byte{1});
    corpus.put("signature_area", "magic", std::string(512, 'x'));
    corpus.put("signature_area", "short", "\0"sv);
    Bytes cut = raw_area(1, {{}}, {});
    cut.resize(40);
    corpus.put("signature_area", "cut", cut);
}

void make_frames(const Corpus &corpus) {
    const auto put = [&](const char *name, std::uint32_t plain_bytes, Bytes frame,
                         const std::function<void(Bytes &)> &change) {
        change(frame);
        Bytes input;
        base::append_u32(input, plain_bytes);
        input.insert(input.end(), frame.begin(), frame.end());
        corpus.put("frame", name, input);
    };
    const Bytes raw = package::raw_frame(base::as_bytes("sixteen bytes ok"));
    put("no-frame", 16, raw, [](Bytes &frame) { frame[0] = std::byte{0}; });
    put("size", 17, raw, [](Bytes &) {});
    put("checksum", 16, raw, [](Bytes &frame) { frame[4] |= std::byte{4}; });
    put("behind", 16, raw, [](Bytes &frame) { frame.push_back(std::byte{0}); });
    package::FrameCompressor compressor{3};
    const Bytes compressed =
        must(compressor.compress(base::as_bytes(std::string(4000, 'a') + std::string(4000, 'b'))), "a frame is made");
    put("damaged", 8000, compressed, [](Bytes &frame) { frame[frame.size() / 2] = ~frame[frame.size() / 2]; });
    put("block", 16, raw, [](Bytes &frame) {  // a block that repeats one byte, and ends after a shorter text
        frame.resize(frame.size() - 16 - 3);
        const unsigned header = (8U << 3U) | (1U << 1U) | 1U;
        for (const unsigned byte : {header & 0xFFU, header >> 8U, 0U, 0x61U})
            frame.push_back(static_cast<std::byte>(byte));
    });
    put("window", 1U << 20U, {}, [](Bytes &frame) {  // of 2^31 bytes
        for (const unsigned byte : {0x28U, 0xB5U, 0x2FU, 0xFDU, 0x80U, 0xA8U, 0U, 0U, 0x10U, 0U, 1U, 0U, 0U})
            frame.push_back(static_cast<std::byte>(byte));
    });
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    const std::size_t at = text.find(what);
    hold(at != std::string::npos, "what is replaced is there");
    return text.replace(at, what.size(), by);
}

void make_indexes(const Corpus &corpus, std::string_view text) {
    const auto put = [&](const char *name, std::string_view what, std::string_view by) {
        corpus.put("index", name, replaced(std::string{text}, what, by));
    };
    put("outside", "content/files/usr\"", "content/filed/usr\"");
    put("patch", "\"content/files/usr\"", "\"content/patches/us\"");
    put("metadata", "metadata/checksums.json", "metadata/checksums.jsox");
    put("metadata-mode", "metadata/checksums.json\",\"type\":\"regular\",\"mode\":\"0644\"",
        "metadata/checksums.json\",\"type\":\"regular\",\"mode\":\"0755\"");
    put("metadata-directory", "metadata/version.json\",\"type\":\"regular\"",
        "metadata/version.json\",\"type\":\"directory\"");
    put("twice", "content/files/usr/bin\"", "content/files/usr\"");
    put("order", "content/files/usr/bin\"", "content/files/aaa\"");
    put("below-link", "\"content/files/usr/bin\",\"type\":\"directory\"",
        "\"content/files/usr/bin\",\"type\":\"symlink\"");
    put("mode", "\"mode\":\"0755\"", "\"mode\":\"7755\"");
    put("owner", "\"owner\":0", "\"owner\":4294967295");
    put("attribute", "user.origin", "evil.origin");
    put("links-not-announced", ",\"links\":2", "");
    put("copies-not-announced", ",\"copies\":1", "");
    put("copies", "\"copies\":1", "\"copies\":2");
    put("copy-differs", "copies/b\",\"type\":\"regular\",\"mode\":\"0644\"",
        "copies/b\",\"type\":\"regular\",\"mode\":\"0600\"");
    put("copy-of-later", "\"copy_of\":\"content/files/usr/copies/a\"", "\"copy_of\":\"content/files/usr/copies/c\"");
    put("third-link", "alias\",\"type\":\"symlink\",\"mode\":\"0777\"",
        "zlias\",\"type\":\"hard_link\",\"mode\":\"0644\"");
    put("below-file", "\"content/files/usr/copies/large\"", "\"content/files/usr/copies/b/large\"");
    put("below-alias", "\"content/files/usr/bin/tool2\"", "\"content/files/usr/bin/alias/tool2\"");
    put("no-digest", "\"size\":16,", "\"size\":0,");
    put("target-with-nul", "\"target\":\"tool\"", "\"target_base64\":\"AGE=\"");
    put("attributes-order", "\"user.origin\"", "\"user.z\":\"\",\"user.origin\"");
    put("links", "\"links\":2", "\"links\":3");
    put("stored", "\"stored\":4108", "\"stored\":4109");
    put("plain", "\"plain\":4096", "\"plain\":9000000");
    put("no-plain", "\"plain\":4096", "\"plain\":0");
    put("number", "{\"frame\":1,", "{\"frame\":2,");
    put("frame-line", "{\"frame\":1,", "{\"frame\":1 ,");
    put("link-target", "\"target\":\"tool\"", "\"target\":\"\"");
    put("hard-link", "\"target\":\"content/files/usr/bin/tool\"", "\"target\":\"content/files/usr/bin/zool\"");
    put("parent", "content/files/usr/bin\"", "content/files/../x\"");
    corpus.put("index", "no-newline", text.substr(0, text.size() - 1));
    corpus.put("index", "frames-alone", text.substr(0, text.find("{\"path\"")));
    corpus.put("index", "last-entry-missing", text.substr(0, text.rfind("{\"path\"")));
    put("long-line", "{\"path\"", std::string(140'000, 'x'));
    put("large-attribute", "ZnV6eg==", std::string(120'000, 'A'));
    std::string many = "\"user.a\":\"\"";
    for (unsigned i = 100; i < 170; ++i)
        many += ",\"user.a" + std::to_string(i) + "\":\"\"";
    put("many-attributes", "\"user.origin\":\"ZnV6eg==\"", many);
}

}  // namespace

void make_refused_inputs(const Corpus &corpus) {
    make_relations(corpus);
    make_values(corpus);
    make_areas(corpus);
    make_frames(corpus);
    const Bytes raw = sample_package(package::uncompressed, Signed::no);
    const auto stored = base::ByteView{raw}.subspan(package::layout_of({}).statement, package::statement_bytes);
    const auto statement = must(package::decode_statement(stored, {}), "it has a statement");
    make_statements(corpus, statement);
    make_indexes(corpus, base::as_text(index_text(raw)));
    Bytes other_length = raw;
    other_length[package::layout_of(statement).index - sizeof(std::uint32_t)] ^= std::byte{1};
    corpus.put("package", "index-length", other_length);
    const auto key = must(crypto::PrivateKey::from_pem(p384_pem, "ca"), "a key is read");
    for (const NamedCertificate &one : special_certificates(key))
        corpus.put("certificate", one.name, one.der);
}

}  // namespace mos::fuzz
