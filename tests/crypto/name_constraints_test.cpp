#include "name_constraints.hpp"

#include "chain_maker.hpp"

#include <mos/crypto/limits.hpp>

using namespace mos::crypto;
using namespace mos::test;
using mos::Code;

namespace {

using Names = std::vector<Bytes>;

// A chain whose intermediate has these constraints, and whose leaf these alternative names and no subject.
Chain constrained(const Names &permitted, const Names &excluded, const Names &names) {
    Chain chain;
    chain.intermediate.extensions.push_back(name_constraints(permitted, excluded));
    if (!names.empty()) {
        chain.leaf.subject = "";
        chain.leaf.extensions.push_back(alternative_names(names, true));
    }
    return chain;
}

// Whether a name is inside of a constraint, by permission and by exclusion, which must be opposites.
void check_inside(const Bytes &one, const Bytes &constraint) {
    must(constrained({constraint}, {}, {one}).check());
    check_invalid(constrained({}, {constraint}, {one}), "which the name constraints of 'CN=Intermediate' exclude");
}
void check_outside(const Bytes &one, const Bytes &constraint) {
    check_invalid(constrained({constraint}, {}, {one}),
                  "which the name constraints of 'CN=Intermediate' do not permit");
    must(constrained({}, {constraint}, {one}).check());
}
// Where nobody can tell, or only a part is inside, both refuse.
void check_unclear(const Bytes &one, const Bytes &constraint) {
    check_invalid(constrained({constraint}, {}, {one}), "do not permit");
    check_invalid(constrained({}, {constraint}, {one}), "exclude");
}

Bytes subject_of(const Names &attributes) {
    Names sets;
    for (const Bytes &one : attributes)
        sets.push_back(der::element(Tag::set, {one}));
    return der::element(Tag::sequence, {join(sets)});
}
Bytes attribute(std::string_view type, std::string_view text, Tag tag = Tag::utf8_string) {
    return der::element(Tag::sequence, {oid(type), der::element(tag, {mos::base::as_bytes(text)})});
}
Bytes organisation(std::string_view text) { return attribute("55040a", text); }
Bytes common_name(std::string_view text) { return attribute("550403", text); }
Bytes email(std::string_view text) { return attribute("2a864886f70d010901", text, Tag::ia5_string); }

}  // namespace

TEST_CASE("a DNS constraint holds for the domain and all below it") {
    check_inside(dns("example.com"), dns("example.com"));
    check_inside(dns("A.B.Example.COM"), dns("example.com"));
    check_inside(dns("*.example.com"), dns("example.com"));
    check_inside(dns("example.com"), dns(""));
    check_outside(dns("example.org"), dns("example.com"));
    check_outside(dns("badexample.com"), dns("example.com"));
    check_outside(dns("com"), dns("example.com"));
}

TEST_CASE("a wildcard is excluded where any host that it is good for is") {
    check_unclear(dns("*.example.com"), dns("bar.example.com"));
    check_outside(dns("*.example.com"), dns("a.bar.example.com"));
    check_outside(dns("*.example.com"), dns("bar.example.org"));
}

TEST_CASE("an address constraint is a network") {
    check_inside(ip("c0000201"), ip("c0000200ffffff00"));
    check_inside(ip("c0000201"), ip("0000000000000000"));
    check_outside(ip("c0000301"), ip("c0000200ffffff00"));
    check_outside(ip("20010db8000000000000000000000001"), ip("c0000200ffffff00"));
    const Bytes network = ip("20010db8000000000000000000000000ffffffff000000000000000000000000");
    check_inside(ip("20010db8000000000000000000000001"), network);
    check_outside(ip("20010db9000000000000000000000001"), network);
}

TEST_CASE("a mailbox constraint is a mailbox, a host or a domain") {
    check_inside(mailbox("a@example.com"), mailbox("a@EXAMPLE.com"));
    check_outside(mailbox("b@example.com"), mailbox("a@example.com"));
    check_unclear(mailbox("A@example.com"), mailbox("a@example.com"));
    check_inside(mailbox("*@example.com"), mailbox("*@example.com"));
    check_outside(mailbox("a@example.com"), mailbox("*@example.com"));
    check_inside(mailbox("a@example.com"), mailbox("example.com"));
    check_outside(mailbox("a@sub.example.com"), mailbox("example.com"));
    check_inside(mailbox("a@sub.example.com"), mailbox(".example.com"));
    check_outside(mailbox("a@example.com"), mailbox(".example.com"));
}

TEST_CASE("a directory constraint is the beginning of a name") {
    const Bytes base = directory(subject_of({organisation("Example")}));
    check_inside(directory(subject_of({organisation("example"), common_name("x")})), base);
    check_outside(directory(subject_of({common_name("x"), organisation("Example")})), base);
    check_outside(directory(subject_of({organisation("Another")})), base);
    check_unclear(directory(subject_of({organisation("\xc3\x89xample")})), base);
}

