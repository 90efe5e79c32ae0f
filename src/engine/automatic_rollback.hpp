// What a root's settings say of changes that go back by themselves (update_system.rollback).
#pragma once

#include <mos/engine/engine.hpp>
#include <mos/install/health.hpp>
#include <mos/state/transactions.hpp>

#include <optional>
#include <string>
#include <vector>

namespace mos::engine {

// How the system's health is judged after a change, and whether there is anybody to ask yet.
[[nodiscard]] Result<install::HealthRules> health_rules(Session &session, Engine &engine);

// What a restoration does to the programs that are asked.
enum class HealthPrograms : std::uint8_t { stay, come };

// The hook by which the system's health is judged when a restoration is in place: of `packages` the content may be
// looked at. Nothing where nobody is to be asked.
[[nodiscard]] Result<std::optional<state::Hook>>
health_hook(Session &session, Engine &engine, std::vector<std::string> packages, HealthPrograms programs);

// Whether a script or a service that failed after a change takes it back. Where the settings can't be read it does.
[[nodiscard]] bool takes_back(Engine &engine, const Error &failure);

}  // namespace mos::engine
