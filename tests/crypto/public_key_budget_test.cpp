// What hostile signatures may cost, and that they keep out nobody.
#include "chain_maker.hpp"
#include "revocation_list_maker.hpp"
#include "signers.hpp"

#include <mos/crypto/limits.hpp>

using namespace mos::crypto;
using namespace mos::test;
using mos::Code;

namespace {

constexpr std::size_t stored_roots = 64;
constexpr std::size_t first_root_key = 100;

// As many authorities of one name, so that a signature that does not say which of them issued it tries them all.
TrustStore make_crowded_store() {
    TrustStore store;
    for (std::size_t i = 0; i < stored_roots; ++i) {
        const PrivateKey &key = key_number(first_root_key + i);
        must(store.add("root" + std::to_string(i), make(ca_recipe("Root", key, "Root", key))));
    }
    return store;
}
TrustStore crowded_store() {
    static const TrustStore store = make_crowded_store();
    return store;
}

// Of a signer whom none of the store's authorities has certified, and who comes with CAs that go round in circles.
Signature hostile_signature(std::size_t number) {
    const PrivateKey &key = key_number(10 + number);
    Recipe leaf = {.subject = "Intermediate", .issuer = "Root", .key = &key, .issuer_key = &key};
    leaf.has_authority_key_id = false;
    std::vector<Certificate> chain = {make(leaf)};
    for (std::size_t i = 1; i < max_chain_certificates; ++i) {
        const PrivateKey &above = key_number(10 + (number + i) % max_signatures);
        Recipe ca = ca_recipe("Root", above, "Root", key);
        ca.has_authority_key_id = false;
        chain.push_back(make(ca));
    }
    return sign(key, std::move(chain));
}

// Made once: they are some hundred certificates.
std::vector<Signature> hostile_signatures(std::size_t count) {
    static std::vector<Signature> made;
    while (made.size() < count)
        made.push_back(hostile_signature(made.size()));
    return {made.begin(), made.begin() + static_cast<std::ptrdiff_t>(count)};
}

Signature honest_signature() {
    const PrivateKey &root = key_number(first_root_key + stored_roots - 1);
    return sign(key_number(1), {make({.issuer = "Root", .key = &key_number(1), .issuer_key = &root})});
}

Verdict judge(const std::vector<Signature> &signatures, const TrustStore &store) {
    return must(judge_signatures(message, subject, signatures, store, decision()));
}

// A chain of the most intermediates, each with a list: more operations than a signature has to itself.
struct LongChain {
    LongChain() {
        std::vector<Certificate> path;
        for (std::size_t i = 0; i <= max_path_intermediates; ++i) {
            const std::string own = i == 0 ? "Top" : "CA" + std::to_string(i);
            const std::string above = i < 2 ? "Top" : "CA" + std::to_string(i - 1);
            const PrivateKey &key = key_number(200 + i);
            const PrivateKey &issuer = key_number(200 + (i == 0 ? 0 : i - 1));
            Recipe ca = ca_recipe(own, key, above, issuer);
            ca.extensions = {ca_constraints(), key_usage(certificate_sign | list_sign)};
            path.insert(path.begin(), make(ca));
            store.add(make_list({.issuer = own, .key = &key}));
        }
        must(store.add("top", path.back()));
        path.pop_back();
        path.insert(path.begin(), make({.issuer = "CA" + std::to_string(max_path_intermediates),
                                        .key = &key_number(1),
                                        .issuer_key = &key_number(200 + max_path_intermediates)}));
        signature = sign(key_number(1), std::move(path));
    }
    [[nodiscard]] Verdict judge(const std::vector<Signature> &others = {}) const {
        std::vector<Signature> signatures = others;
        signatures.push_back(signature);
        Decision lenient = decision();
        lenient.profile.max_intermediates = max_path_intermediates;
        return must(judge_signatures(message, subject, signatures, store, lenient));
    }

