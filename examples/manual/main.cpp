// Prints a page of the manual: 'multios-manual man TOOL' or 'multios-manual commands'. Meson installs the one,
// tools/generate_commands.py writes docs/commands.md from the other.
#include "pages.hpp"

#include "frame/text.hpp"
#include "multios-package/tool.hpp"
#include "multios-update/tool.hpp"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>

namespace {

// The environment's SOURCE_DATE_EPOCH makes the same page again, as reproducible-builds.org says.
std::string today() {
    auto time = static_cast<std::int64_t>(std::time(nullptr));
    if (const char *fixed = std::getenv("SOURCE_DATE_EPOCH"); fixed != nullptr)
        std::from_chars(fixed, fixed + std::strlen(fixed), time);  // what is no number changes nothing
    return frame::utc_time(time).substr(0, 10);
}

// "" where the arguments name no page.
std::string page(const std::vector<std::string_view> &arguments) {
    const manual::Tools tools{package_tool::make_tool(), update_tool::make_tool()};
    if (arguments.size() == 1 && arguments[0] == "commands")
        return manual::commands_page(tools);
    if (arguments.size() == 2 && arguments[0] == "man")
        for (const frame::Tool &tool : tools)
            if (tool.name == arguments[1])
                return manual::man_page(tool, tools, today());
    return {};
}

int print(const std::vector<std::string_view> &arguments) {
    const std::string text = page(arguments);
    if (text.empty()) {
        (void)std::fputs("usage: multios-manual man TOOL | multios-manual commands\n", stderr);
        return 1;
    }
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
    return written ? 0 : 1;
}

}  // namespace

int main(int count, char **arguments) {
    try {
        return print({arguments + 1, arguments + count});
    } catch (const std::exception &bug) {
        (void)std::fprintf(stderr, "multios-manual: %s\n", bug.what());
        return 1;
    }
}
