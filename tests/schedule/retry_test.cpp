#include <mos/schedule/retry.hpp>

#include "times.hpp"

#include <map>

using namespace mos;
using namespace mos::test;
using schedule::next_try;
using schedule::Retry;
using schedule::RetryPolicy;

namespace {

// Gives a part of what it may.
class Fixed final : public schedule::Random {
  public:
    explicit Fixed(std::uint64_t percent) : m_percent(percent) {}
    [[nodiscard]] std::uint64_t up_to(std::uint64_t most) override { return most * m_percent / 100; }

  private:
    std::uint64_t m_percent;
};

Retry after(Code code, std::int64_t attempts, std::uint64_t percent = 100,
            std::optional<std::int64_t> retry_after = std::nullopt) {
    Fixed random{percent};
    return next_try({code, attempts, retry_after}, schedule::default_retry_policy(), random);
}

}  // namespace

TEST_CASE("waits grow as the guide says, up to the longest") {
    const RetryPolicy policy = schedule::default_retry_policy();
    CHECK(schedule::longest_delay_s(policy, policy.otherwise, 1) == 300);
    CHECK(schedule::longest_delay_s(policy, policy.otherwise, 2) == 600);
    CHECK(schedule::longest_delay_s(policy, policy.otherwise, 3) == 1200);
    CHECK(schedule::longest_delay_s(policy, policy.otherwise, 5) == 3600);
    CHECK(schedule::longest_delay_s(policy, policy.otherwise, 1'000'000'000'000) == 3600);
    CHECK(schedule::longest_delay_s(policy, policy.rule("network_error"), 2) == 450);
    CHECK(schedule::longest_delay_s(policy, policy.rule("system_requirements"), 2) == 900);
}

TEST_CASE("waits that do not grow, or are none, end") {
    RetryPolicy policy;
    policy.otherwise.multiplier = 1;
    CHECK(schedule::longest_delay_s(policy, policy.otherwise, 1'000'000'000'000) == 300);
    policy.base_delay_s = 0;
    policy.otherwise.multiplier = 2;
    CHECK(schedule::longest_delay_s(policy, policy.otherwise, 1'000'000'000'000) == 0);
}

TEST_CASE("a retry comes at random between at once and the longest wait") {
    CHECK(after(Code::NETWORK_TIMEOUT, 1, 0).delay_s == 0);
    CHECK(after(Code::NETWORK_TIMEOUT, 1, 50).delay_s == 150);
    CHECK(after(Code::NETWORK_TIMEOUT, 1, 100).delay_s == 300);
    schedule::SystemRandom random;
    std::map<std::uint64_t, int> seen;
    for (int i = 0; i < 2000; ++i)
        ++seen[random.up_to(3)];
    CHECK(seen.size() == 4);
    for (const auto &[value, count] : seen)
        CHECK(count > 350);
    CHECK(random.up_to(0) == 0);
}

TEST_CASE("each kind of failure has its number of tries") {
    CHECK(after(Code::NETWORK_TIMEOUT, 4).again);
    CHECK_FALSE(after(Code::NETWORK_TIMEOUT, 5).again);
    CHECK(after(Code::NO_SPACE, 1).again);
    CHECK_FALSE(after(Code::NO_SPACE, 2).again);
    CHECK(after(Code::IO, 2).again);
    CHECK_FALSE(after(Code::IO, 3).again);
    CHECK(after(Code::IO, 3).reason.find("tried 3 times") != std::string::npos);
}

TEST_CASE("what a person has to decide is not tried again") {
    for (const Code code : {Code::SIGNER_UNTRUSTED, Code::POLICY_REFUSED, Code::CANCELLED, Code::CONFLICT,
                            Code::DOWNGRADE, Code::NOT_SIGNED, Code::INTERNAL})
        CHECK_FALSE(after(code, 1).again);
}

