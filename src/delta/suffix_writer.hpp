// The codec 'suffix', writing: covers become commands, commands become three streams, and these are cut into blocks.
#pragma once

#include "codecs.hpp"
#include "lzma.hpp"
#include "matcher.hpp"
#include "members.hpp"
#include "suffix_format.hpp"

namespace mos::delta {

// Base and result as the codec sees them, with what must be known to make them so.
struct SuffixPair {
    base::ByteView base;
    base::ByteView result;
    const Members *base_members = nullptr;  // nullptr: there are none, nor of the result
    const Members *result_members = nullptr;
    std::uint64_t apply_memory = 0;  // that the device has, for members and all
};

struct SuffixPayload {
    base::Bytes bytes;
    std::uint64_t extra_stored = 0;  // of it, the extra stream
};

// Members of the base that no cover needs are not expanded by the device, and not written.
[[nodiscard]] Result<SuffixPayload> write_suffix(const SuffixPair &pair, const std::vector<Cover> &covers,
                                                 MemoryBudget &memory, base::Observer &observer);

}  // namespace mos::delta
