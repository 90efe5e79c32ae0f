#include "guard.hpp"

using namespace mos::capi;
using mos::Result;
using mos::engine::JobOutcome;

namespace {

std::string joined(const std::vector<std::string> &choices) {
    std::string text;
    for (const std::string &choice : choices)
        text += (text.empty() ? "" : "|") + choice;
    return text;
}

mos_question view_of(const mos::engine::Question &question, const std::string &choices) {
    mos_question filled{};
    filled.struct_size = sizeof filled;
    filled.id = question.id;
    filled.text = question.text.c_str();
    filled.object = question.object.c_str();
    filled.choices = choices.c_str();
    filled.fallback = question.fallback.c_str();
    return filled;
}

// "" for the default.
Result<std::string> answer_to(const mos::engine::Question &question, mos_ask_callback ask, void *user_data) {
    const std::string choices = joined(question.choices);
    const mos_question view = view_of(question, choices);
    MOS_TRY(const char *const answer,
            answer_of("ask", mos::Code::INVALID_ARGUMENT, [&] { return ask(user_data, &view); }));
    return std::string{answer != nullptr ? answer : ""};
}

// The job's result as the API gives it, the same however often it is asked for.
Result<int> outcome_of(mos_job *job, const mos_outcome **outcome) {
    const Result<JobOutcome> *result = job->job->result();
    if (result == nullptr)
        return MOS_PENDING;
    if (!*result)
        return result->error();
    const std::lock_guard lock{job->mutex};
    if (!std::exchange(job->outcome_taken, true))
        job->outcome.outcome = **result;
    if (outcome != nullptr)
        *outcome = &job->outcome;
    return MOS_OK;
}

// A thread inside mos_job_run, for which mos_job_free waits.
class Inside {
  public:
    explicit Inside(mos_job &job) : m_job(job) {
        const std::lock_guard lock{m_job.mutex};
        ++m_job.runners;
    }
    ~Inside() {
        const std::lock_guard lock{m_job.mutex};
        --m_job.runners;
        m_job.left.notify_all();  // with the lock held: who waits frees the job
    }
    Inside(const Inside &) = delete;
    Inside &operator=(const Inside &) = delete;

  private:
    mos_job &m_job;
};

}  // namespace

int mos_job_start(mos_job *job, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(job);
        return job->job->start();
    });
}

int mos_job_run(mos_job *job, mos_ask_callback ask, void *user_data, mos_error **error) {
    return guard(error, [&]() -> Result<int> {
        MOS_CHECK_HANDLE(job);
        const Inside inside{*job};
        mos::engine::Job::Answerer answerer;
        Result<void> asked;
        if (ask != nullptr) {
            answerer = [&](const mos::engine::Question &question) {
                Result<std::string> answer = answer_to(question, ask, user_data);
                if (answer)
                    return std::move(answer).value();
                asked = std::move(answer).error();
                job->job->cancel();  // nobody decides
                return std::string{};
            };
        }
        MOS_CHECK(job->job->run(std::move(answerer)));
        MOS_CHECK(asked);
        return outcome_of(job, nullptr);
    });
}

int mos_job_wait(mos_job *job, int32_t timeout_ms) {
    return guard(nullptr, [&]() -> Result<int> {
        MOS_CHECK_HANDLE(job);
        if (!job->job->was_started())
            return mos::Error{mos::Code::INVALID_ARGUMENT, "the job was not started"};
        return job->job->wait(timeout_ms) ? MOS_OK : MOS_PENDING;
    });
}

int mos_job_descriptor(mos_job *job) {
    return guard(nullptr, [&]() -> Result<int> {
        MOS_CHECK_HANDLE(job);
        return job->job->descriptor();
    });
}

int mos_job_progress(mos_job *job, mos_progress *progress) {
    return guard(nullptr, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(job);
        const mos::engine::Job::Snapshot now = job->job->snapshot();
        mos_progress filled{};
        filled.state = static_cast<mos_job_state>(now.state);
        filled.phase = static_cast<mos_phase>(now.progress.phase);
        filled.done_bytes = now.progress.done_bytes;
        filled.total_bytes = now.progress.total_bytes;
        filled.done_entries = now.progress.done_entries;
        filled.total_entries = now.progress.total_entries;
        return write_output(progress, "progress", filled);
    });
}

int mos_job_question(mos_job *job, mos_question *question) {
    return guard(nullptr, [&]() -> Result<int> {
        MOS_CHECK_HANDLE(job);
        auto open = job->job->question();
        if (open == nullptr)
            return MOS_END;
        const std::lock_guard lock{job->mutex};
        if (job->question != open) {
            job->choices = joined(open->choices);
            job->question = std::move(open);
        }
        MOS_CHECK(write_output(question, "question", view_of(*job->question, job->choices)));
        return MOS_OK;
    });
}

int mos_job_answer(mos_job *job, uint32_t id, const char *choice, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(job);
        MOS_TRY(const std::string given, required_text(choice, "the answer"));
        return job->job->answer(id, given);
    });
}

int mos_job_cancel(mos_job *job) {
    return guard(nullptr, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(job);
        job->job->cancel();
        return {};
    });
}

int mos_job_pause(mos_job *job) {
    return guard(nullptr, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(job);
        job->job->pause();
        return {};
    });
}

int mos_job_resume(mos_job *job) {
    return guard(nullptr, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(job);
        job->job->resume();
        return {};
    });
}

int mos_job_outcome(mos_job *job, const mos_outcome **outcome, mos_error **error) {
    return guard(error, [&]() -> Result<int> {
        if (outcome != nullptr)
            *outcome = nullptr;
        MOS_CHECK_HANDLE(job);
        return outcome_of(job, outcome);
    });
}

const char *mos_outcome_recovery_point(const mos_outcome *outcome) {
    return is_live(outcome) ? outcome->outcome.recovery_point.c_str() : "";
}

uint64_t mos_outcome_changed_paths(const mos_outcome *outcome) {
    return is_live(outcome) ? outcome->outcome.changed_paths : 0;
}

const char *mos_outcome_reboot(const mos_outcome *outcome) {
    return is_live(outcome) ? outcome->outcome.reboot.c_str() : "";
}

uint64_t mos_outcome_written_bytes(const mos_outcome *outcome) {
    return is_live(outcome) ? outcome->outcome.written_bytes : 0;
}

size_t mos_outcome_notice_count(const mos_outcome *outcome) {
    return is_live(outcome) ? outcome->outcome.notices.size() : 0;
}

const char *mos_outcome_notice_at(const mos_outcome *outcome, size_t index) {
    return is_live(outcome) && index < outcome->outcome.notices.size() ? outcome->outcome.notices[index].c_str() : "";
}

void mos_job_free(mos_job *job) {
    if (!is_live(job))
        return;
    job->job->cancel();
    {
        std::unique_lock lock{job->mutex};
        job->left.wait(lock, [job] { return job->runners == 0; });
    }
    delete job;
}
