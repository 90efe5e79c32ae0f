#include "delta_choice.hpp"

#include "frame/change.hpp"

#include <algorithm>
#include <filesystem>

using namespace frame;

namespace package_tool {

namespace {

Result<void> try_out(const Engine &engine, const std::string &path, const mos_install_options &options) {
    FRAME_TRY(const Plan plan, new_plan(engine));
    FRAME_CHECK(check([&](auto error) { return mos_plan_install_path(plan.get(), path.c_str(), &options, error); }));
    return check([&](auto error) { return mos_plan_resolve(plan.get(), error); });
}

}  // namespace

std::vector<DeltaChoice> delta_choices(const Engine &engine, const std::vector<Release> &releases,
                                       const std::string &content, const mos_install_options &options) {
    std::vector<DeltaChoice> choices;
    for (const Release &release : releases) {
        if (!release.is_delta || release.content != content)
            continue;
        const Result<void> tried = try_out(engine, release.path, options);
        choices.push_back({release, tried ? std::nullopt : std::optional{tried.failure()}});
    }
    std::ranges::stable_sort(choices, {}, [](const DeltaChoice &choice) { return choice.release.bytes; });
    return choices;
}

std::string folder_of(const std::string &path) {
    const std::string folder = std::filesystem::path{path}.parent_path().string();
    return folder.empty() ? "." : folder;
}

}  // namespace package_tool
