#include "listing.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace frame {

namespace {

template <class... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

std::string truth(bool value) { return value ? "true" : "false"; }

// RFC 4180, section 2: what has a comma, a quote or a line break stands in quotes, and a quote in it is written twice.
// printable() leaves no line break.
std::string csv_field(std::string_view field) {
    std::string clean = printable(field);
    if (clean.find_first_of(",\"") == std::string::npos)
        return clean;
    std::string quoted = "\"";
    for (const char c : clean)
        quoted.append(c == '"' ? 2 : 1, c);
    return quoted + '"';
}

std::string csv_text(const Cell &cell) {
    return std::visit(Overloaded{
                          [](const std::string &text) { return text; },
                          [](std::int64_t number) { return std::to_string(number); },
                          [](std::uint64_t number) { return std::to_string(number); },
                          [](bool value) { return truth(value); },
                          [](const std::vector<std::string> &list) { return fmt::format("{}", fmt::join(list, "; ")); },
                          [](const Path &path) { return path.bytes; },
                          [](const Time &time) { return utc_time(time.unix_s); },
                          [](const Json &json) { return json_line(json.value); },
                          [](const Unknown &) { return std::string{}; },
                          [](const LeftOut &) { return std::string{}; },
                      },
                      cell);
}

}  // namespace

std::string csv_line(const std::vector<std::string> &fields) {
    std::string line;
    for (const std::string &field : fields)
        line += csv_field(field) + ',';
    if (!line.empty())
        line.pop_back();
    // One empty field alone would be no line for many readers.
    return (line.empty() ? "\"\"" : line) + "\r\n";
}

bool is_for(const Heading &heading, For format) noexcept {
    return heading.reader == format || heading.reader == For::everyone ||
           (heading.reader == For::programs && format != For::people);
}

std::string table_text(const Cell &cell) {
    if (const auto *count = std::get_if<std::uint64_t>(&cell))
        return count_text(*count);
    if (const auto *value = std::get_if<bool>(&cell))
        return *value ? "yes" : "no";
    if (const auto *time = std::get_if<Time>(&cell))
        return local_time(time->unix_s);
    return std::holds_alternative<Unknown>(cell) ? "-" : csv_text(cell);
}

void set_json(nlohmann::ordered_json &object, const Heading &heading, const Cell &cell) {
    const std::string name{heading.name};
    std::visit(Overloaded{
                   [&](const auto &value) { object[name] = value; },
                   [&](const Path &path) { set_path(object, name, path.bytes); },
                   [&](const Time &time) { object[name] = utc_time(time.unix_s); },
                   [&](const Json &json) { object[name] = json.value; },
                   [&](const Unknown &) { object[name] = nullptr; },
                   [](const LeftOut &) {},
               },
               cell);
}

void add_names(std::vector<std::string> &names, const Heading &heading) {
    names.emplace_back(heading.name);
    if (heading.holds == Holds::path)
        names.push_back(fmt::format("{}_base64", heading.name));
}

void add_fields(std::vector<std::string> &fields, const Heading &heading, const Cell &cell) {
    const std::string text = csv_text(cell);
    if (heading.holds == Holds::value)
        return fields.push_back(text);
    fields.push_back(is_clean(text) ? text : "");
    fields.push_back(is_clean(text) ? "" : base64(text));
}

std::vector<std::string> merged(std::vector<std::string> first, const std::vector<std::string> &second) {
    for (const std::string &name : second)
        if (std::find(first.begin(), first.end(), name) == first.end())
            first.push_back(name);
    return first;
}

std::vector<std::string> in_order(const std::vector<std::string> &names, const std::vector<std::string> &own,
                                  const std::vector<std::string> &fields) {
    std::vector<std::string> ordered;
    for (const std::string &name : names) {
        const auto found = std::find(own.begin(), own.end(), name);
        ordered.push_back(found != own.end() ? fields[static_cast<std::size_t>(found - own.begin())] : "");
    }
    return ordered;
}

const Columns<ReportRow> &report_columns() {
    static const Columns<ReportRow> columns{
        {{For::everyone, "kind", "what"}, [](const ReportRow &row) -> Cell { return row.kind; }},
        {{For::everyone, "package", "package"}, [](const ReportRow &row) -> Cell { return row.package; }},
        {{For::everyone, "object", "path", Align::left, Holds::path},
         [](const ReportRow &row) -> Cell { return Path{row.object}; }},
        {{For::programs, "sentence", ""}, [](const ReportRow &row) -> Cell { return row.sentence; }},
    };
    return columns;
}

Command with_csv(Command command, std::vector<std::string> names, std::string_view when) {
    command.csv.push_back({when, std::move(names)});
    return command;
}

}  // namespace frame
