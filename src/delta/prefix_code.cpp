#include "prefix_code.hpp"

#include <algorithm>

namespace mos::delta {

std::uint16_t reversed_bits(std::uint32_t code, unsigned bits) noexcept {
    std::uint32_t out = 0;
    for (; bits > 0; --bits, code >>= 1U)
        out = out << 1U | (code & 1U);
    return static_cast<std::uint16_t>(out);
}

// A heap of what waits to be joined, at its front from 1 on; behind it, from `done` on, what was, the last first.
struct PrefixCode::Heap {
    std::array<std::uint16_t, nodes> items{};
    unsigned size = 0;
    unsigned done = nodes;
};

bool PrefixCode::goes_first(unsigned a, unsigned b) const noexcept {
    return m_count[a] < m_count[b] || (m_count[a] == m_count[b] && m_depth[a] <= m_depth[b]);
}

void PrefixCode::sink(Heap &heap, unsigned at) const noexcept {
    const std::uint16_t moving = heap.items[at];
    for (unsigned child = at * 2; child <= heap.size; child = at * 2) {
        if (child < heap.size && goes_first(heap.items[child + 1], heap.items[child]))
            ++child;
        if (goes_first(moving, heap.items[child]))
            break;
        heap.items[at] = heap.items[child];
        at = child;
    }
    heap.items[at] = moving;
}

// All symbols that occur; and at least two, for a code of one would have no bits.
void PrefixCode::collect(Heap &heap) noexcept {
    int largest = -1;
    for (unsigned symbol = 0; symbol < m_shape->symbols; ++symbol) {
        m_length[symbol] = 0;
        m_depth[symbol] = 0;
        if (m_count[symbol] != 0) {
            heap.items[++heap.size] = static_cast<std::uint16_t>(symbol);
            largest = static_cast<int>(symbol);
        }
    }
    while (heap.size < 2) {
        const unsigned symbol = largest < 2 ? static_cast<unsigned>(++largest) : 0;
        heap.items[++heap.size] = static_cast<std::uint16_t>(symbol);
        m_count[symbol] = 1;
        // It is never sent.
        --m_bits;
        if (m_shape->fixed_lengths != nullptr)
            m_fixed_bits -= m_shape->fixed_lengths[symbol];
    }
    m_largest = static_cast<unsigned>(largest);
}

void PrefixCode::join(Heap &heap) noexcept {
    for (unsigned at = heap.size / 2; at >= 1; --at)
        sink(heap, at);
    for (unsigned node = m_shape->symbols; heap.size >= 2; ++node) {
        const std::uint16_t first = heap.items[1];
        heap.items[1] = heap.items[heap.size--];
        sink(heap, 1);
        const std::uint16_t second = heap.items[1];
        heap.items[--heap.done] = first;
        heap.items[--heap.done] = second;
        m_count[node] = static_cast<std::uint16_t>(m_count[first] + m_count[second]);
        m_depth[node] = static_cast<std::uint8_t>(std::max(m_depth[first], m_depth[second]) + 1);
        m_parent[first] = m_parent[second] = static_cast<std::uint16_t>(node);
        heap.items[1] = static_cast<std::uint16_t>(node);
        sink(heap, 1);
    }
    heap.items[--heap.done] = heap.items[1];
}

void PrefixCode::choose_lengths(const Heap &heap) noexcept {
    m_of_length.fill(0);
    m_length[heap.items[heap.done]] = 0;
    int overflow = 0;
    for (unsigned at = heap.done + 1; at < nodes; ++at) {
        const unsigned node = heap.items[at];
        unsigned bits = m_length[m_parent[node]] + 1U;
        if (bits > m_shape->most_bits) {
            bits = m_shape->most_bits;
            ++overflow;
        }
        m_length[node] = static_cast<std::uint8_t>(bits);
        if (node > m_largest)
            continue;
        ++m_of_length[bits];
        const unsigned extra = node >= m_shape->extra_from ? m_shape->extra_bits[node - m_shape->extra_from] : 0;
        m_bits += static_cast<std::int64_t>(m_count[node]) * (bits + extra);
        if (m_shape->fixed_lengths != nullptr)
            m_fixed_bits += static_cast<std::int64_t>(m_count[node]) * (m_shape->fixed_lengths[node] + extra);
    }
    if (overflow > 0)
        shorten(heap, overflow);
}

void PrefixCode::shorten(const Heap &heap, int overflow) noexcept {
    for (; overflow > 0; overflow -= 2) {
        unsigned bits = m_shape->most_bits - 1;
        while (m_of_length[bits] == 0)
            --bits;
        --m_of_length[bits];
        m_of_length[bits + 1] = static_cast<std::uint16_t>(m_of_length[bits + 1] + 2);
        --m_of_length[m_shape->most_bits];
    }
    unsigned at = nodes;
    for (unsigned bits = m_shape->most_bits; bits > 0; --bits) {
        for (unsigned left = m_of_length[bits]; left > 0;) {
            const unsigned node = heap.items[--at];
            if (node > m_largest)
                continue;
            m_bits += (static_cast<std::int64_t>(bits) - m_length[node]) * m_count[node];
            m_length[node] = static_cast<std::uint8_t>(bits);
            --left;
        }
    }
}

void PrefixCode::choose_codes() noexcept {
    std::array<std::uint32_t, 16> next{};
    for (unsigned bits = 1, code = 0; bits < next.size(); ++bits)
        next[bits] = code = (code + m_of_length[bits - 1]) << 1U;
    for (unsigned symbol = 0; symbol <= m_largest; ++symbol)
        if (const unsigned bits = m_length[symbol]; bits > 0)
            m_code[symbol] = reversed_bits(next[bits]++, bits);
}

void PrefixCode::build() noexcept {
    m_bits = 0;
    m_fixed_bits = 0;
    Heap heap;
    collect(heap);
    join(heap);
    choose_lengths(heap);
    choose_codes();
}

}  // namespace mos::delta
