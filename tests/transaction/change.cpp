#include "change.hpp"

#include <mos/base/path.hpp>

#include <algorithm>
#include <map>

namespace mos::test {

using base::Directory;
using base::FileType;
using base::OpenMode;
using base::Symlinks;

namespace {

constexpr std::int64_t image_time = 1'600'000'000;  // long before the twin's clock, so a time that nobody set shows

transaction::ContentWriter writer_of(const std::string &content) {
    return [&content](base::File &file) { return file.write_at(0, base::as_bytes(content)); };
}

Result<void> make(Directory &root, Directory &parent, std::string_view name, const TreeEntry &entry) {
    if (entry.type == FileType::directory) {
        // The top of a volume is there already, and what leads to it.
        MOS_TRY(const auto there, parent.find(name));
        return there ? Result<void>{} : parent.make_directory(name, 0700);
    }
    if (entry.type == FileType::symlink)
        return parent.make_symlink(name, entry.target);
    if (!entry.first_linked.empty() && entry.first_linked != entry.path) {
        const base::SplitPath first = base::split_path(entry.first_linked);
        MOS_TRY(const auto from, root.open_directory(first.parent, Symlinks::refuse));
        return from->make_link(first.name, parent, name);
    }
    MOS_TRY(const auto file, parent.open_file(name, OpenMode::create_new));
    return file->write_at(0, base::as_bytes(entry.content));
}

// Which entries of `wanted` belong to a hard-link group that `present` has not just so.
class Groups {
  public:
    Groups(const TreeImage &present, const TreeImage &wanted)
        : m_present(members(present)), m_wanted(members(wanted)) {}

    [[nodiscard]] bool changed(const TreeEntry &entry) const {
        if (entry.first_linked.empty())
            return false;
        const auto before = m_present.find(entry.first_linked);
        const auto after = m_wanted.find(entry.first_linked);
        return before == m_present.end() || before->second != after->second;
    }

