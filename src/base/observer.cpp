#include <mos/base/observer.hpp>

namespace mos::base {

namespace {

class SilentObserver final : public Observer {
  public:
    void report(const Progress & /*progress*/) override {}
    [[nodiscard]] Result<void> checkpoint() override { return {}; }
    void notice(std::string_view /*message*/) override {}
};

}  // namespace

Observer &silent_observer() noexcept {
    static SilentObserver observer;
    return observer;
}

}  // namespace mos::base
