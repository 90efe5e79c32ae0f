#include "delta_content.hpp"

#include "reading.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace mos::install {

using package::Entry;
using package::Origin;

namespace {

constexpr std::size_t max_named_files = 20;  // in one message

bool is_delta(const InstallStep &step) { return step.package->statement().kind == package::PackageKind::delta; }

delta::ApplyOptions apply_options(const InstallOptions &options) {
    delta::ApplyOptions apply;
    if (options.delta_memory != 0)
        apply.memory_limit = options.delta_memory;
    return apply;
}

// The summary of the steps has seen to it that the base is installed.
Result<DeltaStep> open_step(transaction::Site &site, const InstallStep &step) {
    state::Packages packages{site.database};
    MOS_TRY(const auto installed, packages.find(step.package->statement().name));
    DeltaStep opened;
    opened.base = std::make_unique<RootBase>(site.root, installed ? installed->prefix : std::string{});
    MOS_TRY(opened.content, delta::PackageContent::open(step.package, *opened.base, apply_options(step.options)));
    return opened;
}

Result<void> check_full_package(const InstallStep &step) {
    const package::Package *const full = step.options.full_package.get();
    if (full == nullptr)
        return {};
    const package::Statement &statement = step.package->statement();
    if (full->statement().kind == package::PackageKind::full &&
        full->statement().content_digest == statement.content_digest)
        return {};
    return Error{Code::INVALID_ARGUMENT,
                 fmt::format("{} is not the full package of '{}' {}", base::in_quotes(full->name()), statement.name,
                             shown_version(statement.version, statement.release))}
        .about(full->name());
}

std::string notice_of(const WantedEntry &wanted) {
    return fmt::format("{} comes from the full package ({} bytes), as its base was altered or is missing",
                       base::in_quotes(wanted.path), wanted.entry->size);
}

// Headers are read without it.
class NoBase final : public delta::BaseFiles {
  public:
    [[nodiscard]] Result<std::unique_ptr<base::Source>> open(const package::BaseFile &file) override {
        return Error{Code::BASE_DIFFERS, "the base is not at hand"}.about(file.path);
    }
};

}  // namespace

Result<void> check_delta_memory(const std::shared_ptr<package::Package> &package, const InstallOptions &options) {
    NoBase base;
    MOS_TRY(const auto content, delta::PackageContent::open(package, base, apply_options(options)));
    return content->check_memory();
}

bool writes_content(const Change &change) {
    const bool writes =
        change.kind == ChangeKind::add || change.kind == ChangeKind::replace || change.kind == ChangeKind::ask;
    return writes && change.wanted->type == base::FileType::regular && change.wanted->content == nullptr &&
           change.wanted->link_first.empty() && change.wanted->entry != nullptr;
}

Result<DeltaCheck> DeltaCheck::open(transaction::Site &site, const Steps &steps) {
    DeltaCheck check{site, steps};
    for (const InstallStep &step : steps.installs) {
        check.m_checked.emplace_back();
        check.m_from_full.emplace_back();
        if (!is_delta(step))
            continue;
        MOS_CHECK(check_full_package(step));
        MOS_TRY(DeltaStep opened, open_step(site, step));
        check.m_checked.back().emplace(Checked{std::move(opened), {}});
    }
    return check;
}

Result<void> DeltaCheck::take(const Change &change) {
    if (!writes_content(change))
        return {};
    const WantedEntry &wanted = *change.wanted;
    std::optional<Checked> &checked = m_checked[wanted.step];
    if (!checked || wanted.entry->origin == Origin::stored)
        return {};
    MOS_TRY(const bool good, is_good(*checked, wanted.step, *wanted.entry));
    if (good || m_steps.installs[wanted.step].options.full_package == nullptr)
        return {};
    m_from_full[wanted.step].emplace(wanted.entry->path);
    if (m_notices.size() < max_notices)
        m_notices.push_back(notice_of(wanted));
    return {};
}

Result<bool> DeltaCheck::is_good(Checked &checked, std::size_t step, const Entry &entry) {
    if (entry.origin == Origin::unchanged)
        return check_files(checked, step, entry);
    const auto known = checked.patches.find(entry.patched.patch);
    if (known != checked.patches.end())
        return known->second;
    MOS_TRY(const bool good, check_files(checked, step, entry));
    if (good)
        MOS_CHECK(checked.step.content->check_memory(entry));
    checked.patches.emplace(entry.patched.patch, good);
    return good;
}

