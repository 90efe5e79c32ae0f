#include <mos/package/manifest.hpp>

#include "expect.hpp"

#include <mos/base/timestamp.hpp>

#include <fmt/format.h>

#include <string>

using namespace mos;
using namespace mos::package;
using mos::test::must;
using mos::test::refusal;

namespace {

// As the user guide gives it.
constexpr std::string_view guide = R"({
  "package_info": {"name": "kernel", "version": "1.2.3", "release": "1", "architecture": "x86_64", "type": "kernel",
                   "description": "MultiOS Kernel with security patches"},
  "update_info": {"priority": 1, "reboot_required": true, "category": "security", "replaces": ["kernel-1.2.2"],
                  "conflicts": [], "provides": []},
  "system_requirements": {"minimum_version": "1.0.0", "maximum_version": "1.9.9",
                          "required_features": ["uefi", "secure_boot"], "prohibited_features": ["legacy_boot"]},
  "installation": {"backup_strategy": "full_system", "rollback_support": true, "atomic_install": true,
                   "verification_required": true},
  "security": {"signature_algorithm": "RSA-4096-SHA256", "signer": "MultiOS Security Team",
               "certificate_fingerprint": "SHA256:ABC123...",
               "validity_period": {"not_before": "2024-01-01T00:00:00Z", "not_after": "2025-01-01T00:00:00Z"}}
})";

std::string minimal(std::string_view more = "") {
    return R"({"package_info": {"name": "p", "version": "1"})" + std::string{more} + "}";
}

}  // namespace

TEST_CASE("the guide's manifest is read into what it says") {
    const Manifest manifest = must(parse_manifest(guide));
    CHECK(manifest.package_info.name == "kernel");
    CHECK(manifest.package_info.architecture == "x86_64");
    CHECK(manifest.update_info.priority == 1);
    CHECK(manifest.update_info.reboot_required);
    CHECK(manifest.update_info.replaces == std::vector<std::string>{"kernel-1.2.2"});
    CHECK(manifest.system_requirements.required_features.size() == 2);
    CHECK(manifest.installation.backup_strategy == "full_system");
    CHECK(manifest.security.not_after_unix_s == 1'735'689'600);
    CHECK(manifest.unknown_json == "{}");
    CHECK_FALSE(manifest.package_info.created_unix_s);
}

TEST_CASE("writing is canonical: what was written is written again byte for byte") {
    const std::string once = write_manifest(must(parse_manifest(guide)));
    CHECK(write_manifest(must(parse_manifest(once))) == once);
    CHECK(once.back() == '\n');
}

TEST_CASE("unknown keys are kept where they stand") {
    const std::string text = R"({"package_info": {"name": "p", "version": "1", "homepage": "x"}, "vendor": {"a": [1]},
                                 "security": {"validity_period": {"grace": 3}}})";
    const Manifest manifest = must(parse_manifest(text));
    CHECK(manifest.unknown_json ==
          R"({"package_info":{"homepage":"x"},"security":{"validity_period":{"grace":3}},"vendor":{"a":[1]}})");
    const std::string written = write_manifest(manifest);
    CHECK(written.find("\"homepage\": \"x\"") != std::string::npos);
    CHECK(written.find("\"grace\": 3") != std::string::npos);
    CHECK(must(parse_manifest(written)).unknown_json == manifest.unknown_json);
}

TEST_CASE("an unknown key is told with its path and the nearest one that is known") {
    const Manifest manifest = must(parse_manifest(
        R"({"package_info": {"name": "p", "version": "1", "homepage": "x"}, "dependencies": {"dependz": []},
            "scripts": {"output": [], "outputs": ["a"]}, "security": {"validity_period": {"not_befor": "x"}},
            "data": {}, "installaton": {}})"));
    std::vector<std::pair<std::string, std::string>> told;
    for (const UnknownKey &key : manifest.unknown_keys)
        told.emplace_back(key.path, key.nearest);
    CHECK(told == std::vector<std::pair<std::string, std::string>>{
                      {"package_info.homepage", ""},
                      {"dependencies.dependz", "dependencies.depends"},
                      {"security.validity_period.not_befor", "security.validity_period.not_before"},
                      {"scripts.output", "scripts.outputs"},
                      {"installaton", "installation"}});
    CHECK(must(parse_manifest(guide)).unknown_keys.empty());
}

