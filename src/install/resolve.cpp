#include <mos/install/plan.hpp>

#include "brought.hpp"
#include "change_digest.hpp"
#include "delta_content.hpp"
#include "package_notes.hpp"
#include "reading.hpp"
#include "walk.hpp"

#include <mos/crypto/verify.hpp>
#include <mos/install/dependencies.hpp>
#include <mos/package/version.hpp>
#include <mos/transaction/preflight.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <compare>
#include <map>
#include <string_view>

namespace mos::install {

namespace {

std::strong_ordering compare(const package::Statement &wanted, const state::InstalledPackage &installed) {
    return package::compare_versions({wanted.version, wanted.release}, {installed.version, installed.release});
}

std::string short_digest(const crypto::Sha256Digest &digest) {
    constexpr std::size_t shown = 12;
    return base::to_hex(digest).substr(0, shown);
}

// A delta package leads from one release, which it knows by its content alone.
Result<void> check_base(const package::Statement &statement, const state::InstalledPackage *installed) {
    if (statement.kind != package::PackageKind::delta ||
        (installed != nullptr && installed->content_digest == statement.base_content_digest))
        return {};
    const std::string there = installed == nullptr ? "and it is not installed"
                                                   : fmt::format("and {} is installed, with the content {}",
                                                                 shown_version(installed->version, installed->release),
                                                                 short_digest(installed->content_digest));
    return Error{Code::BASE_DIFFERS,
                 fmt::format("the delta package of '{}' {} leads from the release with the content {}, {}",
                             statement.name, shown_version(statement.version, statement.release),
                             short_digest(statement.base_content_digest), there)}
        .about(statement.name)
        .with_remedy("install the full package, or a delta package that leads from what is installed");
}

Result<StepSummary> summarize_install(state::Packages &packages, const InstallStep &step) {
    const package::Statement &statement = step.package->statement();
    StepSummary summary{.action = Action::install,
                        .name = statement.name,
                        .version = shown_version(statement.version, statement.release),
                        .old_version = {},
                        .signer = {},
                        .old_package = 0,
                        .was_automatic = false};
    if (const crypto::Verdict *verdict = step.package->verdict(); verdict != nullptr && !verdict->accepted.empty())
        summary.signer = verdict->accepted.front().trust_name;

    MOS_TRY(const auto installed, packages.find(statement.name));
    if (!installed) {
        MOS_CHECK(check_base(statement, nullptr));
        return summary;
    }
    summary.old_package = installed->id;
    summary.was_automatic = installed->automatic;
    summary.old_version = shown_version(installed->version, installed->release);
    const auto order = compare(statement, *installed);
    if (std::is_gt(order)) {
        summary.action = Action::update;
    } else if (std::is_lt(order)) {
        if (!step.options.downgrade_forbidden_by.empty())
            return Error{Code::POLICY_REFUSED,
                         fmt::format("'{}' {} is older than {}, which is installed, and {} forbids that", summary.name,
                                     summary.version, summary.old_version, step.options.downgrade_forbidden_by)}
                .about(summary.name);
        if (step.options.downgrade == Downgrade::refused)
            return Error{Code::DOWNGRADE, fmt::format("'{}' {} is older than {}, which is installed", summary.name,
                                                      summary.version, summary.old_version)}
                .about(summary.name);
        summary.action = Action::downgrade;
    } else {
        if (step.options.reinstall == Reinstall::refused) {
            const bool same = installed->content_digest == statement.content_digest;
            return Error{Code::ALREADY_INSTALLED, fmt::format("'{}' {} is installed already{}", summary.name,
                                                              summary.version, same ? "" : ", with other content")}
                .about(summary.name)
                .with_remedy(same ? "nothing needs to be done; --reinstall puts back what was altered"
                                  : "give the new content a version of its own, or install it with --reinstall");
        }
        summary.action = Action::reinstall;
    }
    MOS_CHECK(check_base(statement, &*installed));
    return summary;
}

Result<StepSummary> summarize_removal(state::Packages &packages, const RemoveStep &step) {
    MOS_TRY(const auto installed, packages.find(step.name));
    if (!installed)
        return Error{Code::NOT_INSTALLED, fmt::format("{} is not installed", base::in_quotes(step.name))}.about(
            step.name);
    return StepSummary{.action = Action::remove,
                       .name = step.name,
                       .version = {},
                       .old_version = shown_version(installed->version, installed->release),
                       .signer = {},
                       .old_package = installed->id,
                       .was_automatic = installed->automatic};
}

}  // namespace

Result<bool> is_downgrade(transaction::Site &site, const InstallStep &step) {
    const package::Statement &statement = step.package->statement();
    MOS_TRY(const auto installed, state::Packages{site.database}.find(statement.name));
    return installed && std::is_lt(compare(statement, *installed));
}

Result<Steps> drop_satisfied(transaction::Site &site, const Steps &steps) {
    state::Packages packages{site.database};
    Steps left{.installs = {}, .removals = steps.removals};
    for (const InstallStep &step : steps.installs) {
        const package::Statement &statement = step.package->statement();
        if (step.options.asked == Asked::by_another_package) {
            MOS_TRY(const auto installed, packages.find(statement.name));
            if (installed && std::is_lteq(compare(statement, *installed)))
                continue;
        }
        left.installs.push_back(step);
    }
    return left;
}

Result<std::vector<StepSummary>> summarize(transaction::Site &site, const Steps &steps) {
    state::Packages packages{site.database};
    std::vector<StepSummary> summaries;
    for (const InstallStep &step : steps.installs) {
        MOS_TRY(StepSummary summary, summarize_install(packages, step));
        summaries.push_back(std::move(summary));
    }
    for (const RemoveStep &step : steps.removals) {
        MOS_TRY(StepSummary summary, summarize_removal(packages, step));
        summaries.push_back(std::move(summary));
    }
    for (std::size_t i = 0; i < summaries.size(); ++i) {
        for (std::size_t k = 0; k < i; ++k) {
            if (summaries[i].name == summaries[k].name)
                return Error{Code::INVALID_ARGUMENT, fmt::format("the plan names '{}' twice", summaries[i].name)}.about(
                    summaries[i].name);
        }
    }
    return summaries;
}

namespace {

class Counter final : public ChangeSink {
  public:
    Counter(transaction::Preflight &preflight, Resolution &resolution, ChangeDigest digest, DeltaCheck &deltas,
            ReadingCheck &reading)
        : m_preflight(preflight), m_resolution(resolution), m_digest(std::move(digest)), m_deltas(deltas),
          m_reading(reading) {}

