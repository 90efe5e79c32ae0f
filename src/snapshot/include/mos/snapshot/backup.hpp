// Backups: archives that can tell whether they are still what was written. docs/data-protection.md has the format.
//
// A backup is a pax tar, compressed or not, that `tar` and `bsdtar` read. Its first member says what was backed up, and
// after every few thousand entries a member lists them, each with all that is kept of it and the digest of its content;
// the last member has the digest of all lists. So a reader in constant memory knows of every entry whether it is as it
// was, and at the end that none is missing.
#pragma once

#include <mos/base/source.hpp>
#include <mos/crypto/digest.hpp>
#include <mos/snapshot/archive.hpp>
#include <mos/state/operation.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mos::snapshot {

// What the first member says.
struct BackupAbout {
    std::int64_t created_unix_s = 0;
    std::vector<std::string> paths;  // what was asked for, beneath the root, in the order of the archive
};

struct BackupOptions {
    Compression compression = Compression::zstd;
    unsigned threads = 1;  // that compress, where the compression can use more
    std::optional<base::FileStatus> out = {};
    // Why an entry is left out with all below it; empty for one that belongs into the backup.
    std::function<std::string(std::string_view path)> exclude = {};
};

struct BackupReport {
    ArchiveReport archive;
    crypto::Sha256Digest digest = {};  // of the archive's bytes
};

// Writes a backup of what is at `about.paths` to `out`, which gets the bytes in their order. Reads, leaves out and
// refuses what write_archive() does; `out`, where it is a file beneath the root, is not in itself. A path that is the
// backup's own first name, ".multios-backup", is left out too.
[[nodiscard]] Result<BackupReport> write_backup(base::Directory &root, const BackupAbout &about,
                                                const BackupOptions &options, const base::ByteSink &out,
                                                base::Observer &observer);

// What a reader takes from an archive that anybody may have made. Zeros in a file cost a reader time and no room, so
// they have a ratio of their own.
struct BackupLimits {
    std::uint64_t entries = 50'000'000;
    std::uint64_t content_bytes = std::uint64_t{1} << 46U;  // 64 TiB
    std::uint64_t expansion = 100'000;  // bytes of content for each of the archive, and of bytes that are not zero:
    std::uint64_t dense_expansion = 2'000;
    std::uint64_t always_bytes = std::uint64_t{1} << 30U;  // so much content is fine whatever the ratio
};

struct BackupEntry {
    std::string path;
    base::FileType type = base::FileType::regular;  // or directory, or symlink
    state::Attributes attributes;
    std::uint64_t size = 0;  // of a file's content
    std::string symlink_target;
    std::string hard_link_to;  // the path of a file before, which is the same one; then the rest says nothing

    [[nodiscard]] bool has_content() const noexcept { return hard_link_to.empty() && type == base::FileType::regular; }
};

struct BackupTotals {
    std::uint64_t entries = 0;
    std::uint64_t content_bytes = 0;
    std::uint64_t dense_bytes = 0;  // without the blocks that hold zeros alone
};

// Reads a backup front to back, once. One thread.
//
// Every entry is within the limits, has a path that leads nowhere outside, stands in its order and but once, and lies
// in a folder that the backup has or at one of its paths. That its content and attributes are those that were written
// is known only when next() has said that there is none left: until then nothing that was read may count.
//
// Errors: BACKUP_DAMAGED for what is no backup, ends too early, or is not what was written, with the path where one is
// known; LIMIT; PATH_REFUSED; NOT_BUILT; what the source says.
class BackupReader {
  public:
    // `source` must outlive it. Reads the first member.
    [[nodiscard]] static Result<BackupReader> open(base::Source &source, const BackupLimits &limits = {});
    BackupReader(BackupReader &&) noexcept;
    BackupReader &operator=(BackupReader &&) noexcept;
    ~BackupReader();

    [[nodiscard]] const BackupAbout &about() const noexcept;
    // The next entry, whatever of the present one's content was not read; nullptr at the end. Valid until the next
    // call.
    [[nodiscard]] Result<const BackupEntry *> next();
    // Content of the present entry; 0 at its end.
    [[nodiscard]] Result<std::size_t> read(base::MutableByteView out);
    // The digest of the present entry's content, once all of it was read.
    [[nodiscard]] const crypto::Sha256Digest &content_digest() const noexcept;
    [[nodiscard]] const BackupTotals &totals() const noexcept;

  private:
    struct State;
    explicit BackupReader(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

// Reads all of it; what it holds. Asks `observer` before entries and blocks and reports Phase::verifying, in bytes of
// content.
[[nodiscard]] Result<BackupTotals> verify_backup(base::Source &source, const BackupLimits &limits,
                                                 base::Observer &observer);

}  // namespace mos::snapshot
