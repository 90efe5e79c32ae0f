// Programs that only seem to run: what was to be started is kept, and the answer is given beforehand.
#pragma once

#include <mos/base/process.hpp>

#include <string>
#include <utility>
#include <vector>

namespace mos::test {

class SeemingProcesses final : public base::ProcessRunner {
  public:
    Result<base::Ended> run(const base::Command &command, base::Observer & /*observer*/,
                            const base::OutputSink & /*output*/) override {
        commands.push_back(command);
        return answer;
    }
    std::vector<base::Command> commands;
    Result<base::Ended> answer = base::Ended{};
};

inline base::Ended ended(base::Ending how, int number = 0, std::string output = {}) {
    base::Ended ended;
    ended.how = how;
    ended.number = number;
    ended.output = std::move(output);
    return ended;
}

}  // namespace mos::test