    [[nodiscard]] Result<void> take(const Change &change) override {
        MOS_CHECK(check(change));
        MOS_CHECK(m_deltas.take(change));
        MOS_CHECK(m_reading.take(change));
        m_digest.add(change);
        count(change);
        if (!change.note.empty())
            note(change);
        return {};
    }

    [[nodiscard]] std::string digest() { return m_digest.finish(); }

  private:
    // Whatever would refuse the change later refuses it here.
    [[nodiscard]] Result<void> check(const Change &change) {
        switch (change.kind) {
        case ChangeKind::add:
        case ChangeKind::ask:
        case ChangeKind::replace:
            return check_newcomer(change);
        case ChangeKind::set_attributes:
            return planned(m_preflight.plan(change.path, transaction::Touch::attributes, 0));
        case ChangeKind::output:
        case ChangeKind::foreign_output:
            return planned(m_preflight.plan(change.path, transaction::Touch::arrive, 0));
        case ChangeKind::remove_tree:
        case ChangeKind::remove:
            return planned(m_preflight.plan(change.path, transaction::Touch::leave, 0));
        default:
            return {};
        }
    }

    [[nodiscard]] static Result<void> planned(const Result<std::string> &volume) {
        if (!volume)
            return volume.error();
        return {};
    }

    // All names of a file lie on one volume.
    [[nodiscard]] Result<void> check_newcomer(const Change &change) {
        const WantedEntry &wanted = *change.wanted;
        const std::uint64_t bytes = wanted.entry == nullptr ? 0 : wanted.entry->size;
        MOS_TRY(std::string volume, m_preflight.plan(change.path, transaction::Touch::arrive, bytes));
        if (const auto first = m_firsts.find(wanted.link_first); first != m_firsts.end() && first->second != volume)
            return transaction::Preflight::links_apart(change.path, wanted.link_first);
        if (wanted.first_of_links)
            m_firsts.emplace(change.path, std::move(volume));
        return {};
    }

    void count(const Change &change) {
        Totals &totals = m_resolution.totals;
        switch (change.kind) {
        case ChangeKind::add:
            ++totals.added;
            count_content(change);
            break;
        case ChangeKind::ask:  // counted as the larger of the possible answers
        case ChangeKind::replace:
            ++totals.replaced;
            count_content(change);
            break;
        case ChangeKind::set_attributes:
            ++totals.attributes;
            break;
        case ChangeKind::remove_tree:
        case ChangeKind::remove:
            ++totals.removed;
            break;
        case ChangeKind::keep:
        case ChangeKind::leave_out:
            ++totals.kept;
            break;
        case ChangeKind::unchanged:
        case ChangeKind::same_directory:
        case ChangeKind::foreign_directory:
        case ChangeKind::output:
        case ChangeKind::foreign_output:
            ++totals.unchanged;
            break;
        }
    }

