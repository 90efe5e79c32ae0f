#include "archive_walk.hpp"

#include <mos/base/path.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <utility>

namespace mos::snapshot {

using base::Directory;
using base::FileStatus;
using base::FileType;
using base::in_quotes;

namespace {

constexpr std::size_t block_bytes = 256U << 10U;

Error changed(const std::string &path) {
    return Error{Code::CHANGED_MEANWHILE, fmt::format("{} changed while it was read", in_quotes(path))}.about(path);
}

bool same_file(const FileStatus &a, const FileStatus &b) {
    return a.inode == b.inode && a.device == b.device && a.mount == b.mount;
}

// True when somebody else's name stands where a file was found a moment ago.
bool was_replaced(const Error &error) {
    return error.code() == Code::UNSUPPORTED || error.code() == Code::SYMLINK_IN_PATH ||
           error.system_errno() == ENOTDIR;
}

// An entry that the walk has come to. `mount` is that of the path it was reached by.
struct Found {
    Directory &parent;
    std::string name;
    std::string path;
    FileStatus mount;
};

class Walk {
  public:
    Walk(Directory &root, const WalkOptions &options, MemberSink &sink, base::Observer &observer)
        : m_root(root), m_options(options), m_sink(sink), m_observer(observer), m_buffer(block_bytes) {}

    [[nodiscard]] Result<void> add_path(const std::string &path) {
        const base::SplitPath split = base::split_path(path);
        auto parent = m_root.open_directory(split.parent, base::Symlinks::refuse);
        if (!parent && parent.error().code() == Code::NOT_FOUND)
            return leave_out(path, "it is not there");
        if (!parent)
            return std::move(parent).error();
        MOS_TRY(const auto status, (*parent)->find(split.name));
        if (!status)
            return leave_out(path, "it is not there");
        return add({**parent, std::string{split.name}, path, *status});
    }

    [[nodiscard]] const ArchiveReport &report() const { return m_report; }

  private:
    struct Links {
        std::string first;
        std::uint32_t names_to_come = 0;
    };
    using Inode = std::pair<std::uint64_t, std::uint64_t>;  // and its device

    [[nodiscard]] Result<void> leave_out(const std::string &path, std::string_view why) {
        ++m_report.left_out;
        m_observer.notice(fmt::format("{} is left out of the archive: {}", in_quotes(path), why));
        return {};
    }

    [[nodiscard]] Result<void> add(const Found &found) {
        MOS_CHECK(m_observer.checkpoint());
        MOS_TRY(const auto status, found.parent.find(found.name));
        if (!status)
            return leave_out(found.path, "it is gone");
        if (status->mount != found.mount.mount || status->device != found.mount.device)
            return leave_out(found.path, "it lies on another mount");
        if (m_options.out && same_file(*status, *m_options.out))
            return leave_out(found.path, "it is the archive itself");
        if (const std::string why = m_options.exclude ? m_options.exclude(found.path) : std::string{}; !why.empty())
            return leave_out(found.path, why);
        switch (status->type) {
        case FileType::directory:
            return add_directory(found, *status);
        case FileType::regular:
        case FileType::symlink:
            return add_linked(found, *status);
        case FileType::character_device:
        case FileType::block_device:
        case FileType::fifo:
        case FileType::socket:
            break;
        }
        return leave_out(found.path, fmt::format("it is a {}", base::file_type_name(status->type)));
    }

    [[nodiscard]] Result<void> add_directory(const Found &found, const FileStatus &status) {
        auto opened = found.parent.open_directory(found.name, base::Symlinks::refuse);
        if (!opened && opened.error().code() == Code::NOT_FOUND)
            return leave_out(found.path, "it is gone");
        if (!opened)
            return was_replaced(opened.error()) ? changed(found.path).caused_by(std::move(opened).error())
                                                : std::move(opened).error();
        MOS_TRY(const FileStatus own, (*opened)->own_status());
        if (!same_file(own, status))
            return changed(found.path);
        MOS_TRY(auto attributes, attributes_of(found));
        MOS_CHECK(begin({.path = found.path,
                         .status = own,
                         .attributes = std::move(attributes),
                         .symlink_target = {},
                         .hard_link_to = {}}));
        MOS_CHECK(m_sink.end());
        MOS_TRY(const auto entries, (*opened)->list());
        for (const base::DirectoryEntry &entry : entries) {
            std::string path = found.path + '/' + entry.name;
            MOS_CHECK(base::check_entry_path(path));  // bounds the depth of this walk as well
            MOS_CHECK(add({**opened, entry.name, std::move(path), found.mount}));
        }
        return {};
    }

