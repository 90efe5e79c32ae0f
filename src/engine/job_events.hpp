// What a job says of itself in the stream of events.
#pragma once

#include <mos/engine/engine.hpp>
#include <mos/engine/job.hpp>
#include <mos/engine/plan.hpp>

#include <string>
#include <vector>

namespace mos::engine {

// A job's events: one at its beginning, one at its end. Never fails.
class JobEvents {
  public:
    // `kind` is the first word of the job's name: "update", "rollback", "verify", "validate".
    JobEvents(Engine &engine, std::string kind) : m_engine(engine), m_name(std::move(kind)) {}
    JobEvents(const JobEvents &) = delete;
    JobEvents &operator=(const JobEvents &) = delete;
    ~JobEvents();  // tells of a job that an exception has ended

    // The job has its turn with the root.
    void begin();
    // Its name, which is the cause of all that it does.
    [[nodiscard]] const std::string &name() const noexcept { return m_name; }

    // It is over, whether or not it began.
    void end(const Result<JobOutcome> &result) noexcept;

  private:
    void fail(const Error &error) noexcept;

    Engine &m_engine;
    std::string m_name;
    bool m_is_running = false;
};

// What the job of such a plan has done: the packages, and then the transaction that they make.
[[nodiscard]] std::vector<base::Event> events_of(const Plan::View &view, const JobOutcome &outcome,
                                                 const std::string &job);

}  // namespace mos::engine
