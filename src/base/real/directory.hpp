// A real, open directory.
#pragma once

#include "beneath.hpp"
#include "descriptor.hpp"

#include <mos/base/filesystem.hpp>

namespace mos::base::real {

inline constexpr std::size_t max_listed_entries = 1'000'000;
inline constexpr std::size_t max_lock_note_bytes = 1024;

class RealDirectory final : public Directory {
  public:
    // `shown` is its path beneath the root, for messages; "" for the root.
    RealDirectory(Descriptor descriptor, std::string shown, Resolver resolver)
        : m_descriptor(std::move(descriptor)), m_shown(std::move(shown)), m_resolver(resolver) {}

    [[nodiscard]] Result<std::unique_ptr<Directory>> open_directory(std::string_view path, Symlinks symlinks) override;
    [[nodiscard]] Result<std::unique_ptr<File>> open_file(std::string_view name, OpenMode mode) override;
    [[nodiscard]] Result<FileStatus> own_status() override;
    [[nodiscard]] Result<std::optional<FileStatus>> find(std::string_view name) override;
    [[nodiscard]] Result<std::vector<DirectoryEntry>> list() override;
    [[nodiscard]] Result<std::string> read_symlink(std::string_view name) override;
    [[nodiscard]] Result<ExtendedAttributes> extended_attributes(std::string_view name) override;

    [[nodiscard]] Result<void> make_directory(std::string_view name, std::uint32_t mode) override;
    [[nodiscard]] Result<void> make_symlink(std::string_view name, std::string_view target) override;
    [[nodiscard]] Result<void> make_link(std::string_view name, Directory &to, std::string_view new_name) override;
    [[nodiscard]] Result<void> rename(std::string_view name, Directory &to, std::string_view new_name,
                                      RenameMode mode) override;
    [[nodiscard]] Result<void> remove_file(std::string_view name) override;
    [[nodiscard]] Result<void> remove_directory(std::string_view name) override;

    [[nodiscard]] Result<void> set_owner(std::string_view name, std::uint32_t owner, std::uint32_t group) override;
    [[nodiscard]] Result<void> set_mode(std::string_view name, std::uint32_t mode) override;
    [[nodiscard]] Result<void> set_modified(std::string_view name, FileTime time) override;
    [[nodiscard]] Result<void> set_extended_attribute(std::string_view name,
                                                      const ExtendedAttribute &attribute) override;
    [[nodiscard]] Result<void> remove_extended_attribute(std::string_view name, std::string_view attribute) override;

    [[nodiscard]] Result<void> flush() override;
    [[nodiscard]] Result<std::unique_ptr<SyncPoint>> open_sync_point() override;
    [[nodiscard]] Result<FilesystemUsage> usage() override;
    [[nodiscard]] Result<std::unique_ptr<FileLock>> lock(std::string_view name, std::string_view note) override;
    [[nodiscard]] std::optional<int> native_descriptor() const noexcept override { return descriptor(); }

  private:
    [[nodiscard]] int descriptor() const noexcept { return m_descriptor.number(); }
    [[nodiscard]] std::string shown(std::string_view name) const;  // the entry's path, for messages
    [[nodiscard]] Result<std::string> checked(std::string_view name) const;
    [[nodiscard]] Result<void> outcome(int answer, std::string_view what, std::string_view name) const;
    [[nodiscard]] Result<FileType> type_of(const std::string &name);

    Descriptor m_descriptor;
    std::string m_shown;
    Resolver m_resolver;
};

// open_root() with a resolver of the caller's choice, so that a test can run all there is by the walk.
[[nodiscard]] Result<std::unique_ptr<Directory>> open_root_resolving(int descriptor, Resolver resolver);

}  // namespace mos::base::real