  private:
    using Members = std::map<std::string, std::vector<TreeEntry>>;
    static Members members(const TreeImage &image) {
        Members found;
        for (const TreeEntry &entry : image.entries) {
            if (!entry.first_linked.empty())
                found[entry.first_linked].push_back(entry);
        }
        return found;
    }
    Members m_present;
    Members m_wanted;
};

Result<void> put(transaction::Stage &stage, const TreeEntry &entry) {
    switch (entry.type) {
    case FileType::directory:
        return stage.put_directory(entry.path, attributes_of(entry));
    case FileType::symlink:
        return stage.put_symlink(entry.path, attributes_of(entry), entry.target);
    default:
        break;
    }
    if (!entry.first_linked.empty() && entry.first_linked != entry.path)
        return stage.put_link(entry.path, entry.first_linked);
    if (!entry.first_linked.empty())
        stage.share();
    return stage.put_file(entry.path, attributes_of(entry), writer_of(entry.content));
}

bool same_content(const TreeEntry &a, const TreeEntry &b) {
    return a.type == b.type && a.content == b.content && a.target == b.target && a.first_linked == b.first_linked;
}

Result<void> stage_entry(transaction::Stage &stage, const TreeEntry *present, const TreeEntry &wanted,
                         const Groups &groups) {
    if (present == nullptr || groups.changed(wanted) || !same_content(*present, wanted) ||
        wanted.type == FileType::directory)
        return put(stage, wanted);
    if (*present == wanted)
        return {};
    return stage.set_attributes(wanted.path, attributes_of(wanted));
}

}  // namespace

state::Attributes attributes_of(const TreeEntry &entry) {
    return {.mode = entry.mode,
            .owner = entry.owner,
            .group = entry.group,
            .modified = entry.modified,
            .extended = entry.attributes};
}

Result<void> build(Directory &root, const TreeImage &image) {
    for (const TreeEntry &entry : image.entries) {
        if (entry.path.empty())
            continue;
        const base::SplitPath split = base::split_path(entry.path);
        MOS_TRY(const auto parent, root.open_directory(split.parent, Symlinks::refuse));
        MOS_CHECK(make(root, *parent, split.name, entry));
    }
    // From the deepest up: whatever is made in a directory changes its times.
    for (std::size_t i = image.entries.size(); i-- > 0;) {
        const TreeEntry &entry = image.entries[i];
        if (entry.path.empty())
            continue;
        const base::SplitPath split = base::split_path(entry.path);
        MOS_TRY(const auto parent, root.open_directory(split.parent, Symlinks::refuse));
        MOS_CHECK(transaction::apply_attributes(*parent, split.name, entry.type, attributes_of(entry)));
    }
    return {};
}

Result<void> stage_change(transaction::Stage &stage, const TreeImage &present, const TreeImage &wanted,
                          const Extras &extras) {
    const Groups groups{present, wanted};
    std::map<std::string_view, std::pair<const TreeEntry *, const TreeEntry *>> paths;
    for (const TreeEntry &entry : present.entries)
        paths[entry.path].first = &entry;
    for (const TreeEntry &entry : wanted.entries)
        paths[entry.path].second = &entry;
    for (const std::string &path : extras.outputs)
        paths.try_emplace(path);
    const auto is_among = [](const std::vector<std::string> &all, std::string_view path) {
        return std::ranges::find(all, path) != all.end();
    };
    for (const auto &[path, pair] : paths) {
        const auto &[before, after] = pair;
        if (path.empty())
            continue;
        if (is_among(extras.outputs, path))
            MOS_CHECK(stage.put_output(path));
        else if (is_among(extras.removed_trees, path))
            MOS_CHECK(stage.remove_tree(path));
        else
            MOS_CHECK(after == nullptr ? stage.remove(path) : stage_entry(stage, before, *after, groups));
    }
    return {};
}

TreeEntry &ImageBuilder::add(std::string path, FileType type, std::uint32_t mode) {
    TreeEntry &entry = m_entries.emplace_back();
    entry.path = std::move(path);
    entry.type = type;
    entry.mode = mode;
    entry.modified = {image_time + static_cast<std::int64_t>(m_entries.size()), 500};
    return entry;
}

ImageBuilder &ImageBuilder::directory(std::string path, std::uint32_t mode) {
    return add(std::move(path), FileType::directory, mode), *this;
}

ImageBuilder &ImageBuilder::file(std::string path, std::string content, std::uint32_t mode) {
    return add(std::move(path), FileType::regular, mode).content = std::move(content), *this;
}

ImageBuilder &ImageBuilder::symlink(std::string path, std::string target) {
    return add(std::move(path), FileType::symlink, 0777).target = std::move(target), *this;
}

ImageBuilder &ImageBuilder::link(std::string path, const std::string &first) {
    const auto found = std::ranges::find(m_entries, first, &TreeEntry::path);
    found->first_linked = first;
    TreeEntry entry = *found;
    entry.path = std::move(path);
    m_entries.push_back(std::move(entry));
    return *this;
}

ImageBuilder &ImageBuilder::owner(std::uint32_t owner, std::uint32_t group) {
    m_entries.back().owner = owner;
    m_entries.back().group = group;
    return *this;
}

ImageBuilder &ImageBuilder::attribute(std::string name, std::string_view value) {
    m_entries.back().attributes.push_back({std::move(name), base::to_bytes(base::as_bytes(value))});
    return *this;
}

ImageBuilder &ImageBuilder::time(std::int64_t seconds) {
    m_entries.back().modified = {seconds, 0};
    return *this;
}

TreeImage ImageBuilder::image() const {
    TreeImage image{m_entries};
    std::ranges::sort(image.entries, {}, &TreeEntry::path);
    // A group is called by its first path, as scan() does.
    std::map<std::string, std::string> names;
    for (TreeEntry &entry : image.entries) {
        if (!entry.first_linked.empty())
            entry.first_linked = names.emplace(entry.first_linked, entry.path).first->second;
    }
    return image;
}

}  // namespace mos::test
