#include "callback_data.hpp"
#include "files.hpp"
#include "guard.hpp"

#include <mos/crypto/limits.hpp>

#include <fmt/format.h>

#include <limits>

using namespace mos::capi;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::crypto::Certificate;
using mos::crypto::KeyType;
using mos::crypto::PrivateKey;
using mos::crypto::SignatureAlgorithm;

namespace {

constexpr std::int64_t day_s = 86'400;
constexpr std::uint32_t ca_days = 3650;
constexpr std::uint32_t signer_days = 825;
constexpr std::size_t max_common_name_bytes = 64;  // RFC 5280 appendix A.1, ub-common-name

std::unique_ptr<mos_key> wrap(PrivateKey key, std::shared_ptr<const Context> context) {
    auto handle = std::make_unique<mos_key>();
    handle->context = std::move(context);
    handle->fingerprint = key.public_key().fingerprint();
    handle->public_key = key.public_key();
    handle->key = std::make_shared<const PrivateKey>(std::move(key));
    return handle;
}

std::unique_ptr<mos_certificate> wrap(std::vector<Certificate> chain) {
    auto handle = std::make_unique<mos_certificate>();
    handle->fingerprint = chain.front().fingerprint();
    handle->chain = std::move(chain);
    return handle;
}

Result<KeyType> key_type(mos_key_type type) {
    switch (type) {
    case MOS_KEY_ED25519:
        return KeyType::ed25519;
    case MOS_KEY_ECC_P384:
        return KeyType::ecc_p384;
    case MOS_KEY_RSA_4096:
        return KeyType::rsa_4096;
    case MOS_KEY_ECC_P256:
        return KeyType::ecc_p256;
    case MOS_KEY_RSA_3072:
        return KeyType::rsa_3072;
    case MOS_KEY_RSA_2048:
        return KeyType::rsa_2048;
    default:
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} is no mos_key_type", type)};
    }
}

Result<void> check_passphrase(const char *passphrase) {
    if (passphrase == nullptr || *passphrase == '\0')
        return Error{Code::INVALID_ARGUMENT, "the passphrase is empty"};
    return {};
}

Result<PrivateKey> read_key(const char *path, std::string_view passphrase) {
    MOS_TRY(const std::string where, required_text(path, "the key's path"));
    MOS_TRY(mos::base::Bytes pem, read_whole(where, mos::crypto::max_key_bytes));
    auto parsed = PrivateKey::from_pem(mos::base::as_text(pem), where, passphrase);
    mos::crypto::wipe(pem.data(), pem.size());
    return parsed;
}

Result<void> store_key(const mos::crypto::SecretBytes &pem, const char *path) {
    MOS_TRY(const std::string where, required_text(path, "the key's path"));
    MOS_TRY(const NamedPlace place, open_place(where));
    return mos::base::create_file(*place.folder, place.name, pem, 0600);
}

// A failure is the callback's, and so is about its key; nothing is wrong with what is signed.
mos::crypto::RemoteSign remote_sign(mos_sign_callback sign, std::shared_ptr<void> owner, std::string fingerprint) {
    return [sign, owner = std::move(owner), fingerprint = std::move(fingerprint)](
               SignatureAlgorithm algorithm, mos::base::ByteView message) -> Result<mos::base::Bytes> {
        mos::base::Bytes signature(mos::crypto::max_signature_bytes);
        std::size_t size = 0;
        const std::string name{algorithm_name(algorithm)};
        const Result<std::int32_t> status = answer_of("sign", Code::IO, [&] {
            return sign(owner.get(), name.c_str(), reinterpret_cast<const uint8_t *>(message.data()), message.size(),
                        reinterpret_cast<uint8_t *>(signature.data()), signature.size(), &size);
        });
        if (!status)
            return Error{status.error()}.about(fingerprint);
        if (*status != 0)
            return Error{Code::IO,
                         fmt::format("the key that is elsewhere did not sign (its callback returned {})", *status)}
                .about(fingerprint)
                .with_remedy(callback_remedy);
        if (size == 0 || size > signature.size())
            return Error{Code::SIGNATURE_INVALID,
                         fmt::format("the callback that signs says that its signature has {} bytes, of at most {}",
                                     size, signature.size())}
                .about(fingerprint)
                .with_remedy("mend the callback that signs: it writes the signature, and how long it is");
        signature.resize(size);
        return signature;
    };
}

