// A pax tar, compressed or not, written member by member through libarchive.
#pragma once

#include <mos/base/bytes.hpp>
#include <mos/snapshot/archive.hpp>

#include "member.hpp"

#include <memory>
#include <string>

namespace mos::snapshot {

// One thread. After an error nothing but destruction is of use.
class TarStream {
  public:
    // `out` gets the bytes in their order. With more than one thread zstd compresses on those where libarchive can;
    // else, and for the others, on the caller's alone. NOT_BUILT where libarchive lacks the compression.
    [[nodiscard]] static Result<TarStream> create(base::ByteSink out, Compression compression, unsigned threads = 1);
    TarStream(TarStream &&) noexcept;
    TarStream &operator=(TarStream &&) noexcept;
    ~TarStream();  // gives `out` nothing more

    // A regular file that is no hard link is followed by exactly as many bytes as its status says.
    [[nodiscard]] Result<void> begin(const Member &member);
    [[nodiscard]] Result<void> write(base::ByteView bytes);

    // The end of the archive; how many bytes there are.
    [[nodiscard]] Result<std::uint64_t> finish();

  private:
    struct State;
    explicit TarStream(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

}  // namespace mos::snapshot
