#include "named_path.hpp"

#include <mos/base/path.hpp>
#include <mos/snapshot/points.hpp>
#include <mos/transaction/site.hpp>

namespace mos::snapshot {

Result<void> check_named_path(std::string_view path) {
    auto checked = base::check_entry_path(path);
    if (checked)
        return checked;
    return std::move(checked).error().with_remedy("name a path beneath the root, without '.' and '..' in it");
}

bool is_engines_own(std::string_view path) noexcept {
    if (path == state_folder || base::is_below(path, state_folder))
        return true;
    for (std::string_view rest = path; !rest.empty(); rest = base::split_path(rest).parent) {
        if (base::split_path(rest).name == transaction::stages_name)
            return true;
    }
    return false;
}

}  // namespace mos::snapshot
