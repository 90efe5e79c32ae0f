// The second pass's output: the tar, cut into frames. The same bytes on however many threads they are compressed.
#pragma once

#include <mos/base/scratch_file.hpp>

#include <mos/base/ordered_work.hpp>
#include <mos/crypto/digest.hpp>
#include <mos/package/frame.hpp>
#include <mos/package/index_line.hpp>
#include <mos/package/writer.hpp>

#include <functional>

namespace mos::package {

// Gives an entry's content to a sink.
using ContentReader = std::function<Result<void>(const base::ByteSink &)>;

// Small files are grouped. A group ends after an entry by a rule over the entry's path alone, so that a file that is
// inserted or changed changes one frame and the later ones stay what they were. The data of a file larger than
// a group stands in frames of its own: they change only with that file's content.
class PayloadWriter {
  public:
    PayloadWriter(const CreateOptions &options, base::ScratchFile output);

    // Writes the entry's header and what belongs to it. Returns where the content stands. CHANGED_MEANWHILE when the
    // content is not what the entry's digest says.
    [[nodiscard]] Result<Extent> add(const Entry &entry, const ContentReader &content);

    // Ends the frame that is being filled, if there is one.
    [[nodiscard]] Result<void> cut();

    // The same, and writes all that are still being compressed. Nothing is added after it.
    [[nodiscard]] Result<void> finish();

    // After finish().
    [[nodiscard]] const std::vector<FrameLine> &frames() const noexcept { return m_frames; }
    [[nodiscard]] std::uint64_t plain_bytes() const noexcept { return m_plain_bytes; }
    [[nodiscard]] base::ScratchFile &output() noexcept { return m_output; }

  private:
    // A frame on its way: other threads compress and hash it while the next ones are filled.
    struct Piece {
        base::Bytes plain;
        base::Bytes stored;
        crypto::Sha256Digest plain_sha256{};
        crypto::Sha256Digest stored_sha256{};
        Result<void> outcome;
    };
    [[nodiscard]] Result<Extent> add_small(const Entry &entry, const ContentReader &content);
    [[nodiscard]] Result<Extent> add_large(const Entry &entry, const ContentReader &content);
    void compress(Piece &piece, std::size_t lane);
    [[nodiscard]] Result<void> write_oldest();
    [[nodiscard]] bool ends_group(std::string_view path, std::uint64_t bytes) const;
    void append(base::ByteView bytes);
    void append_zeros(std::uint64_t count);

    FrameSizes m_sizes;
    std::uint64_t m_least;  // of a group
    std::uint64_t m_most;
    base::ScratchFile m_output;
    base::Bytes m_frame;
    std::uint32_t m_frame_number = 0;  // of the frame that is being filled
    std::vector<FrameLine> m_frames;   // that are written
    std::uint64_t m_plain_bytes = 0;
    std::vector<FrameCompressor> m_compressors;  // one a lane
    base::OrderedWork<Piece> m_work;
};

}  // namespace mos::package
