// The signature area: who signed the statement. Not itself signed, so that a signer can be added; of a fixed size, so
// that nothing else in the file moves.
#pragma once

#include <mos/crypto/signature.hpp>
#include <mos/package/limits.hpp>

#include <optional>
#include <span>
#include <string>

namespace mos::package {

inline constexpr std::uint32_t default_signature_area_bytes = 32U << 10U;
inline constexpr std::size_t key_id_bytes = 32;

// As the file carries it: the algorithm is a number, so that a signature of a kind that this reader does not know is
// carried along and shown, though it counts for nothing.
struct StoredSignature {
    std::uint16_t algorithm = 0;
    base::Bytes key_id;
    base::Bytes value;
    std::vector<base::Bytes> certificates;
    friend bool operator==(const StoredSignature &, const StoredSignature &) = default;
};

struct SignatureArea {
    std::vector<StoredSignature> signatures;  // sorted by key id, no key id twice

    // Those whose algorithm this reader knows.
    [[nodiscard]] std::vector<crypto::Signature> known() const;
    // Adds a signature; the same key's earlier one is replaced.
    void put(const crypto::Signature &signature);
};

// Exactly `reserved` bytes, the rest zero. LIMIT when the signatures do not fit, or are more than a reader accepts.
[[nodiscard]] Result<base::Bytes> encode_signature_area(const SignatureArea &area, std::uint32_t reserved,
                                                        const Limits &limits);
// FORMAT for anything that encode_signature_area() would not have written; LIMIT.
[[nodiscard]] Result<SignatureArea> decode_signature_area(base::ByteView bytes, const Limits &limits);

// The readable copy, metadata/signature.json: exactly `reserved` bytes, padded with spaces. LIMIT when it does not fit.
[[nodiscard]] Result<std::string> signature_text(const SignatureArea &area, std::uint32_t reserved);

// The file's last frame: that copy as a tar member and the end of the tar, in raw zstd blocks. A pure function of the
// area.
[[nodiscard]] Result<base::Bytes> build_last_frame(const SignatureArea &area, std::uint32_t reserved);
// What to reserve for these signers: room for them and for as many again, in both forms. Nothing without a signer, or
// where one can't tell what it needs.
[[nodiscard]] std::optional<std::uint32_t> signature_area_for(std::span<crypto::Signer *const> signers);

[[nodiscard]] std::uint64_t last_frame_plain_bytes(std::uint32_t reserved) noexcept;
[[nodiscard]] std::uint64_t last_frame_stored_bytes(std::uint32_t reserved) noexcept;

}  // namespace mos::package
