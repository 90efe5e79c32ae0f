#include "deflate_block.hpp"

#include <algorithm>

namespace mos::delta {

namespace {

constexpr unsigned end_of_block = 256;
constexpr unsigned first_length = 257;
constexpr unsigned literal_symbols = 286;
constexpr unsigned distance_symbols = 30;
constexpr unsigned length_symbols = 19;
// Of the code of code lengths: the one before 3 to 6 times, and zeros, 3 to 10 and 11 to 138.
constexpr unsigned repeat_last = 16;
constexpr unsigned few_zeros = 17;
constexpr unsigned many_zeros = 18;

constexpr std::array<std::uint8_t, 29> extra_of_length = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                                          2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
constexpr std::array<std::uint8_t, distance_symbols> extra_of_distance = {
    0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13};
constexpr std::array<std::uint8_t, length_symbols> extra_of_repeat = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                                                      0, 0, 0, 0, 0, 0, 2, 3, 7};
// In this order their lengths stand before a block (RFC 1951, 3.2.7), so that those which are rare can be left out.
constexpr std::array<std::uint8_t, length_symbols> order_of_lengths = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                                       11, 4,  12, 3, 13, 2, 14, 1, 15};

constexpr auto fixed_literal_lengths = [] {
    std::array<std::uint8_t, 288> lengths{};
    for (unsigned i = 0; i < lengths.size(); ++i)
        lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    return lengths;
}();
constexpr auto fixed_distance_lengths = [] {
    std::array<std::uint8_t, distance_symbols> lengths{};
    lengths.fill(5);
    return lengths;
}();

constexpr CodeShape literal_shape{literal_symbols, 15, extra_of_length.data(), first_length,
                                  fixed_literal_lengths.data()};
constexpr CodeShape distance_shape{distance_symbols, 15, extra_of_distance.data(), 0, fixed_distance_lengths.data()};
constexpr CodeShape length_shape{length_symbols, 7, extra_of_repeat.data(), 0, nullptr};

// Where each symbol's lengths, or distances, begin, counted from the smallest.
template <std::size_t Count>
constexpr auto starts_of(const std::array<std::uint8_t, Count> &extra) {
    std::array<std::uint16_t, Count> starts{};
    std::uint16_t start = 0;
    for (std::size_t i = 0; i < Count; ++i) {
        starts[i] = start;
        start = static_cast<std::uint16_t>(start + (1U << extra[i]));
    }
    return starts;
}

constexpr auto start_of_length = [] {
    auto starts = starts_of(extra_of_length);
    starts.back() = 255;  // the longest has a symbol of its own
    return starts;
}();
constexpr auto start_of_distance = starts_of(extra_of_distance);

constexpr auto symbol_of_length = [] {
    std::array<std::uint8_t, 256> symbols{};
    for (unsigned value = 0, symbol = 0; value < symbols.size(); ++value) {
        while (symbol + 1 < start_of_length.size() && start_of_length[symbol + 1] <= value)
            ++symbol;
        symbols[value] = static_cast<std::uint8_t>(symbol);
    }
    return symbols;
}();
// Of distances up to 256 each, of larger ones every 128th: their symbols' borders are there.
constexpr auto symbol_of_distance = [] {
    std::array<std::uint8_t, 512> symbols{};
    for (unsigned i = 0, symbol = 0; i < symbols.size(); ++i) {
        const unsigned value = i < 256 ? i : (i - 256) << 7U;
        if (i == 256)
            symbol = 0;
        while (symbol + 1 < start_of_distance.size() && start_of_distance[symbol + 1] <= value)
            ++symbol;
        symbols[i] = static_cast<std::uint8_t>(symbol);
    }
    return symbols;
}();

// `distance` less one.
unsigned distance_symbol(unsigned value) { return symbol_of_distance[value < 256 ? value : 256 + (value >> 7U)]; }

std::uint32_t fixed_literal_code(unsigned symbol) {
    if (symbol < 144)
        return reversed_bits(0x30 + symbol, 8);
    if (symbol < 256)
        return reversed_bits(0x190 + symbol - 144, 9);
    if (symbol < 280)
        return reversed_bits(symbol - 256, 7);
    return reversed_bits(0xc0 + symbol - 280, 8);
}

}  // namespace

DeflateBlock::DeflateBlock() noexcept
    : m_literals(literal_shape), m_distances(distance_shape), m_lengths(length_shape) {
    clear();
}

void DeflateBlock::clear() noexcept {
    m_literals.clear();
    m_distances.clear();
    m_lengths.clear();
    m_literals.count(end_of_block);
    m_used = 0;
    m_matches = 0;
}

void DeflateBlock::add_literal(std::byte byte) noexcept {
    const auto value = std::to_integer<std::uint8_t>(byte);
    m_symbols[m_used++] = {.distance = 0, .value = value};
    m_literals.count(value);
}

void DeflateBlock::add_match(unsigned distance, unsigned length) noexcept {
    const auto value = static_cast<std::uint8_t>(length - 3);
    m_symbols[m_used++] = {.distance = static_cast<std::uint16_t>(distance), .value = value};
    ++m_matches;
    m_literals.count(first_length + symbol_of_length[value]);
    m_distances.count(distance_symbol(distance - 1));
}

std::uint64_t DeflateBlock::guessed_bytes() const noexcept {
    std::uint64_t bits = m_used * 8;
    for (unsigned symbol = 0; symbol < distance_symbols; ++symbol)
        bits += std::uint64_t{m_distances.counted(symbol)} * (5U + extra_of_distance[symbol]);
    return bits >> 3U;
}