TEST_CASE("the subject is held to directory constraints, and mailboxes in it to those of mailboxes") {
    Chain chain = constrained({directory(subject_of({organisation("Example")}))}, {}, {});
    chain.leaf.subject_name = subject_of({organisation("Example"), common_name("x")});
    must(chain.check());
    chain.leaf.subject_name = subject_of({organisation("Else"), common_name("x")});
    check_invalid(chain, "has the directory name 'O=Else, CN=x', which the name constraints");

    chain = constrained({}, {mailbox("example.com")}, {});
    chain.leaf.subject_name = subject_of({common_name("x"), email("a@example.org")});
    must(chain.check());
    chain.leaf.subject_name = subject_of({common_name("x"), email("a@example.com")});
    check_invalid(chain, "has the mailbox 'a@example.com', which the name constraints of 'CN=Intermediate' exclude");
    chain.leaf.subject_name = subject_of({common_name("x"), email("\"a\"@example.com")});
    check_invalid(chain, "exclude");
}

TEST_CASE("names of a kind that is not constrained are free") {
    must(constrained({ip("c0000200ffffff00")}, {dns("example.org")}, {dns("example.com")}).check());
    must(constrained({uri("example.com")}, {}, {dns("example.com")}).check());
}

TEST_CASE("a constrained kind that is not understood is refused where a certificate has such a name") {
    for (const Bytes &one : {uri("https://example.org/"), other_name("2a0304")}) {
        check_invalid(constrained({}, {one}, {one}), "constrain in a way that is not understood");
        check_invalid(constrained({one}, {}, {one}), "constrain in a way that is not understood");
        must(constrained({one}, {}, {dns("example.com")}).check());
    }
    // The international form of a mailbox (RFC 9598) does not slip past constraints of mailboxes.
    check_invalid(constrained({}, {mailbox("example.com")}, {other_name("2b06010505070809")}), "not understood");
}

TEST_CASE("constraints hold whether they are critical or not") {
    Chain chain = constrained({}, {}, {dns("example.com")});
    chain.intermediate.extensions.back() = name_constraints({}, {dns("example.com")}, false);
    check_invalid(chain, "exclude");
}

TEST_CASE("every certificate below is held to them, and of several CAs to the constraints of each") {
    Chain chain = constrained({dns("a.example.com"), dns("b.example.com")}, {}, {dns("b.example.com")});
    chain.root.extensions.push_back(name_constraints({dns("example.com")}, {}));
    must(chain.check());
    chain.root.extensions.back() = name_constraints({dns("a.example.com")}, {});
    check_invalid(chain, "do not permit");
    chain.root.extensions.back() = name_constraints({}, {dns("ca.example.com")});
    must(chain.check());
    chain.intermediate.extensions.push_back(alternative_names({dns("ca.example.com")}));
    check_invalid(chain,
                  "'CN=Intermediate' has the DNS name 'ca.example.com', which the name constraints of 'CN=Root'");
}

TEST_CASE("a self-issued certificate is free unless it is the leaf") {
    Chain chain;
    chain.root.extensions.push_back(name_constraints({dns("example.com")}, {}));
    chain.intermediate.subject = chain.leaf.issuer = "Root";
    chain.intermediate.extensions.push_back(alternative_names({dns("example.org")}));
    must(chain.check());
    chain.leaf.subject = "Root";
    chain.leaf.extensions.push_back(alternative_names({dns("example.org")}));
    CHECK(refusal(chain.check()) == Code::CERTIFICATE_INVALID);
}

TEST_CASE("a malformed constraint is refused though no name meets it") {
    const auto refuse = [](const Bytes &constraint, std::string_view words) {
        for (const bool is_permitted : {true, false}) {
            const Names one = {constraint};
            check_invalid(constrained(is_permitted ? one : Names{}, is_permitted ? Names{} : one, {}),
                          "'CN=Intermediate' has a malformed name constraint: " + std::string{words});
        }
    };
    refuse(dns("*.example.com"), "DNS name '*.example.com'");
    refuse(dns(".example.com"), "DNS name '.example.com'");
    refuse(mailbox("a@b@example.com"), "mailbox 'a@b@example.com'");
    refuse(mailbox(""), "mailbox ''");
    refuse(ip("c0000201"), "IP address 192.0.2.1");
    refuse(ip("20010db8000000000000000000000001"), "IP address 2001:db8::1");
    refuse(ip("c0000200ff00ff00"), "name [7] c0000200ff00ff00");
}

TEST_CASE("empty constraints, and those with a minimum or a maximum, make a certificate unreadable") {
    const auto read = [](const Bytes &content) {
        Recipe recipe = Chain{}.intermediate;
        recipe.extensions.push_back(extension("551d1e", true, der::element(Tag::sequence, {content})));
        return Certificate::from_der(make_der(recipe), "c");
    };
    must(read(hex("a0073005820361626f")));
    for (const std::string_view content : {"", "a000", "a100", "a000a100", "05000500", "a00a3008820361626f800101",
                                           "a00a3008820361626f810101", "a0073005820361626fa200", "a0023000"})
        CHECK_MESSAGE(refusal(read(hex(content))) == Code::CERTIFICATE_INVALID, content);
}

TEST_CASE("only CAs have constraints") {
    for (const bool is_critical : {true, false}) {
        Chain chain;
        chain.leaf.extensions.push_back(name_constraints({dns("example.com")}, {}, is_critical));
        check_invalid(chain, "'CN=Leaf' has name constraints though it is no CA");
    }
}

TEST_CASE("many names under many constraints end at a limit") {
    Names many;
    for (unsigned i = 0; i < 260; ++i)
        many.push_back(dns("n" + std::to_string(i) + ".example"));
    must(constrained({}, Names(many.begin(), many.begin() + 10), Names(many.begin() + 20, many.end())).check());
    CHECK(refusal(constrained({}, many, many).check()) == Code::LIMIT);
}
