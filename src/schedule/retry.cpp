#include <mos/schedule/retry.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>
#include <sys/random.h>
#include <sys/types.h>

namespace mos::schedule {

namespace {

constexpr std::int64_t a_day = 86400;
constexpr std::int64_t longest_retry_after = a_day;
constexpr std::size_t max_categories = 100;
constexpr std::string_view network = "network_error";
constexpr std::string_view corruption = "package_corruption";
constexpr std::string_view requirements = "system_requirements";
constexpr std::string_view other = "other";
constexpr std::string_view final_category = "final";

// Where the kernel gives none, the clock's last digits will do: they spread retries, and keep no secret.
std::uint64_t random_bits() {
    std::uint64_t bits = 0;
    if (getrandom(&bits, sizeof bits, 0) == ssize_t{sizeof bits})
        return bits;
    constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) * odd;
}

double fraction(const config::Settings &settings, std::string_view path, double otherwise) {
    const auto setting = settings.find(path);
    if (!setting || setting->value.words.empty())
        return otherwise;
    const std::string &text = setting->value.words.front();
    double value = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::int64_t number(const config::Settings &settings, std::string_view path, std::int64_t otherwise) {
    const auto setting = settings.find(path);
    return setting ? setting->value.number.value_or(otherwise) : otherwise;
}

bool said(const config::Settings &settings, std::string_view path) {
    const auto setting = settings.find(path);
    return setting && setting->origin.layer != config::Layer::built_in;
}

Result<RetryRule> read_category(const config::Settings &settings, const std::string &name, RetryRule rule) {
    const std::string section = "retry_policy.error_categories." + name;
    const auto path = [&](std::string_view key) { return fmt::format("{}.{}", section, key); };
    const auto action = settings.find(path("action"));
    const bool fails_at_once = said(settings, path("action")) && action->value.words.front() == "immediate_failure";
    if (said(settings, path("retry")))
        rule.retry = number(settings, path("retry"), 1) != 0;
    else if (fails_at_once)
        rule.retry = false;
    if (fails_at_once && rule.retry)
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("retry_policy contradicts itself: '{}' is tried again and fails at once", name)};
    if (said(settings, path("max_attempts")))
        rule.max_attempts = number(settings, path("max_attempts"), rule.max_attempts);
    if (said(settings, path("backoff_multiplier")))
        rule.multiplier = fraction(settings, path("backoff_multiplier"), rule.multiplier);
    return rule;
}

RetryRule &rule_for(RetryPolicy &policy, const std::string &name) {
    const auto found = std::find_if(policy.categories.begin(), policy.categories.end(),
                                    [&](const RetryCategory &one) { return one.name == name; });
    if (found != policy.categories.end())
        return found->rule;
    return policy.categories.emplace_back(RetryCategory{name, policy.otherwise}).rule;
}

}  // namespace

std::uint64_t SystemRandom::up_to(std::uint64_t most) {
    if (most == std::numeric_limits<std::uint64_t>::max())
        return random_bits();
    const std::uint64_t count = most + 1;
    // What lies beyond the last whole multiple would make the first values likelier than the others.
    const std::uint64_t beyond = std::numeric_limits<std::uint64_t>::max() / count * count;
    std::uint64_t bits = random_bits();
    while (bits >= beyond)
        bits = random_bits();
    return bits % count;
}

const RetryRule &RetryPolicy::rule(std::string_view category) const {
    const auto found = std::find_if(categories.begin(), categories.end(),
                                    [&](const RetryCategory &one) { return one.name == category; });
    return found == categories.end() ? otherwise : found->rule;
}

RetryPolicy default_retry_policy() {
    RetryPolicy policy;
    constexpr std::int64_t tries_of_network = 5;
    constexpr double growth_of_network = 1.5;
    constexpr double growth_of_requirements = 3.0;
    policy.categories = {{std::string{network}, {true, tries_of_network, growth_of_network}},
                         {std::string{corruption}, {false, 1, 1.0}},
                         {std::string{requirements}, {true, 2, growth_of_requirements}}};
    return policy;
}

