#include "hook_plan.hpp"

#include <mos/base/path.hpp>
#include <mos/install/installed_services.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::install {

using package::ScriptKind;
using state::FileRole;
using Moment = state::Hook::Moment;

namespace {

constexpr const char *scripts_folder = "scripts";

std::string_view action_name(Action action) {
    switch (action) {
    case Action::install:
        return "install";
    case Action::update:
        return "update";
    case Action::downgrade:
        return "downgrade";
    case Action::reinstall:
        return "reinstall";
    case Action::remove:
        break;
    }
    return "remove";
}

// "restarted": what an update does to a unit.
std::string_view done_to(ServiceAction action) {
    switch (action) {
    case ServiceAction::stop:
        return "stopped";
    case ServiceAction::start:
        return "started";
    case ServiceAction::restart:
        return "restarted";
    case ServiceAction::reload:
        return "reloaded";
    case ServiceAction::reload_manager:
        break;
    }
    return "read again";
}

std::string folder_of(std::size_t step) { return fmt::format("{}/{}", scripts_folder, step); }

// A script that was kept when its package was installed; nothing where the package has none of that kind.
Result<std::optional<std::string>> read_kept_script(transaction::Site &site, const StepSummary &summary,
                                                    ScriptKind kind) {
    const std::string path =
        fmt::format("{}/{}/scripts/{}", kept_scripts_path, summary.name, package::script_name(kind));
    MOS_TRY(const auto file, state::Packages{site.database}.find_file(summary.old_package, path));
    if (!file || file->role != FileRole::script)
        return std::optional<std::string>{};
    const base::SplitPath split = base::split_path(path);
    const auto altered = [&] {
        return Error{Code::CONFLICT,
                     fmt::format("the script {} of '{}' is missing or was altered, and is not run; reinstall the "
                                 "package to get it back",
                                 base::in_quotes(path), summary.name)}
            .about(path);
    };
    auto folder = site.root.open_directory(split.parent, base::Symlinks::refuse);
    if (!folder && folder.error().code() == Code::NOT_FOUND)
        return altered();
    MOS_TRY(const auto opened, std::move(folder));
    auto content = base::read_file(*opened, split.name, max_script_bytes);
    if (!content && (content.error().code() == Code::NOT_FOUND || content.error().code() == Code::LIMIT))
        return altered();
    MOS_TRY(const base::Bytes bytes, std::move(content));
    if (crypto::sha256(bytes) != file->digest)
        return altered();
    return std::optional{std::string{base::as_text(bytes)}};
}

Result<std::vector<std::string>> active_of(const std::vector<std::string> &units, ServiceManager &services) {
    std::vector<std::string> active;
    for (const std::string &unit : units) {
        MOS_TRY(const bool is_active, services.is_active(unit));
        if (is_active)
            active.push_back(unit);
    }
    return active;
}

Result<package::Manifest> installed_manifest(state::Database &database, const std::string &name) {
    MOS_TRY(const auto installed, state::Packages{database}.find(name));
    return package::parse_manifest(installed ? std::string_view{installed->manifest} : "{}");
}

}  // namespace

Result<HookPlan> HookPlan::make(transaction::Site &site, const Steps &steps, const Resolution &resolution,
                                ServiceManager *services, const HealthRules *health) {
    HookPlan plan;
    ServiceManager *const managed = services != nullptr && services->is_running_system() ? services : nullptr;
    MOS_CHECK(plan.add_installs(site, resolution, managed));
    MOS_CHECK(plan.add_removals(site, steps, resolution, managed));
    const bool brings_check = std::ranges::any_of(
        resolution.brought, [](const std::shared_ptr<const Brought> &brought) { return brought->has_health_check; });
    if (health == nullptr || (!health->anybody && !brings_check))
        return plan;
    std::vector<std::string> packages;
    packages.reserve(resolution.steps.size());
    for (const StepSummary &summary : resolution.steps)
        packages.push_back(summary.name);
    MOS_TRY(plan.m_health, health_call(site.database, *health, std::move(packages)));
    return plan;
}

Result<void> HookPlan::add_installs(transaction::Site &site, const Resolution &resolution, ServiceManager *services) {
    for (std::size_t step = 0; step < resolution.brought.size(); ++step) {
        const Brought &brought = *resolution.brought[step];
        const Owner owner{step, &resolution.steps[step], std::chrono::seconds{brought.manifest.scripts.timeout_s}};
        for (const PackageScript &script : brought.scripts) {
            if (script.kind != ScriptKind::pre_remove && script.kind != ScriptKind::post_remove)
                add_script(owner, script.kind, script.content);
        }
        if (services == nullptr)
            continue;
        MOS_CHECK(stop_dropped(site, resolution, resolution.steps[step], *services));
        MOS_CHECK(add_services(brought, resolution.steps[step], *services));
    }
    return {};
}

