// The units of systemd by which a machine that has it runs its scheduler: no daemon of ours is needed.
#pragma once

#include <mos/schedule/policy.hpp>

#include <string>
#include <string_view>

namespace mos::schedule {

// The two files' names have the same stem, by which systemd knows that the timer starts the service.
inline constexpr std::string_view service_unit_name = "multios-update.service";
inline constexpr std::string_view timer_unit_name = "multios-update.timer";

// systemd.service(5), one shot: runs what is due. `program` is the path of multios-update, absolute and at most 4096
// bytes; INVALID_ARGUMENT for one that a unit can't name. `root` is the system that it works on, "/" or another path of
// that kind.
[[nodiscard]] Result<std::string> service_unit(std::string_view program, std::string_view root);

// systemd.timer(5): when a window opens, and for what is in no window as often as load and sessions are to be looked
// at, each ten minutes at least, by which the device's usage is learnt. A machine that was off catches up when it
// boots. Which device starts when inside a window is the scheduler's own word (splay), so the timer adds no delay.
[[nodiscard]] std::string timer_unit(const Policy &policy);

}  // namespace mos::schedule
