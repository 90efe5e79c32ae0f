// A folder of files in memory, as far as reading a trust store asks for one.
#pragma once

#include <mos/base/filesystem.hpp>

#include <algorithm>
#include <cstring>
#include <map>
#include <string>

namespace mos::test {

class MemoryFile final : public base::File {
  public:
    explicit MemoryFile(base::Bytes content) : m_content(std::move(content)) {}

    Result<std::size_t> read_at(std::uint64_t offset, base::MutableByteView out) override {
        if (offset >= m_content.size())
            return std::size_t{0};
        const std::size_t count = std::min<std::size_t>(out.size(), m_content.size() - offset);
        std::memcpy(out.data(), m_content.data() + offset, count);
        return count;
    }
    Result<void> write_at(std::uint64_t, base::ByteView) override { return unused(); }
    Result<void> resize(std::uint64_t) override { return unused(); }
    Result<base::FileStatus> status() override {
        base::FileStatus own;
        own.size = m_content.size();
        return own;
    }
    Result<void> set_owner(std::uint32_t, std::uint32_t) override { return unused(); }
    Result<void> set_mode(std::uint32_t) override { return unused(); }
    Result<void> set_modified(base::FileTime) override { return unused(); }
    Result<void> set_extended_attribute(const base::ExtendedAttribute &) override { return unused(); }
    Result<base::ExtendedAttributes> extended_attributes() override { return unused(); }
    Result<void> flush() override { return unused(); }
    Result<void> lock(base::LockMode) override { return unused(); }

  private:
    static Error unused() { return Error{Code::UNSUPPORTED, "this folder is only read"}; }
    base::Bytes m_content;
};

class MemoryFolder final : public base::Directory {
  public:
    void put(std::string name, std::string_view text) {
        m_files[std::move(name)] = base::to_bytes(base::as_bytes(text));
    }
    void put_directory(const std::string &name) { m_others[name] = base::FileType::directory; }
    void put_symlink(const std::string &name) { m_others[name] = base::FileType::symlink; }
    // Opening this one fails.
    void break_file(std::string name) {
        put(name, "");
        m_broken = std::move(name);
    }
    void break_list() { m_list_is_broken = true; }

    Result<std::unique_ptr<base::File>> open_file(std::string_view name, base::OpenMode mode) override {
        const auto found = m_files.find(std::string{name});
        if (mode != base::OpenMode::read || found == m_files.end() || name == m_broken)
            return Error{Code::IO, "can't open '" + std::string{name} + "': Input/output error"};
        return std::make_unique<MemoryFile>(found->second);
    }
    // In no order, as a careless implementation would.
    Result<std::vector<base::DirectoryEntry>> list() override {
        if (m_list_is_broken)
            return Error{Code::PERMISSION, "can't list"};
        std::vector<base::DirectoryEntry> entries;
        for (const auto &[name, type] : m_others)
            entries.push_back({name, type});
        for (const auto &[name, content] : m_files)
            entries.push_back({name, base::FileType::regular});
        std::reverse(entries.begin(), entries.end());
        return entries;
    }

    Result<std::unique_ptr<Directory>> open_directory(std::string_view, base::Symlinks) override { return unused(); }
    Result<base::FileStatus> own_status() override { return unused(); }
    Result<std::optional<base::FileStatus>> find(std::string_view) override { return unused(); }
    Result<std::string> read_symlink(std::string_view) override { return unused(); }
    Result<base::ExtendedAttributes> extended_attributes(std::string_view) override { return unused(); }
    Result<void> make_directory(std::string_view, std::uint32_t) override { return unused(); }
    Result<void> make_symlink(std::string_view, std::string_view) override { return unused(); }
    Result<void> make_link(std::string_view, Directory &, std::string_view) override { return unused(); }
    Result<void> rename(std::string_view, Directory &, std::string_view, base::RenameMode) override { return unused(); }
    Result<void> remove_file(std::string_view) override { return unused(); }
    Result<void> remove_directory(std::string_view) override { return unused(); }
    Result<void> set_owner(std::string_view, std::uint32_t, std::uint32_t) override { return unused(); }
    Result<void> set_mode(std::string_view, std::uint32_t) override { return unused(); }
    Result<void> set_modified(std::string_view, base::FileTime) override { return unused(); }
    Result<void> set_extended_attribute(std::string_view, const base::ExtendedAttribute &) override { return unused(); }
    Result<void> remove_extended_attribute(std::string_view, std::string_view) override { return unused(); }
    Result<void> flush() override { return unused(); }
    Result<std::unique_ptr<base::SyncPoint>> open_sync_point() override { return unused(); }
    Result<base::FilesystemUsage> usage() override { return unused(); }
    Result<std::unique_ptr<base::FileLock>> lock(std::string_view, std::string_view) override { return unused(); }

  private:
    static Error unused() { return Error{Code::UNSUPPORTED, "this folder is only read"}; }

    std::map<std::string, base::Bytes> m_files;
    std::map<std::string, base::FileType> m_others;
    std::string m_broken;
    bool m_list_is_broken = false;
};

}  // namespace mos::test
