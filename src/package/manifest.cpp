#include <mos/package/manifest.hpp>

#include "manifest_section.hpp"

#include <mos/base/timestamp.hpp>
#include <mos/package/version.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <compare>

namespace mos::package {

namespace {

using base::JsonTree;
using nlohmann::json;

constexpr std::int64_t max_priority = 1'000'000;
constexpr std::int64_t max_timeout_s = 3'600;

constexpr std::array<std::string_view, 4> on_update_names = {"restart", "reload", "stop", "nothing"};

Result<PackageInfo> read_package_info(Section &section) {
    PackageInfo info;
    MOS_TRY(info.name, section.text("name", ""));
    MOS_TRY(info.version, section.text("version", ""));
    MOS_TRY(info.release, section.text("release", info.release));
    MOS_TRY(info.architecture, section.text("architecture", info.architecture));
    MOS_TRY(info.type, section.text("type", info.type));
    MOS_TRY(info.description, section.text("description", ""));
    MOS_TRY(info.created_unix_s, section.time("created"));
    MOS_CHECK(check_name(info.name));
    MOS_CHECK(check_version(info.version));
    MOS_CHECK(check_release(info.release));
    MOS_CHECK(check_architecture(info.architecture));
    MOS_CHECK(check_type(info.type));
    return info;
}

Result<UpdateInfo> read_update_info(Section &section) {
    UpdateInfo info;
    MOS_TRY(info.priority, section.integer("priority", info.priority, max_priority));
    MOS_TRY(info.reboot_required, section.boolean("reboot_required", info.reboot_required));
    MOS_TRY(info.category, section.text("category", ""));
    MOS_TRY(info.replaces, section.list("replaces"));
    MOS_TRY(info.conflicts, section.list("conflicts"));
    MOS_TRY(info.provides, section.list("provides"));
    return info;
}

Result<Dependencies> read_dependencies(Section &section) {
    Dependencies dependencies;
    MOS_TRY(dependencies.depends, section.list("depends"));
    MOS_TRY(dependencies.recommends, section.list("recommends"));
    MOS_TRY(dependencies.suggests, section.list("suggests"));
    MOS_TRY(dependencies.bundles, section.list("bundles"));
    return dependencies;
}

Result<SystemRequirements> read_requirements(Section &section) {
    SystemRequirements requirements;
    MOS_TRY(requirements.minimum_version, section.text("minimum_version", ""));
    MOS_TRY(requirements.maximum_version, section.text("maximum_version", ""));
    MOS_TRY(requirements.required_features, section.list("required_features"));
    MOS_TRY(requirements.prohibited_features, section.list("prohibited_features"));
    for (const std::string &version : {requirements.minimum_version, requirements.maximum_version}) {
        if (!version.empty())
            MOS_CHECK(check_version(version));
    }
    return requirements;
}

Result<Installation> read_installation(Section &section) {
    Installation installation;
    MOS_TRY(installation.backup_strategy, section.text("backup_strategy", ""));
    MOS_TRY(installation.rollback_support, section.boolean("rollback_support", installation.rollback_support));
    MOS_TRY(installation.atomic_install, section.boolean("atomic_install", installation.atomic_install));
    MOS_TRY(installation.verification_required,
            section.boolean("verification_required", installation.verification_required));
    MOS_TRY(installation.relocatable, section.boolean("relocatable", installation.relocatable));
    MOS_TRY(installation.minimum_rollback_version, section.text("minimum_rollback_version", ""));
    if (!installation.minimum_rollback_version.empty())
        MOS_CHECK(check_version(installation.minimum_rollback_version));
    return installation;
}

Result<Configuration> read_configuration(Section &section) {
    Configuration configuration;
    MOS_TRY(configuration.files, section.paths("files"));
    return configuration;
}

Result<Data> read_data(Section &section) {
    Data data;
    MOS_TRY(data.paths, section.paths("paths"));
    return data;
}

Result<Scripts> read_scripts(Section &section) {
    Scripts scripts;
    MOS_TRY(scripts.outputs, section.paths("outputs"));
    MOS_TRY(scripts.timeout_s, section.integer("timeout_s", scripts.timeout_s, max_timeout_s));
    return scripts;
}

Result<Service> read_service(Section &section) {
    Service service;
    MOS_TRY(service.units, section.list("units"));
    MOS_TRY(const std::string on_update, section.text("on_update", "restart"));
    MOS_TRY(service.start_on_install, section.boolean("start_on_install", service.start_on_install));
    const auto *const found = std::ranges::find(on_update_names, on_update);
    if (found == on_update_names.end())
        return malformed("service.on_update", fmt::format("is none of {}", fmt::join(on_update_names, ", ")));
    service.on_update = static_cast<Service::OnUpdate>(found - on_update_names.begin());
    return service;
}

Result<SecurityClaims> read_security(Section &section) {
    SecurityClaims claims;
    MOS_TRY(claims.signature_algorithm, section.text("signature_algorithm", ""));
    MOS_TRY(claims.signer, section.text("signer", ""));
    MOS_TRY(claims.certificate_fingerprint, section.text("certificate_fingerprint", ""));
    Section period = section.nested("validity_period");
    MOS_CHECK(period.check_shape());
    MOS_TRY(claims.not_before_unix_s, period.time("not_before"));
    MOS_TRY(claims.not_after_unix_s, period.time("not_after"));
    section.take_back(std::move(period));
    return claims;
}

// Reads one section after the other and leaves in the tree what it does not know.
class SectionReader {
  public:
    SectionReader(json &tree, std::vector<UnknownKey> &unknown) : m_tree(&tree), m_unknown(&unknown) {}