    // A file or a symbolic link, which may have been met under another name.
    [[nodiscard]] Result<void> add_linked(const Found &found, const FileStatus &status) {
        const Inode inode{status.inode, status.device};
        if (const auto known = m_links.find(inode); known != m_links.end()) {
            MOS_CHECK(begin({.path = found.path,
                             .status = status,
                             .attributes = {},
                             .symlink_target = {},
                             .hard_link_to = known->second.first}));
            MOS_CHECK(m_sink.end());
            if (--known->second.names_to_come == 0)
                m_links.erase(known);
            return {};
        }
        const std::uint64_t entries = m_report.entries;
        MOS_CHECK(status.type == FileType::symlink ? add_symlink(found, status) : add_file(found, status));
        if (status.links > 1 && m_report.entries > entries)
            m_links.emplace(inode, Links{found.path, status.links - 1});
        return {};
    }

    [[nodiscard]] Result<void> add_symlink(const Found &found, const FileStatus &status) {
        auto target = found.parent.read_symlink(found.name);
        if (!target && target.error().code() == Code::NOT_FOUND)
            return leave_out(found.path, "it is gone");
        if (!target)
            return target.error().system_errno() == EINVAL ? changed(found.path).caused_by(std::move(target).error())
                                                           : std::move(target).error();
        MOS_TRY(auto attributes, attributes_of(found));
        MOS_CHECK(begin({.path = found.path,
                         .status = status,
                         .attributes = std::move(attributes),
                         .symlink_target = std::move(target).value(),
                         .hard_link_to = {}}));
        return m_sink.end();
    }

    // Of what can't be read through a File.
    [[nodiscard]] static Result<base::ExtendedAttributes> attributes_of(const Found &found) {
        auto attributes = found.parent.extended_attributes(found.name);
        if (!attributes && attributes.error().code() == Code::NOT_FOUND)
            return changed(found.path).caused_by(std::move(attributes).error());
        return attributes;
    }

    [[nodiscard]] Result<void> add_file(const Found &found, const FileStatus &status) {
        auto opened = found.parent.open_file(found.name, base::OpenMode::read);
        if (!opened && opened.error().code() == Code::NOT_FOUND)
            return leave_out(found.path, "it is gone");
        if (!opened)
            return was_replaced(opened.error()) ? changed(found.path).caused_by(std::move(opened).error())
                                                : std::move(opened).error();
        base::File &file = **opened;
        MOS_TRY(const FileStatus before, file.status());
        if (!same_file(before, status))
            return changed(found.path);
        MOS_TRY(auto attributes, file.extended_attributes());
        MOS_CHECK(begin({.path = found.path,
                         .status = before,
                         .attributes = std::move(attributes),
                         .symlink_target = {},
                         .hard_link_to = {}}));
        MOS_CHECK(add_content(file, before.size, found.path));
        MOS_TRY(const FileStatus after, file.status());
        if (after.size != before.size || after.modified != before.modified)
            return changed(found.path);
        return m_sink.end();
    }

    [[nodiscard]] Result<void> add_content(base::File &file, std::uint64_t size, const std::string &path) {
        for (std::uint64_t offset = 0; offset < size;) {
            MOS_CHECK(m_observer.checkpoint());
            const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(m_buffer.size(), size - offset));
            MOS_TRY(const std::size_t count, file.read_at(offset, base::MutableByteView{m_buffer}.first(wanted)));
            if (count == 0)
                return changed(path);
            MOS_CHECK(m_sink.write(base::ByteView{m_buffer}.first(count)));
            offset += count;
            m_report.content_bytes += count;
            tell();
        }
        return {};
    }

    [[nodiscard]] Result<void> begin(const Member &member) {
        MOS_CHECK(m_sink.begin(member));
        ++m_report.entries;
        tell();
        return {};
    }

    void tell() {
        m_observer.report(
            {.phase = m_options.phase, .done_bytes = m_report.content_bytes, .done_entries = m_report.entries});
    }

    Directory &m_root;
    const WalkOptions &m_options;
    MemberSink &m_sink;
    base::Observer &m_observer;
    base::Bytes m_buffer;
    ArchiveReport m_report;
    std::map<Inode, Links> m_links;
};

// Whether a folder above `path` is one of `paths`.
bool is_covered(std::string_view path, const std::set<std::string, WalkOrder> &paths) {
    for (std::string_view above = base::split_path(path).parent; !above.empty();
         above = base::split_path(above).parent) {
        if (paths.contains(above))
            return true;
    }
    return false;
}

}  // namespace

Result<ArchiveReport> walk_members(Directory &root, const std::vector<std::string> &paths, const WalkOptions &options,
                                   MemberSink &sink, base::Observer &observer) {
    for (const std::string &path : paths)
        MOS_CHECK(base::check_entry_path(path));
    Walk walk{root, options, sink, observer};
    const std::set<std::string, WalkOrder> each_once{paths.begin(), paths.end()};
    for (const std::string &path : each_once) {
        if (!is_covered(path, each_once))
            MOS_CHECK(walk.add_path(path));
    }
    return walk.report();
}

}  // namespace mos::snapshot
