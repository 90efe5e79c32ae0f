#include "scan_members.hpp"

#include "inflate.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace mos::delta {

namespace {

using base::ByteView;

constexpr std::size_t piece_bytes = 64U << 10U;
constexpr std::uint64_t report_bytes = 4U << 20U;

unsigned byte_at(ByteView bytes, std::size_t at) { return std::to_integer<unsigned>(bytes[at]); }

std::uint32_t number32_at(ByteView bytes, std::size_t at) {
    return byte_at(bytes, at) | byte_at(bytes, at + 1) << 8U | byte_at(bytes, at + 2) << 16U |
           byte_at(bytes, at + 3) << 24U;
}

// How long the header of a .gz member is (RFC 1952), nothing where there is none.
std::optional<std::size_t> gzip_header_bytes(ByteView bytes) {
    constexpr std::size_t fixed = 10;
    constexpr unsigned has_check = 2;
    constexpr unsigned has_extra = 4;
    constexpr unsigned has_name = 8;
    constexpr unsigned has_comment = 16;
    constexpr unsigned unknown = 0xe0;
    if (bytes.size() < fixed || (byte_at(bytes, 3) & unknown) != 0)
        return std::nullopt;
    const unsigned flags = byte_at(bytes, 3);
    std::size_t size = fixed;
    if ((flags & has_extra) != 0) {
        if (bytes.size() < size + 2)
            return std::nullopt;
        size += 2 + byte_at(bytes, size) + (byte_at(bytes, size + 1) << 8U);
    }
    for (const unsigned text : {has_name, has_comment})
        if ((flags & text) != 0) {
            if (size >= bytes.size())
                return std::nullopt;
            const auto end = std::find(bytes.begin() + static_cast<std::ptrdiff_t>(size), bytes.end(), std::byte{});
            size = static_cast<std::size_t>(end - bytes.begin()) + 1;
        }
    if ((flags & has_check) != 0)
        size += 2;
    return size < bytes.size() ? std::optional{size} : std::nullopt;
}

class Finder {
  public:
    Finder(const UnwrapJob &job, ByteView file) : m_job(&job), m_file(file) {}

    [[nodiscard]] Result<Members> run() {
        MOS_TRY(m_piece, CountedBytes::create(m_job->memory, piece_bytes, "looking for compressed members"));
        MOS_TRY(Inflater inflater, Inflater::create(m_job->memory));
        m_inflater = std::move(inflater);
        for (std::size_t at = 0; at < m_file.size() && m_found.size() < max_members && m_wasted <= most_wasted();) {
            MOS_TRY(at, examine(next_magic(at)));
            if (at - m_reported >= report_bytes) {
                m_reported = at;
                MOS_CHECK(m_job->observer.checkpoint());
            }
        }
        return std::move(m_found);
    }

  private:
    // Where the next member may begin; a few MiB on where there is none so near.
    [[nodiscard]] std::size_t next_magic(std::size_t at) const {
        const std::size_t end = std::min(m_file.size(), at + report_bytes);
        for (; at < end; ++at) {
            const std::byte first = m_file[at];
            if (first == std::byte{0x1f} && begins(at, gzip_magic))
                return at;
            if (first == std::byte{'P'} && begins(at, zip_magic))
                return at;
            if (first == std::byte{0xfd} && begins(at, xz_magic))
                return at;
            if (first == std::byte{0x28} && begins(at, zstd_magic))
                return at;
        }
        return at;
    }

    template <std::size_t Count>
    [[nodiscard]] bool begins(std::size_t at, const std::array<std::uint8_t, Count> &magic) const {
        return m_file.size() - at >= Count &&
               std::ranges::equal(m_file.subspan(at, Count), std::as_bytes(std::span{magic}));
    }

