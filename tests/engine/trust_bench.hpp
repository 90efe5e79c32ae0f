// A root's trust folder on the twin.
#pragma once

#include "authority.hpp"

#include <mos/engine/trust_folder.hpp>

#include <algorithm>

namespace mos::test {

struct TrustBench {
    Twin twin;
    std::unique_ptr<base::Directory> directory = must(engine::make_trust_folder(*twin.root()));

    [[nodiscard]] std::vector<std::string> files() const {
        std::vector<std::string> names;
        for (const base::DirectoryEntry &entry : must(directory->list()))
            names.push_back(entry.name);
        std::sort(names.begin(), names.end());
        return names;
    }
    void put(const std::string &name, std::string_view content) const {
        must(base::replace_file(*directory, name, base::as_bytes(content), 0644));
    }
};

}  // namespace mos::test
