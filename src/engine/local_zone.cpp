#include "local_zone.hpp"

#include <string>
#include <string_view>

namespace mos::engine {

namespace {

constexpr std::string_view zone_folder = "zoneinfo/";
constexpr std::uint64_t max_zone_bytes = 256;

// "Europe/Berlin" of "../usr/share/zoneinfo/Europe/Berlin".
std::string linked_zone(base::Directory &folder) {
    const auto target = folder.read_symlink("localtime");
    if (!target)
        return {};
    const std::size_t at = target->rfind(zone_folder);
    return at == std::string::npos ? std::string{} : target->substr(at + zone_folder.size());
}

std::string named_zone(base::Directory &folder) {
    const auto content = base::read_file(folder, "timezone", max_zone_bytes);
    if (!content)
        return {};
    const std::string_view text = base::as_text(*content);
    return std::string{text.substr(0, text.find('\n'))};
}

}  // namespace

schedule::TimeZone local_zone(base::Directory &root) {
    if (const auto folder = root.open_directory("etc", base::Symlinks::follow_in_root))
        for (const std::string &name : {linked_zone(**folder), named_zone(**folder)})
            if (auto zone = schedule::TimeZone::find(name))
                return std::move(zone).value();
    return schedule::TimeZone::utc();
}

}  // namespace mos::engine
