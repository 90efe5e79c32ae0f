#include "ip_address.hpp"

#include <fmt/format.h>

#include <array>

namespace mos::crypto {

using base::ByteView;

namespace {

constexpr std::size_t groups = ipv6_bytes / 2;

struct Run {
    std::size_t begin = 0;
    std::size_t length = 0;
};

// RFC 5952 section 4.2: the longest run of zeros, the first of equal ones, and never a single zero.
Run longest_zeros(const std::array<unsigned, groups> &numbers) {
    Run best;
    for (std::size_t begin = 0; begin < groups; ++begin) {
        std::size_t end = begin;
        while (end < groups && numbers[end] == 0)
            ++end;
        if (end - begin > best.length)
            best = {begin, end - begin};
    }
    return best.length < 2 ? Run{} : best;
}

std::string ipv6_text(ByteView address) {
    std::array<unsigned, groups> numbers{};
    for (std::size_t i = 0; i < groups; ++i)
        numbers[i] = std::to_integer<unsigned>(address[2 * i]) << 8U | std::to_integer<unsigned>(address[2 * i + 1]);
    const Run zeros = longest_zeros(numbers);
    std::string text;
    for (std::size_t i = 0; i < groups; ++i) {
        if (zeros.length != 0 && i == zeros.begin) {
            text += "::";
            i += zeros.length - 1;
            continue;
        }
        if (!text.empty() && text.back() != ':')
            text += ':';
        text += fmt::format("{:x}", numbers[i]);
    }
    return text;
}

}  // namespace

std::string ip_address_text(ByteView address) {
    const auto at = [&](std::size_t i) { return std::to_integer<unsigned>(address[i]); };
    if (address.size() == ipv4_bytes)
        return fmt::format("{}.{}.{}.{}", at(0), at(1), at(2), at(3));
    return address.size() == ipv6_bytes ? ipv6_text(address) : std::string{};
}

}  // namespace mos::crypto
