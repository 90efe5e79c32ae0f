#include <mos/engine/doctor.hpp>

#include "point_fault.hpp"
#include "recovery_mode_record.hpp"
#include "restore.hpp"

#include <mos/crypto/trust_store.hpp>
#include <mos/engine/root_settings.hpp>
#include <mos/install/health.hpp>
#include <mos/policy/security_policy.hpp>
#include <mos/state/database_files.hpp>
#include <mos/transaction/stages.hpp>
#include <mos/transaction/unknown_stages.hpp>
#include <mos/transaction/volumes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mos::engine {

using base::Directory;
using state::Database;
using state::Transaction;
using state::Transactions;
using Copy = DatabaseCondition::Copy;
using Standing = DatabaseCondition::Standing;
using transaction::UnknownStage;

namespace {

constexpr const char *give_up = "give this recovery point up";

// Collects findings of one root, whose lock is held or which nobody has ever locked.
class Examination {
  public:
    Examination(Engine &engine, Directory &root) : m_engine(engine), m_root(root) {}

    [[nodiscard]] Result<std::vector<Finding>> run();
    [[nodiscard]] Result<std::vector<Finding>> run_while_locked(const Error &locked);

  private:
    void add(std::string kind, Severity severity, std::string sentence, std::string object = {},
             std::string repair = {});
    void check_database(const DatabaseCondition &condition);
    void check_copy(const DatabaseCondition &condition, std::uint64_t revision);
    [[nodiscard]] Result<void> check_volumes_of(Database &database, const Transaction &transaction);
    [[nodiscard]] Result<void> check_unfinished(Database &database);
    [[nodiscard]] Result<void> check_unknown_stages(Database &database);
    [[nodiscard]] Result<void> check_names();
    [[nodiscard]] Result<void> check_health_checks();
    [[nodiscard]] Result<void> check_recovery_points(Database &database);
    [[nodiscard]] Result<void> check_captured_points(Database &database);
    [[nodiscard]] Result<void> check_files_aside();
    [[nodiscard]] Result<void> check_filesystem();
    [[nodiscard]] Result<void> check_recovery_mode();
    [[nodiscard]] Result<void> check_trust();
    void check_settings();

