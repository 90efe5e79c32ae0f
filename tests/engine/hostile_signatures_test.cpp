// Signatures, chains and digests that somebody made to get in. Each ends with a root that is as it was.
#include "chain_maker.hpp"
#include "refusals.hpp"
#include "taken_apart.hpp"
#include "temporary_root.hpp"

#include <filesystem>
#include <fmt/format.h>

using namespace mos::test;
using mos::Code;
using mos::Result;
using mos::base::Bytes;
using mos::base::ByteView;
using mos::crypto::PrivateKey;
using mos::crypto::Signature;

namespace {

constexpr std::int64_t bench_time = 1'764'000'000;  // of StillClock

// Signs as its key does, and says what the test wants besides.
class Forger final : public mos::crypto::Signer {
  public:
    using Change = std::function<void(Signature &)>;
    explicit Forger(
        const PrivateKey &key, Change change = [](Signature & /*signature*/) {})
        : m_key(&key), m_change(std::move(change)) {}

    [[nodiscard]] Result<Signature> sign(ByteView message) override {
        MOS_TRY(Bytes value, m_key->sign(message));
        Signature signature{.algorithm = mos::crypto::SignatureAlgorithm::ecdsa_p384_sha384,
                            .key_id = mos::base::to_bytes(m_key->public_key().id()),
                            .value = std::move(value),
                            .certificates = {}};
        m_change(signature);
        return signature;
    }

  private:
    const PrivateKey *m_key;
    Change m_change;
};

Bytes signed_by(Forger forger) { return make_package("p", "1", simple("evil").image(), "", {&forger}); }

// Root, intermediate and leaf of the tests of certificates, at the time of this bench.
struct TimedChain : Chain {
    TimedChain() {
        for (Recipe *recipe : {&root, &intermediate, &leaf}) {
            recipe->not_before = bench_time - day;
            recipe->not_after = bench_time + day;
        }
    }
    // A package by the leaf's key, with these certificates behind the leaf's.
    [[nodiscard]] Bytes package(const std::vector<Recipe> &intermediates) const {
        std::vector<Bytes> certificates = {make_der(leaf)};
        for (const Recipe &one : intermediates)
            certificates.push_back(make_der(one));
        return signed_by(Forger{*leaf.key, [&](Signature &signature) { signature.certificates = certificates; }});
    }
    [[nodiscard]] Bytes package() const { return package({intermediate}); }
};

// A bench whose root trusts the chain's root.
struct ChainBench : EngineBench {
    ChainBench() { trust("root.crt", make(TimedChain{}.root).to_pem()); }
};

// The package with an index that says what its signer wants, signed anew by one who is trusted.
Bytes with_index_line(const Bytes &package, std::size_t number, const std::string &line, mos::crypto::Signer &signer) {
    TakenApart parts = take_apart(package);
    parts.lines.at(number) = line;
    const std::string text = index_text(parts);
    const Bytes index = compress_index(text);
    const mos::package::Statement statement = completed(parts, text, index);
    parts.area = {};
    parts.area.put(must(signer.sign(mos::package::signed_message(mos::package::encode_statement(statement)))));
    return assemble(parts, statement, index);
}

}  // namespace

TEST_CASE("the chain that is spoiled below lets a package in when nothing is wrong with it") {
    ChainBench bench;
    must(install_bytes(bench, TimedChain{}.package()));
}

TEST_CASE("an intermediate that its issuer never signed lets nothing in") {
    ChainBench bench;
    TimedChain chain;
    const Recipe genuine = chain.intermediate;
    chain.intermediate.key = chain.intermediate.issuer_key = &key_number(7);
    chain.intermediate.has_authority_key_id = false;
    chain.intermediate.extensions.push_back(authority_key_id(key_number(0).public_key().id()));
    chain.leaf.issuer_key = &key_number(7);
    CHECK(says(must_refuse(bench, chain.package(), Code::CERTIFICATE_INVALID), "was not signed by it"));
    must_refuse(bench, chain.package({genuine, chain.intermediate}), Code::CERTIFICATE_INVALID);
    chain.intermediate.issuer = "Intermediate";  // self-signed, as if it were a root
    chain.intermediate.extensions = ca_extensions();
    must_refuse(bench, chain.package(), Code::SIGNER_UNTRUSTED);
}

TEST_CASE("a NUL in a name lets nothing in") {
    using namespace std::string_view_literals;
    ChainBench bench;
    TimedChain chain;
    chain.leaf.issuer = std::string{"Intermediate\0.evil"sv};
    must_refuse(bench, chain.package(), Code::SIGNER_UNTRUSTED);
    for (const Bytes &one : {dns("good.example\0.evil.example"sv), mailbox("a@good.example\0.evil.example"sv),
                             uri("https://good.example\0.evil.example"sv)}) {
        chain = {};
        chain.leaf.extensions.push_back(alternative_names({one}));
        CHECK(says(must_refuse(bench, chain.package(), Code::CERTIFICATE_INVALID), "malformed alternative name"));
    }
    chain = {};
    chain.intermediate.extensions.push_back(name_constraints({dns("example\0.evil"sv)}, {}));
    must_refuse(bench, chain.package(), Code::CERTIFICATE_INVALID);
}

