// Packages that somebody made to get in. Each ends with a root that is as it was.
#include "authority.hpp"

#include <mos/package/layout.hpp>
#include <mos/package/signature_area.hpp>

using namespace mos::test;
using mos::Code;
using mos::Result;
using mos::base::Bytes;
using mos::base::ByteView;
using mos::package::Layout;
using mos::package::SignatureArea;

namespace {

mos::package::Statement statement_of(const Bytes &bytes) {
    return must(mos::package::PackageFile::open(mos::base::make_memory_source(Bytes{bytes}, "p.mos")))
        .claimed_statement();
}

// The package with another signature area, and the last frame that follows from it.
template <class Change>
Bytes with_signatures(Bytes bytes, const Change &change) {
    const auto statement = statement_of(bytes);
    const Layout layout = mos::package::layout_of(statement);
    const std::uint32_t reserved = statement.signature_area_bytes;
    SignatureArea area =
        must(mos::package::decode_signature_area(ByteView{bytes}.subspan(layout.signature_area, reserved), {}));
    change(area);
    const Bytes encoded = must(mos::package::encode_signature_area(area, reserved, {}));
    const Bytes last = must(mos::package::build_last_frame(area, reserved));
    std::copy(encoded.begin(), encoded.end(), bytes.begin() + static_cast<std::ptrdiff_t>(layout.signature_area));
    std::copy(last.begin(), last.end(), bytes.begin() + static_cast<std::ptrdiff_t>(layout.last_frame));
    return bytes;
}

// One package until it is told to be another.
class Swapping final : public mos::base::Source {
  public:
    Swapping(Bytes first, Bytes second, std::shared_ptr<bool> is_second)
        : m_bytes{std::move(first), std::move(second)}, m_is_second(std::move(is_second)) {}
    [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, mos::base::MutableByteView out) override {
        const Bytes &bytes = m_bytes[*m_is_second ? 1 : 0];
        const std::size_t count = offset >= bytes.size() ? 0 : std::min<std::size_t>(out.size(), bytes.size() - offset);
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(offset, bytes.size())), count,
                    out.begin());
        return count;
    }
    [[nodiscard]] Result<std::uint64_t> size() override { return m_bytes[*m_is_second ? 1 : 0].size(); }
    [[nodiscard]] const std::string &name() const noexcept override { return m_name; }

  private:
    std::array<Bytes, 2> m_bytes;
    std::shared_ptr<bool> m_is_second;
    std::string m_name = "p.mos";
};

// What is the engine's own came with the attempt.
constexpr std::array<std::string_view, 2> own = {".multios-stage", "var"};

// Authenticated with the first bytes, installed with the second ones.
Result<mos::engine::JobOutcome> install_swapped(EngineBench &bench, const Bytes &first, const Bytes &second) {
    const auto is_second = std::make_shared<bool>(false);
    mos::engine::Plan plan{bench.engine};
    must(plan.install(std::make_unique<Swapping>(first, second, is_second), {}));
    must(plan.resolve());
    *is_second = true;
    const auto job = must(plan.make_job(std::nullopt, ""));
    must(job->run(nullptr));
    return *job->result();
}

}  // namespace

TEST_CASE("bytes that are swapped between the check and the use are not installed") {
    const PinnedSigner stranger;
    EngineBench bench;
    const Bytes good = bench.pack("p", "1", simple("good content"));
    for (const Bytes &other : {bench.pack("p", "1", simple("evil content")),
                               make_package("p", "1", simple("evil content").image(), "", {stranger.signer()})}) {
        const TreeImage before = must(scan(*bench.twin.root(), own));
        CHECK(refusal(install_swapped(bench, good, other)) == Code::DIGEST_MISMATCH);
        CHECK(difference(before, must(scan(*bench.twin.root(), own))) == "");
        CHECK_FALSE(must(bench.engine->installed("p")).has_value());
    }
}

TEST_CASE("whatever byte changes after the check, what is installed is what was signed, or nothing is") {
    std::size_t refused = 0;
    const EngineBench maker;
    const Bytes good = maker.pack("p", "1", simple("good content"));
    const Layout layout = mos::package::layout_of(statement_of(good));
    for (std::uint64_t place = layout.index; place < layout.last_frame; place += 7) {
        EngineBench bench;
        bench.trust("publisher.pub", maker.publisher.public_pem());
        Bytes altered = good;
        altered[static_cast<std::size_t>(place)] ^= std::byte{1};
        const auto result = install_swapped(bench, good, altered);
        refused += result.ok() ? 0U : 1U;
        INFO("place ", place);
        CHECK(bench.content("p", "x") == (result.ok() ? "good content" : ""));
        CHECK((result.ok() || result.error().code() == Code::DIGEST_MISMATCH));
    }
    CHECK(refused > 10);
}

