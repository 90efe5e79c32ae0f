#include "session_job.hpp"

#include "job_events.hpp"

namespace mos::engine {

Result<JobOutcome> run_in_session(Engine &engine, base::Observer &observer, const char *kind, Session::Purpose purpose,
                                  const SessionWork &work) {
    return run_in_session(engine, kind, Session::open(engine, observer, purpose),
                          [&](Session &session, JobOutcome &outcome) -> Result<void> {
                              Result<void> done = work(session, outcome);
                              if (purpose == Session::Purpose::change)
                                  session.keep_copy();  // also after a failure
                              return done;
                          });
}

Result<JobOutcome> run_in_session(Engine &engine, const char *kind, Result<Session> opened, const SessionWork &work) {
    JobEvents events{engine, kind};
    if (!opened) {
        events.end(opened.error());
        return std::move(opened).error();
    }
    Session session = std::move(opened).value();
    events.begin();
    session.observer().set_cause(events.name());
    JobOutcome outcome;
    Result<void> done = work(session, outcome);
    session.observer().tell_events();
    Result<JobOutcome> result =
        done ? Result<JobOutcome>{std::move(outcome)} : Result<JobOutcome>{std::move(done).error()};
    events.end(result);
    return result;
}

}  // namespace mos::engine
