// Expands raw deflate streams by zlib, whose memory is counted.
#pragma once

#include "memory_budget.hpp"

#define ZLIB_CONST  // what it reads it leaves as it is
#include <zlib.h>

#include <memory>

namespace mos::delta {

class Inflater {
  public:
    [[nodiscard]] static Result<Inflater> create(MemoryBudget &memory);
    // At most, in the versions of zlib that there are.
    [[nodiscard]] static constexpr std::uint64_t memory_bytes() noexcept { return 64U << 10U; }

    struct Progress {
        std::size_t taken = 0;
        std::size_t given = 0;
        bool ended = false;
    };
    // Expands as much of `in` into `out` as fits. FORMAT for what is no such stream.
    [[nodiscard]] Result<Progress> decode(base::ByteView in, base::MutableByteView out);
    // The next stream begins.
    void restart() noexcept;

  private:
    struct State {
        ~State() { inflateEnd(&stream); }
        z_stream stream = {};
        MemoryBudget *memory = nullptr;
    };
    std::unique_ptr<State> m_state;  // zlib keeps its address
};

}  // namespace mos::delta
