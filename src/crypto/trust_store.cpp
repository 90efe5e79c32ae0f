#include <mos/crypto/trust_store.hpp>

#include <mos/crypto/limits.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace mos::crypto {

using base::Bytes;

namespace {

Error unreadable(std::string_view file, std::string_view why) {
    return Error{Code::TRUST_UNREADABLE, fmt::format("trust entry {} {}", base::in_quotes(file), why)}.about(
        std::string{file});
}

bool is_passed_over(std::string_view file) {
    return file.starts_with('.') || file.ends_with(".txt") || file.ends_with("README");
}

enum class FileKind : std::uint8_t { entry, certificate, key, revocation_list };

struct Ending {
    std::string_view text;
    FileKind kind;
    std::size_t max_bytes;
};
constexpr std::array endings = {Ending{".json", FileKind::entry, max_trust_entry_bytes},
                                Ending{".crt", FileKind::certificate, max_trust_entry_bytes},
                                Ending{".pem", FileKind::certificate, max_trust_entry_bytes},
                                Ending{".pub", FileKind::key, max_trust_entry_bytes},
                                Ending{".crl", FileKind::revocation_list, max_revocation_list_file_bytes}};

const Ending *ending_of(std::string_view file) {
    const auto *const found = std::find_if(endings.begin(), endings.end(), [&](const Ending &ending) {
        return file.size() > ending.text.size() && file.ends_with(ending.text);
    });
    return found == endings.end() ? nullptr : found;
}

// One of them would vouch for what the other may not, and stay when the other is removed. An authority whose
// certificate was renewed may stand there with both, if they are trusted for the same.
bool is_same_anchor(const TrustEntry &a, const TrustEntry &b) {
    const Certificate *const one = a.certificate();
    const Certificate *const other = b.certificate();
    if (one == nullptr || other == nullptr)
        return one == other && a.key() == b.key();
    return std::ranges::equal(one->der(), other->der()) || (a.key() == b.key() && a.scope != b.scope);
}

}  // namespace

Result<TrustStore> TrustStore::load(base::Directory &folder) {
    MOS_TRY(std::vector<base::DirectoryEntry> files, folder.list());
    std::erase_if(files, [](const base::DirectoryEntry &file) { return is_passed_over(file.name); });
    if (files.size() > max_trust_entries)
        return Error{Code::LIMIT, fmt::format("the trust folder has {} entries, at most {} are allowed", files.size(),
                                              max_trust_entries)};
    std::ranges::sort(files, {}, &base::DirectoryEntry::name);
    TrustStore store;
    for (const base::DirectoryEntry &file : files)
        if (Result<void> loaded = store.load_file(folder, file); !loaded)
            return loaded.error().code() == Code::TRUST_UNREADABLE && loaded.error().object() == file.name
                       ? std::move(loaded).error()
                       : unreadable(file.name, "is refused").caused_by(std::move(loaded).error());
    return store;
}

Result<void> TrustStore::load_file(base::Directory &folder, const base::DirectoryEntry &file) {
    const Ending *const ending = ending_of(file.name);
    if (ending == nullptr)
        return unreadable(file.name,
                          "ends in none of '.json', '.crt', '.pem', '.pub', '.crl', so what it is can't be told");
    if (file.type != base::FileType::regular)
        return unreadable(file.name, "is no regular file");
    const Result<Bytes> content = base::read_file(folder, file.name, ending->max_bytes);
    if (!content)
        return unreadable(file.name, "can't be read").caused_by(content.error());
    const std::string_view text = base::as_text(*content);
    std::string id{file.name.substr(0, file.name.size() - ending->text.size())};
    switch (ending->kind) {
    case FileKind::entry: {
        MOS_TRY(TrustEntry entry, parse_trust_entry(text, std::move(id)));
        return add(std::move(entry));
    }
    case FileKind::certificate: {
        MOS_TRY(Certificate certificate, Certificate::from_pem(text, file.name));
        return add(std::move(id), std::move(certificate));
    }
    case FileKind::key: {
        MOS_TRY(PublicKey key, PublicKey::from_pem(text, file.name));
        return add(std::move(id), std::move(key));
    }
    case FileKind::revocation_list:
        break;
    }
    MOS_TRY(RevocationList list, RevocationList::from_file(*content, file.name));
    add(std::move(list));
    return {};
}

Result<void> TrustStore::add(TrustEntry entry) {
    if (find(entry.id) != nullptr)
        return unreadable(entry.id, "stands twice");
    if (const Certificate *const certificate = entry.certificate(); certificate != nullptr)
        MOS_CHECK(check_authority(*certificate));
    for (const TrustEntry &other : m_entries)
        if (is_same_anchor(entry, other))
            return unreadable(entry.id, fmt::format("has the {} of {}", entry.certificate() ? "certificate" : "key",
                                                    base::in_quotes(other.id)));
    m_entries.push_back(std::move(entry));
    return {};
}

Result<void> TrustStore::add(std::string id, Certificate certificate) {
    std::string name = id;
    return add(TrustEntry{std::move(id), std::move(name), {}, std::move(certificate)});
}

Result<void> TrustStore::add(std::string id, PublicKey key) {
    std::string name = id;
    return add(TrustEntry{std::move(id), std::move(name), {}, std::move(key)});
}

const TrustEntry *TrustStore::find(std::string_view id) const noexcept {
    const auto found = std::ranges::find(m_entries, id, &TrustEntry::id);
    return found == m_entries.end() ? nullptr : &*found;
}

const TrustEntry *TrustStore::find_pinned(base::ByteView key_id) const noexcept {
    const auto found = std::ranges::find_if(m_entries, [&](const TrustEntry &entry) {
        return entry.certificate() == nullptr && std::ranges::equal(entry.key().id(), key_id);
    });
    return found == m_entries.end() ? nullptr : &*found;
}

std::vector<std::string> trust_file_names(std::string_view id) {
    std::vector<std::string> names;
    for (const Ending &ending : endings)
        if (ending.kind != FileKind::revocation_list)
            names.push_back(fmt::format("{}{}", id, ending.text));
    return names;
}

}  // namespace mos::crypto
