#include <mos/snapshot/restoration_source.hpp>

namespace mos::snapshot {

namespace {

bool say_the_same(state::InstalledPackage now, const state::InstalledPackage &before) {
    now.id = before.id;
    return now == before;
}

}  // namespace

std::vector<PackageStep> changed_steps(std::map<std::string, PackageStep> steps) {
    std::vector<PackageStep> changed;
    changed.reserve(steps.size());
    for (auto &entry : steps) {
        PackageStep &step = entry.second;
        step.name = entry.first;
        const bool same = step.now && step.before && say_the_same(*step.now, *step.before);
        if (!same)
            changed.push_back(std::move(step));
    }
    return changed;
}

}  // namespace mos::snapshot
