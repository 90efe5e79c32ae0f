#include <mos/crypto/verify.hpp>

#include <mos/crypto/limits.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mos::crypto {

using base::ByteView;

namespace {

// Of several reasons the first of these is the one to report.
constexpr std::array order_of_reasons = {Code::SIGNATURE_INVALID, Code::SIGNER_UNTRUSTED, Code::CERTIFICATE_EXPIRED,
                                         Code::CERTIFICATE_INVALID, Code::ALGORITHM_REFUSED};

std::string claimed_fingerprint(const Signature &signature) { return "SHA256:" + base::to_hex(signature.key_id); }

Result<void> check_limits(std::span<const Signature> signatures) {
    const auto check = [](std::size_t found, std::size_t limit, std::string_view what) -> Result<void> {
        if (found > limit)
            return Error{Code::LIMIT, fmt::format("{} {}, at most {} are allowed", found, what, limit)};
        return {};
    };
    MOS_CHECK(check(signatures.size(), max_signatures, "signatures"));
    for (const Signature &signature : signatures) {
        MOS_CHECK(check(signature.key_id.size(), sizeof(Sha256Digest), "bytes in a key's name"));
        MOS_CHECK(check(signature.value.size(), max_signature_bytes, "bytes in a signature"));
        MOS_CHECK(check(signature.certificates.size(), max_chain_certificates, "certificates beside a signature"));
        for (const base::Bytes &certificate : signature.certificates)
            MOS_CHECK(check(certificate.size(), max_certificate_bytes, "bytes in a certificate"));
    }
    return {};
}

// Who signed, as far as the trust store vouches for it.
struct Voucher {
    std::string trust_entry;
    std::string signer;
    PublicKey key;
};

// What is known of a signer before it is judged, for the report.
struct Claim {
    std::string signer;
    std::string algorithm;
};

Error untrusted(const Signature &signature, const Certificate *leaf) {
    const std::string fingerprint = claimed_fingerprint(signature);
    std::string message =
        fmt::format("signed by key {}, whom nothing in the trust folder vouches for", base::in_quotes(fingerprint));
    if (leaf != nullptr)
        message = fmt::format("signed by {} ({}), whom nothing in the trust folder vouches for",
                              base::in_quotes(leaf->subject()), fingerprint);
    return Error{Code::SIGNER_UNTRUSTED, std::move(message)}.about(leaf != nullptr ? leaf->subject() : fingerprint);
}

Result<std::vector<Certificate>> read_certificates(const Signature &signature) {
    std::vector<Certificate> certificates;
    for (std::size_t i = 0; i < signature.certificates.size(); ++i) {
        MOS_TRY(Certificate certificate, Certificate::from_der(signature.certificates[i],
                                                               fmt::format("certificate {} beside the signature by {}",
                                                                           i + 1, claimed_fingerprint(signature))));
        certificates.push_back(std::move(certificate));
    }
    return certificates;
}

Result<Voucher> find_voucher(const Signature &signature, std::span<const Certificate> certificates,
                             const TrustStore &trust, const Decision &decision) {
    if (const TrustStore::PinnedKey *pinned = trust.find_pinned(signature.key_id); pinned != nullptr) {
        MOS_CHECK(check_key_strength(pinned->key, pinned->name, decision.profile));
        return Voucher{pinned->name, pinned->key.fingerprint(), pinned->key};
    }
    if (certificates.empty())
        return untrusted(signature, nullptr);
    const Certificate &leaf = certificates.front();
    if (!std::ranges::equal(leaf.public_key().id(), signature.key_id))
        return Error{Code::CERTIFICATE_INVALID,
                     fmt::format("certificate {} is not that of the key {} that signed",
                                 base::in_quotes(leaf.subject()), base::in_quotes(claimed_fingerprint(signature)))}
            .about(leaf.subject());
    const Result<TrustedPath> path = check_chain({.leaf = leaf,
                                                  .intermediates = certificates.subspan(1),
                                                  .roots = trust.roots(),
                                                  .revocation_lists = {},
                                                  .now_unix_s = decision.now_unix_s},
                                                 decision.profile);
    if (!path && path.error().code() == Code::SIGNER_UNTRUSTED)
        return untrusted(signature, &leaf);
    if (!path)
        return path.error();
    return Voucher{trust.root_name(path->root), leaf.subject(), leaf.public_key()};
}

Result<void> check_algorithm(const Signature &signature, const Voucher &voucher, const Decision &decision) {
    const std::span<const SignatureAlgorithm> own = voucher.key.algorithms();
    if (std::find(own.begin(), own.end(), signature.algorithm) == own.end())
        return Error{Code::ALGORITHM_REFUSED,
                     fmt::format("the signature by {} claims to be {}, but the key is {}",
                                 base::in_quotes(voucher.signer), algorithm_name(signature.algorithm),
                                 voucher.key.algorithm_name())}
            .about(voucher.signer);
    if (std::ranges::find(decision.allowed, signature.algorithm) == decision.allowed.end())
        return Error{Code::ALGORITHM_REFUSED,
                     fmt::format("the signature by {} is {}, which the policy does not allow",
                                 base::in_quotes(voucher.signer), voucher.key.algorithm_name(signature.algorithm))}
            .about(voucher.signer);
    return {};
}

Result<AcceptedSigner> judge(ByteView message, const Signature &signature, std::span<const Certificate> certificates,
                             const TrustStore &trust, const Decision &decision) {
    MOS_TRY(const Voucher voucher, find_voucher(signature, certificates, trust, decision));
    MOS_CHECK(check_algorithm(signature, voucher, decision));
    if (Result<void> verified = voucher.key.verify(signature.algorithm, message, signature.value); !verified)
        return Error{verified.error().code(),
                     fmt::format("the signature by {} does not fit what is signed", base::in_quotes(voucher.signer))}
            .about(voucher.signer)
            .caused_by(std::move(verified).error());
    return AcceptedSigner{voucher.trust_entry, voucher.signer, voucher.key.algorithm_name(signature.algorithm),
                          voucher.key.id()};
}

class Count {
  public:
    void add(ByteView message, const Signature &signature, const TrustStore &trust, const Decision &decision) {
        Claim claim{claimed_fingerprint(signature), std::string{algorithm_name(signature.algorithm)}};
        const bool is_pinned = trust.find_pinned(signature.key_id) != nullptr;
        const Result<std::vector<Certificate>> certificates =
            is_pinned ? Result<std::vector<Certificate>>{std::vector<Certificate>{}} : read_certificates(signature);
        if (!certificates)
            return reject(std::move(claim), certificates.error());
        if (!certificates->empty())
            claim.signer = certificates->front().subject();
        Result<AcceptedSigner> signer = judge(message, signature, *certificates, trust, decision);
        if (!signer)
            return reject(std::move(claim), std::move(signer).error());
        if (std::ranges::find(m_verdict.accepted, signer->key_id, &AcceptedSigner::key_id) != m_verdict.accepted.end())
            return reject(std::move(claim), Error{Code::EXISTS, fmt::format("{} has signed twice; a key counts once",
                                                                            base::in_quotes(signer->signer))});
        m_verdict.accepted.push_back(std::move(signer).value());
    }

