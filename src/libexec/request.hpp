// What the library asks of the helper, as it stands on its command line. Both come from one build, but a package that
// updates them may put a newer helper under an older, running library: so the protocol has a number.
#pragma once

#include <mos/base/result.hpp>

#include <span>
#include <string>
#include <vector>

namespace mos::libexec {

enum class Mode : std::uint8_t { check, act };

struct Request {
    int root = -1;  // descriptors
    int report = -1;
    Mode mode = Mode::act;
    std::string hidden;  // names beneath the root: what the script must not reach
    std::string folder;  // where it lies
    std::string name;
    std::vector<std::string> also_hidden;  // further ones: stages of other volumes, the database's
    std::vector<std::string> arguments;    // its own
};

// "1 ROOT REPORT check|act HIDDEN FOLDER NAME [HIDDEN…] -- ARGUMENT…"; INVALID_ARGUMENT for anything else.
[[nodiscard]] Result<Request> parse_request(std::span<char *const> words);

}  // namespace mos::libexec
