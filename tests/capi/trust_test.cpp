// Who is trusted, changed and listed through the C API, and a package judged in five steps.
#include "capi_bench.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <vector>

using namespace mos::test::capi;

namespace {

struct Vendor {
    explicit Vendor(const Bench &bench) {
        key = made_by<Key>(
            [&](auto out, auto error) { return mos_key_generate(bench.context.get(), MOS_KEY_ECC_P384, out, error); });
        mos_certificate_options options = MOS_CERTIFICATE_OPTIONS_INIT;
        options.common_name = "Vendor";
        certificate = made_by<Certificate>(
            [&](auto out, auto error) { return mos_certificate_create_ca(key.get(), &options, out, error); });
        path = bench.work.at("vendor.crt");
        mos_error *error = nullptr;
        must(mos_certificate_store(certificate.get(), path.c_str(), &error), error);
        fingerprint.assign(mos_certificate_fingerprint(certificate.get()));
    }
    [[nodiscard]] mos_new_trust trust() const {
        mos_new_trust made = MOS_NEW_TRUST_INIT;
        made.certificate_path = path.c_str();
        made.fingerprint = fingerprint.c_str();
        return made;
    }

    Key key;
    Certificate certificate;
    std::string path;
    std::string fingerprint;
};

TrustList list_of(const Bench &bench) {
    return made_by<TrustList>(
        [&](auto out, auto error) { return mos_engine_trust_list(bench.engine.get(), out, error); });
}

mos_trust_entry entry_at(const TrustList &list, std::size_t index) {
    mos_trust_entry entry = MOS_TRUST_ENTRY_INIT;
    mos_error *error = nullptr;
    must(mos_trust_list_at(list.get(), index, &entry, &error), error);
    return entry;
}

int add_code(const Bench &bench, const mos_new_trust &trust) {
    const std::size_t before = mos_trust_list_count(list_of(bench).get());
    const int code =
        failure_of([&](auto error) { return mos_engine_trust_add(bench.engine.get(), &trust, nullptr, error); }).code;
    CHECK(mos_trust_list_count(list_of(bench).get()) == before);
    return code;
}

// The five answers of a job, by their first letters.
std::string answers_of(const Job &job, std::string_view name) {
    mos_error *error = nullptr;
    must(mos_job_run(job.get(), nullptr, nullptr, &error), error);
    const mos_outcome *outcome = nullptr;
    must(mos_job_outcome(job.get(), &outcome, &error), error);
    CHECK(mos_outcome_row_count(outcome) == 5);
    std::string letters;
    const std::vector<std::string> questions = {"format", "signature", "chain", "integrity", "policy"};
    for (std::size_t i = 0; i < mos_outcome_row_count(outcome); ++i) {
        mos_report_row row = MOS_REPORT_ROW_INIT;
        must(mos_outcome_row_at(outcome, i, &row, &error), error);
        CHECK(row.kind == questions.at(i));
        CHECK(row.package == name);
        CHECK((name.empty() || row.sentence[0] != '\0'));
        letters += row.object[0];
    }
    return letters;
}

std::string validate_file(const Bench &bench, const std::string &path, std::string_view name, std::uint32_t flags = 0) {
    return answers_of(made_by<Job>([&](auto out, auto error) {
                          return mos_engine_validate_path_job(bench.engine.get(), path.c_str(), flags, out, error);
                      }),
                      name);
}

// Of the open package, which is also what its file is.
std::string validate(const Bench &bench, const std::string &path, std::uint32_t flags = 0) {
    const auto package = made_by<Package>(
        [&](auto out, auto error) { return mos_package_open_path(bench.context.get(), path.c_str(), out, error); });
    std::string letters =
        answers_of(made_by<Job>([&](auto out, auto error) {
                       return mos_engine_validate_job(bench.engine.get(), package.get(), flags, out, error);
                   }),
                   "app");
    CHECK(validate_file(bench, path, "app", flags) == letters);
    return letters;
}

}  // namespace

