#include <mos/base/events.hpp>

#include <algorithm>
#include <array>

namespace mos::base {

namespace {

constexpr std::array<std::string_view, 4> level_names = {"debug", "info", "warn", "error"};

constexpr EventDescription table[] = {
#define MOS_EVENT(name, level, component, meaning) {#name, EventLevel::level, #component, meaning},
#include <mos/base/events.def>
#undef MOS_EVENT
};

}  // namespace

std::string_view level_name(EventLevel level) noexcept { return level_names[static_cast<std::size_t>(level) & 3U]; }

std::optional<EventLevel> level_named(std::string_view name) noexcept {
    const auto *const found = std::ranges::find(level_names, name);
    if (found == level_names.end())
        return std::nullopt;
    return static_cast<EventLevel>(found - level_names.begin());
}

EventDescription describe(EventType type) noexcept { return table[static_cast<std::size_t>(type)]; }

std::span<const std::string_view> event_names() noexcept {
    static constexpr std::string_view names[] = {
#define MOS_EVENT(name, level, component, meaning) #name,
#include <mos/base/events.def>
#undef MOS_EVENT
    };
    return names;
}

bool is_event_name(std::string_view name) noexcept {
    return std::ranges::find(table, name, &EventDescription::name) != std::end(table);
}

bool is_event_component(std::string_view name) noexcept {
    return std::ranges::find(table, name, &EventDescription::component) != std::end(table);
}

Event make_event(EventType type, std::string subject, std::string message) {
    const EventDescription description = describe(type);
    Event event;
    event.level = description.level;
    event.type = description.name;
    event.component = description.component;
    event.subject = std::move(subject);
    event.message = std::move(message);
    return event;
}

}  // namespace mos::base
