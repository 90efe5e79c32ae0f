// The codec 'suffix', reading: the payload once and in order, the base at random, the result from front to back.
#include "codecs.hpp"
#include "lzma.hpp"
#include "suffix_format.hpp"
#include "views.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mos::delta {

namespace {

constexpr std::size_t piece_bytes = 64U << 10U;
constexpr std::size_t number_bytes = 4U << 10U;

// One of the three streams. Its part of a block is held whole, and decoded as it is asked for.
class PackedStream {
  public:
    [[nodiscard]] static Result<PackedStream> create(const ApplyJob &job, suffix::Stream which) {
        PackedStream stream;
        stream.m_memory = &job.memory;
        stream.m_name = suffix::stream_names[which];
        MOS_TRY(const std::uint8_t property, job.payload.read_byte());
        MOS_TRY(LzmaDecoder decoder, LzmaDecoder::create(job.memory, std::byte{property}));
        stream.m_decoder = std::move(decoder);
        return stream;
    }

    // Reads the next block's part behind what is left of the last one's: a byte or two that the decoder did not need.
    [[nodiscard]] Result<void> load(PayloadReader &payload, std::uint64_t stored) {
        if (stored > suffix::max_stored)
            return malformed_delta(fmt::format("a block has {} bytes of the stream {}", stored, m_name));
        const base::ByteView left = rest();
        if (left.size() + stored > m_input.size()) {
            MOS_TRY(CountedBytes larger, CountedBytes::create(*m_memory, left.size() + stored, "a block of the delta"));
            std::ranges::copy(left, larger.data());
            m_input = std::move(larger);
        } else {
            std::ranges::copy(left, m_input.data());
        }
        m_end = left.size() + static_cast<std::size_t>(stored);
        m_begin = 0;
        return payload.read_exactly(m_input.view().subspan(left.size(), static_cast<std::size_t>(stored)));
    }

    [[nodiscard]] Result<void> read(base::MutableByteView out) {
        while (!out.empty()) {
            MOS_TRY(const std::size_t count, read_some(out));
            if (count == 0)
                return malformed_delta(fmt::format("the stream {} has too little for its commands", m_name));
            out = out.subspan(count);
        }
        return {};
    }

    // As much as this block has, at most what fits.
    [[nodiscard]] Result<std::size_t> read_some(base::MutableByteView out) {
        for (;;) {
            MOS_TRY(const auto progress, m_decoder->decode(rest(), out));
            m_begin += progress.taken;
            m_ended = m_ended || progress.ended;
            if (progress.given > 0 || progress.taken == 0 || m_ended)
                return progress.given;
        }
    }

    // Everything was used, and the stream says itself that it has ended.
    [[nodiscard]] Result<void> expect_end() {
        std::byte more{};
        if (!m_ended) {
            MOS_TRY(const std::size_t count, read_some({&more, 1}));
            if (count != 0)
                return malformed_delta(fmt::format("the stream {} has more than its commands use", m_name));
        }
        if (!m_ended || !rest().empty())
            return malformed_delta(fmt::format("the stream {} does not end where it should", m_name));
        return {};
    }

  private:
    [[nodiscard]] base::ByteView rest() const { return m_input.view().subspan(m_begin, m_end - m_begin); }

    MemoryBudget *m_memory = nullptr;
    std::string_view m_name;
    std::optional<LzmaDecoder> m_decoder;
    CountedBytes m_input;
    std::size_t m_begin = 0;
    std::size_t m_end = 0;
    bool m_ended = false;
};

// The control stream's numbers, a few of them decoded ahead.
class Numbers {
  public:
    explicit Numbers(PackedStream &stream) : m_stream(&stream) {
        m_source = [this](base::MutableByteView out) { return next(out); };
    }
    [[nodiscard]] Result<void> make_room(MemoryBudget &memory) {
        MOS_TRY(m_ahead, CountedBytes::create(memory, number_bytes, "reading the delta"));
        return {};
    }
    [[nodiscard]] Result<std::uint64_t> read() {
        auto number = PayloadReader{m_source}.read_number();
        if (!number && number.error().code() == Code::TRUNCATED)
            return malformed_delta("the control stream has fewer commands than it says");
        return number;
    }
    [[nodiscard]] bool empty() const noexcept { return m_begin == m_end; }

  private:
    [[nodiscard]] Result<std::size_t> next(base::MutableByteView out) {
        if (empty()) {
            m_begin = 0;
            MOS_TRY(m_end, m_stream->read_some(m_ahead.view()));
            if (empty())
                return std::size_t{0};
        }
        out.front() = m_ahead.view()[m_begin++];
        return std::size_t{1};
    }

    PackedStream *m_stream;
    ByteStream m_source;
    CountedBytes m_ahead;
    std::size_t m_begin = 0;
    std::size_t m_end = 0;
};

class Patcher {
  public:
    explicit Patcher(const ApplyJob &job) : m_job(&job) {}

    [[nodiscard]] Result<void> run() {
        MOS_CHECK(begin());
        for (;;) {
            MOS_TRY(const std::uint64_t mark, m_job->payload.read_number());
            MOS_CHECK(load_block());
            for (std::uint64_t commands = mark >> 1U; commands > 0; --commands)
                MOS_CHECK(carry_out_next());
            if ((mark & 1U) != 0)
                return end();
            if (mark == 0)
                return malformed_delta("a block has no commands");
        }
    }

