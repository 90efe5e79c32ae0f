// A usage pattern as text, which is kept from one run to the next.
#include <mos/schedule/usage.hpp>

#include <mos/schedule/queue.hpp>

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace mos::schedule {

namespace {

constexpr std::string_view first_line = "multiosupdate usage 1\n";
constexpr double thousandths = 1000;
// No hour is watched for longer: what fades by half in three weeks comes to less than five hours.
constexpr std::int64_t most_thousandths = 24'000;

Error malformed() { return Error{Code::FORMAT, "what was learnt of the device's usage is damaged"}; }

std::int64_t rounded(double hours) { return std::llround(hours * thousandths); }

// Reads numbers that are parted by spaces and lines, in the one form in which they are written.
class Numbers {
  public:
    explicit Numbers(std::string_view text) : m_text(text) {}

    [[nodiscard]] Result<std::int64_t> next(char end, std::int64_t least, std::int64_t most) {
        const std::string_view word = m_text.substr(0, m_text.find(end));
        std::int64_t number = 0;
        const auto [stop, problem] = std::from_chars(word.data(), word.data() + word.size(), number);
        const bool is_whole = problem == std::errc{} && stop == word.data() + word.size();
        if (!is_whole || word.size() == m_text.size() || fmt::format("{}", number) != word || number < least ||
            number > most)
            return malformed();
        m_text.remove_prefix(word.size() + 1);
        return number;
    }
    [[nodiscard]] bool at_end() const noexcept { return m_text.empty(); }

  private:
    std::string_view m_text;
};

}  // namespace

std::string UsagePattern::to_text() const {
    std::string text{first_line};
    text += fmt::format("{} {}\n", m_first_s, m_last_s);
    for (const UsageBin &bin : m_bins)
        text += fmt::format("{} {} {}\n", rounded(bin.observed_h), rounded(bin.busy_h), bin.last_s);
    return text;
}

Result<UsagePattern> UsagePattern::from_text(std::string_view text, TimeZone zone) {
    UsagePattern pattern{std::move(zone)};
    if (!text.starts_with(first_line))
        return malformed();
    Numbers numbers{text.substr(first_line.size())};
    MOS_TRY(pattern.m_first_s, numbers.next(' ', 0, latest_named_time_s));
    MOS_TRY(pattern.m_last_s, numbers.next('\n', pattern.m_first_s, latest_named_time_s));
    for (UsageBin &bin : pattern.m_bins) {
        MOS_TRY(const std::int64_t observed, numbers.next(' ', 0, most_thousandths));
        MOS_TRY(const std::int64_t busy, numbers.next(' ', 0, observed));
        MOS_TRY(bin.last_s, numbers.next('\n', 0, pattern.m_last_s));
        bin.observed_h = static_cast<double>(observed) / thousandths;
        bin.busy_h = static_cast<double>(busy) / thousandths;
    }
    if (!numbers.at_end())
        return malformed();
    pattern.m_has_seen = pattern.m_last_s > 0;
    return pattern;
}

}  // namespace mos::schedule
