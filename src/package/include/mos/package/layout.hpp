// Where the parts of a package file stand. All follows from the statement.
#pragma once

#include <mos/package/statement.hpp>

namespace mos::package {

// Byte offsets from the beginning of the file.
struct Layout {
    std::uint64_t statement = 0;
    std::uint64_t signature_area = 0;
    std::uint64_t index = 0;
    std::uint64_t payload = 0;  // the head ends here
    std::uint64_t last_frame = 0;
    std::uint64_t end = 0;
};

// `length` is the statement's own in the file. No overflow for a statement that decode_statement() accepted.
[[nodiscard]] Layout layout_of(const Statement &statement, std::size_t length = statement_bytes) noexcept;

}  // namespace mos::package
