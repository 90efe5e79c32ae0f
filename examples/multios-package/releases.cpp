#include "releases.hpp"

#include "built.hpp"

#include "frame/terminal.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

using namespace frame;
namespace fs = std::filesystem;

namespace package_tool {

Result<Release> read_release(const Session &session, const std::string &path) {
    FRAME_TRY(const Built found, look_at(session, path));
    const mos_package_information &is = found.information;
    const std::string_view first{"1"};
    return Release{.path = path,
                   .name = is.name,
                   .version = *is.release == '\0' || is.release == first ? is.version
                                                                         : fmt::format("{}-{}", is.version, is.release),
                   .architecture = is.architecture,
                   .is_delta = std::string_view{is.kind} == "delta",
                   .content = is.content_digest,
                   .base_content = is.base_content_digest,
                   .bytes = is.package_bytes};
}

Result<std::vector<Release>> releases_in(const Session &session, const std::string &directory) {
    std::error_code error;
    std::vector<Release> releases;
    for (fs::directory_iterator entry{directory, error}; !error && entry != fs::directory_iterator{};
         entry.increment(error)) {
        const std::string path = entry->path().string();
        if (!path.ends_with(".mos") && !path.ends_with(".multos"))
            continue;
        Result<Release> read = read_release(session, path);
        if (read)
            releases.push_back(std::move(read).value());
        else if (session.verbosity != Verbosity::quiet)
            put_line(Stream::err, fmt::format("{} is left out: {}", in_quotes(path), full_message(read.failure())));
    }
    if (error)
        return system_failure(error.value(), "read the folder", directory);
    std::ranges::sort(releases, {}, &Release::path);
    return releases;
}

bool is_version(const Release &release, const std::string &version) {
    return release.version == version || release.version + "-1" == version;
}

}  // namespace package_tool
