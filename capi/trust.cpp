#include "admission.hpp"
#include "files.hpp"
#include "guard.hpp"
#include "sources.hpp"

#include <mos/base/bytes.hpp>
#include <mos/crypto/limits.hpp>
#include <mos/engine/trust_folder.hpp>
#include <mos/engine/validation.hpp>

#include <fmt/format.h>

#include <algorithm>

using namespace mos::capi;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::crypto::TrustEntry;
using mos::crypto::TrustLevel;

namespace {

Result<TrustLevel> level_of(mos_trust_level level) {
    switch (level) {
    case MOS_TRUST_LOW:
        return TrustLevel::low;
    case MOS_TRUST_MEDIUM:
        return TrustLevel::medium;
    case MOS_TRUST_DEFAULT:
    case MOS_TRUST_HIGH:
        return TrustLevel::high;
    default:
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} is no trust level", level)};
    }
}

mos_trust_level number_of(TrustLevel level) {
    if (level == TrustLevel::low)
        return MOS_TRUST_LOW;
    return level == TrustLevel::medium ? MOS_TRUST_MEDIUM : MOS_TRUST_HIGH;
}

// No list where there is no text; a text without a word would allow everything by mistake.
Result<std::vector<std::string>> split_words(const char *text, std::string_view what) {
    std::vector<std::string> words;
    if (text == nullptr)
        return words;
    std::string_view rest{text};
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(' '), rest.size());
        if (end > 0)
            words.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (words.empty())
        return Error{Code::INVALID_ARGUMENT, fmt::format("no {} are named; NULL stands for all", what)};
    return words;
}

std::optional<std::int64_t> time_or_none(std::int64_t unix_s) {
    return unix_s != 0 ? std::optional{unix_s} : std::nullopt;
}

Result<std::variant<mos::crypto::Certificate, mos::crypto::PublicKey>> read_anchor(const mos_new_trust &given) {
    using Anchor = std::variant<mos::crypto::Certificate, mos::crypto::PublicKey>;
    if ((given.certificate_path == nullptr) == (given.public_key_path == nullptr))
        return Error{Code::INVALID_ARGUMENT, "either a certificate or a public key is to be trusted"};
    const std::string path = given.certificate_path != nullptr ? given.certificate_path : given.public_key_path;
    MOS_TRY(const mos::base::Bytes content, read_whole(path, mos::crypto::max_trust_entry_bytes));
    const std::string_view pem = mos::base::as_text(content);
    if (given.public_key_path != nullptr) {
        MOS_TRY(mos::crypto::PublicKey key, mos::crypto::PublicKey::from_pem(pem, path));
        return Anchor{std::move(key)};
    }
    MOS_TRY(mos::crypto::Certificate certificate, mos::crypto::Certificate::from_pem(pem, path));
    return Anchor{std::move(certificate)};
}

Result<mos::engine::NewTrust> read_new_trust(const mos_new_trust *trust) {
    MOS_TRY(const mos_new_trust given, read_options(trust));
    MOS_TRY(std::string fingerprint, required_text(given.fingerprint, "the fingerprint"));
    MOS_TRY(auto anchor, read_anchor(given));
    const auto *const certificate = std::get_if<mos::crypto::Certificate>(&anchor);
    const std::string own_name =
        certificate != nullptr ? certificate->subject() : std::get<mos::crypto::PublicKey>(anchor).fingerprint();
    mos::engine::NewTrust made{text_or(given.name, own_name.c_str()), std::move(anchor), std::move(fingerprint), {}};
    MOS_TRY(made.scope.level, level_of(given.level));
    made.scope.not_before_unix_s = time_or_none(given.not_before_unix_s);
    made.scope.not_after_unix_s = time_or_none(given.not_after_unix_s);
    MOS_TRY(made.scope.packages, split_words(given.packages, "packages"));
    MOS_TRY(made.scope.types, split_words(given.types, "types"));
    return made;
}

// The engine's trust folder, made where it is the root's own and missing.
Result<std::unique_ptr<mos::base::Directory>> make_folder(mos::engine::Engine &engine) {
    if (!engine.settings().trust_folder)
        return mos::engine::make_trust_folder(engine.root());
    MOS_TRY(mos::engine::TrustFolder folder, mos::engine::open_trust_folder(*engine.settings().trust_folder));
    return std::move(folder.directory);
}

