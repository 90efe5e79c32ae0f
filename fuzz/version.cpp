// Names and versions. The input is three versions with a zero byte between them: whatever they are, they have an order.
#include "target.hpp"

#include <mos/package/version.hpp>

#include <array>
#include <compare>

namespace {

using mos::fuzz::hold;
using mos::package::compare_versions;

void check_order(std::string_view a, std::string_view b, std::string_view c) {
    hold(std::is_eq(compare_versions(a, a)), "a version equals itself");
    hold(std::is_lt(compare_versions(a, b)) == std::is_gt(compare_versions(b, a)),
         "an order reads the same from both ends");
    if (std::is_lteq(compare_versions(a, b)) && std::is_lteq(compare_versions(b, c)))
        hold(std::is_lteq(compare_versions(a, c)), "an order goes on beyond the next one");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace mos;
    std::string_view rest = base::as_text(fuzz::input(data, size));
    std::array<std::string_view, 3> versions;
    for (std::string_view &version : versions) {
        const std::size_t end = std::min(rest.find('\0'), rest.size());
        version = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        for (const auto check : {package::check_name, package::check_version, package::check_release,
                                 package::check_architecture, package::check_type}) {
            const bool accepted = check(version).ok();
            hold(!accepted || (base::is_clean_text(version) && version.find('/') == std::string_view::npos),
                 "an accepted name is fit for a file name");
        }
    }
    check_order(versions[0], versions[1], versions[2]);
    check_order(versions[2], versions[0], versions[1]);
    return 0;
}
