// A plan: the steps somebody asked for, and what they come to on the root as it is.
#pragma once

#include <mos/install/change.hpp>
#include <mos/package/package.hpp>
#include <mos/transaction/transaction.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mos::install {

enum class ConflictRule : std::uint8_t { refuse = 0, ask = 1, keep = 2, replace = 3 };
enum class Downgrade : std::uint8_t { refused, allowed };
enum class Reinstall : std::uint8_t { refused, allowed };

struct InstallOptions {
    ConflictRule on_conflict = ConflictRule::refuse;
    Downgrade downgrade = Downgrade::refused;
    Reinstall reinstall = Reinstall::refused;  // the same version again; puts back what was altered by hand
};

// A package to be installed, or updated to. It was authenticated before it came here.
struct InstallStep {
    std::shared_ptr<package::Package> package;
    InstallOptions options;
};

struct RemoveStep {
    std::string name;
};

struct Steps {
    std::vector<InstallStep> installs;
    std::vector<RemoveStep> removals;
    [[nodiscard]] bool empty() const noexcept { return installs.empty() && removals.empty(); }
};

enum class Action : std::uint8_t { install = 0, update = 1, downgrade = 2, reinstall = 3, remove = 4 };

struct StepSummary {
    Action action = Action::install;
    std::string name;
    std::string version;      // that will be there
    std::string old_version;  // that is there
    std::string signer;
    std::uint64_t old_package = 0;  // its row; 0 when there is none
    friend bool operator==(const StepSummary &, const StepSummary &) = default;
};

struct Totals {
    std::uint64_t added = 0;
    std::uint64_t replaced = 0;
    std::uint64_t removed = 0;
    std::uint64_t attributes = 0;
    std::uint64_t unchanged = 0;
    std::uint64_t kept = 0;
    std::uint64_t write_bytes = 0;
    [[nodiscard]] std::uint64_t changed() const noexcept { return added + replaced + removed + attributes; }
};

// What a plan comes to. Two resolutions with the same digest would do the same.
struct Resolution {
    std::string digest;  // 64 hexadecimal digits
    std::vector<StepSummary> steps;
    Totals totals;
    std::vector<std::string> notices;
    std::vector<std::vector<std::string>> implied_folders;  // of each install: what it needs and does not bring, sorted
};

// Works the plan out against the root as it is; writes nothing. Refuses with DOWNGRADE, ALREADY_INSTALLED,
// NOT_INSTALLED, CONFLICT (an owner or a file of somebody else's in the way), SYMLINK_IN_PATH, what keeps the
// filesystem from taking the change (preflight.hpp: NO_SPACE, READ_ONLY, PERMISSION, CROSS_MOUNT,
// FILESYSTEM_UNSUITABLE), and what reading a package can say.
[[nodiscard]] Result<Resolution> resolve(transaction::Site &site, const Steps &steps);

// Asked for each path of ConflictRule::ask while the plan is carried out.
enum class Answer : std::uint8_t { keep, replace, stop };
using Asker = std::function<Result<Answer>(const Change &change)>;

struct Outcome {
    std::uint64_t transaction = 0;
    std::uint64_t changed_paths = 0;
    std::uint64_t written_bytes = 0;
};

// Carries the plan out as one transaction. PLAN_CHANGED, with nothing changed, when the root is such by now that it
// would do something else than `resolution` says. Site and steps must be those it was resolved with.
[[nodiscard]] Result<Outcome> carry_out(transaction::Site &site, const Steps &steps, const Resolution &resolution,
                                        const Asker &ask, const std::string &reason);

// "2.1.0", or "2.1.0-3" when the release is not the first.
[[nodiscard]] std::string shown_version(const std::string &version, const std::string &release);

// "update webserver 2.0.4 → 2.1.0, install libfoo 1.3"
[[nodiscard]] std::string summary_of(const std::vector<StepSummary> &steps);

}  // namespace mos::install
