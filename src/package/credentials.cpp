#include <mos/package/credentials.hpp>

namespace mos::package {

Result<base::Bytes> write_credentials(const Package &package) {
    const base::ByteView statement = package.statement_bytes();
    MOS_TRY(base::Bytes area,
            encode_signature_area(package.signatures(), package.statement().signature_area_bytes, Limits{}));
    while (!area.empty() && area.back() == std::byte{0})
        area.pop_back();
    base::Bytes bytes;
    base::append_u32(bytes, static_cast<std::uint32_t>(statement.size()));
    bytes.insert(bytes.end(), statement.begin(), statement.end());
    bytes.insert(bytes.end(), area.begin(), area.end());
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
    area.resize(credentials.statement.signature_area_bytes);
    MOS_TRY(credentials.area, decode_signature_area(area, limits));
    return credentials;
}

}  // namespace mos::package
