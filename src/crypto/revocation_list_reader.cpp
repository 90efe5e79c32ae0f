#include "name.hpp"
#include "oids.hpp"
#include "revocation_list_fields.hpp"

#include <mos/crypto/der.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::crypto {

using base::ByteView;
using der::Tag;

namespace {

constexpr std::uint32_t version_2 = 1;  // as DER counts
constexpr std::size_t max_number_bytes = 20;

Error malformed(std::string_view what) { return Error{Code::FORMAT, std::string{what}}; }

// A list with one of these is not of one issuer for all its certificates, complete. They must be critical (RFC 5280
// sections 5.2.4, 5.2.5, 5.3.3); who forgot that means the same.
bool narrows_scope(const Extension &extension) {
    return oid::is(extension.id, oid::delta_list) || oid::is(extension.id, oid::issuing_distribution_point) ||
           oid::is(extension.id, oid::certificate_issuer);
}

Result<void> check_known(const Extension &extension) {
    if (extension.is_critical || narrows_scope(extension))
        return malformed(fmt::format("extension {} of a list is not supported", der::dotted(extension.id)));
    return {};
}

Result<void> read_reason(RevocationEntry &entry, ByteView value) {
    der::Reader reader{value};
    MOS_TRY(const der::Element reason, reader.next(Tag::enumerated));
    MOS_CHECK(reader.expect_end());
    if (reason.content.size() != 1 || !revocation_reason_text(std::to_integer<std::uint32_t>(reason.content[0])))
        return malformed("a reason for a revocation is unknown, or for delta lists alone");
    entry.reason = std::to_integer<std::uint8_t>(reason.content[0]);
    return {};
}

Result<RevocationEntry> read_entry(der::Reader entry) {
    RevocationEntry read;
    MOS_TRY(read.serial, entry.integer());
    MOS_TRY(read.revoked_unix_s, entry.time_unix_s());
    if (entry.at_end())
        return read;
    MOS_TRY(const der::Reader list, entry.enter(Tag::sequence));
    MOS_CHECK(entry.expect_end());
    MOS_TRY(const std::vector<Extension> extensions, read_extensions(list));
    for (const Extension &extension : extensions) {
        if (oid::is(extension.id, oid::reason_code))
            MOS_CHECK(read_reason(read, extension.value));
        else
            MOS_CHECK(check_known(extension));
    }
    return read;
}

Result<void> read_entries(RevocationListFields &fields, der::Reader list) {
    if (list.at_end())  // RFC 5280 section 5.1.2.6
        return malformed("the list of revoked certificates is empty instead of absent");
    while (!list.at_end()) {
        MOS_TRY(const der::Reader reader, list.enter(Tag::sequence));
        MOS_TRY(const RevocationEntry entry, read_entry(reader));
        fields.entries.push_back(entry);
    }
    std::stable_sort(fields.entries.begin(), fields.entries.end(),
                     [](const RevocationEntry &a, const RevocationEntry &b) {
                         return base::as_text(a.serial) < base::as_text(b.serial);
                     });
    return {};
}

// RFC 5280 section 5.2.3.
Result<void> read_number(RevocationListFields &fields, const Extension &extension) {
    if (extension.is_critical)
        return malformed("the number of the list is critical");
    der::Reader reader{extension.value};
    MOS_TRY(fields.number, reader.unsigned_integer());
    MOS_CHECK(reader.expect_end());
    if (fields.number.size() > max_number_bytes)
        return malformed(fmt::format("the number of the list has more than {} bytes", max_number_bytes));
    return {};
}

Result<void> read_list_extensions(RevocationListFields &fields, der::Reader list) {
    MOS_TRY(const std::vector<Extension> extensions, read_extensions(list));
    bool has_number = false;
    for (const Extension &extension : extensions) {
        if (oid::is(extension.id, oid::crl_number)) {
            MOS_CHECK(read_number(fields, extension));
            has_number = true;
        } else if (oid::is(extension.id, oid::authority_key_identifier)) {
            MOS_TRY(fields.authority_key_id, read_authority_key_id(extension));
        } else {
            MOS_CHECK(check_known(extension));
        }
    }
    if (!has_number)
        return malformed("the list has no number");
    if (fields.authority_key_id.is_critical)
        return malformed("the authority key identifier is critical");
    return {};
}

Result<void> read_header(RevocationListFields &fields, der::Reader &reader) {
    if (!reader.next_is(Tag::integer))
        return malformed("the list is of version 1, not 2");
    MOS_TRY(const std::uint32_t version, reader.small_unsigned_integer());
    if (version != version_2)
        return malformed("the list is not of version 2");
    MOS_TRY(const der::Element algorithm, reader.next(Tag::sequence));
    MOS_CHECK(check_same_algorithm(fields.signature, algorithm.whole));
    MOS_TRY(const der::Element issuer, reader.next(Tag::sequence));
    fields.issuer = issuer.whole;
    MOS_TRY(fields.issuer_text, name_text(issuer.whole));
    MOS_TRY(fields.this_update_unix_s, reader.time_unix_s());
    if (!reader.next_is(Tag::utc_time) && !reader.next_is(Tag::generalized_time))  // section 5.1.2.5
        return malformed("the list does not say when the next one is due");
    MOS_TRY(fields.next_update_unix_s, reader.time_unix_s());
    return {};
}

// TBSCertList (RFC 5280 section 5.1).
Result<void> read_to_be_signed(RevocationListFields &fields) {
    MOS_TRY(der::Reader reader, der::open(fields.signature.to_be_signed, Tag::sequence));
    MOS_CHECK(read_header(fields, reader));
    if (reader.next_is(Tag::sequence)) {
        MOS_TRY(const der::Reader entries, reader.enter(Tag::sequence));
        MOS_CHECK(read_entries(fields, entries));
    }
    if (!reader.next_is(der::context_constructed(0)))
        return malformed("the list has no number");
    MOS_TRY(der::Reader explicit_tag, reader.enter(der::context_constructed(0)));
    MOS_TRY(const der::Reader extensions, explicit_tag.enter(Tag::sequence));
    MOS_CHECK(explicit_tag.expect_end());
    MOS_CHECK(read_list_extensions(fields, extensions));
    if (fields.authority_key_id.key_id.empty())  // section 5.2.1
        return malformed("the list does not identify the key that signed it");
    return reader.expect_end();
}

}  // namespace

Result<std::shared_ptr<const RevocationListFields>> read_revocation_list(ByteView der) {
    auto fields = std::make_shared<RevocationListFields>(der);
    MOS_TRY(fields->signature, read_issuer_signature(fields->der));
    MOS_CHECK(read_to_be_signed(*fields));
    return std::shared_ptr<const RevocationListFields>{std::move(fields)};
}

}  // namespace mos::crypto
