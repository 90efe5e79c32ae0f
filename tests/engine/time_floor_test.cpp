#include "time_floor.hpp"

#include "authority.hpp"

using namespace mos::test;
using mos::Code;
using mos::engine::effective_time;

namespace {

struct Ground {
    std::shared_ptr<HandClock> clock = std::make_shared<HandClock>();
    EngineBench bench;
    Authority vendor{"Vendor"};

    Ground() {
        bench.clock = clock;
        bench.engine = bench.open();
        bench.trust("vendor.crt", vendor.certificate.to_pem());
    }
    [[nodiscard]] std::int64_t time() const { return effective_time(*bench.twin.root(), *clock); }
    void install(const CertifiedSigner &signer, const std::string &version, std::int64_t created) {
        must(install_bytes(bench, make_package_at(created, manifest_of("p", version), {signer.signer.get()})));
    }
};

}  // namespace

TEST_CASE("a clock that is set back after an installation does not make an expired certificate good again") {
    Ground ground;
    const CertifiedSigner old =
        ground.vendor.certify("Old", {.not_before_unix_s = still - year, .not_after_unix_s = still - 10 * day});
    const mos::base::Bytes by_old = make_package_at(still - 20 * day, manifest_of("q", "1"), {old.signer.get()});
    must_refuse(ground.bench, by_old, Code::CERTIFICATE_EXPIRED);
    ground.install(ground.vendor.certify("New"), "1", still);
    ground.clock->now = still - 20 * day;
    CHECK(ground.time() == still);
    must_refuse(ground.bench, by_old, Code::CERTIFICATE_EXPIRED);
}

TEST_CASE("the floor holds in another engine on the same root, and a later clock goes before it") {
    Ground ground;
    ground.install(ground.vendor.certify("Signer"), "1", still);
    ground.clock->now = 0;
    CHECK(ground.time() == still);
    CHECK(must(ground.bench.open()->admission()).now_unix_s == still);
    ground.clock->now = still + year;
    CHECK(ground.time() == still + year);
}

TEST_CASE("a signer with a clock in the future does not raise the floor beyond its certificate") {
    Ground ground;
    const CertifiedSigner wrong =
        ground.vendor.certify("Wrong", {.not_before_unix_s = still - year, .not_after_unix_s = still + 5 * day});
    ground.install(wrong, "1", still + 3 * year);
    CHECK(ground.time() == still + 5 * day);
    ground.clock->now = still + 6 * day;
    ground.install(ground.vendor.certify("Other"), "2", still + 6 * day);
}

TEST_CASE("a package by a pinned key, and one that is older, raise nothing") {
    Ground ground;
    must(install_bytes(ground.bench,
                       make_package_at(still + year, manifest_of("p", "1"), {ground.bench.publisher.signer()})));
    CHECK(ground.time() == still);
    const CertifiedSigner signer = ground.vendor.certify("Signer");
    ground.install(signer, "2", still);
    ground.install(signer, "3", still - year);
    ground.clock->now = 0;
    CHECK(ground.time() == still);
}

TEST_CASE("what was refused raises nothing") {
    Ground ground;
    const Authority stranger{"Stranger"};
    const CertifiedSigner signer = stranger.certify("Signer");
    must_refuse(ground.bench, make_package_at(still, manifest_of("p", "1"), {signer.signer.get()}),
                Code::SIGNER_UNTRUSTED);
    ground.clock->now = 0;
    CHECK(ground.time() == 0);
}

TEST_CASE("a floor that can't be read is none, and the next installation mends it") {
    Ground ground;
    const CertifiedSigner signer = ground.vendor.certify("Signer");
    ground.install(signer, "1", still - 10 * day);
    const auto folder =
        must(ground.bench.twin.root()->open_directory(mos::engine::state_path, mos::base::Symlinks::refuse));
    must(folder->remove_file("time-floor"));
    must(folder->make_symlink("time-floor", "yesterday"));
    must(folder->make_symlink(".time-floor.new", "left over"));
    ground.clock->now = still - 11 * day;
    CHECK(ground.time() == still - 11 * day);
    ground.install(signer, "2", still - 10 * day);
    ground.clock->now = 0;
    CHECK(ground.time() == still - 10 * day);
}
