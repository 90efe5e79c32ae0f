#include "package_notes.hpp"

#include <mos/base/timestamp.hpp>
#include <mos/install/architecture.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace mos::install {

namespace {

// For another machine a package may be meant all the same: an image is made for it here.
void note_architecture(const package::Statement &statement, std::vector<std::string> &notices) {
    const std::string machine = machine_architecture();
    if (!machine.empty() && !is_for_any_machine(statement.architecture) &&
        !is_same_architecture(statement.architecture, machine))
        notices.push_back(
            fmt::format("'{}' is made for {}; this machine is {}", statement.name, statement.architecture, machine));
}

// A version of the system, and what it can do, have no fixed meaning yet that a root could be asked for.
void note_requirements(const package::Manifest &manifest, std::vector<std::string> &notices) {
    const package::SystemRequirements &wanted = manifest.system_requirements;
    std::vector<std::string> parts;
    if (!wanted.minimum_version.empty())
        parts.push_back("a system of version " + wanted.minimum_version + " or later");
    if (!wanted.maximum_version.empty())
        parts.push_back("one of version " + wanted.maximum_version + " at most");
    if (!wanted.required_features.empty())
        parts.push_back(fmt::format("the features {}", fmt::join(wanted.required_features, ", ")));
    if (!wanted.prohibited_features.empty())
        parts.push_back(fmt::format("no {}", fmt::join(wanted.prohibited_features, ", ")));
    if (!parts.empty())
        notices.push_back(fmt::format("'{}' asks for {}: this version does not check it", manifest.package_info.name,
                                      fmt::join(parts, ", ")));
}

// A claim, of which trust knows nothing (package::SecurityClaims); a person may want to know it.
void note_validity(const package::Manifest &manifest, std::int64_t now_unix_s, std::vector<std::string> &notices) {
    const auto &[algorithm, signer, fingerprint, not_before, not_after] = manifest.security;
    if (not_after && *not_after < now_unix_s)
        notices.push_back(fmt::format("'{}' says that it is good until {}, which is over; only its signature counts",
                                      manifest.package_info.name, base::write_timestamp(*not_after)));
    if (not_before && *not_before > now_unix_s)
        notices.push_back(fmt::format("'{}' says that it is good from {} on; only its signature counts",
                                      manifest.package_info.name, base::write_timestamp(*not_before)));
}

}  // namespace

void caution_of(const package::Statement &statement, const Brought &brought, std::int64_t now_unix_s,
                std::vector<std::string> &cautions) {
    note_architecture(statement, cautions);
    note_requirements(brought.manifest, cautions);
    note_validity(brought.manifest, now_unix_s, cautions);
}

void note_actions(const Brought &brought, std::vector<std::string> &notices) {
    const std::string &name = brought.manifest.package_info.name;
    if (!brought.units.empty())
        notices.push_back(fmt::format("'{}' brings services: {}", name, fmt::join(brought.units, ", ")));
    if (brought.manifest.update_info.reboot_required)
        notices.push_back(fmt::format("'{}' is complete when the system has been started again", name));
}

}  // namespace mos::install