TEST_CASE("of very many unknown keys the first are told and all are kept") {
    std::string text = R"({"package_info": {"name": "p", "version": "1")";
    for (int i = 0; i < 1000; ++i)
        text += fmt::format(R"(, "key{:04}": {})", i, i);
    const Manifest manifest = must(parse_manifest(text + "}}"));
    CHECK(manifest.unknown_keys.size() == max_unknown_keys);
    CHECK(manifest.unknown_json.find("key0999") != std::string::npos);
}

TEST_CASE("a manifest of the wrong shape or type is refused and the key named") {
    for (const std::string_view text :
         {"", "[]", "1", "{}", R"({"package_info": []})", R"({"package_info": {"name": "p"}})",
          R"({"package_info": {"name": "p", "version": 1}})", R"({"package_info": {"name": "a/b", "version": "1"}})",
          R"({"package_info": {"name": "p", "version": "1", "version": "2"}})",
          R"({"package_info": {"name": "p", "version": "1", "release": null}})"})
        CHECK_MESSAGE(refusal(parse_manifest(text)) == Code::FORMAT, text);
    for (const std::string_view more :
         {R"(, "update_info": {"priority": "high"})", R"(, "update_info": {"priority": -1})",
          R"(, "update_info": {"reboot_required": 1})", R"(, "update_info": {"replaces": "x"})",
          R"(, "update_info": {"replaces": [1]})", R"(, "update_info": {"category": "\u001b[31m"})",
          R"(, "system_requirements": {"minimum_version": "a b"})",
          R"(, "installation": {"minimum_rollback_version": "a b"})",
          R"(, "installation": {"minimum_rollback_version": "1.1"})", R"(, "dependencies": [])",
          R"(, "security": {"validity_period": {"not_after": "tomorrow"}})", R"(, "security": {"validity_period": 1})"})
        CHECK_MESSAGE(refusal(parse_manifest(minimal(more))) == Code::FORMAT, more);
    const auto named = parse_manifest(minimal(R"(, "update_info": {"reboot_required": 1})"));
    CHECK(named.error().message() == "manifest: 'update_info.reboot_required' is neither true nor false");
    CHECK(refusal(parse_manifest(minimal(), {.manifest_bytes = 10})) == Code::LIMIT);
    CHECK(refusal(parse_manifest(minimal(R"(, "x": )" + std::string(100, '[')))) == Code::LIMIT);
}

TEST_CASE("what a package does besides its files is read and written again") {
    const std::string text = R"({"package_info": {"name": "w", "version": "1", "type": "service"},
        "installation": {"relocatable": true, "minimum_rollback_version": "0.9"}, "configuration": {"files": ["/opt/w/w.conf", "opt/w/w.conf", "a"]},
        "data": {"paths": ["var/lib/w"]}, "scripts": {"outputs": ["etc/cache"], "timeout_s": 7},
        "service": {"units": ["w.service"], "on_update": "reload", "start_on_install": false}})";
    const Manifest manifest = must(parse_manifest(text));
    CHECK(manifest.installation.relocatable);
    CHECK(manifest.installation.minimum_rollback_version == "0.9");
    CHECK(manifest.configuration.files == std::vector<std::string>{"a", "opt/w/w.conf"});
    CHECK(manifest.data.paths == std::vector<std::string>{"var/lib/w"});
    CHECK(manifest.scripts == mos::package::Scripts{.outputs = {"etc/cache"}, .timeout_s = 7});
    CHECK(manifest.service == mos::package::Service{.units = {"w.service"},
                                                    .on_update = mos::package::Service::OnUpdate::reload,
                                                    .start_on_install = false});
    CHECK(write_manifest(must(parse_manifest(write_manifest(manifest)))) == write_manifest(manifest));
}

