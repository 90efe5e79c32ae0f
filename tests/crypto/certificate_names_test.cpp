#include "certificate_names.hpp"

#include "chain_maker.hpp"
#include "dns_name.hpp"
#include "ip_address.hpp"
#include "name.hpp"

using namespace mos::crypto;
using namespace mos::test;
using mos::Code;

namespace {

// A leaf with one alternative name.
void refuse_name(const Bytes &one, std::string_view words) {
    Chain chain;
    chain.leaf.extensions.push_back(alternative_names({one}));
    check_invalid(chain, words);
}

void take_name(const Bytes &one) {
    Chain chain;
    chain.leaf.subject_name = der::element(Tag::sequence, {});
    chain.leaf.extensions.push_back(alternative_names({one}, true));
    must(chain.check());
}

// A leaf with that common name and these alternative ones.
Chain named(std::string_view common_name, const std::vector<Bytes> &names) {
    Chain chain;
    chain.leaf.subject = common_name;
    chain.leaf.extensions.push_back(alternative_names(names));
    return chain;
}

}  // namespace

TEST_CASE("a subject is empty only beside critical alternative names, and never a CA's") {
    Chain chain;
    chain.leaf.subject = "";
    check_invalid(chain, "has no subject");
    chain.leaf.extensions.push_back(alternative_names({mailbox("a@example.com")}));
    check_invalid(chain, "has no subject, and its alternative names are not critical");
    chain.leaf.extensions.back() = alternative_names({mailbox("a@example.com")}, true);
    must(chain.check());
    chain.leaf.subject = "Leaf";
    check_invalid(chain, "'CN=Leaf' has alternative names that are critical though it has a subject");
    chain = {};
    chain.leaf.issuer = chain.intermediate.subject = "";
    chain.intermediate.extensions.push_back(alternative_names({mailbox("a@example.com")}, true));
    CHECK(refusal(chain.check()) == Code::CERTIFICATE_INVALID);
}

TEST_CASE("an issuer is not empty") {
    Chain chain;
    chain.root.subject = chain.root.issuer = chain.intermediate.issuer = "";
    check_invalid(chain, "'CN=Intermediate' has no issuer");
}

TEST_CASE("an alternative name that is none is refused, whoever bears it") {
    refuse_name(dns("a..example.com"), "'CN=Leaf' has a malformed alternative name: DNS name 'a..example.com'");
    refuse_name(dns("8.8.8.8"), "DNS name '8.8.8.8'");
    refuse_name(dns(std::string_view{"a\0.example.com", 14}), "DNS name 'a\\x00.example.com'");
    refuse_name(mailbox("a@b@example.com"), "mailbox 'a@b@example.com'");
    refuse_name(ip("c0000200ffffff00"), "malformed alternative name: name [7] c0000200ffffff00");
    refuse_name(uri("example.com/"), "URI 'example.com/'");
    refuse_name(directory(der::element(Tag::sequence, {})), "malformed alternative name: directory name ''");
    Chain chain;
    chain.intermediate.extensions.push_back(alternative_names({dns(".example.com")}));
    check_invalid(chain, "'CN=Intermediate' has a malformed alternative name");
    for (const Bytes &one : {dns("a.example.com"), dns("*.example.com"), mailbox("a.b+c@example.com"), ip("c0000201"),
                             ip("20010db8000000000000000000000001"), uri("https://example.com/x"), directory(name("x")),
                             other_name("2a0304")})
        take_name(one);
}

TEST_CASE("alternative names that are not DER, or none, make a certificate unreadable") {
    Recipe recipe = Chain{}.leaf;
    for (const Bytes &value :
         {hex("3000"), hex("61626364"), hex("3002a200"), hex("30028900"), hex("3003820161ff"), hex("3004a4023100")}) {
        recipe.extensions = {extension("551d11", false, value)};
        CHECK(refusal(Certificate::from_der(make_der(recipe), "c")) == Code::CERTIFICATE_INVALID);
    }
}

TEST_CASE("a common name repeats a host or an address to the character") {
    constexpr std::string_view words = "has a common name that is none of its alternative names";
    must(named("a.example.com", {dns("b.example.com"), dns("a.example.com")}).check());
    must(named("*.example.com", {dns("*.example.com")}).check());
    must(named("example.com", {dns("*.example.com")}).check());
    check_invalid(named("A.example.com", {dns("a.example.com")}), words);
    check_invalid(named("b.example.com", {dns("a.example.com"), ip("c0000201")}), words);
    check_invalid(named("caf\xc3\xa9.example", {dns("xn--caf-dma.example")}), words);
    check_invalid(named("Some Service", {dns("a.example.com")}), words);

    must(named("192.0.2.1", {ip("c0000201")}).check());
    must(named("2001:db8::1", {ip("20010db8000000000000000000000001")}).check());
    for (const std::string_view other : {"192.0.2.01", "0xC0000201", "192.0.2.2", "3221225985"})
        check_invalid(named(other, {ip("c0000201")}), words);
    for (const std::string_view other : {"2001:DB8::1", "2001:db8:0:0:0:0:0:1", "2001:0db8::1"})
        check_invalid(named(other, {ip("20010db8000000000000000000000001")}), words);

    must(named("a.example.com", {ip("c0000201")}).check());  // no name of its kind is there to contradict
    must(named("Somebody", {mailbox("a@example.com")}).check());
    Chain chain;
    chain.intermediate.extensions.push_back(alternative_names({dns("ca.example.com")}));
    must(chain.check());
}

