#include <mos/base/path.hpp>

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

namespace mos::base {

Result<void> check_entry_path(std::string_view path) {
    const auto refuse = [&](std::string_view rule) {
        return Error{Code::PATH_REFUSED, fmt::format("path {} {}", in_quotes(path.substr(0, 200)), rule)}.about(
            std::string{path});
    };
    if (path.empty())
        return refuse("is empty");
    if (path.size() > max_path_bytes)
        return refuse(fmt::format("has {} bytes, at most {} are allowed", path.size(), max_path_bytes));
    if (path.front() == '/')
        return refuse("is absolute");
    if (path.find('\0') != std::string_view::npos)
        return refuse("holds a NUL byte");

    std::size_t depth = 0;
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        const std::string_view component = path.substr(begin, end - begin);
        if (component.empty())
            return refuse("has an empty component");
        if (component == "." || component == "..")
            return refuse(fmt::format("has a component '{}'", component));
        if (component.size() > max_component_bytes)
            return refuse(fmt::format("has a component of more than {} bytes", max_component_bytes));
        if (++depth > max_path_depth)
            return refuse(fmt::format("is deeper than {} folders", max_path_depth));
        begin = end + 1;
    }
    return {};
}

std::string join_path(std::string_view parent, std::string_view below) {
    return parent.empty() ? std::string{below} : fmt::format("{}/{}", parent, below);
}

std::string_view without_outer_slashes(std::string_view path) noexcept {
    while (path.starts_with('/'))
        path.remove_prefix(1);
    while (path.ends_with('/'))
        path.remove_suffix(1);
    return path;
}

SplitPath split_path(std::string_view path) noexcept {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos)
        return {"", path};
    return {path.substr(0, slash), path.substr(slash + 1)};
}

bool is_below(std::string_view path, std::string_view directory) noexcept {
    if (directory.empty())
        return !path.empty();
    return path.size() > directory.size() + 1 && path[directory.size()] == '/' && path.starts_with(directory);
}

bool may_still_cover(std::string_view above, std::string_view path) noexcept {
    return path.size() > above.size() && path.starts_with(above) && path[above.size()] <= '/';
}

}  // namespace mos::base
