#include <mos/crypto/der.hpp>

#include <fmt/format.h>

#include <chrono>

namespace mos::crypto::der {

namespace {

using base::ByteView;

constexpr std::size_t max_length_bytes = 4;

Error malformed(std::string message) { return Error{Code::FORMAT, std::move(message)}; }

bool is_high(std::byte b) { return (b & std::byte{0x80}) != std::byte{0}; }

// The two digits at `position`, or -1.
int two_digits(std::string_view text, std::size_t position) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (!is_digit(text[position]) || !is_digit(text[position + 1]))
        return -1;
    return (text[position] - '0') * 10 + (text[position + 1] - '0');
}

// "MMDDHHMMSSZ" of a year.
Result<std::int64_t> time_in_year(int year, std::string_view text) {
    const auto refuse = [&] { return malformed("time " + base::in_quotes(text) + " is none"); };
    int fields[5];
    for (std::size_t i = 0; i < 5; ++i)
        if (fields[i] = two_digits(text, 2 * i); fields[i] < 0)
            return refuse();
    const auto [month, day, hour, minute, second] = fields;
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok() || hour > 23 || minute > 59 || second > 59 || text.back() != 'Z')
        return refuse();
    const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
    return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

}  // namespace

Result<Element> Reader::next() {
    const ByteView rest = m_rest;
    if (rest.size() < 2)
        return malformed("an element is cut off");
    const auto at = [&](std::size_t i) { return std::to_integer<std::size_t>(rest[i]); };
    if ((at(0) & 0x1FU) == 0x1FU)
        return malformed("an identifier has the high-number form");

    std::size_t header = 2;
    std::size_t length = at(1);
    if (length == 0x80)
        return malformed("a length is indefinite");
    if (length > 0x80) {
        const std::size_t count = length & 0x7FU;
        if (count > max_length_bytes || count > rest.size() - header)
            return malformed("a length is beyond the end");
        length = 0;
        for (std::size_t i = 0; i < count; ++i)
            length = length << 8U | at(header + i);
        if (at(header) == 0 || length < 0x80)
            return malformed("a length is longer than it need be");
        header += count;
    }
    if (length > rest.size() - header)
        return malformed("an element goes on beyond the end");
    m_rest = rest.subspan(header + length);
    return Element{static_cast<Tag>(rest[0]), rest.subspan(header, length), rest.first(header + length)};
}

Result<Element> Reader::next(Tag expected) {
    if (at_end())
        return malformed(fmt::format("element {:02x} is missing", static_cast<unsigned>(expected)));
    if (!next_is(expected))
        return malformed(fmt::format("element {:02x} stands where {:02x} should", std::to_integer<unsigned>(m_rest[0]),
                                     static_cast<unsigned>(expected)));
    return next();
}

Result<Reader> Reader::enter(Tag expected) {
    MOS_TRY(const Element element, next(expected));
    return Reader{element.content};
}

Result<void> Reader::expect_end() const {
    if (!at_end())
        return malformed(fmt::format("{} bytes stand behind the end", m_rest.size()));
    return {};
}

Result<ByteView> Reader::integer() {
    MOS_TRY(const Element element, next(Tag::integer));
    const ByteView number = element.content;
    if (number.empty())
        return malformed("an integer is empty");
    // X.690 section 8.3.2: the first nine bits are not all alike.
    if (number.size() > 1 && (number[0] == std::byte{0} || number[0] == std::byte{0xFF}) &&
        is_high(number[0]) == is_high(number[1]))
        return malformed("an integer is padded");
    return number;
}

Result<ByteView> Reader::unsigned_integer() {
    MOS_TRY(const ByteView number, integer());
    if (is_high(number[0]))
        return malformed("an integer is negative");
    return number[0] == std::byte{0} ? number.subspan(1) : number;
}

Result<std::uint32_t> Reader::small_unsigned_integer() {
    MOS_TRY(const ByteView number, unsigned_integer());
    if (number.size() > sizeof(std::uint32_t))
        return malformed("an integer is too large");
    std::uint32_t value = 0;
    for (const std::byte b : number)
        value = value << 8U | std::to_integer<std::uint32_t>(b);
    return value;
}

Result<bool> Reader::boolean() {
    MOS_TRY(const Element element, next(Tag::boolean));
    if (element.content.size() != 1 || (element.content[0] != std::byte{0} && element.content[0] != std::byte{0xFF}))
        return malformed("a boolean is neither 00 nor ff");
    return element.content[0] != std::byte{0};
}

Result<ByteView> Reader::bit_string() {
    MOS_TRY(const Element element, next(Tag::bit_string));
    if (element.content.empty() || element.content[0] != std::byte{0})
        return malformed("a bit string is not of whole bytes");
    return element.content.subspan(1);
}

