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
    opened.base_release = installed ? installed->id : 0;
    opened.base = std::make_unique<RootBase>(site.root, installed ? installed->prefix : std::string{});
    MOS_TRY(opened.content, delta::PackageContent::open(step.package, *opened.base, apply_options(step.options)));
    return opened;
}

bool is_full_of(const package::Package &full, const InstallStep &step) {
    return full.statement().kind == package::PackageKind::full &&
           full.statement().content_digest == step.package->statement().content_digest;
}

// Of several packages that are installed together, those that are full need none: it is another one's.
Result<void> check_full_package(const Steps &steps, const InstallStep &step) {
    const package::Package *const full = step.options.full_package.get();
    if (full == nullptr || is_full_of(*full, step))
        return {};
    const auto needs_it = [&](const InstallStep &other) { return is_full_of(*full, other); };
    if (!is_delta(step) && std::ranges::any_of(steps.installs, needs_it))
        return {};
    const package::Statement &statement = step.package->statement();
    return Error{Code::INVALID_ARGUMENT,
                 fmt::format("{} is not the full package of '{}' {}", base::in_quotes(full->name()), statement.name,
                             shown_version(statement.version, statement.release))}
        .about(full->name());
}

std::string notice_of(const WantedEntry &wanted, const std::string &why) {
    return fmt::format("{} comes from the full package ({} bytes): {}", base::in_quotes(wanted.path),
                       wanted.entry->size, why);
}

std::string sum_of(std::uint64_t files, std::uint64_t bytes, std::uint64_t unnamed) {
    return fmt::format("{} files of {} bytes come from the full package{}", files, bytes,
                       unnamed == 0 ? "" : fmt::format(", {} more than are named here", unnamed));
}

}  // namespace

Result<void> check_delta_memory(const std::shared_ptr<package::Package> &package, const InstallOptions &options) {
    MOS_TRY(const auto content, delta::PackageContent::open(package, delta::no_base(), apply_options(options)));
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
        MOS_CHECK(check_full_package(steps, step));
        if (!is_delta(step))
            continue;
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
    MOS_TRY(const Wrong wrong, check_base(*checked, wanted.step, *wanted.entry));
    if (wrong != nullptr && m_steps.installs[wanted.step].options.full_package != nullptr)
        note_from_full(wanted, wrong);
    return {};
}

void DeltaCheck::note_from_full(const WantedEntry &wanted, const Wrong &wrong) {
    m_facts->steps[wanted.step].from_full.emplace(wanted.entry->path, wrong);
    ++m_from_full_count;
    m_from_full_bytes += wanted.entry->size;
    if (m_notices.size() < max_notices)
        m_notices.push_back(notice_of(wanted, *wrong));
}

Result<DeltaCheck::Wrong> DeltaCheck::check_base(Checked &checked, std::size_t step, const Entry &entry) {
    const bool is_patched = entry.origin == Origin::patched;
    const auto known = is_patched ? checked.patches.find(entry.patched.patch) : checked.patches.end();
    if (known != checked.patches.end())
        return known->second;
    MOS_TRY(std::string wrong, check_files(checked, step, entry));
    if (wrong.empty())
        MOS_CHECK(checked.step.content->check_memory(entry));
    else if (is_patched)
        wrong = fmt::format("patch {} can't make it, as {}", entry.patched.patch, wrong);
    const Wrong found = wrong.empty() ? nullptr : std::make_shared<const std::string>(std::move(wrong));
    if (is_patched)
        checked.patches.emplace(entry.patched.patch, found);
    return found;
}

Result<void> DeltaCheck::check_line(Checked &checked, const package::BaseLine &line) {
    state::Packages packages{m_site.database};
    MOS_TRY(const package::BaseFile file, as_installed(packages, checked.step.base_release, *checked.step.base, line));
    return checked.step.base->check(file);
}

