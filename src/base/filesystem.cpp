#include <mos/base/filesystem.hpp>

#include <mos/base/path.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace mos::base {

namespace {

constexpr std::size_t read_step = 64U * 1024;
constexpr std::size_t max_removed_depth = 512;  // each level holds one descriptor
constexpr std::string_view temporary_suffix = ".multios-new";

Result<void> remove_below(Directory &parent, std::string_view name, const FileStatus &status, std::size_t depth) {
    if (status.type != FileType::directory)
        return parent.remove_file(name);
    if (depth == max_removed_depth)
        return Error{Code::LIMIT, fmt::format("{} is deeper than {} folders", in_quotes(name), max_removed_depth)}
            .about(std::string{name});
    MOS_TRY(const auto directory, parent.open_directory(name, Symlinks::refuse));
    MOS_TRY(const FileStatus opened, directory->own_status());
    MOS_TRY(const FileStatus above, parent.own_status());
    if (opened.mount != above.mount)
        return Error{Code::CROSS_MOUNT, fmt::format("{} is a mount point, nothing in it was removed", in_quotes(name))}
            .about(std::string{name});
    MOS_TRY(const std::vector<DirectoryEntry> entries, directory->list());
    for (const DirectoryEntry &entry : entries) {
        MOS_TRY(const std::optional<FileStatus> child, directory->find(entry.name));
        if (child)
            MOS_CHECK(remove_below(*directory, entry.name, *child, depth + 1));
    }
    return parent.remove_directory(name);
}

// Who a new file belongs to; nobody named: the process's own user.
struct Access {
    std::uint32_t mode = 0;
    std::optional<std::pair<std::uint32_t, std::uint32_t>> owner_and_group = {};
};

// The mode comes after the owner, whose change would take some of it away.
Result<void> write_temporary(Directory &directory, std::string_view name, ByteView content, const Access &access) {
    MOS_TRY(const auto file, directory.open_file(name, OpenMode::create_new));
    MOS_CHECK(file->write_at(0, content));
    if (access.owner_and_group)
        MOS_CHECK(file->set_owner(access.owner_and_group->first, access.owner_and_group->second));
    MOS_CHECK(file->set_mode(access.mode));
    return file->flush();
}

Result<void> give_name(Directory &directory, const std::string &temporary, std::string_view name, RenameMode mode) {
    auto renamed = directory.rename(temporary, directory, name, mode);
    // A network filesystem may have no rename that keeps what is there; a link keeps it everywhere.
    if (renamed || mode != RenameMode::keep_existing || renamed.error().system_errno() != EINVAL)
        return renamed;
    MOS_CHECK(directory.make_link(temporary, directory, name));
    return directory.remove_file(temporary);
}

Result<void> write_at_once(Directory &directory, std::string_view name, ByteView content, const Access &access,
                           RenameMode rename_mode) {
    const std::size_t room = max_component_bytes - temporary_suffix.size() - 1;
    const std::string temporary = fmt::format(".{}{}", name.substr(0, room), temporary_suffix);
    MOS_CHECK(remove_tree(directory, temporary));  // left by a crash
    Result<void> written = write_temporary(directory, temporary, content, access);
    if (written)
        written = give_name(directory, temporary, name, rename_mode);
    if (!written) {
        (void)directory.remove_file(temporary);  // the first error is the one to tell
        return written;
    }
    return directory.flush();
}

class FileSource final : public Source {
  public:
    FileSource(std::unique_ptr<File> file, std::string name) : m_file(std::move(file)), m_name(std::move(name)) {}

    [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) override {
        return m_file->read_at(offset, out);
    }
    [[nodiscard]] Result<std::uint64_t> size() override {
        MOS_TRY(const FileStatus status, m_file->status());
        return status.size;
    }
    [[nodiscard]] const std::string &name() const noexcept override { return m_name; }

  private:
    std::unique_ptr<File> m_file;
    std::string m_name;
};

}  // namespace

std::string_view file_type_name(FileType type) noexcept {
    switch (type) {
    case FileType::regular:
        return "file";
    case FileType::directory:
        return "directory";
    case FileType::symlink:
        return "symbolic link";
    case FileType::character_device:
        return "character device";
    case FileType::block_device:
        return "block device";
    case FileType::fifo:
        return "pipe";
    case FileType::socket:
        return "socket";
    }
    return "unknown";
}

Result<void> remove_tree(Directory &parent, std::string_view name) {
    MOS_TRY(const std::optional<FileStatus> status, parent.find(name));
    if (!status)
        return {};
    return remove_below(parent, name, *status, 0);
}

Result<std::unique_ptr<Directory>> make_directories(Directory &root, std::string_view path, NewNames names) {
    auto opened = root.open_directory(path, Symlinks::follow_in_root);
    if (opened || opened.error().system_errno() != ENOENT)
        return opened;
    const auto [parent_path, name] = split_path(path);
    MOS_TRY(const auto parent, make_directories(root, parent_path, names));
    auto made = parent->make_directory(name, 0755);
    // Somebody else may have been quicker, which is as good.
    if (!made && made.error().code() != Code::EXISTS)
        return std::move(made).error();
    // What will be written and flushed in there must not be lost with the name of its directory.
    if (names == NewNames::flushed)
        MOS_CHECK(parent->flush());
    return root.open_directory(path, Symlinks::follow_in_root);
}

Result<Bytes> read_file(Directory &directory, std::string_view name, std::uint64_t limit) {
    const auto too_large = [&] {
        return Error{Code::LIMIT, fmt::format("file {} has more than {} bytes", in_quotes(name), limit)}.about(
            std::string{name});
    };
    MOS_TRY(const auto file, directory.open_file(name, OpenMode::read));
    MOS_TRY(const FileStatus status, file->status());
    if (status.size > limit)
        return too_large();
    // One byte more than the size asked for, so that a file of that size needs one read; it may also have grown since.
    Bytes content;
    std::size_t done = 0;
    for (std::size_t step = static_cast<std::size_t>(status.size) + 1;; step = read_step) {
        content.resize(done + step);
        MOS_TRY(const std::size_t count, file->read_at(done, MutableByteView{content}.subspan(done)));
        done += count;
        if (done > limit)
            return too_large();
        if (count < step)
            break;
    }
    content.resize(done);
    return content;
}

Result<void> replace_file(Directory &directory, std::string_view name, ByteView content, std::uint32_t mode) {
    return write_at_once(directory, name, content, {mode}, RenameMode::replace);
}

Result<void> replace_content(Directory &directory, std::string_view name, ByteView content, std::uint32_t new_mode) {
    MOS_TRY(const std::optional<FileStatus> there, directory.find(name));
    if (!there)
        return replace_file(directory, name, content, new_mode);
    return write_at_once(directory, name, content, {there->mode, std::pair{there->owner, there->group}},
                         RenameMode::replace);
}

Result<void> create_file(Directory &directory, std::string_view name, ByteView content, std::uint32_t mode) {
    MOS_TRY(const std::optional<FileStatus> status, directory.find(name));
    if (status)
        return Error{Code::EXISTS, fmt::format("{} exists already", in_quotes(name))}.about(std::string{name});
    return write_at_once(directory, name, content, {mode}, RenameMode::keep_existing);
}

std::unique_ptr<Source> make_source(std::unique_ptr<File> file, std::string name) {
    return std::make_unique<FileSource>(std::move(file), std::move(name));
}

bool is_gone(const Error &error) noexcept {
    return error.code() == Code::NOT_FOUND || error.code() == Code::SYMLINK_IN_PATH;
}

}  // namespace mos::base