    void count_content(const Change &change) {
        if (change.wanted->entry != nullptr)
            m_resolution.totals.write_bytes += change.wanted->entry->size;
    }

    void note(const Change &change) {
        std::vector<std::string> &notices = m_resolution.notices;
        if (notices.size() < max_notices)
            notices.push_back(fmt::format("{} {}", base::in_quotes(change.path), change.note));
        else if (notices.size() == max_notices)
            notices.emplace_back("… and more of the kind");
    }

    transaction::Preflight &m_preflight;
    Resolution &m_resolution;
    ChangeDigest m_digest;
    DeltaCheck &m_deltas;
    ReadingCheck &m_reading;
    std::map<std::string, std::string, std::less<>> m_firsts;  // volumes of the first names of link groups
};

// To resolve relations is not this layer's: what they say is told, and stops nothing.
Result<void> note_relations(state::Packages &packages, Resolution &resolution) {
    std::vector<const package::Manifest *> to_come;
    for (const auto &brought : resolution.brought)
        to_come.push_back(&brought->manifest);
    MOS_TRY(const std::vector<Unmet> unmet, unmet_dependencies(packages, to_come));
    for (const Unmet &one : unmet)
        resolution.cautions.push_back(sentence_of(one));
    MOS_TRY(const std::vector<Conflict> excluded, conflicts(packages, to_come));
    for (const Conflict &one : excluded)
        resolution.cautions.push_back(sentence_of(one));
    return {};
}

}  // namespace

Result<Resolution> resolve(transaction::Site &site, const Steps &steps, ServiceManager *services,
                           const HealthRules *health) {
    if (steps.empty())
        return Error{Code::INVALID_ARGUMENT, "the plan has no steps"};
    site.observer.report({.phase = base::Phase::planning});
    Resolution resolution;
    MOS_TRY(resolution.steps, summarize(site, steps));
    transaction::Preflight preflight{site.root};
    MOS_CHECK(preflight.check_root());
    state::Packages packages{site.database};
    for (const InstallStep &step : steps.installs) {
        step.package->read_ahead_only({});  // which of it is needed is not known yet
        MOS_TRY(const auto installed, packages.find(step.package->statement().name));
        MOS_TRY(Brought brought, find_brought(*step.package, step.options, installed));
        if (brought.manifest.update_info.reboot_required)
            resolution.reboot.push_back(brought.manifest.package_info.name);
        resolution.brought.push_back(std::make_shared<const Brought>(std::move(brought)));
        caution_of(step.package->statement(), *resolution.brought.back(), site.clock.now_unix_s(), resolution.cautions);
        note_actions(*resolution.brought.back(), resolution.notices);
    }
    MOS_TRY(const HookPlan hooks, HookPlan::make(site, steps, resolution, services, health));
    std::ranges::move(hooks.notices(), std::back_inserter(resolution.notices));
    MOS_CHECK(note_relations(packages, resolution));
    MOS_TRY(DeltaCheck deltas, DeltaCheck::open(site, steps));
    ReadingCheck reading{site, steps, deltas};
    Counter counter{preflight, resolution, ChangeDigest{resolution.steps, steps, hooks}, deltas, reading};
    MOS_CHECK(walk(site, steps, resolution, counter));
    MOS_TRY(resolution.deltas, deltas.finish(resolution.notices));
    MOS_TRY(resolution.reading, reading.finish(resolution.totals));
    MOS_CHECK(preflight.check_space());
    resolution.digest = counter.digest();
    return resolution;
}

// The first release of a version goes without saying.
std::string shown_version(const std::string &version, const std::string &release) {
    return release.empty() || release == "1" ? version : version + '-' + release;
}

std::string summary_of(const std::vector<StepSummary> &steps) {
    std::string text;
    for (const StepSummary &step : steps) {
        if (!text.empty())
            text += ", ";
        switch (step.action) {
        case Action::install:
            text += fmt::format("install {} {}", step.name, step.version);
            break;
        case Action::update:
        case Action::downgrade:
            text += fmt::format("{} {} {} → {}", step.action == Action::update ? "update" : "downgrade", step.name,
                                step.old_version, step.version);
            break;
        case Action::reinstall:
            text += fmt::format("reinstall {} {}", step.name, step.version);
            break;
        case Action::remove:
            text += fmt::format("remove {} {}", step.name, step.old_version);
            break;
        }
    }
    return text;
}

}  // namespace mos::install
