#include <mos/engine/revocation_lists.hpp>

#include "trust_bench.hpp"

#include <mos/crypto/limits.hpp>

using namespace mos::test;
using namespace mos::engine;
using mos::Code;
using mos::crypto::TrustStore;

namespace {

const Authority &vendor() {
    static const Authority authority{"Vendor"};
    return authority;
}

// The folder is as it was.
mos::Error kept(const TrustBench &folder, const std::string &name, Code code) {
    const auto before = must(scan(*folder.twin.root()));
    const auto result = remove_revocation_list(*folder.directory, name, Forgetting::refused);
    CHECK(refusal(result) == code);
    CHECK(difference(before, must(scan(*folder.twin.root())), all_directory_times) == "");
    return result.error();
}

}  // namespace

TEST_CASE("a revocation list takes the place of its issuer's earlier one, and never of a later one") {
    const TrustBench folder;
    const Authority other{"Other"};
    folder.put("vendor.crt", vendor().certificate.to_pem());
    folder.put("other.crt", other.certificate.to_pem());
    must(add_revocation_list(*folder.directory, vendor().revoke(1, {})));
    must(add_revocation_list(*folder.directory, other.revoke(1, {})));
    CHECK(folder.files().size() == 4);
    must(add_revocation_list(*folder.directory, vendor().revoke(256, {vendor().certificate})));
    CHECK(folder.files().size() == 4);
    for (const std::uint64_t number : {256U, 255U, 1U}) {
        const auto before = must(scan(*folder.twin.root()));
        const auto refused = add_revocation_list(*folder.directory, vendor().revoke(number, {}));
        CHECK(refusal(refused) == Code::INVALID_ARGUMENT);
        CHECK(says(refused.error(), "one with 0100 is there already"));
        CHECK(difference(before, must(scan(*folder.twin.root()))) == "");
    }
    const TrustStore store = must(TrustStore::load(*folder.directory));
    CHECK(std::any_of(store.revocation_lists().begin(), store.revocation_lists().end(),
                      [](const auto &list) { return list.size() == 1; }));
    folder.put("by-hand.crl", vendor().revoke(300, {}).to_pem());
    CHECK(refusal(add_revocation_list(*folder.directory, vendor().revoke(299, {}))) == Code::INVALID_ARGUMENT);
}

TEST_CASE("a list that a trusted authority has not signed is refused, whatever its number") {
    const TrustBench folder;
    folder.put("vendor.crt", vendor().certificate.to_pem());
    const Authority forger{"Vendor"};
    REQUIRE(forger.certificate.subject() == vendor().certificate.subject());
    const auto forged = add_revocation_list(*folder.directory, forger.revoke(1000, {}));
    CHECK(refusal(forged) == Code::SIGNER_UNTRUSTED);
    CHECK(says(forged.error(), "signed by none of the authorities"));
    CHECK(folder.files().size() == 1);
    must(add_revocation_list(*folder.directory, vendor().revoke(1, {})));
    folder.put("rolled-over.crt", forger.certificate.to_pem());
    must(add_revocation_list(*folder.directory, forger.revoke(1, {})));  // of another key: beside the other
    CHECK(folder.files().size() == 4);
}

TEST_CASE("the newest list of as many as are looked at can still be replaced, and no further one comes") {
    const TrustBench folder;
    folder.put("vendor.crt", vendor().certificate.to_pem());
    must(add_revocation_list(*folder.directory, vendor().revoke(1, {})));
    const std::string pem = vendor().revoke(1, {}).to_pem();
    for (std::size_t i = 1; i < mos::crypto::max_revocation_lists; ++i)
        folder.put("by-hand" + std::to_string(i) + ".crl", pem);
    must(add_revocation_list(*folder.directory, vendor().revoke(2, {})));
    const Authority other{"Other"};
    folder.put("other.crt", other.certificate.to_pem());
    CHECK(refusal(add_revocation_list(*folder.directory, other.revoke(1, {}))) == Code::LIMIT);
}

