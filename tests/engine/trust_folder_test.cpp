#include <mos/engine/trust_folder.hpp>

#include "trust_bench.hpp"

#include <algorithm>
#include <cctype>

using namespace mos::test;
using namespace mos::engine;
using mos::Code;
using mos::crypto::KeyType;
using mos::crypto::PrivateKey;
using mos::crypto::PublicKey;
using mos::crypto::TrustEntry;
using mos::crypto::TrustLevel;
using mos::crypto::TrustStore;

namespace {

const Authority &vendor() {
    static const Authority authority{"Vendor"};
    return authority;
}
const PublicKey &builder() {
    static const PublicKey key = must(PrivateKey::generate(KeyType::ed25519)).public_key();
    return key;
}

NewTrust vendor_with(std::string fingerprint) {
    return {"Example Vendor", vendor().certificate, std::move(fingerprint), {}};
}
NewTrust builder_with(std::string fingerprint) { return {"Builder", builder(), std::move(fingerprint), {}}; }

struct Folder : TrustBench {
    // The folder is as it was.
    mos::Error refused(const NewTrust &trust, Code code) const {
        const auto before = must(scan(*twin.root()));
        const auto result = add_trust(*directory, trust);
        CHECK(refusal(result) == code);
        CHECK(difference(before, must(scan(*twin.root())), all_directory_times) == "");
        return result.error();
    }
};

std::string with_colons(const std::string &fingerprint) {
    std::string text;
    for (std::size_t i = std::string_view{"SHA256:"}.size(); i < fingerprint.size(); i += 2)
        text += (text.empty() ? "" : ":") + fingerprint.substr(i, 2);
    return text;
}

std::string upper_case(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
    return text;
}

}  // namespace

TEST_CASE("an entry that is added is one file, and the store has it with its limits") {
    const Folder folder;
    NewTrust trust = vendor_with(vendor().certificate.fingerprint());
    trust.scope = {
        .level = TrustLevel::medium, .not_after_unix_s = still, .packages = {"kernel-*"}, .types = {"kernel"}};
    const TrustEntry added = must(add_trust(*folder.directory, trust));
    const std::string digits = vendor().certificate.fingerprint().substr(7, 12);
    CHECK(added.id == "ca-" + digits);
    CHECK(folder.files() == std::vector<std::string>{added.id + ".json"});
    const auto file = must(folder.directory->find(added.id + ".json"));
    REQUIRE(file.has_value());
    CHECK(file->mode == 0644);
    const TrustStore store = must(TrustStore::load(*folder.directory));
    const TrustEntry *const found = store.find(added.id);
    REQUIRE(found != nullptr);
    CHECK(found->name == "Example Vendor");
    CHECK(found->scope == trust.scope);
    CHECK(found->fingerprint() == vendor().certificate.fingerprint());
    CHECK(must(add_trust(*folder.directory, builder_with(builder().fingerprint()))).id.starts_with("key-"));
    CHECK(must(TrustStore::load(*folder.directory)).entries().size() == 2);
}

TEST_CASE("a fingerprint is taken as people write it") {
    const std::string plain = vendor().certificate.fingerprint();
    for (const std::string &text : {plain, plain.substr(7), upper_case(plain), "sha256:" + plain.substr(7),
                                    with_colons(plain), "SHA256:" + upper_case(with_colons(plain))}) {
        INFO(text);
        const Folder folder;
        must(add_trust(*folder.directory, vendor_with(text)));
    }
}

TEST_CASE("what is no fingerprint is refused, without the file's own to paste in its stead, and nothing is stored") {
    const Folder folder;
    const std::string plain = vendor().certificate.fingerprint();
    const std::string digits = plain.substr(7);
    for (const std::string &text :
         {std::string{}, std::string{"sha256:"}, std::string{" "} + plain, plain + " ", " " + digits, digits + "\n",
          digits.substr(1), digits + "0", digits.substr(0, 63) + "g", "md5:" + digits, "sha512:" + digits,
          "sha256:sha256:" + digits, "0x" + digits.substr(2), digits.substr(0, 40), std::string(64, ' ')}) {
        INFO(text);
        const auto error = folder.refused(vendor_with(text), Code::INVALID_ARGUMENT);
        CHECK(says(error, "is no SHA-256 fingerprint of 64 hexadecimal digits"));
        CHECK(error.remedy().starts_with("give the whole SHA-256 fingerprint"));
        const bool is_told = error.full_message().find(digits) != std::string::npos;
        CHECK((text.find(digits) != std::string::npos || !is_told));
    }
}

TEST_CASE("another fingerprint is refused before anything is stored") {
    const Folder folder;
    const Authority other{"Vendor"};
    const auto error = folder.refused(vendor_with(other.certificate.fingerprint()), Code::KEY_INVALID);
    CHECK(says(error, "the fingerprint is " + vendor().certificate.fingerprint() + ", not '"));
    CHECK(error.remedy().starts_with("trust it not; ask its owner"));
    INFO("the fingerprint of the certificate's key is not the certificate's");
    folder.refused(vendor_with(vendor().certificate.public_key().fingerprint()), Code::KEY_INVALID);
    std::string one_off = builder().fingerprint();
    one_off.back() = one_off.back() == '0' ? '1' : '0';
    folder.refused(builder_with(one_off), Code::KEY_INVALID);
}

