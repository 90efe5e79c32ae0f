// The doctor: what is wrong with a root, in one sentence each, and how it can be mended.
#pragma once

#include <mos/engine/engine.hpp>

#include <optional>
#include <string>
#include <vector>

namespace mos::engine {

enum class Severity : std::int32_t { information = 0, warning = 1, error = 2 };

struct Finding {
    std::string kind;  // a stable name, such as "database-damaged"; docs/database.md lists them
    Severity severity = Severity::information;
    std::string sentence;
    std::string object;  // what it is about: a path beneath the root, a recovery point, a process; may be empty
    std::string repair;  // what mending it does; empty when nothing can be done about it here
};

// Looks at everything and changes nothing; a healthy root has no findings. While somebody else has the root, that is a
// finding, and what changes meanwhile is not looked at. Errors are those of reading.
[[nodiscard]] Result<std::vector<Finding>> examine_root(Engine &engine);

// Mends what examine_root() finds and has a repair, of one kind or of all: first the database, then what it does not
// know (newest first), recovery points, and last its copy. Answers what was done, each with `repair` in the words of
// the finding. To open the root restores its database and completes what is unfinished, whichever kind was asked for.
// INVALID_ARGUMENT for a kind that there is not, and the errors of opening a root.
[[nodiscard]] Result<std::vector<Finding>> repair_root(Engine &engine, const std::optional<std::string> &kind);

}  // namespace mos::engine