Result<std::vector<TrustEntry>> list_entries(mos::engine::Engine &engine) {
    auto folder = engine.settings().trust_folder ? mos::engine::open_trust_folder(*engine.settings().trust_folder)
                                                 : mos::engine::open_trust_folder(engine.root());
    if (!folder && folder.error().cause() != nullptr && folder.error().cause()->code() == Code::NOT_FOUND)
        return std::vector<TrustEntry>{};
    if (!folder)
        return std::move(folder).error();
    MOS_TRY(const mos::crypto::TrustStore store, mos::engine::load_trust(*folder));
    return std::vector<TrustEntry>{store.entries().begin(), store.entries().end()};
}

std::int64_t later(std::optional<std::int64_t> a, std::optional<std::int64_t> b) {
    return std::max(a.value_or(0), b.value_or(0));
}
std::int64_t earlier(std::optional<std::int64_t> a, std::optional<std::int64_t> b) {
    return a && b ? std::min(*a, *b) : a.value_or(b.value_or(0));
}

mos_trust_list::Entry wrap(const TrustEntry &entry) {
    const mos::crypto::Certificate *const certificate = entry.certificate();
    std::optional<std::int64_t> from, until;
    if (certificate != nullptr) {
        from = certificate->validity().not_before_unix_s;
        until = certificate->validity().not_after_unix_s;
    }
    return {.id = entry.id,
            .name = entry.name,
            .subject = certificate != nullptr ? certificate->subject() : "",
            .algorithm = entry.key().algorithm_name(),
            .fingerprint = entry.fingerprint(),
            .packages = fmt::format("{}", fmt::join(entry.scope.packages, " ")),
            .types = fmt::format("{}", fmt::join(entry.scope.types, " ")),
            .is_certificate = certificate != nullptr,
            .level = number_of(entry.scope.level),
            .not_before_unix_s = later(entry.scope.not_before_unix_s, from),
            .not_after_unix_s = earlier(entry.scope.not_after_unix_s, until)};
}

std::unique_ptr<mos_trust_list> wrap(const std::vector<TrustEntry> &entries) {
    auto list = std::make_unique<mos_trust_list>();
    for (const TrustEntry &entry : entries)
        list->entries.push_back(wrap(entry));
    return list;
}

std::vector<mos::engine::ReportRow> rows_of(const mos::engine::Validation &validation, const std::string &package) {
    std::vector<mos::engine::ReportRow> rows;
    for (const mos::engine::StepResult &step : validation.steps)
        rows.push_back({.kind = std::string{mos::engine::step_name(step.step)},
                        .package = package,
                        .object = std::string{mos::engine::outcome_name(step.outcome)},
                        .sentence = step.detail});
    return rows;
}

}  // namespace

int mos_engine_trust_add(mos_engine *engine, const mos_new_trust *trust, mos_trust_list **list, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        if (list != nullptr)
            *list = nullptr;
        MOS_CHECK(check_handle(engine));
        MOS_TRY(const mos::engine::NewTrust wanted, read_new_trust(trust));
        MOS_TRY(const auto folder, make_folder(*engine->engine));
        MOS_TRY(const TrustEntry entry, mos::engine::add_trust(*folder, wanted));
        if (list != nullptr)
            *list = wrap(std::vector{entry}).release();
        return {};
    });
}

int mos_engine_trust_remove(mos_engine *engine, const char *id, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK(check_handle(engine));
        MOS_TRY(const std::string wanted, required_text(id, "the entry's id"));
        const auto &given = engine->engine->settings().trust_folder;
        MOS_TRY(const mos::engine::TrustFolder folder, given ? mos::engine::open_trust_folder(*given)
                                                             : mos::engine::open_trust_folder(engine->engine->root()));
        return mos::engine::remove_trust(*folder.directory, wanted);
    });
}

int mos_engine_trust_add_revocation_list(mos_engine *engine, const char *path, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK(check_handle(engine));
        MOS_TRY(const std::string where, required_text(path, "the list's path"));
        MOS_TRY(const mos::base::Bytes content, read_whole(where, mos::crypto::max_revocation_list_file_bytes));
        MOS_TRY(const mos::crypto::RevocationList revoked, mos::crypto::RevocationList::from_file(content, where));
        MOS_TRY(const auto folder, make_folder(*engine->engine));
        return mos::engine::add_revocation_list(*folder, revoked);
    });
}

