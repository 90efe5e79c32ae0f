// Makes delta packages: a release of a package as its difference to another one.
#pragma once

#include <mos/delta/package_content.hpp>
#include <mos/package/writer.hpp>

namespace mos::delta {

// A delta may be small, and the area stands in the file twice. For one that others will sign: some signatures with
// short chains.
inline constexpr std::uint32_t unsigned_delta_area_bytes = 8U << 10U;

struct PackageDeltaOptions {
    package::CreateOptions package;                       // level, signers, observer
    std::optional<std::uint32_t> signature_area_bytes;    // what its signers need and as much again, unless said
    std::uint64_t create_memory = default_create_memory;  // bytes that making it may take
    std::uint64_t apply_memory = default_apply_memory;    // bytes that applying it may take: the device's
    std::uint64_t threshold = 0;                          // files that changed and have fewer bytes are stored whole
};

struct PackageDeltaReport {
    std::uint64_t file_bytes = 0;  // the delta package
    std::uint64_t full_bytes = 0;  // the full package of the same release
    std::uint64_t patches = 0;
    // Files beneath the root that have content, by where it comes from, and their bytes as installed.
    std::uint64_t unchanged_files = 0;
    std::uint64_t unchanged_bytes = 0;
    std::uint64_t patched_files = 0;
    std::uint64_t patched_bytes = 0;
    std::uint64_t whole_files = 0;
    std::uint64_t whole_bytes = 0;
    std::uint64_t renamed_files = 0;             // of the patched ones, those made of a base file with another path
    crypto::Sha256Digest content_digest{};       // of the release
    crypto::Sha256Digest base_content_digest{};  // of the one that it is made from
};

// Writes the delta package from `base` to `target`, two full packages of one name and architecture that the caller has
// authenticated, as `name` into `output`, whole or not at all. Before it is kept it is read as its readers will, and
// every file is made out of the base once. Larger files are written beside it for the time being, as much as the base
// has. The same packages, options and versions of the compressors give the same bytes.
//
// It may come out larger than the full package, where little is alike: the report says it, and the caller decides.
//
// INVALID_ARGUMENT for packages that no delta leads between, or options out of range; LIMIT; CANCELLED; NO_SPACE, IO;
// and what reading the packages says.
[[nodiscard]] Result<PackageDeltaReport> create_package_delta(std::shared_ptr<package::Package> base,
                                                              std::shared_ptr<package::Package> target,
                                                              const PackageDeltaOptions &options,
                                                              base::Directory &output, std::string_view name);

}  // namespace mos::delta
