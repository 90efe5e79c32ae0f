// What we write, openssl reads, and the other way round; skipped where there is no openssl command.
#include <mos/crypto/key_signer.hpp>

#include "certificate_maker.hpp"
#include "keys.hpp"
#include "shell.hpp"

#include <mos/crypto/profile.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using namespace mos::crypto;
using namespace mos::test;
using mos::base::as_bytes;
using mos::base::as_text;

namespace {

// A folder of its own, gone with the test.
class Workplace {
  public:
    Workplace() {
        std::string pattern = (std::filesystem::temp_directory_path() / "mos-crypto-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        m_folder = pattern;
    }
    Workplace(const Workplace &) = delete;
    Workplace &operator=(const Workplace &) = delete;
    ~Workplace() { std::filesystem::remove_all(m_folder); }

    void write(const std::string &name, std::string_view text) const {
        std::ofstream{m_folder + "/" + name, std::ios::binary} << text;
    }
    [[nodiscard]] std::string read(const std::string &name) const {
        std::ifstream stream{m_folder + "/" + name, std::ios::binary};
        REQUIRE(stream.good());
        return {std::istreambuf_iterator<char>{stream}, {}};
    }
    [[nodiscard]] bool openssl(const std::string &arguments) const {
        return shell("cd '" + m_folder + "' && openssl " + arguments + " >log 2>&1");
    }

  private:
    std::string m_folder;
};

bool has_openssl() {
    if (shell("openssl version >/dev/null 2>&1"))
        return true;
    MESSAGE("skipped: there is no openssl command");
    return false;
}

struct Kind {
    PrivateKey key;
    std::string make;    // arguments of genpkey
    std::string verify;  // arguments that verify msg with sig by pub.pem
    std::string sign;    // arguments that sign msg into sig by key.pem
};

std::vector<Kind> kinds() {
    std::vector<Kind> all;
    all.push_back({must(PrivateKey::generate(KeyType::ed25519)), "-algorithm ED25519",
                   "pkeyutl -verify -pubin -inkey pub.pem -rawin -in msg -sigfile sig",
                   "pkeyutl -sign -inkey key.pem -rawin -in msg -out sig"});
    all.push_back({must(PrivateKey::generate(KeyType::ecc_p384)), "-algorithm EC -pkeyopt ec_paramgen_curve:P-384",
                   "dgst -sha384 -verify pub.pem -signature sig msg", "dgst -sha384 -sign key.pem -out sig msg"});
    all.push_back({must(PrivateKey::from_pem(rsa_4096_pem, "rsa")), "-algorithm RSA -pkeyopt rsa_keygen_bits:3072",
                   "dgst -sha256 -verify pub.pem -signature sig msg", "dgst -sha256 -sign key.pem -out sig msg"});
    return all;
}

}  // namespace

TEST_CASE("openssl reads our keys and verifies our signatures") {
    if (!has_openssl())
        return;
    for (const Kind &kind : kinds()) {
        const Workplace place;
        INFO(kind.make);
        place.write("key.pem", as_text(kind.key.to_pem()));
        place.write("msg", "message");
        place.write("sig", as_text(must(kind.key.sign(as_bytes("message")))));
        CHECK(place.openssl("pkey -in key.pem -check -noout"));
        CHECK(place.openssl("pkey -in key.pem -pubout -out pub.pem"));
        CHECK(place.read("pub.pem") == kind.key.public_key().to_pem());
        CHECK(place.openssl(kind.verify));
        place.write("msg", "another");
        CHECK_FALSE(place.openssl(kind.verify));
        CHECK(place.openssl("pkey -in key.pem -out again.pem"));
        CHECK(place.read("again.pem") == as_text(kind.key.to_pem()));
    }
}

TEST_CASE("we read openssl's keys and verify its signatures") {
    if (!has_openssl())
        return;
    for (const Kind &kind : kinds()) {
        const Workplace place;
        INFO(kind.make);
        place.write("msg", "message");
        REQUIRE(place.openssl("genpkey " + kind.make + " -out key.pem"));
        REQUIRE(place.openssl("pkey -in key.pem -pubout -out pub.pem"));
        REQUIRE(place.openssl(kind.sign));
        const PrivateKey key = must(PrivateKey::from_pem(place.read("key.pem"), "key.pem"));
        CHECK(key.public_key() == must(PublicKey::from_pem(place.read("pub.pem"), "pub.pem")));
        must(key.public_key().verify(key.public_key().algorithms().front(), as_bytes("message"),
                                     as_bytes(place.read("sig"))));
        CHECK(as_text(key.to_pem()) == place.read("key.pem"));
    }
}

TEST_CASE("openssl opens our encrypted keys, and we open its") {
    if (!has_openssl())
        return;
    const Workplace place;
    place.write("ours.pem", as_text(must(key_number(0).to_encrypted_pem("secret"))));
    CHECK(place.openssl("pkey -in ours.pem -passin pass:secret -out plain.pem"));
    CHECK(place.read("plain.pem") == as_text(key_number(0).to_pem()));
    CHECK_FALSE(place.openssl("pkey -in ours.pem -passin pass:other -out none.pem"));
    for (const std::string choice : {"-v2 aes-256-cbc", "-v2 aes-128-cbc -v2prf hmacWithSHA512",
                                     "-v2 aes-192-cbc -v2prf hmacWithSHA384 -iter 5"}) {
        REQUIRE(place.openssl("pkcs8 -topk8 " + choice + " -in plain.pem -passout pass:secret -out theirs.pem"));
        CHECK(must(PrivateKey::from_pem(place.read("theirs.pem"), "theirs.pem", "secret")).public_key() ==
              key_number(0).public_key());
    }
}

TEST_CASE("openssl and we agree on RSA-PSS") {
    if (!has_openssl())
        return;
    const Workplace place;
    const std::string pss = " -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest ";
    place.write("key.pem", as_text(rsa_2048().to_pem()));
    place.write("pub.pem", rsa_2048().public_key().to_pem());
    place.write("msg", "message");
    place.write("sig", as_text(must(rsa_2048().sign(SignatureAlgorithm::rsa_pss_sha256, as_bytes("message")))));
    CHECK(place.openssl("dgst" + pss + "-verify pub.pem -signature sig msg"));
    REQUIRE(place.openssl("dgst" + pss + "-sign key.pem -out sig msg"));
    must(rsa_2048().public_key().verify(SignatureAlgorithm::rsa_pss_sha256, as_bytes("message"),
                                        as_bytes(place.read("sig"))));
}

TEST_CASE("openssl accepts the certificates that we make") {
    if (!has_openssl())
        return;
    const PrivateKey rsa = must(PrivateKey::from_pem(rsa_4096_pem, "rsa"));
    const Validity validity{now - day, now + day};
    for (const PrivateKey *ca_key : {&key_number(0), &rsa}) {
        const Workplace place;
        const Certificate ca = must(make_ca_certificate(*ca_key, "CN=Root, O=Example, C=DE", validity));
        const Certificate leaf =
            must(issue_signer_certificate(*ca_key, ca, key_number(1).public_key(), "CN=Signer, OU=a\\, b", validity));
        place.write("ca.pem", ca.to_pem());
        place.write("leaf.pem", leaf.to_pem());
        const std::string verify = "verify -attime " + std::to_string(now);
        CHECK_MESSAGE(place.openssl(verify + " -x509_strict -purpose any -CAfile ca.pem leaf.pem"), place.read("log"));
        CHECK(place.openssl(verify + " -x509_strict -check_ss_sig -CAfile ca.pem ca.pem"));
        CHECK_FALSE(place.openssl(verify + " -x509_strict -purpose sslserver -CAfile ca.pem leaf.pem"));
        CHECK_FALSE(place.openssl(verify + " -CAfile leaf.pem leaf.pem"));
        CHECK(place.openssl("x509 -in leaf.pem -noout -subject -ext keyUsage,extendedKeyUsage"));
        const std::string shown = place.read("log");
        CHECK_MESSAGE(shown.find("CN = Signer, OU = \"a, b\"") != std::string::npos, shown);
        CHECK_MESSAGE(shown.find("Code Signing") != std::string::npos, shown);
    }
}

TEST_CASE("the profile takes a chain that openssl made") {
    if (!has_openssl())
        return;
    const Workplace place;
    place.write("ext", "[ca]\nbasicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n"
                       "subjectKeyIdentifier=hash\n"
                       "[leaf]\nbasicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\n"
                       "extendedKeyUsage=codeSigning\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
                       "[req]\ndistinguished_name=dn\n[dn]\n");
    const std::string curve = " -newkey ec -pkeyopt ec_paramgen_curve:P-384 -noenc -config ext ";
    REQUIRE(place.openssl("req -x509 -sha384 -days 2" + curve +
                          "-keyout ca.key -out ca.pem -subj /CN=Root -extensions ca"));
    REQUIRE(place.openssl("req -new -sha384" + curve + "-keyout leaf.key -out leaf.csr -subj /CN=Leaf"));
    REQUIRE(
        place.openssl("x509 -req -sha384 -days 2 -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out leaf.pem "
                      "-extfile ext -extensions leaf"));
    const Certificate ca = must(Certificate::from_pem(place.read("ca.pem"), "ca.pem"));
    const Certificate leaf = must(Certificate::from_pem(place.read("leaf.pem"), "leaf.pem"));
    must(judge_chain(leaf, {}, std::vector{ca}, leaf.validity().not_before_unix_s, {}));
    must(make_signer(must(PrivateKey::from_pem(place.read("leaf.key"), "leaf.key")), {leaf, ca}));
}
