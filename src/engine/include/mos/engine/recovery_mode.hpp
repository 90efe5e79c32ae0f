// Recovery mode: a root that takes nothing new until somebody has brought it back and ends the mode.
//
// While it is on, packages are neither installed nor updated, by hand or by the queue; what leads back stays possible:
// rollbacks, restorations of backups, removals, the doctor's repairs. A way back is not judged by what it brings: to a
// point that has a newer version it goes if that is asked for. The mode is a small file beside the database, so that it
// can be begun whatever the database is like, and it lasts until it is ended, also over a restart of the system.
#pragma once

#include <mos/engine/engine.hpp>
#include <mos/engine/job.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mos::engine {

struct RecoveryMode {
    bool is_damaged = false;  // something stands there, and it can't be read: the rest is empty
    std::int64_t since_unix_s = 0;
    std::string actor = {};                 // who began it
    std::string reason = {};                // "" where none was given
    std::vector<std::string> stopped = {};  // units that ran, and that ending it starts again
};

// Empty while the mode is off. Whatever stands there says that it is on, be it damaged. Errors are those of reading.
[[nodiscard]] Result<std::optional<RecoveryMode>> recovery_mode(base::Directory &root);

// RECOVERY_MODE while it is on: for whatever brings something new.
[[nodiscard]] Result<void> check_takes_updates(base::Directory &root);

// Rows: "recovery-mode" (object: since when, RFC 3339; package: who began it; both empty where the record is damaged),
// "reason" with it as object where one was given, and "stopped" (object: the unit) for each service that ending the
// mode starts again. Nothing while it is off.
[[nodiscard]] Result<std::vector<ReportRow>> recovery_mode_report(Engine &engine);

struct RecoveryModeOrder {
    enum class Wish : std::uint8_t { begin, end };
    Wish wish = Wish::begin;
    bool stop_services = false;  // of installed packages, but for update_system.rollback.critical_services
    bool validate_only = false;  // nothing is changed: the rows say what would be, and whether there is a way back
    std::string reason = {};     // for people, at most 1000 bytes; of an earlier order it replaces what that said
};

// A job that begins or ends the mode; beginning it twice adds what the second order says. A service that can't be
// asked, stopped or started holds nothing up. Rows, with the unit as object: "stopped", "not-stopped" (without a unit:
// nobody knows which there are, or which are critical), "kept" (it is critical), "started", "not-started".
//
// With validate_only, for a beginning: "would-stop", "not-stopped", "kept"; "way-back" with the newest point that can
// be gone back to as object, or "no-way-back"; and the doctor's findings that are errors, by their kinds (those that
// are warnings are notices). For an end: "would-start".
//
// INVALID_ARGUMENT for ending it and stopping services; LIMIT.
[[nodiscard]] Result<std::unique_ptr<Job>> make_recovery_mode_job(std::shared_ptr<Engine> engine,
                                                                  RecoveryModeOrder order);

}  // namespace mos::engine
