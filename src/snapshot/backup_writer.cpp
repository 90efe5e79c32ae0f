#include <mos/snapshot/backup.hpp>

#include "archive_walk.hpp"
#include "backup_listing.hpp"
#include "tar_stream.hpp"

#include <mos/base/path.hpp>

#include <algorithm>

namespace mos::snapshot {

namespace {

constexpr std::uint32_t own_mode = 0600;

// Puts each member into the tar, and into the lists beside it.
class BackupSink final : public MemberSink {
  public:
    BackupSink(TarStream &stream, const BackupAbout &about, std::string_view about_text)
        : m_stream(stream), m_created{about.created_unix_s, 0}, m_listing(about_text) {}

    Result<void> begin(const Member &member) override {
        m_member = member;
        return m_stream.begin(member);
    }

    Result<void> write(base::ByteView bytes) override {
        m_content.update(bytes);
        m_content_bytes += bytes.size();
        return m_stream.write(bytes);
    }

    Result<void> end() override {
        m_listing.add(m_member, m_content.finish());
        return m_listing.is_full() ? put_list() : Result<void>{};
    }

    [[nodiscard]] Result<void> put_own(std::string_view path, std::string_view text) {
        base::FileStatus status;
        status.mode = own_mode;
        status.size = text.size();
        status.modified = m_created;
        MOS_CHECK(m_stream.begin(
            {.path = std::string{path}, .status = status, .attributes = {}, .symlink_target = {}, .hard_link_to = {}}));
        return m_stream.write(base::as_bytes(text));
    }

    [[nodiscard]] Result<void> finish() {
        if (!m_listing.is_empty())
            MOS_CHECK(put_list());
        return put_own(end_path, m_listing.end(m_content_bytes));
    }

  private:
    [[nodiscard]] Result<void> put_list() {
        const BackupListing::List list = m_listing.take();
        return put_own(list.path, list.text);
    }

    TarStream &m_stream;
    base::FileTime m_created;
    BackupListing m_listing;
    Member m_member;
    crypto::Sha256 m_content;
    std::uint64_t m_content_bytes = 0;
};

std::string why_excluded(const BackupOptions &options, std::string_view path) {
    if (path == listing_folder)
        return "backups use that name themselves";
    return options.exclude ? options.exclude(path) : std::string{};
}

}  // namespace

Result<BackupReport> write_backup(base::Directory &root, const BackupAbout &about, const BackupOptions &options,
                                  const base::ByteSink &out, base::Observer &observer) {
    for (const std::string &path : about.paths)
        MOS_CHECK(base::check_entry_path(path));
    BackupAbout sorted = about;
    std::ranges::sort(sorted.paths, WalkOrder{});
    crypto::Sha256 archive;
    const auto append = [&](base::ByteView bytes) -> Result<void> {
        archive.update(bytes);
        return out(bytes);
    };
    MOS_TRY(TarStream stream, TarStream::create(append, options.compression, options.threads));
    const std::string about_text = about_to_text(sorted);
    BackupSink sink{stream, sorted, about_text};
    MOS_CHECK(sink.put_own(about_path, about_text));
    const WalkOptions walk{.out = options.out,
                           .exclude = [&](std::string_view path) { return why_excluded(options, path); },
                           .phase = base::Phase::staging};
    BackupReport report;
    MOS_TRY(report.archive, walk_members(root, sorted.paths, walk, sink, observer));
    MOS_CHECK(sink.finish());
    MOS_TRY(report.archive.archive_bytes, stream.finish());
    report.digest = archive.finish();
    return report;
}

}  // namespace mos::snapshot