// The first that is wrong, in words; all are noted where nothing can come to their help.
Result<std::string> DeltaCheck::check_files(Checked &checked, std::size_t step, const Entry &entry) {
    MOS_CHECK(m_site.observer.checkpoint());
    if (entry.origin == Origin::unchanged)
        return judge(checked.step.base->check(package::unchanged_file(entry)), step);
    MOS_TRY(const std::vector<package::BaseLine> lines, checked.step.content->base_lines(entry));
    std::string first;
    for (const package::BaseLine &line : lines) {
        MOS_CHECK(m_site.observer.checkpoint());
        MOS_TRY(std::string wrong, judge(check_line(checked, line), step));
        if (first.empty())
            first = std::move(wrong);
        if (!first.empty() && m_steps.installs[step].options.full_package != nullptr)
            return first;
    }
    return first;
}

bool DeltaCheck::comes_from_full(std::size_t step, std::string_view path) const {
    return m_facts->steps[step].from_full.contains(path);
}

const package::FrameSet *DeltaCheck::full_frames(std::size_t step) const {
    const DeltaFacts::OfStep &facts = m_facts->steps[step];
    return facts.from_full.empty() ? nullptr : &facts.frames;
}

Result<void> DeltaCheck::find_full_frames(std::size_t step) {
    DeltaFacts::OfStep &facts = m_facts->steps[step];
    if (facts.from_full.empty())
        return {};
    package::Package &full = *m_steps.installs[step].options.full_package;
    MOS_TRY(package::EntryCursor cursor, full.entries());
    for (;;) {
        MOS_TRY(const std::optional<Entry> entry, cursor.next());
        if (!entry)
            return {};
        if (facts.from_full.contains(entry->path))
            MOS_CHECK(full.add_frames(*entry, facts.frames));
    }
}

// What is wrong with a file of the base, "" where nothing is; noted where nothing helps.
Result<std::string> DeltaCheck::judge(const Result<void> &found, std::size_t step) {
    if (found)
        return std::string{};
    if (found.error().code() != Code::BASE_DIFFERS)
        return found.error();
    if (m_steps.installs[step].options.full_package == nullptr) {
        ++m_differing_count;
        if (m_differing.size() < max_named_files)
            m_differing.push_back(found.error().message());
    }
    return found.error().message();
}

Result<void> DeltaCheck::add_frames(std::size_t step, const Entry &entry, package::FrameSet &frames) const {
    return m_checked[step] ? m_checked[step]->step.content->add_frames(entry, frames) : Result<void>{};
}

Result<std::shared_ptr<const DeltaFacts>> DeltaCheck::finish(std::vector<std::string> &notices) {
    if (std::ranges::none_of(m_checked, [](const auto &checked) { return checked.has_value(); }))
        return std::shared_ptr<const DeltaFacts>{};
    if (m_differing_count > 0) {
        const std::uint64_t more = m_differing_count - m_differing.size();
        return Error{Code::BASE_DIFFERS,
                     fmt::format("the delta package can't be applied: {}{}", fmt::join(m_differing, "; "),
                                 more == 0 ? "" : fmt::format("; and {} more", more))}
            .with_remedy("install the full package, or name it beside the delta package with --full-package");
    }
    for (std::size_t step = 0; step < m_checked.size(); ++step)
        MOS_CHECK(find_full_frames(step));
    std::ranges::copy(m_notices, std::back_inserter(notices));
    if (m_from_full_count > 1)
        notices.push_back(sum_of(m_from_full_count, m_from_full_bytes, m_from_full_count - m_notices.size()));
    return std::shared_ptr<const DeltaFacts>{m_facts};
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
    if (deltas == nullptr || deltas->steps[step].from_full.empty())
        return {};
    const auto &[from_full, frames] = deltas->steps[step];
    install.options.full_package->read_ahead_only(frames);
    MOS_TRY(package::EntryCursor cursor, install.options.full_package->entries());
    for (;;) {
        MOS_TRY(std::optional<Entry> entry, cursor.next());
        if (!entry)
            return {};
        if (const auto found = from_full.find(entry->path); found != from_full.end())
            m_from_full[step].emplace(found->first, FromFull{std::move(*entry), found->second});
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
        m_site.observer.notice(notice_of(wanted, *full->second.why));
        return step.options.full_package->read_content(full->second.entry, sink);
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
