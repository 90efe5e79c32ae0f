// How a log shows an event in one line: columns that somebody has chosen, or JSON.
#pragma once

#include <mos/base/events.hpp>
#include <mos/base/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace mos::observe {

class LineFormat {
  public:
    enum class Column : std::uint8_t {
        sequence,
        timestamp,
        level,
        component,
        type,
        subject,
        message,
        cause,
        actor,
    };

    // Names of columns with commas between them ("timestamp,level,message"), or "json". INVALID_ARGUMENT, with the
    // names that there are, for anything else.
    [[nodiscard]] static Result<LineFormat> parse(std::string_view text);
    [[nodiscard]] static LineFormat json() { return LineFormat{{}}; }
    // What a file has where nobody says anything else: everything but the payload.
    [[nodiscard]] static LineFormat full();

    // With its end. Columns have a blank between them, and an empty one is "-".
    [[nodiscard]] std::string line(const base::Event &event) const;
    [[nodiscard]] bool is_json() const noexcept { return m_columns.empty(); }

  private:
    explicit LineFormat(std::vector<Column> columns) : m_columns(std::move(columns)) {}

    std::vector<Column> m_columns;  // none: JSON
};

}  // namespace mos::observe
