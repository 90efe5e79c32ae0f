// A delta as one file: its header, and whatever codec that names.
#include "delta_apply.hpp"

#include <algorithm>

using namespace mos;

namespace {

// Fuzzers find no digests: the header's check is made to fit what it says.
base::Bytes repaired(base::ByteView bytes) {
    constexpr std::size_t check_bytes = 8;
    base::Bytes header = base::to_bytes(bytes.first(delta::header_bytes));
    const auto check = crypto::sha256(base::ByteView{header}.first(header.size() - check_bytes));
    std::copy_n(check.begin(), check_bytes, header.end() - check_bytes);
    return header;
}

void apply_as(const delta::DeltaInfo &info, base::ByteView payload) {
    base::Bytes file = delta::encode_header(info);
    file.insert(file.end(), payload.begin(), payload.end());
    const auto base = base::make_memory_source(fuzz::delta_base(), "base");
    const auto result =
        delta::apply_delta_to_bytes(*base, delta::stream_of(file), {.memory_limit = fuzz::delta_memory});
    if (result)
        fuzz::hold(crypto::sha256(*result) == info.result.digest, "the result has the digest that was declared");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const base::ByteView bytes = fuzz::input(data, size);
    if (bytes.size() < delta::header_bytes) {
        fuzz::hold(!delta::decode_header(bytes).ok(), "what is shorter than a header is none");
        return 0;
    }
    const base::Bytes header = repaired(bytes);
    auto info = delta::decode_header(header);
    if (!info)
        return 0;
    fuzz::hold(delta::encode_header(*info) == header, "a header that is read is written the same");
    const base::ByteView payload = bytes.subspan(delta::header_bytes);
    apply_as(*info, payload);
    const base::Bytes base = fuzz::delta_base();
    info->base = {.size = base.size(), .digest = crypto::sha256(base)};
    info->payload_bytes = payload.size();
    info->result.size = std::min(info->result.size, fuzz::delta_result_bytes);
    apply_as(*info, payload);
    return 0;
}
