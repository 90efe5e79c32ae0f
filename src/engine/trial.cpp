#include "trial.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mos::engine {

using base::in_quotes;

namespace {

// Whose obstacle an error is that opening a package has met.
ObstacleOf met_by_opening(const Error &error, const HeldPackage &package) {
    switch (error.code()) {
    case Code::TRUST_UNREADABLE:
    case Code::POLICY_UNREADABLE:
    case Code::CANCELLED:
    case Code::INTERNAL:
        return ObstacleOf::root;
    default:
        return base::is_system_failure(error) && error.object() != package.path ? ObstacleOf::root
                                                                                : ObstacleOf::package;
    }
}

Trial of_opening(Error error, const HeldPackage &package) {
    const ObstacleOf of = met_by_opening(error, package);
    return {std::move(error), of};
}

// What a plan says of the package and of what it needs of its base; all else it would say of any package of the
// release.
bool concerns_package(const Error &error, const HeldPackage &package) {
    switch (error.code()) {
    case Code::BASE_DIFFERS:
    case Code::LIMIT:
    case Code::FORMAT:
    case Code::TRUNCATED:
    case Code::TRAILING_DATA:
    case Code::DIGEST_MISMATCH:
    case Code::SIGNATURE_COPY:
    case Code::PATH_REFUSED:
    case Code::ENTRY_DUPLICATE:
    case Code::ENTRY_UNSUPPORTED:
    case Code::UNSUPPORTED:
    case Code::NOT_BUILT:
        return !base::is_system_failure(error);
    default:
        return base::is_system_failure(error) && error.object() == package.path;
    }
}

// What a plan says of the release in between that may not hold for the one that is asked for.
bool concerns_release(const Error &error) {
    switch (error.code()) {
    case Code::CONFLICT:
    case Code::SYMLINK_IN_PATH:
    case Code::CROSS_MOUNT:
    case Code::TEMPLATE_VALUE_MISSING:
    case Code::NO_SPACE:
        return true;
    default:
        return false;
    }
}

Error begins_elsewhere(const HeldPackage &delta, const WayRequest &request) {
    return Error{Code::BASE_DIFFERS, fmt::format("{} leads from another release than '{}' {}", in_quotes(delta.path),
                                                 request.name, request.from_version)}
        .about(delta.path);
}

}  // namespace

Result<void> add_to(Plan &plan, const HeldPackage &package, const WayRequest &request,
                    const std::string &full_package) {
    MOS_TRY(auto source, base::open_file_source(package.path));
    std::unique_ptr<base::Source> full;
    if (package.is_delta && !full_package.empty()) {
        MOS_TRY(full, base::open_file_source(full_package));
    }
    return plan.install(std::move(source), request.options, std::move(full));
}

bool Trials::begins_here(const HeldPackage &delta) const {
    return std::ranges::find(m_from, delta.base_content, &Beginning::content) != m_from.end();
}

bool Trials::is_goal(const HeldPackage &package) const {
    return std::ranges::find(m_goals, package.content, &HeldPackage::content) != m_goals.end();
}

Trial Trials::of(const HeldPackage &package) {
    const auto known = m_of_packages.find(package.path);
    return known != m_of_packages.end() ? known->second
                                        : m_of_packages.emplace(package.path, try_out(package)).first->second;
}

Trial Trials::try_out(const HeldPackage &package) const {
    if (package.is_delta)
        return try_plan(package);
    auto source = base::open_file_source(package.path);
    if (!source)
        return of_opening(std::move(source).error(), package);
    auto opened = m_engine->authenticate(std::move(source).value());
    return opened ? Trial{} : of_opening(std::move(opened).error(), package);
}

Trial Trials::try_plan(const HeldPackage &delta) const {
    if (!m_request.from_version.empty() && !begins_here(delta))
        return {begins_elsewhere(delta, m_request), ObstacleOf::package};
    Plan plan{m_engine};
    auto added = add_to(plan, delta, m_request, is_goal(delta) ? m_request.full_package : std::string{});
    if (!added)
        return of_opening(std::move(added).error(), delta);
    auto resolved = plan.resolve();
    if (resolved)
        return {};
    const ObstacleOf of = concerns_package(resolved.error(), delta) ? ObstacleOf::package : ObstacleOf::root;
    return {std::move(resolved).error(), of};
}

Result<void> Trials::check_later_link(const HeldPackage &delta) const {
    MOS_TRY(auto source, base::open_file_source(delta.path));
    MOS_TRY(package::Package opened, m_engine->authenticate(std::move(source)));
    const auto package = std::make_shared<package::Package>(std::move(opened));
    const package::Statement &is = package->statement();
    if (is.kind != package::PackageKind::delta || is.name != delta.name || is.version != delta.version ||
        is.release != delta.release || is.content_digest != delta.content ||
        is.base_content_digest != delta.base_content)
        return Error{Code::CHANGED_MEANWHILE,
                     fmt::format("{} was replaced while it was looked at", in_quotes(delta.path))}
            .about(delta.path)
            .with_remedy("run the command again when nobody writes into the folder");
    return install::check_delta_memory(package, m_request.options);
}

Trial Trials::of_link(const HeldPackage &delta) {
    const auto known = m_of_links.find(delta.path);
    if (known != m_of_links.end())
        return known->second;
    Trial trial;
    if (begins_here(delta)) {
        trial = of(delta);
        if (trial.obstacle && concerns_release(*trial.obstacle))
            trial.of = ObstacleOf::package;
    } else if (auto checked = check_later_link(delta); !checked) {
        trial = of_opening(std::move(checked).error(), delta);
    }
    return m_of_links.emplace(delta.path, std::move(trial)).first->second;
}

Trial Trials::of_chain(const std::vector<HeldPackage> &links) {
    for (const HeldPackage &link : links) {
        Trial trial = of_link(link);
        if (trial.obstacle)
            return {base::in_context(*std::move(trial.obstacle),
                                     fmt::format("the chain's link {} can't be used", in_quotes(link.path))),
                    trial.of};
    }
    return {};
}

}  // namespace mos::engine
