// A delta as one file: a header that says what it is for and what it makes, and a codec's payload. The layout is in
// docs/delta-format.md.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/delta/codec.hpp>

namespace mos::delta {

inline constexpr std::size_t header_bytes = 128;

struct DeltaInfo {
    Codec codec = Codec::keep;
    Expected base;
    Expected result;
    std::uint64_t apply_memory = 0;   // bytes that applying it takes
    std::uint64_t payload_bytes = 0;  // after the header
    friend bool operator==(const DeltaInfo &, const DeltaInfo &) = default;
};

[[nodiscard]] base::Bytes encode_header(const DeltaInfo &info);
// Of exactly header_bytes. FORMAT for what is no delta or was damaged, UNSUPPORTED for a newer version.
[[nodiscard]] Result<DeltaInfo> decode_header(base::ByteView bytes);
// TRUNCATED as well, for one that ends within its header.
[[nodiscard]] Result<DeltaInfo> read_header(base::Source &delta);

// Makes a delta from `base` to `result`; errors as create_payload's. The same files, options and versions of the
// compressors give the same bytes.
[[nodiscard]] Result<DeltaInfo> create_delta(base::Source &base, base::Source &result, const CreateOptions &options,
                                             const base::ByteSink &delta);

// Applies a delta: its header and the whole base are checked before anything is written. What `result` was given
// counts only when this has returned without an error; errors as apply_payload's, and BASE_DIFFERS when the base is
// another one than the delta was made from.
[[nodiscard]] Result<DeltaInfo> apply_delta(base::Source &base, const ByteStream &delta, const ApplyOptions &options,
                                            const base::ByteSink &result);

// The same into memory; the result counts against the cap.
[[nodiscard]] Result<base::Bytes> apply_delta_to_bytes(base::Source &base, const ByteStream &delta,
                                                       const ApplyOptions &options);

// The same into a file of a directory, which after a crash or an error is the one that was there before, or the new one
// whole: mode 0644, the caller's, whatever the other's were. INVALID_ARGUMENT where the name is that of anything but a
// regular file. Base, or result of create, may have the same name.
[[nodiscard]] Result<DeltaInfo> create_delta_file(base::Source &base, base::Source &result,
                                                  const CreateOptions &options, base::Directory &directory,
                                                  std::string_view name);
[[nodiscard]] Result<DeltaInfo> apply_delta_file(base::Source &base, const ByteStream &delta,
                                                 const ApplyOptions &options, base::Directory &directory,
                                                 std::string_view name);

}  // namespace mos::delta
