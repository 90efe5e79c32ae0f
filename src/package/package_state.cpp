#include "package_state.hpp"

#include "index_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mos::package {

namespace {

Result<void> check_index_digest(PackageState &state) {
    crypto::Sha256 whole;
    base::Bytes chunk(index_chunk_bytes);
    for (std::uint64_t done = 0; done < state.statement.index_stored_bytes;) {
        const std::uint64_t left = state.statement.index_stored_bytes - done;
        const auto part =
            base::MutableByteView{chunk}.first(static_cast<std::size_t>(std::min<std::uint64_t>(left, chunk.size())));
        MOS_CHECK(base::read_exactly(*state.source, state.layout().index + done, part));
        whole.update(part);
        state.index_chunks.push_back(crypto::sha256(part));
        done += part.size();
    }
    if (whole.finish() != state.statement.index_sha256)
        return state.damaged(Code::DIGEST_MISMATCH, "the index does not match the signed statement");
    return {};
}

Result<void> check_frame_line(const PackageState &state, const FrameLine &line) {
    const std::size_t number = state.frames.size();
    if (line.number != number)
        return state.damaged(Code::FORMAT, fmt::format("frame {} stands where {} was expected", line.number, number));
    if (line.plain_bytes > state.limits.frame_plain_bytes)
        return state.damaged(Code::LIMIT, fmt::format("frame {} has {} plain bytes, at most {} are allowed", number,
                                                      line.plain_bytes, state.limits.frame_plain_bytes));
    if (line.plain_bytes == 0 || line.stored_bytes == 0 || line.stored_bytes > max_stored_bytes(line.plain_bytes))
        return state.damaged(Code::FORMAT, fmt::format("frame {} can't have {} stored and {} plain bytes", number,
                                                       line.stored_bytes, line.plain_bytes));
    return {};
}

// The sums can't overflow: each frame is bounded, and so is their number.
Result<void> load_frame_table(PackageState &state) {
    IndexReader reader{state};
    std::uint64_t stored = 0;
    std::uint64_t plain = 0;
    for (std::uint32_t i = 0; i < state.statement.frames; ++i) {
        MOS_TRY(const FrameLine line, reader.next_frame());
        MOS_CHECK(check_frame_line(state, line));
        state.frames.push_back({stored, plain, static_cast<std::uint32_t>(line.stored_bytes),
                                static_cast<std::uint32_t>(line.plain_bytes), line.stored_sha256, line.plain_sha256});
        stored += line.stored_bytes;
        plain += line.plain_bytes;
    }
    if (state.layout().payload + stored != state.layout().last_frame || plain != state.plain_bytes())
        return state.damaged(Code::FORMAT, "the frames do not add up to the payload");
    return {};
}

}  // namespace

Error PackageState::damaged(Code code, std::string_view what) const {
    return damaged_package(source->name(), code, what);
}

Result<void> PackageState::load_index() {
    MOS_CHECK(check_index_digest(*this));
    MOS_CHECK(load_frame_table(*this));
    reader.emplace(*source, frames, layout().payload, limits);
    return {};
}

Result<void> PackageState::check_extent(const Entry &entry) const {
    const auto refuse = [&] {
        return Error{Code::FORMAT, fmt::format("entry {} says that its content stands where there is none",
                                               base::in_quotes(entry.path))}
            .about(entry.path);
    };
    const Extent &extent = entry.extent;
    if (entry.size == 0 || entry.origin != Origin::stored)
        return extent == Extent{} ? Result<void>{} : Result<void>{refuse()};
    if (extent.first_frame >= frames.size() || extent.frame_count == 0 ||
        extent.frame_count > frames.size() - extent.first_frame ||
        extent.offset >= frames[extent.first_frame].plain_bytes)
        return refuse();
    const std::uint64_t begin = frames[extent.first_frame].plain_offset + extent.offset;
    if (entry.size > plain_bytes() - begin)
        return refuse();
    const Frame &last = frames[extent.first_frame + extent.frame_count - 1];
    const std::uint64_t last_byte = begin + entry.size - 1;
    if (last_byte < last.plain_offset || last_byte - last.plain_offset >= last.plain_bytes)
        return refuse();
    return {};
}

Result<Extent> PackageState::locate(std::uint64_t offset) const {
    if (offset >= plain_bytes())
        return damaged(Code::FORMAT, fmt::format("byte {} of the payload is asked for, beyond its end", offset));
    const auto after =
        std::upper_bound(frames.begin(), frames.end(), offset,
                         [](std::uint64_t value, const Frame &frame) { return value < frame.plain_offset; });
    const auto number = static_cast<std::uint32_t>(after - frames.begin() - 1);
    return Extent{number, 0, offset - frames[number].plain_offset};
}

Result<void> PackageState::read_plain(Extent from, std::uint64_t size, const base::ByteSink &sink) {
    while (size > 0) {
        if (from.first_frame >= frames.size())
            return damaged(Code::FORMAT, "content goes on after the last frame");
        MOS_TRY(const base::ByteView plain, reader->frame(from.first_frame));
        const base::ByteView rest = plain.subspan(static_cast<std::size_t>(from.offset));
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(size, rest.size()));
        MOS_CHECK(sink(rest.first(count)));
        size -= count;
        from = {from.first_frame + 1, 0, 0};
    }
    return {};
}

}  // namespace mos::package
