#include <mos/crypto/certificate.hpp>

#include "certificate_fields.hpp"
#include "pem.hpp"

#include <mos/crypto/limits.hpp>

#include <fmt/format.h>

namespace mos::crypto {

using base::ByteView;

namespace {

constexpr std::string_view pem_label = "CERTIFICATE";

Error unusable(std::string_view name, Error cause) {
    return Error{Code::CERTIFICATE_INVALID, fmt::format("{} is no usable certificate", base::in_quotes(name))}
        .about(std::string{name})
        .caused_by(std::move(cause));
}

Result<void> check_file_size(std::size_t size, std::string_view name) {
    if (size > max_certificate_file_bytes)
        return Error{Code::LIMIT, fmt::format("{} has {} bytes, at most {} are allowed", base::in_quotes(name), size,
                                              max_certificate_file_bytes)}
            .about(std::string{name});
    return {};
}

}  // namespace

Result<Certificate> Certificate::from_der(ByteView der, std::string_view name) {
    if (der.size() > max_certificate_bytes)
        return Error{Code::LIMIT, fmt::format("certificate {} has {} bytes, at most {} are allowed",
                                              base::in_quotes(name), der.size(), max_certificate_bytes)}
            .about(std::string{name});
    auto fields = read_certificate(der);
    if (!fields)
        return unusable(name, std::move(fields).error());
    return Certificate{std::move(fields).value()};
}

Result<Certificate> Certificate::from_pem(std::string_view pem, std::string_view name) {
    MOS_CHECK(check_file_size(pem.size(), name));
    const Result<SecretBytes> der = parse_single_pem(pem, pem_label);
    if (!der)
        return unusable(name, der.error());
    return from_der(*der, name);
}

ByteView Certificate::der() const noexcept { return m_fields->der; }

std::string Certificate::to_pem() const {
    const SecretBytes pem = write_pem(pem_label, m_fields->der);
    return std::string{base::as_text(pem)};
}

const std::string &Certificate::subject() const noexcept { return m_fields->subject_text; }
const std::string &Certificate::issuer() const noexcept { return m_fields->issuer_text; }
ByteView Certificate::serial() const noexcept { return m_fields->serial; }
Validity Certificate::validity() const noexcept { return m_fields->validity; }
const PublicKey &Certificate::public_key() const noexcept { return *m_fields->public_key; }
std::string Certificate::fingerprint() const { return "SHA256:" + base::to_hex(sha256(m_fields->der)); }
bool Certificate::is_ca() const noexcept { return m_fields->basic_constraints && m_fields->basic_constraints->is_ca; }

Result<std::vector<Certificate>> parse_certificate_chain(std::string_view pem, std::string_view name) {
    MOS_CHECK(check_file_size(pem.size(), name));
    const Result<std::vector<PemBlock>> blocks = parse_pem(pem, max_chain_certificates);
    if (!blocks && blocks.error().code() == Code::LIMIT)
        return Error{Code::LIMIT,
                     fmt::format("{} holds more than {} certificates", base::in_quotes(name), max_chain_certificates)}
            .about(std::string{name});
    if (!blocks)
        return unusable(name, blocks.error());
    if (blocks->empty())
        return unusable(name, Error{Code::FORMAT, "there is no PEM block 'CERTIFICATE'"});
    std::vector<Certificate> chain;
    for (const PemBlock &block : *blocks) {
        if (block.label != pem_label)
            return unusable(name, Error{Code::FORMAT, fmt::format("there is a PEM block {} among the certificates",
                                                                  base::in_quotes(block.label))});
        MOS_TRY(Certificate certificate, Certificate::from_der(block.content, name));
        chain.push_back(std::move(certificate));
    }
    return chain;
}

}  // namespace mos::crypto
