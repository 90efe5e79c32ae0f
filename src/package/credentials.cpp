#include <mos/package/credentials.hpp>

namespace mos::package {

Result<base::Bytes> write_credentials(const Package &package) {
    return write_credentials(package.statement_bytes(), package.signatures(), package.statement().signature_area_bytes);
}

Result<base::Bytes> write_credentials(base::ByteView statement, const SignatureArea &area, std::uint32_t reserved) {
    MOS_TRY(base::Bytes encoded, encode_signature_area(area, reserved, Limits{}));
    while (!encoded.empty() && encoded.back() == std::byte{0})
        encoded.pop_back();
    base::Bytes bytes;
    base::append_u32(bytes, static_cast<std::uint32_t>(statement.size()));
    bytes.insert(bytes.end(), statement.begin(), statement.end());
    bytes.insert(bytes.end(), encoded.begin(), encoded.end());
    return bytes;
}

Result<Credentials> read_credentials(base::ByteView bytes) {
    const Limits limits;
    base::ByteReader reader{bytes};
    MOS_TRY(const std::uint32_t length, reader.u32());
    MOS_TRY(const base::ByteView statement, reader.take(length));
    MOS_TRY(const base::ByteView rest, reader.take(reader.remaining()));
    Credentials credentials;
    credentials.statement_bytes.assign(statement.begin(), statement.end());
    MOS_TRY(credentials.statement, decode_statement(statement, limits));
    base::Bytes area(rest.begin(), rest.end());
    if (area.size() > credentials.statement.signature_area_bytes)
        return Error{Code::FORMAT, "the kept signatures are more than the package had room for"};
    if (!area.empty() && area.back() == std::byte{0})
        return Error{Code::FORMAT, "the kept signatures end in room that they do not need"};
    area.resize(credentials.statement.signature_area_bytes);
    MOS_TRY(credentials.area, decode_signature_area(area, limits));
    return credentials;
}

}  // namespace mos::package
