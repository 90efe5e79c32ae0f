// Certificates, in DER and in PEM, and the judgement of a chain: the last certificate of the input is taken for the
// root.
#include "target.hpp"

#include "certificate_fields.hpp"
#include "certificate_names.hpp"
#include "name.hpp"
#include "path_rules.hpp"

#include <mos/crypto/profile.hpp>

#include <algorithm>
#include <array>

namespace {

using mos::crypto::Certificate;
using mos::fuzz::hold;

// Signatures would keep most inputs from the names, so these are judged without.
void judge_names(const Certificate &certificate) {
    const mos::crypto::CertificateFields &fields = certificate.fields();
    hold(mos::crypto::compare_names(fields.subject, fields.subject) == mos::crypto::Likeness::same,
         "a name is like itself");
    hold(mos::crypto::compare_names(fields.subject, fields.issuer) ==
             mos::crypto::compare_names(fields.issuer, fields.subject),
         "two names are compared both ways alike");
    if (fields.alternative_names)
        for (const mos::crypto::GeneralName &name : fields.alternative_names->names) {
            hold(mos::base::is_clean_text(general_name_text(name)), "an alternative name can be shown");
            static_cast<void>(is_well_formed(name));
        }
    static_cast<void>(mos::crypto::check_names(certificate, true));
    const std::array path = {certificate, certificate};  // under its own constraints
    static_cast<void>(mos::crypto::check_name_constraints(path));
    static_cast<void>(mos::crypto::check_path(path, {certificate, {}, {}, {}, 1'800'000'000}, {}));
}

void check_certificate(const Certificate &certificate) {
    const Certificate again =
        mos::fuzz::must(Certificate::from_pem(certificate.to_pem(), "again"), "an accepted certificate is read back");
    hold(std::ranges::equal(again.der(), certificate.der()), "an accepted certificate is read back as the same");
    hold(mos::base::is_clean_text(certificate.subject()), "a subject can be shown");
    hold(mos::base::is_clean_text(certificate.issuer()), "an issuer can be shown");
    judge_names(certificate);
}

void check_path(std::span<const Certificate> chain) {
    constexpr std::int64_t now = 1'800'000'000;
    const mos::crypto::Profile weakest{.minimum_rsa_bits = mos::crypto::min_rsa_bits,
                                       .curves = mos::crypto::EllipticCurves::p256_and_p384,
                                       .max_intermediates = mos::crypto::max_path_intermediates};
    const auto path = mos::crypto::check_chain({chain.front(), chain.subspan(1), chain.last(1), {}, now}, weakest);
    if (!path)
        return;
    hold(path->certificates.size() <= mos::crypto::max_chain_certificates + 2, "a path is within its limit");
    for (const Certificate &certificate : path->certificates)
        hold(certificate.validity().not_before_unix_s <= now && now <= certificate.validity().not_after_unix_s,
             "every certificate of a path is valid");
    hold(!path->certificates.front().is_ca() && path->certificates.back().is_ca(), "a path goes from a leaf to a CA");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace mos;
    const base::ByteView bytes = fuzz::input(data, size);
    if (const auto certificate = Certificate::from_der(bytes, "input")) {
        hold(std::ranges::equal(certificate->der(), bytes), "a certificate has one spelling in DER");
        check_certificate(*certificate);
    }
    if (const auto chain = crypto::parse_certificate_chain(base::as_text(bytes), "input")) {
        hold(!chain->empty(), "a chain has certificates");
        for (const Certificate &certificate : *chain)
            check_certificate(certificate);
        check_path(*chain);
    }
    return 0;
}
