#include "inflate.hpp"

#include "ends.hpp"

#include <algorithm>
#include <limits>

namespace mos::delta {

namespace {

void *allocate(void *memory, unsigned items, unsigned bytes) {
    return static_cast<MemoryBudget *>(memory)->allocate(std::size_t{items} * bytes);
}

void release(void *memory, void *address) { static_cast<MemoryBudget *>(memory)->release(address); }

uInt part_of(std::size_t bytes) {
    return static_cast<uInt>(std::min<std::size_t>(bytes, std::numeric_limits<uInt>::max()));
}

}  // namespace

Result<Inflater> Inflater::create(MemoryBudget &memory) {
    Inflater inflater;
    inflater.m_state = std::make_unique<State>();
    State &state = *inflater.m_state;
    state.memory = &memory;
    state.stream.zalloc = allocate;
    state.stream.zfree = release;
    state.stream.opaque = &memory;
    constexpr int raw = -15;
    switch (inflateInit2(&state.stream, raw)) {
    case Z_OK:
        return inflater;
    case Z_MEM_ERROR:
        return memory.refusal("expanding a member");
    default:
        return Error{Code::INTERNAL, "zlib is another one than this was built with"};
    }
}

Result<Inflater::Progress> Inflater::decode(base::ByteView in, base::MutableByteView out) {
    z_stream &stream = m_state->stream;
    stream.next_in = reinterpret_cast<const Bytef *>(in.data());
    stream.avail_in = part_of(in.size());
    stream.next_out = reinterpret_cast<Bytef *>(out.data());
    stream.avail_out = part_of(out.size());
    const std::size_t given_in = stream.avail_in;
    const std::size_t given_out = stream.avail_out;
    const int status = inflate(&stream, Z_NO_FLUSH);
    switch (status) {
    case Z_OK:
    case Z_STREAM_END:
    case Z_BUF_ERROR:  // nothing to take or nowhere to put it: the caller sees that in the counts
        return Progress{.taken = given_in - stream.avail_in,
                        .given = given_out - stream.avail_out,
                        .ended = status == Z_STREAM_END};
    case Z_MEM_ERROR:
        return m_state->memory->refusal("expanding a member");
    default:
        return malformed_delta("a compressed member can't be expanded");
    }
}

void Inflater::restart() noexcept { inflateReset(&m_state->stream); }

}  // namespace mos::delta
