#include "error_injector.hpp"

#include "item.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <system_error>

namespace mos::test {

namespace {

constexpr std::size_t violations_kept = 5;

constexpr std::array<Fault, 7> faults = {{
    {ENOSPC, "ENOSPC", Lasting::once},
    {EIO, "EIO", Lasting::once},
    {EROFS, "EROFS", Lasting::once},
    {EDQUOT, "EDQUOT", Lasting::once},
    {EMFILE, "EMFILE", Lasting::once},
    {ENOSPC, "ENOSPC", Lasting::for_good},
    {EROFS, "EROFS", Lasting::for_good},
}};

Error violation(std::string what) { return Error{Code::INTERNAL, std::move(what)}; }

// Which release a failed step began from: what was the only one allowed before the present one.
class Origin {
  public:
    explicit Origin(Allowed allowed) : m_now(allowed), m_before(allowed) {}
    void see(Allowed allowed) {
        if (!std::has_single_bit(allowed) || allowed == m_now)
            return;
        m_before = m_now;
        m_now = allowed;
    }
    [[nodiscard]] Allowed of(Allowed last) const { return last == m_now ? m_before : m_now; }

  private:
    Allowed m_now;
    Allowed m_before;
};

bool in_chain(const Error &error, Code code) {
    for (const Error *one = &error; one != nullptr; one = one->cause()) {
        if (one->code() == code)
            return true;
    }
    return false;
}

// Nothing may begin beside a change that stands, but of which the word "done" is missing.
bool is_unfinished(const Error &error) { return error.code() == Code::RECOVERY_FAILED && error.cause() == nullptr; }

bool is_told(const std::vector<std::string> &notices, const Fault &fault) {
    const std::string reason = std::generic_category().message(fault.number);
    return std::ranges::any_of(notices,
                               [&](const std::string &text) { return text.find(reason) != std::string::npos; });
}

// The error says what went wrong: the kernel's number and its text, the code that belongs to it, and on what.
Result<void> check_names_cause(const Error &error, const std::vector<std::string> &notices, const Fault &fault) {
    const Code code = base::system_error(fault.number, "", "").code();
    const std::string reason = std::generic_category().message(fault.number);
    const std::string message = error.full_message();
    const auto has_reason = [&](const std::string &text) { return text.find(reason) != std::string::npos; };
    if (is_unfinished(error) && is_told(notices, fault))
        return {};  // the missing word was told by a notice
    const auto lacks = [&](std::string_view what) {
        return violation(fmt::format("the error lacks {}: {} ({})", what, base::describe(error.code()).name, message));
    };
    if (error.system_errno() != fault.number)
        return lacks("the errno");
    if (!in_chain(error, code))
        return lacks("the code");
    if (!has_reason(message))
        return lacks("the reason");
    if (message.find('\'') == std::string::npos)
        return lacks("the object");
    // What tells the caller what to do must be about the cause, or about what became of the transaction.
    if (error.code() != code && error.code() != Code::REVERTED && error.code() != Code::RECOVERY_FAILED)
        return lacks("a code that fits");
    return {};
}

}  // namespace

std::span<const Fault> all_faults() { return faults; }

void ErrorTally::add(const ErrorTally &other) {
    calls = std::max(calls, other.calls);
    injected += other.injected;
    harmless += other.harmless;
    went_on += other.went_on;
    violation_count += other.violation_count;
    violations.insert(violations.end(), other.violations.begin(), other.violations.end());
}

ErrorTally ErrorInjector::run() {
    const auto initial = m_workload.initial_state();
    const auto calls = initial ? count_calls(*initial) : Result<std::uint64_t>{initial.error()};
    if (!calls) {
        ++m_tally.violation_count;
        m_tally.violations.push_back("without a fault: " + calls.error().full_message());
        return std::move(m_tally);
    }
    m_tally.calls = *calls;
    for (std::uint64_t call = 1; call <= *calls; ++call) {
        const bool mine = call % m_share.shares == m_share.share;
        const bool wanted = m_options.only_call == 0 ? chosen(call, m_options.sample, 0) : call == m_options.only_call;
        if (!mine || !wanted)
            continue;
        for (const Fault &fault : faults)
            inject(*initial, call, fault);
    }
    return std::move(m_tally);
}

bool ErrorInjector::chosen(std::uint64_t number, std::uint64_t every, std::uint64_t salt) const {
    return every != 0 && twin::scramble(m_options.seed + salt, number) % every == 0;
}

Result<std::uint64_t> ErrorInjector::count_calls(const DiskState &initial) const {
    Twin twin{initial};
    DiskInMemory disk{twin};
    Session session{m_workload, disk};
    MOS_CHECK(m_workload.run(session));
    return twin.calls();
}

ErrorInjector::Outcome ErrorInjector::run_with(Twin &twin, std::uint64_t call, const Fault &fault) const {
    DiskInMemory disk{twin};
    Session session{m_workload, disk};
    Origin origin{session.allowed()};
    std::string failed;
    bool flush_failed = false;
    twin.on_mutation([&](std::uint64_t /*number*/, std::string_view what) {
        origin.see(session.allowed());
        const bool fails = fault.lasting == Lasting::once ? twin.calls() == call : twin.calls() >= call;
        if (failed.empty() && fails)
            failed = what;
        flush_failed |= fails && what.starts_with("flush");
    });
    if (fault.lasting == Lasting::once)
        twin.fail_at(call, fault.number);
    else
        twin.fail_from(call, fault.number);
    Outcome outcome{.ended = m_workload.run(session), .allowed = session.allowed()};
    // A step that turned round stands where it began; one that could not may stand there after the recovery.
    if (outcome.ended || is_unfinished(outcome.ended.error()))
        outcome.notices = session.machine().watcher.notices;
    if (!outcome.ended && outcome.ended.error().code() == Code::REVERTED)
        outcome.allowed = origin.of(session.allowed());
    else if (!outcome.ended && outcome.ended.error().code() == Code::RECOVERY_FAILED)
        outcome.allowed |= origin.of(session.allowed());
    twin.on_mutation(nullptr);
    outcome.failed = std::move(failed);
    outcome.flush_failed = flush_failed;
    return outcome;
}

// What the next process finds: it recovers, and everything is as it may be; a power cut then changes nothing any more.
Result<void> ErrorInjector::examine(Twin twin, const Outcome &outcome, bool go_on) {
    DiskInMemory disk{twin};
    auto recovered = m_examiner.recover(disk, outcome.allowed);
    // An error of a flush is told to the first who flushes after it. The one after that succeeds.
    if (!recovered && recovered.error().system_errno() != 0 && outcome.flush_failed)
        recovered = m_examiner.recover(disk, outcome.allowed);
    MOS_TRY(const std::size_t standing, std::move(recovered));
    Twin cut{twin.crash(Selection::none())};
    DiskInMemory cut_disk{cut};
    const bool settled = outcome.ended || m_workload.transactional;
    if (auto again = m_examiner.recover(cut_disk, settled ? only(standing) : outcome.allowed); !again)
        return in_context(std::move(again).error(), "the recovery was not durable");
    if (!go_on)
        return {};
    auto went_on = m_examiner.go_on(disk, standing);
    // Where nobody has flushed since, the next change is that first one: it is refused, and the one after it succeeds.
    if (!went_on && went_on.error().system_errno() != 0 && outcome.flush_failed)
        went_on = m_examiner.go_on(disk, standing);
    return went_on;
}

void ErrorInjector::inject(const DiskState &initial, std::uint64_t call, const Fault &fault) {
    Twin twin{initial};
    const Outcome outcome = run_with(twin, call, fault);
    ++m_tally.injected;
    m_tally.harmless += outcome.ended.ok() ? 1U : 0U;
    if (m_workload.script_errors == ScriptErrors::are_told && is_told(outcome.notices, fault))
        return;
    const bool go_on = chosen(call, m_options.go_on_every, static_cast<std::uint64_t>(fault.number));
    m_tally.went_on += go_on ? 1U : 0U;

    Result<void> good =
        outcome.ended ? Result<void>{} : check_names_cause(outcome.ended.error(), outcome.notices, fault);
    std::string_view when = "right after it";
    if (good) {
        when = "in the next process";
        good = examine(twin.killed(), outcome, go_on);
    }
    if (good) {
        // A flush that failed has lost what it was to keep: whoever believes it loses it here.
        when = "after a power cut";
        good = examine(Twin{twin.crash(Selection::none())}, outcome, false);
    }
    if (good)
        return;
    ++m_tally.violation_count;
    if (m_tally.violations.size() < violations_kept)
        m_tally.violations.push_back(fmt::format(
            "{}\n    {}, {} {} at call {}{}\n    the workload ended with: {}\n"
            "    again: --workload={} --call={}",
            good.error().full_message(), when, fault.name, fault.lasting == Lasting::once ? "once" : "from there on,",
            call, outcome.failed.empty() ? "" : ", about to " + outcome.failed,
            outcome.ended ? "success" : outcome.ended.error().full_message(), m_workload.name, call));
}

}  // namespace mos::test
