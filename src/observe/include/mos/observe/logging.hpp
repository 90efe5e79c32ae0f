// What the settings of logs say: where events go besides the journal, and which of them.
#pragma once

#include <mos/base/events.hpp>
#include <mos/base/result.hpp>
#include <mos/config/settings.hpp>
#include <mos/observe/line_format.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::observe {

inline constexpr std::size_t max_log_handlers = 16;
inline constexpr std::size_t max_log_files = 1000;            // of one handler
inline constexpr std::uint64_t least_log_bytes = 64U << 10U;  // of a file that is rotated: as long as the longest line

// A log file that has grown to `max_bytes` is put aside, and the oldest one goes.
struct Rotation {
    std::uint64_t max_bytes = 0;  // 0: never
    std::size_t max_files = 10;   // the one that is written to included
    bool compress = false;        // those that were put aside, by gzip
};

enum class HandlerType : std::uint8_t { file, console, syslog };

struct HandlerSettings {
    std::string name;
    HandlerType type = HandlerType::file;
    bool enabled = true;                               // else it takes nothing
    base::EventLevel level = base::EventLevel::debug;  // and more serious ones
    LineFormat format = LineFormat::full();
    std::string path = {};  // of a file, beneath the root
    Rotation rotation = {};
    int facility = 1;  // of the system's log, as RFC 5424 counts them: "user"
};

// What a component's events have to be, and where they go.
struct LoggerSettings {
    std::string component;
    base::EventLevel level = base::EventLevel::info;
    std::vector<std::string> handlers;
};

struct LoggingSettings {
    base::EventLevel root_level = base::EventLevel::info;  // of components without a logger, which go to all handlers
    std::vector<HandlerSettings> handlers;
    std::vector<LoggerSettings> loggers;
};

// What a root's settings, or those of one file, say in the section `logging`. What makes no sense although each value
// is allowed is left out and becomes a problem that names the setting: a handler without a type, or with settings that
// are another type's, a logger of a component that there is not, the handlers of a logger that are none. What is right
// holds.
[[nodiscard]] LoggingSettings logging_of(const config::Settings &settings, std::vector<config::Problem> &problems);

// Those problems alone.
[[nodiscard]] std::vector<config::Problem> logging_problems(const config::Settings &settings);

// The events of `component` that handler `name` takes: of this level and more serious ones; nullopt: none.
[[nodiscard]] std::optional<base::EventLevel> level_for(const LoggingSettings &settings, const HandlerSettings &handler,
                                                        std::string_view component);

}  // namespace mos::observe