    template <class T>
    Result<T> operator()(std::string_view name, Result<T> (*read)(Section &)) {
        m_known.push_back(name);
        Section section{*m_tree, name};
        MOS_CHECK(section.check_shape());
        MOS_TRY(T value, read(section));
        section.return_rest(*m_tree, *m_unknown);
        return value;
    }
    // Tells of the sections that nobody asked for.
    void finish() {
        for (const auto &left : m_tree->items())
            if (std::ranges::find(m_known, left.key()) == m_known.end())
                add_unknown(*m_unknown, "", left.key(), m_known);
    }

  private:
    json *m_tree;
    std::vector<UnknownKey> *m_unknown;
    std::vector<std::string_view> m_known;
};

void put_text(json &object, const char *key, const std::string &value) {
    if (!value.empty())
        object[key] = value;
}

void put_time(json &object, const char *key, const std::optional<std::int64_t> &time) {
    if (time)
        object[key] = base::write_timestamp(*time);
}

void put_list(json &object, const char *key, const std::vector<std::string> &texts) {
    json &list = base::array_in(object, key);
    for (const std::string &text : texts)
        list.push_back(text);
}

void put_package_info(json &object, const PackageInfo &info) {
    object["name"] = info.name;
    object["version"] = info.version;
    object["release"] = info.release;
    object["architecture"] = info.architecture;
    object["type"] = info.type;
    put_text(object, "description", info.description);
    put_time(object, "created", info.created_unix_s);
}

void put_update_info(json &object, const UpdateInfo &info) {
    object["priority"] = info.priority;
    object["reboot_required"] = info.reboot_required;
    put_list(object, "replaces", info.replaces);
    put_list(object, "conflicts", info.conflicts);
    put_list(object, "provides", info.provides);
    put_text(object, "category", info.category);
}

void put_dependencies(json &object, const Dependencies &dependencies) {
    put_list(object, "depends", dependencies.depends);
    put_list(object, "recommends", dependencies.recommends);
    put_list(object, "suggests", dependencies.suggests);
    if (!dependencies.bundles.empty())
        put_list(object, "bundles", dependencies.bundles);
}

void put_requirements(json &object, const SystemRequirements &requirements) {
    put_list(object, "required_features", requirements.required_features);
    put_list(object, "prohibited_features", requirements.prohibited_features);
    put_text(object, "minimum_version", requirements.minimum_version);
    put_text(object, "maximum_version", requirements.maximum_version);
}

void put_installation(json &object, const Installation &installation) {
    object["rollback_support"] = installation.rollback_support;
    object["atomic_install"] = installation.atomic_install;
    object["verification_required"] = installation.verification_required;
    if (installation.relocatable)
        object["relocatable"] = true;
    put_text(object, "backup_strategy", installation.backup_strategy);
    put_text(object, "minimum_rollback_version", installation.minimum_rollback_version);
}

void put_service(json &tree, const Service &service) {
    if (service == Service{})
        return;
    json &object = base::object_in(tree, "service");
    put_list(object, "units", service.units);
    object["on_update"] = on_update_names[static_cast<std::size_t>(service.on_update)];
    object["start_on_install"] = service.start_on_install;
}

// Sections that most packages don't have.
void put_what_it_does(json &tree, const Manifest &manifest) {
    if (!manifest.configuration.files.empty())
        put_list(base::object_in(tree, "configuration"), "files", manifest.configuration.files);
    if (!manifest.data.paths.empty())
        put_list(base::object_in(tree, "data"), "paths", manifest.data.paths);
    if (manifest.scripts != Scripts{}) {
        json &object = base::object_in(tree, "scripts");
        put_list(object, "outputs", manifest.scripts.outputs);
        object["timeout_s"] = manifest.scripts.timeout_s;
    }
    put_service(tree, manifest.service);
}

void put_security(json &object, const SecurityClaims &claims) {
    put_text(object, "signature_algorithm", claims.signature_algorithm);
    put_text(object, "signer", claims.signer);
    put_text(object, "certificate_fingerprint", claims.certificate_fingerprint);
    if (!claims.not_before_unix_s && !claims.not_after_unix_s)
        return;
    json &period = base::object_in(object, "validity_period");
    put_time(period, "not_before", claims.not_before_unix_s);
    put_time(period, "not_after", claims.not_after_unix_s);
}

bool names(std::string_view relation, std::string_view package) {
    const std::size_t end = relation.find_first_of(" (");
    return relation.substr(0, end) == package;
}

// Fields that are well by themselves and contradict each other.
Result<void> check_consistency(const Manifest &manifest) {
    const SystemRequirements &system = manifest.system_requirements;
    if (!system.minimum_version.empty() && !system.maximum_version.empty() &&
        std::is_gt(compare_versions(system.minimum_version, system.maximum_version)))
        return malformed("system_requirements.minimum_version", "is larger than maximum_version");
    const std::string &floor = manifest.installation.minimum_rollback_version;
    if (!floor.empty() && std::is_gt(compare_versions(floor, manifest.package_info.version)))
        return malformed("installation.minimum_rollback_version", "is larger than the package's own version");
    for (const std::string &feature : system.required_features) {
        if (std::ranges::find(system.prohibited_features, feature) != system.prohibited_features.end())
            return malformed("system_requirements.required_features",
                             fmt::format("holds {}, which is prohibited as well", base::in_quotes(feature)));
    }
    const SecurityClaims &claims = manifest.security;
    if (claims.not_before_unix_s && claims.not_after_unix_s && *claims.not_before_unix_s > *claims.not_after_unix_s)
        return malformed("security.validity_period", "ends before it begins");
    const std::string &name = manifest.package_info.name;
    for (const std::string &relation : manifest.update_info.conflicts) {
        if (relation == name)
            return malformed("update_info.conflicts", "holds the package itself");
    }
    for (const std::string &relation : manifest.dependencies.depends) {
        if (relation.find('|') == std::string::npos && names(relation, name))
            return malformed("dependencies.depends", "holds the package itself");
    }
    if (manifest.service != Service{} && manifest.package_info.type != "service")
        return malformed("service", fmt::format("belongs to packages of the type 'service'; this is of the type {}",
                                                base::in_quotes(manifest.package_info.type)));
    return {};
}

// What parse_manifest() did not know; an empty object when it is not from there.
JsonTree unknown_of(const Manifest &manifest) {
    const std::string &text = manifest.unknown_json;
    auto tree =
        base::parse_json(text, {.bytes = text.size(), .depth = max_manifest_depth, .values = max_manifest_values});
    return tree && (*tree)->is_object() ? std::move(tree).value() : base::json_object();
}

}  // namespace

Result<Manifest> parse_manifest(std::string_view text, const Limits &limits) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (text.starts_with(byte_order_mark))  // RFC 8259 section 8.1; nlohmann-json passes over it
        return Error{Code::FORMAT, "manifest begins with a byte order mark"};
    const base::JsonLimits bounds{static_cast<std::size_t>(limits.manifest_bytes), max_manifest_depth,
                                  max_manifest_values};
    auto parsed = base::parse_json(text, bounds);
    if (!parsed)
        return in_context(std::move(parsed).error(), "manifest can't be read");
    const JsonTree owner = std::move(parsed).value();
    json &tree = *owner;
    if (!tree.is_object())
        return Error{Code::FORMAT, "manifest is no JSON object"};
    Manifest manifest;
    SectionReader read{tree, manifest.unknown_keys};
    MOS_TRY(manifest.package_info, read("package_info", read_package_info));
    MOS_TRY(manifest.update_info, read("update_info", read_update_info));
    MOS_TRY(manifest.dependencies, read("dependencies", read_dependencies));
    MOS_TRY(manifest.system_requirements, read("system_requirements", read_requirements));
    MOS_TRY(manifest.installation, read("installation", read_installation));
    MOS_TRY(manifest.security, read("security", read_security));
    MOS_TRY(manifest.configuration, read("configuration", read_configuration));
    MOS_TRY(manifest.data, read("data", read_data));
    MOS_TRY(manifest.scripts, read("scripts", read_scripts));
    MOS_TRY(manifest.service, read("service", read_service));
    MOS_CHECK(check_consistency(manifest));
    read.finish();
    manifest.unknown_json = tree.dump();
    return manifest;
}

