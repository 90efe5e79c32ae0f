// The C API as a C++ test holds it: handles that free themselves, and folders with a package in them.
#pragma once

#include <multiosupdate/multiosupdate.h>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

namespace mos::test::capi {

template <auto Free>
struct Freer {
    template <class Handle>
    void operator()(Handle *handle) const {
        Free(handle);
    }
};

using Context = std::unique_ptr<mos_context, Freer<mos_context_free>>;
using Engine = std::unique_ptr<mos_engine, Freer<mos_engine_free>>;
using Plan = std::unique_ptr<mos_plan, Freer<mos_plan_free>>;
using Job = std::unique_ptr<mos_job, Freer<mos_job_free>>;
using Package = std::unique_ptr<mos_package, Freer<mos_package_free>>;
using Cursor = std::unique_ptr<mos_entry_cursor, Freer<mos_entry_cursor_free>>;
using Doctor = std::unique_ptr<mos_doctor, Freer<mos_doctor_free>>;
using History = std::unique_ptr<mos_history, Freer<mos_history_free>>;
using Key = std::unique_ptr<mos_key, Freer<mos_key_free>>;
using Certificate = std::unique_ptr<mos_certificate, Freer<mos_certificate_free>>;
using Digest = std::unique_ptr<mos_digest, Freer<mos_digest_free>>;
using TrustList = std::unique_ptr<mos_trust_list, Freer<mos_trust_list_free>>;
using Ways = std::unique_ptr<mos_ways, Freer<mos_ways_free>>;
using ErrorHandle = std::unique_ptr<mos_error, Freer<mos_error_free>>;

class Folder {
  public:
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "mos-capi-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        m_path = pattern;
    }
    Folder(const Folder &) = delete;
    Folder &operator=(const Folder &) = delete;
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(m_path, ignored);
    }
    [[nodiscard]] std::string at(const std::string &name) const { return m_path + "/" + name; }
    [[nodiscard]] const std::string &path() const { return m_path; }
    void put(const std::string &name, const std::string &content) const {
        std::filesystem::create_directories(std::filesystem::path{at(name)}.parent_path());
        std::ofstream{at(name), std::ios::binary} << content;
    }
    [[nodiscard]] std::string read(const std::string &name) const { return read_file(at(name)); }
    [[nodiscard]] static std::string read_file(const std::string &path) {
        std::ifstream in{path, std::ios::binary};
        return {std::istreambuf_iterator<char>{in}, {}};
    }

  private:
    std::string m_path;
};

// MOS_OK, or the test case ends with the error's words.
inline void must(int code, mos_error *error) {
    const ErrorHandle owned{error};
    if (code != MOS_OK)
        FAIL("unexpected error ", code, ": ", std::string{mos_error_message(error)});
}

// The code of a call that must fail, and its error.
struct Failure {
    int code = 0;
    ErrorHandle error;
};

template <class Call>
Failure failure_of(const Call &call) {
    mos_error *error = nullptr;
    const int code = call(&error);
    CHECK(code < 0);
    REQUIRE(error != nullptr);
    CHECK(mos_error_code(error) == code);
    return {code, ErrorHandle{error}};
}

template <class Handle, class Call>
Handle made_by(const Call &call) {
    typename Handle::pointer handle = nullptr;
    mos_error *error = nullptr;
    const int code = call(&handle, &error);
    must(code, error);
    REQUIRE(handle != nullptr);
    return Handle{handle};
}

// Lines of numbers that no compressor makes small, the same for each seed.
inline std::string numbers_text(std::size_t size, unsigned seed) {
    std::string out;
    while (out.size() < size)
        out += std::to_string(seed = seed * 1664525U + 1013904223U) + "\n";
    return out;
}

// A root with a trusted key, and packages signed by it.
class Bench {
  public:
    Bench() {
        context = made_by<Context>([](auto out, auto error) { return mos_context_create(nullptr, out, error); });
        key = made_by<Key>(
            [&](auto out, auto error) { return mos_key_generate(context.get(), MOS_KEY_ED25519, out, error); });
        std::filesystem::create_directories(root.at("etc/multios/trust"));
        mos_error *error = nullptr;
        must(mos_key_store_public(key.get(), root.at("etc/multios/trust/publisher.pub").c_str(), &error), error);
        mos_engine_options options = MOS_ENGINE_OPTIONS_INIT;
        options.root_path = root.path().c_str();
        engine =
            made_by<Engine>([&](auto out, auto err) { return mos_engine_open(context.get(), &options, out, err); });
    }

    // A package with the file "app/file"; its path.
    std::string pack(const std::string &version, const std::string &content) const {
        return pack_at(version, "app/file", content);
    }
    // With that file of the folder "app".
    std::string pack_at(const std::string &version, const std::string &path, const std::string &content) const {
        const Folder input;
        input.put(path, content);
        // Two releases differ in the file alone, whenever they are made.
        constexpr std::chrono::sys_seconds then{std::chrono::seconds{1'700'000'000}};
        std::filesystem::last_write_time(input.at("app"), std::chrono::file_clock::from_sys(then));
        std::string output = work.at("app-" + version + ".mos");
        mos_build_options options = MOS_BUILD_OPTIONS_INIT;
        options.flags = MOS_BUILD_KEEP_OWNERS;
        options.name = "app";
        options.version = version.c_str();
        options.input_path = input.path().c_str();
        options.output_path = output.c_str();
        options.sign_key = key.get();
        const auto job = made_by<Job>(
            [&](auto out, auto error) { return mos_package_build_job(context.get(), &options, out, error); });
        mos_error *error = nullptr;
        must(mos_job_run(job.get(), nullptr, nullptr, &error), error);
        return output;
    }
    [[nodiscard]] Plan plan() const {
        return made_by<Plan>([&](auto out, auto error) { return mos_plan_create(engine.get(), out, error); });
    }
    [[nodiscard]] static Job job_of(const Plan &plan) {
        return made_by<Job>([&](auto out, auto error) { return mos_plan_job(plan.get(), nullptr, out, error); });
    }
    void install(const std::string &path) const {
        const Plan steps = plan();
        mos_error *error = nullptr;
        must(mos_plan_install_path(steps.get(), path.c_str(), nullptr, &error), error);
        must(mos_job_run(job_of(steps).get(), nullptr, nullptr, &error), error);
    }

    Folder root;
    Folder work;
    Context context;
    Key key;
    Engine engine;
};

}  // namespace mos::test::capi
