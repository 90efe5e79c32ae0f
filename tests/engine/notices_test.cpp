// What users are told of updates, over simulated time.
#include "scheduler_bench.hpp"

#include <mos/engine/notifier.hpp>

using namespace mos::test;
using mos::Code;
using mos::Error;
using mos::engine::QueueAction;
using mos::engine::Told;
using mos::schedule::Notice;
using mos::schedule::NoticeKind;
using mos::schedule::Priority;

namespace {

constexpr std::int64_t window = still + 10 * 3600;  // 02:00, where it opens
constexpr std::int64_t a_minute = 60;

class RecordingNotifier final : public mos::engine::Notifier {
  public:
    std::vector<Told> tell(const Notice &notice) override {
        notices.push_back(notice);
        return {{"the program", failure}};
    }
    // "announced begun done": what was told since the last time.
    std::string kinds() {
        std::string text;
        for (const Notice &notice : notices)
            text += (text.empty() ? "" : " ") + std::string{name_of(notice.kind)};
        notices.clear();
        return text;
    }
    std::vector<Notice> notices;
    std::optional<Error> failure;
};

struct NoticeBench : SchedulerBench {
    NoticeBench() {
        reopen();
        facts->facts.cpu_usage = 10;
    }
    // As the next process has it.
    void reopen() {
        mos::engine::Settings settings;
        settings.notifier = notifier;
        bench.engine = bench.open(std::move(settings));
        scheduler = open(bench.engine);
    }
    void policy(const std::string &text) const {
        const auto folder = must(mos::base::make_directories(*bench.twin.root(), "etc/multios"));
        must(mos::base::replace_file(*folder, "told.ini", mos::base::as_bytes(text), 0644));
    }
    std::string told_at(std::int64_t now) {
        clock->now = now;
        must(run_due());
        return notifier->kinds();
    }
    [[nodiscard]] std::vector<mos::base::Event> events() const {
        std::vector<mos::base::Event> found;
        auto reader = bench.engine->read_events(0);
        for (auto event = must(reader.next()); event; event = must(reader.next()))
            found.push_back(*event);
        return found;
    }
    [[nodiscard]] std::vector<mos::base::Event> events(std::string_view type) const {
        auto found = events();
        std::erase_if(found, [&](const mos::base::Event &event) { return event.type != type; });
        return found;
    }

    std::shared_ptr<RecordingNotifier> notifier = std::make_shared<RecordingNotifier>();
};

}  // namespace

TEST_CASE("users are told ahead of an update, when it begins and when it has ended, and each of it once") {
    NoticeBench bench;
    const std::uint64_t id = must(bench.submit("w", "1", Priority::security)).entry.id;
    CHECK(bench.told_at(still).empty());
    CHECK(must(bench.scheduler->next_wakeup()) == window - 15 * a_minute);
    CHECK(must(bench.scheduler->explain(id)).notices ==
          "users are told at 2025-11-25T01:45:00Z, when it begins and when it has ended");
    CHECK(must(bench.scheduler->explain(id)).notice_s == window - 15 * a_minute);

    bench.clock->now = window - 15 * a_minute;
    CHECK(must(bench.scheduler->next_wakeup()) == bench.clock->now);
    CHECK(rows_of(must(bench.run_due())) == "next 2025-11-25T02:00:00Z");
    REQUIRE(bench.notifier->notices.size() == 1);
    const Notice notice = bench.notifier->notices.front();
    CHECK(notice.text == "The update of w 1 begins in 15 minutes, at 02:00 (UTC).");
    CHECK(notice.entries == std::vector<std::uint64_t>{id});
    CHECK(notice.start_s == window);
    CHECK(bench.notifier->kinds() == "announced");
    CHECK(must(bench.scheduler->next_wakeup()) == window);
    for (std::int64_t now = bench.clock->now + 1; now < window; now += 20)
        CHECK(bench.told_at(now).empty());
    CHECK(bench.told_at(window) == "begun done");
    CHECK(bench.told_at(window + 1).empty());
    CHECK(must(bench.scheduler->explain(id)).notices.empty());

    const auto told = bench.events("users_told");
    REQUIRE(told.size() == 3);
    CHECK(told[0].subject == "update-1");
    CHECK(told[0].message == "users were told (the program): The update of w 1 begins in 15 minutes, at 02:00 (UTC).");
    CHECK(told[2].message == "users were told (the program): The update of w 1 is done.");
}

TEST_CASE("whoever sleeps until each next wakeup tells all that an urgent update has to tell") {
    NoticeBench bench;
    must(bench.submit(
        {.packages = {bench.file("w", "1")}, .priority = Priority::critical, .start_s = still + 2 * 3600}));
    std::string announced;
    for (int i = 0; i < 20; ++i) {
        const auto next = must(bench.scheduler->next_wakeup());
        if (!next)
            break;
        bench.clock->now = std::max(bench.clock->now, *next);
        must(bench.run_due());
        for (const Notice &notice : bench.notifier->notices)
            if (notice.kind == NoticeKind::announced)
                announced += std::to_string(*notice.start_s - bench.clock->now) + " ";
        bench.notifier->notices.clear();
    }
    CHECK(announced == "3600 900 300 ");
    CHECK(bench.bench.content("w", "x") == "1");
}

