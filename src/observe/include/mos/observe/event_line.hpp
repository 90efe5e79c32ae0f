// An event as one line of JSON: in the journal, in a log of JSON lines, and for whoever asks for it as text.
#pragma once

#include <mos/base/events.hpp>
#include <mos/base/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mos::observe {

inline constexpr std::size_t max_event_text_bytes = 4096;      // of each text of an event; what is longer is cut
inline constexpr std::size_t max_event_fields = 64;            // of a payload; the rest is left out
inline constexpr std::size_t max_event_line_bytes = 64 << 10;  // a payload that goes beyond is left out

inline constexpr std::uint64_t max_sequence = 1ULL << 62U;  // no number is larger

// Without a line break. Bytes that are no clean UTF-8 are written \xNN, so that every line is valid JSON and can be
// shown to a person.
[[nodiscard]] std::string write_event(const base::Event &event);

// The payload alone, as a JSON object.
[[nodiscard]] std::string write_payload(const base::Event &event);

// The inverse. FORMAT for what is no event; keys that are not known here are passed over.
[[nodiscard]] Result<base::Event> parse_event(std::string_view line);

// The number at the beginning of a line that write_event() has written; nullopt for any other line, and for a number
// beyond max_sequence.
[[nodiscard]] std::optional<std::uint64_t> sequence_of(std::string_view line) noexcept;

// A text as a JSON string, in double quotes.
void append_json_text(std::string &out, std::string_view text);

}  // namespace mos::observe
