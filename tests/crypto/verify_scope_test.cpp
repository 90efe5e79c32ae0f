// Who may vouch for what, and what a policy adds to it.
#include <mos/crypto/verify.hpp>

#include "signers.hpp"

using namespace mos::crypto;
using namespace mos::test;
using mos::Code;
using mos::Result;

namespace {

constexpr std::uint16_t crl_sign = 1U << 6U;

TrustEntry pinned(const std::string &id, std::size_t number, TrustScope scope) {
    return {id, id, std::move(scope), key_number(number).public_key()};
}
TrustEntry root(const std::string &id, TrustScope scope, const Recipe &recipe = root_recipe()) {
    return {id, id, std::move(scope), make(recipe)};
}

template <class... Entries>
TrustStore store_of(Entries... entries) {
    TrustStore store;
    (must(store.add(std::move(entries))), ...);
    return store;
}

Signature certified() { return sign(key_number(1), {make(leaf_recipe())}); }

Result<Verdict> verify(const TrustStore &store, const std::vector<Signature> &signatures,
                       const Decision &how = decision(), const Subject &what = subject) {
    return verify_signatures(message, what, signatures, store, how);
}

// An authority that has certified the holder of key 1, and may take it back.
struct Authority {
    Recipe ca = root_recipe();
    Recipe leaf = leaf_recipe();

    Authority() { ca.extensions = {ca_constraints(), key_usage(certificate_sign | crl_sign)}; }
    [[nodiscard]] Signature signature() const { return sign(key_number(1), {make(leaf)}); }
    // A store that trusts it, with its list of those it revoked.
    [[nodiscard]] TrustStore store(const std::vector<Certificate> &revoked,
                                   std::int64_t next_update = now + day) const {
        std::vector<RevokedCertificate> entries;
        entries.reserve(revoked.size());
        for (const Certificate &one : revoked)
            entries.push_back({mos::base::to_bytes(one.serial()), {now - 10, "key compromise"}});
        TrustStore store = store_of(root("vendor", {}, ca));
        store.add(must(make_revocation_list(key_number(0), make(ca), entries, 1, now - day, next_update)));
        return store;
    }
};

}  // namespace

TEST_CASE("an entry vouches for the packages that it names, whether by a root or by a pin") {
    const TrustScope kernel{.packages = {"kernel-*"}, .types = {"kernel"}};
    const Subject linux = {.name = "kernel-rt", .type = "kernel"};
    for (const auto &[store, signature] : {std::pair{store_of(root("vendor", kernel)), certified()},
                                           std::pair{store_of(pinned("vendor", 1, kernel)), sign(key_number(1))}}) {
        CHECK(must(verify(store, {signature}, decision(), linux)).accepted.at(0).trust_entry == "vendor");
        check_refusal(verify(store, {signature}), Code::SIGNER_NOT_ALLOWED,
                      "trust entry 'vendor' ('vendor') may not vouch for the package 'app', only for kernel-*");
        check_refusal(verify(store, {signature}, decision(), {.name = "kernel-rt", .type = "library"}),
                      Code::SIGNER_NOT_ALLOWED, "packages of the type 'library'");
    }
}

TEST_CASE("a pinned key with limits takes nothing away that an authority vouches for") {
    const TrustScope web{.packages = {"web*"}};
    const TrustStore both = store_of(root("vendor", {}), pinned("signer", 1, web));
    CHECK(must(verify(both, {certified()})).accepted.at(0).trust_entry == "vendor");
    CHECK(must(verify(both, {certified()}, decision(), {.name = "webserver", .type = ""})).accepted.at(0).trust_entry ==
          "signer");
    // The signature must bring the certificate: the pin alone vouches for no more than it says.
    check_refusal(verify(both, {sign(key_number(1))}), Code::SIGNER_NOT_ALLOWED, "'signer'");
    Decision strict = decision();
    strict.require_certificate = true;
    CHECK(must(verify(both, {certified()}, strict, {.name = "webserver", .type = ""})).accepted.at(0).trust_entry ==
          "vendor");
}

