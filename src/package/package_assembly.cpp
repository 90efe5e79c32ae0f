#include "package_assembly.hpp"

#include <mos/package/frame.hpp>

#include <span>

namespace mos::package {

Result<void> write_fixed_head(base::ScratchFile &package, const Statement &statement, base::ByteView bytes) {
    const Layout layout = layout_of(statement, bytes.size());
    const auto write_header = [&](std::uint64_t at, std::uint32_t magic, std::uint64_t content_bytes) {
        return package.overwrite(at - skippable_header_bytes,
                                 skippable_header(magic, static_cast<std::uint32_t>(content_bytes)));
    };
    MOS_CHECK(package.overwrite(0, std::as_bytes(std::span{empty_frame})));
    MOS_CHECK(write_header(layout.statement, statement_frame_magic, bytes.size()));
    MOS_CHECK(package.overwrite(layout.statement, bytes));
    MOS_CHECK(write_header(layout.signature_area, signature_frame_magic, statement.signature_area_bytes));
    return write_header(layout.index, index_frame_magic, statement.index_stored_bytes);
}

Result<void> write_signatures(base::ScratchFile &package, const Layout &layout, std::uint32_t reserved,
                              const SignatureArea &area, const Limits &limits) {
    MOS_TRY(const base::Bytes encoded, encode_signature_area(area, reserved, limits));
    MOS_TRY(const base::Bytes last_frame, build_last_frame(area, reserved));
    MOS_CHECK(package.overwrite(layout.signature_area, encoded));
    return package.overwrite(layout.last_frame, last_frame);
}

}  // namespace mos::package
