#include "member_codec.hpp"

#include <algorithm>

namespace mos::delta {

namespace {

constexpr std::size_t piece_bytes = expanding_bytes / 2;

template <class Decoder>
Result<void> expand_by(Decoder &decoder, const Member &member, const ReadMember &read_member, MemoryBudget &memory,
                       const base::ByteSink &out) {
    MOS_TRY(CountedBytes input, CountedBytes::create(memory, piece_bytes, "expanding a member"));
    MOS_TRY(CountedBytes output, CountedBytes::create(memory, piece_bytes, "expanding a member"));
    std::uint64_t read = 0;
    std::uint64_t given = 0;
    base::ByteView waiting;
    for (;;) {
        if (waiting.empty() && read < member.bytes) {
            const auto part = input.view().first(
                static_cast<std::size_t>(std::min<std::uint64_t>(input.size(), member.bytes - read)));
            MOS_CHECK(read_member(read, part));
            read += part.size();
            waiting = part;
        }
        MOS_TRY(const auto progress, decoder.decode(waiting, output.view()));
        waiting = waiting.subspan(progress.taken);
        given += progress.given;
        if (given > member.plain)
            return malformed_delta("a compressed member becomes larger than it says");
        MOS_CHECK(out(output.view().first(progress.given)));
        if (progress.ended && waiting.empty() && read == member.bytes && given == member.plain)
            return {};
        if (progress.ended || (progress.taken == 0 && progress.given == 0 && read == member.bytes))
            return malformed_delta("a compressed member does not end where it should");
    }
}

}  // namespace

Result<void> expand(const Member &member, const ReadMember &read, MemoryBudget &memory, const base::ByteSink &out) {
    switch (member.kind) {
    case MemberKind::deflate:
        break;
    case MemberKind::xz: {
        MOS_TRY(XzDecoder decoder, XzDecoder::create(memory));
        return expand_by(decoder, member, read, memory, out);
    }
    case MemberKind::zstd: {
        MOS_TRY(ZstdDecoder decoder, ZstdDecoder::create(memory));
        return expand_by(decoder, member, read, memory, out);
    }
    }
    MOS_TRY(Inflater decoder, Inflater::create(memory));
    return expand_by(decoder, member, read, memory, out);
}

Result<void> expand(const Member &member, base::ByteView compressed, MemoryBudget &memory, const base::ByteSink &out) {
    const ReadMember read = [&](std::uint64_t at, base::MutableByteView part) -> Result<void> {
        std::ranges::copy(compressed.subspan(static_cast<std::size_t>(at), part.size()), part.begin());
        return {};
    };
    return expand(member, read, memory, out);
}

Result<void> Recompressor::begin(const Member &member, const base::ByteSink &out) {
    m_out = &out;
    if (member.kind == MemberKind::xz) {
        MOS_TRY(m_xz, XzEncoder::create(*m_memory, member.rules.xz));
        return {};
    }
    if (member.kind == MemberKind::zstd) {
        MOS_TRY(m_zstd, ZstdEncoder::create(*m_memory, member.rules.zstd, member.plain));
        return {};
    }
    if (!m_deflate) {
        MOS_TRY(m_deflate, DeflateEncoder::create(*m_memory));
    }
    m_deflate->begin(member.rules.deflate, out);
    return {};
}

Result<void> Recompressor::add(base::ByteView content) {
    return m_xz     ? m_xz->code(content, false, *m_out)
           : m_zstd ? m_zstd->code(content, false, *m_out)
                    : m_deflate->add(content);
}

Result<void> Recompressor::finish() {
    auto finished = m_xz ? m_xz->code({}, true, *m_out) : m_zstd ? m_zstd->code({}, true, *m_out) : m_deflate->finish();
    abandon();
    return finished;
}

}  // namespace mos::delta
