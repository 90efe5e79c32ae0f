#include <mos/crypto/verify.hpp>

#include <mos/crypto/limits.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mos::crypto {

using base::ByteView;

namespace {

// Of several reasons the first of these is the one to report.
constexpr std::array order_of_reasons = {Code::SIGNATURE_INVALID,   Code::SIGNER_UNTRUSTED,   Code::SIGNER_NOT_ALLOWED,
                                         Code::CERTIFICATE_REVOKED, Code::REVOCATION_UNKNOWN, Code::CERTIFICATE_EXPIRED,
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
    const TrustEntry &entry;
    std::string signer;
    PublicKey key;
    std::vector<std::string> path;
    std::optional<Validity> validity;
};

// All that a signature is judged by.
struct Court {
    ByteView message;
    const Subject &subject;
    const TrustStore &trust;
    const Decision &decision;
    PublicKeyBudget *budget;
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

Result<Voucher> vouch_by_pin(const TrustEntry &entry, const Court &court) {
    MOS_CHECK(check_key_strength(entry.key(), entry.name, court.decision.profile));
    MOS_CHECK(check_scope(entry, court.subject, court.decision.minimum_level, court.decision.now_unix_s));
    if (court.decision.require_certificate)
        return Error{Code::SIGNER_NOT_ALLOWED,
                     fmt::format("key {} is pinned, and the policy asks for a signer whom an authority has certified",
                                 base::in_quotes(entry.id))}
            .about(entry.id);
    return Voucher{entry, entry.key().fingerprint(), entry.key(), {}, {}};
}

// The roots that `admits` lets through, and the entries that they are of.
struct Roots {
    std::vector<Certificate> certificates;
    std::vector<const TrustEntry *> entries;
};

template <class Admits>
Roots roots_of(const TrustStore &trust, const Admits &admits) {
    Roots roots;
    for (const TrustEntry &entry : trust.entries())
        if (entry.certificate() != nullptr && admits(entry)) {
            roots.certificates.push_back(*entry.certificate());
            roots.entries.push_back(&entry);
        }
    return roots;
}

Result<Voucher> vouch_by_roots(const Certificate &leaf, std::span<const Certificate> intermediates, const Roots &roots,
                               const Court &court) {
    MOS_TRY(const TrustedPath path, check_chain({.leaf = leaf,
                                                 .intermediates = intermediates,
                                                 .roots = roots.certificates,
                                                 .revocation_lists = court.trust.revocation_lists(),
                                                 .now_unix_s = court.decision.now_unix_s,
                                                 .signed_unix_s = court.subject.created_unix_s,
                                                 .budget = court.budget},
                                                court.decision.profile));
    Voucher voucher{*roots.entries[path.root], leaf.subject(), leaf.public_key(), {}, leaf.validity()};
    for (const Certificate &certificate : path.certificates)
        voucher.path.push_back(certificate.subject());
    return voucher;
}

// A voucher, or why there is none; and who vouches for the signer at all.
struct Search {
    Result<Voucher> voucher;
    std::optional<KnownSigner> known = {};
};

KnownSigner known_by(const Voucher &voucher) { return {voucher.entry.name, voucher.path}; }

Search found(Result<Voucher> voucher) {
    std::optional<KnownSigner> known;
    if (voucher)
        known = known_by(*voucher);
    return {std::move(voucher), std::move(known)};
}

Search search_chain(const Signature &signature, std::span<const Certificate> certificates, const Court &court) {
    if (certificates.empty())
        return {untrusted(signature, nullptr)};
    const Certificate &leaf = certificates.front();
    if (!std::ranges::equal(leaf.public_key().id(), signature.key_id))
        return {Error{Code::CERTIFICATE_INVALID,
                      fmt::format("certificate {} is not that of the key {} that signed",
                                  base::in_quotes(leaf.subject()), base::in_quotes(claimed_fingerprint(signature)))}
                    .about(leaf.subject())};
    const auto scope = [&](const TrustEntry &entry) {
        return check_scope(entry, court.subject, court.decision.minimum_level, court.decision.now_unix_s);
    };
    Result<Voucher> voucher =
        vouch_by_roots(leaf, certificates.subspan(1),
                       roots_of(court.trust, [&](const TrustEntry &entry) { return scope(entry).ok(); }), court);
    if (voucher || voucher.error().code() != Code::SIGNER_UNTRUSTED)
        return found(std::move(voucher));
    // Somebody else may vouch for the signer, but not for this.
    const Result<Voucher> beyond = vouch_by_roots(
        leaf, certificates.subspan(1), roots_of(court.trust, [](const TrustEntry & /*entry*/) { return true; }), court);
    if (!beyond && beyond.error().code() == Code::LIMIT)
        return {beyond.error()};
    if (!beyond)
        return {untrusted(signature, &leaf)};
    return {scope(beyond->entry).error(), known_by(*beyond)};
}

// A pin adds to what authorities vouch for, and takes nothing of it away. Where neither vouches, the pin's refusal is
// told, for it is about this very key; what the chain was refused for stands below it, where an authority is known at
// all.
Search search_both(const TrustEntry &pinned, const Signature &signature, const Court &court) {
    Search by_pin{vouch_by_pin(pinned, court), KnownSigner{pinned.name, {}}};
    if (by_pin.voucher || signature.certificates.empty())
        return by_pin;
    const Result<std::vector<Certificate>> certificates = read_certificates(signature);
    if (!certificates)
        return by_pin;
    Search by_chain = search_chain(signature, *certificates, court);
    if (by_chain.voucher)
        return by_chain;
    if (by_chain.voucher.error().code() == Code::SIGNER_UNTRUSTED)
        return by_pin;
    return {std::move(by_pin.voucher).error().caused_by(std::move(by_chain.voucher).error()), std::move(by_pin.known)};
}

Search search(const Signature &signature, std::span<const Certificate> certificates, const Court &court) {
    if (const TrustEntry *const pinned = court.trust.find_pinned(signature.key_id); pinned != nullptr)
        return search_both(*pinned, signature, court);
    return search_chain(signature, certificates, court);
}

Result<void> check_algorithm(const Signature &signature, const Voucher &voucher, const Decision &decision) {
    const std::span<const SignatureAlgorithm> own = voucher.key.algorithms();
    if (std::find(own.begin(), own.end(), signature.algorithm) == own.end())
        return Error{Code::ALGORITHM_REFUSED,
                     fmt::format("the signature by {} claims to be {}, but the key is {}",
                                 base::in_quotes(voucher.signer), algorithm_name(signature.algorithm),
                                 voucher.key.algorithm_name())}
            .about(voucher.signer);
    const bool is_allowed = std::ranges::any_of(decision.allowed, [&](const AllowedAlgorithm &allowed) {
        return allowed.algorithm == signature.algorithm &&
               (voucher.key.family() != KeyFamily::rsa || voucher.key.bits() >= allowed.minimum_rsa_bits);
    });
    if (!is_allowed)
        return Error{Code::ALGORITHM_REFUSED,
                     fmt::format("the signature by {} is {}, which the policy does not allow",
                                 base::in_quotes(voucher.signer), voucher.key.algorithm_name(signature.algorithm))}
            .about(voucher.signer);
    return {};
}

Result<AcceptedSigner> judge(const Signature &signature, Voucher voucher, const Court &court) {
    MOS_CHECK(check_algorithm(signature, voucher, court.decision));
    MOS_CHECK(court.budget->spend());
    if (Result<void> verified = voucher.key.verify(signature.algorithm, court.message, signature.value); !verified) {
        const Code code = verified.error().code();
        return Error{code,
                     fmt::format("the signature by {} does not fit what is signed", base::in_quotes(voucher.signer))}
            .about(voucher.signer)
            .caused_by(std::move(verified).error());
    }
    return AcceptedSigner{.trust_entry = voucher.entry.id,
                          .trust_name = voucher.entry.name,
                          .signer = voucher.signer,
                          .algorithm = voucher.key.algorithm_name(signature.algorithm),
                          .key_id = voucher.key.id(),
                          .level = voucher.entry.scope.level,
                          .path = std::move(voucher.path),
                          .validity = voucher.validity};
}

// Whether it is a signature of the key that it names, whoever trusts that key; none where that can't be told.
std::optional<bool> fits(const Signature &signature, std::span<const Certificate> certificates, const Court &court) {
    const TrustEntry *const pinned = court.trust.find_pinned(signature.key_id);
    if (pinned == nullptr && certificates.empty())
        return std::nullopt;
    const PublicKey &key = pinned != nullptr ? pinned->key() : certificates.front().public_key();
    if (!std::ranges::equal(key.id(), signature.key_id))
        return false;
    if (!court.budget->spend())
        return std::nullopt;
    return key.verify(signature.algorithm, court.message, signature.value).ok();
}

// What became of one signature.
struct Opinion {
    Claim claim;
    Result<AcceptedSigner> signer;
    std::optional<bool> fits = true;
    std::optional<KnownSigner> known = {};
};

Opinion form_opinion(const Signature &signature, const Court &court) {
    Claim claim{claimed_fingerprint(signature), std::string{algorithm_name(signature.algorithm)}};
    std::vector<Certificate> certificates;
    if (court.trust.find_pinned(signature.key_id) == nullptr) {
        Result<std::vector<Certificate>> read = read_certificates(signature);
        if (!read)
            return {std::move(claim), std::move(read).error(), std::nullopt};
        certificates = std::move(read).value();
    }
    if (!certificates.empty())
        claim.signer = certificates.front().subject();
    Search vouched = search(signature, certificates, court);
    Result<AcceptedSigner> signer = vouched.voucher ? judge(signature, std::move(vouched.voucher).value(), court)
                                                    : Result<AcceptedSigner>{std::move(vouched.voucher).error()};
    if (signer)
        return {std::move(claim), std::move(signer)};
    const bool was_verified = signer.error().code() == Code::SIGNATURE_INVALID;
    return {std::move(claim), std::move(signer), was_verified ? false : fits(signature, certificates, court),
            std::move(vouched.known)};
}

struct Hearing {
    std::vector<Opinion> opinions;
    std::size_t operations = 0;
};

// First each signature within what it has to itself, then those that needed more within what is left.
Hearing hear(std::span<const Signature> signatures, Court court) {
    Hearing hearing;
    std::vector<std::size_t> unfinished;
    for (const Signature &signature : signatures) {
        PublicKeyBudget own{own_public_key_operations};
        court.budget = &own;
        hearing.opinions.push_back(form_opinion(signature, court));
        hearing.operations += own.spent();
        if (own.is_overdrawn())
            unfinished.push_back(hearing.opinions.size() - 1);
    }
    PublicKeyBudget rest{max_public_key_operations - hearing.operations};
    court.budget = &rest;
    for (const std::size_t i : unfinished) {
        Opinion opinion = form_opinion(signatures[i], court);
        if (opinion.signer || opinion.signer.error().code() != Code::LIMIT)
            hearing.opinions[i] = std::move(opinion);
    }
    hearing.operations += rest.spent();
    return hearing;
}

void add_to(Verdict &verdict, Opinion opinion) {
    const auto reject = [&](Error error) {
        verdict.rejected.push_back({std::move(opinion.claim.signer), std::move(opinion.claim.algorithm),
                                    std::move(error), opinion.fits, std::move(opinion.known)});
    };
    if (!opinion.signer)
        return reject(std::move(opinion.signer).error());
    AcceptedSigner &signer = *opinion.signer;
    if (std::ranges::find(verdict.accepted, signer.key_id, &AcceptedSigner::key_id) != verdict.accepted.end())
        return reject(
            Error{Code::EXISTS, fmt::format("{} has signed twice; a key counts once", base::in_quotes(signer.signer))});
    verdict.accepted.push_back(std::move(signer));
}

}  // namespace

Result<Verdict> judge_signatures(ByteView message, const Subject &subject, std::span<const Signature> signatures,
                                 const TrustStore &trust, const Decision &decision) {
    MOS_CHECK(check_limits(signatures));
    Hearing hearing = hear(signatures, {message, subject, trust, decision, nullptr});
    Verdict verdict;
    verdict.public_key_operations = hearing.operations;
    for (Opinion &opinion : hearing.opinions)
        add_to(verdict, std::move(opinion));
    return verdict;
}

Result<void> count_signatures(const Verdict &verdict, const Decision &decision) {
    const unsigned required = decision.required_signatures;
    if (required == 0)
        return Error{Code::INVALID_ARGUMENT, "a decision that requires no signature decides nothing"};
    if (verdict.accepted.size() >= required)
        return {};
    if (verdict.accepted.empty() && verdict.rejected.empty())
        return Error{Code::NOT_SIGNED, "there is no signature"};
    const std::string missing =
        fmt::format("{} good signatures by different keys, {} are required", verdict.accepted.size(), required);
    for (const Code code : order_of_reasons)
        for (const RejectedSigner &rejected : verdict.rejected)
            if (rejected.error.code() == code)
                return required == 1 ? rejected.error : base::in_context(rejected.error, missing);
    for (const RejectedSigner &rejected : verdict.rejected)
        if (rejected.error.code() != Code::EXISTS)
            return rejected.error;
    return Error{Code::NOT_SIGNED, missing};
}

Result<Verdict> verify_signatures(ByteView message, const Subject &subject, std::span<const Signature> signatures,
                                  const TrustStore &trust, const Decision &decision) {
    MOS_TRY(Verdict verdict, judge_signatures(message, subject, signatures, trust, decision));
    MOS_CHECK(count_signatures(verdict, decision));
    return verdict;
}

}  // namespace mos::crypto