TEST_CASE("a signature area without a valid signature lets nothing in") {
    EngineBench bench;
    const Bytes good = bench.pack("p", "1", simple("one"));
    const Bytes other = bench.pack("p", "2", simple("two"));
    const auto area_of = [](const Bytes &bytes) {
        const auto statement = statement_of(bytes);
        return must(mos::package::decode_signature_area(
            ByteView{bytes}.subspan(mos::package::layout_of(statement).signature_area, statement.signature_area_bytes),
            {}));
    };
    must_refuse(bench, with_signatures(good, [](SignatureArea &area) { area.signatures.clear(); }), Code::NOT_SIGNED);
    must_refuse(bench, with_signatures(good, [&](SignatureArea &area) { area = area_of(other); }),
                Code::SIGNATURE_INVALID);
    must_refuse(bench, with_signatures(good, [](SignatureArea &area) { area.signatures[0].value.assign(64, {}); }),
                Code::SIGNATURE_INVALID);
    must_refuse(bench, with_signatures(good, [](SignatureArea &area) { area.signatures[0].key_id[0] ^= std::byte{1}; }),
                Code::SIGNER_UNTRUSTED);
    must(install_bytes(bench, with_signatures(good, [](SignatureArea & /*area*/) {})));
}

TEST_CASE("a signature of a kind that nobody knows, and a policy of digests that nobody knows, count for nothing") {
    EngineBench bench;
    const Bytes good = bench.pack("p", "1", simple("one"));
    for (const std::uint16_t unknown : std::array<std::uint16_t, 4>{0, 6, 99, 65535})
        must_refuse(bench, with_signatures(good, [&](SignatureArea &area) { area.signatures[0].algorithm = unknown; }),
                    Code::NOT_SIGNED);
    must_refuse(bench, with_signatures(good, [](SignatureArea &area) { area.signatures[0].algorithm = 1; }),
                Code::ALGORITHM_REFUSED);
    for (const std::string_view only :
         {"[MD5]", "[SHA-1]", "[SHA3-256]", "[sha256]", "[\" SHA-256\"]", "[\"\"]", "[]"}) {
        put_policy(bench, "security_policy:\n  update_validation:\n    integrity_checking:\n      algorithms: " +
                              std::string{only} + "\n");
        must_refuse(bench, good, Code::POLICY_UNREADABLE);
    }
}

TEST_CASE("data outside the signed part are refused, wherever they stand") {
    EngineBench bench;
    const Bytes good = bench.pack("p", "1", simple("one"));
    const auto statement = statement_of(good);
    const Layout layout = mos::package::layout_of(statement);
    Bytes longer = good;
    longer.push_back(std::byte{0});
    must_refuse(bench, longer, Code::TRAILING_DATA);
    Bytes twice = good;
    twice.insert(twice.end(), good.begin(), good.end());
    must_refuse(bench, twice, Code::TRAILING_DATA);
    Bytes in_area = good;
    in_area[static_cast<std::size_t>(layout.signature_area) + statement.signature_area_bytes - 1] = std::byte{1};
    must_refuse(bench, in_area, Code::FORMAT);
    Bytes in_last = good;
    in_last[in_last.size() - 100] ^= std::byte{1};
    must_refuse(bench, in_last, Code::SIGNATURE_COPY);
    Bytes before = good;
    before.insert(before.begin(), std::byte{0});
    must_refuse(bench, before, Code::FORMAT);
}

TEST_CASE("a signer who may sign another package's name does not sign this one") {
    EngineBench bench;
    const Authority vendor{"Vendor"};
    mos::crypto::TrustEntry entry{"vendor", "Vendor", {}, vendor.certificate};
    entry.scope.packages = {"firmware-*"};
    entry.scope.types = {"application"};
    bench.trust("vendor.json", mos::crypto::write_trust_entry(entry));
    const CertifiedSigner signer = vendor.certify("Firmware Team");
    for (const std::string name : {"kernel", "firmware", "a-firmware-x"})
        CHECK(says(must_refuse(bench, make_package_at(still, manifest_of(name, "1"), {signer.signer.get()}),
                               Code::SIGNER_NOT_ALLOWED),
                   "may not vouch for the package '" + name + "'"));
    mos::package::Manifest manifest = manifest_of("firmware-x", "1");
    manifest.package_info.type = "kernel";
    must_refuse(bench, make_package_at(still, manifest, {signer.signer.get()}), Code::SIGNER_NOT_ALLOWED);
    must(install_bytes(bench, make_package_at(still, manifest_of("firmware-x", "1"), {signer.signer.get()})));
}
