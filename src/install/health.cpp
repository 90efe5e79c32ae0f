#include <mos/install/health.hpp>

#include <mos/base/path.hpp>
#include <mos/install/dependencies.hpp>
#include <mos/install/verify_installed.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::install {

namespace {

constexpr std::uint32_t executable_bits = 0100;
constexpr std::uint32_t writable_by_others = 0022;
constexpr std::string_view embedder_name = "the embedding program's own";
constexpr std::string_view dependencies_name = "dependencies";
constexpr std::string_view content_name = "content";
constexpr unsigned hundred_percent = 100;

// Why a file in the folder is not asked; nothing where it is a check.
std::optional<std::string_view> no_check(const base::FileStatus &status) {
    if (status.type != base::FileType::regular)
        return "is no regular file";
    if ((status.mode & executable_bits) == 0)
        return "may not be executed";
    if ((status.mode & writable_by_others) != 0)
        return "may be written by others than its owner";
    return std::nullopt;
}

Error failed(Code code, std::string_view name, std::string_view what) {
    return Error{code, fmt::format("health check {} {}", base::in_quotes(name), what)}.about(std::string{name});
}

Error no_time(std::string_view name) {
    return failed(Code::HEALTH_CHECK_TIMEOUT, name, "was not asked: the time of all checks together is over");
}

// A script's failure in the words of a check; anything else says nothing of the system.
Result<HealthOutcome> judged(std::string name, Result<void> run) {
    if (run)
        return HealthOutcome{std::move(name), std::nullopt};
    const bool timed_out = run.error().code() == Code::SCRIPT_TIMEOUT;
    if (!timed_out && run.error().code() != Code::SCRIPT_FAILED)
        return std::move(run).error();
    const Code code = timed_out ? Code::HEALTH_CHECK_TIMEOUT : Code::HEALTH_CHECK_FAILED;
    Error failure = Error{code, fmt::format("health check {}", run.error().message())}.about(name);
    if (run.error().cause() != nullptr)
        failure = std::move(failure).caused_by(Error{*run.error().cause()});
    return HealthOutcome{std::move(name), std::move(failure)};
}

bool takes_back(const HealthRules &rules, const HealthOutcome &outcome) {
    return outcome.failure->code() == Code::HEALTH_CHECK_TIMEOUT ? rules.on_timeout : rules.on_failure;
}

}  // namespace

Result<FoundHealthChecks> list_health_checks(base::Directory &root) {
    FoundHealthChecks found;
    auto opened = root.open_directory(health_checks_path, base::Symlinks::refuse);
    if (!opened && opened.error().code() == Code::NOT_FOUND)
        return found;
    MOS_TRY(const auto folder, std::move(opened));
    MOS_TRY(const auto entries, folder->list());
    for (const base::DirectoryEntry &entry : entries) {
        if (entry.name.starts_with('.'))
            continue;
        MOS_TRY(const auto status, folder->find(entry.name));
        if (!status)
            continue;
        if (const auto reason = no_check(*status)) {
            if (found.not_asked.size() < max_health_checks)
                found.not_asked.push_back(
                    fmt::format("{} {}, so it is not asked about the system's health",
                                base::in_quotes(fmt::format("{}/{}", health_checks_path, entry.name)), *reason));
            continue;
        }
        if (found.names.size() == max_health_checks)
            return Error{Code::LIMIT,
                         fmt::format("'{}' holds more than {} health checks", health_checks_path, max_health_checks)}
                .about(health_checks_path);
        found.names.push_back(entry.name);
    }
    std::ranges::sort(found.names);
    std::ranges::sort(found.not_asked);
    return found;
}

Result<std::vector<std::string>> broken_dependencies(state::Database &database) {
    state::Packages packages{database};
    MOS_TRY(const auto installed, packages.list());
    std::vector<package::Manifest> manifests;
    for (const state::InstalledPackage &one : installed) {
        auto manifest = package::parse_manifest(one.manifest);
        if (manifest)  // what was let in must not block every later change
            manifests.push_back(std::move(manifest).value());
    }
    std::vector<std::string> sentences;
    for (const package::Manifest &manifest : manifests) {
        const auto unmet = unmet_dependencies(packages, {&manifest});
        if (!unmet)
            continue;
        for (const Unmet &one : *unmet)
            if (sentences.size() < max_known_unmet)
                sentences.push_back(sentence_of(one));
    }
    return sentences;
}

Result<HealthCall> health_call(state::Database &database, const HealthRules &rules, std::vector<std::string> packages) {
    HealthCall call{.rules = rules, .packages = std::move(packages), .known_unmet = {}};
    if (rules.check_dependencies) {
        MOS_TRY(call.known_unmet, broken_dependencies(database));
    }
    return call;
}

bool is_health_check_path(std::string_view path) noexcept {
    const base::SplitPath split = base::split_path(path);
    return split.parent == health_checks_path && !split.name.starts_with('.');
}

// A change lists them when it is planned and when they are asked; people are told once.
Result<std::vector<std::string>> HealthChecks::list(base::Observer &observer) {
    MOS_TRY(FoundHealthChecks found, list_health_checks(m_root));
    for (const std::string &sentence : found.not_asked)
        if (m_told.insert(sentence).second)
            observer.notice(sentence);
    return std::move(found.names);
}

