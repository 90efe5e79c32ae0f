#include <mos/base/observer.hpp>

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

namespace mos::base {

namespace {

class SilentObserver final : public Observer {
  public:
    void report(const Progress & /*progress*/) override {}
    [[nodiscard]] Result<void> checkpoint() override { return {}; }
    void notice(std::string_view /*message*/) override {}
};

}  // namespace

void Observer::notice_kept(std::string_view path, std::string_view what) {
    notice(fmt::format("{} {}", in_quotes(path), what));
}

Observer &silent_observer() noexcept {
    static SilentObserver observer;
    return observer;
}

}  // namespace mos::base
