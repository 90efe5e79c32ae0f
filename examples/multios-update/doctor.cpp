// doctor: what is wrong with a root, and mending it.
#include "commands.hpp"

#include "frame/change.hpp"
#include "frame/listing.hpp"
#include "frame/terminal.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

#include <algorithm>

using namespace frame;
using nlohmann::ordered_json;

namespace update_tool {

namespace {

struct Finding {
    mos_severity severity;
    std::string kind, sentence, object, repair;
    bool repaired;  // it was mended, and is no more
};

std::string_view severity_name(mos_severity severity) {
    switch (severity) {
    case MOS_SEVERITY_INFORMATION:
        return "note";
    case MOS_SEVERITY_WARNING:
        return "warning";
    default:
        return "error";
    }
}

enum class Mended { yes, no };

Result<std::vector<Finding>> read_findings(const Doctor &doctor, Mended mended) {
    std::vector<Finding> findings;
    for (;;) {
        mos_finding finding = MOS_FINDING_INIT;
        FRAME_TRY(const int found, status([&](auto error) { return mos_doctor_next(doctor.get(), &finding, error); }));
        if (found == MOS_END)
            return findings;
        findings.push_back(
            {finding.severity, finding.kind, finding.sentence, finding.object, finding.repair, mended == Mended::yes});
    }
}

Result<std::vector<Finding>> examine(const Engine &engine) {
    FRAME_TRY(const Doctor doctor,
              make<Doctor>([&](auto out, auto error) { return mos_doctor_examine(engine.get(), out, error); }));
    return read_findings(doctor, Mended::no);
}

Result<std::vector<Finding>> repair(const Engine &engine, const char *kind) {
    FRAME_TRY(const Doctor doctor,
              make<Doctor>([&](auto out, auto error) { return mos_doctor_repair(engine.get(), kind, out, error); }));
    return read_findings(doctor, Mended::yes);
}

bool is_error(const Finding &finding) { return finding.severity == MOS_SEVERITY_ERROR; }

const Columns<Finding> &finding_columns() {
    static const Columns<Finding> columns{
        {{For::programs, "kind", ""}, [](const Finding &row) -> Cell { return row.kind; }},
        {{For::programs, "severity", ""},
         [](const Finding &row) -> Cell { return std::string{severity_name(row.severity)}; }},
        {{For::programs, "sentence", ""}, [](const Finding &row) -> Cell { return row.sentence; }},
        {{For::programs, "object", ""}, [](const Finding &row) -> Cell { return row.object; }},
        {{For::programs, "repair", ""}, [](const Finding &row) -> Cell { return row.repair; }},
        {{For::csv, "repaired", ""}, [](const Finding &row) -> Cell { return row.repaired; }},
    };
    return columns;
}

void put_findings(const std::vector<Finding> &findings) {
    for (const Finding &finding : findings) {
        const Style style = is_error(finding) ? Style::bad : Style::plain;
        put_line(Stream::out, {{style, std::string{severity_name(finding.severity)}},
                               {Style::plain, fmt::format("  {}: {}", finding.kind, finding.sentence)}});
        if (!finding.repair.empty())
            put_line(Stream::out, "  would: " + finding.repair);
    }
}

void put_text(const std::vector<Finding> &done, const std::vector<Finding> &found) {
    for (const Finding &finding : done)
        put_line(Stream::out, {{Style::good, "repaired"},
                               {Style::plain, fmt::format("  {}: {}{}{}", finding.kind, finding.object,
                                                          finding.object.empty() ? "" : ": ", finding.repair)}});
    put_findings(found);
    if (found.empty())
        put_line(Stream::out, "This root is healthy.");
}

void put_all(const Session &session, const std::vector<Finding> &done, const std::vector<Finding> &found) {
    const Columns<Finding> &columns = finding_columns();
    std::vector<Finding> rows = done;
    rows.insert(rows.end(), found.begin(), found.end());
    put_listing(
        session, columns, rows,
        [&](const ordered_json &) {
            return ordered_json{{"repaired", json_list(columns, done)}, {"findings", json_list(columns, found)}};
        },
        [&] { put_text(done, found); });
}

Result<ExitCode> doctor(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    std::vector<Finding> done;
    if (session.values.flag("repair")) {
        FRAME_TRY(done, repair(engine, session.values.c_text("only")));
    } else if (session.values.has("only")) {
        return usage_failure("--only names what --repair mends; give both");
    }
    FRAME_TRY(std::vector<Finding> found, examine(engine));
    for (Finding &finding : found)
        finding.sentence = with_root(session, std::move(finding.sentence));
    put_all(session, done, found);
    return std::any_of(found.begin(), found.end(), is_error) ? ExitCode::failed : ExitCode::done;
}

}  // namespace

Command doctor_command() {
    return with_csv(
        {
            "doctor",
            "say what is wrong with a root and what would mend it, or mend it",
            "multios-update doctor --repair",
            Effect::changes_root,
            doctor,
            {},
            {
                flag("repair", "mend what can be mended; otherwise it is only shown"),
                text("only", "KIND", "with --repair: mend findings of this kind alone"),
                root_option(),
            },
        },
        finding_columns());
}

}  // namespace update_tool