struct CertificateRequest {
    std::string subject;
    mos::crypto::Validity validity;
};

Result<CertificateRequest> read_request(const mos_certificate_options *options, std::uint32_t default_days,
                                        std::int64_t now_unix_s) {
    MOS_TRY(const mos_certificate_options given, read_options(options));
    MOS_TRY(const std::string name, required_text(given.common_name, "the certificate's common name"));
    if (name.size() > max_common_name_bytes || !mos::base::is_clean_text(name))
        return Error{Code::INVALID_ARGUMENT, fmt::format("the common name {} is longer than {} bytes or no clean text",
                                                         mos::base::in_quotes(name), max_common_name_bytes)};
    const std::int64_t from = given.not_before_unix_s != 0 ? given.not_before_unix_s : now_unix_s;
    const std::int64_t length_s = (given.validity_days != 0 ? given.validity_days : default_days) * day_s;
    if (from > std::numeric_limits<std::int64_t>::max() - length_s)
        return Error{Code::INVALID_ARGUMENT, "the certificate's validity ends beyond all times"};
    std::string escaped;  // RFC 4514 section 2.4
    for (const char c : name) {
        if (std::string_view{",+\"\\<>;=#"}.find(c) != std::string_view::npos)
            escaped += '\\';
        escaped += c;
    }
    return CertificateRequest{.subject = "CN=" + escaped,
                              .validity = {.not_before_unix_s = from, .not_after_unix_s = from + length_s}};
}

}  // namespace

int mos_key_generate(mos_context *context, mos_key_type type, mos_key **key, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(key);
        MOS_CHECK_HANDLE(context);
        MOS_TRY(const KeyType wanted, key_type(type));
        MOS_TRY(PrivateKey made, PrivateKey::generate(wanted));
        *key = wrap(std::move(made), context->context).release();
        return {};
    });
}

int mos_key_load(mos_context *context, const char *path, mos_key **key, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(key);
        MOS_CHECK_HANDLE(context);
        MOS_TRY(PrivateKey made, read_key(path, {}));
        *key = wrap(std::move(made), context->context).release();
        return {};
    });
}

int mos_key_load_encrypted(mos_context *context, const char *path, const char *passphrase, mos_key **key,
                           mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(key);
        MOS_CHECK_HANDLE(context);
        MOS_CHECK(check_passphrase(passphrase));
        MOS_TRY(PrivateKey made, read_key(path, passphrase));
        *key = wrap(std::move(made), context->context).release();
        return {};
    });
}

int mos_key_store(const mos_key *key, const char *path, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_TRY(const auto secret, private_half(key));
        return store_key(secret->to_pem(), path);
    });
}

int mos_key_store_encrypted(const mos_key *key, const char *path, const char *passphrase, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_TRY(const auto secret, private_half(key));
        MOS_CHECK(check_passphrase(passphrase));
        MOS_TRY(const mos::crypto::SecretBytes pem, secret->to_encrypted_pem(passphrase));
        return store_key(pem, path);
    });
}

int mos_key_use_algorithm(mos_key *key, const char *algorithm, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(key);
        const std::string wanted = text_or(algorithm, "");
        for (const SignatureAlgorithm own : key->public_key->algorithms())
            if (algorithm_name(own) == wanted) {
                key->algorithm = own;
                return {};
            }
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("a key of the kind {} does not sign by {}", key->public_key->algorithm_name(),
                                 mos::base::in_quotes(wanted))}
            .about(key->fingerprint);
    });
}

