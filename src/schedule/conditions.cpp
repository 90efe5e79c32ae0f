#include <mos/schedule/conditions.hpp>

#include <mos/base/bytes.hpp>
#include <mos/config/units.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace mos::schedule {

using base::in_quotes;

namespace {

constexpr std::size_t max_conditions = 64;
constexpr std::string_view feature_prefix = "feature:";
constexpr std::string_view examples = "like 'cpu_usage<50', 'no_active_sessions' or 'maintenance_window'";

enum class Measure : std::uint8_t { percent, count, bytes, flag };

struct Row {
    std::string_view name;
    Subject subject;
    Measure measure;
};
constexpr std::array rows = {
    Row{"cpu_usage", Subject::cpu_usage, Measure::percent},
    Row{"memory_usage", Subject::memory_usage, Measure::percent},
    Row{"disk_io", Subject::disk_io, Measure::percent},
    Row{"cpu_pressure", Subject::cpu_pressure, Measure::percent},
    Row{"memory_pressure", Subject::memory_pressure, Measure::percent},
    Row{"io_pressure", Subject::io_pressure, Measure::percent},
    Row{"active_sessions", Subject::active_sessions, Measure::count},
    Row{"battery", Subject::battery, Measure::percent},
    Row{"free_space", Subject::free_space, Measure::bytes},
    Row{"on_mains", Subject::on_mains, Measure::flag},
    Row{"not_metered", Subject::not_metered, Measure::flag},
    Row{"maintenance_window", Subject::maintenance_window, Measure::flag},
};

struct Sign {
    std::string_view text;
    Comparison comparison;
};
// Longer ones first: "<=" begins with "<".
constexpr std::array signs = {Sign{"<=", Comparison::at_most}, Sign{">=", Comparison::at_least},
                              Sign{"<", Comparison::below}, Sign{">", Comparison::above}, Sign{"=", Comparison::equal}};

Error not_understood(std::string_view text) {
    return Error{Code::INVALID_ARGUMENT, fmt::format("{} is no condition {}", in_quotes(text), examples)};
}

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
    return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

Result<std::int64_t> parse_limit(Measure measure, std::string_view text) {
    if (measure == Measure::bytes) {
        MOS_TRY(const std::uint64_t bytes, config::parse_bytes(text));
        return static_cast<std::int64_t>(bytes);
    }
    if (measure == Measure::percent) {
        MOS_TRY(const std::uint64_t percent, config::parse_percent(text));
        return static_cast<std::int64_t>(percent);
    }
    std::uint32_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || end != text.data() + text.size())
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} is no number", in_quotes(text))};
    return std::int64_t{count};
}

Result<Condition> parse_feature(std::string_view text) {
    const std::string_view name = text.substr(feature_prefix.size());
    const bool fits = std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
               c == '.';
    });
    if (name.empty() || !fits)
        return not_understood(text);
    if (std::ranges::find(known_features, name) == known_features.end())
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("{} is no feature that is looked for, so that {} would never "
                                 "come true; there are {}",
                                 in_quotes(name), in_quotes(text), fmt::join(known_features, ", "))};
    return Condition{Subject::feature, Comparison::equal, 1, std::string{name}};
}

Result<Condition> parse_condition(std::string_view text) {
    if (text.starts_with(feature_prefix))
        return parse_feature(text);
    if (text == "no_active_sessions")
        return Condition{Subject::active_sessions, Comparison::equal, 0, {}};
    const std::size_t at = std::min(text.find_first_of("<>="), text.size());
    const std::string_view name = trimmed(text.substr(0, at));
    const auto *const row = std::find_if(rows.begin(), rows.end(), [&](const Row &one) { return one.name == name; });
    if (row == rows.end() || (row->measure == Measure::flag) != (at == text.size()))
        return not_understood(text);
    if (row->measure == Measure::flag)
        return Condition{row->subject, Comparison::equal, 1, {}};
    const auto *const sign = std::find_if(signs.begin(), signs.end(),
                                          [&](const Sign &one) { return text.substr(at).starts_with(one.text); });
    Result<std::int64_t> limit = parse_limit(row->measure, trimmed(text.substr(at + sign->text.size())));
    if (!limit)
        return not_understood(text).caused_by(std::move(limit).error());
    return Condition{row->subject, sign->comparison, *limit, {}};
}

struct Range {
    std::int64_t least = 0;
    std::int64_t most = std::numeric_limits<std::int64_t>::max();
};

