#include "job.hpp"

#include "interrupt.hpp"
#include "progress.hpp"
#include "question.hpp"
#include "terminal.hpp"
#include "text.hpp"

#include <CLI/StringTools.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

namespace frame {

namespace {

constexpr std::int32_t redraw_ms = 100;
constexpr std::string_view again_remedy = "run it again when you like";

class JobRunner {
  public:
    JobRunner(const Session &session, mos_job *job, const JobOptions &options)
        : m_job(job), m_options(options), m_bar(session.verbosity == Verbosity::quiet ? Drawing::on : Drawing::off),
          m_changes_root(session.command.effect == Effect::changes_root) {}

    Result<const mos_outcome *> run() {
        const InterruptWatch watch;
        FRAME_CHECK(check([&](mos_error **error) { return mos_job_start(m_job, error); }));
        int waited = MOS_PENDING;
        while ((waited = mos_job_wait(m_job, redraw_ms)) == MOS_PENDING) {
            pass_on_interrupt();
            show_progress();
            answer_question();
        }
        show_progress();
        m_bar.clear();
        if (waited < 0)
            return failure_of(waited, nullptr);
        return outcome();
    }

    [[nodiscard]] const mos_progress &last() const noexcept { return m_last; }

  private:
    void pass_on_interrupt() {
        if (!interrupted() || m_cancelled)
            return;
        m_cancelled = true;
        m_bar.clear();
        put_line(Stream::err, "Stopping; what has begun is undone first.");
        (void)mos_job_cancel(m_job);  // a job that has just ended keeps its outcome
    }

    void show_progress() {
        mos_progress now = MOS_PROGRESS_INIT;
        if (mos_job_progress(m_job, &now) < 0)
            return;
        if (m_changes_root && is_changing(now.phase))
            m_began_to_change = true;
        m_last = now;
        m_bar.show(now);
    }

    // Scripts that only check run before anything is staged, the others after it.
    [[nodiscard]] bool is_changing(mos_phase phase) const noexcept {
        if (phase == MOS_PHASE_SCRIPTS)
            return m_last.phase == MOS_PHASE_SCRIPTS ? m_began_to_change : m_last.phase >= MOS_PHASE_STAGING;
        return phase == MOS_PHASE_APPLYING || phase == MOS_PHASE_SETTLING || phase == MOS_PHASE_REVERTING;
    }

    void answer_question() {
        mos_question question = MOS_QUESTION_INIT;
        // The question stays until the job's thread has taken the answer; it is not asked twice.
        if (m_cancelled || mos_job_question(m_job, &question) != MOS_OK || question.id == m_answered)
            return;
        if (m_options.answers == Answers::fallback)
            return answer(question, question.fallback);
        if (!can_ask())
            return give_up(question);
        m_bar.clear();
        ask(question);
    }

    void ask(const mos_question &question) {
        const std::optional<std::string> choice =
            ask_person(question.text, CLI::detail::split(question.choices, '|'), question.fallback);
        if (choice)
            return answer(question, *choice);
        if (interrupted())
            return;  // the next turn of the loop cancels
        put_line(Stream::err);
        give_up(question);
    }

    void answer(const mos_question &question, const std::string &choice) {
        m_answered = question.id;
        // A failure means that the job has ended meanwhile; its outcome tells why.
        (void)check([&](mos_error **error) { return mos_job_answer(m_job, question.id, choice.c_str(), error); });
    }

    void give_up(const mos_question &question) {
        Failure unanswered = failure(MOS_E_NEEDS_ANSWER, question.text, question.object);
        if (!m_options.answer_hint.empty())
            unanswered.remedy = m_options.answer_hint;
        m_unanswered = std::move(unanswered);
        m_cancelled = true;
        (void)mos_job_cancel(m_job);
    }

    Result<const mos_outcome *> outcome() {
        const mos_outcome *ended = nullptr;
        Result<void> well = check([&](mos_error **error) { return mos_job_outcome(m_job, &ended, error); });
        if (well)
            return ended;
        Failure failure = std::move(well).failure();
        if (failure.code != MOS_E_CANCELLED)
            return failure;
        if (m_unanswered)
            failure = *m_unanswered;
        else
            failure.remedy = again_remedy;
        if (m_began_to_change)
            failure.aftermath = Aftermath::undone;
        return failure;
    }

    mos_job *m_job;
    JobOptions m_options;
    ProgressBar m_bar;
    mos_progress m_last = MOS_PROGRESS_INIT;
    std::optional<Failure> m_unanswered;
    std::optional<std::uint32_t> m_answered;  // the last question that has its answer
    bool m_changes_root;
    bool m_cancelled = false;
    bool m_began_to_change = false;
};

}  // namespace

Result<EndedJob> run_job(const Session &session, Job job, const JobOptions &options) {
    const auto begin = std::chrono::steady_clock::now();
    JobRunner runner{session, job.get(), options};
    FRAME_TRY(const mos_outcome *outcome, runner.run());
    const auto elapsed =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
    return EndedJob{std::move(job), outcome, elapsed.count(), runner.last()};
}

Result<void> check_interrupt() {
    if (!interrupted())
        return {};
    Failure stopped = failure(MOS_E_CANCELLED, "stopped before the next one began");
    stopped.remedy = again_remedy;
    return stopped;
}

}  // namespace frame
