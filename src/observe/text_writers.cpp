#include "text_writers.hpp"

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

#include <array>

namespace mos::observe {

using base::Event;

namespace {

constexpr std::size_t max_datagram_bytes = 2048;         // what every receiver takes, by RFC 5424 section 6.1
constexpr std::array<int, 4> severities = {7, 6, 4, 3};  // debug, informational, warning, error

}  // namespace

Result<void> ConsoleWriter::write(std::span<const Event> events) {
    std::string text;
    for (const Event &event : events)
        text += m_format.line(event);
    return m_output(text);
}

Result<void> SyslogWriter::write(std::span<const Event> events) {
    for (const Event &event : events) {
        const int priority = m_facility * 8 + severities[static_cast<std::size_t>(event.level) & 3U];
        std::string text =
            fmt::format("<{}>multios[{}]: {}: {}", priority, m_process, event.type, base::printable(event.message));
        if (text.size() > max_datagram_bytes)
            text.resize(max_datagram_bytes);
        MOS_CHECK(m_output(text));
    }
    return {};
}

}  // namespace mos::observe