TEST_CASE("what is trusted already is not added again, whoever put it there and under whatever name") {
    const Folder folder;
    const TrustEntry added = must(add_trust(*folder.directory, builder_with(builder().fingerprint())));
    CHECK(says(folder.refused(builder_with(builder().fingerprint()), Code::EXISTS),
               "entry '" + added.id + "' ('Builder')"));
    folder.put("by-hand.crt", vendor().certificate.to_pem());
    CHECK(says(folder.refused(vendor_with(vendor().certificate.fingerprint()), Code::EXISTS), "entry 'by-hand'"));
}

TEST_CASE("a certificate that is no CA's, and limits without sense, are not stored") {
    const Folder folder;
    const CertifiedSigner signer = vendor().certify("Signer");
    const auto error =
        folder.refused({"Signer", signer.certificate, signer.certificate.fingerprint(), {}}, Code::TRUST_UNREADABLE);
    CHECK(says(error, "is no CA's certificate"));
    CHECK(error.remedy().starts_with("give the certificate of the authority"));
    NewTrust trust = vendor_with(vendor().certificate.fingerprint());
    trust.scope.packages = {"kernel/*"};
    folder.refused(trust, Code::INVALID_ARGUMENT);
    trust.scope = {.not_before_unix_s = 2, .not_after_unix_s = 1};
    folder.refused(trust, Code::INVALID_ARGUMENT);
    trust = vendor_with(vendor().certificate.fingerprint());
    trust.name = "a\x1b[2Jb";
    folder.refused(trust, Code::INVALID_ARGUMENT);
    trust.name = "";
    folder.refused(trust, Code::INVALID_ARGUMENT);
}

TEST_CASE("nothing is added to a folder that is not good as it is") {
    const Folder folder;
    folder.put("broken.crt", "x");
    CHECK(says(folder.refused(vendor_with(vendor().certificate.fingerprint()), Code::TRUST_UNREADABLE), "broken.crt"));
}

TEST_CASE("an entry is removed by its id, whoever put it there") {
    const Folder folder;
    const TrustEntry added = must(add_trust(*folder.directory, builder_with(builder().fingerprint())));
    folder.put("a.crt", vendor().certificate.to_pem());
    folder.put("b.pub", must(PrivateKey::generate(KeyType::ed25519)).public_key().to_pem());
    folder.put("c.pem", Authority{"C"}.certificate.to_pem());
    folder.put("a.crl", vendor().revoke(1, {}).to_pem());
    for (const std::string &id : {added.id, std::string{"a"}, std::string{"b"}, std::string{"c"}}) {
        must(remove_trust(*folder.directory, id));
        CHECK(must(TrustStore::load(*folder.directory)).find(id) == nullptr);
    }
    CHECK(folder.files() == std::vector<std::string>{"a.crl"});
}

TEST_CASE("an entry that can't be read keeps everybody out until it is removed") {
    const Folder folder;
    folder.put("good.pub", builder().to_pem());
    folder.put("broken.json", "{");
    CHECK(refusal(TrustStore::load(*folder.directory)) == Code::TRUST_UNREADABLE);
    must(remove_trust(*folder.directory, "broken"));
    CHECK(must(TrustStore::load(*folder.directory)).entries().size() == 1);
}

TEST_CASE("what is no entry of the folder is not removed") {
    const Folder folder;
    folder.put("a.crl", vendor().revoke(1, {}).to_pem());
    folder.put("b.pub", builder().to_pem());
    must(mos::base::replace_file(*folder.twin.root(), "outside.pub", mos::base::as_bytes("x"), 0644));
    const auto before = must(scan(*folder.twin.root()));
    for (const std::string id : {"", "a", "a.crl", "b.pub", "../../../outside", "/outside", ".", "*"})
        CHECK(refusal(remove_trust(*folder.directory, id)) == Code::NOT_FOUND);
    CHECK(difference(before, must(scan(*folder.twin.root()))) == "");
}

TEST_CASE("an entry comes whole or not at all, whenever the power is cut") {
    Folder folder;
    std::vector<DiskState> cuts;
    folder.twin.on_mutation([&](std::uint64_t /*number*/, std::string_view /*what*/) {
        cuts.push_back(folder.twin.crash(Selection::none()));
        cuts.push_back(folder.twin.crash(Selection::all()));
    });
    const TrustEntry added = must(add_trust(*folder.directory, builder_with(builder().fingerprint())));
    CHECK(cuts.size() > 4);
    for (const DiskState &cut : cuts) {
        const Twin rebooted{cut};
        const auto opened = rebooted.root()->open_directory(trust_path, mos::base::Symlinks::refuse);
        if (!opened)
            continue;  // the folder itself was not flushed yet
        const TrustStore store = must(TrustStore::load(**opened));
        CHECK((store.empty() || store.find(added.id) != nullptr));
    }
}
