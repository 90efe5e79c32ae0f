#include "capi_bench.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

using namespace mos::test::capi;

namespace {

const std::string old_text = numbers_text(200'000, 1);
const std::string new_text = old_text.substr(0, 90'000) + "something new" + old_text.substr(100'000);

mos_delta_input of_bytes(const std::string &bytes) {
    mos_delta_input input = MOS_DELTA_INPUT_INIT;
    input.bytes = bytes.data();
    input.size = bytes.size();
    return input;
}

mos_delta_input of_path(const std::string &path) {
    mos_delta_input input = MOS_DELTA_INPUT_INIT;
    input.path = path.c_str();
    return input;
}

mos_delta_output to_path(const std::string &path) {
    mos_delta_output output = MOS_DELTA_OUTPUT_INIT;
    output.path = path.c_str();
    return output;
}

// Takes what is written; stops after `most` bytes.
struct Sink {
    std::string taken;
    std::size_t most = SIZE_MAX;
    int destroyed = 0;
};

mos_delta_output to_sink(Sink &sink) {
    mos_delta_output output = MOS_DELTA_OUTPUT_INIT;
    output.user_data = &sink;
    output.write = [](void *data, const void *bytes, size_t size) {
        auto &to = *static_cast<Sink *>(data);
        to.taken.append(static_cast<const char *>(bytes), size);
        return to.taken.size() > to.most ? 5 : 0;
    };
    output.destroy = [](void *data) { ++static_cast<Sink *>(data)->destroyed; };
    return output;
}

struct Trickle {
    std::string bytes;
    std::size_t given = 0;
    int destroyed = 0;
};

// A delta that comes in 1000 bytes at a time.
mos_delta_input of_trickle(Trickle &trickle) {
    mos_delta_input input = MOS_DELTA_INPUT_INIT;
    input.user_data = &trickle;
    input.read = [](void *data, void *buffer, size_t size) {
        auto &from = *static_cast<Trickle *>(data);
        const std::size_t count = std::min({size, std::size_t{1000}, from.bytes.size() - from.given});
        std::copy_n(from.bytes.data() + from.given, count, static_cast<char *>(buffer));
        from.given += count;
        return static_cast<std::int64_t>(count);
    };
    input.destroy = [](void *data) { ++static_cast<Trickle *>(data)->destroyed; };
    return input;
}

Context context() {
    return made_by<Context>([](auto out, auto error) { return mos_context_create(nullptr, out, error); });
}

void run(const Job &job) {
    mos_error *error = nullptr;
    must(mos_job_run(job.get(), nullptr, nullptr, &error), error);
}

int failed(const Job &job) {
    return failure_of([&](auto error) { return mos_job_run(job.get(), nullptr, nullptr, error); }).code;
}

template <class Result>
Job create_job(const Context &by, const mos_delta_input &base, const mos_delta_input &result, const Result &output,
               const mos_delta_options *options = nullptr) {
    return made_by<Job>([&](auto out, auto error) {
        return mos_delta_create_job(by.get(), &base, &result, &output, options, out, error);
    });
}

Job apply_job(const Context &by, const mos_delta_input &base, const mos_delta_input &delta,
              const mos_delta_output &output, const mos_delta_options *options = nullptr) {
    return made_by<Job>([&](auto out, auto error) {
        return mos_delta_apply_job(by.get(), &base, &delta, &output, options, out, error);
    });
}

std::string made(const Context &by, mos_delta_codec codec, const std::string &to = new_text) {
    Sink sink;
    mos_delta_options options = MOS_DELTA_OPTIONS_INIT;
    options.codec = codec;
    run(create_job(by, of_bytes(old_text), of_bytes(to), to_sink(sink), &options));
    CHECK(sink.destroyed == 1);
    return sink.taken;
}

}  // namespace

TEST_CASE("deltas between buffers, files and descriptors, applied while they come in") {
    const Context by = context();
    const Folder folder;
    folder.put("old", old_text);
    folder.put("new", new_text);
    run(create_job(by, of_path(folder.at("old")), of_path(folder.at("new")), to_path(folder.at("delta"))));
    const std::string delta = folder.read("delta");
    CHECK(delta == made(by, MOS_DELTA_SUFFIX));
    CHECK(delta.size() < 1000);

    INFO("a file");
    run(apply_job(by, of_path(folder.at("old")), of_path(folder.at("delta")), to_path(folder.at("again"))));
    CHECK(folder.read("again") == new_text);

    INFO("a descriptor for the base, and a callback at each end");
    Sink sink;
    Trickle trickle{.bytes = delta};
    const int descriptor = ::open(folder.at("old").c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(descriptor >= 0);
    mos_delta_input base = MOS_DELTA_INPUT_INIT;
    base.descriptor = descriptor;
    {
        const Job job = apply_job(by, base, of_trickle(trickle), to_sink(sink));
        ::close(descriptor);  // the job has its own
        run(job);
        const mos_outcome *outcome = nullptr;
        CHECK(mos_job_outcome(job.get(), &outcome, nullptr) == MOS_OK);
        CHECK(mos_outcome_written_bytes(outcome) == new_text.size());
    }
    CHECK(sink.taken == new_text);
    CHECK(sink.destroyed == 1);
    CHECK(trickle.destroyed == 1);

    INFO("onto the base itself");
    run(apply_job(by, of_path(folder.at("old")), of_bytes(delta), to_path(folder.at("old"))));
    CHECK(folder.read("old") == new_text);
}

TEST_CASE("a delta tells what it is for") {
    const Context by = context();
    const std::string delta = made(by, MOS_DELTA_FULL);
    const mos_delta_input input = of_bytes(delta);
    mos_delta_information information = MOS_DELTA_INFORMATION_INIT;
    mos_error *error = nullptr;
    must(mos_delta_information_get(by.get(), &input, &information, &error), error);
    CHECK(information.codec == MOS_DELTA_FULL);
    CHECK(information.base_size == old_text.size());
    CHECK(information.result_size == new_text.size());
    CHECK(information.payload_size == delta.size() - 128);
    CHECK(information.apply_memory > 0);
    CHECK(std::ranges::any_of(information.base_sha256, [](std::uint8_t byte) { return byte != 0; }));
    const std::string none = "no delta";
    const mos_delta_input other = of_bytes(none);
    CHECK(failure_of([&](auto out) { return mos_delta_information_get(by.get(), &other, &information, out); }).code ==
          MOS_E_FORMAT);
    CHECK(information.codec == MOS_DELTA_FULL);
}

TEST_CASE("codecs are told apart, and what this build does not have") {
    const Context by = context();
    CHECK(mos_delta_can_apply(MOS_DELTA_DEFAULT));
    CHECK(mos_delta_can_apply(MOS_DELTA_SUFFIX));
    CHECK(mos_delta_can_create(MOS_DELTA_FULL));
    CHECK_FALSE(mos_delta_can_create(99));
    CHECK(made(by, MOS_DELTA_KEEP, old_text).size() == 128);
    Sink sink;
    mos_delta_options options = MOS_DELTA_OPTIONS_INIT;
    options.codec = MOS_DELTA_KEEP;
    CHECK(failed(create_job(by, of_bytes(old_text), of_bytes(new_text), to_sink(sink), &options)) ==
          MOS_E_INVALID_ARGUMENT);
    options.codec = MOS_DELTA_VCDIFF;
    const Job job = create_job(by, of_bytes(old_text), of_bytes(new_text), to_sink(sink), &options);
    if (mos_delta_can_create(MOS_DELTA_VCDIFF))
        run(job);
    else
        CHECK(failed(job) == MOS_E_NOT_BUILT);
}

TEST_CASE("what can't be applied says why, and leaves the old file") {
    const Context by = context();
    const Folder folder;
    folder.put("result", "as before");
    const std::string delta = made(by, MOS_DELTA_SUFFIX);
    const std::string path = folder.at("result");
    const mos_delta_output output = to_path(path);
    const auto code = [&](const std::string &base, const std::string &bytes, std::uint64_t memory = 0) {
        mos_delta_options options = MOS_DELTA_OPTIONS_INIT;
        options.memory_limit = memory;
        const int found = failed(apply_job(by, of_bytes(base), of_bytes(bytes), output, &options));
        CHECK(folder.read("result") == "as before");
        return found;
    };
    CHECK(code(new_text, delta) == MOS_E_BASE_DIFFERS);
    CHECK(code(old_text, delta.substr(0, delta.size() - 1)) == MOS_E_TRUNCATED);
    CHECK(code(old_text, delta + "!") == MOS_E_TRAILING_DATA);
    CHECK(code(old_text, "MOSDELTA") == MOS_E_TRUNCATED);
    CHECK(code(old_text, delta, 10'000) == MOS_E_LIMIT);
    std::string changed = delta;
    changed[changed.size() - 8] = static_cast<char>(changed[changed.size() - 8] ^ 1);
    CHECK(code(old_text, changed) < 0);

    INFO("a callback that stops");
    Sink sink{.taken = {}, .most = 10, .destroyed = 0};
    CHECK(failed(apply_job(by, of_bytes(old_text), of_bytes(delta), to_sink(sink))) == MOS_E_IO);
    CHECK(sink.destroyed == 1);
}

TEST_CASE("wrong arguments are refused, and data of callbacks are freed all the same") {
    const Context by = context();
    const mos_delta_input base = of_bytes(old_text);
    mos_job *job = nullptr;
    const auto refused = [&](const mos_delta_input *from, const mos_delta_input *delta, const mos_delta_output *to,
                             const mos_delta_options *options) {
        return failure_of(
                   [&](auto error) { return mos_delta_apply_job(by.get(), from, delta, to, options, &job, error); })
            .code;
    };
    Sink sink;
    const mos_delta_output output = to_sink(sink);
    CHECK(refused(nullptr, &base, &output, nullptr) == MOS_E_INVALID_ARGUMENT);
    CHECK(sink.destroyed == 1);
    CHECK(refused(&base, nullptr, &output, nullptr) == MOS_E_INVALID_ARGUMENT);
    CHECK(sink.destroyed == 2);
    CHECK(refused(&base, &base, nullptr, nullptr) == MOS_E_INVALID_ARGUMENT);
    Trickle trickle;
    const mos_delta_input from_callback = of_trickle(trickle);
    CHECK(refused(&from_callback, &base, &output, nullptr) == MOS_E_INVALID_ARGUMENT);
    CHECK(trickle.destroyed == 1);
    CHECK(sink.destroyed == 3);
    mos_delta_options options = MOS_DELTA_OPTIONS_INIT;
    options.codec = 99;
    CHECK(refused(&base, &base, &output, &options) == MOS_E_INVALID_ARGUMENT);
    const mos_delta_output nowhere = MOS_DELTA_OUTPUT_INIT;
    CHECK(refused(&base, &base, &nowhere, nullptr) == MOS_E_INVALID_ARGUMENT);
    const mos_delta_input nothing = MOS_DELTA_INPUT_INIT;
    CHECK(refused(&nothing, &base, &output, nullptr) < 0);
    CHECK(job == nullptr);
}
