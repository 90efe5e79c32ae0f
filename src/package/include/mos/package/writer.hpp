// Makes and signs packages.
#pragma once

#include <mos/base/clock.hpp>
#include <mos/base/filesystem.hpp>
#include <mos/base/observer.hpp>
#include <mos/package/entry.hpp>
#include <mos/package/manifest.hpp>
#include <mos/package/signature_area.hpp>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mos::package {

// A folder that goes into a package: its content lands below `section`, there below `prefix` ("opt/app", or nothing).
struct InputTree {
    base::Directory *directory = nullptr;
    Section section = Section::files;
    std::string prefix;
};

enum class Owners : std::uint8_t { root, keep };

inline constexpr int uncompressed = 0;  // as a level: frames of raw blocks

// 16 KiB to 4 MiB each. Small groups let an update expand and fetch little besides what has changed; the pieces of a
// large file are needed together, so they may be larger.
struct FrameSizes {
    std::uint32_t group_bytes;  // what frames of grouped small files tend to; a file that is larger has its own
    std::uint32_t piece_bytes;  // what those are cut into
};

// By the table in docs/performance.md, "Frame size". Who asks for a high level asks for few bytes.
[[nodiscard]] constexpr FrameSizes usual_frame_sizes(int level) noexcept {
    constexpr int high_level = 16;
    return level < high_level ? FrameSizes{128U << 10U, 256U << 10U} : FrameSizes{256U << 10U, 1U << 20U};
}

struct CreateOptions {
    int level = 3;                               // zstd's 1 to 19, or `uncompressed`
    std::optional<FrameSizes> frame_sizes = {};  // the usual ones of the level, unless it is said
    std::uint32_t signature_area_bytes = default_signature_area_bytes;
    std::optional<std::int64_t> source_date_epoch;  // no time in the package is later, and it was created then
    Owners owners = Owners::root;
    std::vector<crypto::Signer *> signers;  // none: an unsigned package
    const base::Clock *clock = &base::system_clock();
    base::Observer *observer = &base::silent_observer();
    // Asked about the text of each template, whose path is as it would be installed; an error of it ends the creation.
    std::function<Result<void>(std::string_view text, std::string_view path)> check_template = {};
};

struct CreateReport {
    std::uint64_t file_bytes = 0;     // the finished package
    std::uint64_t content_bytes = 0;  // of all regular entries, as installed
    std::uint64_t entries = 0;
    std::uint64_t frames = 0;
    std::uint64_t deduplicated_bytes = 0;  // content that was stored with an equal one
    crypto::Sha256Digest content_digest{};
};

// Writes the package `name` into `output`, whole or not at all: it is made beside it under a temporary name and then
// renamed over whatever was there. Same input, options, epoch and zstd: same bytes. The input is read twice.
// ENTRY_UNSUPPORTED for a device, pipe or socket; CHANGED_MEANWHILE for input that changes while it is read;
// INVALID_ARGUMENT for options out of range; PATH_REFUSED, LIMIT, NO_SPACE, IO, CANCELLED.
[[nodiscard]] Result<CreateReport> create_package(std::span<const InputTree> input, Manifest manifest,
                                                  const CreateOptions &options, base::Directory &output,
                                                  std::string_view name);

// Adds a signature, or replaces the same key's: only the signature area and the last frame change. Written beside the
// old one and renamed over it. LIMIT when the reserved area has no room.
[[nodiscard]] Result<void> sign_package(base::Directory &directory, std::string_view name, crypto::Signer &signer,
                                        const Limits &limits = {});

}  // namespace mos::package