TEST_CASE("lists are told by file name, with their fingerprints and whether they are of now") {
    const TrustBench folder;
    folder.put("b.crl", vendor().revoke(2, {vendor().certificate}, still + day).to_pem());
    folder.put("a.crl", mos::base::as_text(vendor().revoke(1, {}).der()));
    folder.put(".crl", "hidden");
    folder.put("x.crt", vendor().certificate.to_pem());
    const std::vector<StoredList> lists = must(stored_revocation_lists(*folder.directory));
    REQUIRE(lists.size() == 2);
    CHECK(lists[0].id == "a");
    CHECK(lists[1].id == "b");
    CHECK(lists[1].list.size() == 1);
    CHECK(lists[1].fingerprint() == "SHA256:" + mos::base::to_hex(mos::crypto::sha256(lists[1].list.der())));
    CHECK(freshness(lists[1].list, still - day - 1) == Freshness::early);
    CHECK(freshness(lists[1].list, still - day) == Freshness::fresh);
    CHECK(freshness(lists[1].list, still + day) == Freshness::fresh);
    CHECK(freshness(lists[1].list, still + day + 1) == Freshness::stale);
    CHECK(freshness_name(Freshness::stale) == "stale");
    folder.put("c.crl", "c");
    const auto unreadable = stored_revocation_lists(*folder.directory);
    CHECK(refusal(unreadable) == Code::TRUST_UNREADABLE);
    CHECK(unreadable.error().object() == "c.crl");
}

TEST_CASE("the newest list of an issuer is removed only when forgetting is allowed, another one at once") {
    const TrustBench folder;
    const auto newest = vendor().revoke(2, {vendor().certificate});
    folder.put("old.crl", vendor().revoke(1, {}).to_pem());
    folder.put("new.crl", newest.to_pem());
    folder.put("other.crl", Authority{"Vendor"}.revoke(9, {}).to_pem());  // of another key
    const mos::Error asked = kept(folder, "new", Code::NEEDS_ANSWER);
    CHECK(says(asked, "no list of 'CN=Vendor' is as new, and its 1 revoked certificates may count again"));
    kept(folder, "other", Code::NEEDS_ANSWER);
    must(remove_revocation_list(*folder.directory, "old", Forgetting::refused));
    CHECK(folder.files() == std::vector<std::string>{"new.crl", "other.crl"});
    folder.put("copy.crl", newest.to_pem());
    must(remove_revocation_list(*folder.directory, "new", Forgetting::refused));
    must(remove_revocation_list(*folder.directory, "copy", Forgetting::allowed));
    CHECK(folder.files() == std::vector<std::string>{"other.crl"});
}

TEST_CASE("a list is named by its id, its fingerprint or its issuer, if that has no other") {
    const auto list = vendor().revoke(1, {});
    const std::string digits = mos::base::to_hex(mos::crypto::sha256(list.der()));
    for (const std::string &name :
         {std::string{"x"}, "SHA256:" + digits, "sha256:" + digits, std::string{"CN=Vendor"}}) {
        const TrustBench folder;
        folder.put("x.crl", list.to_pem());
        must(remove_revocation_list(*folder.directory, name, Forgetting::allowed));
        CHECK(folder.files().empty());
    }
    const TrustBench folder;
    folder.put("x.crl", list.to_pem());
    folder.put("y.crl", vendor().revoke(2, {}).to_pem());
    CHECK(says(kept(folder, "CN=Vendor", Code::INVALID_ARGUMENT), "name one of 'x', 'y'"));
    folder.put("x.crt", vendor().certificate.to_pem());
    for (const std::string name : {"", "z", "x.crl", "../x", "CN=Nobody", "SHA256:"})
        kept(folder, name, Code::NOT_FOUND);
}

TEST_CASE("a list that can't be read is removed by its id, when forgetting is allowed") {
    const TrustBench folder;
    folder.put("broken.crl", "x");
    folder.put("good.crl", vendor().revoke(1, {}).to_pem());
    CHECK(says(kept(folder, "broken", Code::NEEDS_ANSWER), "which can't be read"));
    must(remove_revocation_list(*folder.directory, "broken", Forgetting::allowed));
    must(TrustStore::load(*folder.directory));
}
