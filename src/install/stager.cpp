#include "stager.hpp"

#include <mos/base/sparse_writer.hpp>

#include <fmt/format.h>

#include <cassert>

namespace mos::install {

using base::FileType;

namespace {

// Of every change but a removal.
const WantedEntry &wanted_of(const Change &change) {
    assert(change.wanted != nullptr);
    return *change.wanted;
}

}  // namespace

Result<void> Stager::take(const Change &change) {
    m_digest.add(change);
    // The job was told to replace what this was to be put beside.
    if (change.wanted != nullptr && m_replaced.contains(change.wanted->beside_of))
        return change.kind == ChangeKind::replace ? m_stage.remove(change.path) : Result<void>{};
    switch (change.kind) {
    case ChangeKind::unchanged:
        return {};
    case ChangeKind::foreign_output:
        m_left_out.emplace(change.path);
        [[fallthrough]];
    case ChangeKind::output:
        return m_stage.put_output(change.path);
    case ChangeKind::foreign_directory:
        m_left_out.emplace(change.path);
        [[fallthrough]];
    case ChangeKind::same_directory:
        return m_stage.set_attributes(change.path, wanted_of(change).attributes);
    case ChangeKind::leave_out:
        m_left_out.emplace(change.path);
        [[fallthrough]];
    case ChangeKind::keep:
        m_site.observer.notice_kept(change.path, change.note);
        return {};
    default:
        break;
    }
    MOS_CHECK(m_site.observer.checkpoint());
    if (change.sweep == Sweep::directory)
        m_swept.emplace_back(change.path);
    ++m_progress.done_entries;
    ++m_changed_paths;
    m_site.observer.report(m_progress);
    if (!change.note.empty() && change.kind != ChangeKind::ask)
        m_site.observer.notice(fmt::format("{} {}", base::in_quotes(change.path), change.note));
    switch (change.kind) {
    case ChangeKind::remove:
        return m_stage.remove(change.path);
    case ChangeKind::remove_tree:
        return m_stage.remove_tree(change.path);
    case ChangeKind::set_attributes:
        return m_stage.set_attributes(change.path, wanted_of(change).attributes);
    case ChangeKind::ask:
        return ask(change);
    default:
        if (change.kind == ChangeKind::add)
            m_stage.expect_nothing();
        return put(wanted_of(change));
    }
}

Result<void> Stager::ask(const Change &change) {
    MOS_TRY(const Answer answer, m_ask(change));
    switch (answer) {
    case Answer::stop:
        return Error{Code::CONFLICT, fmt::format("{} is in the way, and stays", base::in_quotes(change.path))}.about(
            std::string{change.path});
    case Answer::keep:
        if (wanted_of(change).first_of_links)
            return Error{Code::CONFLICT, fmt::format("{} is the first name of several that share a file, and can't be "
                                                     "left out alone",
                                                     base::in_quotes(change.path))}
                .about(std::string{change.path});
        if (wanted_of(change).role != state::FileRole::configuration)  // which is the package's none the less
            m_left_out.emplace(change.path);
        --m_changed_paths;
        m_site.observer.notice_kept(change.path, "is kept, as you answered");
        return {};
    case Answer::replace:
        m_replaced.emplace(change.path);
        break;
    }
    return put(wanted_of(change));
}

Result<void> Stager::put(const WantedEntry &wanted) {
    switch (wanted.type) {
    case FileType::directory:
        return m_stage.put_directory(wanted.path, wanted.attributes);
    case FileType::symlink:
        return m_stage.put_symlink(wanted.path, wanted.attributes, wanted.entry->target);
    default:
        break;
    }
    if (wanted.role == state::FileRole::beside)
        note_put_beside(wanted);
    if (!wanted.link_first.empty())
        return m_stage.put_link(wanted.path, wanted.link_first);
    if (wanted.first_of_links)
        m_stage.share();
    return m_stage.put_file(wanted.path, wanted.attributes,
                            [&](base::File &file) { return write_package_content(wanted, file); });
}

Result<void> Stager::write_package_content(const WantedEntry &wanted, base::File &file) {
    base::SparseWriter writer{file};
    const auto write = [&](base::ByteView bytes) -> Result<void> {
        MOS_CHECK(m_site.observer.checkpoint());
        MOS_CHECK(writer.write(bytes));
        m_progress.done_bytes += bytes.size();
        m_site.observer.report(m_progress);
        return {};
    };
    if (wanted.content != nullptr)
        MOS_CHECK(write(base::as_bytes(*wanted.content)));
    else
        MOS_CHECK(m_contents.read(wanted, write));
    return writer.finish();
}

void Stager::note_put_beside(const WantedEntry &wanted) {
    PutBeside &beside = m_put_beside.emplace_back();
    beside.step = wanted.step;
    beside.file.path = wanted.path;
    beside.file.attributes = wanted.attributes;
    beside.file.size = wanted.entry->size;
    beside.file.digest = wanted.entry->sha256;
    beside.file.role = state::FileRole::beside;
}

}  // namespace mos::install