    Engine &m_engine;
    Directory &m_root;
    std::vector<Finding> m_findings;
};

void Examination::add(std::string kind, Severity severity, std::string sentence, std::string object,
                      std::string repair) {
    m_findings.push_back({.kind = std::move(kind),
                          .severity = severity,
                          .sentence = std::move(sentence),
                          .object = std::move(object),
                          .repair = std::move(repair)});
}

std::string database_path() { return fmt::format("{}/{}", state_path, state::database_name); }
std::string copy_path() { return fmt::format("{}/{}", transaction::stages_name, state::copy_name); }
std::string stage_path(std::string_view name) { return fmt::format("{}/{}", transaction::stages_name, name); }

void Examination::check_database(const DatabaseCondition &condition) {
    const std::string restoring =
        condition.copy == Copy::sound
            ? "put its copy in its place, keep the present files beside it, and take back what the copy does not know"
            : "";
    const std::string why = condition.problem ? condition.problem->full_message() : "";
    switch (condition.standing) {
    case Standing::sound:
    case Standing::absent:
        return;
    case Standing::missing:
        return add("database-missing", Severity::error, why, database_path(), restoring);
    case Standing::damaged:
        return add("database-damaged", Severity::error, "the database is damaged: " + why, database_path(), restoring);
    case Standing::behind:
        return add("database-behind", Severity::error,
                   "the database lacks commits that its copy holds: it is an old one, or its log was damaged",
                   database_path(), restoring);
    case Standing::too_new:
        return add("database-too-new", Severity::error, why, database_path());
    }
}

void Examination::check_copy(const DatabaseCondition &condition, std::uint64_t revision) {
    const bool can_copy = condition.standing == Standing::sound;
    const std::string renewing = can_copy ? "make the copy anew" : "";
    if (condition.copy == Copy::damaged)
        add("copy-damaged", Severity::warning,
            "the copy of the database is damaged: " + condition.copy_problem->full_message(), copy_path(), renewing);
    if (condition.copy == Copy::behind)
        add("copy-behind", Severity::warning, "the copy of the database lacks the newest commits", copy_path(),
            renewing);
    if (condition.copy == Copy::absent && can_copy && revision > 0)
        add("copy-missing", Severity::warning, "there is no copy of the database", copy_path(), renewing);
}

// What a transaction can't be completed without.
Result<void> Examination::check_volumes_of(Database &database, const Transaction &transaction) {
    MOS_TRY(const auto tops, Transactions{database}.volumes(transaction.id));
    transaction::Stages stages{m_root, transaction.stage};
    for (const std::string &top : tops) {
        MOS_TRY(const Directory *const part, stages.find(top));
        if (part == nullptr && !top.empty())
            add("volume-missing", Severity::error,
                fmt::format("transaction {} can't be completed without {}: mount it and run 'multios-update recover'",
                            transaction.id, base::in_quotes(top)),
                top);
    }
    return {};
}

Result<void> Examination::check_unfinished(Database &database) {
    MOS_TRY(const auto unfinished, Transactions{database}.unfinished());
    if (unfinished) {
        MOS_CHECK(check_volumes_of(database, *unfinished));
        using state::TransactionState;
        const bool turned =
            unfinished->state == TransactionState::reverting ||
            (unfinished->state == TransactionState::undoing && unfinished->direction == state::Direction::forward);
        add("transaction-unfinished", Severity::error,
            fmt::format("transaction {} ({}) was cut short", unfinished->id, unfinished->summary),
            transaction::number_name(unfinished->id), turned ? "undo it" : "complete it");
    }
    return {};
}

Result<void> Examination::check_unknown_stages(Database &database) {
    MOS_TRY(const auto unknown, transaction::unknown_stages(m_root, database));
    Transactions transactions{database};
    for (const UnknownStage &stage : unknown) {
        const std::string path = stage_path(transaction::number_name(stage.id));
        if (stage.standing == UnknownStage::Standing::out_of_reach) {
            add("volume-missing", Severity::error,
                fmt::format("stage {} is about {} too, which is not mounted: mount it, then ask again", stage.id,
                            base::in_quotes(stage.moved_path)),
                stage.moved_path);
            continue;
        }
        if (stage.standing != UnknownStage::Standing::moved) {
            add("stage-unowned", Severity::warning,
                stage.standing == UnknownStage::Standing::unmoved
                    ? fmt::format("stage {} was prepared and never put in place", stage.id)
                    : fmt::format("stage {} was never finished: its plan is incomplete or damaged", stage.id),
                path, "delete it");
            continue;
        }
        MOS_TRY(const bool buried, transactions.stands_before_others(stage.id));
        add("stage-unclear", Severity::error,
            fmt::format("a transaction moved what stood at {} and up to {} paths more into stage {}, and the database "
                        "does not know it",
                        base::in_quotes(stage.moved_path), stage.operations - 1, stage.id),
            path, buried ? "" : "take it back by the plan in its stage; what was edited since stays");
    }
    return {};
}

Result<void> Examination::check_names() {
    MOS_TRY(const auto there, m_root.find(transaction::stages_name));
    if (!there)
        return {};
    if (there->type != base::FileType::directory) {
        add("foreign-entry", Severity::error,
            fmt::format("'{}' is a {}, the stages' folder is needed there", transaction::stages_name,
                        base::file_type_name(there->type)),
            transaction::stages_name);
        return {};
    }
    MOS_TRY(const auto stages, m_root.open_directory(transaction::stages_name, base::Symlinks::refuse));
    MOS_TRY(const auto entries, stages->list());
    for (const base::DirectoryEntry &entry : entries) {
        const std::string_view name = entry.name;
        const std::string_view number = name.substr(0, name.find('.'));
        const bool counted = !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos;
        if (entry.type == base::FileType::directory &&
            (name == state::copy_name || name == state::new_copy_name || (counted && name == number)))
            continue;
        if (counted && name.substr(number.size()).starts_with(".unclear"))
            add("stage-set-aside", Severity::information,
                fmt::format("stage {} had no readable plan when the database was restored, and is kept; look into it, "
                            "then delete it",
                            number),
                stage_path(name));
        else if (name != transaction::registry_name)
            add("foreign-entry", Severity::information,
                fmt::format("{} in the stages' folder is none of the engine's", base::in_quotes(name)),
                stage_path(name));
    }
    return {};
}

Result<void> Examination::check_recovery_points(Database &database) {
    MOS_TRY(const auto points, snapshot::list_points(database));
    for (const snapshot::ListedPoint &point : points) {
        if (!point.of_change)
            continue;
        MOS_TRY(const auto fault, fault_of(m_root, database, *point.of_change));
        if (!fault)
            continue;
        const std::string name = snapshot::recovery_point_name(point.id);
        add("recovery-point-incomplete", Severity::warning,
            fmt::format("{} can't be rolled back in full: {}", name, fault->sentence), name,
            fault->may_be_given_up ? std::string{give_up} + what_it_costs(points, point) : std::string{});
    }
    return {};
}

Result<void> Examination::check_captured_points(Database &database) {
    MOS_TRY(const auto folder, open_state_folder(m_root));
    if (folder == nullptr)
        return {};
    MOS_TRY(const auto troubles, snapshot::examine_points(*folder, database));
    for (const snapshot::PointTrouble &trouble : troubles) {
        using Kind = snapshot::PointTrouble::Kind;
        if (trouble.kind == Kind::unreadable)
            add("point-damaged", Severity::warning, trouble.sentence, snapshot::recovery_point_name(trouble.id),
                give_up);
        else if (trouble.kind == Kind::unfinished)
            add("point-unfinished", Severity::warning, trouble.sentence, snapshot::recovery_point_name(trouble.id),
                "complete it, or clear away what is left of it");
        else
            add("point-unknown", Severity::information, trouble.sentence,
                fmt::format("{}/points/{}", state_path, trouble.name));
    }
    return {};
}

Result<void> Examination::check_files_aside() {
    MOS_TRY(const auto folder, open_state_folder(m_root));
    if (folder == nullptr)
        return {};
    for (const char *name : {state::database_name, state::log_name}) {
        const std::string aside = std::string{name} + ".damaged";
        MOS_TRY(const auto there, folder->find(aside));
        if (there)
            add("files-set-aside", Severity::information,
                fmt::format("{} is from before the database was restored; delete it when nobody wants to look into it",
                            base::in_quotes(aside)),
                fmt::format("{}/{}", state_path, aside));
    }
    return {};
}

// On which filesystems the promise is tested, and where it can't be kept.
Result<void> Examination::check_filesystem() {
    MOS_TRY(const base::FilesystemUsage usage, m_root.usage());
    if (usage.read_only)
        add("filesystem-read-only", Severity::information,
            "the filesystem is mounted read-only: nothing can be changed or mended");
    if (usage.fast_commit)
        add("filesystem-fast-commit", Severity::warning,
            "a power cut on ext4 with fast_commit was seen to leave a filesystem that can't be mounted; "
            "'tune2fs -O ^fast_commit' on the unmounted device switches it off");
    constexpr std::array<std::string_view, 3> tested = {"ext4", "xfs", "btrfs"};
    if (usage.type.empty() || std::ranges::find(tested, usage.type) != tested.end())
        return {};
    if (usage.type == "vfat" || usage.type == "exfat" || usage.type == "msdos")
        add("filesystem-unsuitable", Severity::error,
            fmt::format("{} can't keep the promise of old or new after a power cut; use ext4, xfs or btrfs",
                        usage.type));
    else
        add("filesystem-untested", Severity::warning,
            fmt::format("the promise of old or new after a power cut was not tested on {}", usage.type));
    return {};
}

Result<void> Examination::check_trust() {
    const auto &given = m_engine.settings().trust_folder;
    auto folder = given ? open_trust_folder(*given) : open_trust_folder(m_root);
    std::optional<Error> problem;
    if (!folder) {
        problem = std::move(folder).error();
    } else if (const auto store = load_trust(*folder); !store) {
        problem = store.error();
    }
    if (problem)
        add("trust-unreadable", Severity::warning, problem->full_message(), given ? *given : trust_path);
    return {};
}

// A change that they should have judged goes on without them.
Result<void> Examination::check_health_checks() {
    const auto checks = install::list_health_checks(m_root);
    if (!checks && checks.error().code() != Code::LIMIT)
        return checks.error();
    const std::vector<std::string> sentences =
        checks ? checks->not_asked : std::vector<std::string>{checks.error().full_message()};
    for (const std::string &sentence : sentences)
        add("health-check-not-asked", Severity::warning, sentence);
    return {};
}

Result<void> Examination::check_recovery_mode() {
    MOS_TRY(const auto mode, recovery_mode(m_root));
    if (mode)
        add(mode->is_damaged ? "recovery-mode-damaged" : "recovery-mode",
            mode->is_damaged ? Severity::warning : Severity::information,
            describe(*mode) + "; 'multios-update recovery mode --safe-mode=false' ends it",
            fmt::format("{}/{}", state_path, recovery_mode_name));
    return {};
}

// Without a policy that can be read nothing is accepted; anything else that is wrong in the settings is passed over.
void Examination::check_settings() {
    if (const auto policy = policy::load_security_policy(m_root); !policy)
        add("policy-unreadable", Severity::error,
            fmt::format("no package can be installed: {}", policy.error().full_message()),
            policy::security_policy_path);
    const auto loaded = load_root_settings(m_engine, {});
    if (!loaded)
        return add("settings-faulty", Severity::warning, loaded.error().full_message(),
                   std::string{config::settings_path});
    for (const config::Problem &problem : loaded->problems)
        if (problem.file != policy::security_policy_path)
            add("settings-faulty", Severity::warning,
                fmt::format("what it says has no effect: {}", config::describe(problem)), problem.file);
}

Result<std::vector<Finding>> Examination::run() {
    MOS_TRY(const DatabaseCondition condition, examine_database(m_root));
    check_database(condition);
    std::unique_ptr<Database> database;
    if (condition.standing == Standing::sound) {
        MOS_TRY(auto folder, open_state_folder(m_root));
        MOS_TRY(database, Database::examine(std::move(folder)));
    } else {
        MOS_TRY(database, Database::open_empty());
    }
    MOS_TRY(const std::uint64_t revision, database->revision());
    check_copy(condition, revision);
    // What a database says that will be replaced, or that can't be read, is no finding.
    if (condition.standing == Standing::sound) {
        MOS_CHECK(check_unfinished(*database));
        MOS_CHECK(check_recovery_points(*database));
        MOS_CHECK(check_captured_points(*database));
    }
    if (condition.standing == Standing::sound || condition.standing == Standing::absent)
        MOS_CHECK(check_unknown_stages(*database));
    MOS_CHECK(check_names());
    MOS_CHECK(check_health_checks());
    MOS_CHECK(check_files_aside());
    MOS_CHECK(check_recovery_mode());
    MOS_CHECK(check_filesystem());
    MOS_CHECK(check_trust());
    check_settings();
    return std::move(m_findings);
}

Result<std::vector<Finding>> Examination::run_while_locked(const Error &locked) {
    add("root-locked", Severity::information, locked.message() + "; ask again when it has ended");
    MOS_CHECK(check_filesystem());
    MOS_CHECK(check_trust());
    check_settings();
    return std::move(m_findings);
}

}  // namespace

Result<std::vector<Finding>> examine_root(Engine &engine) {
    auto opened = Session::open(engine, base::silent_observer(), Session::Purpose::examine);
    Examination examination{engine, engine.root()};
    if (!opened && opened.error().code() == Code::LOCKED)
        return examination.run_while_locked(opened.error());
    MOS_TRY(const Session session, std::move(opened));
    return examination.run();
}

}  // namespace mos::engine
