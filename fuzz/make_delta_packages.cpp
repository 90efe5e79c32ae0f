// Delta packages, sound and forged: inputs of the target `delta_install`.
#include "corpus.hpp"
#include "delta_script.hpp"
#include "sample.hpp"

#include <mos/delta/delta.hpp>

namespace mos::fuzz {

namespace {

std::string contents(std::initializer_list<unsigned> numbers) {
    std::string joined;
    for (const unsigned number : numbers)
        joined += delta_content(number);
    return joined;
}

// "x PATCH HEX": the delta between contents that lie one behind the other.
std::string delta_line(unsigned patch, std::initializer_list<unsigned> from, std::initializer_list<unsigned> to,
                       delta::Codec codec) {
    const auto base = base::make_memory_source(base::to_bytes(base::as_bytes(contents(from))), "base");
    const auto result = base::make_memory_source(base::to_bytes(base::as_bytes(contents(to))), "result");
    base::Bytes bytes;
    const auto made = delta::create_delta(*base, *result, {.codec = codec, .apply_memory = 16U << 20U},
                                          [&](base::ByteView part) -> Result<void> {
                                              bytes.insert(bytes.end(), part.begin(), part.end());
                                              return {};
                                          });
    must(made, "a delta is made");
    return "x " + std::to_string(patch) + " " + base::to_hex(bytes) + "\n";
}

}  // namespace

void make_delta_packages(const Corpus &corpus) {
    const auto put = [&](const char *name, const std::string &text) { corpus.put("delta_install", name, text); };
    const std::string one = delta_line(0, {0}, {3}, delta::Codec::suffix);
    const std::string group = delta_line(1, {1, 2}, {4, 5}, delta::Codec::suffix);
    const std::string rest = "u c\ns stored some text\ns empty \n";
    put("all", "m 0 0 a 3\nm 1 0 b 4\nm 1 2000 e 5\n" + rest + "b 0 a\n" + one + "b 1 b c\n" + group);
    ForgedPackage whole = read_delta_script("m 0 0 a 3\n" + rest + "b 0 a\n" + one);
    whole.base_content = crypto::sha256(base::as_bytes("base"));
    corpus.put("package", "delta", forge_package(std::move(whole), ed25519_pem));
    put("full", "m 0 0 a 3\n" + delta_line(0, {}, {3}, delta::Codec::full));
    put("full-list", "m 0 0 a 3\nb 0 a\n" + delta_line(0, {0}, {3}, delta::Codec::full));
    put("keep", "m 0 0 moved 0\nb 0 a\n" + delta_line(0, {0}, {0}, delta::Codec::keep));
    put("unchanged", "u a\nu b\nu c\n");
    put("not-in-base", "u d\n");
    put("other-result", "m 0 0 a 4\nb 0 a\n" + one);
    put("other-base", "m 0 0 a 3\nb 0 b\n" + one);
    put("two-bases-for-one", "m 0 0 a 3\nb 0 a b\n" + one);
    put("no-list", "m 0 0 a 3\n" + one);
    put("no-delta", "m 0 0 a 3\nb 0 a\n");
    put("gap", "m 0 10 a 3\nb 0 a\n" + one);
    put("beyond", "m 1 0 b 4\nm 1 4000 e 5\nb 1 b c\n" + group);
    put("patch-unnamed", "u a\nb 0 a\n" + one);
    put("number", "m 4000000000 0 a 3\nb 4000000000 a\n" + one);
    put("list-cut", "m 0 0 a 3\nr 0 {\"path\":\"content/files/a\"\n" + one);
    put("list-path", "m 0 0 a 3\nr 0 {\"path\":\"content/files/../a\",\"size\":2000}|\n" + one);
    put("list-large", "m 0 0 a 3\nr 0 {\"path\":\"content/files/a\",\"size\":1099511627776}|\n" + one);
    put("list-elsewhere", "m 0 0 a 3\nr 0 {\"path\":\"content/configs/a\",\"size\":2000}|\n" + one);
    put("list-size", "m 0 0 a 3\nr 0 {\"path\":\"content/files/a\",\"size\":1999}|\n" + one);
    put("list-digest", "m 0 0 a 3\nr 0 {\"path\":\"content/files/a\",\"size\":2000,\"sha256\":\"" +
                           std::string(64, '0') + "\"}|\n" + one);
    put("truncated", "m 0 0 a 3\nb 0 a\n" + one.substr(0, one.size() - 21) + "\n");
    put("damaged", "m 0 0 a 3\nb 0 a\n" + one.substr(0, one.size() - 9) + "00000000\n");
    put("header-alone", "m 0 0 a 3\nb 0 a\n" + one.substr(0, 100) + "\n");
}

}  // namespace mos::fuzz
