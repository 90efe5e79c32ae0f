// A walk over a tree in byte order of its paths.
#pragma once

#include <mos/base/path.hpp>
#include <mos/base/result.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace mos::snapshot {

// Walks what is in the folder `path`. `names(path, folder)` says what that is (std::set<std::string>), `visit(path,
// folder)` looks at one of it and answers with the Folder that it is, where the walk is to go into it.
//
// What is in a folder comes after everything whose name only begins like the folder's: byte order puts "a-b" between
// "a" and "a/b". So its entries are due at its name and a slash.
template <class Folder, class Names, class Visit>
[[nodiscard]] Result<void> walk_in_order(const std::string &path, const Folder &folder, const Names &names,
                                         const Visit &visit) {
    MOS_TRY(const std::set<std::string> present, names(path, folder));
    std::map<std::string, std::optional<Folder>> due;
    for (const std::string &name : present)
        due.emplace(name, std::nullopt);
    while (!due.empty()) {
        const auto next = due.extract(due.begin());
        std::string entry = base::join_path(path, next.key());
        if (next.mapped()) {
            entry.pop_back();
            MOS_CHECK(walk_in_order(entry, *next.mapped(), names, visit));
            continue;
        }
        MOS_TRY(std::optional<Folder> below, visit(entry, folder));
        if (below)
            due.emplace(next.key() + '/', std::move(below));
    }
    return {};
}

}  // namespace mos::snapshot
