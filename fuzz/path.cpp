// base::check_entry_path, against the rules said once more in another way.
#include "target.hpp"

#include <mos/base/path.hpp>

#include <algorithm>
#include <string>

namespace {

bool stays_beneath(std::string_view path) {
    const std::string framed = "/" + std::string{path} + "/";
    for (const std::string_view refused : {"//", "/./", "/../"})
        if (framed.find(refused) != std::string::npos)
            return false;
    return path.find('\0') == std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace mos;
    const std::string_view path = base::as_text(fuzz::input(data, size));
    const auto checked = base::check_entry_path(path);
    if (!checked) {
        fuzz::hold(checked.error().code() == Code::PATH_REFUSED, "a path is refused as a path");
        fuzz::hold(base::is_clean_text(checked.error().message()), "a refusal can be shown");
        return 0;
    }
    fuzz::hold(stays_beneath(path), "an accepted path stays beneath the root");
    fuzz::hold(path.size() <= base::max_path_bytes, "an accepted path is within its limit");
    fuzz::hold(std::ranges::count(path, '/') < static_cast<std::ptrdiff_t>(base::max_path_depth),
               "an accepted path is no deeper than its limit");
    const auto [parent, name] = base::split_path(path);
    fuzz::hold(!name.empty() && base::is_below(path, parent), "a path lies below its parent");
    return 0;
}