    TrustStore store = crowded_store();
    Signature signature;
};

}  // namespace

TEST_CASE("sixteen hostile signatures and 64 authorities are judged within the budget, and say so") {
    const Verdict verdict = judge(hostile_signatures(max_signatures), crowded_store());
    CHECK(verdict.accepted.empty());
    CHECK(verdict.public_key_operations == max_public_key_operations);
    REQUIRE(verdict.rejected.size() == max_signatures);
    for (const RejectedSigner &one : verdict.rejected) {
        CHECK(one.error.code() == Code::LIMIT);
        CHECK(one.error.message() ==
              "the signatures take more than the 256 public-key operations that judging them may take");
    }
    CHECK(refusal(count_signatures(verdict, decision())) == Code::LIMIT);
}

TEST_CASE("one honest signature among hostile ones is found wherever it stands, certified or pinned") {
    TrustStore store = crowded_store();
    must(store.add("builder", ed25519_key().public_key()));
    const std::vector<Signature> hostile = hostile_signatures(max_signatures - 1);
    for (const Signature &honest : {honest_signature(), sign(ed25519_key())})
        for (const std::size_t place : {std::size_t{0}, hostile.size()}) {
            std::vector<Signature> all = hostile;
            all.insert(all.begin() + static_cast<std::ptrdiff_t>(place), honest);
            const Verdict verdict = judge(all, store);
            REQUIRE(verdict.accepted.size() == 1);
            CHECK(std::ranges::equal(verdict.accepted[0].key_id, honest.key_id));
            CHECK(verdict.rejected.size() == hostile.size());
            CHECK(verdict.public_key_operations <= max_public_key_operations);
        }
}

TEST_CASE("the same signatures cost the same, and an honest one costs what its path has") {
    const TrustStore store = crowded_store();
    CHECK(judge({honest_signature()}, store).public_key_operations == 3);  // link, root, message
    std::vector<Signature> mixed = hostile_signatures(1);
    mixed.push_back(honest_signature());
    CHECK(judge(mixed, store).public_key_operations == judge(mixed, store).public_key_operations);
}

TEST_CASE("a chain that needs more than its own part has what others leave, and no more") {
    const LongChain chain;
    const Verdict alone = chain.judge();
    REQUIRE(alone.accepted.size() == 1);
    CHECK(alone.public_key_operations > own_public_key_operations);
    CHECK(chain.judge({sign(key_number(2)), sign(key_number(3))}).accepted.size() == 1);
    const Verdict crowded = chain.judge(hostile_signatures(max_signatures - 1));
    CHECK(crowded.accepted.empty());
    CHECK(crowded.rejected.back().error.code() == Code::LIMIT);
    CHECK(crowded.public_key_operations <= max_public_key_operations);
}

TEST_CASE("a list that the budget does not reach is no reason to follow an older one") {
    Chain chain;
    chain.root.extensions = {ca_constraints(), key_usage(certificate_sign | list_sign)};
    chain.leaf = {.issuer = "Root", .key = &key_number(2), .issuer_key = &key_number(0)};
    const RevocationList older =
        make_list({.issuer = "Root", .key = &key_number(0), .extensions = {list_number("020101")}});
    const RevocationList newer = make_list({.issuer = "Root",
                                            .key = &key_number(0),
                                            .entries = {revoked("020142")},
                                            .extensions = {list_number("020102")}});
    const std::vector lists = {older, newer};
    const std::vector roots = {make(chain.root)};
    const auto judged_with = [&](std::size_t operations) {
        PublicKeyBudget budget{operations};
        return check_chain({make(chain.leaf), {}, roots, lists, now, {}, &budget}, defaults);
    };
    for (const std::size_t operations : {0U, 1U, 2U, 3U})
        CHECK(refusal(judged_with(operations)) == Code::LIMIT);
    CHECK(refusal(judged_with(4)) == Code::CERTIFICATE_REVOKED);
}
