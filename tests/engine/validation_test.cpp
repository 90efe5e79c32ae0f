#include <mos/engine/validation.hpp>

#include "authority.hpp"

#include <mos/package/layout.hpp>

using namespace mos::test;
using namespace mos::engine;
using mos::Code;
using mos::Result;

namespace {

Result<Validation> run(EngineBench &bench, mos::base::Bytes bytes, Strictness strictness = Strictness::usual) {
    const Admission admission = must(bench.engine->admission());
    return validate(mos::base::make_memory_source(std::move(bytes), "p.mos"), admission, strictness,
                    mos::base::silent_observer());
}

// A letter for each step: p(assed), f(ailed), n(ot reached).
std::string letters(const Validation &validation) {
    std::string text;
    for (const StepResult &step : validation.steps) {
        text += outcome_name(step.outcome).front();
        INFO(step_name(step.step), ": ", step.detail);
        CHECK((step.error.has_value()) == (step.outcome == StepOutcome::failed));
    }
    return text;
}

void check_failed(const Validation &validation, ValidationStep step, Code code) {
    const StepResult &found = validation.steps.at(static_cast<std::size_t>(step));
    CHECK_FALSE(validation.passed());
    REQUIRE(found.error.has_value());
    CHECK(found.error->code() == code);
    CHECK(found.detail == found.error->full_message());
}

mos::package::Layout layout_of(const mos::base::Bytes &bytes) {
    const auto file =
        must(mos::package::PackageFile::open(mos::base::make_memory_source(mos::base::Bytes{bytes}, "p.mos")));
    return mos::package::layout_of(file.claimed_statement());
}

}  // namespace

TEST_CASE("a good package passes all five steps, in the order of the guide") {
    EngineBench bench;
    const Validation validation = must(run(bench, bench.pack("p", "1", simple("one"))));
    CHECK(letters(validation) == "ppppp");
    CHECK(validation.passed());
    CHECK(validation.error() == nullptr);
    std::vector<std::string_view> names;
    for (const StepResult &step : validation.steps) {
        names.push_back(step_name(step.step));
        CHECK_FALSE(step.detail.empty());
    }
    CHECK(names == std::vector<std::string_view>{"format", "signature", "chain", "integrity", "policy"});
    CHECK(validation.steps[2].detail == "pinned key 'publisher'");
    CHECK(validation.verdict.accepted.at(0).trust_entry == "publisher");
}

TEST_CASE("the chain of a certified signer is told") {
    EngineBench bench;
    const Authority vendor{"Vendor"};
    bench.trust("vendor.crt", vendor.certificate.to_pem());
    const CertifiedSigner signer = vendor.certify("Signer");
    const Validation validation =
        must(run(bench, make_package_at(still, manifest_of("p", "1"), {signer.signer.get()})));
    CHECK(letters(validation) == "ppppp");
    CHECK(validation.steps[2].detail == "CN=Signer < CN=Vendor, trusted as 'vendor'");
}

TEST_CASE("an entry that vouches for the signer is told as the chain, also where it may not vouch for this") {
    EngineBench bench;
    const auto limited = [&](mos::crypto::TrustScope scope) {
        bench.trust("publisher.json",
                    mos::crypto::write_trust_entry(
                        {"publisher", "publisher", std::move(scope),
                         must(mos::crypto::PublicKey::from_pem(bench.publisher.public_pem(), "key"))}));
        must(must(bench.twin.root()->open_directory(trust_path, mos::base::Symlinks::refuse))
                 ->remove_file("publisher.pub"));
    };
    const mos::base::Bytes package = bench.pack("p", "1", simple("one"));
    SUBCASE("by its packages") {
        limited({.packages = {"web*"}});
        const Validation validation = must(run(bench, package));
        CHECK(letters(validation) == "ppppf");
        check_failed(validation, ValidationStep::policy, Code::SIGNER_NOT_ALLOWED);
        CHECK(validation.steps[2].detail == "pinned key 'publisher'");
    }
    SUBCASE("by its level") {
        limited({.level = mos::crypto::TrustLevel::low});
        CHECK(letters(must(run(bench, package))) == "ppppp");
        const Validation strict = must(run(bench, package, Strictness::strict));
        CHECK(letters(strict) == "ppppf");
        CHECK(strict.steps[2].detail == "pinned key 'publisher'");
    }
    SUBCASE("by its algorithm") {
        const auto folder = must(mos::base::make_directories(*bench.twin.root(), "etc/multios"));
        must(mos::base::replace_file(*folder, "security-policy.yml",
                                     mos::base::as_bytes("security_policy:\n  update_validation:\n    "
                                                         "allowed_signature_algorithms: [RSA-4096-SHA256]\n"),
                                     0644));
        const Validation validation = must(run(bench, package));
        CHECK(letters(validation) == "ppppf");
        check_failed(validation, ValidationStep::policy, Code::ALGORITHM_REFUSED);
        CHECK(validation.steps[2].detail == "pinned key 'publisher'");
    }
    SUBCASE("of an authority") {
        const Authority vendor{"Vendor"};
        bench.trust("vendor.json",
                    mos::crypto::write_trust_entry({"vendor", "vendor", {.packages = {"web*"}}, vendor.certificate}));
        const CertifiedSigner signer = vendor.certify("Signer");
        const Validation validation =
            must(run(bench, make_package_at(still, manifest_of("p", "1"), {signer.signer.get()})));
        CHECK(letters(validation) == "ppppf");
        CHECK(validation.steps[2].detail == "CN=Signer < CN=Vendor, trusted as 'vendor'");
    }
    SUBCASE("but not where the signature is none of its key") {
        limited({.packages = {"web*"}});
        mos::base::Bytes altered = package;
        altered[mos::base::as_text(altered).find("all")] = std::byte{'b'};
        CHECK(letters(must(run(bench, altered)))[2] == 'n');
    }
}

