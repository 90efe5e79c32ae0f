#include "tree_image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <tuple>

namespace mos::test {

using base::Directory;
using base::DirectoryEntry;
using base::ExtendedAttribute;
using base::FileStatus;
using base::FileType;

namespace {

constexpr std::uint64_t max_content_bytes = 64U << 20U;
constexpr std::size_t max_reported = 20;
constexpr std::size_t max_shown_bytes = 40;

class Scanner {
  public:
    explicit Scanner(std::span<const std::string_view> except) : m_except(except) {}

    Result<void> directory(Directory &directory, const std::string &path) {
        MOS_TRY(const std::vector<DirectoryEntry> listed, directory.list());
        for (const DirectoryEntry &entry : listed) {
            const std::string below = path.empty() ? entry.name : path + "/" + entry.name;
            if (std::ranges::find(m_except, std::string_view{below}) == m_except.end())
                MOS_CHECK(this->entry(directory, entry.name, below));
        }
        return {};
    }

    void add(const std::string &path, const FileStatus &status) {
        TreeEntry entry;
        entry.path = path;
        entry.type = status.type;
        entry.mode = status.mode;
        entry.owner = status.owner;
        entry.group = status.group;
        entry.modified = status.modified;
        m_image.entries.push_back(std::move(entry));
        if (status.links > 1 && status.type != FileType::directory)
            m_linked.push_back({status.device, status.inode, m_image.entries.size() - 1});
    }

    TreeImage finish() {
        name_groups();
        std::ranges::sort(m_image.entries, {}, &TreeEntry::path);
        return std::move(m_image);
    }

  private:
    struct Linked {
        std::uint64_t device;
        std::uint64_t inode;
        std::size_t index;
    };

    Result<void> entry(Directory &directory, const std::string &name, const std::string &path) {
        MOS_TRY(const std::optional<FileStatus> status, directory.find(name));
        if (!status)
            return Error{Code::CHANGED_MEANWHILE, fmt::format("{} went away", base::in_quotes(path))};
        add(path, *status);
        const std::size_t index = m_image.entries.size() - 1;
        MOS_TRY(m_image.entries[index].attributes, directory.extended_attributes(name));
        if (status->type == FileType::regular) {
            MOS_TRY(const base::Bytes content, base::read_file(directory, name, max_content_bytes));
            m_image.entries[index].content = base::as_text(content);
        }
        if (status->type == FileType::symlink) {
            MOS_TRY(m_image.entries[index].target, directory.read_symlink(name));
        }
        if (status->type != FileType::directory)
            return {};
        MOS_TRY(const auto inner, directory.open_directory(name, base::Symlinks::refuse));
        return this->directory(*inner, path);
    }

    void name_groups() {
        const auto path_of = [&](const Linked &one) -> const std::string & { return m_image.entries[one.index].path; };
        std::ranges::sort(m_linked, [&](const Linked &a, const Linked &b) {
            return std::tie(a.device, a.inode, path_of(a)) < std::tie(b.device, b.inode, path_of(b));
        });
        for (auto first = m_linked.begin(); first != m_linked.end();) {
            const auto last = std::find_if(first, m_linked.end(), [&](const Linked &other) {
                return other.device != first->device || other.inode != first->inode;
            });
            for (auto one = first; one != last && last - first > 1; ++one)
                m_image.entries[one->index].first_linked = path_of(*first);
            first = last;
        }
    }

    std::span<const std::string_view> m_except;
    TreeImage m_image;
    std::vector<Linked> m_linked;
};

std::string excerpt(std::string_view text) {
    if (text.size() <= max_shown_bytes)
        return base::in_quotes(text);
    return fmt::format("{}… ({} bytes)", base::in_quotes(text.substr(0, max_shown_bytes)), text.size());
}

std::string list_of(const base::ExtendedAttributes &attributes) {
    std::string text;
    for (const ExtendedAttribute &attribute : attributes)
        text +=
            fmt::format("{}{}={}", text.empty() ? "" : " ", attribute.name, excerpt(base::as_text(attribute.value)));
    return text.empty() ? "none" : text;
}

std::string time_text(base::FileTime time) { return fmt::format("{}.{:09}", time.seconds, time.nanoseconds); }

std::string compare(const TreeEntry &expected, const TreeEntry &actual, const DirectoryTimes &counts) {
    std::string text;
    const auto note = [&](std::string_view what, const std::string &is, const std::string &should) {
        if (is != should)
            text += fmt::format("{} {} is {}, expected {}\n", base::in_quotes(actual.path), what, is, should);
    };
    note("type", std::string{file_type_name(actual.type)}, std::string{file_type_name(expected.type)});
    if (actual.type != expected.type)
        return text;
    note("mode", fmt::format("{:04o}", actual.mode), fmt::format("{:04o}", expected.mode));
    note("owner", fmt::format("{}:{}", actual.owner, actual.group),
         fmt::format("{}:{}", expected.owner, expected.group));
    if (actual.type != FileType::directory || counts(actual.path))
        note("time", time_text(actual.modified), time_text(expected.modified));
    if (actual.attributes != expected.attributes)
        note("attributes", list_of(actual.attributes), list_of(expected.attributes) + " (or longer)");
    if (actual.content != expected.content)
        note("content", excerpt(actual.content), excerpt(expected.content) + " (or further on)");
    note("target", base::in_quotes(actual.target), base::in_quotes(expected.target));
    note("link group", base::in_quotes(actual.first_linked), base::in_quotes(expected.first_linked));
    return text;
}

}  // namespace

const TreeEntry *TreeImage::find(std::string_view path) const {
    const auto at = std::ranges::lower_bound(entries, path, {},
                                             [](const TreeEntry &entry) -> std::string_view { return entry.path; });
    return at != entries.end() && at->path == path ? &*at : nullptr;
}

Result<TreeImage> scan(Directory &root, std::span<const std::string_view> except) {
    Scanner scanner{except};
    MOS_TRY(const FileStatus own, root.own_status());
    scanner.add("", own);
    MOS_CHECK(scanner.directory(root, ""));
    return scanner.finish();
}

std::string difference(const TreeImage &expected, const TreeImage &actual, const DirectoryTimes &counts) {
    std::vector<std::string> lines;
    auto one = expected.entries.begin();
    auto other = actual.entries.begin();
    while (one != expected.entries.end() || other != actual.entries.end()) {
        if (other == actual.entries.end() || (one != expected.entries.end() && one->path < other->path)) {
            lines.push_back(fmt::format("{} is missing\n", base::in_quotes((one++)->path)));
        } else if (one == expected.entries.end() || other->path < one->path) {
            lines.push_back(fmt::format("{} should not be there\n", base::in_quotes((other++)->path)));
        } else if (std::string text = compare(*one++, *other++, counts); !text.empty()) {
            lines.push_back(std::move(text));
        }
    }
    std::string all;
    for (std::size_t i = 0; i < std::min(lines.size(), max_reported); ++i)
        all += lines[i];
    if (lines.size() > max_reported)
        all += fmt::format("and {} more\n", lines.size() - max_reported);
    return all;
}

}  // namespace mos::test
