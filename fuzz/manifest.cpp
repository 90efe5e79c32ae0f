// The manifest and its times: what is accepted is written in a form that is read back and written the same.
#include "target.hpp"

#include <mos/base/timestamp.hpp>
#include <mos/package/manifest.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace mos;
    const std::string_view text = base::as_text(fuzz::input(data, size));
    if (const auto time = mos::base::parse_timestamp(text))
        fuzz::hold(mos::base::write_timestamp(*time) == text, "a time has one spelling");
    const auto manifest = package::parse_manifest(text);
    if (!manifest)
        return 0;
    const std::string written = package::write_manifest(*manifest);
    // The canonical form is longer than what a person wrote: indented, and with the defaults in it.
    constexpr std::uint64_t most_bytes = 64U << 20U;
    const auto again = fuzz::must(package::parse_manifest(written, {.manifest_bytes = most_bytes}),
                                  "an accepted manifest is read back");
    fuzz::hold(package::write_manifest(again) == written, "the canonical form of a manifest is stable");
    return 0;
}