    // Takes the member that begins there, if one does, and tells where to go on.
    [[nodiscard]] Result<std::size_t> examine(std::size_t at) {
        std::optional<Member> member;
        if (begins(at, gzip_magic))
            member = gzip_at(at);
        else if (begins(at, zip_magic))
            member = zip_at(at);
        else if (begins(at, xz_magic))
            member = xz_at(at);
        else if (begins(at, zstd_magic))
            member = zstd_at(at);
        else
            return at;
        if (m_stop)
            return std::move(*m_stop);
        if (!member || member->plain == 0 || member->plain > most_plain(member->kind, member->bytes))
            return at + 1;
        m_found.push_back(*member);
        return static_cast<std::size_t>(member->at + member->bytes);
    }

    // Many beginnings in one another, each of which expands to the end and is none after all, would take hours.
    [[nodiscard]] std::uint64_t most_wasted() const {
        constexpr std::uint64_t least = 64U << 20U;
        constexpr std::uint64_t times = 16;
        return least + m_file.size() * times;
    }

    // Expands what begins there as far as it goes; the sink is given the content. Nothing where it does not end well,
    // or somebody wants to stop, which m_stop tells.
    template <class Decoder, class Sink>
    [[nodiscard]] std::optional<Member> walk(Decoder &decoder, ByteView stream, MemberKind kind, const Sink &sink) {
        Member member;
        member.kind = kind;
        for (;;) {
            const ByteView rest = stream.subspan(static_cast<std::size_t>(member.bytes));
            const auto progress = decoder.decode(rest.first(std::min(rest.size(), piece_bytes)), m_piece.view());
            if (!progress || (!progress->ended && progress->taken == 0 && progress->given == 0)) {
                m_wasted += member.plain;
                return std::nullopt;
            }
            member.bytes += progress->taken;
            member.plain += progress->given;
            sink(std::as_const(m_piece).view().first(progress->given));
            if (progress->ended)
                return member;
            if (member.plain / report_bytes != (member.plain - progress->given) / report_bytes)
                if (auto goes_on = m_job->observer.checkpoint(); !goes_on) {
                    m_stop = std::move(goes_on).error();
                    return std::nullopt;
                }
        }
    }

    struct Deflated {
        Member member;
        std::uint32_t crc = 0;  // of its content
        std::size_t end = 0;
    };
    [[nodiscard]] std::optional<Deflated> deflated_at(std::size_t begin) {
        Deflated found;
        m_inflater->restart();
        auto member = walk(*m_inflater, m_file.subspan(begin), MemberKind::deflate, [&found](ByteView part) {
            found.crc = lzma_crc32(reinterpret_cast<const std::uint8_t *>(part.data()), part.size(), found.crc);
        });
        if (!member)
            return std::nullopt;
        found.member = *member;
        found.member.at = begin;
        found.end = begin + static_cast<std::size_t>(member->bytes);
        return found;
    }

    // A whole one, whose checksum is right.
    [[nodiscard]] std::optional<Member> gzip_at(std::size_t at) {
        const auto header = gzip_header_bytes(m_file.subspan(at));
        auto found = header ? deflated_at(at + *header) : std::nullopt;
        constexpr std::size_t trailer_bytes = 8;
        if (!found || m_file.size() - found->end < trailer_bytes || number32_at(m_file, found->end) != found->crc ||
            number32_at(m_file, found->end + 4) != static_cast<std::uint32_t>(found->member.plain))
            return std::nullopt;
        // What the header says of the level: most, least, or nothing.
        const unsigned told = byte_at(m_file, at + 8);
        found->member.rules.deflate.level = told == 2 ? 9 : told == 4 ? 1 : 6;
        return found->member;
    }

