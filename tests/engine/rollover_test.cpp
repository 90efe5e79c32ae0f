// A signer follows another, an authority another, and one is taken back: what becomes of the packages of before.
#include "authority.hpp"

#include <mos/engine/revocation_lists.hpp>

#include <mos/engine/trust_folder.hpp>
#include <mos/package/layout.hpp>

using namespace mos::test;
using mos::Code;
using mos::base::Bytes;

namespace {

struct Ground {
    std::shared_ptr<HandClock> clock = std::make_shared<HandClock>();
    EngineBench bench;

    Ground() {
        bench.clock = clock;
        bench.engine = bench.open();
    }
    [[nodiscard]] std::unique_ptr<mos::base::Directory> folder() const {
        return must(mos::engine::make_trust_folder(*bench.twin.root()));
    }
    [[nodiscard]] std::string trust(const Authority &authority) const {
        return must(mos::engine::add_trust(*folder(), {authority.certificate.subject(),
                                                       authority.certificate,
                                                       authority.certificate.fingerprint(),
                                                       {}}))
            .id;
    }
    void policy(std::string_view line) const {
        put_policy(bench, "security_policy:\n  update_validation:\n    trust_requirements:\n      " +
                              std::string{line} + "\n");
    }
};

Bytes package_by(const CertifiedSigner &signer, const std::string &name, const std::string &version,
                 std::int64_t created = still) {
    return make_package_at(created, manifest_of(name, version), {signer.signer.get()});
}

}  // namespace

TEST_CASE("a signer whose certificate ends is followed by another; its packages install only where policy says so") {
    Ground ground;
    const Authority vendor{"Vendor"};
    const std::string id = ground.trust(vendor);
    const CertifiedSigner first =
        vendor.certify("Signer 2025", {.not_before_unix_s = still - year, .not_after_unix_s = still + 30 * day});
    const CertifiedSigner second =
        vendor.certify("Signer 2026", {.not_before_unix_s = still, .not_after_unix_s = still + year});
    must(install_bytes(ground.bench, package_by(first, "p", "1")));
    must(install_bytes(ground.bench, package_by(second, "p", "2")));
    CHECK(must(ground.bench.engine->installed("p"))->signer == "CN=Vendor");

    ground.clock->now = still + 31 * day;
    const Bytes old = package_by(first, "q", "1");
    must_refuse(ground.bench, old, Code::CERTIFICATE_EXPIRED);
    must(install_bytes(ground.bench, package_by(second, "p", "3", still + 31 * day)));
    ground.policy("accept_expired_signers: true");
    must(install_bytes(ground.bench, old));
    CHECK(must(ground.bench.engine->installed("q"))->version == "1");
}

TEST_CASE("an authority is followed by another; while both are trusted both lead, and then only the new one") {
    Ground ground;
    const Authority old{"Vendor CA 1"};
    const Authority next{"Vendor CA 2"};
    const std::string old_id = ground.trust(old);
    const CertifiedSigner by_old = old.certify("Signer");
    const CertifiedSigner by_next = next.certify("Signer");
    must(install_bytes(ground.bench, package_by(by_old, "p", "1")));
    must_refuse(ground.bench, package_by(by_next, "p", "2"), Code::SIGNER_UNTRUSTED);

    const std::string next_id = ground.trust(next);
    must(install_bytes(ground.bench, package_by(by_next, "p", "2")));
    must(install_bytes(ground.bench, package_by(by_old, "p", "3")));
    must(mos::engine::remove_trust(*ground.folder(), old_id));
    must_refuse(ground.bench, package_by(by_old, "p", "4"), Code::SIGNER_UNTRUSTED);
    must(install_bytes(ground.bench, package_by(by_next, "p", "4")));
    CHECK(must(ground.bench.engine->installed("p"))->signer == "CN=Vendor CA 2");
}

TEST_CASE("a package that both signers have signed installs before and after the authority changes") {
    Ground ground;
    const Authority old{"Vendor CA 1"};
    const Authority next{"Vendor CA 2"};
    const CertifiedSigner by_old = old.certify("Signer");
    const CertifiedSigner by_next = next.certify("Signer");
    const auto both = [&](const std::string &version) {
        return make_package_at(still, manifest_of("p", version), {by_old.signer.get(), by_next.signer.get()});
    };
    const std::string old_id = ground.trust(old);
    must(install_bytes(ground.bench, both("1")));
    static_cast<void>(ground.trust(next));
    must(mos::engine::remove_trust(*ground.folder(), old_id));
    must(install_bytes(ground.bench, both("2")));
}

