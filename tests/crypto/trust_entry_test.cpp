#include <mos/crypto/trust_entry.hpp>

#include "certificate_maker.hpp"

#include <mos/base/timestamp.hpp>

#include <nlohmann/json.hpp>

using namespace mos::crypto;
using namespace mos::test;
using mos::Code;
using mos::Result;

namespace {

const Certificate &authority() {
    static const Certificate ca = make(ca_recipe("Root", key_number(0), "Root", key_number(0)));
    return ca;
}

// An entry with every field, as its file has it.
nlohmann::json full() {
    return {{"format", "multiosupdate trust entry 1"},
            {"name", "Example Security Team"},
            {"level", "medium"},
            {"not_before", "2026-01-01T00:00:00Z"},
            {"not_after", "2028-01-01T00:00:00Z"},
            {"packages", {"kernel-*", "lib?"}},
            {"types", {"kernel"}},
            {"certificate", authority().to_pem()}};
}

TrustEntry entry_with(TrustScope scope) { return {"vendor", "Vendor", std::move(scope), authority()}; }

Result<TrustEntry> parse(const nlohmann::json &object) { return parse_trust_entry(object.dump(), "vendor"); }

template <class T>
void check_refusal(const Result<T> &result, Code code, std::string_view words) {
    CHECK(refusal(result) == code);
    CHECK_MESSAGE(result.error().full_message().find(words) != std::string::npos, result.error().full_message());
}

void check_malformed(const std::string &key, const nlohmann::json &value, Code code, std::string_view words) {
    nlohmann::json object = full();
    object[key] = value;
    INFO("key ", key);
    check_refusal(parse(object), code, words);
}

const Subject kernel = {.name = "kernel-rt", .type = "kernel"};

Result<void> judge(TrustScope scope, const Subject &subject = kernel, TrustLevel minimum = TrustLevel::low,
                   std::int64_t time = now) {
    return check_scope(entry_with(std::move(scope)), subject, minimum, time);
}

bool matches(const std::string &pattern, std::string_view name) {
    return judge({.packages = {pattern}}, {.name = name, .type = "kernel"}).ok();
}

}  // namespace

