#include <mos/engine/trust_folder.hpp>

#include <mos/base/bytes.hpp>
#include <mos/engine/admission.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::engine {

namespace {

using crypto::TrustEntry;
using crypto::TrustStore;

constexpr std::uint32_t entry_mode = 0644;
constexpr std::string_view digest_prefix = "sha256:";
constexpr std::size_t id_digits = 12;
// The file's own fingerprint is not told in its stead: it would be pasted, and prove nothing.
constexpr std::string_view fingerprint_remedy = "give the whole SHA-256 fingerprint, as the owner of the certificate "
                                                "or key told it on another way than the file came";
constexpr std::string_view authority_remedy =
    "give the certificate of the authority that signed this one; a key that signs by itself comes with 'trust add-key'";

std::string lower_case(std::string_view text) {
    std::string out{text};
    for (char &c : out)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return out;
}

// The digits alone, in lower case. INVALID_ARGUMENT when it is no fingerprint.
Result<std::string> read_fingerprint(std::string_view text) {
    std::string digits = lower_case(text);
    if (digits.starts_with(digest_prefix))
        digits.erase(0, digest_prefix.size());
    digits.erase(std::remove(digits.begin(), digits.end(), ':'), digits.end());
    if (!crypto::sha256_from_hex(digits))
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("{} is no SHA-256 fingerprint of 64 hexadecimal digits", base::in_quotes(text))}
            .with_remedy(std::string{fingerprint_remedy});
    return digits;
}

TrustEntry entry_of(const NewTrust &trust) {
    TrustEntry entry{{}, trust.name, trust.scope, trust.anchor};
    const std::string fingerprint = lower_case(entry.fingerprint()).substr(digest_prefix.size());
    entry.id = fmt::format("{}-{}", entry.certificate() != nullptr ? "ca" : "key", fingerprint.substr(0, id_digits));
    return entry;
}

Result<void> check_fingerprint(const TrustEntry &entry, std::string_view expected) {
    MOS_TRY(const std::string wanted, read_fingerprint(expected));
    const std::string found = lower_case(entry.fingerprint()).substr(digest_prefix.size());
    if (wanted != found)
        return Error{Code::KEY_INVALID,
                     fmt::format("the fingerprint is {}, not {} as expected: this is not what the publisher gave you",
                                 entry.fingerprint(), base::in_quotes(expected))}
            .about(entry.name)
            .with_remedy("trust it not; ask its owner which fingerprint is right, and get the file again");
    return {};
}

Result<void> check_new(const TrustStore &store, const TrustEntry &entry) {
    for (const TrustEntry &other : store.entries())
        if (other.id == entry.id || other.fingerprint() == entry.fingerprint())
            return Error{Code::EXISTS, fmt::format("entry {} ({}) has this certificate or key already",
                                                   base::in_quotes(other.id), base::in_quotes(other.name))}
                .about(other.id);
    return {};
}

}  // namespace

Result<std::unique_ptr<base::Directory>> make_trust_folder(base::Directory &root) {
    return base::make_directories(root, trust_path);
}

Result<TrustEntry> check_trust(const NewTrust &trust) {
    MOS_CHECK(crypto::check_trust_entry(trust.name, trust.scope));
    TrustEntry entry = entry_of(trust);
    MOS_CHECK(check_fingerprint(entry, trust.fingerprint));
    if (const crypto::Certificate *const certificate = entry.certificate(); certificate != nullptr)
        if (Result<void> checked = crypto::check_authority(*certificate); !checked)
            return std::move(checked).error().with_remedy(std::string{authority_remedy});
    return entry;
}

Result<TrustEntry> add_trust(base::Directory &folder, const NewTrust &trust) {
    MOS_TRY(TrustEntry entry, check_trust(trust));
    MOS_TRY(const TrustStore store, TrustStore::load(folder));
    MOS_CHECK(check_new(store, entry));
    MOS_CHECK(
        base::create_file(folder, entry.id + ".json", base::as_bytes(crypto::write_trust_entry(entry)), entry_mode));
    return entry;
}

Result<void> remove_trust(base::Directory &folder, const std::string &id) {
    const std::vector<std::string> names = crypto::trust_file_names(id);
    MOS_TRY(const std::vector<base::DirectoryEntry> files, folder.list());
    const auto found = std::find_if(files.begin(), files.end(), [&](const base::DirectoryEntry &file) {
        return std::find(names.begin(), names.end(), file.name) != names.end();
    });
    if (found == files.end())
        return Error{Code::NOT_FOUND, fmt::format("no trust entry has the id {}", base::in_quotes(id))}.about(id);
    MOS_CHECK(folder.remove_file(found->name));
    return folder.flush();
}

}  // namespace mos::engine
