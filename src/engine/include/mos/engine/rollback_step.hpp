// A rollback, as somebody asks for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace mos::engine {

// What becomes of what somebody has changed since. What is put there by others, in folders that go away, always stays;
// what a point has lost, or has no more as it was, is never taken.
enum class MergeRule : std::uint8_t {
    usual = 0,         // keep; of a captured point past
    keep = 1,          // the changed one stays
    refuse = 2,        // CONFLICT
    ask = 3,           // the job asks
    prefer_newer = 4,  // the one that was written later, by its time
    prefer_older = 5,
    keep_both = 6,  // the changed one stays, and what was there then is put beside it as NAME.rp-12
    past = 7,       // what was there then takes its place; the changed one goes into the new recovery point
};

enum class RiskRule : std::uint8_t {
    ask = 0,     // the job asks about what can't be told from files alone
    accept = 1,  // the caller knows of it
};

enum class RollbackScope : std::uint8_t {
    everything = 0,
    package = 1,        // the files of one package, and which version of it counts as installed
    configuration = 2,  // configuration files alone; versions stay
};

struct RollbackStep {
    std::optional<std::string> recovery_point = {};  // going back to before its change; nullopt: the newest that fits
    std::string target_version = {};                 // a package has this version then; "": whatever it was
    RollbackScope scope = RollbackScope::everything;
    std::string name = {};  // of the package; of the component of configuration, "" for all of it
    MergeRule merge = MergeRule::usual;
    RiskRule risks = RiskRule::ask;
    bool only_newest = false;  // NOTHING_TO_ROLL_BACK where something stands on the change
    // Fewest steps: the newest change goes back by itself alone, and where something of somebody else's is in the way
    // it is left there instead of refusing.
    bool is_emergency = false;
    // The newest change too goes back by a restoration, which has a recovery point of its own, by which it can be
    // brought again; its files are shared where the filesystem can, else copied.
    bool keep_way_forward = false;
};

}  // namespace mos::engine
