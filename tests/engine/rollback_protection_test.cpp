// What keeps old versions from coming back: least versions, revoked signers, and the policy on downgrades.
#include "authority.hpp"

#include <mos/engine/revocation_lists.hpp>
#include <mos/engine/trust_folder.hpp>

#include <algorithm>

using namespace mos::test;
using mos::Code;
using mos::Result;
using mos::base::Bytes;
using mos::engine::JobOutcome;
using mos::engine::Plan;
using mos::install::Downgrade;
using mos::install::InstallOptions;

namespace {

struct Ground {
    std::shared_ptr<HandClock> clock = std::make_shared<HandClock>();
    EngineBench bench;
    Authority vendor{"Vendor"};
    CertifiedSigner signer = vendor.certify("Signer");
    CertifiedSigner other = vendor.certify("Other");
    std::string authority;

    Ground() {
        bench.clock = clock;
        bench.engine = bench.open();
        authority = must(mos::engine::add_trust(
                             *folder(),
                             {vendor.certificate.subject(), vendor.certificate, vendor.certificate.fingerprint(), {}}))
                        .id;
    }
    [[nodiscard]] std::unique_ptr<mos::base::Directory> folder() const {
        return must(mos::engine::make_trust_folder(*bench.twin.root()));
    }
    // A package that lets nothing below `floor` come back; "" for none.
    [[nodiscard]] Bytes package(const std::string &version, const std::string &floor = "",
                                const CertifiedSigner *by = nullptr) const {
        auto manifest = manifest_of("kernel", version);
        manifest.installation.minimum_rollback_version = floor;
        return make_package_at(still - 2 * day, manifest, {(by != nullptr ? *by : signer).signer.get()});
    }
    Result<JobOutcome> run(Plan &plan, const std::string &reason) {
        MOS_CHECK(plan.resolve());
        notices = plan.view()->notices;
        MOS_TRY(const auto job, plan.make_job(std::nullopt, reason));
        MOS_CHECK(job->run(nullptr));
        return *job->result();
    }
    Result<JobOutcome> install(Bytes bytes, const InstallOptions &options = {}, const std::string &reason = "") {
        Plan plan{bench.engine};
        MOS_CHECK(plan.install(mos::base::make_memory_source(std::move(bytes), "kernel.mos"), options));
        return run(plan, reason);
    }
    Result<JobOutcome> roll_back(const std::string &reason = "") {
        Plan plan{bench.engine};
        MOS_CHECK(plan.roll_back({}));
        return run(plan, reason);
    }
    [[nodiscard]] std::string version() const { return must(bench.engine->installed("kernel"))->version; }
    void allow(const std::string &key) const {
        put_policy(bench, "security_policy:\n  rollback_protection:\n    " + key + ": true\n");
    }
    void setting(const std::string &name, const std::string &yaml) const {
        const auto place = must(mos::base::make_directories(*bench.twin.root(), "etc/multios"));
        must(mos::base::replace_file(*place, name, mos::base::as_bytes(yaml), 0644));
    }
    // The payload's reason of the newest event of that type; "none" where there is none.
    [[nodiscard]] std::string reason_in_event(const std::string &type) const {
        auto reader = bench.engine->read_events(0);
        std::string found = "none";
        for (auto event = must(reader.next()); event; event = must(reader.next())) {
            if (event->type != type)
                continue;
            found.clear();
            for (const auto &field : event->payload)
                if (field.name == "reason")
                    found = std::get<std::string>(field.value);
        }
        return found;
    }
    [[nodiscard]] bool is_noticed(std::string_view words) const {
        return std::ranges::any_of(notices,
                                   [&](const std::string &notice) { return notice.find(words) != std::string::npos; });
    }

    std::vector<std::string> notices;  // of the last plan
};

const InstallOptions downgrade{.downgrade = Downgrade::allowed};

}  // namespace

TEST_CASE("a rollback below the least version that a signed package has set is refused, and nothing is changed") {
    Ground ground;
    must(ground.install(ground.package("1.2.1")));
    must(ground.install(ground.package("1.2.3", "1.2.2")));
    const auto refused = ground.roll_back("I want it back");
    CHECK(refusal(refused) == Code::POLICY_REFUSED);
    says(refused.error(), "'kernel' 1.2.1 is below 1.2.2");
    says(refused.error(), "rollback_protection.allow_below_minimum_version");
    CHECK(refused.error().object() == "kernel");
    CHECK(refused.error().remedy().find("--allow-below-minimum-version=true") != std::string::npos);
    CHECK(ground.version() == "1.2.3");
    CHECK(ground.reason_in_event("rollback_refused") == "");
    CHECK(ground.reason_in_event("policy_exception") == "none");
}

TEST_CASE("where the policy lets it, it needs a reason, which stands in the history and in an event") {
    Ground ground;
    must(ground.install(ground.package("1.2.1")));
    must(ground.install(ground.package("1.2.3", "1.2.2")));
    ground.allow("allow_below_minimum_version");
    const auto unexplained = ground.roll_back();
    CHECK(refusal(unexplained) == Code::POLICY_REFUSED);
    CHECK(unexplained.error().remedy().find("--reason") != std::string::npos);
    CHECK(ground.is_noticed("passes only for a reason"));
    CHECK(ground.version() == "1.2.3");
    must(ground.roll_back("1.2.3 does not boot here"));
    CHECK(ground.version() == "1.2.1");
    CHECK(must(ground.bench.engine->history()).front().reason == "1.2.3 does not boot here");
    CHECK(ground.reason_in_event("policy_exception") == "1.2.3 does not boot here");
}

