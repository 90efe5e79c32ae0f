#include <mos/engine/job.hpp>

#include <mos/base/thread.hpp>
#include <mos/install/plan.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <new>
#include <poll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

namespace mos::engine {

namespace {

// Short enough for a std::string that takes no memory.
Error out_of_memory() noexcept { return Error{Code::OUT_OF_MEMORY, "out of memory"}; }

Error cancelled() { return Error{Code::CANCELLED, "cancelled"}; }

void add_one(int descriptor) noexcept {
    const std::uint64_t one = 1;
    const ssize_t written = ::write(descriptor, &one, sizeof one);
    static_cast<void>(written);  // can't fail below 2^64 - 1 of them unread
}

void take_all(int descriptor) noexcept {
    std::uint64_t count = 0;
    const ssize_t taken = ::read(descriptor, &count, sizeof count);
    static_cast<void>(taken);
}

Error unexpected(const char *what) noexcept {
    try {
        return Error{Code::INTERNAL, fmt::format("unexpected exception: {}", what)};
    } catch (const std::bad_alloc &) {
        return out_of_memory();
    }
}

}  // namespace

Result<std::unique_ptr<Job>> Job::create(Work work) {
    std::unique_ptr<Job> job{new Job{std::move(work)}};
    for (int *const descriptor : {&job->m_event, &job->m_wake}) {
        *descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (*descriptor < 0)
            return base::system_error(errno, "create the event descriptors of", "job");
    }
    return job;
}

Job::~Job() {
    cancel();
    if (m_thread.joinable())
        m_thread.join();
    for (const int descriptor : {m_event, m_wake})
        if (descriptor >= 0)
            ::close(descriptor);
}

Result<void> Job::begin() {
    const std::lock_guard lock{m_mutex};
    if (m_state != JobState::ready)
        return Error{Code::INVALID_ARGUMENT, "the job was started before; a job runs once"};
    m_state = JobState::running;
    return {};
}

Result<void> Job::start() {
    MOS_CHECK(begin());
    try {
        m_thread = base::start_thread([this] { perform(); });
    } catch (const std::system_error &problem) {
        const std::lock_guard lock{m_mutex};
        m_state = JobState::ready;
        return base::system_error(problem.code().value(), "start a thread for", "job");
    } catch (const std::bad_alloc &) {
        const std::lock_guard lock{m_mutex};
        m_state = JobState::ready;  // not running: whoever waited for it would wait for ever
        throw;
    }
    return {};
}

Result<void> Job::run(Answerer answer) {
    MOS_CHECK(begin());
    {
        const std::lock_guard lock{m_mutex};
        m_pause_wanted = false;
    }
    m_answerer = answer ? std::move(answer) : [](const Question &) { return std::string{}; };
    perform();
    return {};
}

void Job::perform() {
    {
        const std::lock_guard lock{m_mutex};
        m_runner = std::this_thread::get_id();
    }
    // The one place where the work's exceptions end: out of memory, or a bug.
    std::optional<Result<JobOutcome>> result;
    try {
        result = m_work(*this, [this](Question question) { return ask(std::move(question)); });
    } catch (const std::bad_alloc &) {
        result = out_of_memory();
    } catch (const std::exception &problem) {
        result = unexpected(problem.what());
    } catch (...) {
        result = unexpected("of an unknown type");
    }
    const std::lock_guard lock{m_mutex};
    if (result->ok())
        result->value().notices = std::move(m_notices);
    m_result = std::move(result);
    m_question.reset();
    m_state = JobState::ended;
    signal_change();
}

void Job::signal_change() {
    m_changed.notify_all();
    signal_event();
}

void Job::signal_event() {
    if (!std::exchange(m_signalled, true))
        add_one(m_event);
}

void Job::sleep(std::unique_lock<std::mutex> &lock) {
    lock.unlock();
    pollfd waited{.fd = m_wake, .events = POLLIN, .revents = 0};
    static_cast<void>(::poll(&waited, 1, -1));  // whoever sleeps looks again anyhow
    take_all(m_wake);
    lock.lock();
}

void Job::wake_up() noexcept { add_one(m_wake); }

void Job::report(const base::Progress &progress) {
    const std::lock_guard lock{m_mutex};
    m_progress = progress;
    signal_event();  // nobody who waits on m_changed waits for progress, of which there may be much
}

Result<void> Job::checkpoint() {
    std::unique_lock lock{m_mutex};
    while (m_pause_wanted && !m_cancelled) {
        m_state = JobState::paused;
        signal_change();
        sleep(lock);
    }
    m_state = JobState::running;
    if (m_cancelled)
        return cancelled();
    return {};
}

Result<void> Job::check_cancelled() {
    if (m_cancelled)
        return cancelled();
    return {};
}

void Job::notice(std::string_view message) {
    const std::lock_guard lock{m_mutex};
    if (m_notices.size() < install::max_notices && (m_notices.empty() || m_notices.back() != message))
        m_notices.emplace_back(message);
}

Result<std::string> Job::ask(Question question) {
    std::unique_lock lock{m_mutex};
    question.id = ++m_last_question;
    const auto open = std::make_shared<const Question>(std::move(question));
    if (m_answerer) {
        // The caller's own thread: it is asked without our lock held, so that it may cancel.
        lock.unlock();
        std::string choice = m_answerer(*open);
        lock.lock();
        if (m_cancelled)
            return cancelled();
        if (choice.empty())
            choice = open->fallback;
        if (std::find(open->choices.begin(), open->choices.end(), choice) == open->choices.end())
            return Error{Code::INVALID_ARGUMENT, fmt::format("'{}' is no answer to: {}", choice, open->text)};
        return choice;
    }
    m_question = open;
    m_answer.reset();
    m_state = JobState::asking;
    signal_change();
    while (!m_answer && !m_cancelled)
        sleep(lock);
    m_question.reset();
    m_state = JobState::running;
    if (!m_answer)
        return cancelled();
    return *std::exchange(m_answer, std::nullopt);
}

bool Job::wait(std::int32_t timeout_ms) {
    std::unique_lock lock{m_mutex};
    const auto over = [&] { return m_state == JobState::ended || m_state == JobState::asking; };
    if (timeout_ms < 0)
        m_changed.wait(lock, over);
    else
        m_changed.wait_for(lock, std::chrono::milliseconds{timeout_ms}, over);
    return m_state == JobState::ended;
}

Job::Snapshot Job::snapshot() {
    const std::lock_guard lock{m_mutex};
    if (std::exchange(m_signalled, false))
        take_all(m_event);
    return {.state = m_state, .progress = m_progress};
}

std::shared_ptr<const Question> Job::question() {
    const std::lock_guard lock{m_mutex};
    return m_answer ? nullptr : m_question;
}

Result<void> Job::answer(std::uint32_t id, const std::string &choice) {
    const std::lock_guard lock{m_mutex};
    if (m_question == nullptr || m_question->id != id || m_answer)
        return Error{Code::INVALID_ARGUMENT, fmt::format("question {} is not open", id)};
    const auto &choices = m_question->choices;
    if (std::find(choices.begin(), choices.end(), choice) == choices.end())
        return Error{Code::INVALID_ARGUMENT, fmt::format("'{}' is no answer to: {}", choice, m_question->text)};
    m_answer = choice;
    m_state = JobState::running;  // whoever watches must not find the question open until the job's thread wakes
    wake_up();
    return {};
}

bool Job::was_started() {
    const std::lock_guard lock{m_mutex};
    return m_state != JobState::ready;
}

void Job::cancel() noexcept {
    const int number = errno;  // of what a signal has interrupted
    m_cancelled = true;
    wake_up();
    errno = number;
}

void Job::pause() {
    const std::lock_guard lock{m_mutex};
    if (m_runner != std::this_thread::get_id())
        m_pause_wanted = true;
}

void Job::resume() {
    const std::lock_guard lock{m_mutex};
    m_pause_wanted = false;
    wake_up();
}

const Result<JobOutcome> *Job::result() {
    const std::lock_guard lock{m_mutex};
    return m_result ? &*m_result : nullptr;
}

}  // namespace mos::engine
