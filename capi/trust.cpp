#include "files.hpp"
#include "guard.hpp"

#include <mos/base/bytes.hpp>
#include <mos/crypto/limits.hpp>
#include <mos/engine/revocation_lists.hpp>
#include <mos/engine/trust_change.hpp>
#include <mos/engine/trust_folder.hpp>

#include <fmt/format.h>

#include <algorithm>

using namespace mos::capi;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::crypto::TrustEntry;
using mos::crypto::TrustLevel;
using mos::engine::TrustChange;

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

Result<mos::engine::TrustFolder> open_folder(mos::engine::Engine &engine) {
    const auto &given = engine.settings().trust_folder;
    return given ? mos::engine::open_trust_folder(*given) : mos::engine::open_trust_folder(engine.root());
}

struct Contents {
    std::vector<TrustEntry> entries;
    std::vector<mos::engine::StoredList> lists;
};

Result<Contents> read_contents(mos::engine::Engine &engine) {
    auto folder = open_folder(engine);
    if (!folder && folder.error().cause() != nullptr && folder.error().cause()->code() == Code::NOT_FOUND)
        return Contents{};
    if (!folder)
        return std::move(folder).error();
    MOS_TRY(const mos::crypto::TrustStore store, mos::engine::load_trust(*folder));
    MOS_TRY(std::vector<mos::engine::StoredList> lists, mos::engine::stored_revocation_lists(*folder->directory));
    return Contents{{store.entries().begin(), store.entries().end()}, std::move(lists)};
}

std::int64_t later(std::optional<std::int64_t> a, std::optional<std::int64_t> b) {
    return std::max(a.value_or(0), b.value_or(0));
}
std::int64_t earlier(std::optional<std::int64_t> a, std::optional<std::int64_t> b) {
    return a && b ? std::min(*a, *b) : a.value_or(b.value_or(0));
}

mos_trust_list::Entry wrap(const TrustEntry &entry) {
    const mos::crypto::Certificate *const certificate = entry.certificate();
    std::optional<std::int64_t> from;
    std::optional<std::int64_t> until;
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

mos_trust_list::Revocations wrap(const mos::engine::StoredList &stored, std::int64_t now_unix_s) {
    const mos::crypto::RevocationList &list = stored.list;
    return {.id = stored.id,
            .issuer = list.issuer(),
            .number = mos::base::to_hex(list.number()),
            .fingerprint = stored.fingerprint(),
            .state = std::string{mos::engine::freshness_name(mos::engine::freshness(list, now_unix_s))},
            .this_update_unix_s = list.this_update_unix_s(),
            .next_update_unix_s = list.next_update_unix_s(),
            .count = list.size()};
}

std::unique_ptr<mos_trust_list> wrap(const std::vector<TrustEntry> &entries) {
    auto list = std::make_unique<mos_trust_list>();
    for (const TrustEntry &entry : entries)
        list->entries.push_back(wrap(entry));
    return list;
}

}  // namespace

int mos_engine_trust_add(mos_engine *engine, const mos_new_trust *trust, mos_trust_list **list, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        if (list != nullptr)
            *list = nullptr;
        MOS_CHECK_HANDLE(engine);
        MOS_TRY(const mos::engine::NewTrust wanted, read_new_trust(trust));
        MOS_TRY(const TrustEntry entry, mos::engine::add_trust(*engine->engine, wanted));
        if (list != nullptr)
            *list = wrap(std::vector{entry}).release();
        return {};
    });
}

int mos_engine_trust_remove(mos_engine *engine, const char *id, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(engine);
        MOS_TRY(const std::string wanted, required_text(id, "the entry's id"));
        MOS_TRY(TrustChange change, TrustChange::begin(*engine->engine, TrustChange::Missing::refuse));
        return change.remove(wanted);
    });
}

int mos_engine_trust_add_revocation_list(mos_engine *engine, const char *path, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(engine);
        MOS_TRY(const std::string where, required_text(path, "the list's path"));
        MOS_TRY(const mos::base::Bytes content, read_whole(where, mos::crypto::max_revocation_list_file_bytes));
        MOS_TRY(const mos::crypto::RevocationList revoked, mos::crypto::RevocationList::from_file(content, where));
        MOS_TRY(TrustChange change, TrustChange::begin(*engine->engine, TrustChange::Missing::refuse));
        return change.add_list(revoked);
    });
}

int mos_engine_trust_remove_revocation_list(mos_engine *engine, const char *name, uint32_t flags, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(engine);
        MOS_TRY(const std::string wanted, required_text(name, "the name of the list"));
        if ((flags & ~static_cast<std::uint32_t>(MOS_TRUST_FORGET_REVOCATIONS)) != 0)
            return Error{Code::INVALID_ARGUMENT, "there is no such flag of a removal"};
        MOS_TRY(TrustChange change, TrustChange::begin(*engine->engine, TrustChange::Missing::refuse));
        return change.remove_list(wanted,
                                  flags != 0 ? mos::engine::Forgetting::allowed : mos::engine::Forgetting::refused);
    });
}

int mos_engine_trust_list(mos_engine *engine, mos_trust_list **list, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(list);
        MOS_CHECK_HANDLE(engine);
        MOS_TRY(const Contents contents, read_contents(*engine->engine));
        auto made = wrap(contents.entries);
        for (const mos::engine::StoredList &stored : contents.lists)
            made->revocations.push_back(wrap(stored, engine->engine->effective_now_unix_s()));
        *list = made.release();
        return {};
    });
}

size_t mos_trust_list_count(const mos_trust_list *list) { return is_live(list) ? list->entries.size() : 0; }

int mos_trust_list_at(const mos_trust_list *list, size_t index, mos_trust_entry *entry, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(list);
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
        return write_output(entry, "entry", filled);
    });
}

size_t mos_trust_list_revocation_count(const mos_trust_list *list) {
    return is_live(list) ? list->revocations.size() : 0;
}

int mos_trust_list_revocation_at(const mos_trust_list *list, size_t index, mos_trust_revocations *revocations,
                                 mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(list);
        if (index >= list->revocations.size())
            return Error{Code::INVALID_ARGUMENT, "there is no such revocation list"};
        const mos_trust_list::Revocations &found = list->revocations[index];
        mos_trust_revocations filled{};
        filled.id = found.id.c_str();
        filled.issuer = found.issuer.c_str();
        filled.number = found.number.c_str();
        filled.fingerprint = found.fingerprint.c_str();
        filled.state = found.state.c_str();
        filled.this_update_unix_s = found.this_update_unix_s;
        filled.next_update_unix_s = found.next_update_unix_s;
        filled.revoked_count = found.count;
        return write_output(revocations, "revocations", filled);
    });
}

void mos_trust_list_free(mos_trust_list *list) {
    if (is_live(list))
        delete list;
}
