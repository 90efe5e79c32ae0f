// What follows a failed update: another try, and when.
#pragma once

#include <mos/config/settings.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::schedule {

// The random port: spreads retries, so that devices which failed together do not come back together.
class Random {
  public:
    Random() = default;
    Random(const Random &) = delete;
    Random &operator=(const Random &) = delete;
    virtual ~Random() = default;

    // From 0 to `most`, each as likely as the others.
    [[nodiscard]] virtual std::uint64_t up_to(std::uint64_t most) = 0;
};

// getrandom(2).
class SystemRandom final : public Random {
  public:
    [[nodiscard]] std::uint64_t up_to(std::uint64_t most) override;
};

// How failures of one kind are retried.
struct RetryRule {
    bool retry = true;
    std::int64_t max_attempts = 3;  // the first try counts
    double multiplier = 2.0;        // by what the wait grows with each try, from 1 to 100
};

struct RetryCategory {
    std::string name;
    RetryRule rule;
};

struct RetryPolicy {
    RetryRule otherwise;  // for categories that have no rule of their own
    std::int64_t base_delay_s = 300;
    std::int64_t max_delay_s = 3600;
    std::vector<RetryCategory> categories;

    [[nodiscard]] const RetryRule &rule(std::string_view category) const;
};

// The user guide's: network errors five tries and 1.5, requirements of the system two and 3, damaged packages none.
[[nodiscard]] RetryPolicy default_retry_policy();

// What the settings say of retry_policy, over the guide's. A category that does not name a value has the general one.
// INVALID_ARGUMENT where the longest wait is shorter than the first, and for a category that is retried and fails at
// once.
[[nodiscard]] Result<RetryPolicy> read_retry_policy(const config::Settings &settings);

// "network_error", "package_corruption", "system_requirements" and "other" are what may be tried again; "final" is what
// another try can't mend: what a person has to decide or to correct.
[[nodiscard]] std::string_view category_of(Code code) noexcept;

struct Failure {
    Code code = Code::INTERNAL;
    std::int64_t attempts = 1;                  // that were made, this one included
    std::optional<std::int64_t> retry_after_s;  // what the server said: so long from now
};

struct Retry {
    bool again = false;
    std::int64_t delay_s = 0;
    // A package that was damaged is never read a second time as it is: it is fetched anew, or not tried again.
    bool fetch_anew = false;
    std::string reason;
};

// Full jitter: from 0 to the exponential wait at random, and not before what the server asked for, which counts up to a
// day.
[[nodiscard]] Retry next_try(const Failure &failure, const RetryPolicy &policy, Random &random);

// min(base × multiplier ^ (attempts - 1), max), whole seconds.
[[nodiscard]] std::int64_t longest_delay_s(const RetryPolicy &policy, const RetryRule &rule, std::int64_t attempts);

// Of the HTTP header (RFC 9110, section 10.2.3): "120", or a date "Sun, 06 Nov 1994 08:49:37 GMT" as the seconds from
// now till then; a date that is over is 0. FORMAT for anything else, the obsolete forms of dates included.
[[nodiscard]] Result<std::int64_t> parse_retry_after(std::string_view text, std::int64_t now_s);

}  // namespace mos::schedule
