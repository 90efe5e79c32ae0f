#include "files.hpp"
#include "guard.hpp"

#include <fmt/format.h>

#include <limits>

using namespace mos::capi;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::crypto::Certificate;
using mos::crypto::KeyType;
using mos::crypto::PrivateKey;

namespace {

constexpr std::size_t max_key_file_bytes = 64U << 10U;
constexpr std::size_t max_certificate_file_bytes = 1U << 20U;
constexpr std::int64_t day_s = 86'400;
constexpr std::uint32_t ca_days = 3650;
constexpr std::uint32_t signer_days = 825;
constexpr std::size_t max_common_name_bytes = 64;  // RFC 5280 appendix A.1, ub-common-name

std::unique_ptr<mos_key> wrap(PrivateKey key, std::shared_ptr<const Context> context) {
    auto handle = std::make_unique<mos_key>();
    handle->context = std::move(context);
    handle->fingerprint = key.public_key().fingerprint();
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
    default:
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} is no mos_key_type", type)};
    }
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
        MOS_CHECK(check_output(key));
        MOS_CHECK(check_handle(context));
        MOS_TRY(const KeyType wanted, key_type(type));
        MOS_TRY(PrivateKey made, PrivateKey::generate(wanted));
        *key = wrap(std::move(made), context->context).release();
        return {};
    });
}

int mos_key_load(mos_context *context, const char *path, mos_key **key, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK(check_output(key));
        MOS_CHECK(check_handle(context));
        MOS_TRY(const std::string where, required_text(path, "the key's path"));
        MOS_TRY(mos::base::Bytes pem, read_whole(where, max_key_file_bytes));
        auto parsed = PrivateKey::from_pem(mos::base::as_text(pem), where);
        mos::crypto::wipe(pem.data(), pem.size());
        MOS_TRY(PrivateKey made, std::move(parsed));
        *key = wrap(std::move(made), context->context).release();
        return {};
    });
}

int mos_key_store(const mos_key *key, const char *path, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK(check_handle(key));
        MOS_TRY(const std::string where, required_text(path, "the key's path"));
        MOS_TRY(const NamedPlace place, open_place(where));
        const mos::crypto::SecretBytes pem = key->key->to_pem();
        return mos::base::create_file(*place.folder, place.name, pem, 0600);
    });
}

int mos_key_store_public(const mos_key *key, const char *path, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK(check_handle(key));
        MOS_TRY(const std::string where, required_text(path, "the key's path"));
        MOS_TRY(const NamedPlace place, open_place(where));
        const std::string pem = key->key->public_key().to_pem();
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
        MOS_CHECK(check_output(certificate));
        MOS_CHECK(check_handle(key));
        MOS_TRY(const CertificateRequest request, read_request(options, ca_days, key->context->clock->now_unix_s()));
        MOS_TRY(Certificate made, mos::crypto::make_ca_certificate(*key->key, request.subject, request.validity));
        *certificate = wrap({std::move(made)}).release();
        return {};
    });
}

int mos_certificate_issue(const mos_key *ca_key, const mos_certificate *ca, const mos_key *signer,
                          const mos_certificate_options *options, mos_certificate **certificate, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK(check_output(certificate));
        MOS_CHECK(check_handle(ca_key));
        MOS_CHECK(check_handle(ca));
        MOS_CHECK(check_handle(signer));
        MOS_TRY(const CertificateRequest request,
                read_request(options, signer_days, ca_key->context->clock->now_unix_s()));
        MOS_TRY(Certificate made,
                mos::crypto::issue_signer_certificate(*ca_key->key, ca->chain.front(), signer->key->public_key(),
                                                      request.subject, request.validity));
        *certificate = wrap({std::move(made)}).release();
        return {};
    });
}

int mos_certificate_load(mos_context *context, const char *path, mos_certificate **certificate, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK(check_output(certificate));
        MOS_CHECK(check_handle(context));
        MOS_TRY(const std::string where, required_text(path, "the certificate's path"));
        MOS_TRY(const mos::base::Bytes pem, read_whole(where, max_certificate_file_bytes));
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
        MOS_CHECK(check_handle(certificate));
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
