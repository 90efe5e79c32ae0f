#include "events.hpp"

#include "callback_data.hpp"
#include "guard.hpp"

#include <mos/base/bytes.hpp>
#include <mos/base/nearest.hpp>

#include <fmt/format.h>

#include <algorithm>

using namespace mos::capi;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::base::Event;
using mos::base::EventLevel;

// The values of both sides are the same; here they are held together.
static_assert(MOS_EVENT_DEBUG == static_cast<int>(EventLevel::debug));
static_assert(MOS_EVENT_INFO == static_cast<int>(EventLevel::info));
static_assert(MOS_EVENT_WARNING == static_cast<int>(EventLevel::warning));
static_assert(MOS_EVENT_ERROR == static_cast<int>(EventLevel::error));

namespace mos::capi {

mos_event view_of(const Event &event, const std::string &payload) noexcept {
    mos_event filled{};
    filled.struct_size = sizeof filled;
    filled.level = static_cast<mos_event_level>(event.level);
    filled.sequence = event.sequence;
    filled.time_unix_s = event.time_unix_s;
    filled.type = event.type.c_str();
    filled.component = event.component.c_str();
    filled.subject = event.subject.c_str();
    filled.message = event.message.c_str();
    filled.cause = event.cause.c_str();
    filled.actor = event.actor.c_str();
    filled.payload = payload.c_str();
    return filled;
}

std::function<void(const Event &)> make_listener(mos_event_callback callback, std::shared_ptr<void> owner) {
    return [callback, owner = std::move(owner)](const Event &event) {
        const std::string payload = observe::write_payload(event);
        const mos_event view = view_of(event, payload);
        call_back([&] { callback(owner.get(), &view); });
    };
}

}  // namespace mos::capi

struct mos_events : Marked<0x6d6f735f65767431> {
    struct Held {
        Event event;
        std::string payload;
    };
    std::shared_ptr<mos::engine::Engine> engine;
    std::optional<mos::observe::JournalReader> reader;
    std::vector<std::string> types;
    EventLevel level = EventLevel::debug;
    std::vector<Held> held;  // whose strings were given out

    [[nodiscard]] bool wants(const Event &event) const {
        if (event.type == mos::base::describe(mos::base::EventType::events_lost).name)
            return true;
        return event.level >= level && (types.empty() || std::ranges::find(types, event.type) != types.end());
    }

    // False where there is no further one now.
    [[nodiscard]] Result<bool> hold_next() {
        for (;;) {
            MOS_TRY(auto event, reader->next());
            if (!event)
                return false;
            if (!wants(*event))
                continue;
            std::string payload = mos::observe::write_payload(*event);
            held.push_back({std::move(*event), std::move(payload)});
            return true;
        }
    }
};

namespace {

Error no_such_type(std::string_view name) {
    const std::string_view nearest = mos::base::nearest_word(mos::base::event_names(), name);
    const std::string hint = nearest.empty() ? "" : fmt::format("; did you mean {}?", mos::base::in_quotes(nearest));
    return Error{Code::INVALID_ARGUMENT, fmt::format("there is no event type {}{}", mos::base::in_quotes(name), hint)}
        .with_remedy("docs/events.md lists them");
}

Result<std::vector<std::string>> read_types(const char *text) {
    std::vector<std::string> types;
    std::string_view rest{text == nullptr ? "" : text};
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find_first_of(" ,"), rest.size());
        const std::string_view name = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (name.empty())
            continue;
        if (!mos::base::is_event_name(name))
            return no_such_type(name);
        types.emplace_back(name);
    }
    return types;
}

}  // namespace

int mos_events_open(mos_engine *engine, const mos_events_options *options, mos_events **events, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(events);
        MOS_CHECK_HANDLE(engine);
        MOS_TRY(const mos_events_options given, read_options(options));
        if ((given.flags & ~static_cast<std::uint32_t>(MOS_EVENTS_NEW)) != 0)
            return Error{Code::INVALID_ARGUMENT, "there is no such flag of a cursor of events"};
        if (given.level < MOS_EVENT_DEBUG || given.level > MOS_EVENT_ERROR)
            return Error{Code::INVALID_ARGUMENT, fmt::format("{} is no level of an event", given.level)};
        auto handle = std::make_unique<mos_events>();
        MOS_TRY(handle->types, read_types(given.types));
        handle->level = static_cast<EventLevel>(given.level);
        handle->engine = engine->engine;
        handle->reader.emplace(engine->engine->read_events(given.from));
        if ((given.flags & MOS_EVENTS_NEW) != 0)
            MOS_CHECK(handle->reader->go_to_end());
        *events = handle.release();
        return {};
    });
}

int mos_events_next(mos_events *events, mos_event *event, mos_error **error) {
    return guard(error, [&]() -> Result<int> {
        MOS_CHECK_HANDLE(events);
        MOS_CHECK(check_struct(event, "event"));
        events->held.clear();
        MOS_TRY(const bool found, events->hold_next());
        if (!found)
            return MOS_END;
        MOS_CHECK(write_output(event, "event", view_of(events->held.front().event, events->held.front().payload)));
        return MOS_OK;
    });
}

int mos_events_batch(mos_events *events, mos_event *batch, size_t capacity, size_t *count, mos_error **error) {
    return guard(error, [&]() -> Result<int> {
        MOS_CHECK_HANDLE(events);
        MOS_CHECK(check_struct(batch, "batch"));
        if (count == nullptr || capacity == 0)
            return Error{Code::INVALID_ARGUMENT, "a batch needs room for an event, and for its count"};
        events->held.clear();
        while (events->held.size() < std::min(capacity, max_event_batch)) {
            MOS_TRY(const bool found, events->hold_next());
            if (!found)
                break;
        }
        // The caller's struct may be another version's, and so its elements' distance.
        const std::uint32_t size = batch->struct_size;
        auto *place = reinterpret_cast<unsigned char *>(batch);
        for (const mos_events::Held &one : events->held) {
            mos_event view = view_of(one.event, one.payload);
            view.struct_size = size;
            std::memcpy(place, &view, std::min<std::size_t>(size, sizeof view));
            place += size;
        }
        *count = events->held.size();
        return events->held.empty() ? MOS_END : MOS_OK;
    });
}

uint64_t mos_events_position(const mos_events *events) { return is_live(events) ? events->reader->position() : 0; }

void mos_events_free(mos_events *events) {
    if (is_live(events))
        delete events;
}
