#include "merge_source.hpp"

#include <mos/base/path.hpp>

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace mos::engine {

using snapshot::PastEntry;
using snapshot::PastPath;
using snapshot::RestoreChoice;
using snapshot::RestoreFinding;

namespace {

constexpr const char *keeps = "keep";
constexpr const char *takes_past = "past";
constexpr const char *stops = "stop";

RestoreChoice choice_of(const std::string &answer) {
    if (answer == keeps)
        return RestoreChoice::keep;
    return answer == takes_past ? RestoreChoice::past : RestoreChoice::refuse;
}

}  // namespace

Result<void> MergeSource::for_each(const Take &take) {
    m_beside.clear();
    MOS_CHECK(m_source->for_each([&](const PastPath &told) -> Result<void> {
        MOS_CHECK(tell_beside(told.path, take));
        std::optional<PastPath> held;
        if (m_edits == Edits::told && told.left.kind == snapshot::LeftBehind::Kind::anything) {
            held = told;
            held->left.kind = snapshot::LeftBehind::Kind::installed;
        }
        m_present = held ? &*held : &told;
        Result<void> taken = take(*m_present);
        m_present = nullptr;
        return taken;
    }));
    while (!m_beside.empty())
        MOS_CHECK(take(m_beside.extract(m_beside.begin()).mapped()));
    return {};
}

Result<std::unique_ptr<base::File>> MergeSource::open_content(const PastPath &past) {
    const auto original = m_originals.find(past.path);
    return m_source->open_content(original != m_originals.end() ? original->second : past);
}

Result<void> MergeSource::tell_beside(std::string_view before, const Take &take) {
    while (!m_beside.empty() && m_beside.begin()->first < before)
        MOS_CHECK(take(m_beside.extract(m_beside.begin()).mapped()));
    return {};
}

// A name behind the file's own, so its turn is still to come.
void MergeSource::put_beside() {
    PastPath beside = *m_present;
    beside.path = fmt::format("{}.{}", m_present->path, name());
    beside.entry->file = 0;
    beside.entry->unchanged.reset();
    beside.left = {.kind = snapshot::LeftBehind::Kind::nothing, .witness = {}};
    beside.left_attributes.reset();
    m_originals.insert_or_assign(beside.path, *m_present);
    m_beside.insert_or_assign(beside.path, std::move(beside));
}

Result<RestoreChoice> MergeSource::by_time(const RestoreFinding &finding, bool newer) {
    if (m_present == nullptr || m_present->path != finding.path || !m_present->entry)
        return RestoreChoice::keep;  // there is nothing to compare with
    const base::SplitPath split = base::split_path(finding.path);
    auto opened = m_root.open_directory(split.parent, base::Symlinks::refuse);
    if (!opened && opened.error().code() == Code::NOT_FOUND)
        return RestoreChoice::keep;
    MOS_TRY(const auto folder, std::move(opened));
    MOS_TRY(const auto there, folder->find(split.name));
    if (!there)  // somebody took it away, and nobody can tell when
        return RestoreChoice::keep;
    const base::FileTime then = m_present->entry->attributes.modified;
    const base::FileTime now = there->modified;
    const bool past_is_newer = std::pair{then.seconds, then.nanoseconds} > std::pair{now.seconds, now.nanoseconds};
    return past_is_newer == newer ? RestoreChoice::past : RestoreChoice::keep;
}

Result<RestoreChoice> MergeSource::by_question(const RestoreFinding &finding) {
    if (m_ask == nullptr)
        return RestoreChoice::keep;
    if (const auto known = m_answers.find(finding.path); known != m_answers.end())
        return known->second;
    const Result<std::string> answer =
        (*m_ask)({.id = 0,
                  .text = fmt::format("{}: keep it as it is, or take what was there at {} (it then goes into the "
                                      "new recovery point)?",
                                      finding.sentence, name()),
                  .object = finding.path,
                  .choices = {keeps, takes_past, stops},
                  .fallback = keeps});
    if (!answer)
        return answer.error();
    const RestoreChoice choice = choice_of(*answer);
    m_answers.emplace(finding.path, choice);
    return choice;
}

Result<RestoreChoice> MergeSource::decide(const RestoreFinding &finding) {
    if (finding.kind != RestoreFinding::Kind::edited)
        return snapshot::careful(finding);
    switch (m_rule) {
    case MergeRule::usual:
    case MergeRule::keep:
        return RestoreChoice::keep;
    case MergeRule::refuse:
        return RestoreChoice::refuse;
    case MergeRule::past:
        return RestoreChoice::past;
    case MergeRule::ask:
        return by_question(finding);
    case MergeRule::prefer_newer:
        return by_time(finding, true);
    case MergeRule::prefer_older:
        return by_time(finding, false);
    case MergeRule::keep_both:
        break;
    }
    const bool has_other = m_present != nullptr && m_present->path == finding.path && m_present->entry &&
                           m_present->entry->type == base::FileType::regular &&
                           m_present->entry->content == PastEntry::Content::kept;
    if (has_other)
        put_beside();
    return RestoreChoice::keep;
}

}  // namespace mos::engine
