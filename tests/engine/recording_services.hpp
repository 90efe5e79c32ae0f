// A service manager that only writes down what is asked of it.
#pragma once

#include <mos/install/services.hpp>

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mos::test {

class RecordingServices final : public install::ServiceManager {
  public:
    using Calls = std::vector<std::string>;

    [[nodiscard]] bool is_running_system() const noexcept override { return true; }
    [[nodiscard]] Result<void> act(install::ServiceAction action, std::string_view unit) override {
        std::string call{install::service_action_name(action)};
        if (!unit.empty())
            call += " " + std::string{unit};
        calls.push_back(call);
        if (before_each)
            before_each(std::string{unit});
        if (call == failing)
            return Error{Code::SERVICE_FAILED, "the test does not want '" + call + "'"};
        return {};
    }
    [[nodiscard]] Result<bool> is_active(std::string_view unit) override {
        if ("ask " + std::string{unit} == failing)
            return Error{Code::SERVICE_FAILED, "the test does not want '" + failing + "'"};
        return active.contains(std::string{unit});
    }

    [[nodiscard]] Calls take() { return std::exchange(calls, {}); }
    Calls calls;
    std::set<std::string> active;
    std::string failing;
    std::function<void(const std::string &unit)> before_each;
};

}  // namespace mos::test
