// security: what this system demands of a package.
#include "commands.hpp"

#include "frame/change.hpp"
#include "frame/listing.hpp"

#include <fmt/format.h>

#include <array>
#include <sstream>

using namespace frame;
using nlohmann::ordered_json;

namespace update_tool {

namespace {

// An option, and the key of the policy that it sets.
struct Setting {
    std::string_view option;
    std::string_view key;
    bool is_list = false;
};

constexpr std::array settings = {
    Setting{"require-signature", "update_validation.required_signature"},
    Setting{"require-integrity-check", "update_validation.integrity_checking.enabled"},
    Setting{"strict-validation", "update_validation.require_strong_signature"},
    Setting{"minimum-trust-level", "update_validation.trust_requirements.minimum_trust_level"},
    Setting{"allowed-algorithms", "update_validation.allowed_signature_algorithms", true},
    Setting{"required-signatures", "update_validation.required_signatures"},
    Setting{"require-certified-publisher", "update_validation.trust_requirements.require_certified_publisher"},
    Setting{"revocation", "update_validation.trust_requirements.revocation"},
    Setting{"accept-expired-signers", "update_validation.trust_requirements.accept_expired_signers"},
    Setting{"accept-revoked-signers", "update_validation.trust_requirements.accept_revoked_signers"},
    Setting{"maximum-package-size", "installation_safety.maximum_package_size"},
    Setting{"require-rollback-support", "installation_safety.require_rollback_support"},
    Setting{"allow-below-minimum-version", "rollback_protection.allow_below_minimum_version"},
    Setting{"allow-revoked-signers", "rollback_protection.allow_revoked_signers"},
};

// "update_validation.required_signatures" is shown as "required_signatures".
std::string short_name(const ReportRow &row) { return row.object.substr(row.object.rfind('.') + 1); }

const Columns<ReportRow> &policy_columns() {
    static const Columns<ReportRow> columns{
        {{For::people, "", ""}, [](const ReportRow &row) -> Cell { return short_name(row); }},
        {{For::programs, "setting", ""}, [](const ReportRow &row) -> Cell { return row.object; }},
        {{For::everyone, "value", ""}, [](const ReportRow &row) -> Cell { return row.package; }},
    };
    return columns;
}

// What a program reads: true, 2, null for "none", ["A", "B"] for "[A, B]".
ordered_json typed(std::string_view value) {
    if (value == "none")
        return nullptr;
    if (value.starts_with('[') && value.ends_with(']')) {
        ordered_json list = ordered_json::array();
        std::istringstream elements{std::string{value.substr(1, value.size() - 2)}};
        for (std::string element; std::getline(elements >> std::ws, element, ',');)
            list.push_back(element);
        return list;
    }
    ordered_json read = ordered_json::parse(value, nullptr, false);
    return read.is_boolean() || read.is_number_unsigned() ? read : ordered_json(value);
}

// One object of all settings, and no list.
ordered_json to_json(const std::vector<ReportRow> &rows) {
    ordered_json policy = ordered_json::object();
    for (const ReportRow &row : rows)
        policy[row.object] = typed(row.package);
    return {{"security_policy", policy}};
}

Result<void> put_policy(const Session &session, const Engine &engine) {
    FRAME_TRY(const std::vector<ReportRow> rows,
              report_of([&](auto out, auto error) { return mos_engine_policy_report(engine.get(), out, error); }));
    put_listing(
        session, policy_columns(), rows, [&](const ordered_json &) { return to_json(rows); },
        [&] { put_table(table_of(policy_columns(), rows)); });
    return {};
}

Result<ExitCode> show(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_CHECK(put_policy(session, engine));
    return ExitCode::done;
}

// The keys of a policy are the file's; whoever gave an option is told of the option.
Failure named_by_option(Failure failure) {
    for (const Setting &setting : settings) {
        for (const std::string &key :
             {fmt::format("'{}'", setting.key), fmt::format("'security_policy.{}'", setting.key)})
            if (const std::size_t place = failure.message.find(key); place != std::string::npos)
                failure.message.replace(place, key.size(), fmt::format("'--{}'", setting.option));
    }
    return failure;
}

Result<ExitCode> configure(Session &session) {
    std::vector<std::string> keys;
    std::vector<std::string> values;
    for (const Setting &setting : settings)
        if (const auto value = session.values.text(setting.option)) {
            keys.emplace_back(setting.key);
            values.push_back(setting.is_list ? fmt::format("[{}]", *value) : *value);
        }
    if (keys.empty())
        return usage_failure("there is nothing to configure",
                             "give an option with its value, or see 'multios-update security show'");
    FRAME_TRY(const Engine engine, open_engine(session));
    std::vector<const char *> raw_keys;
    std::vector<const char *> raw_values;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        raw_keys.push_back(keys[i].c_str());
        raw_values.push_back(values[i].c_str());
    }
    Result<void> changed = check([&](auto error) {
        return mos_engine_policy_change(engine.get(), raw_keys.data(), raw_values.data(), raw_keys.size(), error);
    });
    if (!changed)
        return named_by_option(std::move(changed).failure());
    FRAME_CHECK(put_policy(session, engine));
    return ExitCode::done;
}

}  // namespace

Command security_show_command() {
    return with_csv(
        {
            "security show",
            "show what this system demands of a package",
            "multios-update security show --format=json",
            Effect::reads,
            show,
            {},
            {root_option()},
        },
        policy_columns());
}

Command security_configure_command() {
    constexpr std::string_view yes_no = "true|false";
    return with_csv(
        {
            "security configure",
            "change what this system demands of a package",
            "multios-update security configure --minimum-trust-level=high --maximum-package-size=2GB",
            Effect::writes_files,
            configure,
            {},
            {
                choice("require-signature", yes_no, "a signature is always required; false is refused"),
                choice("require-integrity-check", yes_no, "every byte is always checked; false is refused"),
                choice("strict-validation", yes_no,
                       "only RSA of 4096 bits, P-384 and Ed25519 count, whatever the list of algorithms allows"),
                choice("minimum-trust-level", "low|medium|high", "of the trust entry that vouches for a package"),
                text("allowed-algorithms", "NAMES",
                     "how packages may be signed, separated by commas: RSA-4096-SHA256, "
                     "RSA-PSS-4096-SHA256, ECC-P384-SHA384, Ed25519, …"),
                number("required-signatures", 1, 16, "good signatures by so many different keys"),
                choice("require-certified-publisher", yes_no, "whether an authority must have certified the signer"),
                choice("revocation", "never|if-listed|required",
                       "whether certificates are looked up in revocation lists"),
                choice("accept-expired-signers", yes_no, "whether packages of expired signers are let in"),
                choice("accept-revoked-signers", yes_no, "whether packages of revoked signers are let in"),
                text("maximum-package-size", "SIZE", "of a package's file: 500MB, 2GB; 0: no limit"),
                choice("require-rollback-support", yes_no, "whether a package must say that it can be rolled back"),
                choice("allow-below-minimum-version", yes_no,
                       "whether versions below a signed minimum may come back, with a reason"),
                choice("allow-revoked-signers", yes_no,
                       "whether a rollback may bring back what revoked signers have signed, with a reason"),
                root_option(),
            },
        },
        policy_columns());
}

}  // namespace update_tool
