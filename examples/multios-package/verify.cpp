// verify: the signature, and then every byte; with --installed what is there.
#include "commands.hpp"
#include "installed.hpp"
#include "trust.hpp"

#include "frame/change.hpp"
#include "frame/job.hpp"
#include "frame/listing.hpp"
#include "frame/run.hpp"
#include "frame/terminal.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

#include <optional>

using namespace frame;
using nlohmann::ordered_json;

namespace package_tool {

namespace {

// How much of a package could be checked.
enum class Extent { all, without_base };

struct Verified {
    std::vector<std::string> signers;
    std::uint64_t bytes;
    std::int64_t elapsed_ms;
    Extent extent = Extent::all;
};

// What became of one file.
struct Verdict {
    std::string path;
    Verified verified;
    std::optional<Failure> failure;  // then nothing is verified
};

Cell unless_failed(const Verdict &row, Cell cell) { return row.failure ? Cell{LeftOut{}} : std::move(cell); }

const Columns<Verdict> &verdict_columns() {
    static const Columns<Verdict> columns{
        {{For::programs, "file", ""}, [](const Verdict &row) -> Cell { return row.path; }},
        {{For::programs, "verified", ""}, [](const Verdict &row) -> Cell { return !row.failure; }},
        {{For::programs, "signers", ""},
         [](const Verdict &row) -> Cell { return unless_failed(row, row.verified.signers); }},
        {{For::programs, "package_bytes", ""},
         [](const Verdict &row) -> Cell { return unless_failed(row, row.verified.bytes); }},
        {{For::programs, "elapsed_ms", ""},
         [](const Verdict &row) -> Cell { return unless_failed(row, row.verified.elapsed_ms); }},
        {{For::programs, "base_checked", ""},
         [](const Verdict &row) -> Cell { return unless_failed(row, row.verified.extent == Extent::all); }},
        {{For::json, "error", ""},
         [](const Verdict &row) -> Cell { return row.failure ? Cell{Json{to_json(*row.failure)}} : Cell{LeftOut{}}; }},
        {{For::csv, "error_number", ""},
         [](const Verdict &row) -> Cell { return row.failure ? error_number(row.failure->code) : ""; }},
        {{For::csv, "error", ""},
         [](const Verdict &row) -> Cell { return row.failure ? full_message(*row.failure) : ""; }},
    };
    return columns;
}

Result<Verified> verify_one(const Session &session, const std::string &path) {
    FRAME_CHECK(check_interrupt());
    FRAME_TRY(const Package package, open_package(session, path));
    Package base;
    if (const auto given = session.values.text("base")) {
        FRAME_TRY(base, open_package(session, *given));
    }
    FRAME_TRY(Job job, with_trust(session, [&](const mos_trust_options *trust) {
                  return make<Job>([&](auto out, auto error) {
                      return base ? mos_package_verify_delta_job(package.get(), base.get(), trust, out, error)
                                  : mos_package_verify_job(package.get(), trust, out, error);
                  });
              }));
    FRAME_TRY(const EndedJob ended, run_job(session, std::move(job)));
    mos_package_information information = MOS_PACKAGE_INFORMATION_INIT;
    FRAME_CHECK(check([&](auto error) { return mos_package_information_get(package.get(), &information, error); }));
    FRAME_TRY(std::vector<std::string> signers, authenticate(session, package.get()));
    const bool lacks_base = std::string_view{information.kind} == "delta" && !base;
    return Verified{std::move(signers), information.package_bytes, ended.elapsed_ms,
                    lacks_base ? Extent::without_base : Extent::all};
}

void put_verified(const std::string &path, const Verified &verified) {
    put_line(Stream::out,
             {{Style::good, "verified"},
              {Style::plain, fmt::format("  {}  {}, vouched for by {}, in {}", path, size_text(verified.bytes),
                                         fmt::join(verified.signers, " and "), duration_text(verified.elapsed_ms))}});
    if (verified.extent == Extent::without_base)
        put_line(Stream::out, "          It is a delta package: the files that it makes out of its base can be checked "
                              "only beside it, with --base.");
}

Verdict judge(const Session &session, const std::string &path) {
    Result<Verified> verified = verify_one(session, path);
    if (verified)
        return {path, std::move(verified).value(), {}};
    return {path, {}, std::move(verified).failure()};
}

// As each is judged: a file can take minutes. CSV has its failures twice, in the row and for whoever looks on.
void put_verdict(const Session &session, const Verdict &verdict) {
    if (verdict.failure && !session.json())
        put_failure(session, *verdict.failure);
    if (!verdict.failure && session.format == Format::text)
        put_verified(verdict.path, verdict.verified);
}

// All files are looked at; the first that is refused decides the exit code.
Result<ExitCode> verify_files(const Session &session) {
    std::vector<Verdict> verdicts;
    std::optional<Failure> first;
    for (const std::string &path : session.values.operands()) {
        verdicts.push_back(judge(session, path));
        put_verdict(session, verdicts.back());
        const std::optional<Failure> &failure = verdicts.back().failure;
        if (failure && !first)
            first = failure;
        if (failure && failure->code == MOS_E_CANCELLED)
            break;
    }
    const auto document = [&](ordered_json packages) {
        ordered_json made{{"verified", !first}, {"packages", std::move(packages)}};
        if (first)
            made["error"] = to_json(*first);
        return made;
    };
    put_listing(session, verdict_columns(), verdicts, document, [] {});
    return first ? first->exit : ExitCode::done;
}

Result<ExitCode> verify(Session &session) {
    if (session.values.flag("installed"))
        return verify_installed(session);
    if (session.values.operands().empty())
        return usage_failure("FILE is missing", "see 'multios-package verify --help'");
    return verify_files(session);
}

}  // namespace

Command verify_command() {
    Command command{
        "verify",
        "check a package's signature and every byte of it, or what is installed",
        "multios-package verify myapp-1.0.0.mos --trust=/etc/multios/trust",
        Effect::reads,
        verify,
        {"FILE", 0, any_number},
        joined(
            {flag("installed", "compare what is there with what was installed; FILE is a package's name then, and "
                               "without one all are compared. Configuration files may differ"),
             text("base", "FILE", "of delta packages: the full package of their base; every file is made out of it")},
            trust_options()),
    };
    return with_csv(with_csv(std::move(command), verdict_columns(), "of files"), report_columns(), "with --installed");
}

}  // namespace package_tool
