#include "path_search.hpp"

#include "chain_maker.hpp"

#include <mos/crypto/limits.hpp>

using namespace mos::crypto;
using namespace mos::test;
using mos::Code;

TEST_CASE("a leaf that a root issued itself passes") {
    Chain chain;
    chain.leaf.issuer = "Root";
    chain.leaf.issuer_key = &key_number(0);
    CHECK(must(chain.check()).certificates.size() == 2);
}

TEST_CASE("a root that is not self-signed is trusted as it stands") {
    const Chain chain;
    CHECK(must(judge_chain(make(chain.leaf), {}, std::vector{make(chain.intermediate)}, now, defaults))
              .certificates.size() == 2);
}

TEST_CASE("a chain to no root is untrusted") {
    const Chain chain;
    check_refusal(judge_chain(make(chain.leaf), std::vector{make(chain.intermediate)}, {}, now, defaults),
                  Code::SIGNER_UNTRUSTED, "'CN=Leaf'");
    check_refusal(judge_chain(make(chain.leaf), {}, std::vector{make(chain.root)}, now, defaults),
                  Code::SIGNER_UNTRUSTED, "issued by 'CN=Intermediate'");
}

TEST_CASE("what is wrong with a certificate that is in no path does not matter") {
    const Chain chain;
    Recipe unused = ca_recipe("Unused", key_number(3), "Root", key_number(0));
    unused.extensions.push_back(extension("2a0304", true, hex("0500")));
    must(judge_chain(make(chain.leaf), std::vector{make(unused), make(chain.intermediate)},
                     std::vector{make(chain.root)}, now, defaults));
}

TEST_CASE("a root that another root vouches for needs the identifier as well") {
    const Chain chain;
    Recipe crossed = chain.intermediate;
    must(judge_chain(make(chain.leaf), {}, std::vector{make(crossed)}, now, defaults));
    crossed.has_authority_key_id = false;
    check_refusal(judge_chain(make(chain.leaf), {}, std::vector{make(crossed)}, now, defaults),
                  Code::CERTIFICATE_INVALID, "has no authority key identifier");
}

TEST_CASE("a path has at most four certificates") {
    const std::vector roots = {make(ca_recipe("Root", key_number(0), "Root", key_number(0)))};
    std::vector<Certificate> intermediates = {make(ca_recipe("A", key_number(1), "Root", key_number(0))),
                                              make(ca_recipe("B", key_number(2), "A", key_number(1))),
                                              make(ca_recipe("C", key_number(3), "B", key_number(2)))};
    const auto leaf_of = [](std::string issuer, std::size_t number) {
        return make({.issuer = std::move(issuer), .key = &key_number(4), .issuer_key = &key_number(number)});
    };
    CHECK(must(judge_chain(leaf_of("B", 2), intermediates, roots, now, defaults)).certificates.size() == 4);
    check_refusal(judge_chain(leaf_of("C", 3), intermediates, roots, now, defaults), Code::CERTIFICATE_INVALID,
                  "'CN=Leaf' needs more than 2 intermediates to reach a root");
}

TEST_CASE("the policy moves the depth within limits, and self-issued certificates do not count") {
    const std::vector roots = {make(ca_recipe("Root", key_number(0), "Root", key_number(0)))};
    std::vector<Certificate> intermediates;
    for (std::size_t i = 1; i <= max_path_intermediates + 1; ++i)
        intermediates.push_back(make(ca_recipe("CA " + std::to_string(i), key_number(i),
                                               i == 1 ? "Root" : "CA " + std::to_string(i - 1), key_number(i - 1))));
    const auto judge = [&](std::size_t depth, std::size_t limit) {
        const Certificate leaf =
            make({.issuer = "CA " + std::to_string(depth), .key = &key_number(20), .issuer_key = &key_number(depth)});
        return judge_chain(leaf, intermediates, roots, now, {.max_intermediates = limit});
    };
    must(judge(1, 1));
    check_refusal(judge(1, 0), Code::CERTIFICATE_INVALID, "needs more than 0 intermediates");
    must(judge(max_path_intermediates, 100));
    check_refusal(judge(max_path_intermediates + 1, 100), Code::CERTIFICATE_INVALID, "needs more than 8 intermediates");

    Chain chain;
    chain.leaf.issuer = chain.intermediate.subject = "Root";
    must(chain.check({.max_intermediates = 0}));
}

TEST_CASE("key identifiers choose among issuers of one name") {
    Chain chain;
    chain.root.has_subject_key_id = false;
    chain.root.extensions.push_back(subject_key_id("one"));
    chain.intermediate.has_authority_key_id = false;
    chain.intermediate.extensions.push_back(authority_key_id("two"));
    check_refusal(chain.check(), Code::SIGNER_UNTRUSTED, "nothing in the trust folder vouches");
    chain.intermediate.extensions.back() = authority_key_id("one");
    must(chain.check());
}

TEST_CASE("of two paths the one that passes is taken") {
    Chain chain;
    Recipe expired = chain.intermediate;
    expired.not_before = now - 3 * day;
    expired.not_after = now - 2 * day;
    const std::vector intermediates = {make(expired), make(chain.intermediate)};
    Recipe stranger = ca_recipe("Root", key_number(6), "Root", key_number(6));
    const std::vector roots = {make(stranger), make(chain.root)};
    CHECK(must(judge_chain(make(chain.leaf), intermediates, roots, now, defaults)).root == 1);
}

TEST_CASE("certificates that all bear one name do not make the search long") {
    std::vector<Certificate> intermediates;
    for (std::size_t i = 0; i < max_chain_certificates; ++i) {
        Recipe twin = ca_recipe("Twin", key_number(1), "Twin", key_number(1));
        twin.serial = der::unsigned_integer(Bytes{static_cast<std::byte>(i + 1)});
        intermediates.push_back(make(twin));
    }
    const Certificate leaf = make({.issuer = "Twin", .key = &key_number(2), .issuer_key = &key_number(1)});
    CHECK(refusal(judge_chain(leaf, intermediates, {}, now, defaults)) == Code::LIMIT);
    intermediates.push_back(intermediates.front());
    CHECK(refusal(judge_chain(leaf, intermediates, {}, now, defaults)) == Code::LIMIT);
}

TEST_CASE("many paths over few signatures are searched to the end") {
    constexpr std::size_t levels = 6;
    std::vector<Certificate> intermediates;
    for (std::size_t level = 1; level <= levels; ++level)
        for (std::uint8_t twin = 1; twin <= 2; ++twin) {
            const std::string above = level == 1 ? "Root" : "CA " + std::to_string(level - 1);
            Recipe recipe = ca_recipe("CA " + std::to_string(level), key_number(level), above, key_number(level - 1));
            recipe.serial = der::unsigned_integer(Bytes{std::byte{twin}});
            intermediates.push_back(make(recipe));
        }
    Recipe root = ca_recipe("Root", key_number(0), "Root", key_number(0));
    root.not_before = now - 3 * day;
    root.not_after = now - 2 * day;
    const Certificate leaf = make({.issuer = "CA 6", .key = &key_number(20), .issuer_key = &key_number(levels)});
    check_refusal(judge_chain(leaf, intermediates, std::vector{make(root)}, now, {.max_intermediates = levels}),
                  Code::CERTIFICATE_EXPIRED, "'CN=Root' was valid until");
}