TEST_CASE(
    "what neither a pin nor an authority vouches for is refused, by the pin's limits and with the chain's reason") {
    const TrustScope web{.packages = {"web*"}};
    const TrustScope kernel{.packages = {"kernel-*"}};
    const TrustStore both = store_of(root("vendor", kernel), pinned("signer", 1, web));
    const auto refused = verify(both, {certified()});
    check_refusal(refused, Code::SIGNER_NOT_ALLOWED, "'signer'");
    check_refusal(refused, Code::SIGNER_NOT_ALLOWED, "'vendor'");
    // Nobody's authority, and another key's certificate, help nobody.
    const Recipe stranger = ca_recipe("Stranger", key_number(2), "Stranger", key_number(2));
    check_refusal(verify(store_of(root("other", {}, stranger), pinned("signer", 1, web)), {certified()}),
                  Code::SIGNER_NOT_ALLOWED, "only for web*");
    const TrustStore trusted = store_of(root("vendor", {}), pinned("signer", 1, web));
    Signature borrowed = certified();
    Recipe another = leaf_recipe();
    another.key = &key_number(2);
    borrowed.certificates.front() = mos::base::to_bytes(make(another).der());
    check_refusal(verify(trusted, {borrowed}), Code::SIGNER_NOT_ALLOWED, "is not that of the key");
    borrowed.certificates.front() = {std::byte{7}};
    check_refusal(verify(trusted, {borrowed}), Code::SIGNER_NOT_ALLOWED, "only for web*");
    Signature forged = certified();
    forged.value.front() ^= std::byte{1};
    check_refusal(verify(trusted, {forged}), Code::SIGNATURE_INVALID, "does not fit");
}

TEST_CASE("a revoked signer is let in by a pin that covers the package, and by no other") {
    const Authority authority;
    const Certificate leaf = make(authority.leaf);
    TrustStore limited = authority.store({leaf});
    must(limited.add(pinned("signer", 1, {.packages = {"web*"}})));
    check_refusal(verify(limited, {authority.signature()}), Code::SIGNER_NOT_ALLOWED, "revoked");
    CHECK(must(verify(limited, {authority.signature()}, decision(), {.name = "web", .type = ""}))
              .accepted.at(0)
              .trust_entry == "signer");
}

TEST_CASE("the policy's level and the entry's own time hold for roots and for pins") {
    const TrustScope weak{.level = TrustLevel::low, .not_after_unix_s = now + 10};
    Decision strict = decision();
    strict.minimum_level = TrustLevel::medium;
    Decision later = decision();
    later.now_unix_s = now + 11;
    for (const auto &[store, signature] : {std::pair{store_of(root("vendor", weak)), certified()},
                                           std::pair{store_of(pinned("vendor", 1, weak)), sign(key_number(1))}}) {
        CHECK(must(verify(store, {signature})).accepted.at(0).level == TrustLevel::low);
        check_refusal(verify(store, {signature}, strict), Code::SIGNER_NOT_ALLOWED, "the policy asks for medium");
        check_refusal(verify(store, {signature}, later), Code::SIGNER_NOT_ALLOWED, "was trusted until");
    }
}

TEST_CASE("a signer for another package's name does not count, and does no harm") {
    const TrustStore store = store_of(pinned("ours", 1, {}), pinned("theirs", 2, {.packages = {"other"}}));
    const std::vector both = {sign(key_number(2)), sign(key_number(1))};
    const Verdict verdict = must(verify(store, both));
    CHECK(verdict.accepted.at(0).trust_entry == "ours");
    CHECK(verdict.rejected.at(0).error.code() == Code::SIGNER_NOT_ALLOWED);
    Decision two = decision();
    two.required_signatures = 2;
    check_refusal(verify(store, both, two), Code::SIGNER_NOT_ALLOWED,
                  "1 good signatures by different keys, 2 are required: trust entry 'theirs'");
    CHECK(must(verify(store, both, two, {.name = "other", .type = "application"})).accepted.size() == 2);
}

TEST_CASE("a policy can ask for a signer whom an authority has certified") {
    Decision strict = decision();
    strict.require_certificate = true;
    const TrustStore store = store_of(root("vendor", {}), pinned("builder", 2, {}));
    must(verify(store, {certified()}, strict));
    check_refusal(verify(store, {sign(key_number(2))}, strict), Code::SIGNER_NOT_ALLOWED,
                  "key 'builder' is pinned, and the policy asks for a signer whom an authority has certified");
}

