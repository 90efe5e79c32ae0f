#include "input_scan.hpp"

#include <mos/base/path.hpp>
#include <mos/package/index_line.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <set>

namespace mos::package {

namespace {

constexpr std::size_t read_bytes = 256U << 10U;
constexpr std::uint32_t symlink_mode = 0777;
constexpr std::size_t max_placement_bytes = 128;  // what the second pass adds to a line: numbers of a bounded length

using Key = std::array<std::byte, 16>;
struct KeyHash {
    std::size_t operator()(const Key &key) const noexcept {
        std::size_t value = 0;
        std::memcpy(&value, key.data(), sizeof value);
        return value;
    }
};

Key key_of(std::string_view text) {
    const crypto::Sha256Digest digest = crypto::sha256(base::as_bytes(text));
    Key key{};
    std::copy_n(digest.begin(), key.size(), key.begin());
    return key;
}

// Where an earlier entry stands: in the lines, and its number.
struct Earlier {
    std::uint64_t offset = 0;
    std::uint64_t number = 0;
};

class Scan {
  public:
    Scan(const CreateOptions &options, PackageKind kind, base::ScratchFile lines)
        : m_options(options), m_kind(kind), m_input{std::move(lines), {}} {}

    [[nodiscard]] Result<void> add_tree(const InputTree &tree, std::size_t number);
    [[nodiscard]] ScannedInput take() { return std::move(m_input); }

  private:
    // A name in a folder, met twice if it is a folder itself: as an entry and, later in byte order, for what is below
    // it.
    struct Step {
        std::string key;
        const base::DirectoryEntry *entry;
        bool descend;
    };

    [[nodiscard]] Result<void> walk(base::Directory &directory, const std::string &path);
    [[nodiscard]] Result<void> add(base::Directory &directory, const std::string &name, const std::string &path);
    [[nodiscard]] Result<Entry> describe(const std::string &path, const base::FileStatus &status) const;
    void notice_linked_symlink(const base::FileStatus &status, const std::string &path);
    [[nodiscard]] Result<void> add_attributes(Entry &entry, const base::ExtendedAttributes &found);
    [[nodiscard]] Result<void> add_file(base::Directory &directory, const std::string &name,
                                        const base::FileStatus &status, Entry entry);
    [[nodiscard]] Result<bool> link_to_earlier(const base::FileStatus &status, Entry &entry);
    [[nodiscard]] Result<void> copy_earlier(const base::FileStatus &status, Entry &entry);
    [[nodiscard]] Result<std::string> path_at(const Earlier &earlier);
    [[nodiscard]] Result<void> write(const Entry &entry);
    [[nodiscard]] Earlier here() const { return {m_input.lines.size(), m_input.entries}; }

