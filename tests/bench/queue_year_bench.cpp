// A year of ten thousand devices by their queues, each in a database of its own: power fails before and after a change
// is decided, files can't be read for a while, clocks are behind their time, and an update comes to devices by stages.
#include <mos/schedule/queue.hpp>
#include <mos/state/transactions.hpp>

#include "simulated_devices.hpp"

#include <algorithm>
#include <ctime>
#include <fmt/format.h>
#include <map>
#include <memory>

using namespace mos;
using namespace mos::test;
using schedule::Decision;
using schedule::Priority;
using schedule::Rule;
using state::QueueEntry;
using state::QueueState;

namespace {

constexpr int updates_of_one = 6;
constexpr std::int64_t judgement_day = year_ends + 90 * a_day;  // by when the last one has ended

struct Year : Judged {
    std::int64_t attempts = 0;
    std::int64_t done = 0;
    std::int64_t failed = 0;  // each of its tries
    std::int64_t power_cuts = 0;
    std::int64_t twice = 0;
    std::int64_t lost = 0;
    std::int64_t before_its_turn = 0;
};

class Dicing final : public schedule::Random {
  public:
    explicit Dicing(Dice &dice) : m_dice(dice) {}
    std::uint64_t up_to(std::uint64_t most) override {
        return static_cast<std::uint64_t>(m_dice.between(0, static_cast<std::int64_t>(most)));
    }

  private:
    Dice &m_dice;
};

class DeviceYear {
  public:
    DeviceYear(const Device &device, Dice &dice, Year &year)
        : m_device(device), m_policy(device.site->policy), m_dice(dice), m_random(dice), m_year(year) {}

    void live() {
        for (const std::int64_t time : times_of_updates()) {
            live_until(time);
            m_now = std::max(m_now, m_device.next_on(time));
            submit();
        }
        live_until(judgement_day);
        for (const auto &[id, effects] : m_effects)
            count(*must(m_queue.rows().find(id)), effects);
    }

  private:
    std::vector<std::int64_t> times_of_updates() {
        std::vector<std::int64_t> times(updates_of_one);
        std::ranges::generate(times, [&] { return m_dice.between(year_begins, year_ends); });
        std::ranges::sort(times);
        return times;
    }
    [[nodiscard]] static schedule::Deed deed(std::int64_t now) { return {now, "simulation"}; }

    void submit() {
        schedule::Submission submission;
        const std::string name = fmt::format("package-{}", m_effects.size());
        state::QueuedPackage package{
            .path = "/srv/" + name, .name = name, .version = "1", .release = "1", .content_digest = {}};
        package.content_digest[0] = static_cast<std::byte>(m_effects.size());
        submission.packages.push_back(std::move(package));
        submission.priority = static_cast<Priority>(m_dice.between(0, 4));
        // What runs at best effort needs a window, and a device that is off at night has none.
        if (m_device.sleeps && submission.priority == Priority::low)
            submission.priority = Priority::optional;
        submission.made_s = m_now - m_dice.between(0, 2 * a_day);
        submission.estimated_s = m_dice.between(60, 2 * an_hour);
        submission.needed_bytes = 1'000'000;
        const auto no_older = [](const auto & /*older*/, const auto & /*newer*/) { return false; };
        const std::uint64_t id = must(m_queue.submit(submission, deed(m_now), no_older)).entry.id;
        must(m_queue.approve(id, schedule::Approval::supervisor, deed(m_now)));
        m_effects[id] = 0;
    }

    // As a timer that calls `run-due` does.
    void live_until(std::int64_t until) {
        for (m_now = m_device.next_on(m_now); m_now < until; m_now = m_device.next_on(m_now)) {
            const std::int64_t shown = m_dice.chance(1) ? m_now - m_dice.between(0, 2 * an_hour) : m_now;
            const schedule::Circumstances circumstances = circumstances_of(m_device, m_now, m_dice);
            must(m_queue.take_over(deed(shown), m_retries, m_random));
            const schedule::Agenda agenda = must(m_queue.agenda(m_policy, circumstances, shown));
            REQUIRE(agenda.timed_out.empty());
            const bool goes_on =
                std::ranges::all_of(agenda.due, [&](std::uint64_t id) { return attempt(id, circumstances, shown); });
            if (!agenda.due.empty() || !goes_on)
                m_now += m_dice.between(60, an_hour);
            else
                m_now = std::max(m_now + 1, std::min(agenda.next_s.value_or(until), until));
        }
    }

