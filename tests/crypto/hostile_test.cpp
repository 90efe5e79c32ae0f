// What advisories tell of other people's judges of certificates.
#include "chain_maker.hpp"

#include <mos/crypto/limits.hpp>
#include <mos/crypto/revocation_list.hpp>

#include <sys/mman.h>

using namespace mos::crypto;
using namespace mos::test;
using mos::Code;

namespace {

// 100 MB that nobody may look at: who reads, or copies, a single byte of it is killed.
class Untouchable {
  public:
    Untouchable() : m_begin(::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {
        REQUIRE(m_begin != MAP_FAILED);
    }
    Untouchable(const Untouchable &) = delete;
    Untouchable &operator=(const Untouchable &) = delete;
    ~Untouchable() { ::munmap(m_begin, size); }

    [[nodiscard]] std::string_view text() const { return {static_cast<const char *>(m_begin), size}; }
    [[nodiscard]] ByteView bytes() const { return mos::base::as_bytes(text()); }

  private:
    static constexpr std::size_t size = 100'000'000;
    void *m_begin;
};

}  // namespace

TEST_CASE("100 MB of PEM or DER are refused without a look at them") {
    const Untouchable huge;
    CHECK(refusal(Certificate::from_pem(huge.text(), "c")) == Code::LIMIT);
    CHECK(refusal(Certificate::from_der(huge.bytes(), "c")) == Code::LIMIT);
    CHECK(refusal(parse_certificate_chain(huge.text(), "c")) == Code::LIMIT);
    CHECK(refusal(RevocationList::from_pem(huge.text(), "l")) == Code::LIMIT);
    CHECK(refusal(RevocationList::from_der(huge.bytes(), "l")) == Code::LIMIT);
}

TEST_CASE("a chain of 10,000 certificates is refused, as a file and as it stands") {
    const Chain chain;
    const Certificate intermediate = make(chain.intermediate);
    const std::vector<Certificate> many(10'000, intermediate);
    check_refusal(judge_chain(make(chain.leaf), many, std::vector{make(chain.root)}, now, defaults), Code::LIMIT,
                  "comes with 10000 certificates, at most 16 are allowed");
    std::string pem;
    for (std::size_t i = 0; i < 10'000; ++i)
        pem += intermediate.to_pem();
    CHECK(refusal(parse_certificate_chain(pem, "c.pem")) == Code::LIMIT);
    CHECK(refusal(parse_certificate_chain(std::string_view{pem}.substr(0, max_certificate_file_bytes), "c.pem")) ==
          Code::LIMIT);
}

TEST_CASE("an intermediate that its issuer never signed counts for nothing, whatever it says of itself") {
    // The attacker's own key under the genuine name, and with the identifiers of the genuine keys.
    Chain chain;
    chain.intermediate.key = chain.intermediate.issuer_key = &key_number(7);
    chain.intermediate.has_authority_key_id = false;
    chain.intermediate.extensions.push_back(authority_key_id(key_number(0).public_key().id()));
    chain.leaf.issuer_key = &key_number(7);
    check_invalid(chain, "'CN=Intermediate' names 'CN=Root' as its issuer, but was not signed by it");
    // The same beside the genuine one, which did not sign the leaf.
    const Chain genuine;
    check_refusal(judge_chain(make(chain.leaf), std::vector{make(genuine.intermediate), make(chain.intermediate)},
                              std::vector{make(chain.root)}, now, defaults),
                  Code::CERTIFICATE_INVALID, "was not signed by it");
    // Self-signed, as if it were a root.
    chain.intermediate.issuer = "Intermediate";
    chain.intermediate.extensions = ca_extensions();
    CHECK(refusal(chain.check()) == Code::SIGNER_UNTRUSTED);
}

TEST_CASE("a leaf can't issue certificates") {
    Chain chain;
    Recipe below = {.subject = "Below", .issuer = "Leaf", .key = &key_number(3), .issuer_key = &key_number(2)};
    check_refusal(judge_chain(make(below), std::vector{make(chain.leaf), make(chain.intermediate)},
                              std::vector{make(chain.root)}, now, defaults),
                  Code::CERTIFICATE_INVALID, "'CN=Leaf' issued a certificate, but is no CA");
}

TEST_CASE("a NUL ends no name") {
    using namespace std::string_view_literals;
    Chain chain;
    chain.leaf.issuer = std::string{"Intermediate\0.evil"sv};
    CHECK(refusal(chain.check()) == Code::SIGNER_UNTRUSTED);
    chain = {};
    chain.leaf.subject = std::string{"Leaf\0.evil"sv};
    CHECK(make(chain.leaf).subject() == "CN=#0c0a4c656166002e6576696c");
    for (const Bytes &one : {dns("good.example\0.evil.example"sv), mailbox("a@good.example\0.evil.example"sv),
                             uri("https://good.example\0.evil.example"sv)}) {
        chain = {};
        chain.leaf.extensions.push_back(alternative_names({one}));
        check_invalid(chain, "has a malformed alternative name");
    }
    chain = {};
    chain.intermediate.extensions.push_back(name_constraints({dns("example\0.evil"sv)}, {}));
    check_invalid(chain, "has a malformed name constraint");
}
