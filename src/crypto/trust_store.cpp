#include <mos/crypto/trust_store.hpp>

#include <mos/crypto/limits.hpp>

#include <fmt/format.h>

#include <algorithm>
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

enum class EntryKind : std::uint8_t { certificate, key };

struct EntryName {
    std::string name;
    EntryKind kind;
};

std::optional<EntryName> entry_name(std::string_view file) {
    for (const std::string_view ending : {".crt", ".pem", ".pub"})
        if (file.size() > ending.size() && file.ends_with(ending))
            return EntryName{std::string{file.substr(0, file.size() - ending.size())},
                             ending == ".pub" ? EntryKind::key : EntryKind::certificate};
    return std::nullopt;
}

// One byte more than is allowed tells a file that is too large.
Result<Bytes> read_entry(base::Directory &folder, const std::string &file) {
    MOS_TRY(const auto opened, folder.open_file(file, base::OpenMode::read));
    Bytes content(max_trust_entry_bytes + 1);
    MOS_TRY(const std::size_t size, opened->read_at(0, content));
    if (size > max_trust_entry_bytes)
        return Error{Code::LIMIT, fmt::format("it has more than {} bytes", max_trust_entry_bytes)};
    content.resize(size);
    return content;
}

}  // namespace

Result<TrustStore> TrustStore::load(base::Directory &folder) {
    MOS_TRY(std::vector<base::DirectoryEntry> entries, folder.list());
    std::erase_if(entries, [](const base::DirectoryEntry &entry) { return is_passed_over(entry.name); });
    if (entries.size() > max_trust_entries)
        return Error{Code::LIMIT, fmt::format("the trust folder has {} entries, at most {} are allowed", entries.size(),
                                              max_trust_entries)};
    std::ranges::sort(entries, {}, &base::DirectoryEntry::name);
    TrustStore store;
    for (const base::DirectoryEntry &entry : entries)
        MOS_CHECK(store.load_entry(folder, entry));
    return store;
}

Result<void> TrustStore::load_entry(base::Directory &folder, const base::DirectoryEntry &entry) {
    std::optional<EntryName> name = entry_name(entry.name);
    if (!name)
        return unreadable(entry.name, "ends in none of '.crt', '.pem', '.pub', so what it is can't be told");
    if (entry.type != base::FileType::regular)
        return unreadable(entry.name, "is no regular file");
    const Result<Bytes> content = read_entry(folder, entry.name);
    if (!content)
        return unreadable(entry.name, "can't be read").caused_by(content.error());
    const std::string_view pem = base::as_text(*content);

    Result<void> added;
    if (name->kind == EntryKind::certificate) {
        Result<Certificate> certificate = Certificate::from_pem(pem, entry.name);
        added = certificate ? add(name->name, std::move(certificate).value()) : Result<void>{certificate.error()};
    } else {
        Result<PublicKey> key = PublicKey::from_pem(pem, entry.name);
        added = key ? add(name->name, std::move(key).value()) : Result<void>{key.error()};
    }
    if (!added)
        return unreadable(entry.name, "is refused").caused_by(std::move(added).error());
    return {};
}

Result<void> TrustStore::check_new_name(const std::string &name) const {
    if (std::ranges::find(m_root_names, name) != m_root_names.end() ||
        std::ranges::find(m_pinned, name, &PinnedKey::name) != m_pinned.end())
        return unreadable(name, "stands twice");
    return {};
}

Result<void> TrustStore::add(std::string name, Certificate certificate) {
    MOS_CHECK(check_new_name(name));
    if (!certificate.is_ca())
        return unreadable(name, "is no CA's certificate; to trust one key, put its public key there as a '.pub' file");
    m_roots.push_back(std::move(certificate));
    m_root_names.push_back(std::move(name));
    return {};
}

Result<void> TrustStore::add(std::string name, PublicKey key) {
    MOS_CHECK(check_new_name(name));
    m_pinned.push_back({std::move(name), std::move(key)});
    return {};
}

const TrustStore::PinnedKey *TrustStore::find_pinned(base::ByteView key_id) const noexcept {
    const auto found = std::ranges::find_if(
        m_pinned, [&](const PinnedKey &pinned) { return std::ranges::equal(pinned.key.id(), key_id); });
    return found == m_pinned.end() ? nullptr : &*found;
}

}  // namespace mos::crypto
