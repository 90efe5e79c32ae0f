#include <mos/observe/line_format.hpp>

#include <mos/base/bytes.hpp>
#include <mos/base/timestamp.hpp>
#include <mos/observe/event_line.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mos::observe {

namespace {

constexpr std::array<std::string_view, 9> column_names = {"sequence", "timestamp", "level", "component", "type",
                                                          "subject",  "message",   "cause", "actor"};

std::string text_of(const base::Event &event, LineFormat::Column column) {
    switch (column) {
    case LineFormat::Column::sequence:
        return fmt::format("{}", event.sequence);
    case LineFormat::Column::timestamp:
        return base::write_timestamp(event.time_unix_s);
    case LineFormat::Column::level:
        return std::string{base::level_name(event.level)};
    case LineFormat::Column::component:
        return event.component;
    case LineFormat::Column::type:
        return event.type;
    case LineFormat::Column::subject:
        return event.subject;
    case LineFormat::Column::message:
        return event.message;
    case LineFormat::Column::cause:
        return event.cause;
    case LineFormat::Column::actor:
        return event.actor;
    }
    return {};
}

}  // namespace

Result<LineFormat> LineFormat::parse(std::string_view text) {
    if (text == "json")
        return json();
    std::vector<Column> columns;
    std::string_view rest = text;
    for (;;) {
        const std::size_t end = std::min(rest.find(','), rest.size());
        const auto *const found = std::ranges::find(column_names, rest.substr(0, end));
        if (found == column_names.end())
            return Error{Code::INVALID_ARGUMENT,
                         fmt::format("{} is no format: it is \"json\", or some of {} with commas between them",
                                     base::in_quotes(text), fmt::join(column_names, ", "))};
        columns.push_back(static_cast<Column>(found - column_names.begin()));
        if (end == rest.size())
            return LineFormat{std::move(columns)};
        rest.remove_prefix(end + 1);
    }
}

LineFormat LineFormat::full() {
    return LineFormat{{Column::timestamp, Column::level, Column::component, Column::type, Column::cause, Column::actor,
                       Column::message}};
}

std::string LineFormat::line(const base::Event &event) const {
    if (is_json())
        return write_event(event) + '\n';
    std::string line;
    for (const Column column : m_columns) {
        const std::string text = base::printable(text_of(event, column));
        line += line.empty() ? "" : " ";
        line += text.empty() ? "-" : text;
    }
    return line + '\n';
}

}  // namespace mos::observe
