#include <mos/crypto/trust_store.hpp>

#include "certificate_maker.hpp"
#include "memory_folder.hpp"

#include <mos/crypto/limits.hpp>

#include <algorithm>

using namespace mos::crypto;
using namespace mos::test;
using mos::Code;

namespace {

std::string ca_pem(std::string subject) {
    return make(ca_recipe(subject, key_number(0), subject, key_number(0))).to_pem();
}
// An authority that may sign lists too, which ca_recipe()'s may not.
RevocationList revocation_list(std::uint64_t number) {
    static const Certificate ca = must(
        make_ca_certificate(key_number(0), "CN=A", {.not_before_unix_s = now - day, .not_after_unix_s = now + day}));
    return must(make_revocation_list(key_number(0), ca, {}, number, now - 1, now + day));
}
std::string key_pem(std::size_t number) { return key_number(number).public_key().to_pem(); }

void check_unreadable(MemoryFolder &folder, std::string_view file, std::string_view words) {
    const auto result = TrustStore::load(folder);
    CHECK(refusal(result) == Code::TRUST_UNREADABLE);
    CHECK(result.error().object() == file);
    const std::string text = result.error().full_message();
    CHECK_MESSAGE(text.starts_with("trust entry '" + std::string{file} + "' "), text);
    CHECK_MESSAGE(text.find(words) != std::string::npos, text);
}

}  // namespace

TEST_CASE("a trust folder is read in the order of its names") {
    MemoryFolder folder;
    folder.put("b.crt", ca_pem("B"));
    folder.put("a.pem", ca_pem("A"));
    folder.put("d.pub", key_pem(1));
    folder.put("c.pub", must(PrivateKey::generate(KeyType::ed25519)).public_key().to_pem());
    folder.put(".hidden", "x");
    folder.put("notes.txt", "x");
    folder.put("README", "x");
    const TrustStore store = must(TrustStore::load(folder));
    REQUIRE(store.entries().size() == 4);
    CHECK(store.entries()[0].id == "a");
    REQUIRE(store.entries()[0].certificate() != nullptr);
    CHECK(store.entries()[0].certificate()->subject() == "CN=A");
    CHECK(store.entries()[1].id == "b");
    CHECK(store.entries()[2].id == "c");
    CHECK(store.entries()[2].certificate() == nullptr);
    CHECK(store.entries()[2].key().family() == KeyFamily::ed25519);
    for (const TrustEntry &entry : store.entries()) {
        CHECK(entry.name == entry.id);
        CHECK(entry.scope == TrustScope{});
    }
    const TrustEntry *const found = store.find_pinned(key_number(1).public_key().id());
    REQUIRE(found != nullptr);
    CHECK(found->id == "d");
    CHECK(store.find("d") == found);
    CHECK(store.find("d.pub") == nullptr);
    CHECK(store.find_pinned(key_number(2).public_key().id()) == nullptr);
    CHECK_MESSAGE(store.find_pinned(key_number(0).public_key().id()) == nullptr, "the key of a CA is not pinned");
    CHECK(store.find_pinned({}) == nullptr);
}

TEST_CASE("an entry with limits is read from its file, and takes its id from the file's name") {
    TrustEntry entry{"", "Kernel Team", {}, key_number(1).public_key()};
    entry.scope.level = TrustLevel::medium;
    entry.scope.packages = {"kernel-*"};
    MemoryFolder folder;
    folder.put("kernel.json", write_trust_entry(entry));
    const TrustStore store = must(TrustStore::load(folder));
    REQUIRE(store.entries().size() == 1);
    CHECK(store.entries()[0].id == "kernel");
    CHECK(store.entries()[0].name == "Kernel Team");
    CHECK(store.entries()[0].scope == entry.scope);
    CHECK(store.entries()[0].key() == key_number(1).public_key());
}

TEST_CASE("revocation lists are read beside the entries, in PEM and in DER, and are none of them") {
    const RevocationList old = revocation_list(1);
    const RevocationList next = revocation_list(2);
    MemoryFolder folder;
    folder.put("a.crl", old.to_pem());
    folder.put("b.crl", mos::base::as_text(next.der()));
    const TrustStore store = must(TrustStore::load(folder));
    CHECK(store.empty());
    REQUIRE(store.revocation_lists().size() == 2);
    CHECK(std::ranges::equal(store.revocation_lists()[0].der(), old.der()));
    CHECK(std::ranges::equal(store.revocation_lists()[1].der(), next.der()));
    folder.put("a.pub", key_pem(1));
    CHECK_MESSAGE(must(TrustStore::load(folder)).find("a") != nullptr, "a list takes no id away");
}

TEST_CASE("an entry is found by the names that its file can have, and a revocation list is none") {
    CHECK(trust_file_names("x") == std::vector<std::string>{"x.json", "x.crt", "x.pem", "x.pub"});
}

