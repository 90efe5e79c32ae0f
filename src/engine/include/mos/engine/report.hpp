// Rows of what was found: what is installed, what differs, what is missing.
#pragma once

#include <mos/engine/engine.hpp>
#include <mos/engine/job.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mos::engine {

inline constexpr std::size_t max_report_rows = 100'000;  // of a job's outcome

// By name: "asked" or "automatic", with the version.
[[nodiscard]] Result<std::vector<ReportRow>> installed_packages(Engine &engine);

// "orphan": automatic packages that nobody needs, with the version.
[[nodiscard]] Result<std::vector<ReportRow>> orphans(Engine &engine);

// "reboot": the changes for whose sake the system must be started again, newest first.
[[nodiscard]] Result<std::vector<ReportRow>> pending_reboots(Engine &engine);

// "unmet" and "conflict", of a package that is to come.
[[nodiscard]] Result<std::vector<ReportRow>> check_dependencies(Engine &engine, const package::Manifest &manifest);

// A job whose outcome has what differs from what was installed: install::difference_name() is the kind.
[[nodiscard]] Result<std::unique_ptr<Job>> make_verify_job(std::shared_ptr<Engine> engine,
                                                           std::optional<std::string> name);

}  // namespace mos::engine
