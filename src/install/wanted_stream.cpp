#include "walk.hpp"

#include <fmt/format.h>

namespace mos::install {

using base::FileType;
using package::Entry;
using package::EntryType;

namespace {

constexpr std::uint32_t implied_folder_mode = 0755;

FileType file_type(EntryType type) {
    switch (type) {
    case EntryType::directory:
        return FileType::directory;
    case EntryType::symlink:
        return FileType::symlink;
    default:
        return FileType::regular;
    }
}

// A package must not be half installed: what it brings besides files is refused until it is acted upon.
Result<void> check_section(const Entry &entry) {
    const auto section = package::section_of(entry.path);
    if (!section || *section == package::Section::files || *section == package::Section::metadata ||
        entry.type == EntryType::directory)
        return {};
    return Error{Code::NOT_BUILT, fmt::format("the package carries {}, which this version does not act upon",
                                              base::in_quotes(entry.path))}
        .about(entry.path);
}

state::Attributes attributes_of(const Entry &entry) {
    return {.mode = entry.mode,
            .owner = entry.owner,
            .group = entry.group,
            .modified = {.seconds = entry.modified_unix_s, .nanoseconds = 0},
            .extended = entry.attributes};
}

}  // namespace

WantedStream::WantedStream(package::EntryCursor cursor, package::Package &package, std::size_t step,
                           const std::vector<std::string> &implied_folders)
    : m_cursor(std::move(cursor)), m_created_unix_s(package.statement().created_unix_s), m_implied(&implied_folders) {
    m_wanted.step = step;
}

Result<WantedStream> WantedStream::open(package::Package &package, std::size_t step,
                                        const std::vector<std::string> &implied_folders) {
    MOS_TRY(package::EntryCursor cursor, package.entries());
    WantedStream stream{std::move(cursor), package, step, implied_folders};
    MOS_CHECK(stream.read_entry());
    MOS_CHECK(stream.advance());
    return stream;
}

// One entry is read ahead: an implied folder comes before the first entry that sorts after it.
Result<void> WantedStream::advance() {
    const bool has_shown_entry = m_wanted.entry != nullptr;
    if (has_shown_entry)
        MOS_CHECK(read_entry());
    const bool has_implied = m_next_implied < m_implied->size();
    if (has_implied && (m_entry == nullptr || (*m_implied)[m_next_implied] < *package::installed_path(*m_entry)))
        return show_implied(), Result<void>{};
    m_at_end = m_entry == nullptr;
    return m_at_end ? Result<void>{} : show_entry();
}

Result<void> WantedStream::read_entry() {
    for (;;) {
        MOS_TRY(std::optional<Entry> next, m_cursor.next());
        if (!next) {
            m_entry.reset();
            return {};
        }
        MOS_CHECK(check_section(*next));
        if (package::installed_path(*next)) {
            m_entry = std::make_unique<Entry>(std::move(*next));
            return {};
        }
    }
}

void WantedStream::show_implied() {
    m_wanted = {.step = m_wanted.step,
                .path = (*m_implied)[m_next_implied++],
                .type = FileType::directory,
                .attributes = {.mode = implied_folder_mode,
                               .owner = 0,
                               .group = 0,
                               .modified = {.seconds = m_created_unix_s, .nanoseconds = 0},
                               .extended = {}},
                .entry = nullptr,
                .link_first = {},
                .first_of_links = false};
}

Result<void> WantedStream::show_entry() {
    m_wanted.path = *package::installed_path(*m_entry);
    m_wanted.type = file_type(m_entry->type);
    m_wanted.entry = m_entry.get();
    m_wanted.first_of_links = m_entry->type == EntryType::regular && m_entry->links > 1;
    m_wanted.link_first = {};
    if (m_entry->type != EntryType::hard_link) {
        m_wanted.attributes = attributes_of(*m_entry);
        if (m_wanted.first_of_links)
            m_shared.emplace(m_entry->path, m_wanted.attributes);
        return {};
    }
    const auto shared = m_shared.find(m_entry->target);
    if (shared == m_shared.end())
        return Error{Code::FORMAT,
                     fmt::format("{} is a link to an entry that does not announce it", base::in_quotes(m_entry->path))}
            .about(m_entry->path);
    m_wanted.attributes = shared->second;
    m_wanted.link_first =
        std::string_view{m_entry->target}.substr(package::section_prefix(package::Section::files).size());
    return {};
}

}  // namespace mos::install
