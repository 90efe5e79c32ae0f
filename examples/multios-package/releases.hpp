// The packages that lie in a folder: which releases they hold, and which deltas lead between them.
#pragma once

#include "frame/command.hpp"

namespace package_tool {

// What a package claims of itself. Nobody has vouched for it yet.
struct Release {
    std::string path;
    std::string name;
    std::string version;  // "1.2.0", or "1.2.0-3" when the release is not the first
    std::string architecture;
    bool is_delta = false;
    std::string content;       // digest of the release
    std::string base_content;  // of a delta: of the one that it leads from
    std::uint64_t bytes = 0;
};

[[nodiscard]] frame::Result<Release> read_release(const frame::Session &session, const std::string &path);

// Of the files that are called like packages, sorted by path; what can't be read as one is left out, and told where the
// session is verbose.
[[nodiscard]] frame::Result<std::vector<Release>> releases_in(const frame::Session &session,
                                                              const std::string &directory);

// A version without a release stands for the first release of it too.
[[nodiscard]] bool is_version(const Release &release, const std::string &version);

}  // namespace package_tool