void narrow(Range &range, const Condition &condition) {
    const std::int64_t limit = condition.limit;
    switch (condition.comparison) {
    case Comparison::below:
        range.most = std::min(range.most, limit - 1);
        break;
    case Comparison::at_most:
        range.most = std::min(range.most, limit);
        break;
    case Comparison::above:
        range.least = std::max(range.least, limit == std::numeric_limits<std::int64_t>::max() ? limit : limit + 1);
        break;
    case Comparison::at_least:
        range.least = std::max(range.least, limit);
        break;
    case Comparison::equal:
        range.least = std::max(range.least, limit);
        range.most = std::min(range.most, limit);
        break;
    }
}

Measure measure_of(Subject subject) {
    const auto *const row =
        std::find_if(rows.begin(), rows.end(), [&](const Row &one) { return one.subject == subject; });
    return row == rows.end() ? Measure::flag : row->measure;
}

// What holds at no value of its subject, with the others.
Result<void> check_agreement(const std::vector<Condition> &conditions) {
    for (const Condition &one : conditions) {
        constexpr std::int64_t all = 100;
        Range range;
        if (measure_of(one.subject) == Measure::percent)
            range.most = all;
        for (const Condition &other : conditions)
            if (other.subject == one.subject && other.feature == one.feature)
                narrow(range, other);
        if (range.least > range.most)
            return Error{
                Code::INVALID_ARGUMENT,
                fmt::format("condition {} can't come true, by itself or beside the others", in_quotes(text_of(one)))};
    }
    return {};
}

std::optional<std::int64_t> number(std::optional<bool> flag) {
    return flag ? std::optional<std::int64_t>{*flag ? 1 : 0} : std::nullopt;
}

}  // namespace

Result<std::vector<Condition>> parse_conditions(std::string_view text) {
    std::vector<Condition> conditions;
    while (true) {
        const std::size_t comma = std::min(text.find(','), text.size());
        MOS_TRY(Condition condition, parse_condition(trimmed(text.substr(0, comma))));
        if (conditions.size() == max_conditions)
            return Error{Code::LIMIT, fmt::format("more than {} conditions are given", max_conditions)};
        conditions.push_back(std::move(condition));
        if (comma == text.size())
            break;
        text.remove_prefix(comma + 1);
    }
    MOS_CHECK(check_agreement(conditions));
    return conditions;
}

std::string text_of(const Condition &condition) {
    if (condition.subject == Subject::feature)
        return fmt::format("{}{}", feature_prefix, condition.feature);
    if (condition.subject == Subject::active_sessions && condition.comparison == Comparison::equal &&
        condition.limit == 0)
        return "no_active_sessions";
    const auto *const row =
        std::find_if(rows.begin(), rows.end(), [&](const Row &one) { return one.subject == condition.subject; });
    const auto *const sign = std::find_if(signs.begin(), signs.end(),
                                          [&](const Sign &one) { return one.comparison == condition.comparison; });
    if (row->measure == Measure::flag)
        return std::string{row->name};
    return fmt::format("{}{}{}", row->name, sign->text, condition.limit);
}

std::optional<std::int64_t> measured(const Condition &condition, const Facts &facts) {
    switch (condition.subject) {
    case Subject::cpu_usage:
        return facts.cpu_usage;
    case Subject::memory_usage:
        return facts.memory_usage;
    case Subject::disk_io:
        return facts.disk_usage;
    case Subject::cpu_pressure:
        return facts.cpu_pressure;
    case Subject::memory_pressure:
        return facts.memory_pressure;
    case Subject::io_pressure:
        return facts.io_pressure;
    case Subject::active_sessions:
        return facts.active_sessions;
    case Subject::battery:
        return facts.battery;
    case Subject::free_space:
        return facts.free_bytes;
    case Subject::on_mains:
        return number(facts.on_mains);
    case Subject::not_metered:
        return facts.metered ? number(!*facts.metered) : std::nullopt;
    case Subject::feature: {
        const auto &features = facts.features;
        return std::find(features.begin(), features.end(), condition.feature) != features.end() ? 1 : 0;
    }
    case Subject::maintenance_window:
        break;
    }
    return std::nullopt;
}

bool holds(const Condition &condition, std::optional<std::int64_t> value) {
    if (!value)
        return false;
    Range range;
    narrow(range, condition);
    return *value >= range.least && *value <= range.most;
}

}  // namespace mos::schedule
