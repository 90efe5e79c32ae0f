#include "ways.hpp"

#include <filesystem>

using namespace frame;

namespace package_tool {

namespace {

const char *c_text(const std::optional<std::string> &text) { return text ? text->c_str() : nullptr; }

}  // namespace

Result<Ways> find_ways(const Engine &engine, const WayQuery &query, const mos_install_options &options) {
    mos_way_options asked = MOS_WAY_OPTIONS_INIT;
    asked.folder_path = query.folder.c_str();
    asked.name = query.name.c_str();
    asked.version = c_text(query.version);
    asked.content_digest = c_text(query.content);
    asked.from_version = c_text(query.from_version);
    asked.force_delta = query.force_delta;
    return make<Ways>([&](auto out, auto error) { return mos_ways_find(engine.get(), &asked, &options, out, error); });
}

Result<std::vector<FoundWay>> list_ways(const mos_ways *ways) {
    std::vector<FoundWay> found(mos_ways_count(ways));
    for (std::size_t i = 0; i < found.size(); ++i) {
        FoundWay &way = found[i];
        FRAME_CHECK(check([&](auto error) { return mos_ways_at(ways, i, &way.is, error); }));
        for (std::size_t k = 0; k < way.is.package_count; ++k)
            way.files.emplace_back(mos_ways_package_at(ways, i, k));
        if (way.is.obstacle != nullptr)
            way.obstacle = failure_of(mos_error_code(way.is.obstacle), way.is.obstacle);
    }
    return found;
}

std::string folder_of(const std::string &path) {
    const std::string folder = std::filesystem::path{path}.parent_path().string();
    return folder.empty() ? "." : folder;
}

}  // namespace package_tool