    const CreateOptions &m_options;
    const Limits m_limits;
    PackageKind m_kind;
    ScannedInput m_input;
    std::size_t m_tree = 0;
    std::string m_previous;
    std::unordered_map<Key, Earlier, KeyHash> m_inodes;    // of files with several names
    std::unordered_map<Key, Earlier, KeyHash> m_contents;  // content and metadata, of every file
    std::set<std::string> m_noticed;                       // attributes that were left out
    bool m_linked_symlink_noticed = false;
    base::Progress m_progress;
};

Result<void> Scan::add_tree(const InputTree &tree, std::size_t number) {
    m_tree = number;
    std::string top{section_prefix(tree.section)};
    if (!tree.prefix.empty()) {
        MOS_CHECK(base::check_entry_path(tree.prefix));
        top += tree.prefix;
        MOS_TRY(const base::FileStatus status, tree.directory->own_status());
        MOS_TRY(const Entry entry, describe(top, status));
        MOS_CHECK(write(entry));
        top += '/';
    }
    return walk(*tree.directory, top);
}

// In the byte order of whole paths, "a" comes before "a-b" and that before "a/b".
Result<void> Scan::walk(base::Directory &directory, const std::string &path) {
    MOS_TRY(const std::vector<base::DirectoryEntry> listed, directory.list());
    std::vector<Step> steps;
    for (const base::DirectoryEntry &entry : listed) {
        steps.push_back({entry.name, &entry, false});
        if (entry.type == base::FileType::directory)
            steps.push_back({entry.name + '/', &entry, true});
    }
    std::sort(steps.begin(), steps.end(), [](const Step &a, const Step &b) { return a.key < b.key; });
    for (const Step &step : steps) {
        if (!step.descend) {
            MOS_CHECK(add(directory, step.entry->name, path + step.entry->name));
            continue;
        }
        MOS_TRY(const auto below, directory.open_directory(step.entry->name, base::Symlinks::refuse));
        MOS_CHECK(walk(*below, path + step.key));
    }
    return {};
}

Result<void> Scan::add(base::Directory &directory, const std::string &name, const std::string &path) {
    MOS_CHECK(m_options.observer->checkpoint());
    MOS_TRY(const std::optional<base::FileStatus> status, directory.find(name));
    if (!status)
        return Error{Code::CHANGED_MEANWHILE, fmt::format("input {} went away", base::in_quotes(path))}.about(path);
    MOS_TRY(Entry entry, describe(path, *status));
    if (entry.type == EntryType::symlink) {
        MOS_TRY(entry.target, directory.read_symlink(name));
        notice_linked_symlink(*status, path);
    } else {
        MOS_TRY(const base::ExtendedAttributes attributes, directory.extended_attributes(name));
        MOS_CHECK(add_attributes(entry, attributes));
    }
    ++m_progress.done_entries;
    m_options.observer->report(m_progress);
    if (entry.type == EntryType::regular)
        return add_file(directory, name, *status, std::move(entry));
    return write(entry);
}

Result<Entry> Scan::describe(const std::string &path, const base::FileStatus &status) const {
    Entry entry;
    entry.path = path;
    entry.mode = status.mode;
    switch (status.type) {
    case base::FileType::regular:
        entry.type = EntryType::regular;
        entry.size = status.size;
        break;
    case base::FileType::directory:
        entry.type = EntryType::directory;
        break;
    case base::FileType::symlink:
        entry.type = EntryType::symlink;
        entry.mode = symlink_mode;
        break;
    default:
        return Error{Code::ENTRY_UNSUPPORTED,
                     fmt::format("input {} is a {}", base::in_quotes(path), base::file_type_name(status.type))}
            .about(path);
    }
    if (m_options.owners == Owners::keep) {
        entry.owner = status.owner;
        entry.group = status.group;
    }
    entry.modified_unix_s = status.modified.seconds;
    if (m_options.source_date_epoch)
        entry.modified_unix_s = std::min(entry.modified_unix_s, *m_options.source_date_epoch);
    return entry;
}

void Scan::notice_linked_symlink(const base::FileStatus &status, const std::string &path) {
    if (status.links < 2 || m_linked_symlink_noticed)
        return;
    m_linked_symlink_noticed = true;
    m_options.observer->notice(fmt::format(
        "symbolic links with several names (hard links), as {}, become a link for each", base::in_quotes(path)));
}

Result<void> Scan::add_attributes(Entry &entry, const base::ExtendedAttributes &found) {
    for (const base::ExtendedAttribute &attribute : found) {
        if (is_carried_attribute(attribute.name))
            entry.attributes.push_back(attribute);
        else if (m_noticed.insert(attribute.name).second)
            m_options.observer->notice(fmt::format("extended attributes named {}, as of {}, are left out",
                                                   base::in_quotes(attribute.name), base::in_quotes(entry.path)));
    }
    return {};
}

Result<void> Scan::add_file(base::Directory &directory, const std::string &name, const base::FileStatus &status,
                            Entry entry) {
    MOS_TRY(const bool linked, link_to_earlier(status, entry));
    if (linked)
        return write(entry);
    crypto::Sha256 hasher;
    MOS_CHECK(read_input_file(directory, name, entry.path, entry.size, *m_options.observer,
                              [&](base::ByteView part) -> Result<void> {
                                  hasher.update(part);
                                  return {};
                              }));
    entry.sha256 = hasher.finish();
    m_input.content_bytes += entry.size;
    m_progress.done_bytes += entry.size;
    if (entry.size > 0)
        MOS_CHECK(copy_earlier(status, entry));
    return write(entry);
}

// True when the entry has become a hard link.
Result<bool> Scan::link_to_earlier(const base::FileStatus &status, Entry &entry) {
    if (status.links < 2)
        return false;
    const auto [at, first] =
        m_inodes.emplace(key_of(fmt::format("{} {} {}", m_tree, status.device, status.inode)), here());
    if (first)
        return false;
    MOS_TRY(std::string target, path_at(at->second));
    if (!m_input.sharing.contains(at->second.number) && m_input.sharing.size() >= m_limits.shared_entries)
        return Error{Code::LIMIT, fmt::format("more than {} files have hard links", m_limits.shared_entries)};
    ++m_input.sharing[at->second.number].links;
    entry.type = EntryType::hard_link;
    entry.target = std::move(target);
    entry.size = 0;
    entry.attributes.clear();
    return true;
}

Result<void> Scan::copy_earlier(const base::FileStatus &status, Entry &entry) {
    Entry unnamed = entry;
    unnamed.path.clear();
    const auto [at, first] = m_contents.emplace(key_of(write_content_line(unnamed)), here());
    // One that has other names is stored for itself: it may become the first of a group of hard links.
    if (first || status.links > 1)
        return {};
    if (!m_input.sharing.contains(at->second.number) && m_input.sharing.size() >= m_limits.shared_entries)
        return {};
    MOS_TRY(entry.copy_of, path_at(at->second));
    ++m_input.sharing[at->second.number].copies;
    m_input.deduplicated_bytes += entry.size;
    return {};
}

Result<std::string> Scan::path_at(const Earlier &earlier) {
    const auto count = std::min<std::uint64_t>(m_limits.index_line_bytes, m_input.lines.size() - earlier.offset);
    base::Bytes bytes(static_cast<std::size_t>(count));
    MOS_CHECK(m_input.lines.read_exactly(earlier.offset, bytes));
    const std::string_view text = base::as_text(bytes);
    MOS_TRY(const Entry entry, parse_entry_line(text.substr(text.find('{'), text.find('\n') - text.find('{'))));
    return entry.path;
}

Result<void> Scan::write(const Entry &entry) {
    if (entry.path <= m_previous)
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("input folders overlap or are not in the order of their paths: {} "
                                 "comes after {}",
                                 base::in_quotes(entry.path), base::in_quotes(m_previous))};
    MOS_CHECK(check_entry(entry, m_kind, m_limits));
    const std::string line = write_entry_line(entry);
    if (line.size() + max_placement_bytes > m_limits.index_line_bytes)
        return Error{Code::LIMIT, fmt::format("entry {} needs a line of {} bytes in the index",
                                              base::in_quotes(entry.path), line.size())}
            .about(entry.path);
    if (++m_input.entries > m_limits.entries)
        return Error{Code::LIMIT, fmt::format("more than {} entries", m_limits.entries)};
    m_previous = entry.path;
    return m_input.lines.append(base::as_bytes(fmt::format("{} {}\n", m_tree, line)));
}

}  // namespace

