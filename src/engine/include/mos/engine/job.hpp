// A job: long work with progress, a question, pause and cancel, and exactly one result.
#pragma once

#include <mos/base/observer.hpp>
#include <mos/base/result.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace mos::engine {

// Something that was found.
struct ReportRow {
    std::string kind;  // a stable name
    std::string package;
    std::string object;  // a path, a version, a relation
    std::string sentence;
};

struct JobOutcome {
    std::string recovery_point;  // empty when nothing was changed
    std::uint64_t changed_paths = 0;
    std::uint64_t written_bytes = 0;
    std::string reboot = {};  // names of the packages for whose sake the system must be started again
    std::vector<std::string> notices;
    std::vector<ReportRow> rows = {};
};

enum class JobState : std::int32_t { ready = 0, running = 1, paused = 2, asking = 3, ended = 4 };

struct Question {
    std::uint32_t id = 0;
    std::string text;
    std::string object;
    std::vector<std::string> choices;
    std::string fallback;  // taken where nobody can be asked
};

// Every public function may be called from any thread, but for destruction, which waits for the work to end. The work
// sees the job as its observer.
class Job final : private base::Observer {
  public:
    // What the job does, on whichever thread runs it. `ask` waits for the answer to a question: one of its choices, or
    // CANCELLED.
    using Ask = std::function<Result<std::string>(Question question)>;
    using Work = std::function<Result<JobOutcome>(base::Observer &observer, const Ask &ask)>;

    [[nodiscard]] static Result<std::unique_ptr<Job>> create(Work work);
    ~Job() override;  // cancels and waits

    [[nodiscard]] Result<void> start();  // on a thread of its own, with all signals blocked
    // To its end on this thread; `answer` is asked there, and an empty function or answer means the fallback.
    using Answerer = std::function<std::string(const Question &question)>;
    [[nodiscard]] Result<void> run(Answerer answer);

    // True when it has ended; negative: for ever. Comes back at once when the job asks.
    [[nodiscard]] bool wait(std::int32_t timeout_ms);
    // Readable after a change of progress, a question or the end, until snapshot() is called.
    [[nodiscard]] int descriptor() const noexcept { return m_event; }

    struct Snapshot {
        JobState state = JobState::ready;
        base::Progress progress;
    };
    [[nodiscard]] Snapshot snapshot();

    [[nodiscard]] std::shared_ptr<const Question> question();
    [[nodiscard]] Result<void> answer(std::uint32_t id, const std::string &choice);

    [[nodiscard]] bool was_started();

    void cancel() noexcept;  // async-signal-safe
    // Before start() it begins paused. Nothing before run(), or when the job's own thread asks for it, where nobody
    // might be there to resume it.
    void pause();
    void resume();

    // nullptr before the end; afterwards always the same.
    [[nodiscard]] const Result<JobOutcome> *result();

  private:
    explicit Job(Work work) : m_work(std::move(work)) {}

    void report(const base::Progress &progress) override;
    [[nodiscard]] Result<void> checkpoint() override;
    [[nodiscard]] Result<void> check_cancelled() override;
    void notice(std::string_view message) override;

    [[nodiscard]] Result<void> begin();
    void perform();
    [[nodiscard]] Result<std::string> ask(Question question);
    void signal_change();  // with m_mutex held, as the next
    void signal_event();
    void sleep(std::unique_lock<std::mutex> &lock);  // of the work, until somebody calls wake_up()
    void wake_up() noexcept;

    Work m_work;
    Answerer m_answerer;
    int m_event = -1;
    int m_wake = -1;  // a descriptor, as a signal handler can't notify a condition variable
    std::atomic<bool> m_cancelled = false;

    std::mutex m_mutex;
    std::condition_variable m_changed;
    JobState m_state = JobState::ready;
    base::Progress m_progress;
    std::shared_ptr<const Question> m_question;
    std::optional<std::string> m_answer;
    std::uint32_t m_last_question = 0;
    std::thread::id m_runner;
    bool m_pause_wanted = false;
    bool m_signalled = false;
    std::vector<std::string> m_notices;
    std::optional<Result<JobOutcome>> m_result;
    std::thread m_thread;
};

}  // namespace mos::engine
