#include "limbo_case.hpp"

#include "certificate_fields.hpp"
#include "dns_name.hpp"
#include "ip_address.hpp"

#include <mos/crypto/limits.hpp>
#include <mos/crypto/profile.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace mos::vectors {

namespace {

using crypto::Certificate;
using crypto::GeneralName;
using crypto::NameKind;

std::optional<crypto::KeyPurpose> purpose_of(const std::string &text) {
    static const std::map<std::string, crypto::KeyPurpose> purposes = {
        {"serverAuth", crypto::KeyPurpose::server_auth},     {"clientAuth", crypto::KeyPurpose::client_auth},
        {"codeSigning", crypto::KeyPurpose::code_signing},   {"emailProtection", crypto::KeyPurpose::email_protection},
        {"timeStamping", crypto::KeyPurpose::time_stamping},
    };
    const auto found = purposes.find(text);
    return found == purposes.end() ? std::nullopt : std::optional{found->second};
}

// A certificate that can't be read is in no path. What was wrong with the first is kept for the reason.
std::vector<Certificate> read_certificates(const std::vector<std::string> &pems, std::string &first_fault) {
    std::vector<Certificate> certificates;
    for (const std::string &pem : pems) {
        Result<Certificate> certificate = Certificate::from_pem(pem, "one of the case");
        if (certificate)
            certificates.push_back(std::move(certificate).value());
        else if (first_fault.empty())
            first_fault = certificate.error().full_message();
    }
    return certificates;
}

bool is_name(const GeneralName &name, const PeerName &peer) {
    const std::string_view text = base::as_text(name.content);
    if (peer.kind == "DNS")
        return name.kind == NameKind::dns && crypto::equal_folded(text, peer.value);
    if (peer.kind == "IP")
        return name.kind == NameKind::ip_address && crypto::ip_address_text(name.content) == peer.value;
    return peer.kind == "RFC822" && name.kind == NameKind::mailbox && text == peer.value;
}

bool has_name(const Certificate &leaf, const PeerName &peer) {
    const auto &names = leaf.fields().alternative_names;
    return names && std::any_of(names->names.begin(), names->names.end(),
                                [&](const GeneralName &name) { return is_name(name, peer); });
}

// RFC 5280 section 4.2.1.3: the bit of each word; a certificate without the extension may be used for anything.
bool has_usage(const Certificate &leaf, const std::string &usage) {
    static const std::vector<std::string> words = {"digitalSignature", "contentCommitment", "keyEncipherment",
                                                   "dataEncipherment", "keyAgreement",      "keyCertSign",
                                                   "cRLSign",          "encipherOnly",      "decipherOnly"};
    const auto place = std::find(words.begin(), words.end(), usage) - words.begin();
    const auto &own = leaf.fields().key_usage;
    return !own || (*own >> place & 1U) != 0;
}

std::string algorithm_word(const Certificate &certificate) {
    const auto &algorithm = certificate.fields().signature.algorithm;
    if (!algorithm)
        return "none";
    const bool is_256 = algorithm->digest == crypto::DigestAlgorithm::sha256;
    const bool is_384 = algorithm->digest == crypto::DigestAlgorithm::sha384;
    return fmt::format("{}_WITH_SHA{}", algorithm->is_rsa ? "RSA" : "ECDSA", is_256 ? 256 : is_384 ? 384 : 512);
}

// What the case asks for besides the library's rules; a root's own signature is of no account.
std::optional<Decision> look_at_wishes(const ChainCase &test, const crypto::TrustedPath &path) {
    const Certificate &leaf = path.certificates.front();
    for (const std::string &usage : test.key_usages)
        if (!has_usage(leaf, usage))
            return refuse(fmt::format("the key usage of the leaf does not have {}", usage));
    const auto &allowed = test.signature_algorithms;
    for (std::size_t i = 0; !allowed.empty() && i + 1 < path.certificates.size(); ++i)
        if (const std::string word = algorithm_word(path.certificates[i]);
            std::find(allowed.begin(), allowed.end(), word) == allowed.end())
            return refuse(fmt::format("a certificate is signed by {}", word));
    for (const PeerName &peer : test.peer_names)
        if (!has_name(leaf, peer))
            return skip("decided by the peer name, which is not in the certificate to the letter");
    return std::nullopt;
}

}  // namespace

Decision decide(const ChainCase &test) {
    const Result<Certificate> leaf = Certificate::from_pem(test.leaf, "the leaf");
    if (!leaf)
        return refuse(leaf.error());
    std::string fault;
    const std::vector<Certificate> roots = read_certificates(test.roots, fault);
    const std::vector<Certificate> intermediates = read_certificates(test.intermediates, fault);
    std::vector<crypto::RevocationList> lists;
    for (const std::string &pem : test.revocation_lists) {
        Result<crypto::RevocationList> list = crypto::RevocationList::from_pem(pem, "a list of the case");
        if (!list)
            return refuse(list.error());
        lists.push_back(std::move(list).value());
    }
    crypto::Profile profile{.minimum_rsa_bits = crypto::min_rsa_bits,
                            .curves = crypto::EllipticCurves::p256_and_p384,
                            .max_intermediates = test.max_intermediates.value_or(crypto::max_path_intermediates)};
    for (const std::string &text : test.purposes) {
        const auto purpose = purpose_of(text);
        if (!purpose)
            return skip(fmt::format("the purpose {} is not supported", text));
        profile.purpose = *purpose;
        const Result<crypto::TrustedPath> path =
            crypto::check_chain({*leaf, intermediates, roots, lists, test.now_unix_s}, profile);
        if (!path)
            return refuse(path.error().full_message() + (fault.empty() ? "" : "; " + fault));
        if (const std::optional<Decision> decision = look_at_wishes(test, *path))
            return *decision;
    }
    return accept();
}

}  // namespace mos::vectors
