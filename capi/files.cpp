#include "files.hpp"

#include "guard.hpp"

#include <mos/crypto/key_signer.hpp>
#include <mos/package/writer.hpp>

#include <fmt/format.h>

namespace mos::capi {

Result<NamedPlace> open_place(const std::string &path) {
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    if (name.empty() || name == "." || name == "..")
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} is not the name of a file", base::in_quotes(path))}.about(
            path);
    MOS_TRY(std::unique_ptr<base::Directory> opened, base::open_root(folder));
    return NamedPlace{std::move(opened), std::move(name)};
}

Result<base::Bytes> read_whole(const std::string &path, std::size_t limit) {
    MOS_TRY(const auto source, base::open_file_source(path));
    MOS_TRY(const std::uint64_t size, source->size());
    if (size > limit)
        return Error{Code::LIMIT,
                     fmt::format("{} has {} bytes, at most {} are read", base::in_quotes(path), size, limit)}
            .about(path);
    base::Bytes bytes(static_cast<std::size_t>(size));
    MOS_CHECK(base::read_exactly(*source, 0, bytes));
    return bytes;
}

Result<config::LoadedSettings> read_settings_path(const std::string &path) {
    MOS_TRY(const config::Format format, config::format_of(path));
    MOS_TRY(const base::Bytes bytes, read_whole(path, config::max_values_bytes));
    config::LoadedSettings loaded;
    auto file = config::read_settings(base::as_text(bytes), format, path, config::FileKind::system);
    loaded.files.push_back(path);
    loaded.problems = std::move(file.problems);
    loaded.settings.lay(std::move(file.settings));
    return loaded;
}

Result<int> compression_level(std::int32_t given, int usual) {
    constexpr std::int32_t highest = 19;
    if (given > highest)
        return Error{Code::INVALID_ARGUMENT, fmt::format("compression level {} is not one of 1 to {}", given, highest)};
    if (given == 0)
        return usual;
    return given < 0 ? package::uncompressed : given;
}

Result<std::shared_ptr<const crypto::PrivateKey>> private_half(const mos_key *key) {
    MOS_CHECK_HANDLE(key);
    if (key->key == nullptr)
        return Error{Code::UNSUPPORTED, "the private key is elsewhere: it signs packages, and nothing else"}.about(
            key->fingerprint);
    return key->key;
}

Result<std::unique_ptr<crypto::Signer>> make_signer(const mos_key *key, const mos_certificate *certificate) {
    MOS_CHECK_HANDLE(key);
    std::vector<crypto::Certificate> chain;
    if (certificate != nullptr) {
        MOS_CHECK_HANDLE(certificate);
        chain = certificate->chain;
    }
    if (key->key == nullptr)
        return crypto::make_signer(*key->public_key, key->remote, std::move(chain), key->algorithm);
    return crypto::make_signer(crypto::PrivateKey{*key->key}, std::move(chain), key->algorithm);
}

}  // namespace mos::capi
