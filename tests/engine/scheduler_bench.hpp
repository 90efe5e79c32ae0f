// A root with a queue: packages by paths that are only names, a machine whose load a test sets, and a clock that it
// turns.
#pragma once

#include "authority.hpp"
#include "engine_bench.hpp"

#include <mos/engine/scheduler.hpp>

#include <map>

namespace mos::test {

class SetFacts final : public schedule::FactsPort {
  public:
    Result<schedule::Facts> read(const schedule::Pause &pause) override {
        ++readings;
        MOS_CHECK(pause(0));
        return facts;
    }
    schedule::Facts facts;
    int readings = 0;
};

class LongestWait final : public schedule::Random {
  public:
    std::uint64_t up_to(std::uint64_t most) override { return most; }
};

struct SchedulerBench {
    SchedulerBench() {
        bench.clock = clock;
        bench.engine = bench.open();
        scheduler = open(bench.engine);
    }

    // As another process has it.
    [[nodiscard]] std::unique_ptr<engine::Scheduler> open(std::shared_ptr<engine::Engine> engine) const {
        engine::SchedulerPorts ports;
        ports.facts = facts;
        ports.random = std::make_shared<LongestWait>();
        ports.open_package = [files = files](const std::string &path) -> Result<std::unique_ptr<base::Source>> {
            const auto found = files->find(path);
            if (found == files->end())
                return Error{Code::NOT_FOUND, "there is no such file"}.about(path);
            return base::make_memory_source(found->second, path);
        };
        return std::make_unique<engine::Scheduler>(std::move(engine), std::move(ports));
    }

    // A package whose file lies at "/srv/NAME-VERSION.mos".
    std::string file(const std::string &name, const std::string &version) const {
        std::string path = "/srv/" + name + "-" + version + ".mos";
        put(path, name, version, version);
        return path;
    }
    void put(const std::string &path, const std::string &name, const std::string &version,
             const std::string &content) const {
        const ImageBuilder image = ImageBuilder{}.directory(name).file(name + "/x", content);
        (*files)[path] = bench.pack(name, version, image);
    }

    Result<schedule::Submitted> submit(const std::string &name, const std::string &version,
                                       schedule::Priority priority = schedule::Priority::critical) const {
        return submit({.packages = {file(name, version)}, .priority = priority});
    }
    Result<schedule::Submitted> submit(const engine::UpdateRequest &request) const {
        return scheduler->submit(request);
    }
    Result<engine::JobOutcome> run_due() const { return run_due(*scheduler); }
    static Result<engine::JobOutcome> run_due(engine::Scheduler &of) {
        MOS_TRY(const auto job, of.run_due());
        MOS_CHECK(job->run(nullptr));
        return *job->result();
    }
    [[nodiscard]] state::QueueEntry entry(std::uint64_t id) const { return must(scheduler->explain(id)).entry; }
    [[nodiscard]] std::string explained(std::uint64_t id) const { return must(scheduler->explain(id)).sentence; }

    std::shared_ptr<HandClock> clock = std::make_shared<HandClock>();
    std::shared_ptr<SetFacts> facts = std::make_shared<SetFacts>();
    std::shared_ptr<std::map<std::string, base::Bytes>> files = std::make_shared<std::map<std::string, base::Bytes>>();
    EngineBench bench;
    std::unique_ptr<engine::Scheduler> scheduler;
};

// "done update-1, next 2025-…": the rows of a run.
inline std::string rows_of(const engine::JobOutcome &outcome) {
    std::string text;
    for (const engine::ReportRow &row : outcome.rows)
        text += (text.empty() ? "" : ", ") + row.kind + " " + row.object;
    return text;
}

}  // namespace mos::test
