// What a plan calls and when: the scripts of its packages, and the services whose units they bring.
#pragma once

#include "brought.hpp"
#include "hook_text.hpp"

#include <mos/install/package_hooks.hpp>
#include <mos/transaction/stage.hpp>

#include <vector>

namespace mos::install {

class HookPlan {
  public:
    // Reads the scripts that installed packages have left. CONFLICT when one of them was altered. `services` may be
    // null: then none is touched; so may `health`: then nobody is asked.
    [[nodiscard]] static Result<HookPlan> make(transaction::Site &site, const Steps &steps,
                                               const Resolution &resolution, ServiceManager *services,
                                               const HealthRules *health);

    [[nodiscard]] bool empty() const noexcept { return m_checks.empty() && m_hooks.empty(); }

    struct File {  // of a script
        std::size_t step = 0;
        std::string package;
        std::string name;
        std::string content;
    };

    // Before they are put aside: everything that would be called, the checks among it, in the order of the plan's
    // steps; and the scripts' files.
    [[nodiscard]] std::vector<state::Hook> calls() const;
    [[nodiscard]] const std::vector<File> &files() const noexcept { return m_files; }

    // For whoever is to agree: "'webserver' runs scripts: pre-install, post-install", "'web.service' is restarted".
    [[nodiscard]] std::vector<std::string> notices() const;

    // Puts the scripts where they are called from.
    [[nodiscard]] Result<void> put_aside(transaction::Stage &stage);

    // Calls what may only say yes or no; the first that says no ends it.
    [[nodiscard]] Result<void> run_checks(transaction::Site &site, base::Directory &stage) const;

    // In the order in which they are called.
    [[nodiscard]] const std::vector<state::Hook> &hooks() const noexcept { return m_hooks; }

  private:
    struct Owner {  // of scripts
        std::size_t step = 0;
        const StepSummary *summary = nullptr;
        std::chrono::seconds time_limit{0};
    };
    [[nodiscard]] Result<void> add_installs(transaction::Site &site, const Resolution &resolution,
                                            ServiceManager *services);
    [[nodiscard]] Result<void> add_removals(transaction::Site &site, const Steps &steps, const Resolution &resolution,
                                            ServiceManager *services);
    void add_script(const Owner &owner, package::ScriptKind kind, std::string content);
    [[nodiscard]] Result<void> add_services(const Brought &brought, const StepSummary &summary,
                                            ServiceManager &services);
    [[nodiscard]] Result<void> stop_dropped(transaction::Site &site, const Resolution &resolution,
                                            const StepSummary &summary, ServiceManager &services);
    [[nodiscard]] Result<void> stop_services(const package::Manifest &manifest, const std::vector<std::string> &units,
                                             ServiceManager &services);
    void add_service(state::Hook::Moment moment, ServiceAction action, const std::string &unit);
    void add_manager_reload();
    void add_start(const std::string &unit);
    void add_update(package::Service::OnUpdate on_update, const std::string &unit);

    std::vector<File> m_files;
    struct Planned {
        state::Hook::Moment moment = state::Hook::Moment::after_apply;
        Script script;
    };
    std::vector<Planned> m_scripts;  // whose folder is known when the stage is
    struct PlannedCall {
        state::Hook::Moment moment = state::Hook::Moment::after_apply;
        ServiceCall call;
    };
    std::vector<PlannedCall> m_services;
    std::vector<Script> m_checks;
    std::optional<HealthCall> m_health;
    std::vector<state::Hook> m_hooks;
    bool m_reloads_manager = false;
};

}  // namespace mos::install
