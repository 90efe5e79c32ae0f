#include <mos/delta/delta.hpp>

#include "ends.hpp"

#include <mos/base/scratch_file.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mos::delta {

namespace {

// The payload's part of a delta: what follows the header, and no more than the header says.
ByteStream payload_of(const ByteStream &delta, std::uint64_t bytes) {
    auto left = std::make_shared<std::uint64_t>(bytes);
    return [&delta, left](base::MutableByteView out) -> Result<std::size_t> {
        const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(*left, out.size()));
        if (most == 0)
            return std::size_t{0};
        MOS_TRY(const std::size_t count, delta(out.first(most)));
        if (count == 0)
            return truncated_delta();
        *left -= count;
        return count;
    };
}

Result<DeltaInfo> read_header(const ByteStream &delta) {
    std::array<std::byte, header_bytes> bytes{};
    auto read = PayloadReader{delta}.read_exactly(bytes);
    if (!read)
        return std::move(read).error();
    return decode_header(bytes);
}

Result<void> check_base(base::Source &base, const Expected &expected, base::Observer *observer) {
    MOS_TRY(const std::uint64_t size, base.size());
    bool same = size == expected.size;
    if (same) {
        MOS_TRY(const Expected found, measure(base, observer));
        same = found == expected;
    }
    if (!same)
        return Error{Code::BASE_DIFFERS,
                     fmt::format("{} is not the file that the delta was made from", base::in_quotes(base.name()))}
            .about(base.name());
    return {};
}

Result<void> check_memory(const DeltaInfo &info, const ApplyOptions &options) {
    if (info.apply_memory > options.memory_limit)
        return Error{Code::LIMIT, fmt::format("the delta needs {} bytes of memory to be applied; {} are allowed",
                                              info.apply_memory, options.memory_limit)}
            .with_remedy("allow more memory, or take the full package");
    return {};
}

// Header and base are good; the payload follows.
Result<void> apply_rest(const DeltaInfo &info, base::Source &base, const ByteStream &delta, const ApplyOptions &options,
                        const base::ByteSink &result) {
    const ByteStream payload = payload_of(delta, info.payload_bytes);
    auto applied = apply_payload(info.codec, base, payload, info.result, options, result);
    if (!applied)
        return blame_base(std::move(applied).error(), base, info.base, options.observer);
    return PayloadReader{delta}.expect_end();
}

Result<DeltaInfo> begin(base::Source &base, const ByteStream &delta, const ApplyOptions &options) {
    MOS_TRY(const DeltaInfo info, read_header(delta));
    MOS_CHECK(check_memory(info, options));
    MOS_CHECK(check_base(base, info.base, options.observer));
    return info;
}

// The file takes the name over: from an earlier one, not from a device or a link.
Result<void> check_place(base::Directory &directory, std::string_view name) {
    MOS_TRY(const auto there, directory.find(name));
    if (there && there->type != base::FileType::regular)
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("{} is no regular file, and would be replaced by one", base::in_quotes(name))}
            .about(std::string{name})
            .with_remedy("name a file, or what is not there yet; to write to a device give the result to a callback");
    return {};
}

}  // namespace

Result<DeltaInfo> create_delta(base::Source &base, base::Source &result, const CreateOptions &options,
                               const base::ByteSink &delta) {
    DeltaInfo info;
    info.codec = options.codec;
    MOS_TRY(const Payload payload, create_payload(base, result, options));
    info.base = payload.base;
    info.result = payload.result;
    info.apply_memory = payload.apply_memory;
    info.payload_bytes = payload.bytes.size();
    MOS_CHECK(delta(encode_header(info)));
    MOS_CHECK(delta(payload.bytes));
    return info;
}

Result<DeltaInfo> apply_delta(base::Source &base, const ByteStream &delta, const ApplyOptions &options,
                              const base::ByteSink &result) {
    MOS_TRY(const DeltaInfo info, begin(base, delta, options));
    MOS_CHECK(apply_rest(info, base, delta, options, result));
    return info;
}

Result<base::Bytes> apply_delta_to_bytes(base::Source &base, const ByteStream &delta, const ApplyOptions &options) {
    MOS_TRY(const DeltaInfo info, begin(base, delta, options));
    if (info.result.size > options.memory_limit - std::min(info.apply_memory, options.memory_limit))
        return Error{Code::LIMIT, fmt::format("the result has {} bytes, and {} of memory are allowed in all",
                                              info.result.size, options.memory_limit)}
            .with_remedy("allow more memory, or apply the delta to a file");
    ApplyOptions rest = options;
    rest.memory_limit -= info.result.size;
    base::Bytes result;
    result.reserve(static_cast<std::size_t>(info.result.size));
    MOS_CHECK(apply_rest(info, base, delta, rest, [&](base::ByteView part) -> Result<void> {
        result.insert(result.end(), part.begin(), part.end());
        return {};
    }));
    return result;
}

Result<DeltaInfo> create_delta_file(base::Source &base, base::Source &result, const CreateOptions &options,
                                    base::Directory &directory, std::string_view name) {
    MOS_CHECK(check_place(directory, name));
    MOS_TRY(base::ScratchFile file, base::ScratchFile::create(directory, name, "delta"));
    MOS_TRY(const DeltaInfo info,
            create_delta(base, result, options, [&](base::ByteView part) { return file.append(part); }));
    MOS_CHECK(file.keep_as(name));
    return info;
}

Result<DeltaInfo> apply_delta_file(base::Source &base, const ByteStream &delta, const ApplyOptions &options,
                                   base::Directory &directory, std::string_view name) {
    MOS_CHECK(check_place(directory, name));
    // Nothing is made before header and base are known to be good.
    MOS_TRY(const DeltaInfo info, begin(base, delta, options));
    MOS_TRY(base::ScratchFile file, base::ScratchFile::create(directory, name, "patched"));
    MOS_CHECK(apply_rest(info, base, delta, options, [&](base::ByteView part) { return file.append(part); }));
    MOS_CHECK(file.keep_as(name));
    return info;
}

}  // namespace mos::delta
