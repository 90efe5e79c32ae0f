#include <mos/install/dependencies.hpp>

#include <mos/base/bytes.hpp>
#include <mos/package/relation.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <span>
#include <string_view>
#include <unordered_map>

namespace mos::install {

using base::in_quotes;
using package::Alternative;
using package::Manifest;
using package::Provided;
using package::Relation;

namespace {

// A package that is there, or is to be.
struct Member {
    std::string name;
    std::string version;
    std::vector<std::string> depends;
    std::vector<std::string> bundles;
    std::vector<std::string> conflicts;
    std::vector<Provided> provides;
    bool automatic = false;
};

// Finds members by the names they have or provide. They must stay where they are as long as it is used.
class Population {
  public:
    void add(const Member &member) {
        m_by_name[member.name].push_back(&member);
        for (const Provided &provided : member.provides) {
            auto &providers = m_by_name[provided.name];
            if (std::ranges::find(providers, &member) == providers.end())
                providers.push_back(&member);
        }
    }

    [[nodiscard]] std::span<const Member *const> of_name(const std::string &name) const {
        const auto found = m_by_name.find(name);
        if (found == m_by_name.end())
            return {};
        return found->second;
    }

    [[nodiscard]] std::vector<const Member *> satisfying(const Alternative &alternative) const {
        std::vector<const Member *> found;
        for (const Member *member : of_name(alternative.name)) {
            if (package::satisfied(alternative, member->name, member->version) ||
                std::ranges::any_of(member->provides, [&](const Provided &provided) {
                    return package::satisfied(alternative, provided);
                }))
                found.push_back(member);
        }
        return found;
    }

