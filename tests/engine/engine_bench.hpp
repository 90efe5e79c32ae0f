// An engine on the twin, and somebody whom its root trusts.
#pragma once

#include "bench.hpp"

#include <mos/crypto/certificate.hpp>
#include <mos/crypto/key.hpp>
#include <mos/crypto/key_signer.hpp>
#include <mos/engine/engine.hpp>
#include <mos/engine/plan.hpp>

namespace mos::test {

class PinnedSigner {
  public:
    PinnedSigner() : PinnedSigner(must(crypto::PrivateKey::generate(crypto::KeyType::ed25519))) {}
    [[nodiscard]] const std::string &public_pem() const { return m_public_pem; }
    [[nodiscard]] crypto::Signer *signer() const { return m_signer.get(); }

  private:
    explicit PinnedSigner(crypto::PrivateKey key)
        : m_public_pem(key.public_key().to_pem()), m_signer(must(crypto::make_signer(std::move(key), {}))) {}
    std::string m_public_pem;
    std::unique_ptr<crypto::Signer> m_signer;
};

class EngineBench {
  public:
    explicit EngineBench(engine::Settings settings = {}) {
        trust("publisher.pub", publisher.public_pem());
        engine = open(std::move(settings));
    }

    // Another engine on the same root, as another process has it.
    [[nodiscard]] std::shared_ptr<engine::Engine> open(engine::Settings settings = {}, engine::LogSink log = {}) const {
        return std::make_shared<engine::Engine>(twin.root(), std::move(settings), clock, std::move(log));
    }
    void trust(const std::string &name, const std::string &content) const {
        const auto folder = must(base::make_directories(*twin.root(), engine::trust_path));
        must(base::replace_file(*folder, name, base::as_bytes(content), 0644));
    }

    [[nodiscard]] base::Bytes pack(const std::string &name, const std::string &version,
                                   const ImageBuilder &image) const {
        return make_package(name, version, image.image(), "", {publisher.signer()});
    }
    [[nodiscard]] std::unique_ptr<base::Source> source(const std::string &name, const std::string &version,
                                                       const ImageBuilder &image) const {
        return base::make_memory_source(pack(name, version, image), name + ".mos");
    }

    // Resolves and runs, on this thread.
    [[nodiscard]] Result<engine::JobOutcome> install(const std::string &name, const std::string &version,
                                                     const ImageBuilder &image,
                                                     const install::InstallOptions &options = {}) {
        engine::Plan plan{engine};
        MOS_CHECK(plan.install(source(name, version, image), options));
        return run(plan);
    }
    [[nodiscard]] Result<engine::JobOutcome> roll_back(std::optional<std::string> point = {}) {
        engine::Plan plan{engine};
        MOS_CHECK(plan.roll_back({std::move(point)}));
        return run(plan);
    }
    [[nodiscard]] static Result<engine::JobOutcome> run(engine::Plan &plan) {
        MOS_CHECK(plan.resolve());
        return perform(plan);
    }
    // As it was resolved.
    [[nodiscard]] static Result<engine::JobOutcome> perform(engine::Plan &plan) {
        MOS_TRY(const auto job, plan.make_job(std::nullopt, ""));
        MOS_CHECK(job->run(nullptr));
        return *job->result();
    }

    // The disk as it is when the power goes while this is put in place.
    [[nodiscard]] DiskState cut_when_applying(const std::string &name, const std::string &version,
                                              const ImageBuilder &image) {
        engine::Plan plan{engine};
        must(plan.install(source(name, version, image), {}));
        const auto job = must(plan.make_job(std::nullopt, ""));
        std::optional<DiskState> decided;
        twin.on_mutation([&](std::uint64_t, std::string_view) {
            if (!decided && job->snapshot().progress.phase == base::Phase::applying)
                decided = twin.crash(Selection::none());
        });
        must(job->run(nullptr));
        twin.on_mutation(nullptr);
        REQUIRE(decided.has_value());
        return *decided;
    }

    [[nodiscard]] std::string content(const std::string &folder, const std::string &name) const {
        const auto opened = twin.root()->open_directory(folder, base::Symlinks::refuse);
        if (!opened)
            return {};
        const auto bytes = base::read_file(**opened, name, 1U << 20U);
        return bytes ? std::string{base::as_text(*bytes)} : std::string{};
    }

    Twin twin;
    PinnedSigner publisher;
    std::shared_ptr<const base::Clock> clock = std::make_shared<StillClock>();  // of what open() opens
    std::shared_ptr<engine::Engine> engine;
};

inline ImageBuilder simple(const std::string &content) { return ImageBuilder{}.directory("p").file("p/x", content); }

}  // namespace mos::test
