// The second pass's output: the tar, cut into frames.
#pragma once

#include "scratch_file.hpp"

#include <mos/package/frame.hpp>
#include <mos/package/index_line.hpp>
#include <mos/package/writer.hpp>

#include <functional>

namespace mos::package {

// Gives an entry's content to a sink.
using ContentReader = std::function<Result<void>(const base::ByteSink &)>;

// Small files are grouped. A group ends after an entry by a rule over the entry's path alone, so that a file that is
// inserted or changed changes one frame and the later ones stay what they were. The data of a file larger than the
// target stands in frames of its own: they change only with that file's content.
class PayloadWriter {
  public:
    PayloadWriter(const CreateOptions &options, ScratchFile output);

    // Writes the entry's header and what belongs to it. Returns where the content stands. CHANGED_MEANWHILE when the
    // content is not what the entry's digest says.
    [[nodiscard]] Result<Extent> add(const Entry &entry, const ContentReader &content);

    // Ends the frame that is being filled, if there is one.
    [[nodiscard]] Result<void> cut();

    [[nodiscard]] const std::vector<FrameLine> &frames() const noexcept { return m_frames; }
    [[nodiscard]] std::uint64_t plain_bytes() const noexcept { return m_plain_bytes; }
    [[nodiscard]] ScratchFile &output() noexcept { return m_output; }

  private:
    [[nodiscard]] Result<Extent> add_small(const Entry &entry, const ContentReader &content);
    [[nodiscard]] Result<Extent> add_large(const Entry &entry, const ContentReader &content);
    [[nodiscard]] bool ends_group(std::string_view path, std::uint64_t bytes) const;
    void append(base::ByteView bytes);
    void append_zeros(std::uint64_t count);

    std::uint64_t m_target;
    std::uint64_t m_least;
    std::uint64_t m_most;
    FrameCompressor m_compressor;
    ScratchFile m_output;
    base::Bytes m_frame;
    std::vector<FrameLine> m_frames;
    std::uint64_t m_plain_bytes = 0;
};

}  // namespace mos::package