  private:
    std::unordered_map<std::string, std::vector<const Member *>> m_by_name;
};

Error of_package(Error cause, std::string_view name, std::string_view list) {
    return in_context(std::move(cause), fmt::format("package {} has a malformed entry in {}", in_quotes(name), list));
}

Result<Member> member_to_come(const Manifest &manifest) {
    Member member{.name = manifest.package_info.name,
                  .version = manifest.package_info.version,
                  .depends = manifest.dependencies.depends,
                  .bundles = manifest.dependencies.bundles,
                  .conflicts = manifest.update_info.conflicts,
                  .provides = {}};
    for (const std::string &text : manifest.update_info.provides) {
        auto provided = package::parse_provided(text);
        if (!provided)
            return of_package(std::move(provided).error(), member.name, "'provides'");
        member.provides.push_back(std::move(provided).value());
    }
    return member;
}

Result<std::vector<Member>> members_to_come(const std::vector<const Manifest *> &to_come) {
    std::vector<Member> members;
    for (const Manifest *manifest : to_come) {
        MOS_TRY(Member member, member_to_come(*manifest));
        members.push_back(std::move(member));
    }
    return members;
}

// What can't be read of it counts as not there; see the header.
Member installed_member(const state::InstalledPackage &row) {
    Member member{.name = row.name,
                  .version = row.version,
                  .depends = {},
                  .bundles = {},
                  .conflicts = {},
                  .provides = {},
                  .automatic = row.automatic};
    auto manifest = package::parse_manifest(row.manifest);
    if (!manifest)
        return member;
    member.depends = std::move(manifest->dependencies.depends);
    member.bundles = std::move(manifest->dependencies.bundles);
    member.conflicts = std::move(manifest->update_info.conflicts);
    for (const std::string &text : manifest->update_info.provides) {
        if (auto provided = package::parse_provided(text); provided)
            member.provides.push_back(std::move(provided).value());
    }
    return member;
}

// Without those whose place one of `coming` takes.
Result<std::vector<Member>> staying_members(state::Packages &packages, const std::vector<Member> &coming) {
    std::set<std::string_view> replaced;
    for (const Member &member : coming)
        replaced.insert(member.name);
    MOS_TRY(const auto rows, packages.list());
    std::vector<Member> members;
    for (const state::InstalledPackage &row : rows) {
        if (!replaced.contains(row.name))
            members.push_back(installed_member(row));
    }
    return members;
}

bool is_met(const Relation &relation, const Population &population) {
    return std::ranges::any_of(
        relation, [&](const Alternative &alternative) { return !population.satisfying(alternative).empty(); });
}

// The packages that a relation names and that are there all the same.
std::string named_by(const Relation &relation, const Population &population) {
    std::string text;
    std::set<std::string_view> named;
    for (const Alternative &alternative : relation) {
        for (const Member *member : population.of_name(alternative.name)) {
            if (named.insert(member->name).second)
                text += fmt::format("{}{} {}", text.empty() ? "" : ", ", in_quotes(member->name), member->version);
        }
    }
    return text;
}

void append_conflicts(std::vector<Conflict> &found, const Member &member, const std::string &relation,
                      const std::vector<const Member *> &others) {
    for (const Member *other : others) {
        if (other != &member)
            found.push_back({member.name, relation, other->name, other->version});
    }
}

}  // namespace

Result<std::vector<Unmet>> unmet_dependencies(state::Packages &packages, const std::vector<const Manifest *> &to_come) {
    MOS_TRY(const std::vector<Member> coming, members_to_come(to_come));
    MOS_TRY(const std::vector<Member> staying, staying_members(packages, coming));
    Population all;
    for (const auto *members : {&staying, &coming})
        std::ranges::for_each(*members, [&](const Member &member) { all.add(member); });
    std::vector<Unmet> unmet;
    for (const Member &member : coming) {
        for (const std::string &text : member.depends) {
            auto relation = package::parse_relation(text);
            if (!relation)
                return of_package(std::move(relation).error(), member.name, "'depends'");
            if (!is_met(*relation, all))
                unmet.push_back({member.name, text, named_by(*relation, all)});
        }
    }
    return unmet;
}

Result<std::vector<Conflict>> conflicts(state::Packages &packages, const std::vector<const Manifest *> &to_come) {
    MOS_TRY(const std::vector<Member> coming, members_to_come(to_come));
    MOS_TRY(const std::vector<Member> staying, staying_members(packages, coming));
    Population all;
    Population new_ones;
    std::ranges::for_each(staying, [&](const Member &member) { all.add(member); });
    for (const Member &member : coming) {
        all.add(member);
        new_ones.add(member);
    }
    std::vector<Conflict> found;
    for (const Member &member : coming) {
        for (const std::string &text : member.conflicts) {
            auto alternative = package::parse_conflict(text);
            if (!alternative)
                return of_package(std::move(alternative).error(), member.name, "'conflicts'");
            append_conflicts(found, member, text, all.satisfying(*alternative));
        }
    }
    for (const Member &member : staying) {
        for (const std::string &text : member.conflicts) {
            if (const auto alternative = package::parse_conflict(text); alternative)
                append_conflicts(found, member, text, new_ones.satisfying(*alternative));
        }
    }
    return found;
}

// What a member needs of those that are there: what its relations are met by, and what it carried, whose publisher
// meant it to be there whether a relation says so or not.
static std::vector<const Member *> needed_by(const Member &member, const Population &all) {
    std::vector<const Member *> needed;
    for (const std::string &text : member.depends) {
        const auto relation = package::parse_relation(text);
        if (!relation)
            continue;
        for (const Alternative &alternative : *relation)
            std::ranges::copy(all.satisfying(alternative), std::back_inserter(needed));
    }
    for (const std::string &name : member.bundles)
        std::ranges::copy_if(all.of_name(name), std::back_inserter(needed),
                             [&](const Member *other) { return other->name == name; });
    return needed;
}

Result<std::vector<std::string>> orphans(state::Packages &packages) {
    MOS_TRY(const std::vector<Member> members, staying_members(packages, {}));
    Population all;
    std::set<const Member *> needed;
    std::vector<const Member *> to_visit;
    for (const Member &member : members) {
        all.add(member);
        if (!member.automatic && needed.insert(&member).second)
            to_visit.push_back(&member);
    }
    while (!to_visit.empty()) {
        const Member &member = *to_visit.back();
        to_visit.pop_back();
        for (const Member *other : needed_by(member, all)) {
            if (needed.insert(other).second)
                to_visit.push_back(other);
        }
    }
    std::vector<std::string> names;
    for (const Member &member : members) {
        if (!needed.contains(&member))
            names.push_back(member.name);
    }
    return names;
}

std::string sentence_of(const Unmet &unmet) {
    return fmt::format("{} depends on {}, and {}", unmet.package, base::in_quotes(unmet.relation),
                       unmet.what_is_there.empty() ? "nothing installed is that"
                                                   : unmet.what_is_there + " is installed");
}

std::string sentence_of(const Conflict &conflict) {
    return fmt::format("{} must not be installed beside {} {} ({})", conflict.package, conflict.other,
                       conflict.other_version, base::in_quotes(conflict.relation));
}

}  // namespace mos::install
