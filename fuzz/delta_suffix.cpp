#include "delta_apply.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    mos::fuzz::check_any_payload(mos::delta::Codec::suffix, mos::fuzz::input(data, size));
    return 0;
}