Result<ScannedInput> scan_input(std::span<const InputTree> trees, const CreateOptions &options, PackageKind kind,
                                base::ScratchFile lines) {
    Scan scan{options, kind, std::move(lines)};
    for (std::size_t i = 0; i < trees.size(); ++i)
        MOS_CHECK(scan.add_tree(trees[i], i));
    return scan.take();
}

Result<std::optional<ScannedEntry>> ScannedEntries::next() {
    MOS_TRY(const std::optional<std::string_view> line, m_lines.next());
    if (!line)
        return std::optional<ScannedEntry>{};
    ScannedEntry scanned;
    const std::size_t space = line->find(' ');
    std::from_chars(line->data(), line->data() + space, scanned.tree);
    MOS_TRY(scanned.entry, parse_entry_line(line->substr(space + 1)));
    if (const auto found = m_input->sharing.find(m_number); found != m_input->sharing.end()) {
        scanned.entry.links = found->second.links;
        scanned.entry.copies = found->second.copies;
    }
    ++m_number;
    return std::optional<ScannedEntry>{std::move(scanned)};
}

std::string_view path_in_tree(const InputTree &tree, std::string_view entry_path) {
    entry_path.remove_prefix(section_prefix(tree.section).size());
    if (!tree.prefix.empty())
        entry_path.remove_prefix(std::min(tree.prefix.size() + 1, entry_path.size()));
    return entry_path;
}

Result<void> read_input_file(base::Directory &directory, std::string_view name, std::string_view shown,
                             std::uint64_t size, base::Observer &observer, const base::ByteSink &sink) {
    const auto changed = [&] {
        return Error{Code::CHANGED_MEANWHILE, fmt::format("input {} changed while it was read", base::in_quotes(shown))}
            .about(std::string{shown});
    };
    MOS_TRY(const auto file, directory.open_file(name, base::OpenMode::read));
    base::Bytes buffer(static_cast<std::size_t>(std::min<std::uint64_t>(size + 1, read_bytes)));
    for (std::uint64_t done = 0;;) {
        MOS_CHECK(observer.checkpoint());
        MOS_TRY(const std::size_t count, file->read_at(done, buffer));
        done += count;
        if (done > size)
            return changed();
        MOS_CHECK(sink(base::ByteView{buffer}.first(count)));
        if (count < buffer.size())
            return done == size ? Result<void>{} : Result<void>{changed()};
    }
}

}  // namespace mos::package
