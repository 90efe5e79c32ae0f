#include "way_back_risks.hpp"

#include <mos/base/path.hpp>
#include <mos/install/plan.hpp>
#include <mos/package/manifest.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>

namespace mos::engine {

namespace {

constexpr const char *go_on = "go-on";
constexpr const char *stop = "stop";
constexpr const char *users_folder = "etc";
constexpr const char *users_name = "passwd";
constexpr std::size_t max_users_bytes = 8U << 20U;
constexpr std::size_t field_of_number = 2;  // passwd(5)

std::optional<std::uint32_t> number_in(std::string_view line) {
    for (std::size_t field = 0; field < field_of_number; ++field) {
        const std::size_t end = line.find(':');
        if (end == std::string_view::npos)
            return std::nullopt;
        line.remove_prefix(end + 1);
    }
    std::uint32_t number = 0;
    const auto [end, problem] = std::from_chars(line.data(), line.data() + line.size(), number);
    return problem == std::errc{} && end != line.data() ? std::optional{number} : std::nullopt;
}

// The users that the root knows by name; nothing where it has no list of them, or none that could be read.
std::optional<std::set<std::uint32_t>> known_users(base::Directory &root) {
    const auto folder = root.open_directory(users_folder, base::Symlinks::follow_in_root);
    if (!folder)
        return std::nullopt;
    const auto bytes = base::read_file(**folder, users_name, max_users_bytes);
    if (!bytes)
        return std::nullopt;
    std::set<std::uint32_t> users;
    std::string_view text = base::as_text(*bytes);
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (const auto number = number_in(text.substr(0, end)))
            users.insert(*number);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return users;
}

// Who owns files of these packages, as they were installed. Reads every row of theirs.
Result<std::set<std::uint32_t>> owners_of(state::Database &database,
                                          std::span<const state::InstalledPackage> packages) {
    std::vector<std::uint64_t> rows;
    rows.reserve(packages.size());
    for (const state::InstalledPackage &package : packages)
        rows.push_back(package.id);
    std::set<std::uint32_t> owners;
    MOS_TRY(auto files, state::InstalledFileCursor::open(database, rows));
    for (;;) {
        MOS_TRY(const auto file, files.next());
        if (!file)
            return owners;
        owners.insert(file->attributes.owner);
    }
}

}  // namespace

Result<std::vector<std::string>> way_back_risks(transaction::Site &site,
                                                std::span<const state::InstalledPackage> leaving,
                                                const std::set<std::uint32_t> &owners) {
    std::vector<std::string> risks;
    for (const state::InstalledPackage &package : leaving) {
        const auto manifest = package::parse_manifest(package.manifest);
        if (manifest && !manifest->installation.rollback_support)
            risks.push_back(fmt::format("'{}' {} says that it can't be rolled back: an older version may not "
                                        "understand the data that it has changed",
                                        package.name, install::shown_version(package.version, package.release)));
    }
    const auto users = known_users(site.root);
    if (!users)
        return risks;
    std::vector<std::uint32_t> unknown;
    std::ranges::copy_if(owners, std::back_inserter(unknown),
                         [&](std::uint32_t owner) { return owner != 0 && !users->contains(owner); });
    if (unknown.empty())  // as a rule: then nobody needs to read whose the files are that are there
        return risks;
    // Who owns what is there now is no question of going back.
    MOS_TRY(const auto lived_with, owners_of(site.database, leaving));
    for (const std::uint32_t owner : unknown)
        if (!lived_with.contains(owner))
            risks.push_back(fmt::format("files would come back that belong to user {}, whom etc/passwd does not have "
                                        "any more",
                                        owner));
    return risks;
}

Result<void> settle_risks(std::span<const std::string> risks, RiskRule rule, const Job::Ask &ask) {
    if (rule == RiskRule::accept)
        return {};
    for (const std::string &risk : risks) {
        MOS_TRY(const std::string answer, ask({.id = 0,
                                               .text = fmt::format("{}. Go back all the same?", risk),
                                               .object = {},
                                               .choices = {go_on, stop},
                                               .fallback = stop}));
        if (answer != go_on)
            return Error{Code::NEEDS_ANSWER, risk}.with_remedy(
                "answer 'go-on', or say with --accept-risks that this is known");
    }
    return {};
}

}  // namespace mos::engine
