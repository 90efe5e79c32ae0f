#include <mos/engine/trust_change.hpp>

#include "engine_bench.hpp"
#include "temporary_root.hpp"

#include <mos/engine/trust_folder.hpp>

#include <array>
#include <thread>

using namespace mos::test;
using mos::Code;
using mos::crypto::KeyType;
using mos::crypto::PrivateKey;
using mos::engine::add_trust;
using mos::engine::change_policy;
using mos::engine::Session;
using mos::engine::TrustChange;
using mos::policy::PolicyChange;

namespace {

const std::array<PolicyChange, 1> larger = {{{"installation_safety.maximum_package_size", "2GB"}}};

std::unique_ptr<mos::base::FileLock> lock_of_another(const EngineBench &bench) {
    const auto folder = must(mos::base::make_directories(*bench.twin.root(), mos::engine::state_path));
    return must(folder->lock(mos::engine::lock_name, "somebody else"));
}

}  // namespace

TEST_CASE("trust and policy are not changed while another process has the root") {
    EngineBench bench;
    const auto lock = lock_of_another(bench);
    const auto before = must(scan(*bench.twin.root()));
    for (const auto missing : {TrustChange::Missing::create, TrustChange::Missing::refuse}) {
        const auto refused = TrustChange::begin(*bench.engine, missing);
        CHECK(refusal(refused) == Code::LOCKED);
        CHECK(refused.error().message() == "the root is in use by somebody else");
    }
    CHECK(refusal(change_policy(*bench.engine, larger)) == Code::LOCKED);
    CHECK(difference(before, must(scan(*bench.twin.root()))) == "");
}

TEST_CASE("while trust is changed nobody else changes trust, policy or root, and everybody may look") {
    EngineBench bench;
    const auto other = bench.open();
    {
        TrustChange change = must(TrustChange::begin(*bench.engine, TrustChange::Missing::create));
        CHECK(refusal(TrustChange::begin(*other, TrustChange::Missing::create)) == Code::LOCKED);
        CHECK(refusal(change_policy(*other, larger)) == Code::LOCKED);
        CHECK(refusal(Session::open(*other, mos::base::silent_observer(), Session::Purpose::change)) == Code::LOCKED);
        must(other->admission());
    }
    must(change_policy(*other, larger));
    CHECK(must(bench.engine->admission()).policy.maximum_package_bytes == 2'000'000'000U);
}

TEST_CASE("a job that has the root keeps trust and policy as they are") {
    EngineBench bench;
    const auto session = must(Session::open(*bench.engine, mos::base::silent_observer(), Session::Purpose::change));
    CHECK(refusal(TrustChange::begin(*bench.engine, TrustChange::Missing::create)) == Code::LOCKED);
    CHECK(refusal(change_policy(*bench.engine, larger)) == Code::LOCKED);
}

TEST_CASE("what may not be trusted leaves a root without a trust folder as it was") {
    EngineBench bench;
    must(mos::base::remove_tree(*bench.twin.root(), "etc"));
    const auto before = must(scan(*bench.twin.root()));
    const mos::crypto::PublicKey key = must(PrivateKey::generate(KeyType::ed25519)).public_key();
    CHECK(refusal(add_trust(*bench.engine, {"K", key, std::string(64, '0'), {}})) == Code::KEY_INVALID);
    CHECK(refusal(add_trust(*bench.engine, {"K", key, "sha256:12", {}})) == Code::INVALID_ARGUMENT);
    CHECK(refusal(add_trust(*bench.engine, {"", key, key.fingerprint(), {}})) == Code::INVALID_ARGUMENT);
    CHECK(difference(before, must(scan(*bench.twin.root())), all_directory_times) == "");
    const auto nobody = bench.engine->admission();
    CHECK(refusal(nobody) == Code::TRUST_UNREADABLE);
    CHECK(nobody.error().remedy().starts_with("say who is trusted"));

    must(add_trust(*bench.engine, {"K", key, key.fingerprint(), {}}));
    CHECK(must(bench.engine->admission()).trust.path == mos::engine::trust_path);
}

TEST_CASE("a trust folder of the caller's has a lock of its own, and the root is left alone") {
    EngineBench bench;
    const TemporaryRoot place;
    const auto first = bench.open({.trust_folder = place.path()});
    const auto second = bench.open({.trust_folder = place.path()});
    const auto before = must(scan(*bench.twin.root()));
    {
        const TrustChange change = must(TrustChange::begin(*first, TrustChange::Missing::create));
        const auto refused = TrustChange::begin(*second, TrustChange::Missing::refuse);
        CHECK(refusal(refused) == Code::LOCKED);
        CHECK(refused.error().message().starts_with("the folder is in use by process "));
        CHECK(refused.error().message().ends_with(" since 2025-11-24T16:00:00Z"));  // StillClock's
        CHECK(difference(before, must(scan(*bench.twin.root()))) == "");
        must(TrustChange::begin(*bench.engine, TrustChange::Missing::refuse));
    }
    must(TrustChange::begin(*second, TrustChange::Missing::create));
    CHECK(must(mos::crypto::TrustStore::load(*place.root())).empty());  // the lock's file is no entry
}

TEST_CASE("a damaged database keeps nobody from changing trust") {
    EngineBench bench;
    const auto folder = must(mos::base::make_directories(*bench.twin.root(), mos::engine::state_path));
    must(mos::base::replace_file(*folder, "database", mos::base::as_bytes("no database"), 0644));
    must(TrustChange::begin(*bench.engine, TrustChange::Missing::create));
    must(change_policy(*bench.engine, larger));
}

TEST_CASE("threads that change one engine's policy wait for each other, and no change is lost") {
    EngineBench bench;
    const std::array<std::array<PolicyChange, 1>, 4> changes = {
        {{{{"update_validation.required_signatures", "2"}}},
         {{{"update_validation.trust_requirements.minimum_trust_level", "high"}}},
         {{{"update_validation.trust_requirements.require_certified_publisher", "true"}}},
         {{{"installation_safety.maximum_package_size", "1GB"}}}}};
    {
        std::vector<std::jthread> threads;
        threads.reserve(changes.size());
        for (const auto &change : changes)
            threads.emplace_back([&bench, &change] { must(change_policy(*bench.engine, change)); });
    }
    const mos::policy::SecurityPolicy policy = must(bench.engine->admission()).policy;
    CHECK(policy.required_signatures == 2);
    CHECK(policy.minimum_trust_level == mos::crypto::TrustLevel::high);
    CHECK(policy.require_certified_publisher);
    CHECK(policy.maximum_package_bytes == 1'000'000'000U);
}
