// doctor: what is wrong with a root, and mending it.
#include "commands.hpp"

#include "frame/change.hpp"
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

Result<std::vector<Finding>> read_findings(const Doctor &doctor) {
    std::vector<Finding> findings;
    for (;;) {
        mos_finding finding = MOS_FINDING_INIT;
        FRAME_TRY(const int found, status([&](auto error) { return mos_doctor_next(doctor.get(), &finding, error); }));
        if (found == MOS_END)
            return findings;
        findings.push_back({finding.severity, finding.kind, finding.sentence, finding.object, finding.repair});
    }
}

Result<std::vector<Finding>> examine(const Engine &engine) {
    FRAME_TRY(const Doctor doctor,
              make<Doctor>([&](auto out, auto error) { return mos_doctor_examine(engine.get(), out, error); }));
    return read_findings(doctor);
}

Result<std::vector<Finding>> repair(const Engine &engine, const char *kind) {
    FRAME_TRY(const Doctor doctor,
              make<Doctor>([&](auto out, auto error) { return mos_doctor_repair(engine.get(), kind, out, error); }));
    return read_findings(doctor);
}

bool is_error(const Finding &finding) { return finding.severity == MOS_SEVERITY_ERROR; }

ordered_json to_json(const std::vector<Finding> &findings) {
    ordered_json list = ordered_json::array();
    for (const Finding &finding : findings)
        list.push_back({{"kind", finding.kind},
                        {"severity", severity_name(finding.severity)},
                        {"sentence", finding.sentence},
                        {"object", finding.object},
                        {"repair", finding.repair}});
    return list;
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

Result<ExitCode> doctor(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    std::vector<Finding> done;
    if (session.values.flag("repair")) {
        FRAME_TRY(done, repair(engine, session.values.c_text("only")));
    } else if (session.values.has("only")) {
        return usage_failure("--only names what --repair mends; give both");
    }
    FRAME_TRY(const std::vector<Finding> found, examine(engine));
    const ExitCode exit = std::any_of(found.begin(), found.end(), is_error) ? ExitCode::failed : ExitCode::done;
    if (session.json()) {
        put_json({{"repaired", to_json(done)}, {"findings", to_json(found)}});
        return exit;
    }
    for (const Finding &finding : done)
        put_line(Stream::out,
                 {{Style::good, "repaired"}, {Style::plain, fmt::format("  {}: {}", finding.kind, finding.repair)}});
    put_findings(found);
    if (found.empty())
        put_line(Stream::out, "This root is healthy.");
    return exit;
}

}  // namespace

Command doctor_command() {
    return {
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
    };
}

}  // namespace update_tool
