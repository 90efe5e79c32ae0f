// The ways to write down how one file becomes another.
//
// A codec's bytes are its payload: no name, no digest, no size. Who stores payloads (a single delta file, delta.hpp, or
// a package) keeps those facts beside them and hands them over as `Expected`.
#pragma once

#include <mos/base/observer.hpp>
#include <mos/base/source.hpp>
#include <mos/crypto/digest.hpp>
#include <mos/delta/limits.hpp>

#include <functional>
#include <string_view>

namespace mos::delta {

// Numbers are part of the format.
enum class Codec : std::uint8_t {
    keep = 0,    // the result is the base; the payload is empty
    full = 1,    // the result itself, compressed; the base is not read
    vcdiff = 2,  // RFC 3284 as xdelta3 writes it, its checksums and LZMA sections included
    suffix = 3,  // ours: docs/delta-format.md
};

[[nodiscard]] std::string_view codec_name(Codec codec) noexcept;
// UNSUPPORTED for a number that no codec has.
[[nodiscard]] Result<Codec> codec_of_number(std::uint8_t number);
// INVALID_ARGUMENT for a name that no codec has.
[[nodiscard]] Result<Codec> codec_of_name(std::string_view name);

// False for what this build was configured without; to use it is NOT_BUILT.
[[nodiscard]] bool can_create(Codec codec) noexcept;
[[nodiscard]] bool can_apply(Codec codec) noexcept;

// A delta as it comes in, in order: up to out.size() bytes, fewer only when no more are there yet, 0 at its end.
using ByteStream = std::function<Result<std::size_t>(base::MutableByteView out)>;
[[nodiscard]] ByteStream stream_of(base::Source &source);  // the source outlives it
[[nodiscard]] ByteStream stream_of(base::ByteView bytes);  // likewise

struct CreateOptions {
    Codec codec = Codec::suffix;
    std::uint64_t memory_limit = default_create_memory;  // bytes that making it may take
    std::uint64_t apply_memory = default_apply_memory;   // bytes that applying it may take: the device's
    base::Observer *observer = nullptr;                  // progress in bytes of the result, and cancelling
};

// INVALID_ARGUMENT below least_apply_memory: for who lets others say how much a device has.
[[nodiscard]] Result<void> check_apply_memory(std::uint64_t bytes);

struct ApplyOptions {
    std::uint64_t memory_limit = default_apply_memory;  // bytes; beyond it LIMIT, before they are taken
    base::Observer *observer = nullptr;
};

// What the result must be.
struct Expected {
    std::uint64_t size = 0;
    crypto::Sha256Digest digest = {};
    friend bool operator==(const Expected &, const Expected &) = default;
};

// The size and digest of a file, read once.
[[nodiscard]] Result<Expected> measure(base::Source &source, base::Observer *observer = nullptr);

struct Payload {
    base::Bytes bytes;
    Expected base;
    Expected result;
    std::uint64_t apply_memory = 0;  // that applying it was seen to take
};

// Makes a payload and applies it once, to see that it gives the result back, and in how much memory.
//
// Errors: NOT_BUILT; INVALID_ARGUMENT for `keep` of files that differ; LIMIT when a cap is too low for these files or
// they are too large for the codec; CANCELLED; CHANGED_MEANWHILE when a file is not at the end what it was at the
// beginning.
[[nodiscard]] Result<Payload> create_payload(base::Source &base, base::Source &result, const CreateOptions &options);

// Applies a payload that `payload` gives in order, to its end. `result` gets the new file from front to back, at most
// expected.size bytes of it; that it is right is known only when this has returned without an error: until then what
// was written counts for nothing. The base is read at random and must not change meanwhile.
//
// Errors: NOT_BUILT, UNSUPPORTED (a feature that this version does not know), LIMIT (memory), FORMAT, TRUNCATED,
// TRAILING_DATA, DIGEST_MISMATCH, CANCELLED, and what the source, the stream and the sink return. Where the base is not
// known to be as it was, blame_base() tells whose fault it is.
[[nodiscard]] Result<void> apply_payload(Codec codec, base::Source &base, const ByteStream &payload,
                                         const Expected &expected, const ApplyOptions &options,
                                         const base::ByteSink &result);

// Why applying failed: BASE_DIFFERS, caused by `failure`, when the base is not (or no longer) what it must be; else the
// failure itself. Reads the base once, unless the failure was CANCELLED.
[[nodiscard]] Error blame_base(Error failure, base::Source &base, const Expected &base_is, base::Observer *observer);

}  // namespace mos::delta