  private:
    [[nodiscard]] Result<void> begin() {
        MOS_TRY(const std::uint8_t version, m_job->payload.read_byte());
        MOS_TRY(const std::uint8_t features, m_job->payload.read_byte());
        if (version != suffix::version || (features & ~suffix::known_features) != 0)
            return Error{Code::UNSUPPORTED, "the delta needs a newer version of this software"};
        MOS_CHECK(read_lists((features & suffix::has_members) != 0));
        m_streams.reserve(suffix::streams);
        for (const suffix::Stream which : {suffix::control, suffix::add, suffix::extra}) {
            MOS_TRY(PackedStream stream, PackedStream::create(*m_job, which));
            m_streams.push_back(std::move(stream));
        }
        MOS_TRY(m_piece, CountedBytes::create(m_job->memory, piece_bytes, "writing the result"));
        MOS_TRY(m_added, CountedBytes::create(m_job->memory, piece_bytes, "writing the result"));
        m_numbers.emplace(m_streams[suffix::control]);
        return m_numbers->make_room(m_job->memory);
    }

    // Without members, a view is the file.
    [[nodiscard]] Result<void> read_lists(bool has_members) {
        MemberList of_base{.claim = {}, .members = {}, .view_bytes = m_job->base_bytes};
        MemberList of_result{.claim = {}, .members = {}, .view_bytes = m_job->result.left()};
        if (has_members) {
            MOS_TRY(of_base, read_members(m_job->payload, MembersOf::base, m_job->base_bytes, m_job->memory));
            MOS_TRY(of_result, read_members(m_job->payload, MembersOf::result, m_job->result.left(), m_job->memory));
        }
        m_base.emplace(*m_job, std::move(of_base));
        m_result.emplace(*m_job, std::move(of_result));
        return {};
    }

    [[nodiscard]] Result<void> load_block() {
        std::array<std::uint64_t, suffix::streams> stored{};
        for (std::uint64_t &bytes : stored) {
            MOS_TRY(bytes, m_job->payload.read_number());
        }
        for (std::size_t i = 0; i < suffix::streams; ++i)
            MOS_CHECK(m_streams[i].load(m_job->payload, stored[i]));
        return {};
    }

    [[nodiscard]] Result<void> carry_out_next() {
        MOS_TRY(const std::uint64_t extra, m_numbers->read());
        MOS_TRY(const std::uint64_t distance, m_numbers->read());
        MOS_TRY(const std::uint64_t added, m_numbers->read());
        MOS_TRY(const std::uint64_t copied, m_numbers->read());
        const std::uint64_t left = m_result->left();
        if (extra > left || added > left - extra || copied > left - extra - added)
            return malformed_delta("a command makes more than the result has");
        if (extra + added + copied == 0)
            return malformed_delta("a command makes nothing");
        MOS_CHECK(move_base(suffix::unfolded(distance), added + copied));
        MOS_CHECK(write_extra(extra));
        MOS_CHECK(write_added(added));
        return write_copied(copied);
    }

    // Sizes are at most 2^51 here, distances anything.
    [[nodiscard]] Result<void> move_base(std::int64_t distance, std::uint64_t bytes) {
        const std::uint64_t to = m_base_at + static_cast<std::uint64_t>(distance);
        const bool outside = distance < 0 ? 0 - static_cast<std::uint64_t>(distance) > m_base_at
                                          : static_cast<std::uint64_t>(distance) > m_base->size() - m_base_at;
        if (outside || bytes > m_base->size() - to)
            return malformed_delta(fmt::format("it copies from beyond the {} bytes of the base", m_base->size()));
        m_base_at = to;
        return {};
    }

    [[nodiscard]] Result<void> write_extra(std::uint64_t bytes) {
        return in_pieces(bytes, [&](base::MutableByteView piece) { return m_streams[suffix::extra].read(piece); });
    }

    [[nodiscard]] Result<void> write_copied(std::uint64_t bytes) {
        return in_pieces(bytes, [&](base::MutableByteView piece) { return read_base(piece); });
    }

    [[nodiscard]] Result<void> write_added(std::uint64_t bytes) {
        return in_pieces(bytes, [&](base::MutableByteView piece) -> Result<void> {
            const base::MutableByteView added = m_added.view().first(piece.size());
            MOS_CHECK(m_streams[suffix::add].read(added));
            MOS_CHECK(read_base(piece));
            for (std::size_t i = 0; i < piece.size(); ++i)
                piece[i] =
                    static_cast<std::byte>(std::to_integer<unsigned>(piece[i]) + std::to_integer<unsigned>(added[i]));
            return {};
        });
    }

    [[nodiscard]] Result<void> read_base(base::MutableByteView piece) {
        MOS_CHECK(m_base->read(m_base_at, piece));
        m_base_at += piece.size();
        return {};
    }

    template <class Fill>
    [[nodiscard]] Result<void> in_pieces(std::uint64_t bytes, Fill &&fill) {
        while (bytes > 0) {
            const auto piece =
                m_piece.view().first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, m_piece.size())));
            MOS_CHECK(fill(piece));
            MOS_CHECK(m_result->write(piece));
            bytes -= piece.size();
        }
        return {};
    }

    [[nodiscard]] Result<void> end() {
        if (!m_numbers->empty())
            return malformed_delta("the control stream has more than its commands use");
        for (PackedStream &stream : m_streams)
            MOS_CHECK(stream.expect_end());
        if (m_result->left() != 0)
            return malformed_delta("it makes less than it should");
        return {};
    }

    const ApplyJob *m_job;
    std::optional<BaseView> m_base;
    std::optional<ResultView> m_result;
    std::vector<PackedStream> m_streams;
    std::optional<Numbers> m_numbers;
    CountedBytes m_piece;
    CountedBytes m_added;
    std::uint64_t m_base_at = 0;
};

}  // namespace

Result<void> apply_suffix(const ApplyJob &job) { return Patcher{job}.run(); }

}  // namespace mos::delta
