// file-delta: one file as its difference to another, without a package around it.
#include "built.hpp"
#include "commands.hpp"

#include "frame/change.hpp"
#include "frame/job.hpp"
#include "frame/terminal.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <unistd.h>

using namespace frame;

namespace package_tool {

namespace {

struct CodecRow {
    std::string_view name;
    mos_delta_codec number;
};
constexpr std::array codecs{CodecRow{"suffix", MOS_DELTA_SUFFIX}, CodecRow{"vcdiff", MOS_DELTA_VCDIFF},
                            CodecRow{"full", MOS_DELTA_FULL}, CodecRow{"keep", MOS_DELTA_KEEP}};

mos_delta_codec codec_of(const Values &values) {
    const std::string wanted = values.text_or("codec", "suffix");
    for (const CodecRow &row : codecs)
        if (row.name == wanted)
            return row.number;
    return MOS_DELTA_DEFAULT;  // the parser lets no other word through
}

std::string_view name_of(mos_delta_codec number) {
    for (const CodecRow &row : codecs)
        if (row.number == number)
            return row.name;
    return "unknown";
}

mos_delta_input input_of(const std::string &path) {
    mos_delta_input input = MOS_DELTA_INPUT_INIT;
    input.path = path.c_str();
    return input;
}

// As much as has come of standard input.
extern "C" std::int64_t read_standard_input(void * /*user_data*/, void *buffer, std::size_t size) {
    ssize_t count = -1;
    do
        count = ::read(STDIN_FILENO, buffer, size);
    while (count < 0 && errno == EINTR);
    return count;
}

mos_delta_input delta_of(const std::string &path) {
    if (path != "-")
        return input_of(path);
    mos_delta_input input = MOS_DELTA_INPUT_INIT;
    input.read = read_standard_input;
    return input;
}

mos_delta_output output_of(const Values &values) {
    mos_delta_output output = MOS_DELTA_OUTPUT_INIT;
    output.path = values.c_text("output");
    return output;
}

Result<mos_delta_information> information_of(const Session &session, const std::string &path) {
    const mos_delta_input input = input_of(path);
    mos_delta_information information = MOS_DELTA_INFORMATION_INIT;
    FRAME_CHECK(
        check([&](auto error) { return mos_delta_information_get(session.context, &input, &information, error); }));
    return information;
}

nlohmann::ordered_json to_json(const mos_delta_information &is) {
    return {{"codec", name_of(is.codec)},
            {"base_bytes", is.base_size},
            {"base_sha256", hexadecimal(is.base_sha256)},
            {"result_bytes", is.result_size},
            {"result_sha256", hexadecimal(is.result_sha256)},
            {"payload_bytes", is.payload_size},
            {"apply_memory_bytes", is.apply_memory}};
}

Result<ExitCode> create(Session &session) {
    const Values &values = session.values;
    mos_delta_options options = MOS_DELTA_OPTIONS_INIT;
    options.codec = codec_of(values);
    FRAME_TRY(options.apply_memory, size_option(values, "apply-memory"));
    FRAME_TRY(options.memory_limit, size_option(values, "create-memory"));
    const mos_delta_input base = input_of(values.operands()[0]);
    const mos_delta_input result = input_of(values.operands()[1]);
    const mos_delta_output output = output_of(values);
    FRAME_TRY(Job job, make<Job>([&](auto out, auto error) {
                  return mos_delta_create_job(session.context, &base, &result, &output, &options, out, error);
              }));
    FRAME_TRY(const EndedJob ended, run_job(session, std::move(job)));
    const std::string path = *values.text("output");
    FRAME_TRY(const mos_delta_information is, information_of(session, path));
    const std::uint64_t bytes = mos_outcome_written_bytes(ended.outcome);
    if (session.json()) {
        nlohmann::ordered_json document = to_json(is);
        document["delta"] = path;
        document["delta_bytes"] = bytes;
        document["elapsed_ms"] = ended.elapsed_ms;
        put_json(document);
        return ExitCode::done;
    }
    put_line(Stream::out,
             {{Style::good, "made"},
              {Style::plain, fmt::format("  {}, {} for a file of {}, in {}", printable(path), size_text(bytes),
                                         size_text(is.result_size), duration_text(ended.elapsed_ms))}});
    put_line(Stream::out, fmt::format("      takes {} of memory to be applied", size_text(is.apply_memory)));
    return ExitCode::done;
}

Result<ExitCode> apply(Session &session) {
    const Values &values = session.values;
    mos_delta_options options = MOS_DELTA_OPTIONS_INIT;
    FRAME_TRY(options.memory_limit, size_option(values, "memory"));
    const mos_delta_input base = input_of(values.operands()[0]);
    const mos_delta_input delta = delta_of(values.operands()[1]);
    const mos_delta_output output = output_of(values);
    FRAME_TRY(Job job, make<Job>([&](auto out, auto error) {
                  return mos_delta_apply_job(session.context, &base, &delta, &output, &options, out, error);
              }));
    FRAME_TRY(const EndedJob ended, run_job(session, std::move(job)));
    const std::string path = *values.text("output");
    const std::uint64_t bytes = mos_outcome_written_bytes(ended.outcome);
    if (session.json())
        put_json({{"result", path}, {"result_bytes", bytes}, {"elapsed_ms", ended.elapsed_ms}});
    else
        put_line(Stream::out, {{Style::good, "made"},
                               {Style::plain, fmt::format("  {}, {}, in {}", printable(path), size_text(bytes),
                                                          duration_text(ended.elapsed_ms))}});
    return ExitCode::done;
}

Result<ExitCode> info(Session &session) {
    FRAME_TRY(const mos_delta_information is, information_of(session, session.values.operands().front()));
    if (session.json()) {
        put_json(to_json(is));
        return ExitCode::done;
    }
    put_line(Stream::out, fmt::format("codec    {}", name_of(is.codec)));
    put_line(Stream::out, fmt::format("base     {}, SHA-256 {}", size_text(is.base_size), hexadecimal(is.base_sha256)));
    put_line(Stream::out,
             fmt::format("result   {}, SHA-256 {}", size_text(is.result_size), hexadecimal(is.result_sha256)));
    put_line(Stream::out, fmt::format("payload  {}", size_text(is.payload_size)));
    put_line(Stream::out, fmt::format("memory   {} to apply it", size_text(is.apply_memory)));
    return ExitCode::done;
}

}  // namespace

Command file_delta_create_command() {
    return {
        "file-delta create",
        "make a delta of two files, the old one and the new one that is made out of it",
        "multios-package file-delta create firmware-1.bin firmware-2.bin --output=firmware-1-2.delta",
        Effect::writes_files,
        create,
        {"FILE", 2, 2},
        {
            required(text("output", "FILE", "the delta; a file of that name is replaced at once")),
            choice("codec", "suffix|vcdiff|full|keep",
                   "how: suffix is smallest and the default, vcdiff is read by xdelta3 -d behind the first 128 bytes"),
            text("apply-memory", "SIZE", "what the device has to apply it; 32MiB otherwise"),
            text("create-memory", "SIZE", "what may be taken here; 4GiB otherwise"),
        },
    };
}

Command file_delta_apply_command() {
    return {
        "file-delta apply",
        "make the new file out of the old one and a delta; the delta '-' is standard input, applied as it comes",
        "multios-package file-delta apply firmware-1.bin firmware-1-2.delta --output=firmware-2.bin",
        Effect::writes_files,
        apply,
        {"FILE", 2, 2},
        {
            required(text("output", "FILE", "the new file; there only when it is whole and right")),
            text("memory", "SIZE", "what may be taken; 32MiB otherwise"),
        },
    };
}

Command file_delta_info_command() {
    return {
        "file-delta info",
        "show what a delta is for, what it makes, and what memory that takes",
        "multios-package file-delta info firmware-1-2.delta",
        Effect::reads,
        info,
        {"FILE", 1, 1},
        {},
    };
}

}  // namespace package_tool
