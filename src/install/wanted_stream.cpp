#include "walk.hpp"

#include <fmt/format.h>

namespace mos::install {

using base::FileType;
using package::Entry;
using package::EntryType;

namespace {

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

state::Attributes attributes_of(const Entry &entry) {
    return {.mode = entry.mode,
            .owner = entry.owner,
            .group = entry.group,
            .modified = {.seconds = entry.modified_unix_s, .nanoseconds = 0},
            .extended = entry.attributes};
}

}  // namespace

Result<WantedStream> WantedStream::open(package::Package &package, std::size_t step) {
    MOS_TRY(package::EntryCursor cursor, package.entries());
    WantedStream stream{std::move(cursor), step};
    MOS_CHECK(stream.advance());
    return stream;
}

Result<void> WantedStream::advance() {
    for (;;) {
        MOS_TRY(std::optional<Entry> next, m_cursor.next());
        if (!next) {
            m_entry.reset();
            return {};
        }
        if (package::installed_path(*next)) {
            m_entry = std::make_unique<Entry>(std::move(*next));
            break;
        }
    }
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