Result<RetryPolicy> read_retry_policy(const config::Settings &settings) {
    RetryPolicy policy = default_retry_policy();
    policy.otherwise.max_attempts = number(settings, "retry_policy.max_attempts", policy.otherwise.max_attempts);
    policy.otherwise.multiplier = fraction(settings, "retry_policy.backoff_multiplier", policy.otherwise.multiplier);
    policy.base_delay_s = number(settings, "retry_policy.base_delay", policy.base_delay_s);
    policy.max_delay_s = number(settings, "retry_policy.max_delay", policy.max_delay_s);
    if (policy.max_delay_s < policy.base_delay_s)
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("retry_policy contradicts itself: max_delay ({} s) is shorter than base_delay ({} s)",
                                 policy.max_delay_s, policy.base_delay_s)};
    const std::vector<std::string> names = settings.names_below("retry_policy.error_categories");
    if (names.size() > max_categories)
        return Error{Code::LIMIT, fmt::format("retry_policy has more than {} categories", max_categories)};
    for (const std::string &name : names) {
        RetryRule &rule = rule_for(policy, name);
        MOS_TRY(rule, read_category(settings, name, rule));
    }
    return policy;
}

std::string_view category_of(Code code) noexcept {
    switch (code) {
    case Code::NETWORK_TIMEOUT:
        return network;
    case Code::SIGNATURE_INVALID:
    case Code::FORMAT:
    case Code::TRUNCATED:
    case Code::TRAILING_DATA:
    case Code::DIGEST_MISMATCH:
    case Code::SIGNATURE_COPY:
        return corruption;
    case Code::NO_SPACE:
    case Code::REQUIREMENTS:
    case Code::DEPENDENCY:
    case Code::OUT_OF_MEMORY:
        return requirements;
    case Code::BACKUP:
    case Code::IO:
    case Code::LOCKED:
    case Code::CHANGED_MEANWHILE:
    case Code::REVERTED:
    case Code::SCRIPT_FAILED:
    case Code::SCRIPT_TIMEOUT:
    case Code::SERVICE_FAILED:
    case Code::REVOCATION_UNKNOWN:
        return other;
    default:
        return final_category;
    }
}

std::int64_t longest_delay_s(const RetryPolicy &policy, const RetryRule &rule, std::int64_t attempts) {
    const auto most = static_cast<double>(policy.max_delay_s);
    double delay = std::min(static_cast<double>(policy.base_delay_s), most);
    // Stops as soon as it has grown to the longest: no power is reckoned that has no room in a number.
    for (std::int64_t i = 1; i < attempts && delay < most && delay > 0 && rule.multiplier > 1; ++i)
        delay = std::min(delay * rule.multiplier, most);
    return static_cast<std::int64_t>(delay);
}

Retry next_try(const Failure &failure, const RetryPolicy &policy, Random &random) {
    const std::string_view category = category_of(failure.code);
    const std::string_view sentence = base::describe(failure.code).sentence;
    if (category == final_category)
        return {.reason = fmt::format("another try would not mend it: {}", sentence)};
    const RetryRule &rule = policy.rule(category);
    if (!rule.retry)
        return {.reason = fmt::format("the retry policy has no second try for '{}': {}", category, sentence)};
    if (failure.attempts >= rule.max_attempts)
        return {.reason = fmt::format("it was tried {} times, which is all that the retry policy has for '{}': {}",
                                      failure.attempts, category, sentence)};
    const std::int64_t longest = longest_delay_s(policy, rule, failure.attempts);
    const auto jittered = static_cast<std::int64_t>(random.up_to(static_cast<std::uint64_t>(longest)));
    const std::int64_t asked = std::clamp<std::int64_t>(failure.retry_after_s.value_or(0), 0, longest_retry_after);
    return {.again = true,
            .delay_s = std::max(jittered, asked),
            .fetch_anew = category == corruption,
            .reason = fmt::format("try {} of {}, after '{}': {}", failure.attempts + 1, rule.max_attempts, category,
                                  sentence)};
}

}  // namespace mos::schedule
