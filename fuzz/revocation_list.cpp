// Revocation lists, in DER and in PEM.
#include "target.hpp"

#include <mos/crypto/limits.hpp>
#include <mos/crypto/revocation_list.hpp>

#include <algorithm>

namespace {

using mos::crypto::RevocationList;
using mos::fuzz::hold;
using mos::fuzz::must;

void check_list(const RevocationList &list) {
    const RevocationList again =
        must(RevocationList::from_pem(list.to_pem(), "again"), "an accepted list is read back");
    hold(std::ranges::equal(again.der(), list.der()), "an accepted list is read back as the same");
    hold(mos::base::is_clean_text(list.issuer()), "an issuer can be shown");
    hold(list.number().size() <= 20, "a number is within its limit");
    hold(list.number().empty() || list.number().front() != std::byte{0}, "a number has no leading zeros");
    for (std::size_t i = 0; i < list.size(); ++i) {
        hold(!list.at(i).serial.empty(), "an entry has a serial number");
        hold(!list.at(i).revocation.reason.empty(), "an entry has a reason");
        hold(i == 0 || list.at(i - 1).serial <= list.at(i).serial, "entries are sorted");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace mos;
    const base::ByteView bytes = fuzz::input(data, size);
    if (const auto list = RevocationList::from_der(bytes, "input")) {
        hold(std::ranges::equal(list->der(), bytes), "a list has one spelling in DER");
        check_list(*list);
    }
    if (const auto list = RevocationList::from_pem(base::as_text(bytes), "input"))
        check_list(*list);
    return 0;
}
