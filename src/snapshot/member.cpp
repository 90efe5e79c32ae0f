#include "member.hpp"

#include <algorithm>

namespace mos::snapshot {

bool WalkOrder::operator()(std::string_view a, std::string_view b) const noexcept {
    // The separator sorts before every byte of a name.
    const auto rank = [](char c) { return c == '/' ? 0 : static_cast<int>(static_cast<unsigned char>(c)) + 1; };
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                        [&](char x, char y) { return rank(x) < rank(y); });
}

}  // namespace mos::snapshot
