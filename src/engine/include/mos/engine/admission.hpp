// Who lets a package in: those whom the trust folder names, what the policy demands, and the time it is.
#pragma once

#include <mos/base/clock.hpp>
#include <mos/base/filesystem.hpp>
#include <mos/base/source.hpp>
#include <mos/crypto/verify.hpp>
#include <mos/package/package.hpp>
#include <mos/policy/security_policy.hpp>

#include <memory>
#include <optional>
#include <string>

namespace mos::engine {

inline constexpr const char *trust_path = "etc/multios/trust";

// The folder of those who are trusted, and its path for messages.
struct TrustFolder {
    std::unique_ptr<base::Directory> directory;
    std::string path;
};

// At a path of the caller's, or at trust_path beneath a root. TRUST_UNREADABLE when it is missing or can't be opened:
// nobody is trusted then.
[[nodiscard]] Result<TrustFolder> open_trust_folder(const std::string &path);
[[nodiscard]] Result<TrustFolder> open_trust_folder(base::Directory &root);
// TRUST_UNREADABLE when the folder or something in it can't be read.
[[nodiscard]] Result<crypto::TrustStore> load_trust(const TrustFolder &trust);

struct Admission {
    TrustFolder trust;
    policy::SecurityPolicy policy = {};
    unsigned required_signatures = 1;  // the policy may ask for more
    std::int64_t now_unix_s = 0;

    [[nodiscard]] crypto::Decision decision() const;
};

// By the trust folder (etc/multios/trust without one of the caller's), the root's policy, and the clock or the root's
// time floor, whichever is later. TRUST_UNREADABLE, POLICY_UNREADABLE.
[[nodiscard]] Result<Admission> open_admission(base::Directory &root, const std::optional<std::string> &trust_folder,
                                               unsigned required_signatures, const base::Clock &clock);

// Lets the package in if enough of those whom the folder names have signed it and the policy has nothing against it.
// TRUST_UNREADABLE, POLICY_REFUSED, the errors of package_file.hpp and verify.hpp.
[[nodiscard]] Result<package::Package> authenticate(std::unique_ptr<base::Source> source, const Admission &admission);

// Judges the signatures of a package that was let in before once more, by what holds now.
[[nodiscard]] Result<void> judge_again(const package::Package &package, const Admission &admission);

// What the policy says of a package whose signatures are good. POLICY_REFUSED; the errors of its manifest.
[[nodiscard]] Result<void> check_policy(package::Package &package, std::uint64_t bytes,
                                        const policy::SecurityPolicy &policy);

}  // namespace mos::engine
