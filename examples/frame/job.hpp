// Runs a job to its end: progress on the terminal, its questions asked there, Ctrl-C cancels it.
#pragma once

#include "command.hpp"

namespace frame {

// Who answers a job's questions.
enum class Answers {
    person,    // asked on the terminal; without one the job is cancelled and the failure is MOS_E_NEEDS_ANSWER
    fallback,  // each question's default
};

struct JobOptions {
    Answers answers = Answers::person;
    std::string_view answer_hint;  // which option answers: "answer with --on-conflict=keep or …"
};

// A job that has ended well. The outcome belongs to the job.
struct EndedJob {
    Job job;
    const mos_outcome *outcome;
    std::int64_t elapsed_ms;
    mos_progress last;  // as far as it came
};

// `job` must not have been started. A failure says what is known of what it left.
[[nodiscard]] Result<EndedJob> run_job(const Session &session, Job job, const JobOptions &options = {});

// MOS_E_CANCELLED when a stop was asked for: for the time between two jobs.
[[nodiscard]] Result<void> check_interrupt();

}  // namespace frame
