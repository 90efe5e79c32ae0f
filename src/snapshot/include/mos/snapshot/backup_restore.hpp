// Putting files of a backup back: a plan that changes nothing, and one transaction that carries it out.
#pragma once

#include <mos/snapshot/backup.hpp>
#include <mos/transaction/transaction.hpp>

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace mos::snapshot {

// What becomes of a file that was modified after the backup's: its own time is later, and it has another content.
enum class NewerRule : std::uint8_t { refuse, ask, keep, replace };

enum class Permissions : std::uint8_t {
    as_backed_up,  // owners, modes, access control lists, capabilities
    as_in_place,   // of whom the folder belongs to, with modes 0755 and 0644 at most; no set-id bits, no capabilities
};

struct PutBackOptions {
    // Where what was backed up goes, beneath the root: the one path of the backup itself, or, where it has several, all
    // of them below this. Empty: where they were.
    std::string destination = {};
    NewerRule on_newer = NewerRule::refuse;
    Permissions permissions = Permissions::as_backed_up;
    BackupLimits limits = {};
    std::string name = "a backup";  // for the history: "backup-3"
    std::string reason = {};
    std::vector<state::Hook> hooks = {};  // called beside the change
};

// What happens to one entry.
enum class Verdict : std::uint8_t { add, replace, attributes, unchanged, newer, directory };

struct PutBackPlan {
    BackupAbout about;
    std::string digest;  // 64 hexadecimal digits over all that would be done
    std::uint64_t added = 0;
    std::uint64_t replaced = 0;
    std::uint64_t attributes = 0;
    std::uint64_t unchanged = 0;
    std::uint64_t newer = 0;  // files that are newer than the backup's, of which `on_newer` decides
    std::uint64_t write_bytes = 0;
    std::vector<std::string> newer_paths;  // the first of them
    std::vector<std::string> notices;
    // Of the entries in their order: what becomes of each, and what stood in its place.
    struct Step {
        Verdict verdict = Verdict::add;
        std::uint64_t witness = 0;
    };
    std::vector<Step> steps;
    std::set<std::string, std::less<>> shared;  // paths of the backup that others there are links to
};

// Reads the whole backup, every digest, and compares it with what is there; writes nothing.
//
// Errors: those of BackupReader; PATH_REFUSED where the backup would write into the engine's own folders; CONFLICT
// where a folder stands in the place of a file, or the other way round, or something that is neither; SYMLINK_IN_PATH;
// NO_SPACE, READ_ONLY, CROSS_MOUNT and others as a transaction finds out before it begins.
[[nodiscard]] Result<PutBackPlan> plan_put_back(transaction::Site &site, base::Source &source,
                                                const PutBackOptions &options);

enum class NewerAnswer : std::uint8_t { keep, replace, stop };
using NewerAsker = std::function<Result<NewerAnswer>(const std::string &path)>;

struct PutBack {
    std::uint64_t transaction = 0;  // nothing was to be done: 0
    std::uint64_t changed_paths = 0;
    std::uint64_t written_bytes = 0;
};

// Carries the plan out: all of it, or after a power cut or an error at any instant nothing. The backup is read once
// more, and only when every digest has fitted is the change decided. What was replaced is the recovery point.
// `ask` is asked once for each newer file where the rule is `ask`. NEWER_IN_PLACE where the rule is `refuse` and there
// are any; CANCELLED where the answer is `stop`; PLAN_CHANGED where the root is not what was planned upon.
[[nodiscard]] Result<PutBack> put_back(transaction::Site &site, base::Source &source, const PutBackPlan &plan,
                                       const PutBackOptions &options, const NewerAsker &ask);

}  // namespace mos::snapshot
