// The engine: one root, whom it trusts, and who may change it when.
#pragma once

#include <mos/base/clock.hpp>
#include <mos/base/filesystem.hpp>
#include <mos/base/observer.hpp>
#include <mos/base/source.hpp>
#include <mos/engine/admission.hpp>
#include <mos/engine/log.hpp>
#include <mos/engine/turn.hpp>
#include <mos/install/package_hooks.hpp>
#include <mos/observe/journal_reader.hpp>
#include <mos/observe/stream.hpp>
#include <mos/package/package.hpp>
#include <mos/snapshot/points.hpp>
#include <mos/snapshot/rollback.hpp>
#include <mos/state/packages.hpp>
#include <mos/state/transactions.hpp>
#include <mos/transaction/transaction.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mos::engine {

inline constexpr const char *state_path = snapshot::state_folder;
inline constexpr const char *lock_name = "lock";

class Notifier;

struct Settings {
    std::optional<std::string> trust_folder = {};  // a path of the caller's; else trust_path beneath the root
    unsigned required_signatures = 1;
    std::optional<std::size_t> recovery_points = {};  // how many are kept; empty: as the root's files say
    install::ScriptSettings scripts = {};
    std::shared_ptr<install::ServiceManager> services = {};  // the embedder's; empty: find_services() finds one
    install::HealthCallback health = {};                     // the embedder's check after each change of packages
    std::shared_ptr<Notifier> notifier = {};                 // the embedder's; empty: the running system's
    std::string environment = {};                            // whose settings lie over the system's; empty: as they say
    std::string actor = {};                                  // who asks, for the events; empty: "uid:" and the user
    std::function<void(const base::Event &)> listener = {};  // of every event, on the thread that causes it
};

class Engine;

// A look at the root's database as it is at this moment, also while a job or another process changes the root: what is
// unfinished is shown as such. Creates nothing and needs no right to write. Keep it for a moment only.
[[nodiscard]] Result<std::unique_ptr<state::Database>> look(Engine &engine);

// What stops and starts services here: the embedder's, else what find_services() finds.
[[nodiscard]] Result<std::shared_ptr<install::ServiceManager>> services_of(Engine &engine);

// The root, for as long as one has it to oneself. One at a time in all processes and threads: a thread of the same
// engine waits while another one changes for a moment; LOCKED while a job, or another process, has the root.
class Session {
  public:
    enum class Purpose : std::uint8_t {
        change,   // a job: creates lock and database where they are missing, and recovers
        mend,     // recovers; a root without a database has an empty one, and nothing is created
        repair,   // restores the database, and leaves everything else to the caller
        inspect,  // of a root that is mounted read-only, so that nobody changes it: the database is only read
        examine,  // takes the lock where there is one to take, and opens no database; creates nothing
    };

    // Every notice to `observer` also goes to the engine's log, and so does what was recovered.
    [[nodiscard]] static Result<Session> open(Engine &engine, base::Observer &observer, Purpose purpose);
    Session(Session &&) noexcept = default;

    // Brings the redundant copy of the database up to date, at the end of what changed it: also after a failure.
    void keep_copy();

    [[nodiscard]] transaction::Site &site() noexcept { return *m_site; }
    [[nodiscard]] LoggingObserver &observer() noexcept { return *m_observer; }
    [[nodiscard]] install::ServiceManager &services() noexcept { return *m_services; }
    [[nodiscard]] install::HealthChecks &health() noexcept { return *m_health; }
    [[nodiscard]] const transaction::Recovered &recovered() const noexcept { return m_recovered; }

  private:
    Session() = default;

    // Released in the opposite order: the database is closed before the lock is given up.
    Turns::Turn m_turn;
    std::unique_ptr<base::FileLock> m_lock;
    std::unique_ptr<state::Database> m_database;
    std::unique_ptr<LoggingObserver> m_observer;
    std::shared_ptr<install::ServiceManager> m_services;
    std::unique_ptr<install::ScriptRunner> m_scripts;
    std::unique_ptr<install::HealthChecks> m_health;
    std::unique_ptr<install::PackageHooks> m_hooks;
    std::unique_ptr<transaction::Site> m_site;
    transaction::Recovered m_recovered;
};

// What a session has, but the lock alone: for changes of what stands beside the database, which are trust and policy.
// Opens no database and recovers nothing, for a revocation must not wait until a damaged one is mended.
class RootLock {
  public:
    // Creates the lock's file where it is missing. LOCKED while a job, or another process, has the root. What takes
    // longer than a moment is a job.
    [[nodiscard]] static Result<RootLock> take(Engine &engine, Turns::Holder holder = Turns::Holder::call);
    // Of a folder that is no root's own, by a file '.lock' in it.
    [[nodiscard]] static Result<RootLock> take(Engine &engine, base::Directory &folder);

  private:
    RootLock(Turns::Turn turn, std::unique_ptr<base::FileLock> lock)
        : m_turn(std::move(turn)), m_lock(std::move(lock)) {}

    Turns::Turn m_turn;
    std::unique_ptr<base::FileLock> m_lock;
};

// Thread-safe. Holds nothing between calls but the open root.
class Engine {
  public:
    Engine(std::unique_ptr<base::Directory> root, Settings settings, std::shared_ptr<const base::Clock> clock,
           LogSink log = {});

    // By the settings' trust folder, the root's policy, and the time that effective_time() tells.
    [[nodiscard]] Result<package::Package> authenticate(std::unique_ptr<base::Source> source);
    [[nodiscard]] Result<Admission> admission();
    // The time at which trust is judged: the clock's, or the root's time floor where that is later.
    [[nodiscard]] std::int64_t effective_now_unix_s();

    [[nodiscard]] Result<std::vector<state::Transaction>> history();
    [[nodiscard]] Result<std::optional<state::InstalledPackage>> installed(const std::string &name);
    [[nodiscard]] Result<transaction::Recovered> recover();
    // The changes since this system was started for whose sake it must be started again, newest first.
    [[nodiscard]] Result<std::vector<state::Transaction>> pending_reboots();

    [[nodiscard]] const Settings &settings() const noexcept { return m_settings; }
    // Who asks, as the events name him.
    [[nodiscard]] std::string actor() const;
    [[nodiscard]] base::Directory &root() noexcept { return *m_root; }
    [[nodiscard]] const base::Clock &clock() const noexcept { return *m_clock; }
    [[nodiscard]] const LogSink &log() const noexcept { return m_log; }
    [[nodiscard]] observe::EventStream &events() noexcept { return m_events; }
    // Tells of a package that was not let in, unless the error says nothing of the package.
    void tell_refused(const std::string &package, const Error &error, const std::string &job) noexcept;
    // The journal of events from that number on; 0 is the oldest. The engine must outlive it.
    [[nodiscard]] observe::JournalReader read_events(std::uint64_t from);

  private:
    friend class Session;
    friend class RootLock;
    const std::unique_ptr<base::Directory> m_root;
    const Settings m_settings;
    const std::shared_ptr<const base::Clock> m_clock;
    const LogSink m_log;
    observe::EventStream m_events;
    Turns m_turns;
};

}  // namespace mos::engine
