// What was learnt of a device's usage: what is accepted is written as it was read, and may be asked about any time.
#include "target.hpp"

#include <mos/schedule/usage.hpp>

using mos::fuzz::hold;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace mos;
    const std::string_view text = base::as_text(fuzz::input(data, size));
    auto usage = schedule::UsagePattern::from_text(text, schedule::TimeZone::utc());
    if (!usage)
        return 0;
    hold(usage->to_text() == text, "a pattern has one text");
    hold(text.size() <= schedule::max_usage_bytes, "no text is longer than it may be");
    const std::int64_t last_s = usage->last_observation_s().value_or(0);
    for (std::size_t hour = 0; hour < schedule::hours_a_week; ++hour) {
        const double use = usage->expected_use_of(hour);
        hold(use >= 0 && use <= 1, "a device is in use from never to always");
    }
    const auto quiet = usage->find_optimal_window(last_s, last_s + 86400, 3600);
    hold(!quiet || (quiet->start_s >= last_s && quiet->start_s + 3600 <= last_s + 86400),
         "it is quiet within the time");
    return 0;
}
