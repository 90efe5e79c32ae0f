// Authorities that certify signers and take them back, packages of any time, and a clock that a test turns.
#pragma once

#include "refusals.hpp"

#include <mos/crypto/revocation_list.hpp>
#include <mos/package/writer.hpp>

namespace mos::test {

inline constexpr std::int64_t still = 1'764'000'000;  // of StillClock
inline constexpr std::int64_t day = 86'400;
inline constexpr std::int64_t year = 366 * day;
inline constexpr crypto::Validity long_time = {.not_before_unix_s = still - 4 * year,
                                               .not_after_unix_s = still + 4 * year};

class HandClock final : public base::Clock {
  public:
    [[nodiscard]] std::int64_t now_unix_s() const override { return now; }
    [[nodiscard]] std::int64_t monotonic_ms() const override { return 0; }
    std::int64_t now = still;
};

struct CertifiedSigner {
    crypto::Certificate certificate;
    std::unique_ptr<crypto::Signer> signer;
};

class Authority {
  public:
    explicit Authority(const std::string &name, crypto::Validity validity = long_time)
        : m_key(must(crypto::PrivateKey::generate(crypto::KeyType::ecc_p384))),
          certificate(must(crypto::make_ca_certificate(m_key, "CN=" + name, validity))) {}

    [[nodiscard]] CertifiedSigner certify(const std::string &name, crypto::Validity validity = long_time) const {
        crypto::PrivateKey key = must(crypto::PrivateKey::generate(crypto::KeyType::ecc_p384));
        crypto::Certificate leaf =
            must(crypto::issue_signer_certificate(m_key, certificate, key.public_key(), "CN=" + name, validity));
        return {leaf, must(crypto::make_signer(std::move(key), {leaf}))};
    }
    [[nodiscard]] crypto::RevocationList revoke(std::uint64_t number, const std::vector<crypto::Certificate> &revoked,
                                                std::int64_t next_update = still + year) const {
        std::vector<crypto::RevokedCertificate> entries;
        entries.reserve(revoked.size());
        for (const crypto::Certificate &one : revoked)
            entries.push_back({base::to_bytes(one.serial()), {still - day, "key compromise"}});
        return must(crypto::make_revocation_list(m_key, certificate, entries, number, still - day, next_update));
    }

  private:
    crypto::PrivateKey m_key;

  public:
    crypto::Certificate certificate;
};

// A package with one file, in a folder of the package's name, made at that time.
inline base::Bytes make_package_at(std::int64_t created_unix_s, package::Manifest manifest,
                                   std::vector<crypto::Signer *> signers) {
    const Twin input;
    const Twin output;
    const auto tree = input.root();
    const auto folder = output.root();
    const std::string &name = manifest.package_info.name;
    must(build(*tree, ImageBuilder{}.directory(name).file(name + "/x", manifest.package_info.version).image()));
    const package::InputTree trees[] = {{tree.get(), package::Section::files, ""}};
    package::CreateOptions options;
    options.source_date_epoch = created_unix_s;
    options.signers = std::move(signers);
    must(package::create_package(trees, std::move(manifest), options, *folder, "p.mos"));
    return must(base::read_file(*folder, "p.mos", 1U << 30U));
}

}  // namespace mos::test
