// Events: what has happened, for whoever watches. The port between those who do something and those who write it down.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mos::base {

// As in events.def.
enum class EventType : std::uint8_t {
#define MOS_EVENT(name, level, component, meaning) name,
#include <mos/base/events.def>
#undef MOS_EVENT
};

enum class EventLevel : std::int32_t { debug = 0, info = 1, warning = 2, error = 3 };

[[nodiscard]] std::string_view level_name(EventLevel level) noexcept;  // "debug", "info", "warn", "error"
[[nodiscard]] std::optional<EventLevel> level_named(std::string_view name) noexcept;

// What events.def says about a type.
struct EventDescription {
    std::string_view name;
    EventLevel level = EventLevel::info;
    std::string_view component;
    std::string_view meaning;
};
[[nodiscard]] EventDescription describe(EventType type) noexcept;
[[nodiscard]] std::span<const std::string_view> event_names() noexcept;  // of the table
[[nodiscard]] bool is_event_name(std::string_view name) noexcept;
[[nodiscard]] bool is_event_component(std::string_view name) noexcept;  // those of the table

struct EventField {
    std::string name;
    std::variant<std::string, std::int64_t> value;
    friend bool operator==(const EventField &, const EventField &) = default;
};

// Type and component are text: a journal may hold those of a newer version.
struct Event {
    std::uint64_t sequence = 0;  // its place in the journal, which gives it; 0 for one that stands in none
    std::int64_t time_unix_s = 0;
    EventLevel level = EventLevel::info;
    std::string type;
    std::string component;
    std::string subject;  // what it is about: a package, a recovery point, a path, an entry; may be empty
    std::string message;  // one line for a person
    std::string cause;    // what led to it: a job ("update-job-17"), or an error ("E053"); may be empty
    std::string actor;    // who asked for it
    std::vector<EventField> payload = {};
    friend bool operator==(const Event &, const Event &) = default;
};

// Of the table's level and component; the stream adds time and actor.
[[nodiscard]] Event make_event(EventType type, std::string subject, std::string message);

// Takes events. Called by one thread at a time; never throws, and never takes long.
class EventSink {
  public:
    EventSink() = default;
    EventSink(const EventSink &) = delete;
    EventSink &operator=(const EventSink &) = delete;
    virtual ~EventSink() = default;

    virtual void take(const Event &event) noexcept = 0;
};

}  // namespace mos::base
