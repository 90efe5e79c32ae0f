// Files of the trust folder: an accepted entry is read back as the same, and may be asked about anything.
#include "target.hpp"

#include <mos/crypto/trust_entry.hpp>

#include <array>
#include <string>

namespace {

using mos::crypto::TrustEntry;
using mos::fuzz::hold;
using mos::fuzz::must;

// Many beginnings that match, and an end that does not: what makes a pattern with many stars slow.
const std::string long_name(200, 'a');

void ask(const TrustEntry &entry) {
    const std::array<std::string_view, 5> texts = {"", "kernel-image", "application", long_name, "b\xff[*"};
    for (const std::string_view name : texts)
        for (const std::string_view type : texts) {
            const auto answer =
                mos::crypto::check_scope(entry, {name, type}, mos::crypto::TrustLevel::medium, 1'800'000'000);
            if (answer)
                continue;
            hold(answer.error().code() == mos::Code::SIGNER_NOT_ALLOWED, "what an entry may not do has one error");
            hold(mos::base::is_clean_text(answer.error().message()), "a refusal can be shown");
        }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace mos;
    const auto entry = crypto::parse_trust_entry(base::as_text(fuzz::input(data, size)), "input");
    if (!entry) {
        hold(base::is_clean_text(entry.error().full_message()), "a refusal can be shown");
        return 0;
    }
    must(crypto::check_trust_entry(entry->name, entry->scope), "an accepted entry may be written");
    const std::string text = crypto::write_trust_entry(*entry);
    const TrustEntry again = must(crypto::parse_trust_entry(text, "input"), "an accepted entry is read back");
    hold(again.name == entry->name && again.scope == entry->scope, "an accepted entry is read back as the same");
    hold(again.fingerprint() == entry->fingerprint(), "an entry keeps its certificate or key");
    hold(crypto::write_trust_entry(again) == text, "an entry has one spelling");
    ask(again);
    return 0;
}
