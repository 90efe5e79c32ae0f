// What is installed, held against what was installed.
#pragma once

#include <mos/transaction/site.hpp>

#include <functional>
#include <optional>
#include <string>

namespace mos::install {

struct Difference {
    enum class What : std::uint8_t { missing, type, content, link_target, mode, owner, attributes, unreadable };
    What what = What::missing;
    bool is_configuration = false;  // meant to be changed by hand
    std::string package;
    std::string path;
    std::string sentence;
};

// "content", "configuration-content".
[[nodiscard]] std::string difference_name(const Difference &difference);

using TakeDifference = std::function<Result<void>(Difference difference)>;

// Compares type, content, link target, mode, owner and extended attributes of everything that the package `name`, or
// each package, brought, and tells every difference: several of one path come one after the other. Times say nothing,
// and what scripts write may differ. Reads every file; asks and tells the site's observer. NOT_INSTALLED.
[[nodiscard]] Result<void> verify_installed(transaction::Site &site, const std::optional<std::string> &name,
                                            const TakeDifference &take);

}  // namespace mos::install
