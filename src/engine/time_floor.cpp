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
constexpr std::int64_t before_this_software_unix_s = 1'790'000'000;  // 2026-09-21: no clock that runs tells less

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

// What all signatures of the package vouch for.
std::optional<std::int64_t> signed_time(const package::Package &package) {
    const crypto::Verdict *const verdict = package.verdict();
    if (verdict == nullptr)
        return std::nullopt;
    std::optional<std::int64_t> earliest;
    for (const crypto::AcceptedSigner &signer : verdict->accepted)
        if (signer.validity) {
            const std::int64_t vouched =
                std::min(package.statement().created_unix_s, signer.validity->not_after_unix_s);
            earliest = std::min(earliest.value_or(vouched), vouched);
        }
    return earliest;
}

// A clock that runs is better than the word of a signer whose own clock may be years ahead.
std::int64_t cap_by_clock(std::int64_t time, std::int64_t floor, const base::Clock &clock) {
    const bool is_plausible = clock.now_unix_s() >= std::max(floor, before_this_software_unix_s);
    return is_plausible ? std::min(time, clock.now_unix_s() + day_s) : time;
}

}  // namespace

std::int64_t effective_time(base::Directory &root, const base::Clock &clock) {
    return std::max(clock.now_unix_s(), read_floor(root));
}

Result<void> raise_time_floor(base::Directory &root, const package::Package &package, const base::Clock &clock) {
    const std::optional<std::int64_t> signed_at = signed_time(package);
    const std::int64_t floor = read_floor(root);
    if (!signed_at)
        return {};
    const std::int64_t time = cap_by_clock(*signed_at, floor, clock);
    if (time < floor + day_s)
        return {};
    MOS_TRY(const auto folder, base::make_directories(root, state_path));
    MOS_TRY(const auto left_over, folder->find(new_floor_name));
    if (left_over)
        MOS_CHECK(folder->remove_file(new_floor_name));
    MOS_CHECK(folder->make_symlink(new_floor_name, base::write_timestamp(time)));
    return folder->rename(new_floor_name, *folder, floor_name, base::RenameMode::replace);
}

}  // namespace mos::engine