TEST_CASE("an announcement that is late is told once, with what is true then") {
    NoticeBench bench;
    must(bench.submit(
        {.packages = {bench.file("w", "1")}, .priority = Priority::critical, .start_s = still + 2 * 3600}));
    bench.clock->now = still + 2 * 3600 - 200;
    must(bench.run_due());
    REQUIRE(bench.notifier->notices.size() == 1);
    CHECK(bench.notifier->notices.front().text == "The update of w 1 begins in 3 minutes, at 18:00 (UTC).");
    bench.notifier->notices.clear();
    CHECK(bench.told_at(still + 2 * 3600 - 10).empty());
}

TEST_CASE("another process, and a clock that was put back, repeat nothing") {
    NoticeBench bench;
    must(bench.submit("w", "1", Priority::security));
    CHECK(bench.told_at(window - 10 * a_minute) == "announced");
    bench.reopen();
    CHECK(bench.told_at(window - 9 * a_minute).empty());
    CHECK(bench.told_at(window - 2 * 3600).empty());
    CHECK(bench.told_at(window - 10 * a_minute).empty());
    CHECK(bench.told_at(window) == "begun done");
    CHECK(bench.told_at(window - 10 * a_minute).empty());
}

TEST_CASE("updates that begin together are announced together") {
    NoticeBench bench;
    must(bench.submit("a", "1", Priority::security));
    must(bench.submit("b", "2", Priority::security));
    bench.clock->now = window - 15 * a_minute;
    must(bench.run_due());
    REQUIRE(bench.notifier->notices.size() == 1);
    CHECK(bench.notifier->notices.front().text == "The update of a 1, b 2 begins in 15 minutes, at 02:00 (UTC).");
    CHECK(bench.notifier->notices.front().entries == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("of an update that fails users are told whether it is tried again") {
    NoticeBench bench;
    must(bench.submit("w", "1"));
    bench.files->erase("/srv/w-1.mos");
    CHECK(bench.told_at(still) == "begun failed");
    bench.put("/srv/w-1.mos", "w", "1", "another");
    must(bench.scheduler->retry(1, {.max_attempts = 0, .fetch_anew = false}, ""));
    CHECK(bench.told_at(still + 1) == "begun failed");
}

TEST_CASE("an update that was announced and is called off by a person, or given up, is told as such") {
    NoticeBench bench;
    const std::uint64_t id = must(bench.submit("w", "1", Priority::security)).entry.id;
    must(bench.scheduler->act(id, QueueAction::reject, "not today"));
    CHECK(bench.notifier->kinds().empty());  // nobody had heard of it
    must(bench.scheduler->act(id, QueueAction::approve, "today after all"));
    CHECK(bench.told_at(window - 10 * a_minute) == "announced");
    must(bench.scheduler->act(id, QueueAction::reject, "no"));
    CHECK(bench.notifier->notices.size() == 1);
    CHECK(bench.notifier->notices.front().text == "The update of w 1 does not take place now.");
    CHECK(bench.notifier->kinds() == "called_off");
    must(bench.scheduler->act(id, QueueAction::cancel, "no"));
    CHECK(bench.notifier->kinds().empty());
    CHECK(bench.told_at(window).empty());
}

TEST_CASE("an update that a high load holds up at its announced start is told as such, and when it begins after all") {
    NoticeBench bench;
    must(bench.submit("w", "1", Priority::security));
    CHECK(bench.told_at(window - 10 * a_minute) == "announced");
    bench.facts->facts.cpu_usage = 100;
    CHECK(bench.told_at(window) == "called_off");
    CHECK(bench.told_at(window + a_minute).empty());
    bench.facts->facts.cpu_usage = 10;
    CHECK(bench.told_at(window + 2 * a_minute) == "begun done");
}

TEST_CASE("of many updates in one run the first are told one by one, and the rest at its end") {
    NoticeBench bench;
    for (int i = 10; i < 33; ++i)
        must(bench.submit("w" + std::to_string(i), "1"));
    bench.files->erase("/srv/w31-1.mos");
    must(bench.run_due());
    REQUIRE(bench.notifier->notices.size() == 41);
    const Notice &rest = bench.notifier->notices.back();
    CHECK(rest.text == "Of 3 more updates 2 are done.");
    CHECK(rest.kind == NoticeKind::failed);
    CHECK(rest.entries == std::vector<std::uint64_t>{21, 22, 23});
}

TEST_CASE("what nobody wants to hear of is not told") {
    NoticeBench bench;
    bench.policy("[update_system.notifications]\nenabled = false\n");
    must(bench.submit("w", "1", Priority::critical));
    CHECK(must(bench.scheduler->explain(1)).notices.starts_with("users are told nothing: notices are switched off"));
    CHECK(bench.told_at(still).empty());
    bench.policy("[scheduling_policy.priority_handling.critical]\nnotification_level = info\n");
    must(bench.submit("a", "1", Priority::critical));
    CHECK(must(bench.scheduler->explain(2)).notices == "users are told when it has ended");
    CHECK(bench.told_at(still) == "done");
    bench.policy("");
    must(bench.submit(
        {.packages = {bench.file("b", "1")}, .options = {.notification = "none"}, .priority = Priority::critical}));
    CHECK(must(bench.scheduler->explain(3)).notices == "users are told nothing");
    CHECK(bench.told_at(still).empty());
    CHECK(bench.bench.content("b", "x") == "1");
}

TEST_CASE("on a root that nobody runs from, nobody is told, and nothing is remembered") {
    SchedulerBench bench;
    must(bench.submit("w", "1", Priority::security));
    CHECK(must(bench.scheduler->explain(1)).notices ==
          "users are told nothing: the root is not the running system, and no program tells them");
    CHECK(must(bench.scheduler->next_wakeup()) == window);
    bench.clock->now = window - a_minute;
    must(bench.run_due());
    CHECK(must(bench.scheduler->notes(1)).size() == 1);
}

TEST_CASE("a way of telling that fails fails no update, and is told once in a run") {
    NoticeBench bench;
    bench.notifier->failure = Error{Code::IO, "no paper"};
    must(bench.submit("a", "1"));
    must(bench.submit("b", "1"));
    const auto outcome = must(bench.run_due());
    CHECK(rows_of(outcome) == "done update-1, done update-2");
    CHECK(bench.notifier->kinds() == "begun done begun done");
    CHECK(bench.events("users_told").empty());
    const auto notices = bench.events("notice");
    REQUIRE(notices.size() == 1);
    CHECK(notices.front().message.starts_with("users can't be told of updates by the program: no paper"));
}

TEST_CASE("what a killed process has left is told by the next one, and a cut announces nothing twice") {
    NoticeBench before;
    must(before.submit("w", "1", Priority::security));
    before.clock->now = window - 10 * a_minute;
    std::vector<std::pair<DiskState, std::size_t>> states;  // and how often users had been told by then
    before.bench.twin.on_mutation([&](std::uint64_t number, std::string_view) {
        states.emplace_back(before.bench.twin.crash(Selection::none()), before.notifier->notices.size());
        states.emplace_back(before.bench.twin.crash(Selection::random(number)), before.notifier->notices.size());
        states.emplace_back(before.bench.twin.crash(Selection::all()), before.notifier->notices.size());
    });
    must(before.run_due());
    before.bench.twin.on_mutation(nullptr);
    CHECK(before.notifier->kinds() == "announced");
    REQUIRE(!states.empty());
    std::size_t told_later = 0;
    for (const auto &[state, told_before] : states) {
        Twin twin{state};
        const auto notifier = std::make_shared<RecordingNotifier>();
        mos::engine::Settings settings;
        settings.notifier = notifier;
        const auto engine = std::make_shared<mos::engine::Engine>(twin.root(), std::move(settings), before.clock);
        const auto scheduler = before.open(engine);
        for (int i = 0; i < 3; ++i)
            static_cast<void>(SchedulerBench::run_due(*scheduler));
        told_later += notifier->notices.size();
        CHECK(notifier->notices.size() + told_before <= 1);
    }
    CHECK(told_later > 0);  // cut before it was remembered
}

TEST_CASE("an attempt that a kill has cut short is told when somebody finds it") {
    NoticeBench bench;
    must(bench.submit("w", "1"));
    std::vector<DiskState> states;
    bench.bench.twin.on_mutation([&](std::uint64_t, std::string_view) {
        if (!bench.notifier->notices.empty() && bench.notifier->notices.back().kind == NoticeKind::begun)
            states.push_back(bench.bench.twin.crash(Selection::all()));
    });
    must(bench.run_due());
    bench.bench.twin.on_mutation(nullptr);
    REQUIRE(states.size() > 10);
    for (const std::size_t which : {std::size_t{0}, states.size() / 2}) {
        Twin twin{states[which]};
        const auto notifier = std::make_shared<RecordingNotifier>();
        mos::engine::Settings settings;
        settings.notifier = notifier;
        const auto scheduler =
            bench.open(std::make_shared<mos::engine::Engine>(twin.root(), std::move(settings), bench.clock));
        must(SchedulerBench::run_due(*scheduler));
        const std::string told = notifier->kinds();
        CHECK((told == "retrying begun done" || told == "done"));
    }
}
