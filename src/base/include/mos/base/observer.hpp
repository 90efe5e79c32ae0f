// How long work talks to whoever started it: progress out, cancel and pause in.
#pragma once

#include <mos/base/result.hpp>

#include <cstdint>
#include <string_view>

namespace mos::base {

enum class Phase : std::int32_t {
    planning = 0,
    verifying = 1,
    staging = 2,
    deciding = 3,
    applying = 4,
    settling = 5,
    reverting = 6,
    cleaning = 7,
    scripts = 8
};

struct Progress {
    Phase phase = Phase::planning;
    std::uint64_t done_bytes = 0;
    std::uint64_t total_bytes = 0;  // 0 while unknown
    std::uint64_t done_entries = 0;
    std::uint64_t total_entries = 0;  // 0 while unknown
};

// Work calls both between entries, from the thread it runs on.
class Observer {
  public:
    Observer() = default;
    Observer(const Observer &) = delete;
    Observer &operator=(const Observer &) = delete;
    virtual ~Observer() = default;

    virtual void report(const Progress &progress) = 0;

    // Returns at once, or when a pause ends; CANCELLED when the work should stop. After the decision of a transaction
    // an error here makes it revert.
    [[nodiscard]] virtual Result<void> checkpoint() = 0;

    // The same without pausing: for work that must not stand still half done, which is the application of a decided
    // transaction.
    [[nodiscard]] virtual Result<void> check_cancelled() { return checkpoint(); }

    // Something a person should know that is no error: a kept file, a split link group.
    virtual void notice(std::string_view message) = 0;

    // A notice of one path that was left as somebody else has made it: "'path' is kept: it was changed since".
    virtual void notice_kept(std::string_view path, std::string_view what);

    // A notice of something that has failed without making the work fail: a script after a removal.
    virtual void notice_failure(const Error &error) { notice(error.full_message()); }
};

// Reports to nobody and never cancels.
[[nodiscard]] Observer &silent_observer() noexcept;

}  // namespace mos::base
