#include "certificate_names.hpp"

#include "certificate_fields.hpp"
#include "dns_name.hpp"
#include "ip_address.hpp"
#include "name.hpp"
#include "oids.hpp"
#include "path_rules.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mos::crypto {

namespace {

bool is_empty_name(base::ByteView name) { return name.size() == 2; }  // identifier and length of an empty SEQUENCE

// RFC 5280 section 4.2.1.6.
Result<void> check_alternative_names(const Certificate &certificate) {
    const CertificateFields &fields = certificate.fields();
    if (is_empty_name(fields.subject) && (certificate.is_ca() || !fields.alternative_names))
        return refusal(certificate, "has no subject");
    if (!fields.alternative_names)
        return {};
    if (fields.alternative_names->is_critical != is_empty_name(fields.subject))
        return refusal(certificate, fields.alternative_names->is_critical
                                        ? "has alternative names that are critical though it has a subject"
                                        : "has no subject, and its alternative names are not critical");
    for (const GeneralName &name : fields.alternative_names->names)
        if (!is_well_formed(name))
            return refusal(certificate, fmt::format("has a malformed alternative name: {}", general_name_text(name)));
    return {};
}

// A DNS name to the character, or the domain of a wildcard; an address in its canonical text.
bool repeats(std::string_view common_name, const GeneralName &name) {
    const std::string_view text = base::as_text(name.content);
    if (name.kind == NameKind::dns)
        return common_name == text || (text.starts_with("*.") && common_name == text.substr(2));
    return name.kind == NameKind::ip_address && common_name == ip_address_text(name.content);
}

// What a person is shown must not differ from what programs compare. Something that only looks like a host is no host
// to a program; what is one can't contradict alternative names of which none is of its kind.
bool may_stand_beside(const der::Element &common_name, const std::vector<GeneralName> &names) {
    const auto any = [&](const auto &predicate) { return std::any_of(names.begin(), names.end(), predicate); };
    const std::string_view text = base::as_text(common_name.content);
    const bool has_dns = any([](const GeneralName &name) { return name.kind == NameKind::dns; });
    const bool has_address = any([](const GeneralName &name) { return name.kind == NameKind::ip_address; });
    if ((!has_dns && !has_address) || (is_dns_pattern(text) && !has_dns))
        return true;
    const bool is_text = common_name.tag == der::Tag::utf8_string || common_name.tag == der::Tag::printable_string;
    return is_text && any([&](const GeneralName &name) { return repeats(text, name); });
}

// Baseline Requirements section 7.1.4.3.
Result<void> check_common_name(const Certificate &certificate) {
    const CertificateFields &fields = certificate.fields();
    if (!fields.alternative_names)
        return {};
    MOS_TRY(const std::vector<RelativeName> subject, read_name(fields.subject));
    for (const RelativeName &relative_name : subject)
        for (const NameAttribute &attribute : relative_name)
            if (oid::is(attribute.type, oid::common_name) &&
                !may_stand_beside(attribute.value, fields.alternative_names->names))
                return refusal(certificate, "has a common name that is none of its alternative names");
    return {};
}

}  // namespace

Result<void> check_names(const Certificate &certificate, bool is_leaf) {
    if (is_empty_name(certificate.fields().issuer))  // RFC 5280 section 4.1.2.4
        return refusal(certificate, "has no issuer");
    MOS_CHECK(check_alternative_names(certificate));
    return is_leaf ? check_common_name(certificate) : Result<void>{};
}

}  // namespace mos::crypto
