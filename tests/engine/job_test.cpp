#include <mos/engine/job.hpp>

#include "expect.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <poll.h>
#include <sys/time.h>
#include <thread>

using namespace mos::test;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::base::Observer;
using mos::base::Phase;
using mos::engine::Job;
using mos::engine::JobOutcome;
using mos::engine::JobState;
using mos::engine::Question;

namespace {

JobOutcome outcome_of(std::uint64_t changed) {
    return {.recovery_point = "rp-1", .changed_paths = changed, .written_bytes = 0, .notices = {}};
}

std::unique_ptr<Job> job_of(Job::Work work) { return must(Job::create(std::move(work))); }

// Goes on until it is stopped.
std::unique_ptr<Job> endless(std::atomic<int> &rounds) {
    return job_of([&rounds](Observer &observer, const Job::Ask & /*ask*/) -> Result<JobOutcome> {
        for (;;) {
            MOS_CHECK(observer.checkpoint());
            ++rounds;
            std::this_thread::yield();
        }
    });
}

Question tea_or_coffee() {
    return {.id = 0, .text = "tea or coffee?", .object = "cup", .choices = {"tea", "coffee"}, .fallback = "tea"};
}

// Its outcome says how the question was answered.
std::unique_ptr<Job> asking() {
    return job_of([](Observer & /*observer*/, const Job::Ask &ask) -> Result<JobOutcome> {
        MOS_TRY(const std::string answer, ask(tea_or_coffee()));
        return outcome_of(answer == "coffee" ? 2 : 1);
    });
}

bool readable(const Job &job) {
    pollfd descriptor{.fd = job.descriptor(), .events = POLLIN, .revents = 0};
    return ::poll(&descriptor, 1, 0) == 1;
}

void wait_for_state(Job &job, JobState state) {
    for (int i = 0; i < 5000 && job.snapshot().state != state; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    REQUIRE(job.snapshot().state == state);
}

Job *signalled = nullptr;
extern "C" void cancel_signalled(int /*signal*/) { signalled->cancel(); }

}  // namespace

TEST_CASE("a job has no result before its end, and one for ever afterwards") {
    const auto job = job_of([](Observer &observer, const Job::Ask & /*ask*/) -> Result<JobOutcome> {
        observer.notice("first");
        observer.notice("second");
        return outcome_of(7);
    });
    CHECK(job->result() == nullptr);
    CHECK(job->snapshot().state == JobState::ready);
    must(job->start());
    CHECK(job->wait(-1));
    const auto *result = job->result();
    REQUIRE(result != nullptr);
    CHECK(must(*result).changed_paths == 7);
    CHECK(must(*result).notices == std::vector<std::string>{"first", "second"});
    job->cancel();
    job->pause();
    CHECK(job->result() == result);
    CHECK(result->ok());
    CHECK(job->snapshot().state == JobState::ended);
}

TEST_CASE("a job runs once, on whichever thread") {
    const auto job = asking();
    must(job->run(nullptr));
    CHECK(refusal(job->run(nullptr)) == Code::INVALID_ARGUMENT);
    CHECK(refusal(job->start()) == Code::INVALID_ARGUMENT);
    CHECK(must(*job->result()).changed_paths == 1);
}

TEST_CASE("a job that runs on the caller's thread runs on no other") {
    std::thread::id where;
    const auto job = job_of([&where](Observer & /*observer*/, const Job::Ask & /*ask*/) -> Result<JobOutcome> {
        where = std::this_thread::get_id();
        return outcome_of(0);
    });
    must(job->run(nullptr));
    CHECK(where == std::this_thread::get_id());
}

TEST_CASE("no signal is delivered to the thread of a job") {
    sigset_t blocked;
    sigemptyset(&blocked);
    const auto job = job_of([&blocked](Observer & /*observer*/, const Job::Ask & /*ask*/) -> Result<JobOutcome> {
        pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
        return outcome_of(0);
    });
    must(job->start());
    CHECK(job->wait(-1));
    CHECK(sigismember(&blocked, SIGTERM) == 1);
    CHECK(sigismember(&blocked, SIGINT) == 1);
    sigset_t own;
    pthread_sigmask(SIG_SETMASK, nullptr, &own);
    CHECK(sigismember(&own, SIGTERM) == 0);
}

TEST_CASE("an error and an exception of the work are the job's result") {
    const auto failing = job_of([](Observer & /*observer*/, const Job::Ask & /*ask*/) -> Result<JobOutcome> {
        return Error{Code::NO_SPACE, "full"};
    });
    must(failing->run(nullptr));
    CHECK(refusal(*failing->result()) == Code::NO_SPACE);
    const auto exhausted =
        job_of([](Observer & /*observer*/, const Job::Ask & /*ask*/) -> Result<JobOutcome> { throw std::bad_alloc{}; });
    must(exhausted->start());
    CHECK(exhausted->wait(-1));
    CHECK(refusal(*exhausted->result()) == Code::OUT_OF_MEMORY);
    const auto broken = job_of([](Observer & /*observer*/, const Job::Ask & /*ask*/) -> Result<JobOutcome> {
        throw std::runtime_error{"a bug"};
    });
    must(broken->run(nullptr));
    CHECK(refusal(*broken->result()) == Code::INTERNAL);
    const auto strange =
        job_of([](Observer & /*observer*/, const Job::Ask & /*ask*/) -> Result<JobOutcome> { throw 42; });
    must(strange->start());
    CHECK(strange->wait(-1));
    CHECK(refusal(*strange->result()) == Code::INTERNAL);
}

TEST_CASE("a cancel ends a job at its next checkpoint, also one that was not started yet") {
    std::atomic<int> rounds = 0;
    const auto job = endless(rounds);
    must(job->start());
    CHECK_FALSE(job->wait(0));
    job->cancel();
    CHECK(job->wait(-1));
    CHECK(refusal(*job->result()) == Code::CANCELLED);

    std::atomic<int> none = 0;
    const auto early = endless(none);
    early->cancel();
    must(early->run(nullptr));
    CHECK(refusal(*early->result()) == Code::CANCELLED);
    CHECK(none == 0);
}

TEST_CASE("a paused job stands still until it is resumed or cancelled") {
    std::atomic<int> rounds = 0;
    const auto job = endless(rounds);
    job->pause();
    must(job->start());
    wait_for_state(*job, JobState::paused);
    CHECK(rounds == 0);
    job->resume();
    wait_for_state(*job, JobState::running);
    job->pause();
    wait_for_state(*job, JobState::paused);
    const int standing = rounds;
    CHECK_FALSE(job->wait(20));
    CHECK(rounds == standing);
    job->cancel();
    CHECK(job->wait(-1));
    CHECK(refusal(*job->result()) == Code::CANCELLED);
}

TEST_CASE("a job that is destroyed while it runs, pauses or asks is cancelled and waited for") {
    std::atomic<int> rounds = 0;
    {
        const auto running = endless(rounds);
        must(running->start());
        const auto paused = endless(rounds);
        paused->pause();
        must(paused->start());
        const auto waiting = asking();
        must(waiting->start());
        const auto never_started = asking();
    }
    const int standing = rounds;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
    CHECK(rounds == standing);
}

// ---- Questions ----

TEST_CASE("a question waits until another thread answers it with one of its choices") {
    const auto job = asking();
    must(job->start());
    while (job->question() == nullptr)
        CHECK_FALSE(job->wait(1000));
    const auto question = job->question();
    CHECK(job->snapshot().state == JobState::asking);
    CHECK(question->text == "tea or coffee?");
    CHECK(refusal(job->answer(question->id + 1, "tea")) == Code::INVALID_ARGUMENT);
    CHECK(refusal(job->answer(question->id, "water")) == Code::INVALID_ARGUMENT);
    must(job->answer(question->id, "coffee"));
    CHECK(job->question() == nullptr);
    CHECK(refusal(job->answer(question->id, "tea")) == Code::INVALID_ARGUMENT);
    CHECK(job->wait(-1));
    CHECK(must(*job->result()).changed_paths == 2);
}

TEST_CASE("a cancel ends a question, also one from within the answer") {
    const auto job = asking();
    must(job->start());
    wait_for_state(*job, JobState::asking);
    job->cancel();
    while (!job->wait(-1)) {
    }
    CHECK(refusal(*job->result()) == Code::CANCELLED);
    CHECK(job->question() == nullptr);

    const auto own = asking();
    must(own->run([&own](const Question & /*question*/) {
        own->cancel();
        return std::string{"tea"};
    }));
    CHECK(refusal(*own->result()) == Code::CANCELLED);
}

TEST_CASE("on the caller's thread a question is answered there, by default with its fallback") {
    const auto by_default = asking();
    must(by_default->run(nullptr));
    CHECK(must(*by_default->result()).changed_paths == 1);
    const auto empty = asking();
    must(empty->run([](const Question & /*question*/) { return std::string{}; }));
    CHECK(must(*empty->result()).changed_paths == 1);
    const auto answered = asking();
    must(answered->run([](const Question &question) { return question.choices.back(); }));
    CHECK(must(*answered->result()).changed_paths == 2);
    const auto wrong = asking();
    must(wrong->run([](const Question & /*question*/) { return std::string{"water"}; }));
    CHECK(refusal(*wrong->result()) == Code::INVALID_ARGUMENT);
}

TEST_CASE("an answer can't pause the job that its own thread runs") {
    const auto job = job_of([](Observer &observer, const Job::Ask &ask) -> Result<JobOutcome> {
        MOS_TRY(const std::string answer, ask(tea_or_coffee()));
        MOS_CHECK(observer.checkpoint());
        return outcome_of(answer == "coffee" ? 2 : 1);
    });
    must(job->run([&job](const Question & /*question*/) {
        job->pause();
        return std::string{"coffee"};
    }));
    CHECK(must(*job->result()).changed_paths == 2);
}

// ---- The descriptor ----

TEST_CASE("the descriptor is readable after progress, a question and the end, until one looks") {
    std::atomic<int> step = 0;
    const auto job = job_of([&step](Observer &observer, const Job::Ask &ask) -> Result<JobOutcome> {
        while (step < 1)
            std::this_thread::yield();
        observer.report({.phase = Phase::staging, .done_bytes = 5});
        step = 2;
        while (step < 3)
            std::this_thread::yield();
        MOS_TRY(const std::string answer, ask(tea_or_coffee()));
        return outcome_of(0);
    });
    must(job->start());
    CHECK_FALSE(readable(*job));
    step = 1;
    while (step < 2)
        std::this_thread::yield();
    CHECK(readable(*job));
    CHECK(job->snapshot().progress.done_bytes == 5);
    CHECK_FALSE(readable(*job));
    step = 3;
    while (job->question() == nullptr)
        std::this_thread::yield();
    CHECK(readable(*job));
    CHECK(job->snapshot().state == JobState::asking);
    CHECK_FALSE(readable(*job));
    must(job->answer(job->question()->id, "tea"));
    CHECK(job->wait(-1));
    CHECK(readable(*job));
    CHECK(job->snapshot().state == JobState::ended);
    CHECK_FALSE(readable(*job));
}

TEST_CASE("a signal handler cancels the job that its own thread runs, wherever it is") {
    std::signal(SIGALRM, cancel_signalled);
    for (int round = 0; round < 300; ++round) {
        const auto job = job_of([](Observer &observer, const Job::Ask & /*ask*/) -> Result<JobOutcome> {
            for (std::uint64_t done = 0;; ++done) {
                observer.report({.phase = Phase::staging, .done_bytes = done});
                MOS_CHECK(observer.checkpoint());
            }
        });
        signalled = job.get();
        const itimerval soon{.it_interval = {}, .it_value = {.tv_sec = 0, .tv_usec = 200 + round}};
        ::setitimer(ITIMER_REAL, &soon, nullptr);
        must(job->run(nullptr));
        CHECK(refusal(*job->result()) == Code::CANCELLED);
    }
    std::signal(SIGALRM, SIG_DFL);
}

TEST_CASE("a pause before a job runs on its caller's thread is none, as nobody may be there to end it") {
    const auto job = job_of([](Observer &observer, const Job::Ask & /*ask*/) -> Result<JobOutcome> {
        MOS_CHECK(observer.checkpoint());
        return outcome_of(1);
    });
    job->pause();
    must(job->run(nullptr));
    CHECK(must(*job->result()).changed_paths == 1);
}
