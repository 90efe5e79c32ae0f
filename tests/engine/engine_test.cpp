// Sessions: who may change a root, what looking at one leaves behind, and whom it trusts.
#include "engine_bench.hpp"

#include <mos/crypto/trust_store.hpp>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <thread>

using namespace mos::test;
using mos::Code;
using mos::engine::Plan;
using mos::engine::Session;

namespace {

Code refusal_of(EngineBench &bench, mos::base::Bytes package) {
    Plan plan{bench.engine};
    return refusal(plan.install(mos::base::make_memory_source(std::move(package), "p.mos"), {}));
}

}  // namespace

TEST_CASE("looking at a root creates nothing in it") {
    EngineBench bench;
    const auto before = must(scan(*bench.twin.root()));
    CHECK(must(bench.engine->history()).empty());
    CHECK_FALSE(must(bench.engine->installed("p")).has_value());
    CHECK_FALSE(must(bench.engine->recover()).transaction.has_value());
    Plan plan{bench.engine};
    must(plan.install(bench.source("p", "1", simple("one")), {}));
    must(plan.resolve());
    CHECK(difference(before, must(scan(*bench.twin.root())), all_directory_times) == "");
}

TEST_CASE("a root in use is refused with the name of its user, and free again afterwards") {
    EngineBench bench;
    must(bench.install("p", "1", simple("one")));
    const auto other = bench.open();
    {
        const auto session = must(Session::open(*bench.engine, mos::base::silent_observer(), Session::Purpose::change));
        const auto refused = other->recover();
        CHECK(refusal(refused) == Code::LOCKED);
        CHECK(refused.error().message().find("process ") != std::string::npos);
        CHECK(refused.error().message().find(" since 2025-11-24T16:00:00Z") != std::string::npos);
        CHECK(refusal(bench.engine->recover()) == Code::LOCKED);
    }
    CHECK_FALSE(must(other->recover()).transaction.has_value());
}

TEST_CASE("history and what is installed can be read while somebody has the root") {
    EngineBench bench;
    must(bench.install("p", "1", simple("one")));
    const auto session = must(Session::open(*bench.engine, mos::base::silent_observer(), Session::Purpose::change));
    CHECK(must(bench.engine->history()).size() == 1);
    CHECK(must(bench.open()->installed("p"))->version == "1");
}

TEST_CASE("calls of several threads wait for each other and are not refused") {
    EngineBench bench;
    must(bench.install("p", "1", simple("one")));
    std::atomic<int> seen = 0;
    {
        auto session = std::make_optional(
            must(Session::open(*bench.engine, mos::base::silent_observer(), Session::Purpose::mend)));
        std::array<std::thread, 4> threads;
        for (std::thread &thread : threads)
            thread = std::thread{[&] {
                for (int round = 0; round < 20; ++round) {
                    const auto recovered = bench.engine->recover();
                    seen += recovered.ok() && !recovered->transaction ? 1 : 0;
                }
            }};
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
        CHECK(seen == 0);
        session.reset();
        for (std::thread &thread : threads)
            thread.join();
    }
    CHECK(seen == 80);
}

TEST_CASE("whoever opens a root first completes what a power cut left") {
    EngineBench bench;
    must(bench.install("p", "1", simple("one")));
    const Twin rebooted{bench.cut_when_applying("p", "2", simple("two"))};
    std::vector<std::string> log;
    mos::engine::Engine engine{rebooted.root(),
                               {},
                               std::make_shared<StillClock>(),
                               [&log](mos::engine::LogLevel level, const std::string &message) {
                                   CHECK(level == mos::engine::LogLevel::info);
                                   log.push_back(message);
                               }};
    const auto recovered = must(engine.recover());
    REQUIRE(recovered.transaction.has_value());
    CHECK(must(engine.installed("p"))->version == "2");
    CHECK(log == std::vector<std::string>{"completed what was left unfinished: update p 1 → 2"});
    CHECK_FALSE(must(engine.recover()).transaction.has_value());
    CHECK(log.size() == 1);
}

TEST_CASE("what a job notices stands in the log also when the job fails") {
    EngineBench bench;
    must(bench.install("p", "1", simple("one")));
    must(bench.install("p", "2", simple("two")));
    const auto folder = must(bench.twin.root()->open_directory("p", mos::base::Symlinks::refuse));
    must(mos::base::replace_file(*folder, "x", mos::base::as_bytes("mine"), 0644));
    std::vector<std::string> log;
    std::unique_ptr<mos::engine::Job> job;
    bench.engine = bench.open({}, [&](mos::engine::LogLevel /*level*/, const std::string &message) {
        log.push_back(message);
        job->cancel();
    });
    Plan plan{bench.engine};
    must(plan.roll_back({}));
    must(plan.resolve());
    job = must(plan.make_job(std::nullopt, ""));
    must(job->run(nullptr));
    CHECK(refusal(*job->result()) == Code::CANCELLED);
    REQUIRE_FALSE(log.empty());
    CHECK(log.front() == "'p/x' is kept: it was changed since");
}

TEST_CASE("a root without space or on a read-only filesystem says so") {
    for (const auto &[number, code] : {std::pair{EROFS, Code::READ_ONLY}, std::pair{ENOSPC, Code::NO_SPACE}}) {
        EngineBench bench;
        bench.twin.fail_from(bench.twin.calls() + 1, number);
        CHECK(refusal(bench.install("p", "1", simple("one"))) == code);
        bench.twin.fail_never();
        CHECK(bench.content("p", "x").empty());
    }
}

// ---- Trust ----

TEST_CASE("a package gets in by a key that the root's trust folder names") {
    EngineBench bench;
    must(bench.install("p", "1", simple("one")));
    CHECK(must(bench.engine->installed("p"))->signer == "publisher");
}

