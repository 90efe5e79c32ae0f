#include "callback_data.hpp"
#include "files.hpp"
#include "guard.hpp"

#include <mos/delta/delta.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

using namespace mos::capi;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::delta::Codec;

namespace {

struct CodecRow {
    mos_delta_codec number;
    Codec codec;
};
constexpr std::array codec_rows{CodecRow{MOS_DELTA_DEFAULT, Codec::suffix}, CodecRow{MOS_DELTA_SUFFIX, Codec::suffix},
                                CodecRow{MOS_DELTA_KEEP, Codec::keep}, CodecRow{MOS_DELTA_FULL, Codec::full},
                                CodecRow{MOS_DELTA_VCDIFF, Codec::vcdiff}};

Result<Codec> codec_of(mos_delta_codec number) {
    const auto *row = std::ranges::find(codec_rows, number, &CodecRow::number);
    if (row == codec_rows.end())
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} is no mos_delta_codec", number)};
    return row->codec;
}

// The row of its own, not the default's.
mos_delta_codec number_of(Codec codec) {
    const auto row = std::ranges::find(codec_rows.rbegin(), codec_rows.rend(), codec, &CodecRow::codec);
    return row->number;
}

struct Input {
    std::shared_ptr<mos::base::Source> source;  // nothing where it is a callback
    mos::delta::ByteStream stream;
};

mos::delta::ByteStream stream_of(mos_delta_read_callback read, std::shared_ptr<void> owner) {
    return [read, owner = std::move(owner)](mos::base::MutableByteView out) -> Result<std::size_t> {
        MOS_TRY(const std::int64_t count,
                answer_of("read", Code::IO, [&] { return read(owner.get(), out.data(), out.size()); }));
        if (count < 0)
            return Error{Code::IO, fmt::format("reading the delta failed with {} in the caller's callback", count)}
                .with_remedy(callback_remedy);
        if (static_cast<std::uint64_t>(count) > out.size())
            return Error{Code::INVALID_ARGUMENT, "the read callback returned more than was asked for"}.with_remedy(
                callback_remedy);
        return static_cast<std::size_t>(count);
    };
}

Result<std::unique_ptr<mos::base::Source>> open_source(const mos_delta_input &given, std::string_view what) {
    if (given.path != nullptr)
        return mos::base::open_file_source(given.path);
    if (given.bytes != nullptr) {
        const mos::base::ByteView view{static_cast<const std::byte *>(given.bytes), given.size};
        return mos::base::make_memory_source(mos::base::to_bytes(view), std::string{what});
    }
    return mos::base::open_descriptor_source(given.descriptor, std::string{what});
}

// Owns what came with a callback from here on, also when this fails.
Result<Input> read_input(const mos_delta_input *given, std::string_view what) {
    if (given == nullptr)
        return Error{Code::INVALID_ARGUMENT, fmt::format("the {} is NULL", what)};
    const mos_delta_input known = known_options(given);
    CallbackData data{known.user_data, known.destroy};
    MOS_CHECK(read_options(given));
    if (known.path == nullptr && known.bytes == nullptr && known.read != nullptr)
        return Input{nullptr, stream_of(known.read, data.share())};
    MOS_TRY(std::shared_ptr<mos::base::Source> source, open_source(known, what));
    return Input{source, mos::delta::stream_of(*source)};
}

Result<Input> read_file(const mos_delta_input *given, std::string_view what) {
    MOS_TRY(Input input, read_input(given, what));
    if (input.source == nullptr)
        return Error{Code::INVALID_ARGUMENT, fmt::format("the {} can't come from a read callback", what)};
    return input;
}

struct Output {
    std::optional<NamedPlace> place;
    mos::base::ByteSink sink;
};

Result<Output> read_output(const mos_delta_output *given) {
    if (given == nullptr)
        return Error{Code::INVALID_ARGUMENT, "the output is NULL"};
    const mos_delta_output known = known_options(given);
    CallbackData data{known.user_data, known.destroy};
    MOS_CHECK(read_options(given));
    if (known.path != nullptr) {
        MOS_TRY(NamedPlace place, open_place(known.path));
        return Output{std::move(place), {}};
    }
    if (known.write == nullptr)
        return Error{Code::INVALID_ARGUMENT, "the output has neither a path nor a write callback"};
    return Output{std::nullopt, [write = known.write, owner = data.share()](mos::base::ByteView bytes) -> Result<void> {
                      MOS_TRY(const int status, answer_of("write", Code::IO, [&] {
                                  return write(owner.get(), bytes.data(), bytes.size());
                              }));
                      if (status != 0)
                          return Error{Code::IO, fmt::format("writing failed with {} in the caller's callback", status)}
                              .with_remedy(callback_remedy);
                      return {};
                  }};
}

// Everything that a job needs when the caller's arguments are gone.
struct Request {
    Input base;
    Input other;  // the result of making, the delta of applying
    Output output;
    mos_delta_options options = {};
    Codec codec = Codec::suffix;
};

// All three arguments are taken before any is judged, so that each callback's data are owned.
Result<std::shared_ptr<Request>> read_request(Result<Input> base, Result<Input> other, Result<Output> output,
                                              const mos_delta_options *options) {
    auto request = std::make_shared<Request>();
    MOS_TRY(request->base, std::move(base));
    MOS_TRY(request->other, std::move(other));
    MOS_TRY(request->output, std::move(output));
    MOS_TRY(request->options, read_options(options));
    MOS_TRY(request->codec, codec_of(request->options.codec));
    return request;
}

