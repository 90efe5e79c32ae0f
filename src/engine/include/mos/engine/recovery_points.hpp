// Recovery points as the engine shows them: both kinds, by name.
#pragma once

#include <mos/engine/engine.hpp>
#include <mos/engine/job.hpp>
#include <mos/snapshot/retention.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mos::engine {

struct RecoveryPoint {
    std::string name;  // "rp-12"
    bool captured = false;
    bool can_go_back = false;
    bool taken_back = false;  // the change is not in effect; with neither there is no way back over a newer one
    std::int64_t time_unix_s = 0;
    std::string description;  // of a change its summary
    std::string reason;       // of a change
    std::string scope;        // "full-system", "packages", "configuration", "paths"; "change"
    std::vector<std::string> names;
    std::vector<std::string> tags;
    std::uint64_t paths = 0;          // of a change those that it touched
    std::uint64_t content_bytes = 0;  // of what was captured; 0 of a change, which copied nothing
};

// Newest first.
[[nodiscard]] Result<std::vector<RecoveryPoint>> recovery_points(Engine &engine);

// A job that works out what going back would do, which is what has changed since. Rows: "package" (object: "1.2
// -> 1.1"), "create", "replace", "attributes", "remove", "remove_tree" and the findings "edited", "foreign", "lost",
// "altered", with the path as object. INVALID_ARGUMENT for no name of a point; NOT_FOUND; POINT_DAMAGED;
// NOTHING_TO_ROLL_BACK where there is no way back to it.
[[nodiscard]] Result<std::unique_ptr<Job>> make_point_details_job(std::shared_ptr<Engine> engine, std::string name);

// A job that captures a point. Rows: "open-for-writing".
[[nodiscard]] Result<std::unique_ptr<Job>> make_capture_job(std::shared_ptr<Engine> engine,
                                                            snapshot::CaptureRequest request);

// A job that reads everything that a point keeps, or (none named) every point. Rows: "index", "lost", "altered".
[[nodiscard]] Result<std::unique_ptr<Job>> make_point_verify_job(std::shared_ptr<Engine> engine,
                                                                 std::optional<std::string> name);

struct CleanUp {
    std::optional<std::string> name = {};            // that one alone
    std::optional<std::uint64_t> older_than_s = {};  // with this or the next: of both kinds
    std::optional<std::size_t> keep = {};            // the newest
    std::size_t keep_minimum = 0;                    // whatever else is said
    bool simulate = false;                           // nothing is done, the rows say what would be
};
// A job that gives points up; what the settings say where neither is given. Rows: "removed", or "would-remove", with
// the name as object. INVALID_ARGUMENT for a name on which older ones lean.
[[nodiscard]] Result<std::unique_ptr<Job>> make_clean_up_job(std::shared_ptr<Engine> engine, CleanUp request);

// What is kept after a change: the engine's settings, or what the root's files say.
[[nodiscard]] snapshot::Retention retention_of(Engine &engine);
// Gives up what is not; never fails: what goes wrong is a notice.
void retain_points(Session &session, Engine &engine);

}  // namespace mos::engine
