#include <mos/package/layout.hpp>

#include <mos/package/frame.hpp>
#include <mos/package/signature_area.hpp>

namespace mos::package {

Layout layout_of(const Statement &statement, std::size_t length) noexcept {
    Layout layout;
    layout.statement = empty_frame.size() + skippable_header_bytes;
    layout.signature_area = layout.statement + length + skippable_header_bytes;
    layout.index = layout.signature_area + statement.signature_area_bytes + skippable_header_bytes;
    layout.payload = layout.index + statement.index_stored_bytes;
    layout.end = layout.payload + statement.payload_stored_bytes;
    layout.last_frame = layout.end - last_frame_stored_bytes(statement.signature_area_bytes);
    return layout;
}

}  // namespace mos::package