// The lengths of a code as runs: take(symbol, times of it, extra value, extra bits).
template <class Take>
void DeflateBlock::walk_lengths(const PrefixCode &code, Take &&take) const {
    constexpr unsigned nothing = 0xffff;
    unsigned last = nothing;
    unsigned count = 0;
    unsigned most = code.length(0) == 0 ? 138 : 7;
    unsigned least = code.length(0) == 0 ? 3 : 4;
    for (unsigned symbol = 0; symbol <= code.largest_symbol(); ++symbol) {
        const unsigned length = code.length(symbol);
        const unsigned next = symbol < code.largest_symbol() ? code.length(symbol + 1) : nothing;
        if (++count < most && length == next)
            continue;
        if (count < least) {
            take(length, count, 0U, 0U);
        } else if (length != 0) {
            if (length != last) {
                take(length, 1U, 0U, 0U);
                --count;
            }
            take(repeat_last, 1U, count - 3, 2U);
        } else if (count <= 10) {
            take(few_zeros, 1U, count - 3, 3U);
        } else {
            take(many_zeros, 1U, count - 11, 7U);
        }
        count = 0;
        last = length;
        most = next == 0 ? 138 : length == next ? 6 : 7;
        least = next == 0 || length == next ? 3 : 4;
    }
}

void DeflateBlock::count_lengths(const PrefixCode &code) noexcept {
    walk_lengths(code, [&](unsigned symbol, unsigned times, unsigned, unsigned) { m_lengths.count(symbol, times); });
}

void DeflateBlock::write_lengths(BitWriter &out, const PrefixCode &code) const noexcept {
    walk_lengths(code, [&](unsigned symbol, unsigned times, unsigned value, unsigned width) {
        for (; times > 0; --times)
            out.put(m_lengths.code(symbol), m_lengths.length(symbol));
        out.put(value, width);
    });
}

void DeflateBlock::write_codes(BitWriter &out, unsigned described) const noexcept {
    out.put(m_literals.largest_symbol() + 1 - 257, 5);
    out.put(m_distances.largest_symbol(), 5);
    out.put(described - 4, 4);
    for (unsigned i = 0; i < described; ++i)
        out.put(m_lengths.length(order_of_lengths[i]), 3);
    write_lengths(out, m_literals);
    write_lengths(out, m_distances);
}

Result<void> DeflateBlock::write_stored(BitWriter &out, std::uint64_t bytes, const std::byte *content, bool last) {
    out.put(last ? 1 : 0, 3);
    out.align();
    out.put(static_cast<std::uint32_t>(bytes), 16);
    out.put(static_cast<std::uint32_t>(~bytes) & 0xffffU, 16);
    for (std::uint64_t i = 0; i < bytes; ++i) {
        out.put(std::to_integer<std::uint32_t>(content[i]), 8);
        MOS_CHECK(out.drain());
    }
    return {};
}

// literal(symbol) and distance(symbol) put a code.
template <class Literal, class Distance>
Result<void> DeflateBlock::write_symbols(BitWriter &out, Literal &&literal, Distance &&distance) const {
    for (std::size_t i = 0; i < m_used; ++i) {
        const Symbol symbol = m_symbols[i];
        if (symbol.distance == 0) {
            literal(symbol.value);
        } else {
            const unsigned length = symbol_of_length[symbol.value];
            literal(first_length + length);
            out.put(symbol.value - static_cast<unsigned>(start_of_length[length]), extra_of_length[length]);
            const unsigned far = symbol.distance - 1U;
            const unsigned code = distance_symbol(far);
            distance(code);
            out.put(far - start_of_distance[code], extra_of_distance[code]);
        }
        MOS_CHECK(out.drain());
    }
    literal(end_of_block);
    return {};
}

Result<void> DeflateBlock::write(BitWriter &out, std::uint64_t content_bytes, const std::byte *content, bool last) {
    m_literals.build();
    m_distances.build();
    count_lengths(m_literals);
    count_lengths(m_distances);
    m_lengths.build();
    unsigned described = length_symbols;
    while (described > 4 && m_lengths.length(order_of_lengths[described - 1]) == 0)
        --described;
    const std::int64_t head_bits = m_lengths.bits() + 3 * static_cast<std::int64_t>(described) + 5 + 5 + 4;
    const auto bytes_of = [](std::int64_t bits) { return static_cast<std::uint64_t>((bits + 3 + 7) >> 3U); };
    const std::uint64_t own = bytes_of(m_literals.bits() + m_distances.bits() + head_bits);
    const std::uint64_t fixed = bytes_of(m_literals.fixed_bits() + m_distances.fixed_bits());
    constexpr std::uint32_t kind_fixed = 1;
    constexpr std::uint32_t kind_own = 2;
    MOS_CHECK(out.drain());
    if (content != nullptr && content_bytes + 4 <= std::min(own, fixed)) {
        MOS_CHECK(write_stored(out, content_bytes, content, last));
    } else if (fixed <= own) {
        out.put(kind_fixed << 1U | (last ? 1U : 0U), 3);
        MOS_CHECK(write_symbols(
            out, [&](unsigned symbol) { out.put(fixed_literal_code(symbol), fixed_literal_lengths[symbol]); },
            [&](unsigned symbol) { out.put(reversed_bits(symbol, 5), 5); }));
    } else {
        out.put(kind_own << 1U | (last ? 1U : 0U), 3);
        write_codes(out, described);
        MOS_CHECK(write_symbols(
            out, [&](unsigned symbol) { out.put(m_literals.code(symbol), m_literals.length(symbol)); },
            [&](unsigned symbol) { out.put(m_distances.code(symbol), m_distances.length(symbol)); }));
    }
    clear();
    return {};
}

}  // namespace mos::delta
