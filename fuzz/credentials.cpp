// What the database keeps of who vouched for a package: what is accepted is written again byte for byte.
#include "target.hpp"

#include <mos/package/credentials.hpp>

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace mos;
    const base::ByteView bytes = fuzz::input(data, size);
    const auto credentials = package::read_credentials(bytes);
    if (!credentials) {
        fuzz::hold(base::is_clean_text(credentials.error().message()), "a refusal can be shown");
        return 0;
    }
    const auto again = fuzz::must(package::write_credentials(credentials->statement_bytes, credentials->area,
                                                             credentials->statement.signature_area_bytes),
                                  "credentials are written again");
    fuzz::hold(std::ranges::equal(again, bytes), "credentials have one spelling");
    return 0;
}
