// When this device is used, as far as it was learnt: kept beside the database, for nothing is lost with it but the
// learning.
#pragma once

#include <mos/engine/engine.hpp>
#include <mos/schedule/facts.hpp>
#include <mos/schedule/usage.hpp>

namespace mos::engine {

// Hours are those of the root's own zone. One that knows nothing where nothing is kept; so it is for what is damaged,
// which is told in the log.
[[nodiscard]] schedule::UsagePattern load_usage(Engine &engine);

// Looks at the machine and remembers how busy it is: at most each ten minutes, and only for a root with a database. In
// use is who has an active session; else the processors' load counts. What can't be kept is told in the log, and no
// error; one is only what `pause` says.
[[nodiscard]] Result<void> learn_usage(Engine &engine, schedule::FactsPort &facts, const schedule::Pause &pause);

}  // namespace mos::engine
