// What the twin hands out: directories, files, sync points and locks.
#pragma once

#include "disk.hpp"

namespace mos::test::twin {

// Keeps the disk, and on it an inode that may have lost its names.
class Handle {
  public:
    Handle(std::shared_ptr<Disk> disk, Id id) : m_disk(std::move(disk)), m_id(id) { m_disk->opened(m_id); }
    Handle(const Handle &) = delete;
    Handle &operator=(const Handle &) = delete;
    ~Handle() { m_disk->closed(m_id); }

    [[nodiscard]] Disk &disk() const { return *m_disk; }
    [[nodiscard]] const std::shared_ptr<Disk> &shared_disk() const { return m_disk; }
    [[nodiscard]] Id id() const { return m_id; }
    [[nodiscard]] const Inode &inode() const { return m_disk->node(m_id); }

  private:
    std::shared_ptr<Disk> m_disk;
    Id m_id;
};

enum class Access : std::uint8_t { read, write };

class TwinFile final : public base::File {
  public:
    TwinFile(std::shared_ptr<Disk> disk, Id id, std::string shown, Access access)
        : m_handle(std::move(disk), id), m_shown(std::move(shown)), m_access(access),
          m_mark(m_handle.disk().sample_errors(id)) {}
    ~TwinFile() override;

    [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, base::MutableByteView out) override;
    [[nodiscard]] Result<void> write_at(std::uint64_t offset, base::ByteView bytes) override;
    [[nodiscard]] Result<void> resize(std::uint64_t size) override;
    [[nodiscard]] Result<bool> share_content_of(base::File &source) override;
    [[nodiscard]] Result<base::FileStatus> status() override;
    [[nodiscard]] Result<void> set_owner(std::uint32_t owner, std::uint32_t group) override;
    [[nodiscard]] Result<void> set_mode(std::uint32_t mode) override;
    [[nodiscard]] Result<void> set_modified(base::FileTime time) override;
    [[nodiscard]] Result<void> set_extended_attribute(const base::ExtendedAttribute &attribute) override;
    [[nodiscard]] Result<base::ExtendedAttributes> extended_attributes() override;
    [[nodiscard]] Result<void> flush() override;
    [[nodiscard]] Result<void> lock(base::LockMode mode) override;

  private:
    enum class Locked : std::uint8_t { no, yes };
    template <class Work>
    Result<void> change(std::string_view verb, Work work);
    [[nodiscard]] Result<void> outcome(int number, std::string_view verb) const;

    Handle m_handle;
    std::string m_shown;
    Access m_access;
    Locked m_locked = Locked::no;
    std::uint64_t m_mark;
};

class TwinDirectory final : public base::Directory {
  public:
    TwinDirectory(std::shared_ptr<Disk> disk, Id id, std::string shown)
        : m_handle(std::move(disk), id), m_shown(std::move(shown)) {}

    [[nodiscard]] Result<std::unique_ptr<Directory>> open_directory(std::string_view path,
                                                                    base::Symlinks symlinks) override;
    [[nodiscard]] Result<std::unique_ptr<base::File>> open_file(std::string_view name, base::OpenMode mode) override;
    [[nodiscard]] Result<base::FileStatus> own_status() override;
    [[nodiscard]] Result<std::optional<base::FileStatus>> find(std::string_view name) override;
    [[nodiscard]] Result<std::vector<base::DirectoryEntry>> list() override;
    [[nodiscard]] Result<std::string> read_symlink(std::string_view name) override;
    [[nodiscard]] Result<base::ExtendedAttributes> extended_attributes(std::string_view name) override;

    [[nodiscard]] Result<void> make_directory(std::string_view name, std::uint32_t mode) override;
    [[nodiscard]] Result<void> make_symlink(std::string_view name, std::string_view target) override;
    [[nodiscard]] Result<void> make_link(std::string_view name, Directory &to, std::string_view new_name) override;
    [[nodiscard]] Result<void> rename(std::string_view name, Directory &to, std::string_view new_name,
                                      base::RenameMode mode) override;
    [[nodiscard]] Result<void> remove_file(std::string_view name) override;
    [[nodiscard]] Result<void> remove_directory(std::string_view name) override;

    [[nodiscard]] Result<void> set_owner(std::string_view name, std::uint32_t owner, std::uint32_t group) override;
    [[nodiscard]] Result<void> set_mode(std::string_view name, std::uint32_t mode) override;
    [[nodiscard]] Result<void> set_modified(std::string_view name, base::FileTime time) override;
    [[nodiscard]] Result<void> set_extended_attribute(std::string_view name,
                                                      const base::ExtendedAttribute &attribute) override;
    [[nodiscard]] Result<void> remove_extended_attribute(std::string_view name, std::string_view attribute) override;

    [[nodiscard]] Result<void> flush() override;
    [[nodiscard]] Result<std::unique_ptr<base::SyncPoint>> open_sync_point() override;
    [[nodiscard]] Result<base::FilesystemUsage> usage() override;
    [[nodiscard]] Result<std::unique_ptr<base::FileLock>> lock(std::string_view name, std::string_view note) override;

  private:
    [[nodiscard]] Disk &disk() const { return m_handle.disk(); }
    [[nodiscard]] std::string shown(std::string_view name) const;
    [[nodiscard]] Result<std::string> checked(std::string_view name) const;
    [[nodiscard]] Result<void> outcome(int number, std::string_view verb, std::string_view name) const;
    [[nodiscard]] Result<const Entry *> entry(std::string_view verb, std::string_view name) const;
    template <class Work>
    Result<void> change(std::string_view verb, std::string_view name, Work work);
    template <class Work>
    Result<void> change_entry(std::string_view verb, std::string_view name, Work work);
    [[nodiscard]] Result<TwinDirectory *> same_disk(Directory &other) const;

    Handle m_handle;
    std::string m_shown;
};

// The directory that `path` leads to from `base`, or an errno.
struct Resolved {
    Id id = no_id;
    int number = 0;
};
[[nodiscard]] Resolved resolve(const Disk &disk, Id base, std::string_view path, base::Symlinks symlinks);

}  // namespace mos::test::twin
