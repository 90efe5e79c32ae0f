#include <mos/observe/event_line.hpp>

#include <mos/base/bytes.hpp>
#include <mos/base/json.hpp>
#include <mos/base/timestamp.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace mos::observe {

using base::Event;
using base::EventField;

namespace {

constexpr std::string_view beginning = "{\"sequence\":";

// Printable, and cut where a character ends.
std::string shown(std::string_view text) {
    std::string clean = base::printable(text);
    if (clean.size() <= max_event_text_bytes)
        return clean;
    std::size_t end = max_event_text_bytes;
    while (end > 0 && (static_cast<unsigned char>(clean[end]) & 0xC0U) == 0x80U)
        --end;
    clean.resize(end);
    return clean;
}

void append_member(std::string &out, std::string_view name, std::string_view text) {
    out += ",\"";
    out += name;
    out += "\":";
    append_json_text(out, text);
}

// The same without a payload that makes the line too long.
std::string line_of(const Event &event, std::string_view payload) {
    std::string out;
    out += beginning;
    out += fmt::format("{},\"time\":\"{}\",\"level\":\"{}\"", event.sequence, base::write_timestamp(event.time_unix_s),
                       base::level_name(event.level));
    append_member(out, "component", event.component);
    append_member(out, "type", event.type);
    append_member(out, "subject", event.subject);
    append_member(out, "message", event.message);
    append_member(out, "cause", event.cause);
    append_member(out, "actor", event.actor);
    out += ",\"payload\":";
    out += payload;
    out += '}';
    return out;
}

Error no_event(std::string_view what) { return Error{Code::FORMAT, fmt::format("the line is no event: {}", what)}; }

Result<std::string> text_in(const nlohmann::json &tree, const char *name) {
    const auto found = tree.find(name);
    if (found == tree.end() || !found->is_string())
        return no_event(fmt::format("it has no '{}'", name));
    return found->get<std::string>();
}

Result<std::vector<EventField>> payload_in(const nlohmann::json &tree) {
    std::vector<EventField> fields;
    const auto found = tree.find("payload");
    if (found == tree.end() || !found->is_object())
        return no_event("it has no 'payload'");
    for (auto member = found->begin(); member != found->end(); ++member) {
        if (member->is_string())
            fields.push_back({member.key(), member->get<std::string>()});
        else if (member->is_number_integer())
            fields.push_back({member.key(), member->get<std::int64_t>()});
        else
            return no_event("its payload holds more than texts and numbers");
    }
    return fields;
}

}  // namespace

void append_json_text(std::string &out, std::string_view text) {
    out += '"';
    for (const char c : shown(text)) {
        if (c == '"' || c == '\\')
            out += '\\';
        out += c;
    }
    out += '"';
}

std::string write_payload(const Event &event) {
    std::string out = "{";
    const std::size_t count = std::min(event.payload.size(), max_event_fields);
    for (std::size_t i = 0; i < count; ++i) {
        const EventField &field = event.payload[i];
        if (i > 0)
            out += ',';
        append_json_text(out, field.name);
        out += ':';
        if (const auto *const number = std::get_if<std::int64_t>(&field.value); number != nullptr)
            out += fmt::format("{}", *number);
        else
            append_json_text(out, std::get<std::string>(field.value));
    }
    return out + '}';
}

std::string write_event(const Event &event) {
    std::string line = line_of(event, write_payload(event));
    return line.size() <= max_event_line_bytes ? line : line_of(event, "{}");
}

std::optional<std::uint64_t> sequence_of(std::string_view line) noexcept {
    if (!line.starts_with(beginning) || !line.ends_with('}'))
        return std::nullopt;
    std::uint64_t number = 0;
    const char *const first = line.data() + beginning.size();
    const char *const end = line.data() + line.size();
    const auto read = std::from_chars(first, end, number);
    if (read.ec != std::errc{} || read.ptr == end || *read.ptr != ',' || number > max_sequence)
        return std::nullopt;
    return number;
}

Result<Event> parse_event(std::string_view line) {
    const auto sequence = sequence_of(line);
    if (!sequence)
        return no_event("it has no sequence number");
    MOS_TRY(const base::JsonTree tree,
            base::parse_json(line, {.bytes = max_event_line_bytes, .depth = 2, .values = 2 * max_event_fields}));
    Event event;
    event.sequence = *sequence;
    MOS_TRY(const std::string time, text_in(*tree, "time"));
    MOS_TRY(event.time_unix_s, base::parse_timestamp(time));
    MOS_TRY(const std::string level, text_in(*tree, "level"));
    const auto known = base::level_named(level);
    if (!known)
        return no_event("its level is not known");
    event.level = *known;
    MOS_TRY(event.component, text_in(*tree, "component"));
    MOS_TRY(event.type, text_in(*tree, "type"));
    MOS_TRY(event.subject, text_in(*tree, "subject"));
    MOS_TRY(event.message, text_in(*tree, "message"));
    MOS_TRY(event.cause, text_in(*tree, "cause"));
    MOS_TRY(event.actor, text_in(*tree, "actor"));
    MOS_TRY(event.payload, payload_in(*tree));
    return event;
}

}  // namespace mos::observe
