// Health checks: whether the system is well after a change. docs/rollback.md, "Health checks".
#pragma once

#include <mos/base/clock.hpp>
#include <mos/install/script_runner.hpp>
#include <mos/state/database.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mos::install {

// The folder of the root whose programs are asked, in the order of their names.
inline constexpr const char *health_checks_path = "etc/multios/health-checks";
inline constexpr std::size_t max_health_checks = 256;
// Of a plan after which somebody is asked.
inline constexpr const char *health_notice =
    "the system's health is checked afterwards; what makes it unwell is taken back";
inline constexpr std::size_t max_known_unmet = 100;  // dependencies that a change finds broken already

// What a system's settings say of its checks, and what else is looked at.
struct HealthRules {
    std::chrono::seconds time_limit = default_script_time;  // for all of them together
    unsigned failure_threshold = 0;                         // percent that must fail; 0: one is enough
    bool on_failure = true;                                 // a failure takes the change back; else it is told
    bool on_timeout = true;
    bool check_dependencies = false;  // whether packages have lost what they depend on
    bool check_content = false;       // whether the change's files are what was signed
    bool anybody = true;              // is there to be asked, or anything to look at; else only if the change brings it
    friend bool operator==(const HealthRules &, const HealthRules &) = default;
};

// As it is recorded with a change.
struct HealthCall {
    HealthRules rules;
    std::vector<std::string> packages;     // of the change
    std::vector<std::string> known_unmet;  // dependencies that were broken before it
};

// Of a change that is planned now: dependencies that are broken already are nothing against it.
[[nodiscard]] Result<HealthCall> health_call(state::Database &database, const HealthRules &rules,
                                             std::vector<std::string> packages);

// Whether what is put at `path` is a health check, if it is fit to be one.
[[nodiscard]] bool is_health_check_path(std::string_view path) noexcept;

// The embedder's check: an error when the system is not well. It is told how long it may take.
using HealthCallback = std::function<Result<void>(std::chrono::milliseconds time_left)>;

struct FoundHealthChecks {
    std::vector<std::string> names;      // of the programs in the folder, sorted
    std::vector<std::string> not_asked;  // a sentence for each file there that is none
};
// None is what is no regular file, may not be executed, or may be written by others than its owner. LIMIT beyond
// max_health_checks.
[[nodiscard]] Result<FoundHealthChecks> list_health_checks(base::Directory &root);

// Dependencies of installed packages that nothing satisfies, in sentences; at most max_known_unmet.
[[nodiscard]] Result<std::vector<std::string>> broken_dependencies(state::Database &database);

struct HealthOutcome {
    std::string name;
    std::optional<Error> failure;  // HEALTH_CHECK_FAILED, HEALTH_CHECK_TIMEOUT
};

class HealthChecks {
  public:
    // All borrowed; `callback` may be empty.
    HealthChecks(base::Directory &root, state::Database &database, const base::Clock &clock, ScriptRunner &scripts,
                 HealthCallback callback)
        : m_root(root), m_database(database), m_clock(clock), m_scripts(scripts), m_callback(std::move(callback)) {}

    // Whether there is anybody to ask. What lies in the folder and is not asked is a notice here and in ask(), once in
    // the life of this object.
    [[nodiscard]] Result<bool> any(base::Observer &observer);

    // Asks all, in their order; one for which no time is left has timed out without being asked. A program finds the
    // root read-only, as a script that checks does. CANCELLED, and errors that say nothing of the system.
    [[nodiscard]] Result<std::vector<HealthOutcome>> ask(const HealthCall &call, base::Observer &observer);

    // Whether the change may stay: HEALTH_CHECK_FAILED or HEALTH_CHECK_TIMEOUT, naming the first, when not. What fails
    // and takes nothing back is a notice.
    [[nodiscard]] Result<void> judge(const HealthCall &call, base::Observer &observer);

  private:
    [[nodiscard]] Result<std::vector<std::string>> list(base::Observer &observer);
    [[nodiscard]] Result<HealthOutcome> ask_program(const std::string &name, std::chrono::milliseconds left,
                                                    base::Observer &observer);
    [[nodiscard]] HealthOutcome ask_embedder(std::int64_t deadline_ms);
    [[nodiscard]] Result<HealthOutcome> look_at_dependencies(const HealthCall &call);
    [[nodiscard]] Result<HealthOutcome> look_at_content(const HealthCall &call, base::Observer &observer);

    base::Directory &m_root;
    state::Database &m_database;
    const base::Clock &m_clock;
    ScriptRunner &m_scripts;
    HealthCallback m_callback;
    std::set<std::string> m_told;  // of what is not asked
};

}  // namespace mos::install
