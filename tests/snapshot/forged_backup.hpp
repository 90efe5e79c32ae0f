// Backups made by hand: as the writer makes them, but of members that it never would write.
#pragma once

#include "expect.hpp"

#include "backup_listing.hpp"
#include "tar_stream.hpp"

#include <string>
#include <string_view>

namespace mos::test {

class ForgedBackup {
  public:
    explicit ForgedBackup(const std::vector<std::string> &paths = {"d"},
                          snapshot::Compression compression = snapshot::Compression::none)
        : m_about(snapshot::about_to_text({.created_unix_s = 1'700'000'000, .paths = paths})), m_listing(m_about),
          m_stream(must(snapshot::TarStream::create(
              [this](base::ByteView bytes) -> Result<void> {
                  m_bytes.insert(m_bytes.end(), bytes.begin(), bytes.end());
                  return {};
              },
              compression))) {
        raw(std::string{snapshot::about_path}, m_about);
    }
    ForgedBackup(const ForgedBackup &) = delete;
    ForgedBackup &operator=(const ForgedBackup &) = delete;

    [[nodiscard]] static snapshot::Member member_of(std::string path, base::FileType type, std::uint64_t size = 0) {
        snapshot::Member member;
        member.path = std::move(path);
        member.status.type = type;
        member.status.mode = type == base::FileType::directory ? 0755 : 0644;
        member.status.size = size;
        member.status.modified = {1'600'000'000, 0};
        return member;
    }

    // In the tar and in the list.
    ForgedBackup &entry(const snapshot::Member &member, std::string_view content = {}) {
        must(m_stream.begin(member));
        if (!content.empty())
            must(m_stream.write(base::as_bytes(content)));
        m_listing.add(member, crypto::sha256(base::as_bytes(content)));
        m_content_bytes += content.size();
        return *this;
    }
    ForgedBackup &directory(const std::string &path) { return entry(member_of(path, base::FileType::directory)); }
    ForgedBackup &file(const std::string &path, std::string_view content = "x") {
        return entry(member_of(path, base::FileType::regular, content.size()), content);
    }
    ForgedBackup &symlink(const std::string &path, const std::string &target) {
        snapshot::Member member = member_of(path, base::FileType::symlink);
        member.symlink_target = target;
        return entry(member);
    }
    ForgedBackup &link(const std::string &path, const std::string &first) {
        snapshot::Member member = member_of(path, base::FileType::regular);
        member.hard_link_to = first;
        return entry(member);
    }
    // In the tar alone.
    ForgedBackup &raw(const std::string &path, std::string_view text) {
        must(m_stream.begin(member_of(path, base::FileType::regular, text.size())));
        if (!text.empty())
            must(m_stream.write(base::as_bytes(text)));
        return *this;
    }
    // Its header alone.
    ForgedBackup &begin(const snapshot::Member &member) {
        must(m_stream.begin(member));
        return *this;
    }
    // In the list alone.
    ForgedBackup &listed(const snapshot::Member &member, std::string_view content = {}) {
        m_listing.add(member, crypto::sha256(base::as_bytes(content)));
        return *this;
    }
    ForgedBackup &list() {
        const snapshot::BackupListing::List due = m_listing.take();
        return raw(due.path, due.text);
    }
    ForgedBackup &end() { return raw(std::string{snapshot::end_path}, m_listing.end(m_content_bytes)); }

    // What there is of it, uncompressed: libarchive holds back less than a block, which zeros fill up here.
    [[nodiscard]] base::Bytes so_far() {
        static_cast<void>(m_stream.write(base::Bytes(1U << 20U)));
        return m_bytes;
    }
    // What there is of it.
    [[nodiscard]] base::Bytes bytes() {
        must(m_stream.finish());
        return m_bytes;
    }
    // The list that is due, the end, and the bytes.
    [[nodiscard]] base::Bytes finished() {
        if (!m_listing.is_empty())
            list();
        return end().bytes();
    }

  private:
    base::Bytes m_bytes;
    std::string m_about;
    snapshot::BackupListing m_listing;
    snapshot::TarStream m_stream;
    std::uint64_t m_content_bytes = 0;
};

}  // namespace mos::test
