// Calendar expressions as in systemd.time(7), by the rules of systemd 252 (src/shared/calendarspec.c), which the manual
// leaves open in places: tests/schedule compares with `systemd-analyze calendar`.
#include <mos/config/calendar.hpp>

#include "calendar_words.hpp"

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

namespace mos::config {

namespace {

constexpr std::size_t max_expression_bytes = 1000;
constexpr std::size_t max_components = 240;

// What a chain of components is about.
struct Unit {
    std::string_view name;
    int least;
    int most;
};
constexpr Unit a_year{"year", first_calendar_year, last_calendar_year};
constexpr Unit a_month{"month", 1, 12};
constexpr Unit a_day{"day", 1, 31};
constexpr Unit a_last_day{"day before the end of the month", 1, 28};  // further ones are not in every month
constexpr Unit an_hour{"hour", 0, 23};
constexpr Unit a_minute{"minute", 0, 59};
constexpr Unit a_second{"second", 0, 59};

// "5", "1..5", "1..5/2", "5/2".
struct Component {
    int start = 0;
    std::optional<int> stop;
    int repeat = 0;  // 0: none
};
using Chain = std::optional<std::vector<Component>>;  // nullopt is "*"

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

class Parser {
  public:
    explicit Parser(std::string_view text) : m_text(text), m_rest(text) {}

    [[nodiscard]] Result<Calendar> parse();

  private:
    [[nodiscard]] Error malformed(std::string_view what) const {
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("{} is no calendar like 'Sun *-*-* 02:00:00' or '0 */6 * * *': {}",
                                 base::in_quotes(m_text), what)};
    }
    [[nodiscard]] bool at_end() const { return m_rest.empty(); }
    [[nodiscard]] bool next_is(char c) const { return m_rest.starts_with(c); }
    [[nodiscard]] bool at_word_end() const { return at_end() || next_is(' '); }
    bool take(std::string_view token) {
        if (!m_rest.starts_with(token))
            return false;
        m_rest.remove_prefix(token.size());
        return true;
    }
    void skip_blanks() { m_rest.remove_prefix(std::min(m_rest.find_first_not_of(' '), m_rest.size())); }

    void take_zone();
    [[nodiscard]] std::optional<int> take_weekday();
    void add_weekdays(int first, int last);
    [[nodiscard]] Result<void> take_weekdays();
    [[nodiscard]] Result<void> take_date();
    [[nodiscard]] Result<void> take_rest_of_date(const Chain &first);
    [[nodiscard]] Result<void> take_time();
    [[nodiscard]] Result<int> take_number();
    [[nodiscard]] Result<Component> take_component(bool is_second);
    [[nodiscard]] Result<Chain> take_chain(bool is_second = false);

    [[nodiscard]] Result<Component> within(const Unit &unit, Component component) const;
    template <class Sink>
    [[nodiscard]] Result<void> spread(const Unit &unit, const Chain &chain, Sink &&sink) const;
    [[nodiscard]] Result<std::uint64_t> bits(const Unit &unit, const Chain &chain, std::uint64_t every) const;
    [[nodiscard]] Result<void> set_years(const Chain &chain);
    [[nodiscard]] Result<void> set_days(const Chain &chain, bool from_end);

    std::string_view m_text;
    std::string_view m_rest;
    Calendar m_calendar;
};

// ---- zone ----

// The last word, where it looks like the name of a zone and something stands before it.
void Parser::take_zone() {
    const std::size_t blank = m_rest.rfind(' ');
    if (blank == std::string_view::npos || blank + 1 == m_rest.size() || !is_letter(m_rest[blank + 1]))
        return;
    const std::string_view name = m_rest.substr(blank + 1);
    const bool has_shape = std::all_of(name.begin(), name.end(), [](char c) {
        return is_letter(c) || is_digit(c) || c == '/' || c == '_' || c == '-' || c == '+';
    });
    if (!has_shape)
        return;
    m_calendar.zone = equal_but_capitals(name, "UTC") ? "UTC" : std::string{name};
    m_rest = m_rest.substr(0, blank);
}

// ---- days of the week ----

std::optional<int> Parser::take_weekday() {
    constexpr std::array<std::string_view, 7> names = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                       "Friday", "Saturday", "Sunday"};
    constexpr std::size_t short_length = 3;
    for (std::size_t i = 0; i < names.size(); ++i)
        for (const std::size_t length : {names[i].size(), short_length})
            if (equal_but_capitals(m_rest.substr(0, length), names[i].substr(0, length))) {
                m_rest.remove_prefix(length);
                return static_cast<int>(i);
            }
    return std::nullopt;
}

