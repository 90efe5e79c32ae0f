#include "views.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mos::delta {

namespace {

constexpr std::uint64_t check_bytes = 1U << 20U;

std::string liblzma_version(std::uint32_t number) {
    return fmt::format("{}.{}.{}", number / 10'000'000, number / 10'000 % 1000, number / 10 % 1000);
}

std::string libzstd_version(std::uint32_t number) {
    return fmt::format("{}.{}.{}", number / 10'000, number / 100 % 100, number % 100);
}

// Nobody else's library need make the same bytes of the same content.
Error made_otherwise(const Member &member) {
    std::string sentence;
    switch (member.kind) {
    case MemberKind::deflate:
        return malformed_delta("a compressed member becomes other bytes than it says");
    case MemberKind::xz:
        sentence = fmt::format(
            "the delta makes an .xz member again, which came out right with liblzma {}, and differs with {}",
            liblzma_version(member.rules.xz.encoder_version), liblzma_version(lzma_version_number()));
        break;
    case MemberKind::zstd:
        sentence = fmt::format(
            "the delta makes a zstd member again, which came out right with libzstd {}, and differs with {}",
            libzstd_version(member.rules.zstd.encoder_version), libzstd_version(this_zstd_version()));
        break;
    }
    return Error{Code::UNSUPPORTED, std::move(sentence)}.with_remedy(
        "take the full package, or a delta that was made for less memory");
}

}  // namespace

Result<void> BaseView::read(std::uint64_t at, base::MutableByteView out) {
    if (m_list.members.empty())
        return base::read_exactly(m_job->base, at, out);
    while (!out.empty()) {
        MOS_TRY(const std::size_t count, read_some(at, out));
        at += count;
        out = out.subspan(count);
    }
    return {};
}

Result<std::size_t> BaseView::read_some(std::uint64_t at, base::MutableByteView out) {
    const Members &members = m_list.members;
    const auto next = std::ranges::upper_bound(members, at, {}, &Member::view_at);
    const std::uint64_t border = next != members.end() ? next->view_at : size();
    const auto index = static_cast<std::size_t>(next - members.begin());
    if (index > 0) {
        const Member &member = members[index - 1];
        if (const std::uint64_t inside = at - member.view_at; inside < member.plain) {
            MOS_CHECK(expand_member(index - 1));
            const auto rest = std::as_const(m_plain[index - 1]).view().subspan(static_cast<std::size_t>(inside));
            const std::size_t count = std::min(rest.size(), out.size());
            std::ranges::copy(rest.first(count), out.begin());
            return count;
        }
    }
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(border - at, out.size()));
    const std::uint64_t there = index > 0 ? members[index - 1].at + members[index - 1].bytes +
                                                (at - members[index - 1].view_at - members[index - 1].plain)
                                          : at;
    MOS_CHECK(base::read_exactly(m_job->base, there, out.first(count)));
    return count;
}

Result<void> BaseView::expand_member(std::size_t index) {
    const Member &member = m_list.members[index];
    if (m_plain[index].size() > 0)
        return {};
    MOS_TRY(CountedBytes plain, CountedBytes::create(m_job->memory, member.plain, "an expanded member of the base"));
    std::size_t done = 0;
    const ReadMember read = [&](std::uint64_t at, base::MutableByteView part) {
        return base::read_exactly(m_job->base, member.at + at, part);
    };
    MOS_CHECK(expand(member, read, m_job->memory, [&](base::ByteView part) -> Result<void> {
        std::ranges::copy(part, plain.data() + done);
        done += part.size();
        return m_job->result.checkpoint();
    }));
    m_plain[index] = std::move(plain);
    return {};
}

Result<void> ResultView::write(base::ByteView bytes) {
    while (!bytes.empty()) {
        MOS_TRY(const std::size_t count, write_some(bytes));
        m_at += count;
        bytes = bytes.subspan(count);
        if (m_at - m_checked >= check_bytes) {
            m_checked = m_at;
            MOS_CHECK(m_job->result.checkpoint());
        }
    }
    return {};
}

Result<std::size_t> ResultView::write_some(base::ByteView bytes) {
    const bool is_last = m_next == m_list.members.size();
    const std::uint64_t border = is_last ? m_list.view_bytes : m_list.members[m_next].view_at;
    if (m_at < border) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(border - m_at, bytes.size()));
        MOS_CHECK(m_job->result.write(bytes.first(count)));
        return count;
    }
    const Member &member = m_list.members[m_next];
    const std::uint64_t rest = member.plain - (m_at - border);
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(rest, bytes.size()));
    if (m_at == border)
        MOS_CHECK(begin(member));
    MOS_CHECK(m_recompressor.add(bytes.first(count)));
    if (count == rest)
        MOS_CHECK(end(member));
    return count;
}

Result<void> ResultView::begin(const Member &member) {
    m_compressed = 0;
    m_crc32 = 0;
    MOS_CHECK(m_job->result.checkpoint());
    return m_recompressor.begin(member, m_sink);
}

Result<void> ResultView::take_compressed(base::ByteView bytes) {
    const Member &member = m_list.members[m_next];
    if (bytes.size() > member.bytes - m_compressed)
        return made_otherwise(member);
    m_compressed += bytes.size();
    m_crc32 = lzma_crc32(reinterpret_cast<const std::uint8_t *>(bytes.data()), bytes.size(), m_crc32);
    return m_job->result.write(bytes);
}

Result<void> ResultView::end(const Member &member) {
    MOS_CHECK(m_recompressor.finish());
    if (m_compressed != member.bytes || (member.kind != MemberKind::deflate && m_crc32 != member.rules.crc32))
        return made_otherwise(member);
    ++m_next;
    return {};
}

}  // namespace mos::delta
