// The index of a package. The input is its text; statement, frames and signatures around it are a genuine package's.
#include "package_walk.hpp"
#include "sample.hpp"
#include "target.hpp"

#include <mos/package/frame.hpp>
#include <mos/package/layout.hpp>
#include <mos/package/writer.hpp>

#include <algorithm>

namespace {

using namespace mos;

void append(base::Bytes &out, base::ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

// Lines that begin as those of frames do, before the first that does not.
std::uint32_t count_frames(std::string_view text) {
    std::uint32_t frames = 0;
    while (text.starts_with("{\"frame\":")) {
        ++frames;
        text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    }
    return frames;
}

package::Statement statement_for(const package::Statement &genuine, base::ByteView text, base::ByteView index) {
    package::Statement statement = genuine;
    const auto lines = static_cast<std::uint64_t>(std::ranges::count(base::as_text(text), '\n'));
    statement.frames = count_frames(base::as_text(text));
    statement.entries = lines - std::min<std::uint64_t>(lines, statement.frames);
    statement.index_stored_bytes = index.size();
    statement.index_expanded_bytes = text.size();
    statement.index_sha256 = crypto::sha256(index);
    return statement;
}

base::Bytes package_with(base::ByteView genuine, base::ByteView text) {
    const package::Layout fixed = package::layout_of({});
    const auto statement =
        fuzz::must(package::decode_statement(genuine.subspan(fixed.statement, package::statement_bytes), {}),
                   "it has a statement");
    const package::Layout layout = package::layout_of(statement);
    const base::Bytes index = package::raw_frame(text);
    base::Bytes file = base::to_bytes(genuine.first(fixed.statement));
    append(file, package::encode_statement(statement_for(statement, text, index)));
    append(file, genuine.subspan(file.size(), layout.index - package::skippable_header_bytes - file.size()));
    append(file, package::skippable_header(package::index_frame_magic, static_cast<std::uint32_t>(index.size())));
    append(file, index);
    append(file, genuine.subspan(layout.payload));
    return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    static const base::Bytes genuine = fuzz::sample_package(package::uncompressed, fuzz::Signed::no);
    fuzz::walk_package(package_with(genuine, fuzz::input(data, size)));
    return 0;
}
