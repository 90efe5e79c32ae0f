// What stands at both ends of applying a delta: its bytes as they come in, and the result as it goes out.
#pragma once

#include <mos/delta/codec.hpp>

namespace mos::delta {

// Reads a payload front to back, with an eye on where it must end.
class PayloadReader {
  public:
    explicit PayloadReader(const ByteStream &stream) : m_stream(&stream) {}

    // At least one byte, unless nothing more comes: then 0.
    [[nodiscard]] Result<std::size_t> read_some(base::MutableByteView out);
    // TRUNCATED when it ends before.
    [[nodiscard]] Result<void> read_exactly(base::MutableByteView out);
    [[nodiscard]] Result<std::uint8_t> read_byte();
    // An unsigned number in LEB128, at most ten bytes; FORMAT for one that is not in its shortest form or too large.
    [[nodiscard]] Result<std::uint64_t> read_number();
    // TRAILING_DATA when something follows.
    [[nodiscard]] Result<void> expect_end();

  private:
    const ByteStream *m_stream;
};

[[nodiscard]] Error truncated_delta();
[[nodiscard]] Error malformed_delta(std::string_view what);

// Hands the result on and holds it to what it must be.
class ResultWriter {
  public:
    ResultWriter(const Expected &expected, const base::ByteSink &sink, base::Observer &observer)
        : m_expected(expected), m_sink(&sink), m_observer(&observer) {}

    // FORMAT when it becomes larger than it must be; CANCELLED.
    [[nodiscard]] Result<void> write(base::ByteView bytes);
    // FORMAT when it is too short, DIGEST_MISMATCH when it is another one.
    [[nodiscard]] Result<void> finish();
    [[nodiscard]] std::uint64_t left() const noexcept { return m_expected.size - m_written; }
    // CANCELLED; for work that writes nothing yet.
    [[nodiscard]] Result<void> checkpoint() { return m_observer->checkpoint(); }

  private:
    [[nodiscard]] Result<void> tell();

    Expected m_expected;
    const base::ByteSink *m_sink;
    base::Observer *m_observer;
    crypto::Sha256 m_digest;
    std::uint64_t m_written = 0;
    std::uint64_t m_reported = 0;
};

// Reads `size` bytes of a source front to back, with progress and cancelling between its parts.
[[nodiscard]] Result<void> read_through(base::Source &source, std::uint64_t size, base::Observer &observer,
                                        const base::ByteSink &sink);

}  // namespace mos::delta
