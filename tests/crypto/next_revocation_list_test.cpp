#include "revocation_list_maker.hpp"

using namespace mos::crypto;
using namespace mos::test;
using mos::Code;

namespace {

Certificate signer_of(const std::string &issuer) {
    return make({.subject = "Leaf", .issuer = issuer, .key = &key_number(2), .issuer_key = &key_number(0)});
}

NextList next_with(const Certificate *revoked, std::string reason = {}) {
    return {
        .revoked = revoked, .reason = std::move(reason), .this_update_unix_s = now, .next_update_unix_s = now + day};
}

RevocationList list_with_number(std::uint64_t number) {
    const std::vector<RevokedCertificate> entries = {{hex("07"), {now - day, "superseded"}}};
    return must(make_revocation_list(key_number(0), list_authority(), entries, number, now - day, now));
}

}  // namespace

TEST_CASE("an authority's first list has the number 1 and what is taken back, or nothing") {
    const Certificate leaf = signer_of("Root");
    const RevocationList list =
        must(make_next_revocation_list(key_number(0), list_authority(), nullptr, next_with(&leaf, "superseded")));
    CHECK(mos::base::to_hex(list.number()) == "01");
    CHECK(list.this_update_unix_s() == now);
    CHECK(list.next_update_unix_s() == now + day);
    REQUIRE(list.size() == 1);
    const auto found = list.find(leaf);
    REQUIRE(found.has_value());
    CHECK(found->revoked_unix_s == now);
    CHECK(found->reason == "superseded");
    CHECK(must(make_next_revocation_list(key_number(0), list_authority(), nullptr, next_with(nullptr))).size() == 0);
}

TEST_CASE("the next list has the next number, and what was revoked stays so as it was") {
    const Certificate leaf = signer_of("Root");
    const RevocationList previous = list_with_number(0x1ff);
    const RevocationList list =
        must(make_next_revocation_list(key_number(0), list_authority(), &previous, next_with(&leaf)));
    CHECK(mos::base::to_hex(list.number()) == "0200");
    CHECK(list.size() == 2);
    const RevocationList again =
        must(make_next_revocation_list(key_number(0), list_authority(), &list, next_with(&leaf, "superseded")));
    CHECK(mos::base::to_hex(again.number()) == "0201");
    CHECK(again.size() == 2);
    CHECK(again.find(leaf)->reason == "unspecified");
    const RevocationList renewed =
        must(make_next_revocation_list(key_number(0), list_authority(), &again, next_with(nullptr)));
    REQUIRE(renewed.size() == 2);
    const bool first = renewed.at(0).serial == hex("07");
    CHECK(renewed.at(first ? 0 : 1).revocation.reason == "superseded");
    CHECK(renewed.at(first ? 0 : 1).revocation.revoked_unix_s == now - day);
}

TEST_CASE("nobody goes on from another's list, nor takes back what another has issued") {
    const Certificate other = list_authority("Other", 1);
    const RevocationList others = must(make_next_revocation_list(key_number(1), other, nullptr, next_with(nullptr)));
    CHECK(refusal(make_next_revocation_list(key_number(0), list_authority(), &others, next_with(nullptr))) ==
          Code::CERTIFICATE_INVALID);
    const Certificate namesake = list_authority("Root", 1);
    const RevocationList forged = must(make_next_revocation_list(key_number(1), namesake, nullptr, next_with(nullptr)));
    CHECK(refusal(make_next_revocation_list(key_number(0), list_authority(), &forged, next_with(nullptr))) ==
          Code::CERTIFICATE_INVALID);
    const Certificate strangers = signer_of("Stranger");
    const auto refused = make_next_revocation_list(key_number(0), list_authority(), nullptr, next_with(&strangers));
    CHECK(refusal(refused) == Code::CERTIFICATE_INVALID);
    CHECK(refused.error().message() == "'CN=Leaf' was issued by 'CN=Stranger', not by 'CN=Root'");
}

TEST_CASE("an authority can't revoke itself: nobody who trusts it would notice") {
    const Certificate ca = list_authority();
    const auto refused = make_next_revocation_list(key_number(0), ca, nullptr, next_with(&ca));
    CHECK(refusal(refused) == Code::INVALID_ARGUMENT);
    CHECK(refused.error().message().starts_with("'CN=Root' is the authority's own certificate"));
    CHECK(refused.error().remedy().find("trust remove-ca") != std::string::npos);
    // One of its name whom it has certified, as for the change of its key, is somebody else.
    const Certificate successor = make(ca_recipe("Root", key_number(1), "Root", key_number(0)));
    CHECK(must(make_next_revocation_list(key_number(0), ca, nullptr, next_with(&successor))).size() == 1);
}

TEST_CASE("a list whose number has no successor in 64 bits is not gone on from") {
    const RevocationList last = list_with_number(UINT64_MAX);
    CHECK(refusal(make_next_revocation_list(key_number(0), list_authority(), &last, next_with(nullptr))) ==
          Code::LIMIT);
    const RevocationList before = list_with_number(UINT64_MAX - 1);
    CHECK(mos::base::to_hex(
              must(make_next_revocation_list(key_number(0), list_authority(), &before, next_with(nullptr))).number()) ==
          "ffffffffffffffff");
    const Certificate ca = list_authority();
    const RevocationList huge =
        make_list({.issuer = "Root", .key = &key_number(0), .extensions = {list_number("0209010000000000000000")}});
    CHECK(refusal(make_next_revocation_list(key_number(0), ca, &huge, next_with(nullptr))) == Code::UNSUPPORTED);
}
