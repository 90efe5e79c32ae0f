#include <mos/crypto/trust_store.hpp>

#include "certificate_maker.hpp"
#include "memory_folder.hpp"

#include <mos/crypto/limits.hpp>

using namespace mos::crypto;
using namespace mos::test;
using mos::Code;

namespace {

std::string ca_pem(std::string subject) {
    return make(ca_recipe(subject, key_number(0), subject, key_number(0))).to_pem();
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
    REQUIRE(store.roots().size() == 2);
    CHECK(store.roots()[0].subject() == "CN=A");
    CHECK(store.root_name(0) == "a");
    CHECK(store.root_name(1) == "b");
    REQUIRE(store.pinned_keys().size() == 2);
    CHECK(store.pinned_keys()[0].name == "c");
    CHECK(store.pinned_keys()[0].key.family() == KeyFamily::ed25519);
    const TrustStore::PinnedKey *found = store.find_pinned(key_number(1).public_key().id());
    REQUIRE(found != nullptr);
    CHECK(found->name == "d");
    CHECK(store.find_pinned(key_number(2).public_key().id()) == nullptr);
    CHECK(store.find_pinned({}) == nullptr);
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
    refuse("x.der", "", "ends in none of '.crt', '.pem', '.pub'");
    refuse("x.crt.bak", ca_pem("X"), "ends in none of");
    refuse("a.pub", key_pem(1), "stands twice");
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
    CHECK_FALSE(store.empty());
}