TEST_CASE("10,000 certificates let nothing in, whether a package or the trust folder has them") {
    ChainBench bench;
    const Bytes good = TimedChain{}.package();
    SUBCASE("a package") {
        TakenApart parts = take_apart(make_package("p", "1", simple("evil").image()));
        parts.statement.signature_area_bytes = 256U << 10U;
        parts.area = take_apart(good).area;
        parts.area.signatures.at(0).certificates.assign(10'000, Bytes(4, std::byte{0x30}));
        const std::string text = index_text(parts);
        const Bytes index = compress_index(text);
        Bytes bytes = assemble(take_apart(good), completed(parts, text, index), index);
        const Bytes area = must(mos::package::encode_signature_area(parts.area, 256U << 10U, {.certificates = 20'000}));
        std::copy(area.begin(), area.end(),
                  bytes.begin() + static_cast<std::ptrdiff_t>(mos::package::layout_of(parts.statement).signature_area));
        must_refuse(bench, std::move(bytes), Code::LIMIT);
    }
    SUBCASE("the trust folder") {
        const std::string one = make(TimedChain{}.intermediate).to_pem();
        std::string pem;
        for (int i = 0; i < 10'000; ++i)
            pem += one;
        bench.trust("many.crt", pem);
        must_refuse(bench, good, Code::TRUST_UNREADABLE);
    }
}

TEST_CASE("100 MB of PEM in the trust folder let nothing in") {
    const TemporaryRoot folder;  // a file with holes, which takes no room
    EngineBench bench{{.trust_folder = folder.path()}};
    const Bytes good = bench.pack("p", "1", simple("one"));
    std::ofstream{folder.path() + "/publisher.pub"} << bench.publisher.public_pem();
    std::ofstream{folder.path() + "/huge.crt"} << "-----BEGIN CERTIFICATE-----\n";
    std::filesystem::resize_file(folder.path() + "/huge.crt", 100'000'000);
    must_refuse(bench, good, Code::TRUST_UNREADABLE);
    std::filesystem::remove(folder.path() + "/huge.crt");
    must(install_bytes(bench, good));
}

TEST_CASE("r or s that is no number from 1 to the order less one lets nothing in, nor another form of a good one") {
    EngineBench bench;
    const PrivateKey &key = key_number(5);
    bench.trust("p384.pub", key.public_key().to_pem());
    const auto sequence = [](std::initializer_list<ByteView> parts) { return der::element(Tag::sequence, parts); };
    const Bytes zero = hex("020100");
    const Bytes empty = hex("0200");
    const Bytes order = hex("023100ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77"
                            "aecec196accc52973");
    using Bend = std::function<Bytes(const Bytes &r, const Bytes &s)>;
    const std::vector<Bend> bends = {
        [&](const Bytes & /*r*/, const Bytes &s) {
            return sequence({zero, s});
        },
        [&](const Bytes &r, const Bytes & /*s*/) {
            return sequence({r, zero});
        },
        [&](const Bytes & /*r*/, const Bytes &s) {
            return sequence({order, s});
        },
        [&](const Bytes &r, const Bytes & /*s*/) {
            return sequence({r, order});
        },
        [&](const Bytes & /*r*/, const Bytes &s) {
            return sequence({empty, s});
        },
        [&](const Bytes & /*r*/, const Bytes & /*s*/) {
            return sequence({zero, zero});
        },
        [&](const Bytes & /*r*/, const Bytes & /*s*/) { return sequence({}); },
        [&](const Bytes &r, const Bytes & /*s*/) { return sequence({r}); },
        [&](const Bytes &r, const Bytes &s) {
            return sequence({r, s, zero});
        },
        [&](const Bytes &r, const Bytes &s) {  // the length in two bytes where one does
            Bytes bytes = sequence({r, s});
            bytes.insert(bytes.begin() + 1, std::byte{0x81});
            return bytes;
        },
    };
    const auto bent = [&](const Bend &bend) {
        return signed_by(Forger{key, [&](Signature &signature) {
                                    der::Reader reader = must(der::open(signature.value, Tag::sequence));
                                    const Bytes r = mos::base::to_bytes(must(reader.next()).whole);
                                    const Bytes s = mos::base::to_bytes(must(reader.next()).whole);
                                    signature.value = bend(r, s);
                                }});
    };
    for (const Bend &bend : bends)
        must_refuse(bench, bent(bend), Code::SIGNATURE_INVALID);
    must(install_bytes(bench, bent([&](const Bytes &r, const Bytes &s) { return sequence({r, s}); })));
}

TEST_CASE("a checksum in another form than 64 lower digits lets nothing in, even signed by one who is trusted") {
    EngineBench bench;
    const Bytes good = bench.pack("p", "1", simple("one"));
    const TakenApart parts = take_apart(good);
    constexpr std::string_view key = "\"sha256\":\"";
    const auto with_digest = [&](const std::string &line) { return line.find(key) != std::string::npos; };
    const auto found = std::find_if(parts.lines.begin(), parts.lines.end(), with_digest);
    REQUIRE(found != parts.lines.end());
    const std::size_t at = found->find(key) + key.size();
    const std::string digest = found->substr(at, 64);
    const auto forged = [&](const std::string &text) {
        std::string line = *found;
        line.replace(at, 64, text);
        return with_index_line(good, static_cast<std::size_t>(found - parts.lines.begin()), line,
                               *bench.publisher.signer());
    };
    for (const std::string &text : {std::string{}, " " + digest, digest + " ", " " + digest.substr(1), digest.substr(1),
                                    digest + "0", "g" + digest.substr(1), "0x" + digest.substr(2)}) {
        INFO("'", text, "'");
        must_refuse(bench, forged(text), Code::FORMAT);
    }
    must(install_bytes(bench, forged(digest)));
}