TEST_CASE("an empty trust folder is a store that trusts nobody") {
    MemoryFolder folder;
    CHECK(must(TrustStore::load(folder)).empty());
}

TEST_CASE("a trust folder with an entry that can't be read or understood is refused") {
    const auto refuse = [](const std::string &file, std::string_view content, std::string_view words) {
        MemoryFolder folder;
        folder.put("a.crt", ca_pem("A"));
        folder.put(file, content);
        check_unreadable(folder, file, words);
    };
    refuse("x.crt", "", "there is no PEM block 'CERTIFICATE'");
    refuse("x.crt", key_pem(1), "'PUBLIC KEY' where 'CERTIFICATE'");
    refuse("x.pub", ca_pem("X"), "'CERTIFICATE' where 'PUBLIC KEY'");
    refuse("x.pem", ca_pem("X") + ca_pem("X"), "more than one PEM block");
    refuse("x.crt", make({.key = &key_number(1), .issuer_key = &key_number(0)}).to_pem(), "no CA's certificate");
    refuse("x.der", "", "ends in none of '.json', '.crt', '.pem', '.pub', '.crl'");
    refuse("x.crt.bak", ca_pem("X"), "ends in none of");
    refuse("a.pub", key_pem(1), "stands twice");
    refuse("a.json", write_trust_entry({"", "A", {}, key_number(1).public_key()}), "stands twice");
    refuse("x.json", "{}", "\"format\" is not");
    refuse("x.json", ca_pem("X"), "JSON");
    refuse("x.crl", "", "is no usable revocation list");
    refuse("x.crl", ca_pem("X"), "'CERTIFICATE' where 'X509 CRL'");
    refuse("x.crl", revocation_list(1).to_pem() + revocation_list(2).to_pem(), "more than one PEM block");
    refuse("x.crt", ca_pem("X") + std::string(max_trust_entry_bytes, ' '), "more than 65536 bytes");

    MemoryFolder broken;
    broken.break_file("x.crt");
    check_unreadable(broken, "x.crt", "Input/output error");
    MemoryFolder with_directory;
    with_directory.put_directory("x.crt");
    check_unreadable(with_directory, "x.crt", "no regular file");
    MemoryFolder with_symlink;
    with_symlink.put_symlink("x.crt");
    check_unreadable(with_symlink, "x.crt", "no regular file");
}

TEST_CASE("a key or a certificate that stands in two files is refused: the limits of one would be void") {
    MemoryFolder keys;
    keys.put("a.pub", key_pem(1));
    keys.put("b.json", write_trust_entry({"", "B", {}, key_number(1).public_key()}));
    check_unreadable(keys, "b.json", "trust entry 'b' has the key of 'a'");
    const Certificate ca = make(ca_recipe("A", key_number(0), "A", key_number(0)));
    MemoryFolder certificates;
    certificates.put("a.crt", ca.to_pem());
    certificates.put("b.json", write_trust_entry({"", "B", {}, ca}));
    check_unreadable(certificates, "b.json", "trust entry 'b' has the certificate of 'a'");
}

TEST_CASE("a CA whose key stands in another certificate too, or is pinned, is an entry of its own") {
    TrustStore store;
    must(store.add("root", make(ca_recipe("A", key_number(0), "A", key_number(0)))));
    must(store.add("cross", make(ca_recipe("A", key_number(0), "B", key_number(2)))));
    must(store.add("pin", key_number(0).public_key()));
    CHECK(store.entries().size() == 3);
    CHECK(store.find_pinned(key_number(0).public_key().id())->id == "pin");
}

TEST_CASE("a trust folder that can't be listed, or has too many entries, is refused") {
    MemoryFolder broken;
    broken.break_list();
    CHECK(refusal(TrustStore::load(broken)) == Code::PERMISSION);
    MemoryFolder crowded;
    for (std::size_t i = 0; i <= max_trust_entries; ++i)
        crowded.put(std::to_string(i) + ".crt", "");
    CHECK(refusal(TrustStore::load(crowded)) == Code::LIMIT);
}

TEST_CASE("entries can be added in memory, each name once") {
    TrustStore store;
    must(store.add("ca", make(ca_recipe("A", key_number(0), "A", key_number(0)))));
    must(store.add("key", key_number(1).public_key()));
    CHECK(refusal(store.add("ca", key_number(2).public_key())) == Code::TRUST_UNREADABLE);
    CHECK(refusal(store.add("key", key_number(2).public_key())) == Code::TRUST_UNREADABLE);
    CHECK(refusal(store.add("again", key_number(1).public_key())) == Code::TRUST_UNREADABLE);
    CHECK(refusal(store.add("leaf", make({.key = &key_number(1), .issuer_key = &key_number(0)}))) ==
          Code::TRUST_UNREADABLE);
    CHECK(store.entries().size() == 2);
    CHECK_FALSE(store.empty());
}
