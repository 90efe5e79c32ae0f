#include <mos/delta/codec.hpp>

#include "codecs.hpp"
#include "matcher.hpp"

#include <fmt/format.h>

#include <array>

namespace mos::delta {

namespace {

struct CodecRow {
    Codec codec;
    std::string_view name;
    Result<base::Bytes> (*create)(const CreateJob &);
    Result<void> (*apply)(const ApplyJob &);
};

constexpr std::array codecs{
    CodecRow{Codec::keep, "keep", create_keep, apply_keep},
    CodecRow{Codec::full, "full", create_full, apply_full},
    CodecRow{Codec::vcdiff, "vcdiff", create_vcdiff, apply_vcdiff},
    CodecRow{Codec::suffix, "suffix", create_suffix, apply_suffix},
};

const CodecRow *find(Codec codec) {
    for (const CodecRow &row : codecs)
        if (row.codec == codec)
            return &row;
    return nullptr;
}

Error no_such_codec(Codec codec) {
    return Error{Code::UNSUPPORTED, fmt::format("there is no codec {} in this version", static_cast<int>(codec))};
}

base::Observer &observer_of(base::Observer *observer) {
    return observer != nullptr ? *observer : base::silent_observer();
}

// Applies what was just made, and tells how much memory that took.
Result<std::uint64_t> try_out(const Payload &payload, base::Source &base, const CreateOptions &options) {
    MOS_TRY(const std::uint64_t base_bytes, base.size());
    MemoryBudget memory{options.apply_memory};
    const ByteStream stream = stream_of(payload.bytes);
    PayloadReader reader{stream};
    const base::ByteSink nowhere = [](base::ByteView) { return Result<void>{}; };
    ResultWriter result{payload.result, nowhere, observer_of(options.observer)};
    const ApplyJob job{.base = base, .base_bytes = base_bytes, .payload = reader, .memory = memory, .result = result};
    MOS_CHECK(find(options.codec)->apply(job));
    MOS_CHECK(result.finish());
    return memory.peak();
}

}  // namespace

std::string_view codec_name(Codec codec) noexcept {
    const CodecRow *row = find(codec);
    return row != nullptr ? row->name : "unknown";
}

Result<Codec> codec_of_number(std::uint8_t number) {
    if (const CodecRow *row = find(static_cast<Codec>(number)))
        return row->codec;
    return no_such_codec(static_cast<Codec>(number));
}

Result<Codec> codec_of_name(std::string_view name) {
    for (const CodecRow &row : codecs)
        if (row.name == name)
            return row.codec;
    return Error{Code::INVALID_ARGUMENT, fmt::format("{} is no codec", base::in_quotes(name))}.with_remedy(
        "choose one of keep, full, vcdiff and suffix");
}

bool can_create(Codec codec) noexcept { return find(codec) != nullptr && (codec != Codec::vcdiff || has_vcdiff()); }

bool can_apply(Codec codec) noexcept { return can_create(codec); }

Result<Payload> create_payload(base::Source &base, base::Source &result, const CreateOptions &options) {
    const CodecRow *row = find(options.codec);
    if (row == nullptr)
        return no_such_codec(options.codec);
    MOS_TRY(const Expected base_is, measure(base, options.observer));
    MOS_TRY(const Expected result_is, measure(result, options.observer));
    MemoryBudget memory{options.memory_limit};
    const CreateJob job{.base = base,
                        .result = result,
                        .base_is = base_is,
                        .result_is = result_is,
                        .memory = memory,
                        .apply_memory = options.apply_memory,
                        .observer = observer_of(options.observer)};
    Payload payload;
    payload.result = result_is;
    MOS_TRY(payload.bytes, row->create(job));
    auto needed = try_out(payload, base, options);
    if (!needed && needed.error().code() == Code::DIGEST_MISMATCH)
        return Error{Code::CHANGED_MEANWHILE, "the delta that was made does not give the result back: a file changed "
                                              "while it was read"}
            .with_remedy("make it again from files that stay as they are");
    if (!needed)
        return in_context(std::move(needed).error(), "the delta that was made can't be applied");
    payload.apply_memory = *needed;
    return payload;
}

Result<void> apply_payload(Codec codec, base::Source &base, const ByteStream &payload, const Expected &expected,
                           const ApplyOptions &options, const base::ByteSink &result) {
    const CodecRow *row = find(codec);
    if (row == nullptr)
        return no_such_codec(codec);
    MOS_TRY(const std::uint64_t base_bytes, base.size());
    if (base_bytes > max_file_bytes || expected.size > max_file_bytes)
        return Error{Code::LIMIT, "a file is larger than any that a delta is about"};
    MemoryBudget memory{options.memory_limit};
    PayloadReader reader{payload};
    ResultWriter writer{expected, result, observer_of(options.observer)};
    MOS_CHECK(
        row->apply({.base = base, .base_bytes = base_bytes, .payload = reader, .memory = memory, .result = writer}));
    MOS_CHECK(reader.expect_end());
    return writer.finish();
}

}  // namespace mos::delta
