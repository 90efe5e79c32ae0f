// Text forms of bytes: hexadecimal, base64, and what may be shown to a person.
#include "target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace mos;
    const base::ByteView bytes = fuzz::input(data, size);
    const std::string_view text = base::as_text(bytes);
    if (const auto decoded = base::from_base64(text))
        fuzz::hold(base::to_base64(*decoded) == text, "bytes have one spelling in base64");
    if (const auto decoded = base::from_hex(text))
        fuzz::hold(fuzz::must(base::from_hex(base::to_hex(*decoded)), "hex is read back") == *decoded,
                   "hex is read back as the same bytes");
    fuzz::hold(fuzz::must(base::from_base64(base::to_base64(bytes)), "base64 is read back") == base::to_bytes(bytes),
               "base64 is read back as the same bytes");
    fuzz::hold(base::is_clean_text(base::printable(text)), "printable text is clean");
    if (base::is_clean_text(text))
        fuzz::hold(base::printable(text) == text, "clean text is shown as it is");
    return 0;
}