Result<bool> DeltaCheck::check_files(Checked &checked, std::size_t step, const Entry &entry) {
    MOS_TRY(const std::vector<package::BaseFile> files, checked.step.content->base_files(entry));
    bool good = true;
    for (const package::BaseFile &file : files) {
        MOS_CHECK(m_site.observer.checkpoint());
        const auto found = delta::check_base_file(*checked.step.base, file);
        if (found)
            continue;
        if (found.error().code() != Code::BASE_DIFFERS)
            return found.error();
        good = false;
        if (m_steps.installs[step].options.full_package != nullptr)
            return good;
        ++m_differing_count;
        if (m_differing.size() < max_named_files)
            m_differing.push_back(found.error().message());
    }
    return good;
}

Result<void> DeltaCheck::add_frames(std::size_t step, const Entry &entry, package::FrameSet &frames) const {
    return m_checked[step] ? m_checked[step]->step.content->add_frames(entry, frames) : Result<void>{};
}

Result<std::shared_ptr<const DeltaFacts>> DeltaCheck::finish(std::vector<std::string> &notices) const {
    if (std::ranges::none_of(m_checked, [](const auto &checked) { return checked.has_value(); }))
        return std::shared_ptr<const DeltaFacts>{};
    if (m_differing_count > 0) {
        const std::uint64_t more = m_differing_count - m_differing.size();
        return Error{Code::BASE_DIFFERS,
                     fmt::format("the delta package can't be applied: {}{}", fmt::join(m_differing, "; "),
                                 more == 0 ? "" : fmt::format("; and {} more", more))}
            .with_remedy("install the full package, or name it beside the delta package with --full-package");
    }
    auto facts = std::make_shared<DeltaFacts>();
    facts->from_full = m_from_full;
    std::ranges::copy(m_notices, std::back_inserter(notices));
    return std::shared_ptr<const DeltaFacts>{std::move(facts)};
}

Contents::Contents(transaction::Site &site, const Steps &steps, const Resolution &resolution)
    : m_site(site), m_steps(steps), m_reading(resolution.reading),
      m_root(std::make_unique<RootBase>(site.root, std::string{})), m_deltas(steps.installs.size()),
      m_from_full(steps.installs.size()) {}

Result<Contents> Contents::open(transaction::Site &site, const Steps &steps, const Resolution &resolution) {
    Contents contents{site, steps, resolution};
    for (std::size_t i = 0; i < steps.installs.size(); ++i) {
        steps.installs[i].package->read_ahead_only(resolution.reading->steps[i].frames);
        if (is_delta(steps.installs[i]))
            MOS_CHECK(contents.open_delta(i, resolution.deltas));
    }
    return contents;
}

Result<void> Contents::open_delta(std::size_t step, const std::shared_ptr<const DeltaFacts> &deltas) {
    const InstallStep &install = m_steps.installs[step];
    MOS_TRY(m_deltas[step], open_step(m_site, install));
    if (deltas == nullptr || deltas->from_full[step].empty())
        return {};
    MOS_TRY(package::EntryCursor cursor, install.options.full_package->entries());
    for (;;) {
        MOS_TRY(std::optional<Entry> entry, cursor.next());
        if (!entry)
            return {};
        if (deltas->from_full[step].contains(entry->path))
            m_from_full[step].emplace(entry->path, std::move(*entry));
    }
}

Result<void> Contents::read_present(const Entry &entry, const std::string &path, const base::ByteSink &sink) {
    auto copied = delta::copy_base_file(*m_root, root_file(path, entry.size, entry.sha256), sink);
    if (copied || copied.error().code() != Code::BASE_DIFFERS)
        return copied;
    return Error{Code::PLAN_CHANGED,
                 fmt::format("{}, which was to serve as the content of {}, has changed since the plan was made",
                             base::in_quotes(path), base::in_quotes(entry.path))}
        .about(path)
        .caused_by(std::move(copied).error());
}

Result<void> Contents::read(const WantedEntry &wanted, const base::ByteSink &sink) {
    const InstallStep &step = m_steps.installs[wanted.step];
    const Entry &entry = *wanted.entry;
    const auto &present = m_reading->steps[wanted.step].present;
    if (const auto there = present.find(entry.sha256); there != present.end())
        return read_present(entry, there->second, sink);
    if (entry.origin == Origin::stored)
        return step.package->read_content(entry, sink);
    const auto &from_full = m_from_full[wanted.step];
    if (const auto full = from_full.find(entry.path); full != from_full.end()) {
        m_site.observer.notice(notice_of(wanted));
        return step.options.full_package->read_content(full->second, sink);
    }
    return m_deltas[wanted.step].content->read(entry, sink);
}

void Contents::rest() noexcept {
    for (std::size_t i = 0; i < m_deltas.size(); ++i) {
        m_steps.installs[i].package->rest();
        if (m_steps.installs[i].options.full_package != nullptr)
            m_steps.installs[i].options.full_package->rest();
        if (m_deltas[i].content != nullptr)
            m_deltas[i].content->rest();
    }
}

}  // namespace mos::install
