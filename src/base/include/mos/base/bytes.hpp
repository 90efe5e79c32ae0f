// Bytes, views of them, and their text forms.
#pragma once

#include <mos/base/result.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mos::base {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;
using MutableByteView = std::span<std::byte>;

// Takes the next run of bytes of a stream; an error stops the stream and is returned by its source.
using ByteSink = std::function<Result<void>(ByteView)>;

[[nodiscard]] inline ByteView as_bytes(std::string_view text) noexcept {
    return std::as_bytes(std::span{text.data(), text.size()});
}
[[nodiscard]] inline std::string_view as_text(ByteView bytes) noexcept {
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline Bytes to_bytes(ByteView view) { return {view.begin(), view.end()}; }

// Lower-case hexadecimal.
[[nodiscard]] std::string to_hex(ByteView bytes);
// Exactly 2 × size digits, either case, nothing else; FORMAT otherwise.
[[nodiscard]] Result<Bytes> from_hex(std::string_view text);

// RFC 4648 section 4, with padding and without line breaks.
[[nodiscard]] std::string to_base64(ByteView bytes);
// The strict inverse: padding required, unused bits zero, no white space; FORMAT otherwise.
[[nodiscard]] Result<Bytes> from_base64(std::string_view text);

// Little-endian integers for fixed binary layouts.
void append_u16(Bytes &out, std::uint16_t value);
void append_u32(Bytes &out, std::uint32_t value);
void append_u64(Bytes &out, std::uint64_t value);

// Reads a fixed binary layout front to back. Every read is bounds-checked: TRUNCATED past the end.
class ByteReader {
  public:
    explicit ByteReader(ByteView bytes) noexcept : m_rest(bytes) {}
    [[nodiscard]] Result<std::uint16_t> u16();
    [[nodiscard]] Result<std::uint32_t> u32();
    [[nodiscard]] Result<std::uint64_t> u64();
    [[nodiscard]] Result<ByteView> take(std::size_t count);  // a view into what the reader was made of
    [[nodiscard]] std::size_t remaining() const noexcept { return m_rest.size(); }

  private:
    ByteView m_rest;
};

// True for well-formed UTF-8 (RFC 3629) without control characters: fit to be shown to a person and put into JSON.
[[nodiscard]] bool is_clean_text(std::string_view text) noexcept;

// `text` as it may go to a terminal or a log: bytes that are not clean are written \xNN, so nothing can move a cursor.
[[nodiscard]] std::string printable(std::string_view text);

// `text` in single quotes, printable; of one longer than 300 bytes the beginning, with "…" behind it.
[[nodiscard]] std::string in_quotes(std::string_view text);

// a + b and a × b, or LIMIT when the result does not fit in 64 bits.
[[nodiscard]] Result<std::uint64_t> checked_add(std::uint64_t a, std::uint64_t b);
[[nodiscard]] Result<std::uint64_t> checked_multiply(std::uint64_t a, std::uint64_t b);

}  // namespace mos::base