int mos_engine_trust_list(mos_engine *engine, mos_trust_list **list, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK(check_output(list));
        MOS_CHECK(check_handle(engine));
        MOS_TRY(const std::vector<TrustEntry> entries, list_entries(*engine->engine));
        *list = wrap(entries).release();
        return {};
    });
}

size_t mos_trust_list_count(const mos_trust_list *list) { return is_live(list) ? list->entries.size() : 0; }

int mos_trust_list_at(const mos_trust_list *list, size_t index, mos_trust_entry *entry, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK(check_handle(list));
        if (index >= list->entries.size())
            return Error{Code::INVALID_ARGUMENT, "the list has no such entry"};
        const mos_trust_list::Entry &found = list->entries[index];
        mos_trust_entry filled{};
        filled.level = found.level;
        filled.id = found.id.c_str();
        filled.kind = found.is_certificate ? "ca" : "key";
        filled.name = found.name.c_str();
        filled.subject = found.subject.c_str();
        filled.algorithm = found.algorithm.c_str();
        filled.fingerprint = found.fingerprint.c_str();
        filled.packages = found.packages.c_str();
        filled.types = found.types.c_str();
        filled.not_before_unix_s = found.not_before_unix_s;
        filled.not_after_unix_s = found.not_after_unix_s;
        return write_output(entry, filled);
    });
}

void mos_trust_list_free(mos_trust_list *list) {
    if (is_live(list))
        delete list;
}

int mos_engine_policy_report(mos_engine *engine, mos_report **report, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK(check_output(report));
        MOS_CHECK(check_handle(engine));
        MOS_TRY(const mos::policy::SecurityPolicy policy, mos::policy::load_security_policy(engine->engine->root()));
        auto handle = std::make_unique<mos_report>();
        for (mos::policy::PolicyKey &key : mos::policy::list_keys(policy))
            handle->rows.push_back({.kind = "policy",
                                    .package = std::move(key.value),
                                    .object = std::move(key.path),
                                    .sentence = std::move(key.meaning)});
        *report = handle.release();
        return {};
    });
}

int mos_engine_policy_change(mos_engine *engine, const char *const *keys, const char *const *values, size_t count,
                             mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK(check_handle(engine));
        if (count > 0 && (keys == nullptr || values == nullptr))
            return Error{Code::INVALID_ARGUMENT, "there are no keys or no values"};
        std::vector<mos::policy::PolicyChange> changes;
        for (std::size_t i = 0; i < count; ++i) {
            MOS_TRY(std::string key, required_text(keys[i], "a key of the policy"));
            MOS_TRY(std::string value, required_text(values[i], "a value of the policy"));
            changes.push_back({std::move(key), std::move(value)});
        }
        MOS_TRY([[maybe_unused]] const auto policy,
                mos::policy::change_security_policy(engine->engine->root(), changes));
        return {};
    });
}

int mos_engine_validate_job(mos_engine *engine, mos_package *package, uint32_t flags, mos_job **job,
                            mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK(check_output(job));
        MOS_CHECK(check_handle(engine));
        MOS_CHECK(check_handle(package));
        if ((flags & ~static_cast<std::uint32_t>(MOS_VALIDATE_STRICT)) != 0)
            return Error{Code::INVALID_ARGUMENT, "there is no such flag of a validation"};
        const auto strictness = flags != 0 ? mos::engine::Strictness::strict : mos::engine::Strictness::usual;
        MOS_TRY(mos::engine::Admission opened, engine->engine->admission());
        auto admission = std::make_shared<mos::engine::Admission>(std::move(opened));
        auto handle = std::make_unique<mos_job>();
        handle->context = engine->context;
        MOS_TRY(handle->job,
                mos::engine::Job::create([source = package->source, name = package->claims->claimed_statement().name,
                                          admission = std::move(admission),
                                          strictness](mos::base::Observer &observer,
                                                      const auto & /*ask*/) -> Result<mos::engine::JobOutcome> {
                    MOS_TRY(const mos::engine::Validation validation,
                            mos::engine::validate(share(source), *admission, strictness, observer));
                    mos::engine::JobOutcome outcome;
                    outcome.rows = rows_of(validation, name);
                    return outcome;
                }));
        *job = handle.release();
        return {};
    });
}
