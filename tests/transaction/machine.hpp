// A root with its database, from power on to power off: what a program that links the engine has open.
#pragma once

#include "change.hpp"
#include "writing_hooks.hpp"

#include <mos/transaction/transaction.hpp>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mos::test {

inline constexpr std::string_view database_path = "var/lib/multios";
// What belongs to the engine, and not to the picture of a tree.
inline constexpr std::array<std::string_view, 2> engine_paths = {".multios-stage", database_path};

class StillClock final : public base::Clock {
  public:
    [[nodiscard]] std::int64_t now_unix_s() const override { return 1'764'000'000; }
    [[nodiscard]] std::int64_t monotonic_ms() const override { return 0; }
};

// Keeps what was said, and lets a test take part at every checkpoint.
class Watcher final : public base::Observer {
  public:
    void report(const base::Progress &progress) override { phase = progress.phase; }
    Result<void> checkpoint() override { return on_checkpoint ? on_checkpoint(phase) : Result<void>{}; }
    void notice(std::string_view message) override { notices.emplace_back(message); }

    std::function<Result<void>(base::Phase)> on_checkpoint;
    std::vector<std::string> notices;
    base::Phase phase = base::Phase::planning;
};

class Machine {
  public:
    // Opens the database (var/lib/multios, made when missing). No recovery yet. With `long_log` its log, from that size
    // on, and its copy are kept up beside transactions.
    [[nodiscard]] static Result<std::unique_ptr<Machine>> start(std::unique_ptr<base::Directory> root,
                                                                std::optional<std::uint64_t> long_log = {});

    [[nodiscard]] base::Directory &root() { return *m_root; }
    [[nodiscard]] state::Database &database() { return *m_database; }
    [[nodiscard]] transaction::Site &site() { return m_site; }
    Watcher watcher;
    [[nodiscard]] WritingHooks &hooks() { return m_hooks; }

    // The tree without what belongs to the engine, and all of it.
    [[nodiscard]] Result<TreeImage> tree();
    [[nodiscard]] Result<TreeImage> everything() { return scan(*m_root); }

    [[nodiscard]] Result<transaction::Staged> stage(const TreeImage &present, const TreeImage &wanted,
                                                    const Extras &extras = {});
    // Says that `version` of the package "system" is installed from this transaction on; none for "".
    [[nodiscard]] transaction::Recorder recorder(std::string version);
    [[nodiscard]] Result<std::string> installed_version();  // "" when none is

    // Stage, decide, carry through.
    [[nodiscard]] Result<void> update(const TreeImage &present, const TreeImage &wanted, std::string version,
                                      const Extras &extras = {});
    // Takes the newest change back.
    [[nodiscard]] Result<void> roll_back();
    [[nodiscard]] Result<void> prune(std::uint64_t id);

  private:
    Machine(std::unique_ptr<base::Directory> root, std::unique_ptr<state::Database> database)
        : m_root(std::move(root)), m_database(std::move(database)),
          m_hooks(*m_root), m_site{*m_root, *m_database, m_clock, watcher, &m_hooks} {}

    std::unique_ptr<base::Directory> m_root;
    std::unique_ptr<state::Database> m_database;
    StillClock m_clock;
    WritingHooks m_hooks;
    transaction::Site m_site;
};

}  // namespace mos::test