TEST_CASE("a manifest that contradicts itself is refused, and the key named") {
    const auto refused = [](const std::string &more) {
        const auto parsed = parse_manifest(R"m({"package_info": {"name": "w", "version": "1"}, )m" + more + "}");
        REQUIRE(refusal(parsed) == Code::FORMAT);
        return parsed.error().message();
    };
    CHECK(refused(R"m("system_requirements": {"minimum_version": "2.10", "maximum_version": "2.9"})m") ==
          "manifest: 'system_requirements.minimum_version' is larger than maximum_version");
    CHECK(refused(R"m("system_requirements": {"required_features": ["uefi"], "prohibited_features": ["uefi"]})m") ==
          "manifest: 'system_requirements.required_features' holds 'uefi', which is prohibited as well");
    CHECK(refused(R"m("security": {"validity_period": {"not_before": "2025-01-01T00:00:00Z",
                     "not_after": "2024-01-01T00:00:00Z"}})m") ==
          "manifest: 'security.validity_period' ends before it begins");
    CHECK(refused(R"m("update_info": {"conflicts": ["w"]})m") ==
          "manifest: 'update_info.conflicts' holds the package itself");
    CHECK(refused(R"m("dependencies": {"depends": ["w (>= 1)"]})m") ==
          "manifest: 'dependencies.depends' holds the package itself");
    CHECK(refused(R"m("service": {"units": ["w.service"]})m") ==
          "manifest: 'service' belongs to packages of the type 'service'; this is of the type 'application'");
    CHECK(refused(R"m("scripts": {"outputs": ["../etc/passwd"]})m") ==
          "manifest: 'scripts.outputs' holds '../etc/passwd', which is no path beneath a root");
    CHECK(refused(R"m("scripts": {"timeout_s": 3601})m") ==
          "manifest: 'scripts.timeout_s' is no integer from 0 to 3600");
    must(parse_manifest(R"m({"package_info": {"name": "w", "version": "1"}, "dependencies": {"depends": ["w | x"]},
                            "system_requirements": {"minimum_version": "2.9", "maximum_version": "2.10"}})m"));
}

TEST_CASE("a manifest with a byte order mark is refused") {
    must(parse_manifest(minimal()));
    CHECK(refusal(parse_manifest("\xef\xbb\xbf" + minimal())) == Code::FORMAT);
}

TEST_CASE("a manifest that disagrees with its statement is refused") {
    Statement statement;
    statement.name = "kernel";
    statement.version = "1.2.3";
    statement.release = "1";
    statement.architecture = "x86_64";
    statement.type = "kernel";
    statement.created_unix_s = 5;
    Manifest manifest = must(parse_manifest(guide));
    CHECK(refusal(check_agreement(manifest, statement)) == Code::FORMAT);  // no creation time
    manifest.package_info.created_unix_s = 5;
    must(check_agreement(manifest, statement));
    for (std::string Statement::*field :
         {&Statement::name, &Statement::version, &Statement::release, &Statement::architecture, &Statement::type}) {
        Statement other = statement;
        other.*field += "x";
        CHECK(refusal(check_agreement(manifest, other)) == Code::FORMAT);
    }
}

TEST_CASE("times are RFC 3339 in UTC, to the second") {
    CHECK(must(mos::base::parse_timestamp("1970-01-01T00:00:00Z")) == 0);
    CHECK(must(mos::base::parse_timestamp("2024-02-29T23:59:59Z")) == 1'709'251'199);
    CHECK(mos::base::write_timestamp(1'709'251'199) == "2024-02-29T23:59:59Z");
    CHECK(mos::base::write_timestamp(must(mos::base::parse_timestamp("9999-12-31T23:59:59Z"))) ==
          "9999-12-31T23:59:59Z");
    for (const std::string_view text :
         {"", "2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z", "2024-01-01T24:00:00Z",
          "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z", "2024-01-01T00:00:00", "2024-01-01t00:00:00z",
          "2024-01-01 00:00:00Z", "1969-12-31T23:59:59Z", "2024-01-01T00:00:00+00:00", "+024-01-01T00:00:00Z"})
        CHECK_MESSAGE(refusal(mos::base::parse_timestamp(text)) == Code::FORMAT, text);
}
