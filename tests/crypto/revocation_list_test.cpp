#include <mos/crypto/revocation_list.hpp>

#include "revocation_list_maker.hpp"

#include <mos/crypto/limits.hpp>

#include <algorithm>

using namespace mos::crypto;
using namespace mos::test;
using mos::Code;

namespace {

ListRecipe recipe_of_list() { return {.key = &key_number(1)}; }

void check_unreadable(const Bytes &der, std::string_view words) {
    const auto result = RevocationList::from_der(der, "l.crl");
    CHECK(refusal(result) == Code::CERTIFICATE_INVALID);
    const std::string text = result.error().full_message();
    CHECK_MESSAGE(text.starts_with("'l.crl' is no usable revocation list: "), text);
    CHECK_MESSAGE(text.find(words) != std::string::npos, text);
}

// A certificate with that serial number.
Certificate numbered(std::string_view serial_hex) {
    return make(
        {.issuer = "Intermediate", .key = &key_number(2), .issuer_key = &key_number(1), .serial = hex(serial_hex)});
}

}  // namespace

TEST_CASE("a revocation list tells its issuer, times, number and whom it revokes") {
    ListRecipe recipe = recipe_of_list();
    recipe.entries = {revoked("020900ffffffffffffffff"), revoked("020142", {reason("0a0101")}), revoked("020107")};
    const Bytes der = make_list_der(recipe);
    const RevocationList list = must(RevocationList::from_der(der, "l"));
    CHECK(list.issuer() == "CN=Intermediate");
    CHECK(mos::base::to_hex(list.number()) == "05");
    CHECK(list.this_update_unix_s() == now - day);
    CHECK(list.next_update_unix_s() == now + day);
    CHECK(list.size() == 3);
    CHECK(list.find(numbered("020142")).value().reason == "key compromise");
    CHECK(list.find(numbered("020142")).value().revoked_unix_s == now - day);
    CHECK(list.find(numbered("020107")).value().reason == "unspecified");
    CHECK(list.find(numbered("020900ffffffffffffffff")).has_value());
    CHECK_FALSE(list.find(numbered("020143")).has_value());
    CHECK_FALSE(list.find(numbered("020800ffffffffffffff")).has_value());
    CHECK(mos::base::to_bytes(must(RevocationList::from_pem(list.to_pem(), "l")).der()) == der);
}

TEST_CASE("a list that revokes nobody has no entries") {
    CHECK(make_list(recipe_of_list()).size() == 0);
    ListRecipe recipe = recipe_of_list();
    recipe.entries = {Bytes{}};
    check_unreadable(make_list_der(recipe), "empty instead of absent");
}

TEST_CASE("a list that is cut off, goes on, or is none is refused") {
    const Bytes der = make_list_der(recipe_of_list());
    for (std::size_t length = 0; length < der.size(); length += 3)
        check_unreadable({der.begin(), der.begin() + static_cast<std::ptrdiff_t>(length)}, "");
    Bytes longer = der;
    longer.push_back(std::byte{0});
    check_unreadable(longer, "1 bytes stand behind the end");
    CHECK(refusal(RevocationList::from_pem(numbered("020101").to_pem(), "l")) == Code::CERTIFICATE_INVALID);
    CHECK(refusal(RevocationList::from_pem("", "l")) == Code::CERTIFICATE_INVALID);
}

TEST_CASE("a list is of version 2, with a number that is not critical") {
    ListRecipe recipe = recipe_of_list();
    recipe.version = {};
    check_unreadable(make_list_der(recipe), "of version 1, not 2");
    recipe.version = hex("020100");
    check_unreadable(make_list_der(recipe), "not of version 2");
    recipe = recipe_of_list();
    recipe.extensions = {};
    check_unreadable(make_list_der(recipe), "the list has no number");
    recipe.extensions = {list_number("020105", true)};
    check_unreadable(make_list_der(recipe), "the number of the list is critical");
    recipe.extensions = {list_number("0201ff")};
    check_unreadable(make_list_der(recipe), "negative");
    recipe.extensions = {list_number("02157f" + std::string(40, '0'))};
    check_unreadable(make_list_der(recipe), "more than 20 bytes");
    recipe.extensions = {list_number(), list_number()};
    check_unreadable(make_list_der(recipe), "stands twice");
    recipe.extensions = {};
    recipe.has_authority_key_id = false;
    check_unreadable(make_list_der(recipe), "the list has no number");
}

