// What planning has to say, for the plan's view; nobody waits for it or cancels it.
#pragma once

#include <mos/base/observer.hpp>
#include <mos/install/plan.hpp>

#include <string>
#include <utility>
#include <vector>

namespace mos::engine {

class NoticeCollector final : public base::Observer {
  public:
    void report(const base::Progress & /*progress*/) override {}
    [[nodiscard]] Result<void> checkpoint() override { return {}; }
    void notice(std::string_view message) override {
        if (notices.size() < install::max_notices)
            notices.emplace_back(message);
        else if (notices.size() == install::max_notices)
            notices.emplace_back("… and more of the kind");
    }
    [[nodiscard]] std::vector<std::string> take() { return std::exchange(notices, {}); }

    std::vector<std::string> notices;
};

}  // namespace mos::engine
