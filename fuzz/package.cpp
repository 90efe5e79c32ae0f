// A package file: as it is, and once more with those of its digests and copies made right that no mutation finds.
#include "package_walk.hpp"
#include "target.hpp"

#include <mos/package/frame.hpp>
#include <mos/package/layout.hpp>
#include <mos/package/signature_area.hpp>

#include <algorithm>

namespace {

using namespace mos;

constexpr std::uint64_t statement_offset = package::empty_frame.size() + package::skippable_header_bytes;

void put(base::Bytes &file, std::uint64_t offset, base::ByteView bytes) {
    std::ranges::copy(bytes, file.begin() + static_cast<std::ptrdiff_t>(offset));
}

Result<void> skip(base::ByteReader &reader, std::size_t count) {
    MOS_TRY([[maybe_unused]] const base::ByteView passed_over, reader.take(count));
    return {};
}

// The digest of the index and the last frame follow from the rest; nothing for a file without a head.
Result<base::Bytes> repaired(base::Bytes file) {
    base::ByteReader reader{file};
    MOS_CHECK(skip(reader, statement_offset - sizeof(std::uint32_t)));
    MOS_TRY(const std::uint32_t length, reader.u32());
    MOS_TRY(const base::ByteView stored, reader.take(length));
    MOS_TRY(package::Statement statement, package::decode_statement(stored, {}));
    const package::Layout layout = package::layout_of(statement, length);
    const base::ByteView view{file};
    if (layout.end > file.size() || layout.last_frame < layout.payload)
        return Error{Code::TRUNCATED, "the input is shorter than a package"};
    statement.index_sha256 = crypto::sha256(view.subspan(layout.index, statement.index_stored_bytes));
    MOS_TRY(const package::SignatureArea area,
            package::decode_signature_area(view.subspan(layout.signature_area, statement.signature_area_bytes), {}));
    MOS_TRY(const base::Bytes last_frame, package::build_last_frame(area, statement.signature_area_bytes));
    file.resize(layout.end);
    put(file, statement_offset, package::encode_statement(statement));
    put(file, layout.last_frame, last_frame);
    return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const base::Bytes file = base::to_bytes(fuzz::input(data, size));
    fuzz::walk_package(file);
    if (auto right = repaired(file); right && *right != file)
        fuzz::walk_package(std::move(right).value());
    return 0;
}
