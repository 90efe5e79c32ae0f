#include "revocation.hpp"

#include "chain_maker.hpp"
#include "revocation_list_maker.hpp"

#include <mos/crypto/limits.hpp>

using namespace mos::crypto;
using namespace mos::test;
using mos::Code;
using mos::Result;

namespace {

// A chain whose CAs may sign lists.
struct ListedChain : Chain {
    ListedChain() {
        root.extensions = intermediate.extensions = {ca_constraints(), key_usage(certificate_sign | list_sign)};
    }

    [[nodiscard]] Result<TrustedPath> judge(const std::vector<RevocationList> &lists, const Profile &profile = defaults,
                                            std::optional<std::int64_t> signed_unix_s = {}) const {
        const std::vector intermediates = {make(intermediate)};
        const std::vector roots = {make(root)};
        return check_chain({make(leaf), intermediates, roots, lists, now, signed_unix_s}, profile);
    }
};

ListRecipe of_intermediate(std::vector<Bytes> entries = {}) {
    return {.key = &key_number(1), .entries = std::move(entries)};
}
ListRecipe of_root(std::vector<Bytes> entries = {}) {
    return {.issuer = "Root", .key = &key_number(0), .entries = std::move(entries)};
}

const std::string_view leaf_serial = "020142";  // that of every Recipe

void check_unknown(const ListRecipe &recipe, std::string_view words) {
    check_refusal(ListedChain{}.judge({make_list(recipe)}), Code::REVOCATION_UNKNOWN, words);
}

}  // namespace

TEST_CASE("a certificate that its issuer's list has is revoked, whatever its place") {
    const ListedChain chain;
    must(chain.judge({make_list(of_intermediate({revoked("020143")})), make_list(of_root())}));
    check_refusal(chain.judge({make_list(of_intermediate({revoked(leaf_serial, {reason("0a0101")})}))}),
                  Code::CERTIFICATE_REVOKED,
                  "'CN=Leaf' was revoked by 'CN=Intermediate' on 2027-01-14 08:00:00 UTC (key compromise)");
    ListedChain other = chain;
    other.intermediate.serial = hex("020119");
    check_refusal(other.judge({make_list(of_root({revoked("020119")}))}), Code::CERTIFICATE_REVOKED,
                  "'CN=Intermediate' was revoked by 'CN=Root'");
}

TEST_CASE("the policy may take a leaf that was revoked, never an authority") {
    const ListedChain chain;
    const Profile lenient{.accept_revoked = true};
    const RevocationList of_leaf = make_list(of_intermediate({revoked(leaf_serial)}));  // a day ago
    must(chain.judge({of_leaf}, lenient, now - day - 1));
    for (const std::optional<std::int64_t> time : {std::optional<std::int64_t>{}, std::optional{now - day}})
        check_refusal(chain.judge({of_leaf}, lenient, time), Code::CERTIFICATE_REVOKED, "'CN=Leaf' was revoked");
    check_refusal(chain.judge({make_list(of_root({revoked(leaf_serial)}))}, lenient, now - day - 1),
                  Code::CERTIFICATE_REVOKED, "'CN=Intermediate' was revoked");
}

TEST_CASE("whether lists are asked for is the policy's") {
    const ListedChain chain;
    const Profile never{.revocation = RevocationRule::never};
    const Profile required{.revocation = RevocationRule::required};
    const RevocationList bad = make_list(of_intermediate({revoked(leaf_serial)}));
    must(chain.judge({}));
    must(chain.judge({bad}, never));
    check_refusal(chain.judge({}, required), Code::REVOCATION_UNKNOWN,
                  "the revocation list of 'CN=Intermediate' is not there");
    check_refusal(chain.judge({make_list(of_intermediate())}, required), Code::REVOCATION_UNKNOWN,
                  "the revocation list of 'CN=Root' is not there");
    must(chain.judge({make_list(of_intermediate()), make_list(of_root())}, required));
    check_refusal(chain.judge({bad, make_list(of_root())}, required), Code::CERTIFICATE_REVOKED, "was revoked");
}

TEST_CASE("a list is fresh, to the second") {
    ListRecipe recipe = of_intermediate();
    recipe.this_update = now;
    recipe.next_update = must(der::time(now));
    must(ListedChain{}.judge({make_list(recipe)}));
    recipe.next_update = must(der::time(now - 1));
    recipe.this_update = now - day;
    check_unknown(recipe,
                  "was good until 2027-01-15 07:59:59 UTC, and it is 2027-01-15 08:00:00 UTC: get the next one");
    recipe = of_intermediate();
    recipe.this_update = now + 1;
    check_unknown(recipe, "is of 2027-01-15 08:00:01 UTC, and it is");
}

TEST_CASE("a list is signed by the issuer, whose key usage allows it") {
    Bytes der = make_list_der(of_intermediate());
    der.back() ^= std::byte{1};
    check_refusal(ListedChain{}.judge({must(RevocationList::from_der(der, "l"))}), Code::REVOCATION_UNKNOWN,
                  "the revocation list of 'CN=Intermediate' was not signed by it");
    ListRecipe forged = of_intermediate();
    forged.key = &key_number(5);
    forged.has_authority_key_id = false;
    forged.extensions.push_back(authority_key_id(key_number(1).public_key().id()));
    check_unknown(forged, "was not signed by it");
    ListRecipe old = of_intermediate();
    old.algorithm = der::element(Tag::sequence, {oid("2a8648ce3d0401")});  // ECDSA with SHA-1
    check_unknown(old, "or by an algorithm that is not allowed");
    ListedChain chain;
    chain.intermediate.extensions = ca_extensions();
    check_refusal(chain.judge({make_list(of_intermediate())}), Code::REVOCATION_UNKNOWN,
                  "its key usage does not allow it to sign lists");
}

TEST_CASE("lists of others, and of another key of the issuer, are passed over") {
    const ListedChain chain;
    ListRecipe other = of_intermediate({revoked(leaf_serial)});
    other.issuer = "Another";
    must(chain.judge({make_list(other)}));
    other = of_intermediate({revoked(leaf_serial)});
    other.key = &key_number(5);
    must(chain.judge({make_list(other)}));
    check_refusal(chain.judge({make_list(other)}, {.revocation = RevocationRule::required}), Code::REVOCATION_UNKNOWN,
                  "is not there");
}

TEST_CASE("of several lists the newest that is good counts") {
    const ListedChain chain;
    ListRecipe old = of_intermediate({revoked(leaf_serial, {reason("0a0106")})});
    old.extensions = {list_number("020200ff")};
    ListRecipe newer = of_intermediate();
    newer.extensions = {list_number("02020100")};
    must(chain.judge({make_list(old), make_list(newer)}));
    must(chain.judge({make_list(newer), make_list(old)}));
    newer.next_update = must(der::time(now - 1));
    check_refusal(chain.judge({make_list(newer), make_list(old)}), Code::CERTIFICATE_REVOKED, "(on hold)");
}

TEST_CASE("more lists than the limit are refused") {
    const std::vector<RevocationList> many(max_revocation_lists + 1, make_list(of_intermediate()));
    CHECK(refusal(ListedChain{}.judge(many)) == Code::LIMIT);
}