TEST_CASE("an entry that may not vouch does not stand in the way of one that may") {
    Recipe again = root_recipe();
    again.serial = hex("020143");
    const TrustScope other{.packages = {"other"}};
    TrustStore twins = store_of(root("a", other), root("b", other, again));
    Recipe third = root_recipe();
    third.serial = hex("020144");
    INFO("one key is not trusted for this by one entry and for that by another");
    CHECK(refusal(twins.add(root("c", {}, third))) == Code::TRUST_UNREADABLE);

    // The root that is limited here has been certified by one that is not.
    const TrustStore crossed =
        store_of(root("a", other), root("b", {}, ca_recipe("Top", key_number(3), "Top", key_number(3))));
    const Certificate cross = make(ca_recipe("Root", key_number(0), "Top", key_number(3)));
    const Verdict verdict = must(verify(crossed, {sign(key_number(1), {make(leaf_recipe()), cross})}));
    CHECK(verdict.accepted.at(0).trust_entry == "b");
    CHECK(verdict.accepted.at(0).path == std::vector<std::string>{"CN=Leaf", "CN=Root", "CN=Top"});
    check_refusal(verify(crossed, {certified()}), Code::SIGNER_NOT_ALLOWED, "trust entry 'a'");
}

TEST_CASE("a limited entry whose path is not good is no reason of its own") {
    const TrustStore store = store_of(root("vendor", {.packages = {"other"}}));
    Recipe unfit = leaf_recipe();
    unfit.extensions = {leaf_constraints()};
    check_refusal(verify(store, {sign(key_number(1), {make(unfit)})}), Code::SIGNER_UNTRUSTED, "signed by 'CN=Leaf'");
}

TEST_CASE("an accepted signer is told with its path and the time of its certificate") {
    const Verdict verdict = must(verify(store_of(root("vendor", {.level = TrustLevel::medium}), pinned("pin", 2, {})),
                                        {certified(), sign(key_number(2))}));
    REQUIRE(verdict.accepted.size() == 2);
    CHECK(verdict.accepted[0].level == TrustLevel::medium);
    CHECK(verdict.accepted[0].path == std::vector<std::string>{"CN=Leaf", "CN=Root"});
    REQUIRE(verdict.accepted[0].validity.has_value());
    CHECK(verdict.accepted[0].validity->not_after_unix_s == now + day);
    CHECK(verdict.accepted[1].path.empty());
    CHECK_FALSE(verdict.accepted[1].validity.has_value());
}

TEST_CASE("a signer whom its authority has taken back is refused, unless policy accepts what it signed") {
    const Authority authority;
    must(verify(authority.store({}), {authority.signature()}));
    const TrustStore store = authority.store({make(authority.leaf)});
    check_refusal(verify(store, {authority.signature()}), Code::CERTIFICATE_REVOKED, "'CN=Leaf'");
    Decision lenient = decision();
    lenient.profile.accept_revoked = true;
    const auto signed_at = [&](std::int64_t time) {
        return verify(store, {authority.signature()}, lenient,
                      {.name = subject.name, .type = subject.type, .created_unix_s = time});
    };
    CHECK(must(signed_at(now - 11)).accepted.size() == 1);
    check_refusal(signed_at(now - 10), Code::CERTIFICATE_REVOKED, "'CN=Leaf'");
    check_refusal(verify(store, {authority.signature()}, lenient), Code::CERTIFICATE_REVOKED, "'CN=Leaf'");
    Decision blind = decision();
    blind.profile.revocation = RevocationRule::never;
    must(verify(store, {authority.signature()}, blind));
}

TEST_CASE("revocation that can't be told is refused, and told apart from revocation") {
    const Authority authority;
    check_refusal(verify(authority.store({}, now - 1), {authority.signature()}), Code::REVOCATION_UNKNOWN, "'CN=Root'");
    Decision required = decision();
    required.profile.revocation = RevocationRule::required;
    check_refusal(verify(store_of(root("vendor", {}, authority.ca)), {authority.signature()}, required),
                  Code::REVOCATION_UNKNOWN, "'CN=Root'");
    must(verify(authority.store({}), {authority.signature()}, required));
}

TEST_CASE("of a revoked signer and a stranger the stranger is the reason") {
    const Authority authority;
    const TrustStore store = authority.store({make(authority.leaf)});
    CHECK(refusal(verify(store, {authority.signature(), sign(key_number(3))})) == Code::SIGNER_UNTRUSTED);
}

