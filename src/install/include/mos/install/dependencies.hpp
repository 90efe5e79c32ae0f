// What packages need of each other: what is missing, what excludes each other, what nobody needs any more. It finds
// out; it chooses nothing.
#pragma once

#include <mos/package/manifest.hpp>
#include <mos/state/packages.hpp>

#include <string>
#include <vector>

namespace mos::install {

// A dependency that neither an installed package nor one that is to come satisfies.
struct Unmet {
    std::string package;        // that is to come, and depends
    std::string relation;       // as its manifest has it
    std::string what_is_there;  // "'libfoo' 1.0" where a named package is there in a version that does not do; or ""
    friend bool operator==(const Unmet &, const Unmet &) = default;
};

struct Conflict {
    std::string package;   // whose manifest excludes the other
    std::string relation;  // as that manifest has it
    std::string other;
    std::string other_version;
    friend bool operator==(const Conflict &, const Conflict &) = default;
};

// "app depends on 'libfoo (>= 2)', and 'libfoo' 1.0 is installed", for people.
[[nodiscard]] std::string sentence_of(const Unmet &unmet);
[[nodiscard]] std::string sentence_of(const Conflict &conflict);

// `to_come` are the packages of one plan; each takes the place of an installed package of its name, which then counts
// neither as there nor as having conflicts. A provided name counts like a package. FORMAT for a malformed relation of a
// package that is to come; one of an installed package counts as none, since it was accepted and must not block every
// later change.

// In the order of `to_come` and of their manifests.
[[nodiscard]] Result<std::vector<Unmet>> unmet_dependencies(state::Packages &packages,
                                                            const std::vector<const package::Manifest *> &to_come);

// What packages that are to come exclude, installed or to come as well, and what installed ones exclude of those to
// come. A package never conflicts with itself or with what it provides.
[[nodiscard]] Result<std::vector<Conflict>> conflicts(state::Packages &packages,
                                                      const std::vector<const package::Manifest *> &to_come);

// The automatic packages that no installed package needs, sorted by name: those that can't be reached, from dependency
// to dependency, from one that was asked for. Of several alternatives that are there, all are needed.
[[nodiscard]] Result<std::vector<std::string>> orphans(state::Packages &packages);

}  // namespace mos::install
