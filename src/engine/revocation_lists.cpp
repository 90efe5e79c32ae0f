#include <mos/engine/revocation_lists.hpp>

#include <mos/base/bytes.hpp>
#include <mos/crypto/limits.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace mos::engine {

namespace {

using crypto::RevocationList;
using crypto::TrustEntry;
using crypto::TrustStore;

constexpr std::string_view ending = ".crl";
constexpr std::uint32_t list_mode = 0644;
constexpr std::size_t id_digits = 24;
constexpr std::array freshness_names = {"fresh", "stale", "early"};

bool is_same_issuer(const RevocationList &a, const RevocationList &b) {
    return a.issuer() == b.issuer() && std::ranges::equal(a.issuer_key_id(), b.issuer_key_id());
}

// One file an issuer's key: in digits, for what stands in a name is no file name.
std::string list_file_name(const RevocationList &list) {
    crypto::Sha256 hasher;
    hasher.update(list.issuer_key_id());
    hasher.update(base::as_bytes(list.issuer()));
    return base::to_hex(hasher.finish()).substr(0, id_digits).append(ending);
}

// A forged list could take the place of a good one, or keep the authority's signers out.
Result<void> check_origin(const TrustStore &store, const RevocationList &list) {
    const auto has_signed = [&](const TrustEntry &entry) {
        return entry.certificate() != nullptr && list.is_signed_by(*entry.certificate());
    };
    if (std::any_of(store.entries().begin(), store.entries().end(), has_signed))
        return {};
    return Error{Code::SIGNER_UNTRUSTED,
                 fmt::format("the revocation list of {} was signed by none of the authorities that are trusted here",
                             base::in_quotes(list.issuer()))}
        .about(list.issuer());
}

struct ListFile {
    std::string name;
    Result<RevocationList> list;

    [[nodiscard]] std::string id() const { return name.substr(0, name.size() - ending.size()); }
};

Result<RevocationList> read_list(base::Directory &folder, const std::string &name) {
    MOS_TRY(const base::Bytes content, base::read_file(folder, name, crypto::max_revocation_list_file_bytes));
    return RevocationList::from_file(content, name);
}

// Files with other contents are no concern here: who wants the whole folder to be good loads a store.
Result<std::vector<ListFile>> read_files(base::Directory &folder) {
    MOS_TRY(std::vector<base::DirectoryEntry> entries, folder.list());
    std::erase_if(entries, [](const base::DirectoryEntry &entry) {
        return entry.name.starts_with('.') || entry.name.size() <= ending.size() || !entry.name.ends_with(ending);
    });
    if (entries.size() > crypto::max_trust_entries)
        return Error{Code::LIMIT, fmt::format("the trust folder has {} revocation lists, at most {} are read",
                                              entries.size(), crypto::max_trust_entries)};
    std::sort(entries.begin(), entries.end(),
              [](const base::DirectoryEntry &a, const base::DirectoryEntry &b) { return a.name < b.name; });
    std::vector<ListFile> files;
    files.reserve(entries.size());
    for (const base::DirectoryEntry &entry : entries)
        files.push_back({entry.name, read_list(folder, entry.name)});
    return files;
}

std::string fingerprint_of(const RevocationList &list) { return "SHA256:" + base::to_hex(crypto::sha256(list.der())); }

std::string lower_case(std::string text) {
    for (char &c : text)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return text;
}

bool is_named(const ListFile &file, const std::string &name) {
    return file.list && (file.list->issuer() == name || lower_case(fingerprint_of(*file.list)) == lower_case(name));
}

Result<const ListFile *> find_named(const std::vector<ListFile> &files, const std::string &name) {
    std::vector<const ListFile *> found;
    std::vector<std::string> ids;
    for (const ListFile &file : files) {
        if (file.id() == name)  // names this one, whatever else bears that name
            return &file;
        if (!is_named(file, name))
            continue;
        found.push_back(&file);
        ids.push_back(base::in_quotes(file.id()));
    }
    if (found.empty())
        return Error{Code::NOT_FOUND,
                     fmt::format("no revocation list in the trust folder is, or is of, {}", base::in_quotes(name))}
            .about(name);
    if (found.size() > 1)
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} has several revocation lists: name one of {}",
                                                         base::in_quotes(name), fmt::join(ids, ", "))}
            .about(name);
    return found.front();
}