TEST_CASE("a damaged package is not tried again; where a policy wants it, it is fetched anew") {
    for (const Code code : {Code::SIGNATURE_INVALID, Code::DIGEST_MISMATCH, Code::TRUNCATED, Code::FORMAT,
                            Code::TRAILING_DATA, Code::SIGNATURE_COPY})
        CHECK_FALSE(after(code, 1).again);
    RetryPolicy policy = schedule::default_retry_policy();
    for (schedule::RetryCategory &category : policy.categories)
        category.rule = {.retry = true, .max_attempts = 3, .multiplier = 1};
    Fixed random{100};
    const Retry retry = next_try({Code::DIGEST_MISMATCH, 1, std::nullopt}, policy, random);
    CHECK(retry.again);
    CHECK(retry.fetch_anew);
    CHECK_FALSE(next_try({Code::NETWORK_TIMEOUT, 1, std::nullopt}, policy, random).fetch_anew);
}

TEST_CASE("a server's Retry-After is kept, up to a day") {
    CHECK(after(Code::NETWORK_TIMEOUT, 1, 0, 120).delay_s == 120);
    CHECK(after(Code::NETWORK_TIMEOUT, 1, 100, 120).delay_s == 300);
    CHECK(after(Code::NETWORK_TIMEOUT, 1, 0, 365 * days).delay_s == days);
    CHECK(after(Code::NETWORK_TIMEOUT, 1, 0, -5).delay_s == 0);
}

TEST_CASE("Retry-After is a number of seconds or a date") {
    const std::int64_t now = at("1994-11-06T08:00:00Z");
    CHECK(must(schedule::parse_retry_after("120", now)) == 120);
    CHECK(must(schedule::parse_retry_after("0", now)) == 0);
    CHECK(must(schedule::parse_retry_after("99999999999999999999", now)) == 4294967295);
    CHECK(must(schedule::parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now)) == 49 * 60 + 37);
    CHECK(must(schedule::parse_retry_after("Sat, 05 Nov 1994 08:49:37 GMT", now)) == 0);
    for (const char *text :
         {"", "-1", "1.5", " 1", "soon", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
          "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 31 Feb 1994 08:49:37 GMT", "Xxx, 06 Nov 1994 08:49:37 GMT",
          "Sun, 06 Abc 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT"})
        CHECK_MESSAGE(refusal(schedule::parse_retry_after(text, now)) == Code::FORMAT, text);
}

#ifdef MOS_HAVE_YAML
namespace {

Result<RetryPolicy> read(std::string_view text) {
    config::SettingsFile file = config::read_settings(text, config::Format::yaml, "test.yml", config::FileKind::system);
    CHECK(file.problems.empty());
    config::Settings settings;
    CHECK(settings.lay(std::move(file.settings)).empty());
    return schedule::read_retry_policy(settings);
}

}  // namespace

TEST_CASE("a retry policy is what its file says, over the guide's") {
    const RetryPolicy policy = must(read(R"(
retry_policy:
  max_attempts: 4
  base_delay: 60s
  error_categories:
    network_error:
      backoff_multiplier: 1.25
    package_corruption:
      retry: false
      action: "immediate_failure"
    other:
      max_attempts: 7
)"));
    CHECK(policy.otherwise.max_attempts == 4);
    CHECK(policy.base_delay_s == 60);
    CHECK(policy.rule("network_error").multiplier == 1.25);
    CHECK(policy.rule("network_error").max_attempts == 5);
    CHECK(policy.rule("other").max_attempts == 7);
    CHECK(policy.rule("other").multiplier == 2.0);
    CHECK(policy.rule("what nobody named").max_attempts == 4);
    CHECK_FALSE(policy.rule("package_corruption").retry);
}

TEST_CASE("a retry policy that contradicts itself is refused") {
    CHECK(refusal(read("retry_policy:\n  base_delay: 2h\n  max_delay: 1h\n")) == Code::INVALID_ARGUMENT);
    CHECK(refusal(read("retry_policy:\n  error_categories:\n    other:\n      retry: true\n      action: "
                       "immediate_failure\n")) == Code::INVALID_ARGUMENT);
}
#endif
