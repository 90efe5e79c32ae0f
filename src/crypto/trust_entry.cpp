#include <mos/crypto/trust_entry.hpp>

#include <mos/crypto/limits.hpp>

#include <mos/base/json.hpp>
#include <mos/base/timestamp.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

#include <fnmatch.h>

namespace mos::crypto {

namespace {

constexpr std::string_view format_name = "multiosupdate trust entry 1";
constexpr std::size_t max_patterns = 256;
constexpr std::size_t max_pattern_bytes = 200;
constexpr std::size_t max_name_bytes = 200;
constexpr base::JsonLimits limits{.bytes = max_trust_entry_bytes, .depth = 3, .values = 4 * max_patterns};
// Those of a package's name (docs/package-format.md), and the two wildcards.
constexpr std::string_view pattern_characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-._*?";

struct LevelName {
    TrustLevel level;
    std::string_view name;
};
constexpr std::array level_names = {LevelName{TrustLevel::low, "low"}, LevelName{TrustLevel::medium, "medium"},
                                    LevelName{TrustLevel::high, "high"}};

Error malformed(std::string_view what) { return Error{Code::FORMAT, std::string{what}}; }

Error not_allowed(const TrustEntry &entry, std::string_view why) {
    return Error{Code::SIGNER_NOT_ALLOWED,
                 fmt::format("trust entry {} ({}) {}", base::in_quotes(entry.id), base::in_quotes(entry.name), why)}
        .about(entry.id);
}

bool matches_any(const std::vector<std::string> &patterns, std::string_view text) {
    const std::string terminated{text};
    return patterns.empty() || std::any_of(patterns.begin(), patterns.end(), [&](const std::string &pattern) {
               return ::fnmatch(pattern.c_str(), terminated.c_str(), FNM_NOESCAPE) == 0;
           });
}

Result<void> check_patterns(const std::vector<std::string> &patterns, std::string_view what) {
    if (patterns.size() > max_patterns)
        return Error{Code::INVALID_ARGUMENT, fmt::format("there are more than {} {}", max_patterns, what)};
    for (const std::string &pattern : patterns)
        if (pattern.empty() || pattern.size() > max_pattern_bytes ||
            pattern.find_first_not_of(pattern_characters) != std::string::npos)
            return Error{Code::INVALID_ARGUMENT, fmt::format("{} is no name among {}, nor a pattern with '*' and '?'",
                                                             base::in_quotes(pattern), what)};
    return {};
}

Result<std::vector<std::string>> read_list(const nlohmann::json &value, std::string_view key) {
    std::vector<std::string> list;
    if (!value.is_array() || value.empty())
        return malformed(fmt::format("\"{}\" is no list of names; leave it out to allow all", key));
    for (const nlohmann::json &one : value) {
        if (!one.is_string())
            return malformed(fmt::format("\"{}\" has an element that is no text", key));
        list.push_back(one.get<std::string>());
    }
    return list;
}

// What the file says, before it becomes an entry.
struct Fields {
    std::string format;
    std::string name;
    std::string level = "high";
    std::optional<std::string> not_before, not_after, certificate, public_key;
    TrustScope scope;
};

Result<void> read_text(const nlohmann::json &value, const std::string &key, Fields &fields) {
    const std::array<std::pair<std::string_view, std::optional<std::string> *>, 4> optional_texts = {
        {{"not_before", &fields.not_before},
         {"not_after", &fields.not_after},
         {"certificate", &fields.certificate},
         {"public_key", &fields.public_key}}};
    const std::array<std::pair<std::string_view, std::string *>, 3> texts = {
        {{"format", &fields.format}, {"name", &fields.name}, {"level", &fields.level}}};
    if (!value.is_string())
        return malformed(fmt::format("{} is no text", base::in_quotes(key)));
    for (const auto &row : texts)
        if (row.first == key)
            *row.second = value.get<std::string>();
    for (const auto &row : optional_texts)
        if (row.first == key)
            *row.second = value.get<std::string>();
    return {};
}

Result<void> read_field(const std::string &key, const nlohmann::json &value, Fields &fields) {
    constexpr std::array texts = {"format", "name", "level", "not_before", "not_after", "certificate", "public_key"};
    if (std::find(texts.begin(), texts.end(), key) != texts.end())
        return read_text(value, key, fields);
    if (key == "packages") {
        MOS_TRY(fields.scope.packages, read_list(value, key));
        return {};
    }
    if (key == "types") {
        MOS_TRY(fields.scope.types, read_list(value, key));
        return {};
    }
    return malformed(fmt::format("{} is nothing that a trust entry has", base::in_quotes(key)));
}

Result<std::optional<std::int64_t>> read_time(const std::optional<std::string> &text) {
    if (!text)
        return std::optional<std::int64_t>{};
    MOS_TRY(const std::int64_t unix_s, base::parse_timestamp(*text));
    return std::optional{unix_s};
}

Result<std::variant<Certificate, PublicKey>> read_anchor(const Fields &fields, const std::string &id) {
    using Anchor = std::variant<Certificate, PublicKey>;
    if (fields.certificate.has_value() == fields.public_key.has_value())
        return malformed(R"(exactly one of "certificate" and "public_key" must be there)");
    if (fields.public_key) {
        MOS_TRY(PublicKey key, PublicKey::from_pem(*fields.public_key, id));
        return Anchor{std::move(key)};
    }
    MOS_TRY(Certificate certificate, Certificate::from_pem(*fields.certificate, id));
    MOS_CHECK(check_authority(certificate));
    return Anchor{std::move(certificate)};
}

}  // namespace

Result<TrustLevel> parse_trust_level(std::string_view text) {
    for (const LevelName &row : level_names)
        if (row.name == text)
            return row.level;
    return Error{Code::INVALID_ARGUMENT,
                 fmt::format("trust level {} is none of 'low', 'medium', 'high'", base::in_quotes(text))};
}

std::string_view trust_level_name(TrustLevel level) noexcept {
    for (const LevelName &row : level_names)
        if (row.level == level)
            return row.name;
    return "unknown";
}

std::string TrustEntry::fingerprint() const {
    const Certificate *const own = certificate();
    return own != nullptr ? own->fingerprint() : key().fingerprint();
}

Result<void> check_scope(const TrustEntry &entry, const Subject &subject, TrustLevel minimum, std::int64_t now_unix_s) {
    const TrustScope &scope = entry.scope;
    if (scope.level < minimum)
        return not_allowed(entry, fmt::format("is trusted at level {}, and the policy asks for {}",
                                              trust_level_name(scope.level), trust_level_name(minimum)));
    if (scope.not_before_unix_s && now_unix_s < *scope.not_before_unix_s)
        return not_allowed(entry, fmt::format("is trusted from {} on, and it is {}",
                                              base::write_timestamp(*scope.not_before_unix_s),
                                              base::write_timestamp(now_unix_s)));
    if (scope.not_after_unix_s && now_unix_s > *scope.not_after_unix_s)
        return not_allowed(entry, fmt::format("was trusted until {}, and it is {}",
                                              base::write_timestamp(*scope.not_after_unix_s),
                                              base::write_timestamp(now_unix_s)));
    if (!matches_any(scope.packages, subject.name))
        return not_allowed(entry, fmt::format("may not vouch for the package {}, only for {}",
                                              base::in_quotes(subject.name), fmt::join(scope.packages, ", ")));
    if (!matches_any(scope.types, subject.type))
        return not_allowed(entry, fmt::format("may not vouch for packages of the type {}, only for {}",
                                              base::in_quotes(subject.type), fmt::join(scope.types, ", ")));
    return {};
}

Result<void> check_authority(const Certificate &certificate) {
    if (!certificate.is_ca())
        return Error{Code::TRUST_UNREADABLE,
                     fmt::format("{} is no CA's certificate; to trust one key alone, give its public key",
                                 base::in_quotes(certificate.subject()))}
            .about(certificate.subject());
    return {};
}

Result<void> check_trust_entry(std::string_view name, const TrustScope &scope) {
    if (name.empty() || name.size() > max_name_bytes || !base::is_clean_text(name))
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("the name of a trust entry is clean text of 1 to {} bytes", max_name_bytes)};
    if (scope.not_before_unix_s && scope.not_after_unix_s && *scope.not_after_unix_s < *scope.not_before_unix_s)
        return Error{Code::INVALID_ARGUMENT, "a trust entry would end before it begins"};
    MOS_CHECK(check_patterns(scope.packages, "packages"));
    return check_patterns(scope.types, "types");
}