Result<bool> HealthChecks::any(base::Observer &observer) {
    MOS_TRY(const auto names, list(observer));
    return m_callback || !names.empty();
}

Result<HealthOutcome> HealthChecks::ask_program(const std::string &name, std::chrono::milliseconds left,
                                                base::Observer &observer) {
    const Script script{.name = name,
                        .folder = health_checks_path,
                        .mode = ScriptMode::check,
                        .package = {},
                        .action = "health-check",
                        .version = {},
                        .old_version = {},
                        .time_limit = left};
    return judged(name, m_scripts.run(m_root, script, observer));
}

HealthOutcome HealthChecks::ask_embedder(std::int64_t deadline_ms) {
    HealthOutcome outcome{std::string{embedder_name}, std::nullopt};
    const Result<void> well = m_callback(std::chrono::milliseconds{deadline_ms - m_clock.monotonic_ms()});
    if (!well)
        outcome.failure = failed(Code::HEALTH_CHECK_FAILED, embedder_name, "says no: " + well.error().message());
    else if (m_clock.monotonic_ms() > deadline_ms)
        outcome.failure = failed(Code::HEALTH_CHECK_TIMEOUT, embedder_name, "took longer than it may");
    return outcome;
}

Result<HealthOutcome> HealthChecks::look_at_dependencies(const HealthCall &call) {
    HealthOutcome outcome{std::string{dependencies_name}, std::nullopt};
    MOS_TRY(const auto broken, broken_dependencies(m_database));
    for (const std::string &sentence : broken)
        if (std::ranges::find(call.known_unmet, sentence) == call.known_unmet.end()) {
            outcome.failure = failed(Code::HEALTH_CHECK_FAILED, dependencies_name, "says no: " + sentence);
            break;
        }
    return outcome;
}

Result<HealthOutcome> HealthChecks::look_at_content(const HealthCall &call, base::Observer &observer) {
    HealthOutcome outcome{std::string{content_name}, std::nullopt};
    transaction::Site site{m_root, m_database, m_clock, observer};
    state::Packages packages{m_database};
    for (const std::string &package : call.packages) {
        MOS_TRY(const auto installed, packages.find(package));
        if (!installed)
            continue;  // it was removed
        MOS_CHECK(verify_installed(site, package, [&](const Difference &difference) -> Result<void> {
            const bool is_content = difference.what == Difference::What::content ||
                                    difference.what == Difference::What::missing ||
                                    difference.what == Difference::What::unreadable;
            if (is_content && !difference.is_configuration && !outcome.failure)
                outcome.failure = failed(Code::HEALTH_CHECK_FAILED, content_name, "says no: " + difference.sentence);
            return {};
        }));
    }
    return outcome;
}

Result<std::vector<HealthOutcome>> HealthChecks::ask(const HealthCall &call, base::Observer &observer) {
    const std::int64_t deadline_ms = m_clock.monotonic_ms() + std::chrono::milliseconds{call.rules.time_limit}.count();
    std::vector<HealthOutcome> outcomes;
    MOS_TRY(const auto names, list(observer));
    for (const std::string &name : names) {
        const std::chrono::milliseconds left{deadline_ms - m_clock.monotonic_ms()};
        if (left.count() <= 0) {
            outcomes.push_back({name, no_time(name)});
            continue;
        }
        MOS_TRY(HealthOutcome outcome, ask_program(name, left, observer));
        outcomes.push_back(std::move(outcome));
    }
    if (m_callback)
        outcomes.push_back(m_clock.monotonic_ms() < deadline_ms
                               ? ask_embedder(deadline_ms)
                               : HealthOutcome{std::string{embedder_name}, no_time(embedder_name)});
    if (call.rules.check_dependencies) {
        MOS_TRY(HealthOutcome outcome, look_at_dependencies(call));
        outcomes.push_back(std::move(outcome));
    }
    if (call.rules.check_content) {
        MOS_TRY(HealthOutcome outcome, look_at_content(call, observer));
        outcomes.push_back(std::move(outcome));
    }
    return outcomes;
}

Result<void> HealthChecks::judge(const HealthCall &call, base::Observer &observer) {
    MOS_TRY(const std::vector<HealthOutcome> outcomes, ask(call, observer));
    std::size_t counted = 0;
    const Error *first = nullptr;
    for (const HealthOutcome &outcome : outcomes) {
        if (!outcome.failure)
            continue;
        if (!takes_back(call.rules, outcome)) {
            observer.notice_failure(*outcome.failure);
            continue;
        }
        ++counted;
        first = first != nullptr ? first : &*outcome.failure;
    }
    if (first == nullptr)
        return {};
    if (counted * hundred_percent >= std::size_t{call.rules.failure_threshold} * outcomes.size())
        return *first;
    observer.notice_failure(*first);
    observer.notice(fmt::format("{} of {} health checks failed, less than the {} % that take a change back", counted,
                                outcomes.size(), call.rules.failure_threshold));
    return {};
}

}  // namespace mos::install