TEST_CASE("a list says when the next one is due, and whose key signed it") {
    ListRecipe recipe = recipe_of_list();
    recipe.next_update = {};
    check_unreadable(make_list_der(recipe), "does not say when the next one is due");
    recipe = recipe_of_list();
    recipe.has_authority_key_id = false;
    check_unreadable(make_list_der(recipe), "does not identify the key that signed it");
    recipe.extensions.push_back(
        extension("551d23", true, der::element(Tag::sequence, {der::element(der::context(0), {hex("01")})})));
    check_unreadable(make_list_der(recipe), "authority key identifier is critical");
}

TEST_CASE("the algorithm that is signed is the one outside") {
    ListRecipe recipe = recipe_of_list();
    recipe.outer_algorithm = rsa_identifier();
    check_unreadable(make_list_der(recipe), "algorithm that is signed differs");
}

TEST_CASE("a list for some certificates alone, a delta list and an indirect one are refused, critical or not") {
    for (const std::string_view id : {"551d1b", "551d1c"})
        for (const bool is_critical : {true, false}) {
            ListRecipe recipe = recipe_of_list();
            recipe.extensions.push_back(extension(id, is_critical, hex("020101")));
            check_unreadable(make_list_der(recipe), "of a list is not supported");
        }
    for (const bool is_critical : {true, false}) {
        ListRecipe recipe = recipe_of_list();
        recipe.entries = {revoked("020142", {extension("551d1d", is_critical, hex("3000"))})};
        check_unreadable(make_list_der(recipe), "extension 2.5.29.29 of a list is not supported");
    }
}

TEST_CASE("an unknown extension of a list or an entry is refused when it is critical") {
    ListRecipe recipe = recipe_of_list();
    recipe.extensions.push_back(extension("2a0304", false, hex("0500")));
    recipe.entries = {revoked("020142", {extension("2a0304", false, hex("0500"))})};
    make_list(recipe);
    recipe.extensions.back() = extension("2a0304", true, hex("0500"));
    check_unreadable(make_list_der(recipe), "extension 1.2.3.4 of a list");
    recipe.extensions.pop_back();
    recipe.entries = {revoked("020142", {extension("2a0304", true, hex("0500"))})};
    check_unreadable(make_list_der(recipe), "extension 1.2.3.4 of a list");
}

TEST_CASE("a reason is one of the standard's, and not one of delta lists") {
    const auto read = [](std::string_view value) {
        ListRecipe recipe = recipe_of_list();
        recipe.entries = {revoked("020142", {reason(value)})};
        return make_list_der(recipe);
    };
    for (const std::string_view good : {"0a0100", "0a0106", "0a010a"})
        must(RevocationList::from_der(read(good), "l"));
    for (const std::string_view bad : {"0a0107", "0a0108", "0a010b", "0a01ff", "0a020001", "0a00"})
        check_unreadable(read(bad), "a reason for a revocation is unknown");
    check_unreadable(read("020101"), "stands where 0a should");
}

TEST_CASE("a list is within its limit before memory is taken") {
    CHECK(refusal(RevocationList::from_der(Bytes(max_revocation_list_bytes + 1), "l")) == Code::LIMIT);
    CHECK(refusal(RevocationList::from_pem(std::string(2 * max_revocation_list_bytes + 1, '\n'), "l")) == Code::LIMIT);
}