Result<mos::engine::JobOutcome> outcome_of(Result<mos::delta::DeltaInfo> info, std::uint64_t written) {
    if (!info)
        return std::move(info).error();
    return mos::engine::JobOutcome{.recovery_point = {}, .changed_paths = 0, .written_bytes = written, .notices = {}};
}

Result<mos::engine::JobOutcome> create(Request &request, mos::base::Observer &observer) {
    mos::delta::CreateOptions options{.codec = request.codec, .observer = &observer};
    if (request.options.memory_limit != 0)
        options.memory_limit = request.options.memory_limit;
    if (request.options.apply_memory != 0)
        options.apply_memory = request.options.apply_memory;
    MOS_CHECK(mos::delta::check_apply_memory(options.apply_memory));
    auto info =
        request.output.place
            ? mos::delta::create_delta_file(*request.base.source, *request.other.source, options,
                                            *request.output.place->folder, request.output.place->name)
            : mos::delta::create_delta(*request.base.source, *request.other.source, options, request.output.sink);
    const std::uint64_t written = info ? info->payload_bytes + mos::delta::header_bytes : 0;
    return outcome_of(std::move(info), written);
}

Result<mos::engine::JobOutcome> apply(Request &request, mos::base::Observer &observer) {
    mos::delta::ApplyOptions options{.observer = &observer};
    if (request.options.memory_limit != 0)
        options.memory_limit = request.options.memory_limit;
    auto info = request.output.place
                    ? mos::delta::apply_delta_file(*request.base.source, request.other.stream, options,
                                                   *request.output.place->folder, request.output.place->name)
                    : mos::delta::apply_delta(*request.base.source, request.other.stream, options, request.output.sink);
    const std::uint64_t written = info ? info->result.size : 0;
    return outcome_of(std::move(info), written);
}

using Work = Result<mos::engine::JobOutcome> (*)(Request &, mos::base::Observer &);

Result<mos_job *> job_of(mos_context *context, std::shared_ptr<Request> request, Work work) {
    auto handle = std::make_unique<mos_job>();
    handle->context = context->context;
    MOS_TRY(handle->job, mos::engine::Job::create(
                             [request = std::move(request), work](mos::base::Observer &observer, const auto & /*ask*/) {
                                 return work(*request, observer);
                             }));
    return handle.release();
}

void fill(mos_delta_information &out, const mos::delta::DeltaInfo &info) {
    out.codec = number_of(info.codec);
    out.base_size = info.base.size;
    out.result_size = info.result.size;
    out.payload_size = info.payload_bytes;
    out.apply_memory = info.apply_memory;
    std::memcpy(out.base_sha256, info.base.digest.data(), sizeof out.base_sha256);
    std::memcpy(out.result_sha256, info.result.digest.data(), sizeof out.result_sha256);
}

}  // namespace

bool mos_delta_can_create(mos_delta_codec codec) {
    return answer(false, [&] {
        const auto found = codec_of(codec);
        return found && mos::delta::can_create(*found);
    });
}

bool mos_delta_can_apply(mos_delta_codec codec) {
    return answer(false, [&] {
        const auto found = codec_of(codec);
        return found && mos::delta::can_apply(*found);
    });
}

// NOLINTNEXTLINE(readability-function-size): its parameters are the C API's
int mos_delta_create_job(mos_context *context, const mos_delta_input *base, const mos_delta_input *result,
                         const mos_delta_output *delta, const mos_delta_options *options, mos_job **job,
                         mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        auto from = read_file(base, "base");
        auto to = read_file(result, "result");
        auto output = read_output(delta);
        MOS_CHECK_OUTPUT(job);
        MOS_CHECK_HANDLE(context);
        MOS_TRY(auto request, read_request(std::move(from), std::move(to), std::move(output), options));
        MOS_TRY(*job, job_of(context, std::move(request), create));
        return {};
    });
}

// NOLINTNEXTLINE(readability-function-size): its parameters are the C API's
int mos_delta_apply_job(mos_context *context, const mos_delta_input *base, const mos_delta_input *delta,
                        const mos_delta_output *result, const mos_delta_options *options, mos_job **job,
                        mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        auto from = read_file(base, "base");
        auto stream = read_input(delta, "delta");
        auto output = read_output(result);
        MOS_CHECK_OUTPUT(job);
        MOS_CHECK_HANDLE(context);
        MOS_TRY(auto request, read_request(std::move(from), std::move(stream), std::move(output), options));
        MOS_TRY(*job, job_of(context, std::move(request), apply));
        return {};
    });
}

int mos_delta_information_get(mos_context *context, const mos_delta_input *delta, mos_delta_information *information,
                              mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        const auto input = read_file(delta, "delta");
        MOS_CHECK_HANDLE(context);
        MOS_CHECK(check_struct(information, "information"));
        if (!input)
            return Error{input.error()};
        MOS_TRY(const mos::delta::DeltaInfo info, mos::delta::read_header(*input->source));
        mos_delta_information out = MOS_DELTA_INFORMATION_INIT;
        fill(out, info);
        return write_output(information, "information", out);
    });
}
