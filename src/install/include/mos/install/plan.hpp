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
// What becomes of a configuration file that was changed by hand and that the package has a new version of. Where yours
// stays, the package's is put beside it, as NAME.new. `preserve` keeps also those that nobody has changed.
enum class ConfigRule : std::uint8_t { keep = 0, ask = 1, replace = 2, preserve = 3 };
// Whether content that installed packages have brought already comes from the root, to spare the package: for one that
// is dear to read.
enum class Reuse : std::uint8_t { nothing, installed };
enum class Asked : std::uint8_t { by_somebody, by_another_package };

struct InstallOptions {
    ConflictRule on_conflict = ConflictRule::refuse;
    Downgrade downgrade = Downgrade::refused;
    std::string downgrade_forbidden_by = {};   // the setting that takes the caller's word; empty: none
    Reinstall reinstall = Reinstall::refused;  // the same version again; puts back what was altered by hand
    ConfigRule on_config = ConfigRule::keep;
    std::optional<std::string> prefix = {};  // the folder below which it is put; none: where it was, else the root
    std::optional<std::string> values = {};  // a JSON object for its templates; goes over what was given before
    std::string values_name = {};            // where they are from, for messages: "values.yml"
    Asked asked = Asked::by_somebody;
    std::uint64_t delta_memory = 0;  // bytes that making a delta package's files may take; 0: 32 MiB
    // The full package of the same release as a delta package, authenticated. From it come the files whose base was
    // altered or is missing in the root; nullptr: such a file is refused.
    std::shared_ptr<package::Package> full_package = {};
    Reuse reuse = Reuse::nothing;
};

struct Brought;
struct DeltaFacts;
struct Reading;
class ServiceManager;
struct HealthRules;

// A package to be installed, or updated to. It was authenticated before it came here.
struct InstallStep {
    std::shared_ptr<package::Package> package;
    InstallOptions options;
};

enum class Kept : std::uint8_t { kept, removed };

struct RemoveStep {
    std::string name;
    Kept configuration = Kept::kept;  // its configuration files, altered or not
    Kept data = Kept::kept;           // what its manifest calls data
    bool backup_data = false;         // into an archive below var/backups/multios, before anything else is done
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
    bool was_automatic = false;
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
    std::uint64_t read_bytes = 0;     // of the packages' files, all that comes before the content included
    std::uint64_t package_bytes = 0;  // of those files in all
    [[nodiscard]] std::uint64_t changed() const noexcept { return added + replaced + removed + attributes; }
};

inline constexpr std::size_t max_notices = 1000;  // of a plan, and of the job that carries it out

// What a plan comes to, scripts and services included. Two resolutions with the same digest would do the same.
struct Resolution {
    std::string digest;  // 64 hexadecimal digits
    std::vector<StepSummary> steps;
    Totals totals;
    std::vector<std::string> cautions;  // what speaks against a package, and stops nothing: told again when it runs
    std::vector<std::string> notices;
    std::vector<std::shared_ptr<const Brought>> brought;  // of each install
    std::shared_ptr<const DeltaFacts> deltas;             // nullptr where no step is a delta package
    std::shared_ptr<const Reading> reading;
    std::vector<std::string> reboot;  // names of those that need one
};

// Without the packages that came along with others and are there already, in the same version or a newer one.
[[nodiscard]] Result<Steps> drop_satisfied(transaction::Site &site, const Steps &steps);

// Whether the step would put an older version in the place of a newer one.
[[nodiscard]] Result<bool> is_downgrade(transaction::Site &site, const InstallStep &step);

// Works the plan out against the root as it is; writes nothing. Refuses with DOWNGRADE, POLICY_REFUSED,
// ALREADY_INSTALLED, NOT_INSTALLED, BASE_DIFFERS (a delta package of another release than the installed one, or of
// files that were altered since: all that it needs are read), LIMIT (its patches ask for more memory than the options
// allow), CONFLICT (an owner or a file of somebody else's in the
// way), SYMLINK_IN_PATH, what keeps the filesystem from taking the change (preflight.hpp: NO_SPACE, READ_ONLY,
// PERMISSION, CROSS_MOUNT, FILESYSTEM_UNSUITABLE), and what reading a package can say. What services come to is asked
// of `services`, whose units may be started or stopped until the plan runs: the digest is another one then. Null: no
// service is touched. `health`: how the system's health is judged afterwards; null: nobody is asked.
[[nodiscard]] Result<Resolution> resolve(transaction::Site &site, const Steps &steps,
                                         ServiceManager *services = nullptr, const HealthRules *health = nullptr);

// LIMIT where a patch of the delta package asks for more memory than the options allow: what can be known of that
// before its base is installed. All patches count, also those that a plan may not need.
[[nodiscard]] Result<void> check_delta_memory(const std::shared_ptr<package::Package> &package,
                                              const InstallOptions &options);

// Asked for each path of ConflictRule::ask while the plan is carried out.
enum class Answer : std::uint8_t { keep, replace, stop };
using Asker = std::function<Result<Answer>(const Change &change)>;

struct Outcome {
    std::uint64_t transaction = 0;
    std::uint64_t changed_paths = 0;
    std::uint64_t written_bytes = 0;
};

struct CarryOut {
    Asker ask;
    std::string reason;
    ServiceManager *services = nullptr;  // as they were given to resolve()
    const HealthRules *health = nullptr;
    // Written in the same commit as the decision, beside what is installed; may be empty.
    transaction::Recorder record = {};
};

// Carries the plan out as one transaction. PLAN_CHANGED, with nothing changed, when the root is such by now that it
// would do something else than `resolution` says. Site and steps must be those it was resolved with. Before anything is
// staged, scripts that may only check are asked (SCRIPT_FAILED, SCRIPT_TIMEOUT); one that fails when everything is in
// place takes the whole plan back (REVERTED).
[[nodiscard]] Result<Outcome> carry_out(transaction::Site &site, const Steps &steps, const Resolution &resolution,
                                        const CarryOut &options);

// "2.1.0", or "2.1.0-3" when the release is not the first.
[[nodiscard]] std::string shown_version(const std::string &version, const std::string &release);

// "update webserver 2.0.4 → 2.1.0, install libfoo 1.3"
[[nodiscard]] std::string summary_of(const std::vector<StepSummary> &steps);

}  // namespace mos::install