void Parser::add_weekdays(int first, int last) {
    for (int i = first; i <= last; ++i)
        m_calendar.weekdays = static_cast<std::uint8_t>(m_calendar.weekdays | 1U << static_cast<unsigned>(i));
}

// "Mon", "Mon,Wed..Fri", "Mon-Fri"; a comma may stand behind the last.
Result<void> Parser::take_weekdays() {
    std::optional<int> range_from;
    m_calendar.weekdays = 0;
    while (!at_word_end()) {
        const std::optional<int> day = take_weekday();
        if (!day && m_calendar.weekdays == 0)  // no day of the week at all
            break;
        if (!day || (!at_word_end() && !next_is(',') && !next_is('.') && !next_is('-')))
            return malformed("a day of the week is 'Mon' or 'Monday', several are 'Mon..Fri' or 'Sat,Sun'");
        const int first = range_from.value_or(*day);
        if (first > *day)
            return malformed("a range of days goes from Monday towards Sunday");
        add_weekdays(first, *day);
        const bool had_range = range_from.has_value();
        range_from.reset();
        if (take("..") || take("-")) {
            if (had_range || at_word_end())
                return malformed("a range of days is 'Mon..Fri'");
            range_from = *day;
        } else if (!take(",") && !at_word_end()) {
            return malformed("a range of days is 'Mon..Fri'");
        }
    }
    if (m_calendar.weekdays == 0)
        m_calendar.weekdays = every_weekday;
    else
        skip_blanks();
    return {};
}

// ---- numbers ----

Result<int> Parser::take_number() {
    int value = 0;
    const auto [end, error] = std::from_chars(m_rest.data(), m_rest.data() + m_rest.size(), value);
    if (error != std::errc{} || !is_digit(m_rest.front()))
        return malformed(m_rest.empty() ? "a number is missing at its end"
                                        : fmt::format("a number is expected at {}", base::in_quotes(m_rest)));
    m_rest.remove_prefix(static_cast<std::size_t>(end - m_rest.data()));
    if (next_is('.') && m_rest.size() > 1 && is_digit(m_rest[1]))
        return malformed("fractions of a second are not kept");
    return value;
}

Result<Component> Parser::take_component(bool is_second) {
    Component component;
    MOS_TRY(component.start, take_number());
    if (take("..")) {
        MOS_TRY(component.stop, take_number());
        component.repeat = 1;
    }
    // So in systemd, where a second has a million parts and a range of none of them is a mistake.
    if (is_second && component.stop && *component.stop <= component.start && !next_is('/'))
        return malformed("a range of seconds holds two of them at least");
    if (take("/")) {
        MOS_TRY(component.repeat, take_number());
        if (component.repeat == 0)
            return malformed("a step of 0 leads nowhere");
    }
    return component;
}

Result<Chain> Parser::take_chain(bool is_second) {
    if (take("*"))
        return Chain{};
    std::vector<Component> components;
    do {
        MOS_TRY(const Component component, take_component(is_second));
        if (components.size() == max_components)
            return malformed(fmt::format("it lists more than {} values", max_components));
        components.push_back(component);
    } while (take(","));
    return Chain{std::move(components)};
}

// A component whose values all lie in the unit. A range that holds one value only is that value; a step that leads out
// of the unit at once is a mistake.
Result<Component> Parser::within(const Unit &unit, Component component) const {
    const auto is_in = [&](int value) { return value >= unit.least && value <= unit.most; };
    if (!is_in(component.start) || (component.stop && !is_in(*component.stop)))
        return malformed(fmt::format("a {} is a number from {} to {}", unit.name, unit.least, unit.most));
    if (component.stop && *component.stop < component.start)
        return malformed(fmt::format("a range of its {} goes backwards", unit.name));
    if (component.stop) {
        *component.stop -= (*component.stop - component.start) % component.repeat;
        if (*component.stop == component.start)
            component = {component.start, std::nullopt, 0};
    }
    const std::int64_t from = component.start;
    const std::int64_t step = component.repeat;
    const bool towards_least = &unit == &a_last_day && !component.stop;
    if (step > unit.most - unit.least ||
        (!component.stop && (towards_least ? from - step < unit.least : from + step > unit.most)))
        return malformed(fmt::format("a step of its {} leads nowhere", unit.name));
    return component;
}

// Calls `sink` with every value of the chain.
template <class Sink>
Result<void> Parser::spread(const Unit &unit, const Chain &chain, Sink &&sink) const {
    for (const Component &given : *chain) {
        MOS_TRY(const Component component, within(unit, given));
        if (component.repeat == 0)
            sink(component.start);
        else if (&unit == &a_last_day && !component.stop)  // "~7/2" goes on towards the month's end
            for (int value = component.start; value >= unit.least; value -= component.repeat)
                sink(value);
        else
            for (int value = component.start; value <= component.stop.value_or(unit.most); value += component.repeat)
                sink(value);
    }
    return {};
}