Result<TrustEntry> parse_trust_entry(std::string_view json, std::string id) {
    MOS_TRY(const base::JsonTree tree, base::parse_json(json, limits));
    if (!tree->is_object())
        return malformed("a trust entry is an object");
    Fields fields;
    for (const auto &item : tree->items())
        MOS_CHECK(read_field(item.key(), item.value(), fields));
    if (fields.format != format_name)
        return malformed(fmt::format("\"format\" is not {}", base::in_quotes(format_name)));
    MOS_TRY(fields.scope.level, parse_trust_level(fields.level));
    MOS_TRY(fields.scope.not_before_unix_s, read_time(fields.not_before));
    MOS_TRY(fields.scope.not_after_unix_s, read_time(fields.not_after));
    MOS_TRY(auto anchor, read_anchor(fields, id));
    std::string name = fields.name.empty() ? id : std::move(fields.name);
    MOS_CHECK(check_trust_entry(name, fields.scope));
    return TrustEntry{std::move(id), std::move(name), std::move(fields.scope), std::move(anchor)};
}

std::string write_trust_entry(const TrustEntry &entry) {
    const base::JsonTree tree = base::json_object();
    nlohmann::json &object = *tree;
    object["format"] = format_name;
    object["name"] = entry.name;
    object["level"] = trust_level_name(entry.scope.level);
    if (entry.scope.not_before_unix_s)
        object["not_before"] = base::write_timestamp(*entry.scope.not_before_unix_s);
    if (entry.scope.not_after_unix_s)
        object["not_after"] = base::write_timestamp(*entry.scope.not_after_unix_s);
    for (const auto &[key, list] : {std::pair{"packages", &entry.scope.packages}, {"types", &entry.scope.types}})
        if (!list->empty()) {
            nlohmann::json &array = base::array_in(object, key);
            for (const std::string &one : *list)
                array.push_back(one);
        }
    if (const Certificate *const certificate = entry.certificate(); certificate != nullptr)
        object["certificate"] = certificate->to_pem();
    else
        object["public_key"] = entry.key().to_pem();
    return tree->dump(2) + "\n";
}

}  // namespace mos::crypto
