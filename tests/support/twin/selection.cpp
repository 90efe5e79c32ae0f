#include "selection.hpp"

#include "item.hpp"

#include <fmt/format.h>

namespace mos::test {

bool Selection::keeps(std::size_t index) const noexcept {
    switch (m_kind) {
    case Kind::none:
        return false;
    case Kind::all:
        return true;
    case Kind::all_but:
        return index != m_argument;
    case Kind::only:
        return index == m_argument;
    case Kind::first:
        return index < m_argument;
    case Kind::random: {
        constexpr std::uint64_t weights[] = {128, 128, 32, 224};  // of 256
        return (twin::scramble(m_argument, index) >> 56U) < weights[m_argument % 4];
    }
    }
    return false;
}

std::string Selection::description() const {
    const char *const names[] = {"none()", "all()", "all_but({})", "only({})", "first({})", "random({})"};
    std::string text = fmt::format(fmt::runtime(names[static_cast<std::size_t>(m_kind)]), m_argument);
    if (m_tear)
        text += fmt::format(".torn({})", *m_tear);
    return text;
}

}  // namespace mos::test