TEST_CASE("a version at the minimum comes back without a word") {
    Ground ground;
    must(ground.install(ground.package("1.2.2")));
    must(ground.install(ground.package("1.2.3", "1.2.2")));
    must(ground.roll_back());
    CHECK(ground.version() == "1.2.2");
    CHECK(ground.reason_in_event("policy_exception") == "none");
}

TEST_CASE("the minimum stays when what set it goes, and is only raised") {
    Ground ground;
    must(ground.install(ground.package("1.2.2")));
    must(ground.install(ground.package("1.2.3", "1.2.2")));
    must(ground.roll_back());
    INFO("its package is not there any more, and an older one is refused all the same, removed or not");
    CHECK(refusal(ground.install(ground.package("1.2.1"), downgrade, "why not")) == Code::POLICY_REFUSED);
    must(ground.install(ground.package("1.3.0", "1.0.0")));
    CHECK(refusal(ground.install(ground.package("1.2.1"), downgrade, "why not")) == Code::POLICY_REFUSED);
    Plan plan{ground.bench.engine};
    must(plan.remove({.name = "kernel"}));
    must(ground.run(plan, ""));
    CHECK(refusal(ground.install(ground.package("1.2.1"), {}, "why not")) == Code::POLICY_REFUSED);
    must(ground.install(ground.package("1.2.2")));
    ground.allow("allow_below_minimum_version");
    CHECK(refusal(ground.install(ground.package("1.2.1"), downgrade)) == Code::POLICY_REFUSED);
    must(ground.install(ground.package("1.2.1"), downgrade, "the only one for this board"));
    CHECK(ground.reason_in_event("policy_exception") == "the only one for this board");
}

TEST_CASE("a rollback to a package whose signer is revoked now is refused; with leave and a reason it passes") {
    Ground ground;
    must(ground.install(ground.package("1", "", &ground.other)));
    must(ground.install(ground.package("2")));
    must(mos::engine::add_revocation_list(*ground.folder(), ground.vendor.revoke(1, {ground.other.certificate})));
    const auto refused = ground.roll_back("I want it back");
    CHECK(refusal(refused) == Code::POLICY_REFUSED);
    says(refused.error(), "nobody vouches any more for 'kernel' 1");
    CHECK(ground.version() == "2");
    INFO("a list that has grown old says the same");
    ground.clock->now = still + 2 * year;
    CHECK(refusal(ground.roll_back("I want it back")) == Code::POLICY_REFUSED);
    ground.clock->now = still;
    ground.allow("allow_revoked_signers");
    CHECK(refusal(ground.roll_back()) == Code::POLICY_REFUSED);
    must(ground.roll_back("only the old one knows this disk"));
    CHECK(ground.version() == "1");
}

TEST_CASE("who takes an authority's trust back keeps what it has certified from coming back") {
    Ground ground;
    must(ground.install(ground.package("1")));
    must(ground.install(ground.package("2")));
    must(mos::engine::remove_trust(*ground.folder(), ground.authority));
    CHECK(refusal(ground.roll_back("please")) == Code::POLICY_REFUSED);
    CHECK(ground.version() == "2");
}

TEST_CASE("age keeps nothing back: neither an expired signer nor an old list that does not name him") {
    Ground ground;
    const CertifiedSigner brief =
        ground.vendor.certify("Brief", {.not_before_unix_s = still - year, .not_after_unix_s = still + day});
    must(mos::engine::add_revocation_list(*ground.folder(), ground.vendor.revoke(1, {}, still + day)));
    must(ground.install(ground.package("1", "", &brief)));
    must(ground.install(ground.package("2")));
    ground.clock->now = still + 30 * day;
    must(ground.roll_back());
    CHECK(ground.version() == "1");
}

TEST_CASE("a system finds its way back without its trust folder, and says what it could not look at") {
    Ground ground;
    must(ground.install(ground.package("1")));
    must(ground.install(ground.package("2")));
    const auto etc = must(ground.bench.twin.root()->open_directory("etc", mos::base::Symlinks::refuse));
    must(mos::base::remove_tree(*etc, "multios"));
    must(ground.roll_back());
    CHECK(ground.is_noticed("trusted now can't be told"));
    CHECK(ground.version() == "1");
}

#if defined(MOS_HAVE_YAML)

TEST_CASE("settings take the caller's word for a downgrade, or give it for good") {
    Ground ground;
    must(ground.install(ground.package("2")));
    CHECK(refusal(ground.install(ground.package("1"))) == Code::DOWNGRADE);
    ground.setting("update-system.yml", "update_system:\n  allow_downgrade: true\n");
    must(ground.install(ground.package("1")));
    must(ground.install(ground.package("2")));
    ground.setting("enterprise-policies.yml", "enterprise_policies:\n  default_policy:\n    allow_downgrade: false\n");
    const auto refused = ground.install(ground.package("1"), downgrade, "please");
    CHECK(refusal(refused) == Code::POLICY_REFUSED);
    says(refused.error(), "enterprise_policies.default_policy.allow_downgrade in etc/multios/enterprise-policies.yml");
    CHECK(ground.version() == "2");
    INFO("a file that can't be read might say so too");
    ground.setting("enterprise-policies.yml", "enterprise_policies: [\n");
    CHECK(refusal(ground.install(ground.package("1"), downgrade)) == Code::POLICY_UNREADABLE);
}

#endif
