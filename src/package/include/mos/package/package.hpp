// An opened package: the only thing that can read index and content.
#pragma once

#include <mos/base/observer.hpp>
#include <mos/base/source.hpp>
#include <mos/package/entry_cursor.hpp>
#include <mos/package/manifest.hpp>
#include <mos/package/signature_area.hpp>

#include <memory>

namespace mos::crypto {
struct Verdict;
}

namespace mos::package {

struct PackageState;

// Made by PackageFile::authenticate() or accept_unverified(). Movable; one thread at a time. Its source may change
// under it: whatever is read later is checked against what was authenticated (DIGEST_MISMATCH).
class Package {
  public:
    Package(Package &&) noexcept;
    Package &operator=(Package &&) noexcept;
    ~Package();

    [[nodiscard]] const std::string &name() const noexcept;  // of the source, for messages
    [[nodiscard]] const Statement &statement() const noexcept;
    [[nodiscard]] base::ByteView statement_bytes() const noexcept;  // as they stand in the file and are signed
    [[nodiscard]] const SignatureArea &signatures() const noexcept;
    // Who vouches for it; nothing for a package that was accepted unverified.
    [[nodiscard]] const crypto::Verdict *verdict() const noexcept;

    // Read, parsed, and compared with the statement.
    [[nodiscard]] Result<Manifest> manifest();

    // The package must outlive the cursor.
    [[nodiscard]] Result<EntryCursor> entries();

    // Gives the content of a regular entry, in order, to `sink`; nothing for other entries. Each frame is hashed before
    // it is decompressed, and the whole at the end: DIGEST_MISMATCH names the frame or the entry. UNSUPPORTED for what
    // a delta package makes out of its base (mos/delta/package_content.hpp gives that); its checksums.json is made out
    // of the index. Takes the memory of two frames,
    // stored and plain; the last frame is kept, so that small neighbours cost one decompression. Where there is more
    // than one core, entries that are read in order have their frames expanded ahead of them by threads of the
    // package's own, in 2 MiB of memory more; the source is read by the caller's thread alone.
    [[nodiscard]] Result<void> read_content(const Entry &entry, const base::ByteSink &sink);

    // Adds the frames that the entry's content stands in; none for one that is not stored. FORMAT.
    [[nodiscard]] Result<void> add_frames(const Entry &entry, FrameSet &frames) const;

    // From now on no other frames are read before they are asked for.
    void read_ahead_only(FrameSet frames);

    // What of the file is read by whoever reads these frames, in bytes: besides them all that comes before the payload,
    // the last frame, and the frames that were read already, each counted once.
    [[nodiscard]] std::uint64_t bytes_to_read(const FrameSet &frames) const noexcept;
    [[nodiscard]] std::uint64_t file_bytes() const noexcept;

    // Gives back what read_content() keeps for its next call: for whoever has read what he needs, and keeps the
    // package.
    void rest() noexcept;

    // Checks everything there is: every frame, every entry's digest, that the tar says byte for byte what the index
    // says, that checksums.json, version.json and the manifest agree, and the content digest. What a delta package
    // makes out of its base can't be checked without it.
    [[nodiscard]] Result<void> verify_content(base::Observer &observer);

  private:
    friend class PackageFile;
    friend class BundledSource;
    explicit Package(std::unique_ptr<PackageState> state) noexcept;
    std::unique_ptr<PackageState> m_state;
};

}  // namespace mos::package
