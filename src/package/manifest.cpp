#include <mos/package/manifest.hpp>

#include <mos/base/json.hpp>
#include <mos/package/version.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>

namespace mos::package {

namespace {

using base::JsonTree;
using nlohmann::json;

constexpr std::size_t max_text_bytes = 4096;
constexpr std::size_t max_list_items = 4096;
constexpr std::size_t max_depth = 16;
constexpr std::size_t max_values = 50'000;
constexpr std::int64_t max_priority = 1'000'000;

Error malformed(std::string_view key, std::string_view what) {
    return Error{Code::FORMAT, fmt::format("manifest: {} {}", base::in_quotes(key), what)}.about(std::string{key});
}

// One object of the tree. Whatever is read is taken out of it, so that what is left is what we do not know.
class Section {
  public:
    Section(json &tree, std::string_view name) : m_name(name) {
        if (const auto found = tree.find(name); found != tree.end()) {
            *m_object = std::move(*found);
            tree.erase(found);
        }
    }

    [[nodiscard]] Result<void> check_shape() const {
        if (!m_object->is_object())
            return malformed(m_name, "is no object");
        return {};
    }

    [[nodiscard]] Result<std::string> text(std::string_view key, std::string fallback) {
        MOS_TRY(const JsonTree value, take(key));
        if (value->is_null())
            return fallback;
        return clean(key, *value);
    }

    [[nodiscard]] Result<bool> boolean(std::string_view key, bool fallback) {
        MOS_TRY(const JsonTree value, take(key));
        if (value->is_null())
            return fallback;
        if (!value->is_boolean())
            return malformed(full(key), "is neither true nor false");
        return value->get<bool>();
    }

    [[nodiscard]] Result<std::int64_t> integer(std::string_view key, std::int64_t fallback, std::int64_t limit) {
        MOS_TRY(const JsonTree value, take(key));
        if (value->is_null())
            return fallback;
        if (!value->is_number_integer() || *value < 0 || *value > limit)
            return malformed(full(key), fmt::format("is no integer from 0 to {}", limit));
        return value->get<std::int64_t>();
    }

    [[nodiscard]] Result<std::vector<std::string>> list(std::string_view key) {
        MOS_TRY(const JsonTree value, take(key));
        std::vector<std::string> items;
        if (value->is_null())
            return items;
        if (!value->is_array() || value->size() > max_list_items)
            return malformed(full(key), fmt::format("is no list of at most {} texts", max_list_items));
        for (const json &item : *value) {
            MOS_TRY(std::string text, clean(key, item));
            items.push_back(std::move(text));
        }
        return items;
    }

    [[nodiscard]] Result<std::optional<std::int64_t>> time(std::string_view key) {
        MOS_TRY(const std::string value, text(key, ""));
        if (value.empty())
            return std::optional<std::int64_t>{};
        auto time = parse_timestamp(value);
        if (!time)
            return malformed(full(key), "is no time like 2024-01-31T23:59:59Z");
        return std::optional<std::int64_t>{*time};
    }

    [[nodiscard]] json &object() { return *m_object; }

    // Puts what is left back where it was.
    void return_rest(json &tree) {
        if (!m_object->empty())
            tree[m_name].swap(*m_object);
    }

  private:
    [[nodiscard]] std::string full(std::string_view key) const { return fmt::format("{}.{}", m_name, key); }

    // Null where there is none.
    [[nodiscard]] Result<JsonTree> take(std::string_view key) {
        JsonTree value = base::json_null();
        const auto found = m_object->find(key);
        if (found == m_object->end())
            return value;
        if (found->is_null())
            return malformed(full(key), "is null");
        *value = std::move(*found);
        m_object->erase(found);
        return value;
    }

    [[nodiscard]] Result<std::string> clean(std::string_view key, const json &value) const {
        if (!value.is_string())
            return malformed(full(key), "is no text");
        const auto &text = value.get_ref<const std::string &>();
        // A description may have lines; nothing else that moves a cursor.
        std::string joined = text;
        std::replace(joined.begin(), joined.end(), '\n', ' ');
        if (text.size() > max_text_bytes || !base::is_clean_text(joined))
            return malformed(full(key),
                             fmt::format("is longer than {} bytes or holds control characters", max_text_bytes));
        return text;
    }