TEST_CASE("an unsigned package, and one signed by a stranger, are refused with codes of their own") {
    EngineBench bench;
    CHECK(refusal_of(bench, make_package("p", "1", simple("one").image())) == Code::NOT_SIGNED);
    const PinnedSigner stranger;
    CHECK(refusal_of(bench, make_package("p", "1", simple("one").image(), "", {stranger.signer()})) ==
          Code::SIGNER_UNTRUSTED);
}

TEST_CASE("a statement that was altered after it was signed is refused") {
    EngineBench bench;
    mos::base::Bytes bytes = bench.pack("p", "1", simple("one"));
    const std::string_view text = mos::base::as_text(bytes);
    const std::size_t architecture = text.find("all");
    REQUIRE(architecture != std::string_view::npos);
    bytes[architecture] = std::byte{'b'};
    CHECK(refusal_of(bench, bytes) == Code::SIGNATURE_INVALID);
}

TEST_CASE("a package needs as many trusted signatures as the engine asks for") {
    EngineBench bench{{.trust_folder = {}, .required_signatures = 2}};
    const PinnedSigner second;
    CHECK_FALSE(bench.install("p", "1", simple("one")).ok());
    bench.trust("second.pub", second.public_pem());
    CHECK_FALSE(bench.install("p", "1", simple("one")).ok());
    Plan plan{bench.engine};
    must(plan.install(
        mos::base::make_memory_source(
            make_package("p", "1", simple("one").image(), "", {bench.publisher.signer(), second.signer()}), "p.mos"),
        {}));
    must(EngineBench::run(plan));
}

TEST_CASE("a certificate outside its time is refused by the engine's clock") {
    using namespace mos::crypto;
    constexpr std::int64_t now = 1'764'000'000;  // of StillClock
    constexpr std::int64_t year = 366 * 86'400;
    for (const std::int64_t shift : {std::int64_t{0}, -2 * year, 2 * year}) {
        EngineBench bench;
        PrivateKey ca_key = must(PrivateKey::generate(KeyType::ecc_p384));
        PrivateKey key = must(PrivateKey::generate(KeyType::ecc_p384));
        const Validity long_time{.not_before_unix_s = now - 4 * year, .not_after_unix_s = now + 4 * year};
        const Validity its_time{.not_before_unix_s = now + shift - year / 2,
                                .not_after_unix_s = now + shift + year / 2};
        const Certificate ca = must(make_ca_certificate(ca_key, "CN=CA", long_time));
        const Certificate leaf = must(issue_signer_certificate(ca_key, ca, key.public_key(), "CN=Signer", its_time));
        bench.trust("ca.crt", ca.to_pem());
        const auto signer = must(make_signer(std::move(key), {leaf}));
        Plan plan{bench.engine};
        const auto result = plan.install(
            mos::base::make_memory_source(make_package("p", "1", simple("one").image(), "", {signer.get()}), "p.mos"),
            {});
        if (shift == 0)
            must(result);
        else
            CHECK(refusal(result) == Code::CERTIFICATE_EXPIRED);
    }
}

TEST_CASE("a root without a trust folder trusts nobody") {
    const EngineBench bench;
    const Twin empty;
    auto engine =
        std::make_shared<mos::engine::Engine>(empty.root(), mos::engine::Settings{}, std::make_shared<StillClock>());
    Plan plan{engine};
    const auto result = plan.install(bench.source("p", "1", simple("one")), {});
    CHECK(refusal(result) == Code::TRUST_UNREADABLE);
    CHECK(result.error().message() == "the trust folder 'etc/multios/trust' is missing, so nobody is trusted");
    CHECK(result.error().object() == mos::engine::trust_path);
}

TEST_CASE("a trust folder that the settings name and that can't be opened is told apart in words alone") {
    EngineBench bench{{.trust_folder = "/nonexistent/trust"}};
    const auto missing = bench.install("p", "1", simple("one"));
    CHECK(refusal(missing) == Code::TRUST_UNREADABLE);
    CHECK(missing.error().message() == "the trust folder '/nonexistent/trust' is missing, so nobody is trusted");
    bench.engine = bench.open({.trust_folder = "/proc/self/exe"});
    const auto no_folder = bench.install("p", "1", simple("one"));
    CHECK(refusal(no_folder) == Code::TRUST_UNREADABLE);
    CHECK(no_folder.error().message() == "the trust folder '/proc/self/exe' can't be read, so nobody is trusted");
}

TEST_CASE("a package may bring files beside the engine's own, update them and have them taken back") {
    EngineBench bench;
    const auto release = [](const std::string &version) {
        return ImageBuilder{}
            .directory("usr")
            .directory("usr/lib")
            .file("usr/lib/libmultiosupdate.so.0", "library " + version)
            .directory("var")
            .directory("var/lib")
            .directory("var/lib/multios")
            .file("var/lib/multios/release", version);
    };
    must(bench.install("system", "1", release("1")));
    must(bench.install("system", "2", release("2")));
    CHECK(bench.content("var/lib/multios", "release") == "2");
    must(bench.roll_back());
    CHECK(bench.content("var/lib/multios", "release") == "1");
    CHECK(bench.content("usr/lib", "libmultiosupdate.so.0") == "library 1");
    CHECK(must(bench.engine->installed("system"))->version == "1");
    must(bench.install("system", "3", release("3")));  // the database was in nobody's way
    const ImageBuilder evil = release("4").file("var/lib/multios/state.db", "evil");
    CHECK(refusal(bench.install("system", "4", evil)) == Code::PATH_REFUSED);
    CHECK(bench.content("var/lib/multios", "release") == "3");
}