    Result<Verdict> finish(unsigned required) && {
        if (m_verdict.accepted.size() >= required)
            return std::move(m_verdict);
        for (const Code code : order_of_reasons)
            for (const RejectedSigner &rejected : m_verdict.rejected)
                if (rejected.error.code() == code)
                    return required == 1 ? rejected.error : base::in_context(rejected.error, missing(required));
        for (const RejectedSigner &rejected : m_verdict.rejected)
            if (rejected.error.code() != Code::EXISTS)
                return rejected.error;
        return Error{Code::NOT_SIGNED, missing(required)};
    }

  private:
    void reject(Claim claim, Error error) {
        m_verdict.rejected.push_back({std::move(claim.signer), std::move(claim.algorithm), std::move(error)});
    }
    [[nodiscard]] std::string missing(unsigned required) const {
        return fmt::format("{} good signatures by different keys, {} are required", m_verdict.accepted.size(),
                           required);
    }

    Verdict m_verdict;
};

}  // namespace

Result<Verdict> verify_signatures(ByteView message, std::span<const Signature> signatures, const TrustStore &trust,
                                  const Decision &decision) {
    if (decision.required_signatures == 0)
        return Error{Code::INVALID_ARGUMENT, "a decision that requires no signature decides nothing"};
    MOS_CHECK(check_limits(signatures));
    if (signatures.empty())
        return Error{Code::NOT_SIGNED, "there is no signature"};
    Count count;
    for (const Signature &signature : signatures)
        count.add(message, signature, trust, decision);
    return std::move(count).finish(decision.required_signatures);
}

}  // namespace mos::crypto
