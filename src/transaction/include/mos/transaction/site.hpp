// Where a transaction takes place: a root, its stages and its database.
#pragma once

#include <mos/base/clock.hpp>
#include <mos/base/directory_cache.hpp>
#include <mos/base/filesystem.hpp>
#include <mos/base/observer.hpp>
#include <mos/state/database.hpp>

#include <memory>
#include <optional>
#include <string>

namespace mos::transaction {

class HookCaller;

// The folder at the top of the root that holds the stages, one folder a transaction, named by its number. Only the
// engine writes there (mode 0700).
inline constexpr const char *stages_name = ".multios-stage";

// All borrowed; the caller holds the root's lock for as long as a Site is in use. One thread at a time.
struct Site {
    base::Directory &root;
    state::Database &database;
    const base::Clock &clock;
    base::Observer &observer;
    HookCaller *hooks = nullptr;     // needed where a transaction has hooks
    bool keeps_database_up = false;  // its log and its copy, beside a transaction's last flush: see state::Upkeep
};

// The stages' folder, made when it is missing. Anything else by that name is refused (CONFLICT).
[[nodiscard]] Result<std::unique_ptr<base::Directory>> open_stages(base::Directory &root);

// The same at the top of another volume, called `volume`, whose time stays as it is.
[[nodiscard]] Result<std::unique_ptr<base::Directory>> open_stages_on(base::Directory &root, const std::string &volume);

// RECOVERY_FAILED when a transaction is unfinished: a second one must not begin, for completing two in order, twice
// over, is not the same as completing each once.
[[nodiscard]] Result<void> check_none_unfinished(state::Database &database);

// The name of transaction `id`'s folder, and of a slot in it.
[[nodiscard]] std::string number_name(std::uint64_t number);
// The transaction whose folder that is in the stages' folder, by its name; nullopt for anything else.
[[nodiscard]] std::optional<std::uint64_t> stage_number(const base::DirectoryEntry &entry);

}  // namespace mos::transaction
