// The statement: what is accepted of the present format is written again byte for byte.
#include "target.hpp"

#include <mos/package/layout.hpp>
#include <mos/package/statement.hpp>

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace mos;
    const base::ByteView bytes = fuzz::input(data, size);
    const auto statement = package::decode_statement(bytes, {});
    if (!statement)
        return 0;
    const base::Bytes again = package::encode_statement(*statement);
    fuzz::hold(bytes.size() >= again.size() && std::ranges::equal(bytes.first(again.size()), again),
               "a statement has one spelling");
    fuzz::hold(bytes.size() == again.size() || statement->version_of_format > package::format_version,
               "only a newer format is longer");
    const package::Layout layout = package::layout_of(*statement, bytes.size());
    fuzz::hold(layout.statement < layout.signature_area && layout.signature_area < layout.index &&
                   layout.index < layout.payload && layout.payload <= layout.end,
               "the parts of a file follow each other");
    return 0;
}
