// Which of the pending effects a power cut keeps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace mos::test {

// Numbers count the pending effects from the oldest, as Twin::pending_descriptions() lists them.
class Selection {
  public:
    [[nodiscard]] static Selection none() { return {Kind::none, 0}; }
    [[nodiscard]] static Selection all() { return {Kind::all, 0}; }
    [[nodiscard]] static Selection all_but(std::size_t index) { return {Kind::all_but, index}; }
    [[nodiscard]] static Selection only(std::size_t index) { return {Kind::only, index}; }
    [[nodiscard]] static Selection first(std::size_t count) { return {Kind::first, count}; }
    // Each by a coin that the seed also weighs: some seeds lose nearly all, some nearly nothing.
    [[nodiscard]] static Selection random(std::uint64_t seed) { return {Kind::random, seed}; }

    // Besides, about half of the kept writes arrive with a random part of their 512-byte sectors.
    [[nodiscard]] Selection torn(std::uint64_t seed) const {
        Selection other = *this;
        other.m_tear = seed;
        return other;
    }

    [[nodiscard]] bool keeps(std::size_t index) const noexcept;
    [[nodiscard]] const std::optional<std::uint64_t> &tear() const noexcept { return m_tear; }
    [[nodiscard]] std::string description() const;  // as one writes it: "random(7).torn(3)"

  private:
    enum class Kind : std::uint8_t { none, all, all_but, only, first, random };
    Selection(Kind kind, std::uint64_t argument) : m_kind(kind), m_argument(argument) {}

    Kind m_kind;
    std::uint64_t m_argument;
    std::optional<std::uint64_t> m_tear;
};

}  // namespace mos::test