Result<std::uint64_t> Parser::bits(const Unit &unit, const Chain &chain, std::uint64_t every) const {
    std::uint64_t out = chain ? 0 : every;
    if (chain)
        MOS_CHECK(spread(unit, chain, [&](int value) { out |= std::uint64_t{1} << static_cast<unsigned>(value); }));
    return out;
}

// ---- date and time ----

// Two digits mean 1970 to 2069.
Result<void> Parser::set_years(const Chain &chain) {
    m_calendar.every_year = !chain;
    if (!chain)
        return {};
    constexpr int of_this_century = 70;
    constexpr int of_last_century = 100;
    const auto whole = [](int year) {
        return year < of_this_century ? year + 2000 : year < of_last_century ? year + 1900 : year;
    };
    Chain years = chain;
    for (Component &component : *years) {
        component.start = whole(component.start);
        if (component.stop)
            component.stop = whole(*component.stop);
    }
    return spread(a_year, years,
                  [&](int year) { m_calendar.years.set(static_cast<std::size_t>(year - first_calendar_year)); });
}

Result<void> Parser::set_days(const Chain &chain, bool from_end) {
    MOS_TRY(const std::uint64_t days, bits(from_end ? a_last_day : a_day, chain, every_day));
    (from_end && chain ? m_calendar.last_days : m_calendar.days) = static_cast<std::uint32_t>(days);
    return {};
}

// Behind "first-" or "first~": a day, or a month and a day.
Result<void> Parser::take_rest_of_date(const Chain &first) {
    bool from_end = next_is('~');
    m_rest.remove_prefix(1);
    MOS_TRY(const Chain second, take_chain());
    Chain month = first;
    Chain day = second;
    m_calendar.days = 0;
    if (!at_end() && !next_is(' ')) {
        if (from_end || (!next_is('-') && !next_is('~')))
            return malformed("a date is '*-*-01', 'MONTH-DAY' or '*-*~01'");
        from_end = next_is('~');
        m_rest.remove_prefix(1);
        MOS_CHECK(set_years(first));
        month = second;
        MOS_TRY(day, take_chain());
        if (!at_end() && !next_is(' '))
            return malformed("a blank stands between date and time");
    }
    MOS_TRY(const std::uint64_t months, bits(a_month, month, every_month));
    m_calendar.months = static_cast<std::uint16_t>(months);
    skip_blanks();
    return set_days(day, from_end);
}

Result<void> Parser::take_date() {
    const std::string_view before = m_rest;
    MOS_TRY(const Chain first, take_chain());
    if (at_end() || next_is(':')) {  // a time, then
        m_rest = before;
        return {};
    }
    if (!next_is('-') && !next_is('~'))
        return malformed(fmt::format("{} is not expected", base::in_quotes(m_rest)));
    return take_rest_of_date(first);
}

Result<void> Parser::take_time() {
    MOS_TRY(const Chain hour, take_chain());
    if (!take(":"))
        return malformed("a time is '02:00' or '*:0/15:00'");
    MOS_TRY(const Chain minute, take_chain());
    MOS_TRY(const std::uint64_t hours, bits(an_hour, hour, every_hour));
    m_calendar.hours = static_cast<std::uint32_t>(hours);
    MOS_TRY(m_calendar.minutes, bits(a_minute, minute, every_sixtieth));
    if (take(":")) {
        MOS_TRY(const Chain second, take_chain(true));
        MOS_TRY(m_calendar.seconds, bits(a_second, second, every_sixtieth));
    }
    return at_end() ? Result<void>{} : malformed(fmt::format("{} is not expected", base::in_quotes(m_rest)));
}

Result<Calendar> Parser::parse() {
    if (m_text.size() > max_expression_bytes)
        return Error{Code::INVALID_ARGUMENT, fmt::format("a calendar is longer than {} bytes", max_expression_bytes)};
    take_zone();
    if (std::optional<Calendar> calendar = calendar_of_word(m_rest)) {
        calendar->zone = m_calendar.zone;
        return *std::move(calendar);
    }
    if (m_rest.empty())
        return malformed("it is empty");
    if (next_is('@'))  // in UTC, whatever zone stands behind it
        return calendar_of_instant(m_rest);
    m_calendar.weekdays = every_weekday;
    MOS_CHECK(take_weekdays());
    m_calendar.days = every_day;
    m_calendar.months = every_month;
    if (!at_end())
        MOS_CHECK(take_date());
    if (!at_end())
        MOS_CHECK(take_time());
    return m_calendar;
}

}  // namespace

Result<Calendar> parse_calendar_expression(std::string_view text) { return Parser{text}.parse(); }

}  // namespace mos::config