Result<std::uint16_t> Reader::named_bits() {
    MOS_TRY(const Element element, next(Tag::bit_string));
    const ByteView content = element.content;
    if (content.empty() || content.size() > 3)
        return malformed("a string of named bits is empty or too long");
    const auto unused = std::to_integer<unsigned>(content[0]);
    if (unused > 7 || (content.size() == 1 && unused != 0))
        return malformed("a bit string counts unused bits that are not there");
    std::uint16_t bits = 0;
    for (std::size_t i = 0; i + 1 < content.size(); ++i)
        for (std::size_t k = 0; k < 8; ++k)
            if ((std::to_integer<unsigned>(content[i + 1]) & 0x80U >> k) != 0)
                bits = static_cast<std::uint16_t>(bits | 1U << (8 * i + k));
    // X.690 sections 11.2.1 and 11.2.2: the last bit in use is a one, unused ones are zero: equal sets are equal bytes.
    const unsigned tail = std::to_integer<unsigned>(content.back()) & ((2U << unused) - 1U);
    if (content.size() > 1 && tail != 1U << unused)
        return malformed("a string of named bits ends in zeros or sets unused bits");
    return bits;
}

Result<ByteView> Reader::object_identifier() {
    MOS_TRY(const Element element, next(Tag::object_identifier));
    const ByteView content = element.content;
    const auto goes_on = [](std::byte b) { return (b & std::byte{0x80}) != std::byte{0}; };
    if (content.empty() || goes_on(content.back()))
        return malformed("an object identifier is cut off");
    for (std::size_t i = 0; i < content.size(); ++i)
        if (content[i] == std::byte{0x80} && (i == 0 || !goes_on(content[i - 1])))
            return malformed("an object identifier is padded");
    return content;
}

Result<std::int64_t> Reader::time_unix_s() {
    MOS_TRY(const Element element, next());
    const std::string_view text = base::as_text(element.content);
    if (element.tag == Tag::utc_time && text.size() == 13) {
        const int year = two_digits(text, 0);
        if (year < 0)
            return malformed("a year is no number");
        return time_in_year(year < 50 ? 2000 + year : 1900 + year, text.substr(2));
    }
    if (element.tag == Tag::generalized_time && text.size() == 15) {
        const int century = two_digits(text, 0);
        const int year_in_century = two_digits(text, 2);
        if (century < 0 || year_in_century < 0)
            return malformed("a year is no number");
        const int year = century * 100 + year_in_century;
        if (year < 2050)
            return malformed("a time before 2050 is no UTCTime");
        return time_in_year(year, text.substr(4));
    }
    return malformed("a time is neither a UTCTime nor a GeneralizedTime to the second in UTC");
}

std::string dotted(ByteView object_identifier) {
    std::string text;
    std::uint64_t arc = 0;
    for (const std::byte b : object_identifier) {
        if (arc >> 56U != 0)
            return base::to_hex(object_identifier);  // no arc in use is so large
        arc = arc << 7U | std::to_integer<std::uint64_t>(b & std::byte{0x7F});
        if ((b & std::byte{0x80}) != std::byte{0})
            continue;
        if (text.empty()) {  // the first two arcs share one number: 40 × first + second
            const std::uint64_t first = std::min<std::uint64_t>(arc / 40, 2);
            text = fmt::format("{}.{}", first, arc - 40 * first);
        } else {
            text += fmt::format(".{}", arc);
        }
        arc = 0;
    }
    return text;
}

Result<Reader> open(ByteView bytes, Tag expected) {
    Reader outer{bytes};
    MOS_TRY(const Reader inner, outer.enter(expected));
    MOS_CHECK(outer.expect_end());
    return inner;
}

base::Bytes named_bits(std::uint16_t bits) {
    base::Bytes content{std::byte{0}};
    for (unsigned i = 0; bits >> i != 0; ++i) {
        if (i % 8 == 0)
            content.push_back(std::byte{0});
        if ((bits >> i & 1U) != 0)
            content.back() |= static_cast<std::byte>(0x80U >> i % 8);
        content.front() = static_cast<std::byte>(7 - i % 8);
    }
    return element(Tag::bit_string, {content});
}

Result<base::Bytes> time(std::int64_t unix_s) {
    constexpr std::int64_t year_1950 = -631152000;
    constexpr std::int64_t year_2050 = 2524608000;
    constexpr std::int64_t year_10000 = 253402300800;
    if (unix_s < year_1950 || unix_s >= year_10000)
        return Error{Code::INVALID_ARGUMENT, fmt::format("time {} can't stand in a certificate", unix_s)};
    const std::chrono::sys_seconds moment{std::chrono::seconds{unix_s}};
    const auto midnight = std::chrono::floor<std::chrono::days>(moment);
    const std::chrono::year_month_day date{midnight};
    const std::chrono::hh_mm_ss clock{moment - midnight};
    const int year = static_cast<int>(date.year());
    const std::string rest = fmt::format("{:02}{:02}{:02}{:02}{:02}Z", static_cast<unsigned>(date.month()),
                                         static_cast<unsigned>(date.day()), clock.hours().count(),
                                         clock.minutes().count(), clock.seconds().count());
    if (unix_s < year_2050)
        return element(Tag::utc_time, {base::as_bytes(fmt::format("{:02}{}", year % 100, rest))});
    return element(Tag::generalized_time, {base::as_bytes(fmt::format("{:04}{}", year, rest))});
}

}  // namespace mos::crypto::der