TEST_CASE("a list that was made here is read back") {
    const Certificate ca = list_authority();
    const std::vector<RevokedCertificate> entries = {{hex("0142"), {now - day, "superseded"}}, {hex("07"), {now, ""}}};
    const RevocationList list = must(make_revocation_list(key_number(0), ca, entries, 300, now, now + day));
    CHECK(list.issuer() == "CN=Root");
    CHECK(mos::base::to_hex(list.number()) == "012c");
    CHECK(list.this_update_unix_s() == now);
    CHECK(list.next_update_unix_s() == now + day);
    REQUIRE(list.size() == 2);
    CHECK(list.at(0).serial == hex("0142"));
    CHECK(list.at(0).revocation.reason == "superseded");
    CHECK(list.at(1).revocation.reason == "unspecified");
    CHECK(must(make_revocation_list(key_number(0), ca, {}, 0, now, now + day)).size() == 0);
}

TEST_CASE("a list that could not be right is not made") {
    const Certificate ca = list_authority();
    const auto make_with = [&](const RevokedCertificate &entry) {
        return make_revocation_list(key_number(0), ca, std::vector{entry}, 1, now, now + day);
    };
    CHECK(refusal(make_with({hex("01"), {now, "boredom"}})) == Code::INVALID_ARGUMENT);
    CHECK(refusal(make_with({hex("80"), {now, ""}})) == Code::INVALID_ARGUMENT);
    CHECK(refusal(make_with({hex("0001"), {now, ""}})) == Code::INVALID_ARGUMENT);
    CHECK(refusal(make_with({{}, {now, ""}})) == Code::INVALID_ARGUMENT);
    CHECK(refusal(make_with({hex("01"), {INT64_MAX, ""}})) == Code::INVALID_ARGUMENT);
    CHECK(refusal(make_revocation_list(key_number(1), ca, {}, 1, now, now + day)) == Code::INVALID_ARGUMENT);
    CHECK(refusal(make_revocation_list(key_number(0), ca, {}, 1, now, now)) == Code::INVALID_ARGUMENT);
    const Certificate no_list_signer = make(ca_recipe("Root", key_number(0), "Root", key_number(0)));
    CHECK(refusal(make_revocation_list(key_number(0), no_list_signer, {}, 1, now, now + day)) ==
          Code::INVALID_ARGUMENT);
    const std::vector<RevokedCertificate> too_many(max_revocation_list_bytes / 16, {hex("01"), {now, ""}});
    CHECK(refusal(make_revocation_list(key_number(0), ca, too_many, 1, now, now + day)) == Code::LIMIT);
}

TEST_CASE("a file of a list is DER or PEM, with or without words around it") {
    const RevocationList list = must(make_revocation_list(key_number(0), list_authority(), {}, 7, now, now + day));
    const std::string pem = list.to_pem();
    for (const std::string &text : {pem, "Certificate Revocation List (CRL):\n" + pem, "\n" + pem + "\n"})
        CHECK(std::ranges::equal(must(RevocationList::from_file(mos::base::as_bytes(text), "l")).der(), list.der()));
    CHECK(std::ranges::equal(must(RevocationList::from_file(list.der(), "l")).der(), list.der()));
    for (const std::string_view text : {"", "\x30", "text", "-----BEGIN X509 CRL-----"})
        CHECK(refusal(RevocationList::from_file(mos::base::as_bytes(text), "l")) == Code::CERTIFICATE_INVALID);
    const Bytes too_large(max_revocation_list_file_bytes + 1);
    CHECK(refusal(RevocationList::from_file(too_large, "l")) == Code::LIMIT);
}

TEST_CASE("of two lists the one with the larger number is newer, whatever its bytes are") {
    const auto with_number = [](std::string_view integer_hex) {
        return make_list({.issuer = "Root", .key = &key_number(0), .extensions = {list_number(integer_hex)}});
    };
    const std::vector<RevocationList> ascending = {with_number("020100"), with_number("020101"),
                                                   with_number("020200ff"), with_number("02020100"),
                                                   with_number("0209010000000000000000")};
    for (std::size_t i = 0; i < ascending.size(); ++i)
        for (std::size_t j = 0; j < ascending.size(); ++j)
            CHECK(ascending[i].is_newer_than(ascending[j]) == (i > j));
}
