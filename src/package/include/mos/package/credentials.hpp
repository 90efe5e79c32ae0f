// What vouched for a package when it was let in, kept so that it can be judged again when it comes back.
#pragma once

#include <mos/package/package.hpp>
#include <mos/package/signature_area.hpp>
#include <mos/package/statement.hpp>

namespace mos::package {

struct Credentials {
    base::Bytes statement_bytes;  // as they were signed
    Statement statement;
    SignatureArea area;
};

// The statement with its length before it, and the signatures without the room that they leave.
[[nodiscard]] Result<base::Bytes> write_credentials(const Package &package);
// `reserved` is the room that the statement says, in bytes.
[[nodiscard]] Result<base::Bytes> write_credentials(base::ByteView statement, const SignatureArea &area,
                                                    std::uint32_t reserved);

// FORMAT, TRUNCATED or LIMIT for anything that write_credentials() does not write.
[[nodiscard]] Result<Credentials> read_credentials(base::ByteView bytes);

}  // namespace mos::package