std::string write_manifest(const Manifest &manifest) {
    const JsonTree owner = unknown_of(manifest);
    json &tree = *owner;
    put_package_info(base::object_in(tree, "package_info"), manifest.package_info);
    put_update_info(base::object_in(tree, "update_info"), manifest.update_info);
    put_dependencies(base::object_in(tree, "dependencies"), manifest.dependencies);
    put_requirements(base::object_in(tree, "system_requirements"), manifest.system_requirements);
    put_installation(base::object_in(tree, "installation"), manifest.installation);
    put_security(base::object_in(tree, "security"), manifest.security);
    put_what_it_does(tree, manifest);
    return tree.dump(2) + "\n";
}

bool is_configuration(const Manifest &manifest, std::string_view path) {
    return path.starts_with("etc/") || std::ranges::binary_search(manifest.configuration.files, path);
}

Result<void> check_agreement(const Manifest &manifest, const Statement &statement) {
    const PackageInfo &info = manifest.package_info;
    struct Pair {
        std::string_view key;
        const std::string &claimed;
        const std::string &stated;
    };
    const std::array<Pair, 5> pairs = {{{"name", info.name, statement.name},
                                        {"version", info.version, statement.version},
                                        {"release", info.release, statement.release},
                                        {"architecture", info.architecture, statement.architecture},
                                        {"type", info.type, statement.type}}};
    for (const Pair &pair : pairs) {
        if (pair.claimed != pair.stated)
            return malformed(pair.key, fmt::format("is {}, the signed statement says {}", base::in_quotes(pair.claimed),
                                                   base::in_quotes(pair.stated)));
    }
    if (info.created_unix_s != statement.created_unix_s)
        return malformed("created", fmt::format("is not the time in the signed statement, {}",
                                                base::write_timestamp(statement.created_unix_s)));
    return {};
}

}  // namespace mos::package
