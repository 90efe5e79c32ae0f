#include <mos/install/architecture.hpp>

#include <sys/utsname.h>

namespace mos::install {

namespace {

std::string_view kernel_name(std::string_view architecture) noexcept {
    if (architecture == "amd64")
        return "x86_64";
    return architecture == "arm64" ? "aarch64" : architecture;
}

}  // namespace

bool is_for_any_machine(std::string_view architecture) noexcept {
    return architecture == "all" || architecture == "any" || architecture == "noarch";
}

bool is_same_architecture(std::string_view a, std::string_view b) noexcept { return kernel_name(a) == kernel_name(b); }

std::string machine_architecture() {
    utsname machine{};
    return ::uname(&machine) == 0 ? machine.machine : std::string{};
}

}  // namespace mos::install
