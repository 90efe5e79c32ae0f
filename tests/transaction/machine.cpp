#include "machine.hpp"

#include <mos/state/packages.hpp>

#include <fmt/format.h>

namespace mos::test {

using transaction::Description;

Result<std::unique_ptr<Machine>> Machine::start(std::unique_ptr<base::Directory> root,
                                                std::optional<std::uint64_t> long_log) {
    MOS_TRY(auto folder, base::make_directories(*root, database_path));
    MOS_TRY(auto database, state::Database::open(std::move(folder), long_log.value_or(state::usual_long_log)));
    std::unique_ptr<Machine> machine{new Machine{std::move(root), std::move(database)}};
    machine->m_site.keeps_database_up = long_log.has_value();
    return machine;
}

Result<TreeImage> Machine::tree() {
    MOS_TRY(TreeImage image, scan(*m_root, engine_paths));
    // On other volumes than the root's own there are stages too.
    const std::string stages = fmt::format("/{}", transaction::stages_name);
    std::erase_if(image.entries, [&](const TreeEntry &entry) {
        return entry.path.ends_with(stages) || entry.path.find(stages + "/") != std::string::npos;
    });
    return image;
}

Result<transaction::Staged> Machine::stage(const TreeImage &present, const TreeImage &wanted, const Extras &extras) {
    MOS_TRY(transaction::Stage stage, transaction::Stage::begin(m_site));
    MOS_CHECK(stage_change(stage, present, wanted, extras));
    return stage.finish();
}

transaction::Recorder Machine::recorder(std::string version) {
    return [this, version = std::move(version)](std::uint64_t id) -> Result<void> {
        state::Packages packages{*m_database};
        MOS_TRY(const auto before, packages.find("system"));
        if (before)
            MOS_CHECK(packages.mark_removed(before->id, id));
        if (version.empty())
            return {};
        state::InstalledPackage package;
        package.name = "system";
        package.version = version;
        MOS_TRY(const std::uint64_t row, packages.insert(package, id));
        state::InstalledFile file;
        file.package = row;
        file.path = "usr/bin/tool";
        return packages.insert_file(file);
    };
}

Result<std::string> Machine::installed_version() {
    MOS_TRY(const auto package, state::Packages{*m_database}.find("system"));
    return package ? package->version : std::string{};
}

Result<void> Machine::update(const TreeImage &present, const TreeImage &wanted, std::string version,
                             const Extras &extras) {
    MOS_TRY(transaction::Staged staged, stage(present, wanted, extras));
    const Description description{.summary = "update to " + version, .reason = {}, .hooks = extras.hooks};
    MOS_TRY(transaction::Decided decided,
            transaction::decide(m_site, std::move(staged), description, recorder(std::move(version))));
    return transaction::carry_through(m_site, std::move(decided));
}

Result<void> Machine::roll_back() {
    MOS_TRY(const auto newest, state::Transactions{*m_database}.newest_in_effect());
    if (!newest)
        return Error{Code::NOTHING_TO_ROLL_BACK, "nothing to roll back"};
    MOS_TRY(const auto done,
            transaction::roll_back(m_site, *newest, Description{.summary = "roll back", .reason = "asked for"}));
    static_cast<void>(done);
    return {};
}

Result<void> Machine::prune(std::uint64_t id) {
    MOS_TRY(const auto owner, state::Transactions{*m_database}.find(id));
    if (!owner)
        return Error{Code::NOT_FOUND, "no such recovery point"};
    return transaction::prune(m_site, *owner, [&](std::uint64_t number) {
        return state::Packages{*m_database}.forget(number, owner->in_effect);
    });
}

}  // namespace mos::test
