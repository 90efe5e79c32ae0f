// Events as the C API shows them.
#pragma once

#include <multiosupdate/events.h>

#include <mos/base/events.hpp>
#include <mos/observe/event_line.hpp>

#include <functional>
#include <memory>
#include <string>

namespace mos::capi {

inline constexpr std::size_t max_event_batch = 10'000;  // more are for the next call

// Lives as long as the event and the payload's text.
[[nodiscard]] mos_event view_of(const base::Event &event, const std::string &payload) noexcept;

// Passes events to the embedder, whose data `owner` frees.
[[nodiscard]] std::function<void(const base::Event &)> make_listener(mos_event_callback callback,
                                                                     std::shared_ptr<void> owner);

}  // namespace mos::capi
