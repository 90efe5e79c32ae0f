#include "time_floor.hpp"

#include <mos/base/timestamp.hpp>
#include <mos/crypto/verify.hpp>
#include <mos/engine/engine.hpp>

#include <algorithm>
#include <optional>
#include <string>

namespace mos::engine {

namespace {

// A symbolic link whose target is the time: it changes in one step, and is never there in part.
constexpr const char *floor_name = "time-floor";
constexpr const char *new_floor_name = ".time-floor.new";
constexpr std::int64_t day_s = 24 * 3600;

std::int64_t read_floor(base::Directory &root) {
    const auto folder = root.open_directory(state_path, base::Symlinks::follow_in_root);
    if (!folder)
        return 0;
    const auto text = (*folder)->read_symlink(floor_name);
    if (!text)
        return 0;
    const auto time = base::parse_timestamp(*text);
    return time ? *time : 0;
}

// What the signatures of the package vouch for.
std::optional<std::int64_t> signed_time(const package::Package &package) {
    const crypto::Verdict *const verdict = package.verdict();
    if (verdict == nullptr)
        return std::nullopt;
    std::optional<std::int64_t> latest;
    for (const crypto::AcceptedSigner &signer : verdict->accepted)
        if (signer.validity)
            latest = std::max(latest.value_or(0),
                              std::min(package.statement().created_unix_s, signer.validity->not_after_unix_s));
    return latest;
}

}  // namespace

std::int64_t effective_time(base::Directory &root, const base::Clock &clock) {
    return std::max(clock.now_unix_s(), read_floor(root));
}

Result<void> raise_time_floor(base::Directory &root, const package::Package &package) {
    const std::optional<std::int64_t> time = signed_time(package);
    if (!time || *time < read_floor(root) + day_s)
        return {};
    MOS_TRY(const auto folder, base::make_directories(root, state_path));
    MOS_TRY(const auto left_over, folder->find(new_floor_name));
    if (left_over)
        MOS_CHECK(folder->remove_file(new_floor_name));
    MOS_CHECK(folder->make_symlink(new_floor_name, base::write_timestamp(*time)));
    return folder->rename(new_floor_name, *folder, floor_name, base::RenameMode::replace);
}

}  // namespace mos::engine
