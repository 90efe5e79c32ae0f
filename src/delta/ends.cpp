#include "ends.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace mos::delta {

namespace {

constexpr std::size_t part_bytes = 256U << 10U;
constexpr std::size_t report_bytes = 1U << 20U;  // how often progress is told, and cancelling asked for
constexpr unsigned bits_of_a_digit = 7;
constexpr unsigned last_shift = 63;  // the tenth digit holds one bit

const char *const get_it_again = "get the delta again; it is damaged or was not made by this software";

}  // namespace

Error truncated_delta() {
    return Error{Code::TRUNCATED, "the delta ends too early"}.with_remedy(
        "get the delta again; the transfer was cut short");
}

Error malformed_delta(std::string_view what) {
    return Error{Code::FORMAT, fmt::format("the delta is damaged: {}", what)}.with_remedy(get_it_again);
}

Result<std::size_t> PayloadReader::read_some(base::MutableByteView out) { return (*m_stream)(out); }

Result<void> PayloadReader::read_exactly(base::MutableByteView out) {
    while (!out.empty()) {
        MOS_TRY(const std::size_t count, read_some(out));
        if (count == 0)
            return truncated_delta();
        out = out.subspan(count);
    }
    return {};
}

Result<std::uint8_t> PayloadReader::read_byte() {
    std::byte byte{};
    MOS_CHECK(read_exactly({&byte, 1}));
    return static_cast<std::uint8_t>(byte);
}

Result<std::uint64_t> PayloadReader::read_number() {
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift <= last_shift; shift += bits_of_a_digit) {
        MOS_TRY(const std::uint8_t digit, read_byte());
        const std::uint64_t bits = digit & 0x7FU;
        if (shift == last_shift && digit > 1)
            break;
        number |= bits << shift;
        if ((digit & 0x80U) == 0) {
            if (digit == 0 && shift > 0)
                break;
            return number;
        }
    }
    return malformed_delta("a number is not written as it should be");
}

Result<void> PayloadReader::expect_end() {
    std::byte byte{};
    MOS_TRY(const std::size_t count, read_some({&byte, 1}));
    if (count != 0)
        return Error{Code::TRAILING_DATA, "the delta goes on after its end"}.with_remedy(
            "get the delta again; something was appended to it");
    return {};
}

Result<void> ResultWriter::write(base::ByteView bytes) {
    if (bytes.size() > left())
        return malformed_delta(fmt::format("it makes more than the {} bytes that it should", m_expected.size));
    while (!bytes.empty()) {
        // In parts: a codec may hand over a window of many MiB.
        const base::ByteView part = bytes.first(std::min(bytes.size(), report_bytes));
        m_digest.update(part);
        MOS_CHECK((*m_sink)(part));
        m_written += part.size();
        bytes = bytes.subspan(part.size());
        MOS_CHECK(tell());
    }
    return {};
}

Result<void> ResultWriter::tell() {
    if (m_written - m_reported < report_bytes)
        return {};
    m_reported = m_written;
    m_observer->report({.phase = base::Phase::staging, .done_bytes = m_written, .total_bytes = m_expected.size});
    return m_observer->checkpoint();
}

Result<void> ResultWriter::finish() {
    if (left() != 0)
        return malformed_delta(fmt::format("it makes {} bytes, not the {} that it should", m_written, m_expected.size));
    if (m_digest.finish() != m_expected.digest)
        return Error{Code::DIGEST_MISMATCH, "what the delta makes has another digest than it should"}.with_remedy(
            "get the delta again, or take the full package");
    m_observer->report({.phase = base::Phase::staging, .done_bytes = m_written, .total_bytes = m_expected.size});
    return {};
}

Result<void> read_through(base::Source &source, std::uint64_t size, base::Observer &observer,
                          const base::ByteSink &sink) {
    base::Bytes part(static_cast<std::size_t>(std::min<std::uint64_t>(part_bytes, size)));
    for (std::uint64_t done = 0; done < size;) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(part.size(), size - done));
        const auto view = base::MutableByteView{part}.first(count);
        MOS_CHECK(base::read_exactly(source, done, view));
        MOS_CHECK(sink(view));
        done += count;
        observer.report({.phase = base::Phase::verifying, .done_bytes = done, .total_bytes = size});
        MOS_CHECK(observer.checkpoint());
    }
    return {};
}

ByteStream stream_of(base::Source &source) {
    auto offset = std::make_shared<std::uint64_t>(0);
    return [&source, offset](base::MutableByteView out) -> Result<std::size_t> {
        MOS_TRY(const std::size_t count, source.read_at(*offset, out));
        *offset += count;
        return count;
    };
}

ByteStream stream_of(base::ByteView bytes) {
    auto rest = std::make_shared<base::ByteView>(bytes);
    return [rest](base::MutableByteView out) -> Result<std::size_t> {
        const std::size_t count = std::min(out.size(), rest->size());
        std::copy_n(rest->begin(), count, out.begin());
        *rest = rest->subspan(count);
        return count;
    };
}

Result<Expected> measure(base::Source &source, base::Observer *observer) {
    base::Observer &told = observer != nullptr ? *observer : base::silent_observer();
    MOS_TRY(const std::uint64_t size, source.size());
    if (size > max_file_bytes)
        return Error{Code::LIMIT,
                     fmt::format("{} is larger than any file that a delta is about", base::in_quotes(source.name()))}
            .about(source.name());
    crypto::Sha256 digest;
    MOS_CHECK(read_through(source, size, told, [&](base::ByteView part) -> Result<void> {
        digest.update(part);
        return {};
    }));
    return Expected{.size = size, .digest = digest.finish()};
}

}  // namespace mos::delta