Result<void> HookPlan::add_removals(transaction::Site &site, const Steps &steps, const Resolution &resolution,
                                    ServiceManager *services) {
    for (std::size_t i = 0; i < steps.removals.size(); ++i) {
        const std::size_t step = steps.installs.size() + i;
        const StepSummary &summary = resolution.steps[step];
        MOS_TRY(const package::Manifest manifest, installed_manifest(site.database, summary.name));
        const Owner owner{step, &summary, std::chrono::seconds{manifest.scripts.timeout_s}};
        for (const ScriptKind kind : {ScriptKind::pre_remove, ScriptKind::post_remove}) {
            MOS_TRY(std::optional<std::string> content, read_kept_script(site, summary, kind));
            if (content)
                add_script(owner, kind, std::move(*content));
        }
        if (services == nullptr)
            continue;
        MOS_TRY(const auto units, installed_units(site.database, manifest, summary.old_package));
        MOS_CHECK(stop_services(manifest, units, *services));
    }
    return {};
}

void HookPlan::add_script(const Owner &owner, ScriptKind kind, std::string content) {
    const bool checks = kind == ScriptKind::pre_install || kind == ScriptKind::pre_remove;
    const StepSummary &summary = *owner.summary;
    const bool removes = summary.action == Action::remove;
    Script script{.name = std::string{package::script_name(kind)},
                  .folder = folder_of(owner.step),
                  .mode = checks ? ScriptMode::check : ScriptMode::act,
                  .package = summary.name,
                  .action = std::string{kind == ScriptKind::undo ? "undo" : action_name(summary.action)},
                  .version = removes ? summary.old_version : summary.version,
                  .old_version = removes ? std::string{} : summary.old_version,
                  .time_limit = owner.time_limit};
    m_files.push_back({owner.step, summary.name, script.name, std::move(content)});
    if (checks)
        m_checks.push_back(std::move(script));
    else
        m_scripts.push_back({kind == ScriptKind::undo ? Moment::before_undo : Moment::after_apply, std::move(script)});
}

void HookPlan::add_service(Moment moment, ServiceAction action, const std::string &unit) {
    m_services.push_back({moment, {action, unit}});
}

// The manager reads the units again once they are in place, and once they are back.
void HookPlan::add_manager_reload() {
    if (std::exchange(m_reloads_manager, true))
        return;
    add_service(Moment::after_apply, ServiceAction::reload_manager, {});
    add_service(Moment::after_undo, ServiceAction::reload_manager, {});
}

// A service that is not running stays so, but for one that comes to the system and is to be started.
Result<void> HookPlan::add_services(const Brought &brought, const StepSummary &summary, ServiceManager &services) {
    if (brought.units.empty())
        return {};
    for (const std::string &unit : brought.units)
        MOS_CHECK(check_unit_name(unit));
    add_manager_reload();
    const package::Service &wishes = brought.manifest.service;
    if (summary.old_package == 0) {
        if (wishes.start_on_install)
            std::ranges::for_each(brought.units, [&](const std::string &unit) { add_start(unit); });
        return {};
    }
    MOS_TRY(const std::vector<std::string> active, active_of(brought.units, services));
    for (const std::string &unit : active)
        add_update(wishes.on_update, unit);
    return {};
}

void HookPlan::add_start(const std::string &unit) {
    add_service(Moment::after_apply, ServiceAction::start, unit);
    add_service(Moment::before_undo, ServiceAction::stop, unit);
}

// Of a unit that runs; the way back does the same with the old version.
void HookPlan::add_update(package::Service::OnUpdate on_update, const std::string &unit) {
    using package::Service;
    if (on_update == Service::OnUpdate::nothing)
        return;
    if (on_update == Service::OnUpdate::stop) {
        add_service(Moment::before_apply, ServiceAction::stop, unit);
        add_start(unit);
        add_service(Moment::after_undo, ServiceAction::start, unit);
        return;
    }
    const ServiceAction action =
        on_update == Service::OnUpdate::reload ? ServiceAction::reload : ServiceAction::restart;
    add_service(Moment::after_apply, action, unit);
    add_service(Moment::after_undo, action, unit);
}

