#include <mos/base/process.hpp>

namespace mos::base {

static constexpr std::size_t max_shown_bytes = 200;

std::string last_line(std::string_view output) {
    const std::size_t end = output.find_last_not_of(" \t\r\n");
    if (end == std::string_view::npos)
        return {};
    output = output.substr(0, end + 1);
    const std::size_t start = output.rfind('\n');
    if (start != std::string_view::npos)
        output.remove_prefix(start + 1);
    return printable(output.substr(0, max_shown_bytes));
}

}  // namespace mos::base
