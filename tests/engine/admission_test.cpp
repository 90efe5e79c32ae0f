// The root's policy is in effect for what is installed in it.
#include <mos/engine/admission.hpp>

#include "authority.hpp"

using namespace mos::test;
using mos::Code;

namespace {

std::string rule(std::string_view section, std::string_view line) {
    return "security_policy:\n  " + std::string{section} + ":\n    " + std::string{line} + "\n";
}

}  // namespace

TEST_CASE("the policy below the root is in effect for an installation") {
    EngineBench bench;
    const mos::base::Bytes bytes = bench.pack("p", "1", simple("one"));
    put_policy(bench, rule("installation_safety", "maximum_package_size: 1KB"));
    CHECK(says(must_refuse(bench, bytes, Code::POLICY_REFUSED), "package 'p.mos' is refused: the package has "));
    put_policy(bench, rule("update_validation", "required_signatures: 2"));
    must_refuse(bench, bytes, Code::NOT_SIGNED);
    put_policy(bench, rule("update_validation", "allowed_signature_algorithms: [ECC-P384-SHA384]"));
    must_refuse(bench, bytes, Code::ALGORITHM_REFUSED);
    put_policy(
        bench,
        "security_policy:\n  update_validation:\n    trust_requirements:\n      require_certified_publisher: true\n");
    must_refuse(bench, bytes, Code::SIGNER_NOT_ALLOWED);
    put_policy(bench, "");
    must(install_bytes(bench, bytes));
}

TEST_CASE("a package that can't be rolled back is refused where the policy wants that") {
    EngineBench bench;
    mos::package::Manifest manifest = manifest_of("p", "1");
    manifest.installation.rollback_support = false;
    const mos::base::Bytes bytes = make_package_at(still, manifest, {bench.publisher.signer()});
    put_policy(bench, rule("installation_safety", "require_rollback_support: true"));
    must_refuse(bench, bytes, Code::POLICY_REFUSED);
    must(bench.install("p", "1", simple("one")));
}

TEST_CASE("a policy that can't be followed lets nothing in, and the root stays as it is") {
    EngineBench bench;
    const mos::base::Bytes bytes = bench.pack("p", "1", simple("one"));
    for (const std::string_view broken : {"security_policy: [", "security_policy:\n  update_validaton: {}\n", "\xff"}) {
        put_policy(bench, broken);
        CHECK(says(must_refuse(bench, bytes, Code::POLICY_UNREADABLE), "the policy 'etc/multios/security-policy.yml'"));
    }
    put_policy(bench, rule("update_validation", "required_signature: false"));
    must_refuse(bench, bytes, Code::POLICY_UNREADABLE);
}

TEST_CASE("of the engine's own number of signatures and the policy's the larger one counts") {
    EngineBench bench{{.required_signatures = 2}};
    put_policy(bench, rule("update_validation", "required_signatures: 1"));
    must_refuse(bench, bench.pack("p", "1", simple("one")), Code::NOT_SIGNED);
}

TEST_CASE("a trust folder with one entry that can't be read lets nothing in") {
    EngineBench bench;
    const mos::base::Bytes bytes = bench.pack("p", "1", simple("one"));
    for (const std::string name : {"other.crt", "other.pub", "other.json", "other.crl", "other.der"}) {
        bench.trust(name, "x");
        CHECK(says(must_refuse(bench, bytes, Code::TRUST_UNREADABLE), name));
        must(must(bench.twin.root()->open_directory(mos::engine::trust_path, mos::base::Symlinks::refuse))
                 ->remove_file(name));
    }
    must(install_bytes(bench, bytes));
}
