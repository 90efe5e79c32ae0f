// What the kernel and the machine say of themselves: the first byte says which file the rest is taken for, and a zero
// byte parts two looks at counters. Whatever is accepted is a percentage, and what is none says nothing.
#include "target.hpp"

#include <mos/schedule/facts.hpp>

#include <optional>

using mos::fuzz::hold;

namespace {

void check_percent(const std::optional<std::int64_t> &value) {
    hold(!value || (*value >= 0 && *value <= 100), "a percentage is from 0 to 100");
}

void check_counters(std::string_view before, std::string_view after) {
    using namespace mos::schedule;
    const auto first = parse_cpu_times(before);
    const auto second = parse_cpu_times(after);
    if (first && second)
        check_percent(cpu_usage(*first, *second));
    check_percent(disk_usage(parse_disk_times(before), parse_disk_times(after), 200));
    hold(!disk_usage(parse_disk_times(before), parse_disk_times(after), 0), "no time tells no use");
}

void check_logins(std::string_view text) {
    for (const auto &login : mos::schedule::parse_logins(mos::base::as_bytes(text))) {
        hold(login.process > 0, "who is logged in has a process");
        hold(!login.user.empty() && login.user.size() <= 32, "who is logged in has a name");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace mos;
    if (size == 0)
        return 0;
    const std::string_view text = base::as_text(fuzz::input(data + 1, size - 1));
    switch (data[0]) {
    case 'c': {
        const std::size_t middle = std::min(text.find('\0'), text.size());
        check_counters(text.substr(0, middle), text.substr(std::min(middle + 1, text.size())));
        break;
    }
    case 'm':
        check_percent(schedule::parse_memory_usage(text));
        break;
    case 'p':
        check_percent(schedule::parse_pressure(text));
        break;
    case 's':
        static_cast<void>(schedule::is_active_session(text));
        break;
    default:
        check_logins(text);
    }
    return 0;
}
