#include "report.hpp"

namespace frame {

static ReportRow owned(const mos_report_row &row) { return {row.kind, row.package, row.object, row.sentence}; }

Result<std::vector<ReportRow>> read_rows(mos_report *report) {
    std::vector<ReportRow> rows;
    for (;;) {
        mos_report_row row = MOS_REPORT_ROW_INIT;
        FRAME_TRY(const int found, status([&](auto error) { return mos_report_next(report, &row, error); }));
        if (found == MOS_END)
            return rows;
        rows.push_back(owned(row));
    }
}

Result<std::vector<ReportRow>> read_rows(const mos_outcome *outcome) {
    std::vector<ReportRow> rows;
    for (std::size_t i = 0; i < mos_outcome_row_count(outcome); ++i) {
        mos_report_row row = MOS_REPORT_ROW_INIT;
        FRAME_CHECK(check([&](auto error) { return mos_outcome_row_at(outcome, i, &row, error); }));
        rows.push_back(owned(row));
    }
    return rows;
}

std::vector<std::string> read_notices(const mos_outcome *outcome) {
    std::vector<std::string> notices;
    for (std::size_t i = 0; i < mos_outcome_notice_count(outcome); ++i)
        notices.emplace_back(mos_outcome_notice_at(outcome, i));
    return notices;
}

void put_table(const Table &table) {
    for (const std::string &line : table.lines())
        put_line(Stream::out, line);
}

}  // namespace frame
