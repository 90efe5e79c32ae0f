#include <mos/engine/engine.hpp>

#include "automatic_rollback.hpp"
#include "restore.hpp"
#include "time_floor.hpp"

#include <mos/base/timestamp.hpp>
#include <mos/crypto/trust_store.hpp>
#include <mos/crypto/verify.hpp>
#include <mos/package/package_file.hpp>
#include <mos/state/database_files.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <unistd.h>

namespace mos::engine {

namespace {

constexpr const char *folder_lock_name = ".lock";
constexpr std::size_t max_history = 10'000;

// For whoever finds the lock taken.
std::string lock_note(const base::Clock &clock) {
    std::string command;
    std::ifstream{"/proc/self/comm"} >> command;  // without /proc the number must do
    return fmt::format("process {}{} since {}", ::getpid(),
                       command.empty() ? "" : fmt::format(" ({})", base::printable(command)),
                       base::write_timestamp(clock.now_unix_s()));
}

Result<bool> has_database(base::Directory &root) {
    auto folder = root.open_directory(state_path, base::Symlinks::follow_in_root);
    if (!folder && folder.error().code() == Code::NOT_FOUND)
        return false;
    MOS_TRY(const auto opened, std::move(folder));
    MOS_TRY(const auto there, opened->find(state::database_name));
    return there.has_value();
}

base::Event recovery_event(const state::Transaction &transaction, const std::string &sentence, bool completed) {
    base::Event event =
        base::make_event(base::EventType::update_recovered, snapshot::recovery_point_name(transaction.stage), sentence);
    event.cause = "recovery";
    event.payload = {{"outcome", completed ? "completed" : "undone"}, {"summary", transaction.summary}};
    return event;
}

void tell_recovered(const LogSink &log, observe::EventStream &events, const transaction::Recovered &recovered) {
    if (!recovered.transaction)
        return;
    const bool completed = recovered.transaction->state == state::TransactionState::done;
    const std::string sentence = fmt::format("{} what was left unfinished: {}", completed ? "completed" : "undid",
                                             recovered.transaction->summary);
    write_log(log, LogLevel::info, sentence);
    events.tell([&] { return recovery_event(*recovered.transaction, sentence, completed); });
}

// What failed for reasons that say nothing of the package is no refusal.
bool is_refusal(const Error &error) {
    switch (error.code()) {
    case Code::IO:
    case Code::NOT_FOUND:
    case Code::PERMISSION:
    case Code::CANCELLED:
    case Code::OUT_OF_MEMORY:
    case Code::INTERNAL:
    case Code::TRUST_UNREADABLE:
    case Code::POLICY_UNREADABLE:
        return false;
    default:
        return true;
    }
}

// Nothing can be recorded, so nothing can be changed.
Error read_only(Error cause) {
    return Error{Code::READ_ONLY, fmt::format("'{}' is on a filesystem that is mounted read-only: mount it writable "
                                              "('mount -o remount,rw') and try again",
                                              state_path)}
        .about(state_path)
        .caused_by(std::move(cause));
}

Error locked(std::string_view what, const Error &holder) {
    return Error{Code::LOCKED,
                 fmt::format("the {} is in use by {}", what,
                             holder.message().empty() ? "another process" : base::printable(holder.message()))};
}

Result<std::unique_ptr<base::FileLock>> take_lock(Engine &engine) {
    // Whoever makes or restores a database in there flushes its volume.
    auto made = base::make_directories(engine.root(), state_path, base::NewNames::unflushed);
    if (!made && made.error().code() == Code::READ_ONLY)
        return read_only(std::move(made).error());
    MOS_TRY(const std::unique_ptr<base::Directory> folder, std::move(made));
    auto lock = folder->lock(lock_name, lock_note(engine.clock()));
    if (!lock && lock.error().code() == Code::LOCKED)
        return locked("root", lock.error());
    if (!lock && lock.error().code() == Code::READ_ONLY)
        return read_only(std::move(lock).error());
    return lock;
}

// Null where nobody has ever locked the root.
Result<std::unique_ptr<base::FileLock>> take_existing_lock(Engine &engine) {
    std::unique_ptr<base::FileLock> none;
    MOS_TRY(const auto folder, open_state_folder(engine.root()));
    if (folder == nullptr)
        return none;
    MOS_TRY(const auto there, folder->find(lock_name));
    if (!there)
        return none;
    auto lock = folder->lock(lock_name, lock_note(engine.clock()));
    if (!lock && lock.error().code() == Code::LOCKED)
        return locked("root", lock.error());
    if (!lock && lock.error().code() == Code::READ_ONLY)
        return none;  // nobody else can change it either
    return lock;
}

}  // namespace

static Result<void> check_not_lost(base::Directory &root) {
    MOS_TRY(const bool lost, has_lost_database(root));
    if (lost)
        return Error{
            Code::DATABASE_DAMAGED,
            "the database is missing; the next change restores it from its copy, or 'multios-update recover' does"};
    MOS_TRY(const bool restoring, is_being_restored(root));
    if (restoring)
        return Error{
            Code::DATABASE_DAMAGED,
            "the database is being restored, or could not be; 'multios-update recover' completes it or says why"};
    return {};
}

// Whoever only looks restores nothing, and must not take the absence of a lost database for an empty one.
Result<std::unique_ptr<state::Database>> look(Engine &engine) {
    MOS_CHECK(check_not_lost(engine.root()));
    MOS_TRY(std::unique_ptr<base::Directory> folder, open_state_folder(engine.root()));
    if (folder == nullptr)
        return state::Database::open_empty();
    MOS_TRY(std::unique_ptr<state::Database> database, state::Database::open_to_read(std::move(folder)));
    // Again, for somebody may have begun to restore it before it was held.
    MOS_CHECK(check_not_lost(engine.root()));
    return database;
}

static base::Event script_line(std::string_view line, const std::string &cause) {
    base::Event event = base::make_event(base::EventType::script_output, {}, std::string{line});
    event.cause = cause;
    return event;
}

Result<std::shared_ptr<install::ServiceManager>> services_of(Engine &engine) {
    if (engine.settings().services != nullptr)
        return engine.settings().services;
    MOS_TRY(auto found, install::find_services(engine.root(), base::system_processes()));
    return std::shared_ptr<install::ServiceManager>{std::move(found)};
}

Result<Session> Session::open(Engine &engine, base::Observer &observer, Purpose purpose) {
    Session session;
    MOS_TRY(session.m_turn, engine.m_turns.take(purpose == Purpose::change ? Turns::Holder::job : Turns::Holder::call));
    session.m_observer = std::make_unique<LoggingObserver>(observer, engine.m_log, engine.m_events);
    session.m_observer->set_cause("recovery");
    MOS_TRY(const bool there, has_database(engine.root()));
    MOS_TRY(const bool lost, has_lost_database(engine.root()));
    if (purpose == Purpose::examine) {
        MOS_TRY(session.m_lock, take_existing_lock(engine));
        MOS_TRY(session.m_database, state::Database::open_empty());
    } else if (purpose == Purpose::inspect) {
        MOS_TRY(session.m_database, look(engine));
    } else if (!there && !lost && purpose != Purpose::change) {
        MOS_TRY(session.m_database, state::Database::open_empty());
    } else {
        MOS_TRY(session.m_lock, take_lock(engine));
        MOS_TRY(session.m_database, open_or_restore(engine.root(), *session.m_observer));
    }
    MOS_TRY(session.m_services, services_of(engine));
    session.m_scripts = std::make_unique<install::ScriptRunner>(
        base::system_processes(), engine.settings().scripts,
        [&log = engine.m_log, &events = engine.m_events, &own = *session.m_observer](std::string_view line) {
            write_log(log, LogLevel::info, line);
            events.tell([&] { return script_line(line, own.cause()); });
        });
    session.m_health = std::make_unique<install::HealthChecks>(engine.root(), *session.m_database, engine.clock(),
                                                               *session.m_scripts, engine.settings().health);
    session.m_hooks = std::make_unique<install::PackageHooks>(
        engine.root(), *session.m_scripts, *session.m_services, *session.m_health,
        [&engine](const Error &failure) { return takes_back(engine, failure); });
    session.m_site = std::make_unique<transaction::Site>(transaction::Site{
        engine.root(), *session.m_database, engine.clock(), *session.m_observer, session.m_hooks.get(),
        /*keeps_database_up=*/true});
    if (session.m_lock == nullptr)
        return session;
    if (purpose == Purpose::change || purpose == Purpose::mend) {
        MOS_TRY(session.m_recovered, recover_or_take_back(*session.m_site));
        MOS_TRY(const std::uint64_t points, snapshot::recover_points(*session.m_site));
        static_cast<void>(points);
        session.m_observer->tell_events();
        tell_recovered(engine.m_log, engine.m_events, session.m_recovered);
    }
    if (purpose == Purpose::mend)
        session.keep_copy();  // nothing more is changed
    return session;
}

Result<RootLock> RootLock::take(Engine &engine, Turns::Holder holder) {
    MOS_TRY(Turns::Turn turn, engine.m_turns.take(holder));
    MOS_TRY(std::unique_ptr<base::FileLock> lock, take_lock(engine));
    return RootLock{std::move(turn), std::move(lock)};
}

Result<RootLock> RootLock::take(Engine &engine, base::Directory &folder) {
    MOS_TRY(Turns::Turn turn, engine.m_turns.take(Turns::Holder::call));
    auto lock = folder.lock(folder_lock_name, lock_note(engine.clock()));
    if (!lock && lock.error().code() == Code::LOCKED)
        return locked("folder", lock.error());
    MOS_TRY(std::unique_ptr<base::FileLock> taken, std::move(lock));
    return RootLock{std::move(turn), std::move(taken)};
}

void Session::keep_copy() {
    if (m_lock != nullptr)
        engine::keep_copy(*m_site);
}

static std::string actor_of(const Settings &settings) {
    return settings.actor.empty() ? fmt::format("uid:{}", ::getuid()) : settings.actor;
}

std::string Engine::actor() const { return actor_of(m_settings); }

Engine::Engine(std::unique_ptr<base::Directory> root, Settings settings, std::shared_ptr<const base::Clock> clock,
               LogSink log)
    : m_root(std::move(root)), m_settings(std::move(settings)), m_clock(std::move(clock)), m_log(std::move(log)),
      m_events({.open_state_folder = [this] { return open_state_folder(*m_root); },
                .clock = m_clock,
                .actor = actor_of(m_settings),
                .listener = m_settings.listener,
                .complaints = [this](const std::string &line) { write_log(m_log, LogLevel::warning, line); }}) {}

observe::JournalReader Engine::read_events(std::uint64_t from) {
    const auto open_folder = [this]() -> Result<std::unique_ptr<base::Directory>> {
        MOS_TRY(auto folder, open_state_folder(*m_root));
        if (folder == nullptr)
            return folder;
        auto opened = folder->open_directory(observe::journal_folder_name, base::Symlinks::refuse);
        if (!opened && opened.error().code() == Code::NOT_FOUND)
            return std::unique_ptr<base::Directory>{};
        return opened;
    };
    return observe::JournalReader{open_folder, from, m_clock->boot_id()};
}

Result<package::Package> Engine::authenticate(std::unique_ptr<base::Source> source) {
    MOS_TRY(const Admission by, admission());
    const std::string name = source->name();
    auto opened = engine::authenticate(std::move(source), by);
    if (!opened)
        tell_refused(name, opened.error(), {});
    return opened;
}

void Engine::tell_refused(const std::string &package, const Error &error, const std::string &job) noexcept {
    if (!is_refusal(error))
        return;
    m_events.tell([&] {
        base::Event event = base::make_event(base::EventType::package_refused, package, error.full_message());
        event.cause = error_number(error);
        event.payload = error_fields(error);
        if (!job.empty())
            event.payload.push_back({"job", job});
        return event;
    });
}

Result<Admission> Engine::admission() {
    return open_admission(*m_root, m_settings.trust_folder, m_settings.required_signatures, *m_clock);
}

std::int64_t Engine::effective_now_unix_s() { return effective_time(*m_root, *m_clock); }

Result<std::vector<state::Transaction>> Engine::history() {
    MOS_TRY(const auto database, look(*this));
    return state::Transactions{*database}.list(max_history);
}

Result<std::optional<state::InstalledPackage>> Engine::installed(const std::string &name) {
    MOS_TRY(const auto database, look(*this));
    return state::Packages{*database}.find(name);
}

Result<std::vector<state::Transaction>> Engine::pending_reboots() {
    MOS_TRY(const auto database, look(*this));
    return state::Transactions{*database}.pending_reboots(m_clock->boot_id());
}

Result<transaction::Recovered> Engine::recover() {
    MOS_TRY(Session session, Session::open(*this, base::silent_observer(), Session::Purpose::mend));
    return session.recovered();
}

}  // namespace mos::engine