// What `file` revokes is revoked by no other list.
Result<void> check_forgotten(const std::vector<ListFile> &files, const ListFile &file) {
    const auto asks = [&](std::string_view why) {
        return Error{Code::NEEDS_ANSWER, fmt::format("without {} {}; it is removed only when that is allowed",
                                                     base::in_quotes(file.name), why)}
            .about(file.name);
    };
    if (!file.list)
        return asks("what it revokes, which can't be read, may count again").caused_by(file.list.error());
    const bool has_another = std::any_of(files.begin(), files.end(), [&](const ListFile &other) {
        return other.name != file.name && other.list && is_same_issuer(*other.list, *file.list) &&
               !file.list->is_newer_than(*other.list);
    });
    if (has_another)
        return {};
    return asks(fmt::format("no list of {} is as new, and its {} revoked certificates may count again",
                            base::in_quotes(file.list->issuer()), file.list->size()));
}

}  // namespace

Result<void> add_revocation_list(base::Directory &folder, const RevocationList &list) {
    MOS_TRY(const TrustStore store, TrustStore::load(folder));
    MOS_CHECK(check_origin(store, list));
    for (const RevocationList &other : store.revocation_lists())
        if (is_same_issuer(other, list) && !list.is_newer_than(other))
            return Error{Code::INVALID_ARGUMENT,
                         fmt::format("the revocation list of {} has the number {}, and one with {} is there already",
                                     base::in_quotes(list.issuer()), base::to_hex(list.number()),
                                     base::to_hex(other.number()))}
                .about(list.issuer());
    const std::string name = list_file_name(list);
    MOS_TRY(const auto there, folder.find(name));
    if (!there && store.revocation_lists().size() >= crypto::max_revocation_lists)
        return Error{Code::LIMIT, fmt::format("{} revocation lists are there already, more are not looked at",
                                              store.revocation_lists().size())};
    return base::replace_file(folder, name, list.der(), list_mode);
}

std::string StoredList::fingerprint() const { return fingerprint_of(list); }

Result<std::vector<StoredList>> stored_revocation_lists(base::Directory &folder) {
    MOS_TRY(std::vector<ListFile> files, read_files(folder));
    std::vector<StoredList> lists;
    for (ListFile &file : files) {
        if (!file.list)
            return Error{Code::TRUST_UNREADABLE,
                         fmt::format("the revocation list {} can't be read", base::in_quotes(file.name))}
                .about(file.name)
                .caused_by(std::move(file.list).error());
        lists.push_back({file.id(), std::move(file.list).value()});
    }
    return lists;
}

Freshness freshness(const RevocationList &list, std::int64_t now_unix_s) noexcept {
    if (now_unix_s < list.this_update_unix_s())
        return Freshness::early;
    return now_unix_s > list.next_update_unix_s() ? Freshness::stale : Freshness::fresh;
}

std::string_view freshness_name(Freshness freshness) noexcept {
    return freshness_names[static_cast<std::size_t>(freshness)];
}

Result<void> remove_revocation_list(base::Directory &folder, const std::string &name, Forgetting forgetting) {
    MOS_TRY(const std::vector<ListFile> files, read_files(folder));
    MOS_TRY(const ListFile *const file, find_named(files, name));
    if (forgetting == Forgetting::refused)
        MOS_CHECK(check_forgotten(files, *file));
    MOS_CHECK(folder.remove_file(file->name));
    return folder.flush();
}

}  // namespace mos::engine
