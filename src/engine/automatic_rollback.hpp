// What a root's settings say of changes that go back by themselves (update_system.rollback).
#pragma once

#include <mos/engine/engine.hpp>
#include <mos/install/health.hpp>

#include <optional>

namespace mos::engine {

// How the system's health is judged after a change; nothing where there is nobody to ask and nothing to look at.
[[nodiscard]] Result<std::optional<install::HealthRules>> health_rules(Session &session, Engine &engine);

// Whether a script or a service that failed after a change takes it back. Where the settings can't be read it does.
[[nodiscard]] bool takes_back(Engine &engine, const Error &failure);

}  // namespace mos::engine
