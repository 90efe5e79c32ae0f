// Makes and applies deltas of files: for the test beside the xdelta3 command, and for measuring.
//   delta-tool codecs
//   delta-tool create CODEC BASE RESULT DELTA [apply-memory]
//   delta-tool apply BASE DELTA RESULT [memory]
//   delta-tool payload-apply CODEC BASE PAYLOAD LIKE RESULT [memory]
//   delta-tool deflate gzip|zlib|zlib9 LEVEL FILE OUT
// `payload-apply` takes a delta without our header, such as another program's; size and digest are those of LIKE.
#include "deflate_encoder.hpp"

#include <mos/delta/delta.hpp>

#include <charconv>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>

using namespace mos;

namespace {

using Arguments = std::span<char *const>;

std::uint64_t number_at(Arguments arguments, std::size_t index, std::uint64_t otherwise) {
    if (arguments.size() > index) {
        const std::string_view text{arguments[index]};
        std::from_chars(text.data(), text.data() + text.size(), otherwise);
    }
    return otherwise;
}

struct Place {
    std::unique_ptr<base::Directory> folder;
    std::string name;
};

Result<Place> place_of(const std::string &path) {
    const std::size_t slash = path.rfind('/');
    MOS_TRY(auto folder, base::open_root(slash == std::string::npos ? "." : path.substr(0, slash + 1)));
    return Place{std::move(folder), slash == std::string::npos ? path : path.substr(slash + 1)};
}

Result<void> create(Arguments arguments) {
    delta::CreateOptions options;
    MOS_TRY(options.codec, delta::codec_of_name(arguments[2]));
    options.apply_memory = number_at(arguments, 6, options.apply_memory);
    MOS_TRY(const auto base, base::open_file_source(arguments[3]));
    MOS_TRY(const auto result, base::open_file_source(arguments[4]));
    MOS_TRY(const Place place, place_of(arguments[5]));
    MOS_TRY(const delta::DeltaInfo info, delta::create_delta_file(*base, *result, options, *place.folder, place.name));
    static_cast<void>(std::printf("payload %llu memory %llu\n", static_cast<unsigned long long>(info.payload_bytes),
                                  static_cast<unsigned long long>(info.apply_memory)));
    return {};
}

Result<void> apply(Arguments arguments) {
    delta::ApplyOptions options;
    options.memory_limit = number_at(arguments, 5, options.memory_limit);
    MOS_TRY(const auto base, base::open_file_source(arguments[2]));
    MOS_TRY(const auto delta, base::open_file_source(arguments[3]));
    MOS_TRY(const Place place, place_of(arguments[4]));
    MOS_CHECK(delta::apply_delta_file(*base, delta::stream_of(*delta), options, *place.folder, place.name));
    return {};
}

Result<void> apply_bare(Arguments arguments) {
    delta::ApplyOptions options;
    options.memory_limit = number_at(arguments, 7, options.memory_limit);
    MOS_TRY(const delta::Codec codec, delta::codec_of_name(arguments[2]));
    MOS_TRY(const auto base, base::open_file_source(arguments[3]));
    MOS_TRY(const auto payload, base::open_file_source(arguments[4]));
    MOS_TRY(const auto like, base::open_file_source(arguments[5]));
    MOS_TRY(const delta::Expected expected, delta::measure(*like));
    base::Bytes result;
    MOS_CHECK(delta::apply_payload(codec, *base, delta::stream_of(*payload), expected, options,
                                   [&](base::ByteView part) -> Result<void> {
                                       result.insert(result.end(), part.begin(), part.end());
                                       return {};
                                   }));
    MOS_TRY(const Place place, place_of(arguments[6]));
    return base::replace_file(*place.folder, place.name, result, 0644);
}

Result<void> deflate(Arguments arguments) {
    using Program = delta::DeflateRules::Program;
    const std::string_view name{arguments[2]};
    const delta::DeflateRules rules{.program = name == "gzip"   ? Program::gzip
                                               : name == "zlib" ? Program::zlib
                                                                : Program::zlib9,
                                    .level = static_cast<std::uint8_t>(number_at(arguments, 3, 6))};
    MOS_TRY(const auto file, base::open_file_source(arguments[4]));
    MOS_TRY(const std::uint64_t size, file->size());
    base::Bytes content(static_cast<std::size_t>(size));
    MOS_CHECK(base::read_exactly(*file, 0, content));
    delta::MemoryBudget memory{delta::DeflateEncoder::memory_bytes()};
    MOS_TRY(delta::DeflateEncoder encoder, delta::DeflateEncoder::create(memory));
    base::Bytes out;
    const base::ByteSink sink = [&](base::ByteView part) -> Result<void> {
        out.insert(out.end(), part.begin(), part.end());
        return {};
    };
    encoder.begin(rules, sink);
    MOS_CHECK(encoder.add(content));
    MOS_CHECK(encoder.finish());
    MOS_TRY(const Place place, place_of(arguments[5]));
    return base::replace_file(*place.folder, place.name, out, 0644);
}

Result<void> codecs() {
    for (const delta::Codec codec :
         {delta::Codec::keep, delta::Codec::full, delta::Codec::vcdiff, delta::Codec::suffix})
        if (delta::can_create(codec))
            static_cast<void>(std::puts(std::string{delta::codec_name(codec)}.c_str()));
    return {};
}

Result<void> run(Arguments arguments) {
    const std::string_view verb = arguments.size() > 1 ? arguments[1] : "";
    if (verb == "codecs")
        return codecs();
    if (verb == "create" && arguments.size() >= 6)
        return create(arguments);
    if (verb == "apply" && arguments.size() >= 5)
        return apply(arguments);
    if (verb == "deflate" && arguments.size() >= 6)
        return deflate(arguments);
    if (verb == "payload-apply" && arguments.size() >= 7)
        return apply_bare(arguments);
    return Error{Code::INVALID_ARGUMENT, "usage: see the top of delta_tool.cpp"};
}

}  // namespace

int main(int count, char **arguments) {
    const auto result = run({arguments, static_cast<std::size_t>(count)});
    if (result)
        return 0;
    static_cast<void>(std::fprintf(stderr, "%s\n", result.error().full_message().c_str()));
    return 1;
}
