#include <mos/package/signature_area.hpp>

#include <mos/package/frame.hpp>
#include <mos/package/tar.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::package {

namespace {

constexpr std::string_view magic = "MOS-SIGN";
constexpr std::string_view text_begin = "{\n\"signatures\": [";
constexpr std::string_view text_end = "]\n}";
constexpr std::uint64_t end_of_tar_bytes = 2 * tar_block_bytes;

void append(base::Bytes &out, base::ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

Error malformed(std::string_view message) { return Error{Code::FORMAT, fmt::format("signature area: {}", message)}; }

// The area's size is signed, so it can't grow.
Error no_room(std::string_view what, std::uint64_t bytes, std::uint32_t reserved) {
    return Error{Code::LIMIT, fmt::format("{} {} bytes, the package reserves {}", what, bytes, reserved)}.with_remedy(
        "make the package again without a signer, which reserves room for several, and sign it then with each");
}

Result<void> check_at_most(std::string_view what, std::uint64_t value, std::uint64_t limit) {
    if (value > limit)
        return Error{Code::LIMIT, fmt::format("signature area: {} is {}, at most {} are allowed", what, value, limit)};
    return {};
}

Result<void> check_signature(const StoredSignature &signature, const Limits &limits) {
    if (signature.key_id.size() != key_id_bytes)
        return malformed(fmt::format("a key id has {} bytes instead of {}", signature.key_id.size(), key_id_bytes));
    if (signature.value.empty())
        return malformed("a signature is empty");
    MOS_CHECK(check_at_most("size of a signature", signature.value.size(), limits.signature_value_bytes));
    MOS_CHECK(check_at_most("number of certificates", signature.certificates.size(), limits.certificates));
    for (const base::Bytes &certificate : signature.certificates) {
        if (certificate.empty())
            return malformed("a certificate is empty");
        MOS_CHECK(check_at_most("size of a certificate", certificate.size(), limits.certificate_bytes));
    }
    return {};
}

bool earlier_key(const StoredSignature &a, const StoredSignature &b) { return a.key_id < b.key_id; }

Result<void> check_area(const SignatureArea &area, const Limits &limits) {
    MOS_CHECK(check_at_most("number of signatures", area.signatures.size(), limits.signatures));
    for (const StoredSignature &signature : area.signatures)
        MOS_CHECK(check_signature(signature, limits));
    const auto out_of_order = [](const StoredSignature &a, const StoredSignature &b) { return !earlier_key(a, b); };
    if (std::adjacent_find(area.signatures.begin(), area.signatures.end(), out_of_order) != area.signatures.end())
        return malformed("signatures are not in the order of their keys, each key once");
    return {};
}

Result<base::Bytes> take_bytes(base::ByteReader &reader, std::uint64_t count) {
    MOS_TRY(const base::ByteView bytes, reader.take(static_cast<std::size_t>(count)));
    return base::to_bytes(bytes);
}

Result<StoredSignature> read_signature(base::ByteReader &reader, const Limits &limits) {
    StoredSignature signature;
    MOS_TRY(signature.algorithm, reader.u16());
    MOS_TRY(const std::uint16_t certificates, reader.u16());
    MOS_TRY(const std::uint32_t value_bytes, reader.u32());
    MOS_CHECK(check_at_most("size of a signature", value_bytes, limits.signature_value_bytes));
    MOS_CHECK(check_at_most("number of certificates", certificates, limits.certificates));
    MOS_TRY(signature.key_id, take_bytes(reader, key_id_bytes));
    MOS_TRY(signature.value, take_bytes(reader, value_bytes));
    for (unsigned i = 0; i < certificates; ++i) {
        MOS_TRY(const std::uint32_t bytes, reader.u32());
        MOS_CHECK(check_at_most("size of a certificate", bytes, limits.certificate_bytes));
        MOS_TRY(base::Bytes certificate, take_bytes(reader, bytes));
        signature.certificates.push_back(std::move(certificate));
    }
    return signature;
}

StoredSignature stored_form(const crypto::Signature &signature) {
    return {static_cast<std::uint16_t>(signature.algorithm), signature.key_id, signature.value, signature.certificates};
}

std::string shown_algorithm(std::uint16_t number) {
    if (const auto known = crypto::algorithm_from_number(number))
        return std::string{crypto::algorithm_name(*known)};
    return fmt::format("unknown ({})", number);
}

// One member a line, so that sed gets at each in twenty years.
std::string signature_json(const StoredSignature &signature) {
    std::string text = fmt::format("{{\n\"algorithm\": \"{}\",\n\"key_id\": \"{}\",\n\"signature\": \"{}\",\n"
                                   "\"certificates\": [",
                                   shown_algorithm(signature.algorithm), base::to_hex(signature.key_id),
                                   base::to_base64(signature.value));
    for (std::size_t i = 0; i < signature.certificates.size(); ++i)
        text += fmt::format("{}\n\"{}\"", i == 0 ? "" : ",", base::to_base64(signature.certificates[i]));
    text += "]\n}";
    return text;
}

}  // namespace

std::vector<crypto::Signature> SignatureArea::known() const {
    std::vector<crypto::Signature> result;
    for (const StoredSignature &stored : signatures) {
        if (const auto algorithm = crypto::algorithm_from_number(stored.algorithm))
            result.push_back({*algorithm, stored.key_id, stored.value, stored.certificates});
    }
    return result;
}

void SignatureArea::put(const crypto::Signature &signature) {
    StoredSignature stored = stored_form(signature);
    const auto at = std::lower_bound(signatures.begin(), signatures.end(), stored, earlier_key);
    if (at != signatures.end() && at->key_id == stored.key_id)
        *at = std::move(stored);
    else
        signatures.insert(at, std::move(stored));
}

Result<base::Bytes> encode_signature_area(const SignatureArea &area, std::uint32_t reserved, const Limits &limits) {
    MOS_CHECK(check_area(area, limits));
    base::Bytes out;
    append(out, base::as_bytes(magic));
    base::append_u32(out, static_cast<std::uint32_t>(area.signatures.size()));
    for (const StoredSignature &signature : area.signatures) {
        base::append_u16(out, signature.algorithm);
        base::append_u16(out, static_cast<std::uint16_t>(signature.certificates.size()));
        base::append_u32(out, static_cast<std::uint32_t>(signature.value.size()));
        append(out, signature.key_id);
        append(out, signature.value);
        for (const base::Bytes &certificate : signature.certificates) {
            base::append_u32(out, static_cast<std::uint32_t>(certificate.size()));
            append(out, certificate);
        }
    }
    if (out.size() > reserved)
        return no_room("signatures take", out.size(), reserved);
    out.resize(reserved);
    return out;
}

Result<SignatureArea> decode_signature_area(base::ByteView bytes, const Limits &limits) {
    MOS_CHECK(check_at_most("its size", bytes.size(), limits.signature_area_bytes));
    base::ByteReader reader{bytes};
    MOS_TRY(const base::ByteView found_magic, reader.take(magic.size()));
    if (base::as_text(found_magic) != magic)
        return malformed("it does not begin as one");
    MOS_TRY(const std::uint32_t count, reader.u32());
    MOS_CHECK(check_at_most("number of signatures", count, limits.signatures));
    SignatureArea area;
    for (std::uint32_t i = 0; i < count; ++i) {
        MOS_TRY(StoredSignature signature, read_signature(reader, limits));
        area.signatures.push_back(std::move(signature));
    }
    MOS_CHECK(check_area(area, limits));
    MOS_TRY(const base::ByteView padding, reader.take(reader.remaining()));
    if (std::any_of(padding.begin(), padding.end(), [](std::byte b) { return b != std::byte{0}; }))
        return malformed("its padding is not zero");
    return area;
}

Result<std::string> signature_text(const SignatureArea &area, std::uint32_t reserved) {
    std::string text{text_begin};
    for (std::size_t i = 0; i < area.signatures.size(); ++i)
        text += (i == 0 ? "\n" : ",\n") + signature_json(area.signatures[i]);
    text += text_end;
    if (text.size() >= reserved)
        return no_room("the readable copy of the signatures takes", text.size() + 1, reserved);
    text.resize(reserved - 1, ' ');
    text += '\n';
    return text;
}

// The readable copy is the longer form.
std::optional<std::uint32_t> signature_area_for(std::span<crypto::Signer *const> signers) {
    constexpr std::uint64_t unit = 512;
    constexpr std::uint64_t least = 2 * unit;
    constexpr std::uint64_t separator_bytes = 2;
    std::uint64_t bytes = text_begin.size() + text_end.size() + 1;
    for (const crypto::Signer *signer : signers) {
        const auto largest = signer->largest_signature();
        if (!largest)
            return std::nullopt;
        bytes += 2 * (signature_json(stored_form(*largest)).size() + separator_bytes);
    }
    if (signers.empty())
        return std::nullopt;
    const std::uint64_t whole = std::max(least, (bytes + unit - 1) / unit * unit);
    return static_cast<std::uint32_t>(std::min(whole, Limits{}.signature_area_bytes));
}

Result<base::Bytes> build_last_frame(const SignatureArea &area, std::uint32_t reserved) {
    MOS_TRY(const std::string text, signature_text(area, reserved));
    base::Bytes plain = signature_file_header(text.size());
    append(plain, base::as_bytes(text));
    plain.resize(plain.size() + static_cast<std::size_t>(tar_padding(text.size()) + end_of_tar_bytes));
    return raw_frame(plain);
}

std::uint64_t last_frame_plain_bytes(std::uint32_t reserved) noexcept {
    return tar_block_bytes + reserved + tar_padding(reserved) + end_of_tar_bytes;
}

std::uint64_t last_frame_stored_bytes(std::uint32_t reserved) noexcept {
    return raw_frame_bytes(last_frame_plain_bytes(reserved));
}

}  // namespace mos::package