    // false where the power has failed.
    bool attempt(std::uint64_t id, const schedule::Circumstances &circumstances, std::int64_t shown) {
        const QueueEntry row = *must(m_queue.rows().find(id));
        judge_start(row, circumstances, shown);
        ++m_year.attempts;
        const std::int64_t number = must(m_queue.begin(id, "1", "boot", deed(shown))).attempts;
        if (m_dice.chance(2)) {
            ++m_year.power_cuts;
            return false;
        }
        std::optional<Error> failure;
        if (m_dice.chance(4))
            failure = Error{Code::IO, "the file can't be read"};
        else
            take_effect(id, number, shown);
        if (m_dice.chance(2)) {
            ++m_year.power_cuts;
            return false;
        }
        must(m_queue.finish({id, number, std::move(failure)}, deed(shown), m_retries, m_random));
        return true;
    }

    void judge_start(const QueueEntry &row, const schedule::Circumstances &circumstances, std::int64_t shown) {
        const schedule::Entry entry = must(schedule::entry_of(row, shown));
        const Decision decision = decide(entry, m_policy, circumstances, shown);
        REQUIRE(decision.verdict == schedule::Verdict::run);
        judge(m_device, entry, decision, shown, m_year);
        const auto turn = schedule::rollout_turn(m_policy.rollout, m_device.name, entry.update, entry.made_s);
        const bool has_reason = decision.rule == Rule::immediate || decision.rule == Rule::deadline;
        if (*turn > shown && entry.made_s <= shown && !has_reason)
            ++m_year.before_its_turn;
    }

    // A transaction that the attempt decides, and that is done.
    void take_effect(std::uint64_t id, std::int64_t number, std::int64_t shown) {
        must(m_database->commit(state::Durability::durable, [&]() -> Result<void> {
            state::Transaction made;
            made.id = made.stage = ++m_transactions;
            made.in_effect = true;
            made.time_unix_s = shown;
            MOS_CHECK(state::Transactions{*m_database}.insert(made));
            MOS_CHECK(m_queue.rows().record_decision(id, number, made.id));
            return state::Transactions{*m_database}.set_state(made.id, state::TransactionState::done);
        }));
        ++m_effects[id];
    }

    void count(const QueueEntry &row, int effects) {
        const bool is_done = row.state == QueueState::done && effects > 0;
        const bool has_failed = row.state == QueueState::failed && effects == 0;
        m_year.done += is_done ? 1 : 0;
        m_year.failed += has_failed ? 1 : 0;
        m_year.lost += is_done || has_failed ? 0 : 1;
        m_year.twice += effects > 1 ? 1 : 0;
    }

    const Device &m_device;
    const schedule::Policy &m_policy;
    Dice &m_dice;
    Dicing m_random;
    Year &m_year;
    std::unique_ptr<state::Database> m_database = must(state::Database::open_empty());
    schedule::Queue m_queue{*m_database};
    const schedule::RetryPolicy m_retries = schedule::default_retry_policy();
    std::map<std::uint64_t, int> m_effects;  // of each entry, how often it was installed
    std::uint64_t m_transactions = 0;
    std::int64_t m_now = year_begins;
};

Year live(std::uint64_t seed, int count) {
    auto sites = all_sites();
    for (Site &site : sites) {
        site.policy.enabled = true;
        site.policy.rollout.stages = {{.percentage = 10, .after_s = 0},
                                      {.percentage = 50, .after_s = a_day},
                                      {.percentage = 100, .after_s = 3 * a_day}};
    }
    Dice dice{seed};
    Year year;
    for (int i = 0; i < count; ++i) {
        const Device device{fmt::format("device-{}", i), &sites[static_cast<std::size_t>(i) % sites.size()],
                            dice.chance(40)};
        DeviceYear{device, dice, year}.live();
    }
    return year;
}

}  // namespace

TEST_CASE("a year of ten thousand devices by their queues: no update twice, and none lost") {
    const std::uint64_t seed = fresh_seed();
    CAPTURE(seed);
    const std::clock_t begun = std::clock();
    const Year year = live(seed, devices);
    fmt::print("seed {}: {} devices, {} attempts for {} updates that were done, {} that failed each of their tries, in "
               "{:.0f} s of the processor\n",
               seed, devices, year.attempts, year.done, year.failed,
               static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC);
    fmt::print(
        "installed twice {}; lost {}; power cuts {}; starts of security updates {}, late though the device was on "
        "{}, late as it was off or failed {}; outside of a window without a reason {}; in a blackout {}; before "
        "their turn in a rollout {}\n",
        year.twice, year.lost, year.power_cuts, year.security, year.security_late, year.security_late_off,
        year.outside_without_reason, year.in_blackout, year.before_its_turn);
    CHECK(year.twice == 0);
    CHECK(year.lost == 0);
    CHECK(year.done + year.failed == std::int64_t{devices} * updates_of_one);
    CHECK(year.failed * 100 < year.done);
    CHECK(year.security_late == 0);
    CHECK(year.outside_without_reason == 0);
    CHECK(year.in_blackout == 0);
    CHECK(year.before_its_turn == 0);
}
