// verify: the signature, and then every byte; with --installed what is there.
#include "commands.hpp"
#include "installed.hpp"
#include "trust.hpp"

#include "frame/change.hpp"
#include "frame/job.hpp"
#include "frame/run.hpp"
#include "frame/terminal.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

#include <optional>

using namespace frame;
using nlohmann::ordered_json;

namespace package_tool {

namespace {

struct Verified {
    std::vector<std::string> signers;
    std::uint64_t bytes;
    std::int64_t elapsed_ms;
};

Result<Verified> verify_one(const Session &session, const std::string &path) {
    FRAME_CHECK(check_interrupt());
    FRAME_TRY(const Package package, open_package(session, path));
    FRAME_TRY(Job job, with_trust(session, [&](const mos_trust_options *trust) {
                  return make<Job>(
                      [&](auto out, auto error) { return mos_package_verify_job(package.get(), trust, out, error); });
              }));
    FRAME_TRY(const EndedJob ended, run_job(session, std::move(job)));
    mos_package_information information = MOS_PACKAGE_INFORMATION_INIT;
    FRAME_CHECK(check([&](auto error) { return mos_package_information_get(package.get(), &information, error); }));
    FRAME_TRY(std::vector<std::string> signers, authenticate(session, package.get()));
    return Verified{std::move(signers), information.package_bytes, ended.elapsed_ms};
}

void put_verified(const std::string &path, const Verified &verified) {
    put_line(Stream::out,
             {{Style::good, "verified"},
              {Style::plain, fmt::format("  {}  {}, signed by {}, in {}", path, size_text(verified.bytes),
                                         fmt::join(verified.signers, " and "), duration_text(verified.elapsed_ms))}});
}

// All files are looked at; the first that is refused decides the exit code.
Result<ExitCode> verify_files(const Session &session) {
    ordered_json packages = ordered_json::array();
    std::optional<Failure> first;
    for (const std::string &path : session.values.operands()) {
        const Result<Verified> verified = verify_one(session, path);
        if (!verified) {
            if (!session.json())
                put_failure(session, verified.failure());
            packages.push_back({{"file", path}, {"verified", false}, {"error", to_json(verified.failure())}});
            if (!first)
                first = verified.failure();
            if (verified.failure().code == MOS_E_CANCELLED)
                break;
            continue;
        }
        if (!session.json())
            put_verified(path, *verified);
        packages.push_back({{"file", path},
                            {"verified", true},
                            {"signers", verified->signers},
                            {"package_bytes", verified->bytes},
                            {"elapsed_ms", verified->elapsed_ms}});
    }
    if (session.json()) {
        ordered_json document{{"verified", !first}, {"packages", packages}};
        if (first)
            document["error"] = to_json(*first);
        put_json(document);
    }
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
    return {
        "verify",
        "check a package's signature and every byte of it, or what is installed",
        "multios-package verify myapp-1.0.0.mos --trust=/etc/multios/trust",
        Effect::reads,
        verify,
        {"FILE", 0, any_number},
        joined({flag("installed", "compare what is there with what was installed; FILE is a package's name then, and "
                                  "without one all are compared. Configuration files may differ")},
               trust_options()),
    };
}

}  // namespace package_tool