    // A file in a zip archive, such as a .jar or a .whl is (APPNOTE 4.3.7).
    [[nodiscard]] std::optional<Member> zip_at(std::size_t at) {
        constexpr std::size_t header_bytes = 30;
        constexpr unsigned deflated = 8;
        constexpr unsigned is_encrypted = 1;
        constexpr unsigned checksum_follows = 8;
        if (m_file.size() - at < header_bytes)
            return std::nullopt;
        const unsigned flags = byte_at(m_file, at + 6);
        const std::size_t begin =
            at + header_bytes + (number32_at(m_file, at + 26) & 0xffffU) + (number32_at(m_file, at + 26) >> 16U);
        if (byte_at(m_file, at + 8) != deflated || byte_at(m_file, at + 9) != 0 || (flags & is_encrypted) != 0 ||
            begin >= m_file.size())
            return std::nullopt;
        auto found = deflated_at(begin);
        if (!found)
            return std::nullopt;
        std::size_t checksum_at = at + 14;
        if ((flags & checksum_follows) != 0) {
            constexpr std::array<std::uint8_t, 4> mark = {'P', 'K', 7, 8};
            checksum_at = begins(found->end, mark) ? found->end + mark.size() : found->end;
        }
        if (m_file.size() - checksum_at < 4 || number32_at(m_file, checksum_at) != found->crc)
            return std::nullopt;
        const unsigned told = flags >> 1U & 3U;
        found->member.rules.deflate.level = told == 1 ? 9 : told == 0 ? 6 : 1;
        return found->member;
    }

    [[nodiscard]] std::optional<Member> xz_at(std::size_t at) {
        const ByteView stream = m_file.subspan(at);
        const auto rules = xz_rules_of(stream);
        if (!rules || XzEncoder::memory_bytes(*rules) > m_job->apply_memory ||
            XzDecoder::memory_bytes(*rules) > m_job->memory.left())
            return std::nullopt;
        auto decoder = XzDecoder::create(m_job->memory);
        if (!decoder)
            return std::nullopt;
        auto member = streamed_at(at, *decoder, MemberKind::xz);
        if (member)
            member->rules.xz = *rules;
        return member;
    }

    // A frame without a dictionary. Whether the device can make it again depends on its level, which is not known yet.
    [[nodiscard]] std::optional<Member> zstd_at(std::size_t at) {
        const auto rules = zstd_rules_of(m_file.subspan(at));
        if (!rules || ZstdDecoder::memory_bytes(*rules) > std::min(m_job->apply_memory, m_job->memory.left()))
            return std::nullopt;
        auto decoder = ZstdDecoder::create(m_job->memory);
        if (!decoder)
            return std::nullopt;
        auto member = streamed_at(at, *decoder, MemberKind::zstd);
        if (member)
            member->rules.zstd = *rules;
        return member;
    }

    // A whole one, with the checksum of its compressed bytes.
    template <class Decoder>
    [[nodiscard]] std::optional<Member> streamed_at(std::size_t at, Decoder &decoder, MemberKind kind) {
        const ByteView stream = m_file.subspan(at);
        auto member = walk(decoder, stream, kind, [](ByteView) {});
        if (!member)
            return std::nullopt;
        member->at = at;
        member->rules.crc32 = lzma_crc32(reinterpret_cast<const std::uint8_t *>(stream.data()),
                                         static_cast<std::size_t>(member->bytes), 0);
        return *member;
    }

    static constexpr std::array<std::uint8_t, 3> gzip_magic = {0x1f, 0x8b, 8};
    static constexpr std::array<std::uint8_t, 4> zip_magic = {'P', 'K', 3, 4};
    static constexpr std::array<std::uint8_t, 6> xz_magic = {0xfd, '7', 'z', 'X', 'Z', 0};

    const UnwrapJob *m_job;
    ByteView m_file;
    CountedBytes m_piece;
    std::optional<Inflater> m_inflater;
    Members m_found;
    std::size_t m_reported = 0;
    std::uint64_t m_wasted = 0;   // expanded for nothing
    std::optional<Error> m_stop;  // CANCELLED
};

}  // namespace

Result<Members> scan_members(const UnwrapJob &job, ByteView file) { return Finder{job, file}.run(); }

}  // namespace mos::delta
