// A package file before anybody has decided to trust it.
#pragma once

#include <mos/package/package.hpp>

namespace mos::crypto {
class TrustStore;
struct Decision;
struct Verdict;
}  // namespace mos::crypto

namespace mos::package {

// Holds the statement and the signature area and nothing else: index and content can't be reached before one of the two
// functions that make a Package has succeeded. Either uses this object up.
class PackageFile {
  public:
    // Reads the head's fixed part, a few reads of bounded size. FORMAT, TRUNCATED, LIMIT, UNSUPPORTED.
    [[nodiscard]] static Result<PackageFile> open(std::unique_ptr<base::Source> source, const Limits &limits = {});

    PackageFile(PackageFile &&) noexcept;
    PackageFile &operator=(PackageFile &&) noexcept;
    ~PackageFile();

    // What the file claims; nobody has vouched for it yet.
    [[nodiscard]] const Statement &claimed_statement() const noexcept;
    [[nodiscard]] const SignatureArea &claimed_signatures() const noexcept;

    // Judges the signatures, then checks that the file ends where the statement says (TRUNCATED, TRAILING_DATA) and
    // that its last frame is the one that follows from the signature area (SIGNATURE_COPY), then hashes the index
    // before opening it.
    [[nodiscard]] Result<Package> authenticate(const crypto::TrustStore &trust, const crypto::Decision &decision) &&;

    // What becomes of each signature, without a decision: for telling people. LIMIT.
    [[nodiscard]] Result<crypto::Verdict> judge(const crypto::TrustStore &trust,
                                                const crypto::Decision &decision) const;

    // The same without judging the signatures: for looking at a package, and for checking one's own work.
    [[nodiscard]] Result<Package> accept_unverified() &&;

  private:
    explicit PackageFile(std::unique_ptr<PackageState> state) noexcept;
    std::unique_ptr<PackageState> m_state;
};

}  // namespace mos::package
