// The signature area, and the judgement of what it claims to be signatures over a genuine statement.
#include "sample.hpp"
#include "target.hpp"

#include <mos/crypto/verify.hpp>
#include <mos/package/layout.hpp>
#include <mos/package/signature_area.hpp>
#include <mos/package/writer.hpp>

#include <algorithm>

namespace {

using namespace mos;

struct Judge {
    base::Bytes message;
    crypto::TrustStore trust;
    crypto::Decision decision;
};

Judge make_judge() {
    Judge judge;
    const base::Bytes package = fuzz::sample_package(package::uncompressed, fuzz::Signed::no);
    judge.message = package::signed_message(
        base::ByteView{package}.subspan(package::layout_of({}).statement, package::statement_bytes));
    for (const std::string_view pem : {fuzz::ed25519_pem, fuzz::p384_pem}) {
        const auto key = fuzz::must(crypto::PrivateKey::from_pem(pem, "sample"), "a key is read");
        fuzz::must(judge.trust.add(key.public_key().fingerprint(), key.public_key()), "a key is pinned");
    }
    judge.decision.now_unix_s = 1'800'000'000;
    return judge;
}

void check_verdict(const Judge &judge, const package::SignatureArea &area) {
    const auto verdict = crypto::verify_signatures(judge.message, {.name = "sample", .type = "application"},
                                                   area.known(), judge.trust, judge.decision);
    if (!verdict)
        return;
    fuzz::hold(!verdict->accepted.empty(), "a verdict has a signer");
    for (const crypto::AcceptedSigner &signer : verdict->accepted)
        fuzz::hold(signer.signer == signer.trust_entry, "only a pinned key vouches, and by its own name");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    static const Judge judge = make_judge();
    const base::ByteView bytes = fuzz::input(data, size);
    const package::Limits limits;
    const auto area = package::decode_signature_area(bytes, limits);
    if (!area)
        return 0;
    const auto reserved = static_cast<std::uint32_t>(bytes.size());
    const auto again = fuzz::must(package::encode_signature_area(*area, reserved, limits), "an area is written again");
    fuzz::hold(std::ranges::equal(again, bytes), "a signature area has one spelling");
    if (const auto frame = package::build_last_frame(*area, reserved))
        fuzz::hold(frame->size() == package::last_frame_stored_bytes(reserved), "the last frame has a fixed size");
    check_verdict(judge, *area);
    return 0;
}
