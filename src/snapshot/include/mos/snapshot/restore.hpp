// The restoration: one transaction that makes a set of paths what they were at an earlier point.
//
// It stages what stood there, shared with the point or copied from it and never taken out of it, checks digests as it
// stages, and is decided, applied and settled as any other change. So a power cut leaves the root as it was or as it is
// to be; it has a recovery point of its own, by which it can be taken back (roll_back, open_change_source); and the
// packages' rows go back in its commit.
#pragma once

#include <mos/snapshot/restoration_source.hpp>
#include <mos/transaction/transaction.hpp>

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mos::snapshot {

// Something about a path that going back does not simply overwrite.
struct RestoreFinding {
    enum class Kind : std::uint8_t {
        edited,   // it was changed since by somebody else: its content, or what is there at all
        foreign,  // somebody's, in a folder that goes away or gives way
        lost,     // the point has not what it should have of it
        altered,  // what the point has of it was written to since
    };
    Kind kind = Kind::edited;
    std::string path;
    std::string sentence;  // "'etc/x' was changed since"
};
[[nodiscard]] std::string_view finding_name(RestoreFinding::Kind kind) noexcept;

// What becomes of it.
enum class RestoreChoice : std::uint8_t {
    keep,    // the path stays as it is now
    past,    // what stood there takes its place, and it goes into the new recovery point; of what is altered: as it is
    refuse,  // nothing is restored: CONFLICT, or POINT_DAMAGED
};
using RestoreDecider = std::function<Result<RestoreChoice>(const RestoreFinding &)>;
// Keeps what is edited or foreign, refuses what is lost or altered.
[[nodiscard]] Result<RestoreChoice> careful(const RestoreFinding &finding);

struct RestoreOptions {
    // Only what these packages own now or owned then, and their rows; all when there are none.
    std::vector<std::string> packages = {};
    // Only paths of which this says yes; the folders above them are made where they are missing.
    std::function<Result<bool>(const PastPath &)> wanted = {};
    // Whether the packages' rows go back too. Not where only some kinds of their files do.
    enum class Rows : std::uint8_t { go_back, stay } rows = Rows::go_back;
    RestoreDecider decide = careful;  // asked in the plan and again in the restoration: must answer the same
};

struct RestoreItem {
    enum class Action : std::uint8_t {
        create,      // nothing is there now
        replace,     // what is there gives way
        attributes,  // mode, owner, times, extended attributes
        remove,
        remove_tree,
    };
    Action action = Action::replace;
    PastPath past;
};
[[nodiscard]] std::string_view action_name(RestoreItem::Action action) noexcept;

struct RestorePlan {
    std::string point;
    std::vector<RestoreItem> items;        // in byte order of their paths
    std::vector<RestoreFinding> findings;  // with what was decided of them below
    std::vector<RestoreChoice> choices;
    std::vector<PackageStep> packages;
    std::uint64_t created = 0;
    std::uint64_t replaced = 0;
    std::uint64_t attributes = 0;
    std::uint64_t removed = 0;
    std::uint64_t content_bytes = 0;  // of the files that come back, shared or copied
    std::string digest;               // of all of the above; no two plans have the same

    [[nodiscard]] bool empty() const noexcept { return items.empty() && packages.empty(); }
    [[nodiscard]] std::uint64_t changed_paths() const noexcept { return items.size(); }
};

// Works out what going back comes to, and whether there is room for it; writes nothing. What a finding's decision
// refuses is an error with its path.
[[nodiscard]] Result<RestorePlan> plan_restore(transaction::Site &site, RestorationSource &source,
                                               const RestoreOptions &options);

struct RestoreOutcome {
    std::uint64_t transaction = 0;
    std::uint64_t changed_paths = 0;
    std::uint64_t shared_bytes = 0;  // of content that takes no room of its own
    std::uint64_t copied_bytes = 0;
};

struct RestoreJob {
    transaction::Description description;  // `changed_paths` is filled in
    std::string expected_digest = {};      // the plan's that was shown; PLAN_CHANGED when it is another by now
    // Before anything is staged, for what hooks need beside the slots (Stage::put_aside).
    std::function<Result<void>(transaction::Stage &)> prepare = {};
    transaction::Recorder record = {};  // more for the same commit
};

// Plans once more, stages, decides and carries through. PLAN_CHANGED; POINT_DAMAGED where content has another digest
// than the one that was recorded of it; NO_SPACE and others before the decision, with nothing changed; what
// transaction.hpp says of decide() and carry_through(). NOTHING_TO_ROLL_BACK when there is nothing to do.
[[nodiscard]] Result<RestoreOutcome> restore(transaction::Site &site, RestorationSource &source,
                                             const RestoreOptions &options, const RestoreJob &job);

}  // namespace mos::snapshot
