// The manifest, metadata/manifest.json: what a package says about itself, as the user guide lays it out.
#pragma once

#include <mos/package/statement.hpp>

#include <optional>
#include <string>
#include <vector>

namespace mos::package {

struct PackageInfo {
    std::string name;
    std::string version;
    std::string release = "1";
    std::string architecture = "all";
    std::string type = "application";
    std::string description;
    std::optional<std::int64_t> created_unix_s;  // set by create; absent in a manifest that a person wrote
};

struct UpdateInfo {
    std::int64_t priority = 5;
    bool reboot_required = false;
    std::string category;
    std::vector<std::string> replaces;
    std::vector<std::string> conflicts;
    std::vector<std::string> provides;
};

// Relations as text: "libfoo", "libfoo (>= 1.2)", "a | b". What they mean is the resolver's business.
struct Dependencies {
    std::vector<std::string> depends;
    std::vector<std::string> recommends;
    std::vector<std::string> suggests;
    std::vector<std::string> bundles;  // names of the packages that it carries; written by whoever makes the package
};

struct SystemRequirements {
    std::string minimum_version;  // of the system; empty where any will do
    std::string maximum_version;
    std::vector<std::string> required_features;
    std::vector<std::string> prohibited_features;
};

struct Installation {
    std::string backup_strategy;
    bool rollback_support = true;
    bool atomic_install = true;
    bool verification_required = true;
    bool relocatable = false;  // may be put below a folder of the user's choice
    // Once it was let in, no older version than this comes back unless a policy and a reason say so; empty: any may.
    std::string minimum_rollback_version;
};

// Files that are meant to be changed by hand, besides all regular files below etc/ and what templates make.
struct Configuration {
    std::vector<std::string> files;
};

// Where the programs of the package keep what they write; files or folders that no package brings.
struct Data {
    std::vector<std::string> paths;
};

struct Scripts {
    std::vector<std::string> outputs;  // files that the scripts write, to be restored when they are taken back
    std::int64_t timeout_s = 0;        // for each; 0: the engine's
    friend bool operator==(const Scripts &, const Scripts &) = default;
};

// Of a package of the type "service".
struct Service {
    enum class OnUpdate : std::uint8_t { restart, reload, stop, nothing };  // stop: before the update, start after it
    std::vector<std::string> units;                                         // none: those in systemd's folders
    OnUpdate on_update = OnUpdate::restart;
    bool start_on_install = true;
    friend bool operator==(const Service &, const Service &) = default;
};

// What the manifest claims about its signer. Shown to people; never an input to trust.
struct SecurityClaims {
    std::string signature_algorithm;
    std::string signer;
    std::string certificate_fingerprint;
    std::optional<std::int64_t> not_before_unix_s;
    std::optional<std::int64_t> not_after_unix_s;
};

// A key that this version does not know: of a newer one, of somebody's own, or mistyped.
struct UnknownKey {
    std::string path;     // "dependencies.dependz"
    std::string nearest;  // the path that may have been meant; empty where none is near
};
inline constexpr std::size_t max_unknown_keys = 100;  // that are told; all of them are kept

struct Manifest {
    PackageInfo package_info;
    UpdateInfo update_info;
    Dependencies dependencies;
    SystemRequirements system_requirements;
    Installation installation;
    SecurityClaims security;
    Configuration configuration;
    Data data;
    Scripts scripts;
    Service service;
    std::vector<UnknownKey> unknown_keys;  // of what was read, in the order of the sections
    std::string unknown_json = "{}";       // keys that this version does not know, in their places; kept when written
};

// Strict about what it knows: types, grammar of name and version, clean text, paths beneath a root, no contradictions
// (a minimum version above the maximum, a feature required and prohibited, …). Unknown keys are kept. FORMAT, LIMIT.
// Only the name and the version must be there.
[[nodiscard]] Result<Manifest> parse_manifest(std::string_view text, const Limits &limits = {});

// Canonical text: keys sorted, two spaces, one newline at the end. The same manifest gives the same bytes.
[[nodiscard]] std::string write_manifest(const Manifest &manifest);

// Whether a regular file at `path` beneath the root is meant to be changed by hand.
[[nodiscard]] bool is_configuration(const Manifest &manifest, std::string_view path);

// FORMAT when the manifest says another name, version, release, architecture, type or creation time than the statement.
[[nodiscard]] Result<void> check_agreement(const Manifest &manifest, const Statement &statement);

}  // namespace mos::package