TEST_CASE("an authority is added with its limits, listed with them, and removed") {
    const Bench bench;
    const Vendor vendor{bench};
    mos_new_trust trust = vendor.trust();
    trust.name = "Example Vendor";
    trust.level = MOS_TRUST_MEDIUM;
    trust.packages = "kernel-*  firmware";
    trust.types = "kernel";
    trust.not_after_unix_s = 2'000'000'000;
    const auto added = made_by<TrustList>(
        [&](auto out, auto error) { return mos_engine_trust_add(bench.engine.get(), &trust, out, error); });
    REQUIRE(mos_trust_list_count(added.get()) == 1);
    const mos_trust_entry entry = entry_at(added, 0);
    CHECK(std::string{entry.kind} == "ca");
    CHECK(std::string{entry.name} == "Example Vendor");
    CHECK(std::string{entry.subject} == "CN=Vendor");
    CHECK(std::string{entry.algorithm} == "ECC-P384-SHA384");
    CHECK(entry.fingerprint == vendor.fingerprint);
    CHECK(std::string{entry.packages} == "kernel-* firmware");
    CHECK(std::string{entry.types} == "kernel");
    CHECK(entry.level == MOS_TRUST_MEDIUM);
    CHECK(entry.not_before_unix_s > 0);
    CHECK(entry.not_after_unix_s == 2'000'000'000);

    const TrustList all = list_of(bench);
    REQUIRE(mos_trust_list_count(all.get()) == 2);
    CHECK(std::string{entry_at(all, 0).id} == entry.id);
    CHECK(std::string{entry_at(all, 1).id} == "publisher");
    CHECK(std::string{entry_at(all, 1).kind} == "key");
    CHECK(std::string{entry_at(all, 1).subject}.empty());
    CHECK(entry_at(all, 1).not_after_unix_s == 0);
    mos_error *error = nullptr;
    must(mos_engine_trust_remove(bench.engine.get(), entry.id, &error), error);
    CHECK(failure_of([&](auto err) { return mos_engine_trust_remove(bench.engine.get(), entry.id, err); }).code ==
          MOS_E_NOT_FOUND);
    CHECK(mos_trust_list_count(list_of(bench).get()) == 1);
}

TEST_CASE("what is to be trusted is compared with its fingerprint, and nothing is stored otherwise") {
    const Bench bench;
    const Vendor vendor{bench};
    mos_new_trust trust = vendor.trust();
    trust.fingerprint = nullptr;
    CHECK(add_code(bench, trust) == MOS_E_INVALID_ARGUMENT);
    trust.fingerprint = "sha256:12";
    CHECK(add_code(bench, trust) == MOS_E_INVALID_ARGUMENT);
    trust.fingerprint = mos_key_fingerprint(bench.key.get());
    CHECK(add_code(bench, trust) == MOS_E_KEY_INVALID);
    trust = vendor.trust();
    trust.level = 4;
    CHECK(add_code(bench, trust) == MOS_E_INVALID_ARGUMENT);
    trust = vendor.trust();
    trust.packages = "kernel/*";
    CHECK(add_code(bench, trust) == MOS_E_INVALID_ARGUMENT);
    trust = vendor.trust();
    trust.public_key_path = vendor.path.c_str();
    CHECK(add_code(bench, trust) == MOS_E_INVALID_ARGUMENT);
    trust.certificate_path = nullptr;
    CHECK(add_code(bench, trust) == MOS_E_KEY_INVALID);
    trust.public_key_path = "/nonexistent";
    CHECK(add_code(bench, trust) == MOS_E_NOT_FOUND);
    const std::string publisher = bench.root.at("etc/multios/trust/publisher.pub");
    trust.public_key_path = publisher.c_str();
    trust.fingerprint = mos_key_fingerprint(bench.key.get());
    CHECK(add_code(bench, trust) == MOS_E_EXISTS);
    trust = vendor.trust();
    trust.fingerprint = mos_key_fingerprint(bench.key.get());
    const Failure differs =
        failure_of([&](auto error) { return mos_engine_trust_add(bench.engine.get(), &trust, nullptr, error); });
    CHECK(std::string{mos_error_remedy(differs.error.get())}.starts_with("trust it not"));
    CHECK(std::string{mos_error_code_remedy(MOS_E_KEY_INVALID)}.find("trust it not") == std::string::npos);
    CHECK(failure_of([&](auto error) {
              return mos_engine_trust_add(bench.engine.get(), nullptr, nullptr, error);
          }).code == MOS_E_INVALID_ARGUMENT);
}

TEST_CASE("a root without a trust folder has an empty list, and gets the folder with its first entry") {
    const Bench bench;
    const Vendor vendor{bench};
    std::filesystem::remove_all(bench.root.at("etc"));
    CHECK(mos_trust_list_count(list_of(bench).get()) == 0);
    const mos_new_trust trust = vendor.trust();
    mos_error *error = nullptr;
    must(mos_engine_trust_add(bench.engine.get(), &trust, nullptr, &error), error);
    CHECK(std::string{entry_at(list_of(bench), 0).name} == "CN=Vendor");
}

TEST_CASE("an entry that can't be read is told by its name, and can be removed") {
    const Bench bench;
    bench.root.put("etc/multios/trust/broken.json", "{");
    mos_trust_list *list = nullptr;
    const Failure failure =
        failure_of([&](auto error) { return mos_engine_trust_list(bench.engine.get(), &list, error); });
    CHECK(failure.code == MOS_E_TRUST_UNREADABLE);
    CHECK(std::string{mos_error_object(failure.error.get())} == "broken.json");
    mos_error *error = nullptr;
    must(mos_engine_trust_remove(bench.engine.get(), "broken", &error), error);
    CHECK(mos_trust_list_count(list_of(bench).get()) == 1);
}

TEST_CASE("a list of entries answers no place beyond its end, and NULL is an empty one") {
    const Bench bench;
    const TrustList list = list_of(bench);
    mos_trust_entry entry = MOS_TRUST_ENTRY_INIT;
    CHECK(failure_of([&](auto error) { return mos_trust_list_at(list.get(), 1, &entry, error); }).code ==
          MOS_E_INVALID_ARGUMENT);
    CHECK(mos_trust_list_count(nullptr) == 0);
    mos_trust_list_free(nullptr);
}

TEST_CASE("what is no revocation list is not stored") {
    const Bench bench;
    const Vendor vendor{bench};
    bench.work.put("x.crl", "x");
    const std::string garbage = bench.work.at("x.crl");
    const std::vector<std::pair<const char *, int>> refused = {{garbage.c_str(), MOS_E_CERTIFICATE_INVALID},
                                                               {vendor.path.c_str(), MOS_E_CERTIFICATE_INVALID},
                                                               {"/nonexistent", MOS_E_NOT_FOUND}};
    for (const auto &row : refused) {
        INFO(row.first);
        mos_error *error = nullptr;
        CHECK(mos_engine_trust_add_revocation_list(bench.engine.get(), row.first, &error) == row.second);
        const ErrorHandle owned{error};
    }
    CHECK(mos_trust_list_count(list_of(bench).get()) == 1);
}

TEST_CASE("revocation lists are told with their state, and removed when they may be forgotten") {
    const Bench bench;
    const Vendor vendor{bench};
    const std::string file = bench.work.at("vendor.crl");
    const mos_new_trust trust = vendor.trust();
    mos_error *error = nullptr;
    must(mos_engine_trust_add(bench.engine.get(), &trust, nullptr, &error), error);
    CHECK(mos_trust_list_revocation_count(list_of(bench).get()) == 0);
    must(mos_certificate_revoke(vendor.key.get(), vendor.certificate.get(), nullptr, nullptr, 3, file.c_str(), &error),
         error);
    must(mos_engine_trust_add_revocation_list(bench.engine.get(), file.c_str(), &error), error);
    const TrustList list = list_of(bench);
    REQUIRE(mos_trust_list_revocation_count(list.get()) == 1);
    mos_trust_revocations found = MOS_TRUST_REVOCATIONS_INIT;
    must(mos_trust_list_revocation_at(list.get(), 0, &found, &error), error);
    CHECK(std::string{found.issuer} == "CN=Vendor");
    CHECK(std::string{found.number} == "01");
    CHECK(std::string{found.state} == "fresh");
    CHECK(found.next_update_unix_s - found.this_update_unix_s == 3 * 86'400);
    CHECK(found.revoked_count == 0);
    const auto code = [&](const char *name, std::uint32_t flags) {
        return failure_of([&](auto err) {
                   return mos_engine_trust_remove_revocation_list(bench.engine.get(), name, flags, err);
               })
            .code;
    };
    CHECK(failure_of([&](auto err) { return mos_trust_list_revocation_at(list.get(), 1, &found, err); }).code ==
          MOS_E_INVALID_ARGUMENT);
    CHECK(code(found.id, 0) == MOS_E_NEEDS_ANSWER);
    CHECK(code(found.id, 2) == MOS_E_INVALID_ARGUMENT);
    CHECK(code("", 0) == MOS_E_INVALID_ARGUMENT);
    CHECK(code("CN=Nobody", MOS_TRUST_FORGET_REVOCATIONS) == MOS_E_NOT_FOUND);
    must(mos_engine_trust_remove_revocation_list(bench.engine.get(), found.fingerprint, MOS_TRUST_FORGET_REVOCATIONS,
                                                 &error),
         error);
    CHECK(mos_trust_list_revocation_count(list_of(bench).get()) == 0);
    CHECK(mos_trust_list_revocation_count(nullptr) == 0);
}

TEST_CASE("of two who make the next revocation list from the same one, the second is told to try again") {
    const Bench bench;
    const Vendor vendor{bench};
    const std::string file = bench.work.at("vendor.crl");
    const auto renew = [&](auto error) {
        return mos_certificate_revoke(vendor.key.get(), vendor.certificate.get(), nullptr, nullptr, 3, file.c_str(),
                                      error);
    };
    mos_error *error = nullptr;
    must(renew(&error), error);
    const std::string before = bench.work.read("vendor.crl");
    const int other = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(::flock(other, LOCK_EX | LOCK_NB) == 0);
    CHECK(failure_of(renew).code == MOS_E_LOCKED);
    CHECK(bench.work.read("vendor.crl") == before);
    ::close(other);
    must(renew(&error), error);
    CHECK(bench.work.read("vendor.crl") != before);
}

TEST_CASE("a validation answers its five questions, whatever the answers") {
    const Bench bench;
    const std::string path = bench.pack("1", "content");
    CHECK(validate(bench, path) == "ppppp");
    CHECK(validate(bench, path, MOS_VALIDATE_STRICT) == "ppppp");
    bench.root.put("etc/multios/security-policy.yml",
                   "security_policy:\n  update_validation:\n    required_signatures: 2\n");
    CHECK(validate(bench, path) == "ppppf");
    bench.root.put("etc/multios/security-policy.yml", "");
    std::filesystem::remove(bench.root.at("etc/multios/trust/publisher.pub"));
    CHECK(validate(bench, path) == "pnfpn");
}

TEST_CASE("a file that is no package fails in the first of five answers, and one that can't be read is an error") {
    const Bench bench;
    bench.work.put("empty", "");
    bench.work.put("text", std::string(10'000, 'x'));
    for (const char *const name : {"empty", "text"})
        CHECK(validate_file(bench, bench.work.at(name), "") == "fnnnn");
    mos_job *job = nullptr;
    const auto code = [&](const char *path, std::uint32_t flags = 0) {
        return failure_of([&](auto error) {
                   return mos_engine_validate_path_job(bench.engine.get(), path, flags, &job, error);
               })
            .code;
    };
    CHECK(code(bench.work.at("missing").c_str()) == MOS_E_NOT_FOUND);
    CHECK(code(nullptr) == MOS_E_INVALID_ARGUMENT);
    CHECK(code(bench.work.at("text").c_str(), 2) == MOS_E_INVALID_ARGUMENT);
    CHECK(code(bench.work.path().c_str()) != 0);
    CHECK(job == nullptr);
}

TEST_CASE("a validation without its trust, its policy or a known flag is an error") {
    const Bench bench;
    const std::string path = bench.pack("1", "content");
    const auto package = made_by<Package>(
        [&](auto out, auto error) { return mos_package_open_path(bench.context.get(), path.c_str(), out, error); });
    mos_job *job = nullptr;
    const auto code = [&](std::uint32_t flags) {
        return failure_of([&](auto error) {
                   return mos_engine_validate_job(bench.engine.get(), package.get(), flags, &job, error);
               })
            .code;
    };
    CHECK(code(2) == MOS_E_INVALID_ARGUMENT);
    bench.root.put("etc/multios/security-policy.yml", "security_policy: 1");
    CHECK(code(0) == MOS_E_POLICY_UNREADABLE);
    std::filesystem::remove_all(bench.root.at("etc/multios/trust"));
    CHECK(code(0) == MOS_E_TRUST_UNREADABLE);
    CHECK(job == nullptr);
}

TEST_CASE("the policy of the root that the caller names is in effect") {
    const Bench bench;
    const std::string path = bench.pack("1", "content");
    const std::string folder = bench.root.at("etc/multios/trust");
    const std::string root = bench.root.at("");
    const auto package = made_by<Package>(
        [&](auto out, auto error) { return mos_package_open_path(bench.context.get(), path.c_str(), out, error); });
    mos_trust_options trust = MOS_TRUST_OPTIONS_INIT;
    trust.trust_path = folder.c_str();
    trust.root_path = root.c_str();
    const auto code = [&] { return mos_package_authenticate(package.get(), &trust, nullptr); };
    const std::string policy = "etc/multios/security-policy.yml";
    CHECK(code() == MOS_OK);
    bench.root.put(policy, "security_policy:\n  installation_safety:\n    maximum_package_size: 10\n");
    CHECK(code() == MOS_E_POLICY_REFUSED);
    bench.root.put(policy, "security_policy:\n  update_validation:\n    required_signature: false\n");
    CHECK(code() == MOS_E_POLICY_UNREADABLE);
    bench.root.put(policy, "security_policy: {}\n");
    trust.trust_path = nullptr;
    CHECK(code() == MOS_OK);
    CHECK(mos_package_signer_count(package.get()) == 1);
}
