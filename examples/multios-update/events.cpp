// events: the stream of what happened to a root, as it is, and as it comes.
#include "commands.hpp"

#include "frame/change.hpp"
#include "frame/interrupt.hpp"
#include "frame/listing.hpp"
#include "frame/terminal.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

#include <chrono>
#include <thread>

using namespace frame;
using nlohmann::ordered_json;

namespace update_tool {

namespace {

constexpr auto pause = std::chrono::milliseconds{200};  // between two looks for what is new
constexpr std::int64_t most_numbers = INT64_MAX;

using Events = std::unique_ptr<mos_events, FreeWith<mos_events_free>>;

struct LevelName {
    std::string_view name;
    mos_event_level level;
    Style style;
};
constexpr LevelName levels[] = {
    {"debug", MOS_EVENT_DEBUG, Style::dim},
    {"info", MOS_EVENT_INFO, Style::plain},
    {"warn", MOS_EVENT_WARNING, Style::caution},
    {"error", MOS_EVENT_ERROR, Style::bad},
};

const LevelName &named(mos_event_level level) {
    return levels[level >= MOS_EVENT_DEBUG && level <= MOS_EVENT_ERROR ? level : MOS_EVENT_INFO];
}

mos_event_level level_of(const Session &session) {
    const std::string wanted = session.values.text_or("level", "debug");
    for (const LevelName &one : levels)
        if (one.name == wanted)
            return one.level;
    return MOS_EVENT_DEBUG;
}

Result<Events> open_events(const Session &session, const Engine &engine) {
    mos_events_options options = MOS_EVENTS_OPTIONS_INIT;
    options.from = static_cast<std::uint64_t>(session.values.number("since").value_or(0));
    options.types = session.values.c_text("types");
    options.level = level_of(session);
    if (session.values.flag("new"))
        options.flags = MOS_EVENTS_NEW;
    return make<Events>([&](auto out, auto error) { return mos_events_open(engine.get(), &options, out, error); });
}

// One that only tells the reader what the journal lacks happened at no moment.
bool has_time(const mos_event &event) { return event.time_unix_s != 0; }

const Columns<mos_event> &event_columns() {
    static const Columns<mos_event> columns{
        {{For::programs, "sequence", ""}, [](const mos_event &row) -> Cell { return row.sequence; }},
        {{For::programs, "time", ""},
         [](const mos_event &row) -> Cell { return has_time(row) ? Cell{Time{row.time_unix_s}} : Cell{Unknown{}}; }},
        {{For::programs, "level", ""}, [](const mos_event &row) -> Cell { return std::string{named(row.level).name}; }},
        {{For::programs, "component", ""}, [](const mos_event &row) -> Cell { return row.component; }},
        {{For::programs, "type", ""}, [](const mos_event &row) -> Cell { return row.type; }},
        {{For::programs, "subject", "", Align::left, Holds::path},
         [](const mos_event &row) -> Cell { return Path{row.subject}; }},
        {{For::programs, "message", ""}, [](const mos_event &row) -> Cell { return printable(row.message); }},
        {{For::programs, "cause", ""}, [](const mos_event &row) -> Cell { return row.cause; }},
        {{For::programs, "actor", ""}, [](const mos_event &row) -> Cell { return printable(row.actor); }},
        {{For::programs, "payload", ""},
         [](const mos_event &row) -> Cell { return Json{ordered_json::parse(row.payload, nullptr, false)}; }},
    };
    return columns;
}

void put_text_event(const mos_event &event) {
    const LevelName &level = named(event.level);
    const std::string number = event.sequence == 0 ? "-" : fmt::format("{}", event.sequence);
    const std::string cause = *event.cause == '\0' ? "" : fmt::format("  ({})", event.cause);
    put_line(Stream::out, {{Style::dim, fmt::format("{}  {}  ", padded_left(number, 4),
                                                    has_time(event) ? local_time(event.time_unix_s) : "-")},
                           {level.style, padded(level.name, 5)},
                           {Style::bold, fmt::format("  {}", event.type)},
                           {Style::plain, fmt::format("  {}", event.message)},
                           {Style::dim, cause}});
}

// One line each, so that a program can read them as they come.
void put_event(const Session &session, const mos_event &event) {
    switch (session.format) {
    case Format::csv:
        return put_raw(Stream::out, csv_line(csv_fields(event_columns(), event)));
    case Format::json:
        return put_raw(Stream::out, json_line(json_object(event_columns(), event)) + "\n");
    case Format::text:
        return put_text_event(event);
    }
}

// All that there are now; how many.
Result<std::size_t> put_events(const Session &session, const Events &events) {
    std::size_t count = 0;
    for (;;) {
        mos_event event = MOS_EVENT_INIT;
        FRAME_TRY(const int found, status([&](auto error) { return mos_events_next(events.get(), &event, error); }));
        if (found == MOS_END)
            return count;
        put_event(session, event);
        ++count;
    }
}

// Until somebody asks for a stop, or nobody reads any more.
Result<void> follow(const Session &session, const Events &events) {
    const InterruptWatch watch;
    while (!interrupted()) {
        FRAME_TRY(const std::size_t count, put_events(session, events));
        if (count > 0)
            FRAME_CHECK(flush_output());
        std::this_thread::sleep_for(pause);
    }
    return {};
}

Result<ExitCode> show(Session &session) {
    if (session.values.flag("new") && !session.values.flag("follow"))
        return usage_failure("'--new' passes over all that is there", "give '--follow' with it, or leave it out");
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const Events events, open_events(session, engine));
    if (session.format == Format::csv)
        put_raw(Stream::out, csv_line(csv_names(event_columns())));
    FRAME_TRY(const std::size_t count, put_events(session, events));
    if (session.values.flag("follow")) {
        FRAME_CHECK(flush_output());
        FRAME_CHECK(follow(session, events));
    } else if (count == 0 && session.format == Format::text) {
        put_line(Stream::out, "There are no such events.");
    }
    return ExitCode::done;
}

}  // namespace

Command events_command() {
    return with_csv(
        {
            "events",
            "tell what happened, event by event, oldest first, a line each",
            "multios-update events --since=17 --follow --format=json",
            Effect::reads,
            show,
            {},
            {
                number("since", 0, most_numbers,
                       "from this sequence number on; otherwise from the oldest that there is"),
                flag("follow", "go on with what comes, until Ctrl-C"),
                flag("new", "pass over what is there already; with --follow"),
                text("types", "LIST", "only these types, with commas between them, such as update_installed"),
                choice("level", "debug|info|warn|error", "only these and more serious ones"),
                root_option(),
            },
        },
        event_columns());
}

}  // namespace update_tool
