#include "bundles.hpp"

#include <mos/package/bundled.hpp>
#include <mos/package/version.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <compare>

namespace mos::engine {

using install::Asked;
using install::InstallOptions;
using install::InstallStep;
using package::Statement;

namespace {

std::strong_ordering compare(const Statement &a, const Statement &b) {
    return package::compare_versions({a.version, a.release}, {b.version, b.release});
}

Error circle(const std::vector<std::string> &carriers, const std::string &name) {
    return Error{Code::FORMAT,
                 fmt::format("packages carry each other in a circle: {} → {}", fmt::join(carriers, " → "), name)}
        .about(name);
}

// What a carried package is installed with: what the carrier is, but for what concerns the carrier alone.
InstallOptions carried_options(const InstallOptions &options) {
    InstallOptions carried = options;
    carried.asked = Asked::by_another_package;
    carried.downgrade = install::Downgrade::refused;
    carried.reinstall = install::Reinstall::refused;
    carried.prefix.reset();
    carried.full_package.reset();
    return carried;
}

// Puts the package into the plan, unless the same is there. Of two that were only carried the newer one counts.
Result<void> put(install::Steps &steps, InstallStep step) {
    const Statement &wanted = step.package->statement();
    const auto same = std::ranges::find_if(
        steps.installs, [&](const InstallStep &other) { return other.package->statement().name == wanted.name; });
    const bool carried = step.options.asked == Asked::by_another_package;
    if (same == steps.installs.end() || (!carried && same->options.asked == Asked::by_somebody)) {
        steps.installs.push_back(std::move(step));  // a name that was asked for twice is refused when it is resolved
        return {};
    }
    const auto order = compare(wanted, same->package->statement());
    if (carried && std::is_lteq(order))
        return {};
    const bool replaces = same->options.asked == Asked::by_another_package && std::is_gteq(order);
    if (replaces) {
        *same = std::move(step);
        return {};
    }
    const Statement &older = carried ? same->package->statement() : wanted;
    const Statement &newer = carried ? wanted : same->package->statement();
    return Error{Code::CONFLICT, fmt::format("'{}' {} is in the plan, and a package of the plan carries version {}",
                                             older.name, older.version, newer.version)}
        .about(older.name);
}

}  // namespace

Result<void> Bundles::add(std::unique_ptr<base::Source> source, const InstallOptions &options) {
    install::Steps steps = m_steps;
    MOS_CHECK(add_to(steps, std::move(source), options));
    m_steps = std::move(steps);
    return {};
}

Result<void> Bundles::add_to(install::Steps &steps, std::unique_ptr<base::Source> source,
                             const InstallOptions &options) {
    MOS_TRY(package::Package opened, m_engine.authenticate(std::move(source)));
    auto package = std::make_shared<package::Package>(std::move(opened));
    package->read_ahead_only({});  // what it carries may be there already
    const std::string name = package->statement().name;
    if (std::ranges::find(m_carriers, name) != m_carriers.end())
        return circle(m_carriers, name);
    if (m_carriers.size() >= max_bundle_depth)
        return Error{Code::LIMIT, fmt::format("'{}' lies more than {} packages deep", name, max_bundle_depth)}.about(
            name);
    m_carriers.push_back(name);
    MOS_CHECK(add_carried(steps, package, options));
    m_carriers.pop_back();
    return put(steps, {std::move(package), options});
}

Result<void> Bundles::add_carried(install::Steps &steps, const std::shared_ptr<package::Package> &carrier,
                                  const InstallOptions &options) {
    // The entries first: reading what is carried uses the carrier too.
    std::vector<package::Entry> carried;
    {
        MOS_TRY(package::EntryCursor entries, carrier->entries());
        for (;;) {
            MOS_TRY(auto entry, entries.next());
            if (!entry)
                break;
            if (!package::is_bundled_package(*entry))
                continue;
            if (++m_count > max_bundled_packages)
                return Error{Code::LIMIT,
                             fmt::format("the plan's packages carry more than {} others", max_bundled_packages)}
                    .about(carrier->statement().name);
            carried.push_back(std::move(*entry));
        }
    }
    for (const package::Entry &entry : carried) {
        MOS_TRY(std::unique_ptr<base::Source> source, package::open_bundled(carrier, entry));
        auto added = add_to(steps, std::move(source), carried_options(options));
        if (!added)
            return in_context(
                std::move(added).error(),
                fmt::format("{}, which '{}' carries", base::in_quotes(entry.path), carrier->statement().name));
    }
    return {};
}

}  // namespace mos::engine