// What the old version of a package runs and no package of the plan brings: nobody could restart it.
Result<void> HookPlan::stop_dropped(transaction::Site &site, const Resolution &resolution, const StepSummary &summary,
                                    ServiceManager &services) {
    if (summary.old_package == 0)
        return {};
    MOS_TRY(const package::Manifest manifest, installed_manifest(site.database, summary.name));
    MOS_TRY(std::vector<std::string> units, installed_units(site.database, manifest, summary.old_package));
    std::erase_if(units, [&](const std::string &unit) {
        return std::ranges::any_of(resolution.brought, [&](const std::shared_ptr<const Brought> &brought) {
            return std::ranges::find(brought->units, unit) != brought->units.end();
        });
    });
    return stop_services(manifest, units, services);
}

// Of a package that goes, or of its units that go.
Result<void> HookPlan::stop_services(const package::Manifest &manifest, const std::vector<std::string> &units,
                                     ServiceManager &services) {
    if (units.empty() || manifest.package_info.type != "service")
        return {};
    add_manager_reload();
    MOS_TRY(const std::vector<std::string> active, active_of(units, services));
    for (const std::string &unit : active) {
        add_service(Moment::before_apply, ServiceAction::stop, unit);
        add_service(Moment::after_undo, ServiceAction::start, unit);
    }
    return {};
}

std::vector<state::Hook> HookPlan::calls() const {
    std::vector<state::Hook> calls;
    for (const Script &script : m_checks)
        calls.push_back(write_hook(Moment::before_apply, script));
    for (const Planned &planned : m_scripts)
        calls.push_back(write_hook(planned.moment, planned.script));
    for (const PlannedCall &planned : m_services)
        calls.push_back(write_hook(planned.moment, planned.call));
    if (m_health)
        calls.push_back(health_hook(*m_health));
    return calls;
}

// What only a way back would do is left out, but for the scripts: they are the packages' own, and run as root.
std::vector<std::string> HookPlan::notices() const {
    std::vector<std::string> notices;
    for (auto file = m_files.begin(); file != m_files.end();) {
        const auto next = std::find_if(file, m_files.end(), [&](const File &one) { return one.step != file->step; });
        std::vector<std::string_view> names;
        std::transform(file, next, std::back_inserter(names),
                       [](const File &one) { return std::string_view{one.name}; });
        notices.push_back(fmt::format("{} runs scripts: {}", base::in_quotes(file->package), fmt::join(names, ", ")));
        file = next;
    }
    for (const PlannedCall &planned : m_services) {
        const bool is_way_back = planned.moment == Moment::before_undo || planned.moment == Moment::after_undo;
        if (!is_way_back && !planned.call.unit.empty())
            notices.push_back(
                fmt::format("{} is {}", base::in_quotes(planned.call.unit), done_to(planned.call.action)));
    }
    if (m_health)
        notices.emplace_back(health_notice);
    return notices;
}

Result<void> HookPlan::put_aside(transaction::Stage &stage) {
    for (const File &file : m_files)
        MOS_CHECK(stage.put_aside(folder_of(file.step), file.name, base::as_bytes(file.content), script_mode));
    m_files.clear();
    const auto place = [&](Script &script) {
        script.folder = fmt::format("{}/{}/{}", transaction::stages_name, stage.id(), script.folder);
    };
    std::ranges::for_each(m_checks, place);
    for (Planned &planned : m_scripts) {
        place(planned.script);
        m_hooks.push_back(write_hook(planned.moment, planned.script));
    }
    // What was done last is undone first.
    const auto is_not_undo = [](const state::Hook &hook) { return hook.moment != Moment::before_undo; };
    std::reverse(std::stable_partition(m_hooks.begin(), m_hooks.end(), is_not_undo), m_hooks.end());
    // A service needs what the scripts have prepared, and is stopped before they undo it.
    std::vector<state::Hook> before;
    for (const PlannedCall &planned : m_services)
        (planned.moment == Moment::before_undo ? before : m_hooks).push_back(write_hook(planned.moment, planned.call));
    m_hooks.insert(m_hooks.begin(), before.begin(), before.end());
    if (m_health)  // when all that a change does has been done
        m_hooks.push_back(write_hook(Moment::after_apply, *m_health));
    for (std::size_t rank = 0; rank < m_hooks.size(); ++rank)
        m_hooks[rank].rank = rank;
    return {};
}

Result<void> HookPlan::run_checks(transaction::Site &site, base::Directory &stage) const {
    if (m_checks.empty())
        return {};
    if (site.hooks == nullptr)
        return Error{Code::INTERNAL, "the plan has scripts, and there is nobody to call them"};
    site.observer.report({.phase = base::Phase::scripts});
    for (const Script &script : m_checks)
        MOS_CHECK(site.hooks->call(write_hook(Moment::before_apply, script), stage, site.observer,
                                   transaction::Interruption::allowed));
    return {};
}

}  // namespace mos::install
