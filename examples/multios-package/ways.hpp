// Which packages of a folder lead from what is installed to a release: mos_ways_find, for the commands.
#pragma once

#include "frame/command.hpp"

#include <optional>

namespace package_tool {

struct WayQuery {
    std::string folder;
    std::string name;
    std::optional<std::string> version;  // none: the newest
    std::optional<std::string> content;
    std::optional<std::string> from_version;
    bool force_delta = false;
};

[[nodiscard]] frame::Result<frame::Ways> find_ways(const frame::Engine &engine, const WayQuery &query,
                                                   const mos_install_options &options);

struct FoundWay {
    mos_way is = MOS_WAY_INIT;
    std::vector<std::string> files;
    std::optional<frame::Failure> obstacle;
};

// All of them; what they point to lives as long as `ways`.
[[nodiscard]] frame::Result<std::vector<FoundWay>> list_ways(const mos_ways *ways);

// "." for a name without a folder.
[[nodiscard]] std::string folder_of(const std::string &path);

}  // namespace package_tool