TEST_CASE("what is no package fails at its format, and nothing more is asked") {
    EngineBench bench;
    mos::base::Bytes cut = bench.pack("p", "1", simple("one"));
    cut.resize(100);
    for (const mos::base::Bytes &bytes :
         {mos::base::Bytes{}, mos::base::to_bytes(mos::base::as_bytes("no package at all")), cut}) {
        const Validation validation = must(run(bench, bytes));
        CHECK(letters(validation) == "fnnnn");
        CHECK(validation.error() != nullptr);
    }
}

TEST_CASE("an altered byte of the content fails the integrity alone") {
    EngineBench bench;
    std::string large;
    for (unsigned i = 0; large.size() < 600'000; ++i)
        large += std::to_string(i * 2'654'435'761U);
    const mos::base::Bytes good = bench.pack("p", "1", simple(large));
    mos::base::Bytes bytes = good;
    bytes[layout_of(good).last_frame - 20] ^= std::byte{1};
    const Validation validation = must(run(bench, bytes));
    CHECK(letters(validation) == "pppfp");
    check_failed(validation, ValidationStep::integrity, Code::DIGEST_MISMATCH);

    INFO("in the frame of the manifest it leaves the policy nothing to judge");
    bytes = good;
    bytes[layout_of(good).payload + 20] ^= std::byte{1};
    CHECK(letters(must(run(bench, bytes))) == "pppfn");
}

TEST_CASE("an altered statement fails the signature, and a byte at the end the format") {
    EngineBench bench;
    mos::base::Bytes altered = bench.pack("p", "1", simple("one"));
    altered[mos::base::as_text(altered).find("all")] = std::byte{'b'};
    const Validation validation = must(run(bench, altered));
    CHECK(letters(validation)[1] == 'f');
    check_failed(validation, ValidationStep::signature, Code::SIGNATURE_INVALID);
    mos::base::Bytes longer = bench.pack("p", "1", simple("one"));
    longer.push_back(std::byte{0});
    const Validation trailing = must(run(bench, longer));
    check_failed(trailing, ValidationStep::format, Code::TRAILING_DATA);
    CHECK(letters(trailing).substr(3) == "nn");
}

TEST_CASE("an unsigned package fails the signature, and its content is looked at all the same") {
    EngineBench bench;
    const Validation validation = must(run(bench, make_package("p", "1", simple("one").image())));
    CHECK(letters(validation) == "pfnpn");
    check_failed(validation, ValidationStep::signature, Code::NOT_SIGNED);
}

TEST_CASE("a stranger's signature is good or unknown, its chain fails") {
    EngineBench bench;
    const PinnedSigner stranger;
    const Validation unknown = must(run(bench, make_package("p", "1", simple("one").image(), "", {stranger.signer()})));
    CHECK(letters(unknown) == "pnfpn");
    check_failed(unknown, ValidationStep::chain, Code::SIGNER_UNTRUSTED);
    CHECK(unknown.steps[1].detail == "the key that signed is not known here");
    const Authority nobody{"Nobody"};
    const CertifiedSigner signer = nobody.certify("Stranger");
    const Validation certified = must(run(bench, make_package_at(still, manifest_of("p", "1"), {signer.signer.get()})));
    CHECK(letters(certified) == "ppfpn");
    CHECK(certified.steps[1].detail == "a good signature of the key that CN=Stranger claims");
}

TEST_CASE("an expired and a revoked signer fail the chain, each with its own error") {
    EngineBench bench;
    const Authority vendor{"Vendor"};
    bench.trust("vendor.crt", vendor.certificate.to_pem());
    const CertifiedSigner old =
        vendor.certify("Old", {.not_before_unix_s = still - year, .not_after_unix_s = still - 1});
    const Validation expired =
        must(run(bench, make_package_at(still - day, manifest_of("p", "1"), {old.signer.get()})));
    CHECK(letters(expired) == "ppfpn");
    check_failed(expired, ValidationStep::chain, Code::CERTIFICATE_EXPIRED);
    const CertifiedSigner lost = vendor.certify("Lost");
    bench.trust("vendor.crl", vendor.revoke(1, {lost.certificate}).to_pem());
    const Validation revoked = must(run(bench, make_package_at(still, manifest_of("p", "1"), {lost.signer.get()})));
    CHECK(letters(revoked) == "ppfpn");
    check_failed(revoked, ValidationStep::chain, Code::CERTIFICATE_REVOKED);
}

TEST_CASE("a package that the policy refuses by its size or its signers fails the policy alone") {
    EngineBench bench;
    put_policy(bench, "security_policy:\n  installation_safety:\n    maximum_package_size: 1KB\n");
    const mos::base::Bytes bytes = bench.pack("p", "1", simple("one"));
    const Validation size = must(run(bench, bytes));
    CHECK(letters(size) == "ppppf");
    check_failed(size, ValidationStep::policy, Code::POLICY_REFUSED);
    put_policy(bench, "security_policy:\n  update_validation:\n    required_signatures: 2\n");
    const Validation few = must(run(bench, bytes));
    CHECK(letters(few) == "ppppf");
    check_failed(few, ValidationStep::policy, Code::NOT_SIGNED);
    put_policy(bench, "security_policy:\n  update_validation:\n    allowed_signature_algorithms: [RSA-4096-SHA256]\n");
    const Validation algorithm = must(run(bench, bytes));
    CHECK(letters(algorithm) == "ppppf");
    check_failed(algorithm, ValidationStep::policy, Code::ALGORITHM_REFUSED);
}

TEST_CASE("an entry that may not vouch for this package fails the policy, not the signature") {
    EngineBench bench;
    mos::crypto::TrustEntry entry{
        "x", "X", {}, must(mos::crypto::PublicKey::from_pem(bench.publisher.public_pem(), "publisher"))};
    entry.scope.packages = {"other"};
    bench.trust("publisher.json", mos::crypto::write_trust_entry(entry));
    must(
        must(bench.twin.root()->open_directory(trust_path, mos::base::Symlinks::refuse))->remove_file("publisher.pub"));
    const Validation validation = must(run(bench, bench.pack("p", "1", simple("one"))));
    CHECK(letters(validation) == "ppppf");
    check_failed(validation, ValidationStep::policy, Code::SIGNER_NOT_ALLOWED);
}

TEST_CASE("strictly, a second signature that is not good fails the package, and so does an entry of a lower level") {
    EngineBench bench;
    const PinnedSigner stranger;
    const mos::base::Bytes bytes =
        make_package("p", "1", simple("one").image(), "", {bench.publisher.signer(), stranger.signer()});
    CHECK(must(run(bench, bytes)).passed());
    const Validation strict = must(run(bench, bytes, Strictness::strict));
    CHECK(letters(strict) == "ppfpp");
    check_failed(strict, ValidationStep::chain, Code::SIGNER_UNTRUSTED);
    CHECK(must(run(bench, bench.pack("p", "1", simple("one")), Strictness::strict)).passed());

    mos::crypto::TrustEntry low{"low", "Low", {}, must(mos::crypto::PublicKey::from_pem(stranger.public_pem(), "low"))};
    low.scope.level = mos::crypto::TrustLevel::medium;
    bench.trust("low.json", mos::crypto::write_trust_entry(low));
    const mos::base::Bytes by_low = make_package("p", "1", simple("one").image(), "", {stranger.signer()});
    CHECK(must(run(bench, by_low)).passed());
    check_failed(must(run(bench, by_low, Strictness::strict)), ValidationStep::policy, Code::SIGNER_NOT_ALLOWED);
}

TEST_CASE("a trust folder that can't be read, and a cancel, are errors of the validation itself") {
    EngineBench bench;
    const mos::base::Bytes bytes = bench.pack("p", "1", simple("one"));
    Watcher watcher;
    watcher.on_checkpoint = [](mos::base::Phase /*phase*/) -> Result<void> {
        return mos::Error{Code::CANCELLED, "enough"};
    };
    const Admission admission = must(bench.engine->admission());
    CHECK(refusal(validate(mos::base::make_memory_source(mos::base::Bytes{bytes}, "p.mos"), admission,
                           Strictness::usual, watcher)) == Code::CANCELLED);
    bench.trust("broken.pub", "x");
    CHECK(refusal(run(bench, bytes)) == Code::TRUST_UNREADABLE);
}