TEST_CASE("what a signer signed who was taken back installs only where policy says so, and what it goes on with not") {
    Ground ground;
    const Authority vendor{"Vendor"};
    static_cast<void>(ground.trust(vendor));
    const CertifiedSigner lost = vendor.certify("Lost");
    const CertifiedSigner kept = vendor.certify("Kept");
    must(install_bytes(ground.bench, package_by(lost, "p", "1")));
    must(mos::engine::add_revocation_list(*ground.folder(), vendor.revoke(1, {lost.certificate})));

    CHECK(must(ground.bench.engine->installed("p"))->version == "1");
    CHECK(says(must_refuse(ground.bench, package_by(lost, "q", "1"), Code::CERTIFICATE_REVOKED), "CN=Lost"));
    must(install_bytes(ground.bench, package_by(kept, "p", "2")));
    INFO("a package that somebody else vouches for too does not need the one who was taken back");
    must(install_bytes(ground.bench,
                       make_package_at(still, manifest_of("r", "1"), {lost.signer.get(), kept.signer.get()})));
    ground.policy("accept_revoked_signers: true");
    INFO("it must say that it was made before");
    must_refuse(ground.bench, package_by(lost, "q", "1"), Code::CERTIFICATE_REVOKED);
    must(install_bytes(ground.bench, make_package_at(still - 2 * day, manifest_of("q", "1"), {lost.signer.get()})));
    ground.policy("accept_expired_signers: true");
    must_refuse(ground.bench, package_by(lost, "q", "2"), Code::CERTIFICATE_REVOKED);
}

TEST_CASE("a list that has grown old lets nothing in, until a newer one comes") {
    Ground ground;
    const Authority vendor{"Vendor"};
    static_cast<void>(ground.trust(vendor));
    const CertifiedSigner signer = vendor.certify("Signer");
    must(mos::engine::add_revocation_list(*ground.folder(), vendor.revoke(1, {}, still + day)));
    must(install_bytes(ground.bench, package_by(signer, "p", "1")));
    ground.clock->now = still + 2 * day;
    must_refuse(ground.bench, package_by(signer, "p", "2"), Code::REVOCATION_UNKNOWN);
    must(mos::engine::add_revocation_list(*ground.folder(), vendor.revoke(2, {}, still + 3 * day)));
    must(install_bytes(ground.bench, package_by(signer, "p", "2")));
}

TEST_CASE("a signature added to a published package changes no signed byte, and makes two of two") {
    Ground ground;
    const Authority vendor{"Vendor"};
    static_cast<void>(ground.trust(vendor));
    const CertifiedSigner first = vendor.certify("First");
    const CertifiedSigner second = vendor.certify("Second");
    const Bytes published = package_by(first, "p", "1");
    put_policy(ground.bench, "security_policy:\n  update_validation:\n    required_signatures: 2\n");
    must_refuse(ground.bench, published, Code::NOT_SIGNED);

    const Twin desk;
    const auto folder = desk.root();
    must(mos::base::create_file(*folder, "p.mos", published, 0644));
    must(mos::package::sign_package(*folder, "p.mos", *second.signer));
    const Bytes both = must(mos::base::read_file(*folder, "p.mos", published.size()));
    const auto statement =
        must(mos::package::PackageFile::open(mos::base::make_memory_source(Bytes{both}, "p.mos"))).claimed_statement();
    const mos::package::Layout layout = mos::package::layout_of(statement);
    REQUIRE(both.size() == published.size());
    const auto same = [&](std::uint64_t from, std::uint64_t to) {
        return std::equal(both.begin() + static_cast<std::ptrdiff_t>(from),
                          both.begin() + static_cast<std::ptrdiff_t>(to),
                          published.begin() + static_cast<std::ptrdiff_t>(from));
    };
    CHECK_MESSAGE(same(0, layout.signature_area), "the statement");
    CHECK_MESSAGE(same(layout.index, layout.last_frame), "index and content");
    CHECK_FALSE(same(layout.signature_area, layout.index));
    must(install_bytes(ground.bench, both));
}
