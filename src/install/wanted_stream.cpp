#include "walk.hpp"

#include <mos/base/path.hpp>

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

state::Attributes attributes_of(const Entry &entry) {
    return {.mode = entry.mode,
            .owner = entry.owner,
            .group = entry.group,
            .modified = {.seconds = entry.modified_unix_s, .nanoseconds = 0},
            .extended = entry.attributes};
}

}  // namespace

WantedStream::WantedStream(package::EntryCursor cursor, package::Package &package, std::size_t step,
                           const Brought &brought)
    : m_cursor(std::move(cursor)), m_created_unix_s(package.statement().created_unix_s), m_brought(&brought) {
    m_wanted.step = step;
}

Result<WantedStream> WantedStream::open(package::Package &package, std::size_t step, const Brought &brought) {
    MOS_TRY(package::EntryCursor cursor, package.entries());
    WantedStream stream{std::move(cursor), package, step, brought};
    MOS_CHECK(stream.read_entry());
    MOS_CHECK(stream.advance());
    return stream;
}

// Three sorted sources, of each of which the next is known.
Result<void> WantedStream::advance() {
    if (m_shown_from == From::package)
        MOS_CHECK(read_entry());
    const std::string *lowest = m_next == nullptr ? nullptr : &m_next->path;
    m_shown_from = From::package;
    const auto offer = [&](const std::string &path, From from) {
        if (lowest != nullptr && *lowest <= path)
            return;
        lowest = &path;
        m_shown_from = from;
    };
    if (m_next_implied < m_brought->implied_folders.size())
        offer(m_brought->implied_folders[m_next_implied], From::implied);
    if (m_next_extra < m_brought->extras.size())
        offer(m_brought->extras[m_next_extra].path, From::extras);
    m_at_end = lowest == nullptr;
    if (m_at_end)
        return {};
    const std::size_t step = m_wanted.step;
    m_wanted = {};
    m_wanted.step = step;
    switch (m_shown_from) {
    case From::implied:
        show_implied();
        return {};
    case From::extras:
        show_extra();
        return {};
    default:
        return show_entry();
    }
}

Result<void> WantedStream::read_entry() {
    for (;;) {
        MOS_TRY(std::optional<Entry> next, m_cursor.next());
        if (!next) {
            m_next.reset();
            return {};
        }
        const auto path = package::installed_path(*next);
        if (!path)
            continue;
        std::string beneath_root = base::join_path(m_brought->prefix, *path);
        m_next = std::make_unique<Shown>(Shown{std::move(*next), std::move(beneath_root), {}});
        return {};
    }
}

void WantedStream::show_implied() {
    m_wanted.path = m_brought->implied_folders[m_next_implied++];
    m_wanted.type = FileType::directory;
    m_wanted.attributes.mode = implied_folder_mode;
    m_wanted.attributes.modified.seconds = m_created_unix_s;
}

void WantedStream::show_extra() {
    const Extra &extra = m_brought->extras[m_next_extra++];
    m_wanted.path = extra.path;
    m_wanted.attributes = attributes_of(extra.entry);
    m_wanted.entry = &extra.entry;
    m_wanted.role = extra.role;
    m_wanted.content = &extra.content;
}

Result<void> WantedStream::show_entry() {
    const Entry &entry = m_next->entry;
    m_wanted.path = m_next->path;
    m_wanted.type = file_type(entry.type);
    m_wanted.entry = &entry;
    m_wanted.first_of_links = entry.type == EntryType::regular && entry.links > 1;
    const bool alone = entry.type == EntryType::regular && entry.links <= 1;
    if (alone && package::is_configuration(m_brought->manifest, *package::installed_path(entry)))
        m_wanted.role = state::FileRole::configuration;
    if (entry.type != EntryType::hard_link) {
        m_wanted.attributes = attributes_of(entry);
        if (m_wanted.first_of_links)
            m_shared.emplace(entry.path, m_wanted.attributes);
        return {};
    }
    const auto shared = m_shared.find(entry.target);
    if (shared == m_shared.end())
        return Error{Code::FORMAT,
                     fmt::format("{} is a link to an entry that does not announce it", base::in_quotes(entry.path))}
            .about(entry.path);
    m_wanted.attributes = shared->second;
    const std::string_view first =
        std::string_view{entry.target}.substr(package::section_prefix(package::Section::files).size());
    m_next->link_first = base::join_path(m_brought->prefix, first);
    m_wanted.link_first = m_next->link_first;
    return {};
}

}  // namespace mos::install
