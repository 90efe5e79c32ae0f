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

Error changed_meanwhile(std::string_view name) {
    return Error{Code::CHANGED_MEANWHILE, fmt::format("{} changed while it was read", base::in_quotes(name))}
        .about(std::string{name})
        .with_remedy("make the delta again, from files that stay as they are");
}

// CHANGED_MEANWHILE unless both files still are what they were at the beginning.
Result<void> check_unchanged(const CreateJob &job) {
    for (const auto &[file, was] : {std::pair{&job.base, &job.base_is}, std::pair{&job.result, &job.result_is}}) {
        MOS_TRY(const Expected is, measure(*file, &job.observer));
        if (is != *was)
            return changed_meanwhile(file->name());
    }
    return {};
}

// Applies what was just made, and tells how much memory that took.
Result<std::uint64_t> try_out(const CodecRow &codec, base::ByteView payload, const CreateJob &job) {
    MemoryBudget memory{job.apply_memory};
    const ByteStream stream = stream_of(payload);
    PayloadReader reader{stream};
    const base::ByteSink nowhere = [](base::ByteView) { return Result<void>{}; };
    ResultWriter result{job.result_is, nowhere, job.observer};
    MOS_CHECK(codec.apply(
        {.base = job.base, .base_bytes = job.base_is.size, .payload = reader, .memory = memory, .result = result}));
    MOS_CHECK(result.finish());
    return memory.peak();
}

Result<void> make_and_try(const CodecRow &codec, const CreateJob &job, Payload &payload) {
    MOS_TRY(payload.bytes, codec.create(job));
    auto needed = try_out(codec, payload.bytes, job);
    if (!needed)
        return in_context(std::move(needed).error(), "the delta that was made can't be applied");
    payload.apply_memory = *needed;
    return {};
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

Result<void> check_apply_memory(std::uint64_t bytes) {
    if (bytes < least_apply_memory)
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("{} bytes of memory are too few to apply a delta: at least {} are needed", bytes,
                                 least_apply_memory)};
    return {};
}

Result<Payload> create_payload(base::Source &base, base::Source &result, const CreateOptions &options) {
    const CodecRow *row = find(options.codec);
    if (row == nullptr)
        return no_such_codec(options.codec);
    Payload payload;
    MOS_TRY(payload.base, measure(base, options.observer));
    MOS_TRY(payload.result, measure(result, options.observer));
    MemoryBudget memory{options.memory_limit};
    const CreateJob job{.base = base,
                        .result = result,
                        .base_is = payload.base,
                        .result_is = payload.result,
                        .memory = memory,
                        .apply_memory = options.apply_memory,
                        .observer = observer_of(options.observer)};
    auto made = make_and_try(*row, job, payload);
    if (!made && (made.error().code() == Code::CANCELLED || made.error().code() == Code::LIMIT))
        return std::move(made).error();
    // A delta whose base changed before it was loaded is right for the changed one, and its header would name the
    // other.
    MOS_CHECK(check_unchanged(job));
    MOS_CHECK(std::move(made));
    return payload;
}

Error blame_base(Error failure, base::Source &base, const Expected &base_is, base::Observer *observer) {
    if (failure.code() == Code::CANCELLED)
        return failure;
    const auto found = measure(base, observer);
    if (found && *found == base_is)
        return failure;
    return Error{Code::BASE_DIFFERS, "the base is not, or no longer, what the delta was made from"}
        .about(base.name())
        .caused_by(std::move(failure));
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
