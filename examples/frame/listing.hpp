// A list of rows, stated once: people read it as a table, programs as JSON or CSV.
#pragma once

#include "report.hpp"

#include <variant>

namespace frame {

// Bytes that need not be text: where they are not clean, JSON and CSV carry them as base64 in `name`_base64.
struct Path {
    std::string bytes;
};
struct Time {
    std::int64_t unix_s;
};
struct Json {
    nlohmann::ordered_json value;
};
struct Unknown {};  // JSON: null
struct LeftOut {};  // JSON: the object has no such key

// What stands in one place of a list, as it is. Each format writes it in its own way.
using Cell = std::variant<std::string, std::int64_t, std::uint64_t, bool, std::vector<std::string>, Path, Time, Json,
                          Unknown, LeftOut>;

enum class For { everyone, people, programs, json, csv };
enum class Holds { value, path };

struct Heading {
    For reader;
    std::string_view name;   // JSON's key and CSV's heading: snake_case, and the same for ever
    std::string_view title;  // the table's
    Align align = Align::left;
    Holds holds = Holds::value;
};

template <class Row>
struct Column {
    Heading heading;
    Cell (*cell)(const Row &row);
};

template <class Row>
using Columns = std::vector<Column<Row>>;

// A record of RFC 4180 with its line break; a field that is not clean text is escaped with printable().
[[nodiscard]] std::string csv_line(const std::vector<std::string> &fields);

// ---- one cell ----

[[nodiscard]] bool is_for(const Heading &heading, For format) noexcept;  // `format`: people, json or csv
[[nodiscard]] std::string table_text(const Cell &cell);
void set_json(nlohmann::ordered_json &object, const Heading &heading, const Cell &cell);
// A path becomes two fields, of which one at least is empty.
void add_names(std::vector<std::string> &names, const Heading &heading);
void add_fields(std::vector<std::string> &fields, const Heading &heading, const Cell &cell);

// The headings of both, each once: for two lists in one CSV.
[[nodiscard]] std::vector<std::string> merged(std::vector<std::string> first, const std::vector<std::string> &second);

// `fields`, which are named by `own`, in the order of `names`.
[[nodiscard]] std::vector<std::string> in_order(const std::vector<std::string> &names,
                                                const std::vector<std::string> &own,
                                                const std::vector<std::string> &fields);

// ---- the three formats ----

// CSV's line of headings.
template <class Row>
std::vector<std::string> csv_names(const Columns<Row> &columns) {
    std::vector<std::string> names;
    for (const Column<Row> &column : columns)
        if (is_for(column.heading, For::csv))
            add_names(names, column.heading);
    return names;
}

template <class Row>
std::vector<std::string> csv_fields(const Columns<Row> &columns, const Row &row) {
    std::vector<std::string> fields;
    for (const Column<Row> &column : columns)
        if (is_for(column.heading, For::csv))
            add_fields(fields, column.heading, column.cell(row));
    return fields;
}

template <class Row>
nlohmann::ordered_json json_object(const Columns<Row> &columns, const Row &row) {
    nlohmann::ordered_json object = nlohmann::ordered_json::object();
    for (const Column<Row> &column : columns)
        if (is_for(column.heading, For::json))
            set_json(object, column.heading, column.cell(row));
    return object;
}

template <class Row>
nlohmann::ordered_json json_list(const Columns<Row> &columns, const std::vector<Row> &rows) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const Row &row : rows)
        list.push_back(json_object(columns, row));
    return list;
}

// With its line of titles, unless no column has one.
template <class Row>
Table table_of(const Columns<Row> &columns, const std::vector<Row> &rows) {
    std::vector<Align> aligns;
    std::vector<std::string> titles;
    for (const Column<Row> &column : columns)
        if (is_for(column.heading, For::people)) {
            aligns.push_back(column.heading.align);
            titles.emplace_back(column.heading.title);
        }
    Table table{std::move(aligns)};
    if (titles != std::vector<std::string>(titles.size()))
        table.add(std::move(titles));
    for (const Row &row : rows) {
        std::vector<std::string> cells;
        for (const Column<Row> &column : columns)
            if (is_for(column.heading, For::people))
                cells.push_back(table_text(column.cell(row)));
        table.add(std::move(cells));
    }
    return table;
}

// One line a row; `names` has the headings, and a row's field is empty where its columns have no such name.
template <class Row>
void put_csv_rows(const std::vector<std::string> &names, const Columns<Row> &columns, const std::vector<Row> &rows) {
    const std::vector<std::string> own = csv_names(columns);
    for (const Row &row : rows)
        put_raw(Stream::out, csv_line(in_order(names, own, csv_fields(columns, row))));
}

template <class Row>
void put_csv(const Columns<Row> &columns, const std::vector<Row> &rows) {
    put_raw(Stream::out, csv_line(csv_names(columns)));
    put_csv_rows(csv_names(columns), columns, rows);
}

// Tells a list in the session's format. `document` makes JSON's document of the list, `text` puts what people read.
template <class Row, class Document, class Text>
void put_listing(const Session &session, const Columns<Row> &columns, const std::vector<Row> &rows, Document document,
                 Text text) {
    switch (session.format) {
    case Format::csv:
        return put_csv(columns, rows);
    case Format::json:
        return put_json(document(json_list(columns, rows)));
    case Format::text:
        return text();
    }
}

// The table, or a sentence where there are no rows.
template <class Row>
void put_table(const Columns<Row> &columns, const std::vector<Row> &rows, std::string_view without_rows) {
    if (rows.empty())
        put_line(Stream::out, without_rows);
    else
        put_table(table_of(columns, rows));
}

// The columns of what the library reports: its kind, package, object and sentence.
[[nodiscard]] const Columns<ReportRow> &report_columns();

// `command` with the columns that it prints as CSV. A command that has two lists says when it prints which.
[[nodiscard]] Command with_csv(Command command, std::vector<std::string> names, std::string_view when = {});
template <class Row>
Command with_csv(Command command, const Columns<Row> &columns, std::string_view when = {}) {
    return with_csv(std::move(command), csv_names(columns), when);
}

}  // namespace frame
