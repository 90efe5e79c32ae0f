// Installs what a command names: one transaction, and more of them where chains of delta packages lead there.
#pragma once

#include "frame/change.hpp"

#include <optional>

namespace package_tool {

// A package of a chain that comes after the change that was only planned.
struct LinkToCome {
    std::string name;
    std::string version;
    std::string file;
    std::uint64_t bytes = 0;
};

struct Installed {
    std::vector<frame::Change> changes;     // in their order; as text they were told as they came
    std::vector<LinkToCome> to_come;        // with --plan, which works out the first change alone
    std::optional<frame::Failure> failure;  // of the change after them
};

// As many changes as the longest chain has packages.
[[nodiscard]] Installed install_all(const frame::Session &session, const frame::Engine &engine,
                                    std::vector<std::string> operands);

// The failure, with what was done before it, which stays.
[[nodiscard]] frame::Failure after_others(Installed installed);

[[nodiscard]] nlohmann::ordered_json to_json(const Installed &installed);

}  // namespace package_tool