// NOLINTNEXTLINE(readability-function-size): its parameters are the C API's
int mos_key_create_remote(mos_context *context, const char *public_key_path, mos_sign_callback sign, void *user_data,
                          mos_destroy_callback destroy, mos_key **key, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        CallbackData data{user_data, destroy};  // first, so that it is freed whatever comes
        MOS_CHECK_OUTPUT(key);
        MOS_CHECK_HANDLE(context);
        if (sign == nullptr)
            return Error{Code::INVALID_ARGUMENT, "there is no callback that signs"};
        MOS_TRY(const std::string where, required_text(public_key_path, "the public key's path"));
        MOS_TRY(const mos::base::Bytes pem, read_whole(where, mos::crypto::max_key_bytes));
        MOS_TRY(mos::crypto::PublicKey half, mos::crypto::PublicKey::from_pem(mos::base::as_text(pem), where));
        auto handle = std::make_unique<mos_key>();
        handle->context = context->context;
        handle->fingerprint = half.fingerprint();
        handle->public_key = std::move(half);
        handle->remote = remote_sign(sign, data.share(), handle->fingerprint);
        *key = handle.release();
        return {};
    });
}

int mos_key_store_public(const mos_key *key, const char *path, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(key);
        MOS_TRY(const std::string where, required_text(path, "the key's path"));
        MOS_TRY(const NamedPlace place, open_place(where));
        const std::string pem = key->public_key->to_pem();
        return mos::base::replace_file(*place.folder, place.name, mos::base::as_bytes(pem), 0644);
    });
}

const char *mos_key_fingerprint(const mos_key *key) { return is_live(key) ? key->fingerprint.c_str() : ""; }

void mos_key_free(mos_key *key) {
    if (is_live(key))
        delete key;
}

int mos_certificate_create_ca(const mos_key *key, const mos_certificate_options *options, mos_certificate **certificate,
                              mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(certificate);
        MOS_TRY(const auto secret, private_half(key));
        MOS_TRY(const CertificateRequest request, read_request(options, ca_days, key->context->clock->now_unix_s()));
        MOS_TRY(Certificate made, mos::crypto::make_ca_certificate(*secret, request.subject, request.validity));
        *certificate = wrap({std::move(made)}).release();
        return {};
    });
}

int mos_certificate_issue(const mos_key *ca_key, const mos_certificate *ca, const mos_key *signer,
                          const mos_certificate_options *options, mos_certificate **certificate, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(certificate);
        MOS_CHECK_HANDLE(ca_key);
        MOS_TRY(const auto secret, private_half(ca_key));
        MOS_CHECK_HANDLE(ca);
        MOS_CHECK_HANDLE(signer);
        MOS_TRY(const CertificateRequest request,
                read_request(options, signer_days, ca_key->context->clock->now_unix_s()));
        MOS_TRY(Certificate made, mos::crypto::issue_signer_certificate(*secret, ca->chain.front(), *signer->public_key,
                                                                        request.subject, request.validity));
        *certificate = wrap({std::move(made)}).release();
        return {};
    });
}

int mos_certificate_load(mos_context *context, const char *path, mos_certificate **certificate, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(certificate);
        MOS_CHECK_HANDLE(context);
        MOS_TRY(const std::string where, required_text(path, "the certificate's path"));
        MOS_TRY(const mos::base::Bytes pem, read_whole(where, mos::crypto::max_certificate_file_bytes));
        MOS_TRY(std::vector<Certificate> chain, mos::crypto::parse_certificate_chain(mos::base::as_text(pem), where));
        if (chain.empty())
            return Error{Code::CERTIFICATE_INVALID, fmt::format("{} holds no certificate", mos::base::in_quotes(where))}
                .about(where);
        *certificate = wrap(std::move(chain)).release();
        return {};
    });
}

int mos_certificate_store(const mos_certificate *certificate, const char *path, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(certificate);
        MOS_TRY(const std::string where, required_text(path, "the certificate's path"));
        MOS_TRY(const NamedPlace place, open_place(where));
        std::string pem;
        for (const Certificate &one : certificate->chain)
            pem += one.to_pem();
        return mos::base::replace_file(*place.folder, place.name, mos::base::as_bytes(pem), 0644);
    });
}

const char *mos_certificate_fingerprint(const mos_certificate *certificate) {
    return is_live(certificate) ? certificate->fingerprint.c_str() : "";
}

const char *mos_certificate_subject(const mos_certificate *certificate) {
    return is_live(certificate) ? certificate->chain.front().subject().c_str() : "";
}

void mos_certificate_free(mos_certificate *certificate) {
    if (is_live(certificate))
        delete certificate;
}
