// Random-access input: a file, a descriptor, a callback of the embedder, later an HTTP range.
#pragma once

#include <mos/base/bytes.hpp>

#include <memory>

namespace mos::base {

// Bytes that can be read at any offset. Used by one thread at a time.
class Source {
  public:
    Source() = default;
    Source(const Source &) = delete;
    Source &operator=(const Source &) = delete;
    virtual ~Source() = default;

    // Reads up to out.size() bytes at `offset`; fewer than asked only at the end, 0 at or past it.
    [[nodiscard]] virtual Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) = 0;

    // How many bytes there are.
    [[nodiscard]] virtual Result<std::uint64_t> size() = 0;

    // For messages: a path or an address.
    [[nodiscard]] virtual const std::string &name() const noexcept = 0;
};

// Reads exactly out.size() bytes; TRUNCATED when the source ends before.
[[nodiscard]] Result<void> read_exactly(Source &source, std::uint64_t offset, MutableByteView out);

// A regular file by path or by descriptor (duplicated, so the caller keeps its own). Opened once: what is checked is
// what is used. NOT_FOUND, PERMISSION, IO; UNSUPPORTED when it is not a regular file or block device.
[[nodiscard]] Result<std::unique_ptr<Source>> open_file_source(const std::string &path);
[[nodiscard]] Result<std::unique_ptr<Source>> open_descriptor_source(int descriptor, std::string name);

// Bytes in memory, for tests and small inputs.
[[nodiscard]] std::unique_ptr<Source> make_memory_source(Bytes bytes, std::string name);

}  // namespace mos::base