    std::string m_name;
    JsonTree m_object = base::json_object();
};

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
    return installation;
}

Result<SecurityClaims> read_security(Section &section) {
    SecurityClaims claims;
    MOS_TRY(claims.signature_algorithm, section.text("signature_algorithm", ""));
    MOS_TRY(claims.signer, section.text("signer", ""));
    MOS_TRY(claims.certificate_fingerprint, section.text("certificate_fingerprint", ""));
    Section period{section.object(), "validity_period"};
    MOS_CHECK(period.check_shape());
    MOS_TRY(claims.not_before_unix_s, period.time("not_before"));
    MOS_TRY(claims.not_after_unix_s, period.time("not_after"));
    period.return_rest(section.object());
    return claims;
}

// Reads one section and leaves in the tree what it does not know.
template <class T>
Result<T> read_section(json &tree, std::string_view name, Result<T> (*read)(Section &)) {
    Section section{tree, name};
    MOS_CHECK(section.check_shape());
    MOS_TRY(T value, read(section));
    section.return_rest(tree);
    return value;
}

void put_text(json &object, const char *key, const std::string &value) {
    if (!value.empty())
        object[key] = value;
}

void put_time(json &object, const char *key, const std::optional<std::int64_t> &time) {
    if (time)
        object[key] = write_timestamp(*time);
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
    put_text(object, "backup_strategy", installation.backup_strategy);
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

// What parse_manifest() did not know; an empty object when it is not from there.
JsonTree unknown_of(const Manifest &manifest) {
    const std::string &text = manifest.unknown_json;
    auto tree = base::parse_json(text, {.bytes = text.size(), .depth = max_depth, .values = max_values});
    return tree && (*tree)->is_object() ? std::move(tree).value() : base::json_object();
}

}  // namespace

Result<Manifest> parse_manifest(std::string_view text, const Limits &limits) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (text.starts_with(byte_order_mark))  // RFC 8259 section 8.1; nlohmann-json passes over it
        return Error{Code::FORMAT, "manifest begins with a byte order mark"};
    const base::JsonLimits bounds{static_cast<std::size_t>(limits.manifest_bytes), max_depth, max_values};
    auto parsed = base::parse_json(text, bounds);
    if (!parsed)
        return in_context(std::move(parsed).error(), "manifest can't be read");
    const JsonTree owner = std::move(parsed).value();
    json &tree = *owner;
    if (!tree.is_object())
        return Error{Code::FORMAT, "manifest is no JSON object"};
    Manifest manifest;
    MOS_TRY(manifest.package_info, read_section(tree, "package_info", read_package_info));
    MOS_TRY(manifest.update_info, read_section(tree, "update_info", read_update_info));
    MOS_TRY(manifest.dependencies, read_section(tree, "dependencies", read_dependencies));
    MOS_TRY(manifest.system_requirements, read_section(tree, "system_requirements", read_requirements));
    MOS_TRY(manifest.installation, read_section(tree, "installation", read_installation));
    MOS_TRY(manifest.security, read_section(tree, "security", read_security));
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
    return tree.dump(2) + "\n";
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
                                                write_timestamp(statement.created_unix_s)));
    return {};
}

Result<std::int64_t> parse_timestamp(std::string_view text) {
    constexpr std::string_view shape = "0000-00-00T00:00:00Z";
    const Error malformed_time{Code::FORMAT,
                               base::in_quotes(text.substr(0, 40)) + " is no time like 2024-01-31T23:59:59Z"};
    if (text.size() != shape.size())
        return malformed_time;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const bool digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == '0' ? !digit : text[i] != shape[i])
            return malformed_time;
    }
    const auto number = [&](std::size_t at, std::size_t digits) {
        int value = 0;
        for (const char c : text.substr(at, digits))
            value = value * 10 + (c - '0');
        return value;
    };
    using namespace std::chrono;
    const year_month_day date{year{number(0, 4)}, month{static_cast<unsigned>(number(5, 2))},
                              day{static_cast<unsigned>(number(8, 2))}};
    const int hour = number(11, 2);
    const int minute = number(14, 2);
    const int second = number(17, 2);
    if (!date.ok() || number(0, 4) < 1970 || hour > 23 || minute > 59 || second > 59)
        return malformed_time;
    const std::int64_t days = sys_days{date}.time_since_epoch().count();
    return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

std::string write_timestamp(std::int64_t unix_s) {
    using namespace std::chrono;
    const sys_seconds time{seconds{unix_s}};
    const auto midnight = floor<days>(time);
    const year_month_day date{midnight};
    const auto since = static_cast<int>((time - midnight).count());
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), since / 3600,
                       since / 60 % 60, since % 60);
}

}  // namespace mos::package
