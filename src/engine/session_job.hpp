// The frame of a job that holds the root from its beginning to its end: session, events, and the database's copy.
#pragma once

#include <mos/engine/engine.hpp>
#include <mos/engine/job.hpp>

#include <functional>

namespace mos::engine {

using SessionWork = std::function<Result<void>(Session &session, JobOutcome &outcome)>;

// Runs `work` in a session, or tells of why there is none. `kind` is what JobEvents takes.
[[nodiscard]] Result<JobOutcome> run_in_session(Engine &engine, base::Observer &observer, const char *kind,
                                                Session::Purpose purpose, const SessionWork &work);

// The same in a session that the caller has opened, or failed to. What it changes needs the copy brought up by `work`.
[[nodiscard]] Result<JobOutcome> run_in_session(Engine &engine, const char *kind, Result<Session> opened,
                                                const SessionWork &work);

}  // namespace mos::engine