TEST_CASE("DNS names are in preferred form") {
    const std::string label(63, 'a');
    for (const std::string &text : {std::string{"example.com"}, std::string{"localhost"}, std::string{"a-b.1c.x2"},
                                    std::string{"XN--CAF-DMA.example"}, std::string{"xn--n3h.com"}, label + ".com"})
        CHECK_MESSAGE(is_dns_name(text), text);
    for (const std::string &text : {std::string{},
                                    std::string{"."},
                                    std::string{"a."},
                                    std::string{".a"},
                                    std::string{"a..b"},
                                    std::string{"-a.b"},
                                    std::string{"a-.b"},
                                    std::string{"a_b.c"},
                                    std::string{"a b.c"},
                                    std::string{"1.2.3.4"},
                                    std::string{"a.0x1"},
                                    std::string{"a.0x"},
                                    std::string{"ab--c.d"},
                                    std::string{"xn--.com"},
                                    std::string{"xn--a-.com"},
                                    std::string{"xn--99999999.com"},
                                    std::string{"*.a.b"},
                                    "a" + label + ".com",
                                    label + "." + label + "." + label + "." + label,
                                    std::string{"\xc3\xa9.com"}})
        CHECK_FALSE_MESSAGE(is_dns_name(text), text);
    CHECK(is_dns_pattern("*.example.com"));
    for (const std::string_view text : {"*", "*.com", "a.*.com", "*a.example.com", "*.*.example.com"})
        CHECK_FALSE_MESSAGE(is_dns_pattern(text), text);
}

TEST_CASE("mailboxes have one spelling") {
    for (const std::string_view text : {"a@example.com", "*@example.com", "a.b-c+d=e@x.example"})
        CHECK_MESSAGE(is_mailbox(text), text);
    for (const std::string_view text : {"", "a", "@example.com", "a@", "a@b@c.d", ".a@b.c", "a.@b.c", "a..b@c.d",
                                        "\"a\"@b.c", "a b@c.d", "a@[192.0.2.1]", "a@*.example.com"})
        CHECK_FALSE_MESSAGE(is_mailbox(text), text);
}

TEST_CASE("an address has one text") {
    CHECK(ip_address_text(hex("c0000201")) == "192.0.2.1");
    CHECK(ip_address_text(hex("00000000000000000000000000000000")) == "::");
    CHECK(ip_address_text(hex("00000000000000000000000000000001")) == "::1");
    CHECK(ip_address_text(hex("00010000000000000000000000000000")) == "1::");
    CHECK(ip_address_text(hex("20010db8000000010001000100010001")) == "2001:db8:0:1:1:1:1:1");
    CHECK(ip_address_text(hex("20010db8000000000001000000000001")) == "2001:db8::1:0:0:1");
    CHECK(ip_address_text(hex("c00002")).empty());
}

TEST_CASE("names are compared regardless of case, spaces and the kind of string") {
    const auto one = [](Tag tag, std::string_view text) {
        return der::element(
            Tag::sequence,
            {der::element(Tag::set, {der::element(Tag::sequence,
                                                  {oid("550403"), der::element(tag, {mos::base::as_bytes(text)})})})});
    };
    const Bytes plain = one(Tag::utf8_string, "An Example");
    CHECK(compare_names(plain, one(Tag::printable_string, " an  EXAMPLE ")) == Likeness::same);
    CHECK(compare_names(plain, one(Tag::utf8_string, "Another")) == Likeness::different);
    CHECK(compare_names(plain, one(Tag::utf8_string, "\xc3\x84n Example")) == Likeness::unclear);
    const Bytes accented = one(Tag::utf8_string, "\xc3\x84");
    CHECK(compare_names(accented, accented) == Likeness::same);
    CHECK(compare_names(plain, der::element(Tag::sequence, {})) == Likeness::different);
    CHECK(is_within(plain, der::element(Tag::sequence, {})) == Likeness::same);
    CHECK(is_within(der::element(Tag::sequence, {}), plain) == Likeness::different);
}
