// DER (ITU-T X.690 section 10) read strictly, and written.
//
// What BER allows besides DER is refused: two readers must never understand the same bytes differently. The reader is a
// view, takes no memory, and goes only as deep as its caller's code does.
#pragma once

#include <mos/base/bytes.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>

namespace mos::crypto::der {

// The identifier octets that keys and certificates use (X.690 section 8.1.2; all are of the low-number form).
enum class Tag : std::uint8_t {
    boolean = 0x01,
    integer = 0x02,
    bit_string = 0x03,
    octet_string = 0x04,
    null = 0x05,
    object_identifier = 0x06,
    enumerated = 0x0A,
    utf8_string = 0x0C,
    printable_string = 0x13,
    ia5_string = 0x16,
    utc_time = 0x17,
    generalized_time = 0x18,
    sequence = 0x30,
    set = 0x31,
};
// [number], primitive or constructed.
[[nodiscard]] constexpr Tag context(unsigned number) noexcept { return static_cast<Tag>(0x80U | number); }
[[nodiscard]] constexpr Tag context_constructed(unsigned number) noexcept { return static_cast<Tag>(0xA0U | number); }

struct Element {
    Tag tag{};
    base::ByteView content;
    base::ByteView whole;  // with identifier and length
};

// Reads the elements of one value front to back. All errors are FORMAT; views live as long as what the reader was made
// of.
class Reader {
  public:
    explicit Reader(base::ByteView bytes) noexcept : m_rest(bytes) {}

    // Lengths are definite and as short as can be; identifiers of the high-number form are refused.
    [[nodiscard]] Result<Element> next();
    [[nodiscard]] Result<Element> next(Tag expected);
    [[nodiscard]] bool at_end() const noexcept { return m_rest.empty(); }
    [[nodiscard]] bool next_is(Tag tag) const noexcept {
        return !m_rest.empty() && m_rest.front() == static_cast<std::byte>(tag);
    }
    // A reader of the content of the next element.
    [[nodiscard]] Result<Reader> enter(Tag expected);
    [[nodiscard]] Result<void> expect_end() const;

    // The content of an INTEGER, which may be negative, as short as can be.
    [[nodiscard]] Result<base::ByteView> integer();
    // An INTEGER that is not negative, as short as can be: big-endian without leading zeros; empty for 0.
    [[nodiscard]] Result<base::ByteView> unsigned_integer();
    // The same when it fits.
    [[nodiscard]] Result<std::uint32_t> small_unsigned_integer();
    [[nodiscard]] Result<bool> boolean();
    // A BIT STRING of whole bytes.
    [[nodiscard]] Result<base::ByteView> bit_string();
    // A BIT STRING of named bits (X.690 section 11.2.2: no trailing zero bits), at most 16; bit 0 of the standard is 1
    // here.
    [[nodiscard]] Result<std::uint16_t> named_bits();
    [[nodiscard]] Result<base::ByteView> object_identifier();
    // UTCTime or GeneralizedTime as RFC 5280 section 4.1.2.5 wants them: to the second, in UTC, UTCTime until 2049.
    [[nodiscard]] Result<std::int64_t> time_unix_s();

  private:
    base::ByteView m_rest;
};

// "1.2.840.10045.4.3.3", for messages; the content must be what object_identifier() returned.
[[nodiscard]] std::string dotted(base::ByteView object_identifier);

// A reader of the one element that `bytes` are, to their last byte.
[[nodiscard]] Result<Reader> open(base::ByteView bytes, Tag expected);

// Writers. Buffer is Bytes, or SecretBytes when what is written must be wiped.
template <class Buffer = base::Bytes>
[[nodiscard]] Buffer element(Tag tag, std::initializer_list<base::ByteView> parts) {
    std::size_t length = 0;
    for (const base::ByteView part : parts)
        length += part.size();
    std::size_t length_bytes = 0;
    while (length >= 0x80 && length_bytes < sizeof length && length >> (8 * length_bytes) != 0)
        ++length_bytes;

    Buffer out;
    out.reserve(2 + length_bytes + length);
    out.push_back(static_cast<std::byte>(tag));
    out.push_back(static_cast<std::byte>(length_bytes == 0 ? length : 0x80U | length_bytes));
    for (std::size_t i = length_bytes; i-- > 0;)
        out.push_back(static_cast<std::byte>((length >> (8 * i)) & 0xFFU));
    for (const base::ByteView part : parts)
        out.insert(out.end(), part.begin(), part.end());
    return out;
}

// An INTEGER from a big-endian number that is not negative; leading zeros are dropped.
template <class Buffer = base::Bytes>
[[nodiscard]] Buffer unsigned_integer(base::ByteView number) {
    while (!number.empty() && number.front() == std::byte{0})
        number = number.subspan(1);
    constexpr std::byte zero{0};
    const bool needs_zero = number.empty() || (number.front() & std::byte{0x80}) != std::byte{0};
    return element<Buffer>(Tag::integer, {base::ByteView{&zero, needs_zero ? 1U : 0U}, number});
}

// A BIT STRING of whole bytes.
template <class Buffer = base::Bytes>
[[nodiscard]] Buffer bit_string(base::ByteView bytes) {
    constexpr std::byte no_unused_bits{0};
    return element<Buffer>(Tag::bit_string, {base::ByteView{&no_unused_bits, 1}, bytes});
}

[[nodiscard]] base::Bytes named_bits(std::uint16_t bits);
// INVALID_ARGUMENT before 1950 and after 9999.
[[nodiscard]] Result<base::Bytes> time(std::int64_t unix_s);

}  // namespace mos::crypto::der