TEST_CASE("a policy can accept what a signer signed whose certificate has expired, not one that is not valid yet") {
    Recipe authority = root_recipe();
    authority.not_after = now + 9 * day;
    const TrustStore store = store_of(root("vendor", {}, authority));
    Decision lenient = decision();
    lenient.profile.accept_expired = true;
    lenient.now_unix_s = now + 2 * day;
    const auto signed_at = [&](std::int64_t time) {
        return verify(store, {certified()}, lenient,
                      {.name = subject.name, .type = subject.type, .created_unix_s = time});
    };
    CHECK(must(signed_at(now)).accepted.size() == 1);
    check_refusal(signed_at(now + 2 * day), Code::CERTIFICATE_EXPIRED, "'CN=");
    check_refusal(verify(store, {certified()}, lenient), Code::CERTIFICATE_EXPIRED, "'CN=");
    lenient.now_unix_s = now - 2 * day;
    check_refusal(signed_at(now), Code::CERTIFICATE_EXPIRED, "'CN=");
}

TEST_CASE("an algorithm is allowed for keys of a size, and each way of an RSA key by itself") {
    const PrivateKey &rsa = rsa_2048();
    TrustStore store;
    must(store.add("rsa", rsa.public_key()));
    const Signature pkcs1 = sign(rsa);
    const Signature pss = sign(rsa, {}, SignatureAlgorithm::rsa_pss_sha256);
    Decision small = decision();
    small.profile.minimum_rsa_bits = 2048;
    CHECK(must(verify(store, {pss}, small)).accepted.at(0).algorithm == "RSA-PSS-2048-SHA256");
    small.allowed = {{SignatureAlgorithm::rsa_pkcs1_sha256, 2048}};
    must(verify(store, {pkcs1}, small));
    check_refusal(verify(store, {pss}, small), Code::ALGORITHM_REFUSED,
                  "is RSA-PSS-2048-SHA256, which the policy does not allow");
    small.allowed = {{SignatureAlgorithm::rsa_pkcs1_sha256, 3072}, {SignatureAlgorithm::rsa_pss_sha256, 2048}};
    check_refusal(verify(store, {pkcs1}, small), Code::ALGORITHM_REFUSED, "is RSA-2048-SHA256, which the policy");
    must(verify(store, {pss}, small));
}

TEST_CASE("of a signature that is rejected it is told whether it fits, where its key is known") {
    const TrustStore store = store_of(root("vendor", {}), pinned("limited", 2, {.packages = {"other"}}));
    const Certificate strange =
        make({.subject = "Stranger", .issuer = "Nobody", .key = &key_number(3), .issuer_key = &key_number(4)});
    Signature damaged = certified();
    damaged.value[9] ^= std::byte{1};
    Signature renamed = certified();
    renamed.key_id = mos::base::to_bytes(key_number(3).public_key().id());
    Signature unreadable = certified();
    unreadable.certificates[0].pop_back();
    const Verdict verdict =
        must(judge_signatures(message, subject,
                              std::vector{sign(key_number(3), {strange}), damaged, sign(key_number(3)),
                                          sign(key_number(2)), renamed, unreadable},
                              store, decision()));
    CHECK(verdict.accepted.empty());
    REQUIRE(verdict.rejected.size() == 6);
    CHECK(verdict.rejected[0].fits == true);
    CHECK(verdict.rejected[1].fits == false);
    CHECK_FALSE(verdict.rejected[2].fits.has_value());
    CHECK(verdict.rejected[3].fits == true);
    CHECK(verdict.rejected[4].fits == false);
    CHECK_FALSE(verdict.rejected[5].fits.has_value());
}

TEST_CASE("judging counts nothing, and counting judges nothing") {
    const TrustStore store = store_of(root("vendor", {}));
    const Verdict none = must(judge_signatures(message, subject, {}, store, decision()));
    CHECK(refusal(count_signatures(none, decision())) == Code::NOT_SIGNED);
    const Verdict one = must(judge_signatures(message, subject, std::vector{certified()}, store, decision()));
    must(count_signatures(one, decision()));
    Decision two = decision();
    two.required_signatures = 2;
    CHECK(refusal(count_signatures(one, two)) == Code::NOT_SIGNED);
    two.required_signatures = 0;
    CHECK(refusal(count_signatures(one, two)) == Code::INVALID_ARGUMENT);
}
