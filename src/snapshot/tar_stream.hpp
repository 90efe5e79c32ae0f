// A pax tar in zstd, written member by member through libarchive.
#pragma once

#include <mos/base/filesystem.hpp>

#include <memory>
#include <string>

namespace mos::snapshot {

struct TarMember {
    std::string path;
    base::FileStatus status;
    base::ExtendedAttributes attributes;
    std::string symlink_target;
    std::string hard_link_to;  // the path of a member before; then nothing else of the file counts
};

// One thread. After an error nothing but destruction is of use.
class TarStream {
  public:
    // Writes from the beginning of `out`, which must outlive it. NOT_BUILT where libarchive has no zstd.
    [[nodiscard]] static Result<TarStream> create(base::File &out);
    TarStream(TarStream &&) noexcept;
    TarStream &operator=(TarStream &&) noexcept;
    ~TarStream();  // leaves `out` as it is

    // A regular file that is no hard link is followed by exactly as many bytes as its status says.
    [[nodiscard]] Result<void> begin(const TarMember &member);
    [[nodiscard]] Result<void> write(base::ByteView bytes);

    // The end of the archive; how many bytes there are.
    [[nodiscard]] Result<std::uint64_t> finish();

  private:
    struct State;
    explicit TarStream(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

}  // namespace mos::snapshot