TEST_CASE("an entry of the store says all that its file says") {
    const TrustEntry entry = must(parse(full()));
    CHECK(entry.id == "vendor");
    CHECK(entry.name == "Example Security Team");
    CHECK(entry.scope.level == TrustLevel::medium);
    CHECK(entry.scope.not_before_unix_s == 1'767'225'600);
    CHECK(entry.scope.not_after_unix_s == 1'830'297'600);
    CHECK(entry.scope.packages == std::vector<std::string>{"kernel-*", "lib?"});
    CHECK(entry.scope.types == std::vector<std::string>{"kernel"});
    REQUIRE(entry.certificate() != nullptr);
    CHECK(entry.fingerprint() == authority().fingerprint());
    CHECK(entry.key() == key_number(0).public_key());
}

TEST_CASE("an entry without limits is trusted for everything, and called by its id") {
    const TrustEntry entry =
        must(parse({{"format", "multiosupdate trust entry 1"}, {"public_key", key_number(1).public_key().to_pem()}}));
    CHECK(entry.name == "vendor");
    CHECK(entry.scope == TrustScope{});
    CHECK(entry.certificate() == nullptr);
    CHECK(entry.fingerprint() == key_number(1).public_key().fingerprint());
    must(check_scope(entry, {.name = "anything", .type = ""}, TrustLevel::high, 0));
}

TEST_CASE("what is written of an entry is read as the same entry") {
    TrustEntry key{"k", "A \"quoted\" naïve name", {}, key_number(1).public_key()};
    key.scope.level = TrustLevel::low;
    key.scope.not_after_unix_s = now;
    for (const TrustEntry &entry : {must(parse(full())), key, entry_with({})}) {
        const std::string text = write_trust_entry(entry);
        const TrustEntry again = must(parse_trust_entry(text, entry.id));
        CHECK(again.name == entry.name);
        CHECK(again.scope == entry.scope);
        CHECK(again.fingerprint() == entry.fingerprint());
        CHECK((again.certificate() == nullptr) == (entry.certificate() == nullptr));
        CHECK(write_trust_entry(again) == text);
    }
}

TEST_CASE("a field that no entry has is refused, so that a limit with a spelling mistake is no wider trust") {
    check_malformed("package", {"kernel-*"}, Code::FORMAT, "'package' is nothing that a trust entry has");
    check_malformed("Level", "low", Code::FORMAT, "'Level' is nothing");
    check_malformed("", "", Code::FORMAT, "'' is nothing");
    check_refusal(parse_trust_entry(R"({"level": "low", "level": "high"})", "x"), Code::FORMAT, "level");
}

TEST_CASE("a field of another type is refused by its name") {
    check_malformed("level", 3, Code::FORMAT, "'level' is no text");
    check_malformed("name", nullptr, Code::FORMAT, "'name' is no text");
    check_malformed("not_after", 1'800'000'000, Code::FORMAT, "'not_after' is no text");
    check_malformed("certificate", nlohmann::json::array({authority().to_pem()}), Code::FORMAT,
                    "'certificate' is no text");
    check_malformed("packages", "kernel-*", Code::FORMAT, "\"packages\" is no list of names");
    check_malformed("packages", nlohmann::json::array(), Code::FORMAT, "leave it out to allow all");
    check_malformed("types", nlohmann::json::array({"kernel", 1}), Code::FORMAT,
                    "\"types\" has an element that is no text");
    for (const std::string_view text : {"", "[]", "\"x\"", "null", "{", "{}{}"})
        CHECK(refusal(parse_trust_entry(text, "x")) == Code::FORMAT);
}

TEST_CASE("a value without sense is refused") {
    check_malformed("format", "multiosupdate trust entry 2", Code::FORMAT,
                    "\"format\" is not 'multiosupdate trust entry 1'");
    check_malformed("level", "ultimate", Code::INVALID_ARGUMENT, "'ultimate' is none of 'low', 'medium', 'high'");
    check_malformed("level", "High", Code::INVALID_ARGUMENT, "'High' is none of");
    check_malformed("not_before", "2026-01-01", Code::FORMAT, "2026-01-01");
    check_malformed("not_after", "2025-12-31T00:00:00Z", Code::INVALID_ARGUMENT, "would end before it begins");
    check_malformed("name", "a\nb", Code::INVALID_ARGUMENT, "clean text of 1 to 200 bytes");
    check_malformed("name", std::string(201, 'x'), Code::INVALID_ARGUMENT, "clean text of 1 to 200 bytes");
    for (const std::string_view pattern : {"", " kernel", "[a-z]*", "kernel/*", "k\\*", "a,b", "ü"})
        check_malformed("packages", nlohmann::json::array({pattern}), Code::INVALID_ARGUMENT,
                        "is no name among packages");
    check_malformed("types", nlohmann::json::array({std::string(201, 'x')}), Code::INVALID_ARGUMENT,
                    "is no name among types");
    check_malformed("packages", nlohmann::json(std::vector<std::string>(257, "x")), Code::INVALID_ARGUMENT,
                    "more than 256 packages");
}

TEST_CASE("an entry has exactly one of a certificate and a key") {
    check_malformed("public_key", key_number(1).public_key().to_pem(), Code::FORMAT,
                    "exactly one of \"certificate\" and \"public_key\"");
    nlohmann::json none = full();
    none.erase("certificate");
    check_refusal(parse(none), Code::FORMAT, "exactly one of");
}

TEST_CASE("a certificate that is no CA's, or a key that is none, is no entry") {
    const Certificate leaf = make({.key = &key_number(1), .issuer_key = &key_number(0)});
    check_malformed("certificate", leaf.to_pem(), Code::TRUST_UNREADABLE,
                    "'CN=Leaf' is no CA's certificate; to trust one key alone, give its public key");
    check_malformed("certificate", authority().to_pem() + leaf.to_pem(), Code::CERTIFICATE_INVALID, "more than one");
    check_malformed("certificate", "", Code::CERTIFICATE_INVALID, "no PEM block");
    nlohmann::json object = full();
    object.erase("certificate");
    object["public_key"] = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    CHECK(refusal(parse(object)) == Code::KEY_INVALID);
}

TEST_CASE("an entry of too low a level does not vouch") {
    must(judge({.level = TrustLevel::medium}, kernel, TrustLevel::medium));
    must(judge({.level = TrustLevel::high}, kernel, TrustLevel::medium));
    check_refusal(judge({.level = TrustLevel::low}, kernel, TrustLevel::medium), Code::SIGNER_NOT_ALLOWED,
                  "trust entry 'vendor' ('Vendor') is trusted at level low, and the policy asks for medium");
}

TEST_CASE("an entry vouches from its first second to its last one") {
    const TrustScope scope{.not_before_unix_s = now - day, .not_after_unix_s = now + day};
    for (const std::int64_t inside : {now - day, now, now + day})
        must(judge(scope, kernel, TrustLevel::low, inside));
    check_refusal(judge(scope, kernel, TrustLevel::low, now - day - 1), Code::SIGNER_NOT_ALLOWED,
                  "is trusted from 2027-01-14T08:00:00Z on, and it is 2027-01-14T07:59:59Z");
    check_refusal(judge(scope, kernel, TrustLevel::low, now + day + 1), Code::SIGNER_NOT_ALLOWED,
                  "was trusted until 2027-01-16T08:00:00Z, and it is 2027-01-16T08:00:01Z");
}

TEST_CASE("an entry vouches for the packages and types that it names, and for no other") {
    const TrustScope scope{.packages = {"kernel-*", "firmware"}, .types = {"kernel", "firmware"}};
    must(judge(scope));
    must(judge(scope, {.name = "firmware", .type = "firmware"}));
    check_refusal(judge(scope, {.name = "openssl", .type = "kernel"}), Code::SIGNER_NOT_ALLOWED,
                  "may not vouch for the package 'openssl', only for kernel-*, firmware");
    check_refusal(judge(scope, {.name = "kernel-rt", .type = "library"}), Code::SIGNER_NOT_ALLOWED,
                  "may not vouch for packages of the type 'library', only for kernel, firmware");
    check_refusal(judge(scope, {.name = "kernel-rt", .type = ""}), Code::SIGNER_NOT_ALLOWED, "of the type ''");
}

TEST_CASE("a pattern matches whole names, byte by byte") {
    CHECK(matches("*", "anything"));
    CHECK(matches("*", ".hidden"));
    CHECK(matches("lib?", "libc"));
    CHECK_FALSE(matches("lib?", "lib"));
    CHECK_FALSE(matches("lib?", "libcc"));
    CHECK(matches("kernel-*", "kernel-"));
    CHECK_FALSE(matches("kernel-*", "kernel"));
    CHECK_FALSE(matches("kernel", "kernel-rt"));
    CHECK_FALSE(matches("kernel", "a-kernel"));
    CHECK_FALSE(matches("kernel", "Kernel"));
    CHECK_FALSE(matches("kernel", ""));
    CHECK(matches("a.c", "a.c"));
    CHECK_FALSE(matches("a.c", "abc"));
    CHECK(matches("*-*-*", "a-b-c"));
}

TEST_CASE("a level has a name, and a name a level") {
    for (const TrustLevel level : {TrustLevel::low, TrustLevel::medium, TrustLevel::high})
        CHECK(must(parse_trust_level(trust_level_name(level))) == level);
    check_refusal(parse_trust_level(""), Code::INVALID_ARGUMENT, "trust level '' is none of");
    CHECK(trust_level_name(static_cast<TrustLevel>(9)) == "unknown");
}
