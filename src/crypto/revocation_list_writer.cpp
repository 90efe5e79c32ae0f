#include "certificate_fields.hpp"
#include "certificate_parts.hpp"
#include "oids.hpp"
#include "revocation_list_fields.hpp"

#include <mos/crypto/der.hpp>
#include <mos/crypto/limits.hpp>

#include <fmt/format.h>

#include <array>

namespace mos::crypto {

using base::Bytes;
using base::ByteView;
using der::Tag;

namespace {

Bytes number_of(std::uint64_t number) {
    std::array<std::byte, sizeof number> big_endian{};
    for (std::size_t i = 0; i < big_endian.size(); ++i)
        big_endian[i] = static_cast<std::byte>(number >> (8 * (big_endian.size() - 1 - i)) & 0xFFU);
    return der::unsigned_integer(big_endian);
}

// RFC 5280 section 5.3.1: no reason is better than "unspecified".
Bytes reason_extension(std::uint8_t reason) {
    if (reason == 0)
        return {};
    const std::byte value{reason};
    const Bytes code =
        extension(oid::reason_code, Criticality::ordinary, der::element(Tag::enumerated, {ByteView{&value, 1}}));
    return der::element(Tag::sequence, {code});
}

Result<Bytes> write_entry(const RevokedCertificate &entry) {
    const auto reason = revocation_reason_from_text(entry.revocation.reason);
    if (!reason && !entry.revocation.reason.empty())
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("{} is no reason for a revocation", base::in_quotes(entry.revocation.reason))};
    const Bytes serial = der::element(Tag::integer, {entry.serial});
    der::Reader reader{serial};
    if (!reader.unsigned_integer())
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("{} is no serial number", base::in_quotes(base::to_hex(entry.serial)))};
    MOS_TRY(const Bytes revoked, der::time(entry.revocation.revoked_unix_s));
    return der::element(Tag::sequence, {serial, revoked, reason_extension(reason.value_or(0))});
}

Result<Bytes> write_entries(std::span<const RevokedCertificate> entries) {
    if (entries.empty())  // RFC 5280 section 5.1.2.6: absent, not empty
        return Bytes{};
    Bytes list;
    for (const RevokedCertificate &entry : entries) {
        MOS_TRY(const Bytes one, write_entry(entry));
        list.insert(list.end(), one.begin(), one.end());
        if (list.size() > max_revocation_list_bytes)
            return Error{Code::LIMIT, fmt::format("a revocation list has at most {} bytes", max_revocation_list_bytes)};
    }
    return der::element(Tag::sequence, {list});
}

}  // namespace

Result<RevocationList> make_revocation_list(const PrivateKey &ca_key, const Certificate &ca_certificate,
                                            std::span<const RevokedCertificate> entries, std::uint64_t number,
                                            std::int64_t this_update_unix_s, std::int64_t next_update_unix_s) {
    MOS_CHECK(check_authority(ca_key, ca_certificate, key_usage_crl_sign, "sign revocation lists"));
    if (next_update_unix_s <= this_update_unix_s)
        return Error{Code::INVALID_ARGUMENT, "the revocation list would be out of date before it begins"};
    MOS_TRY(const Bytes this_update, der::time(this_update_unix_s));
    MOS_TRY(const Bytes next_update, der::time(next_update_unix_s));
    MOS_TRY(const Bytes revoked, write_entries(entries));
    constexpr std::byte version_2{1};
    const Bytes extensions =
        der::element(Tag::sequence, {authority_key_identifier(ca_certificate, ca_key.public_key()),
                                     extension(oid::crl_number, Criticality::ordinary, number_of(number))});
    const Bytes to_be_signed =
        der::element(Tag::sequence, {der::unsigned_integer({&version_2, 1}), signature_identifier(ca_key.public_key()),
                                     ca_certificate.fields().subject, this_update, next_update, revoked,
                                     der::element(der::context_constructed(0), {extensions})});
    MOS_TRY(const Bytes signed_list, sign_object(ca_key, to_be_signed));
    return RevocationList::from_der(signed_list, "new revocation list");
}

}  // namespace mos::crypto
