// Rows of a report that the library made.
#pragma once

#include "command.hpp"
#include "terminal.hpp"
#include "text.hpp"

namespace frame {

struct ReportRow {
    std::string kind, package, object, sentence;
};

// All rows of a report that `call(mos_report **, mos_error **)` makes.
[[nodiscard]] Result<std::vector<ReportRow>> read_rows(mos_report *report);
template <class Call>
Result<std::vector<ReportRow>> report_of(Call call) {
    FRAME_TRY(const Report report, make<Report>(call));
    return read_rows(report.get());
}

// The rows of a job's outcome.
[[nodiscard]] Result<std::vector<ReportRow>> read_rows(const mos_outcome *outcome);

// What a person should know of it.
[[nodiscard]] std::vector<std::string> read_notices(const mos_outcome *outcome);

// A table with a line of headings, on standard output.
void put_table(const Table &table);

}  // namespace frame
