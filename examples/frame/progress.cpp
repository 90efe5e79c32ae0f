#include "progress.hpp"

#include "terminal.hpp"
#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace frame {

namespace {

constexpr std::size_t widest_bar = 32;
constexpr std::size_t narrowest_bar = 6;

struct Amount {
    double share;  // 0 to 1
    std::string text;
};

Amount amount(const mos_progress &progress) {
    const auto share = [](std::uint64_t done, std::uint64_t total) {
        return std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    };
    if (progress.total_bytes > 0)
        return {share(progress.done_bytes, progress.total_bytes),
                fmt::format("{} of {}", size_text(progress.done_bytes), size_text(progress.total_bytes))};
    if (progress.total_entries > 0)
        return {share(progress.done_entries, progress.total_entries),
                fmt::format("{} of {}", count_text(progress.done_entries), count_text(progress.total_entries))};
    if (progress.done_bytes > 0)
        return {0, size_text(progress.done_bytes)};
    return {0, progress.done_entries > 0 ? count_text(progress.done_entries) : ""};
}

std::string bar(double share, std::size_t width) {
    const auto full = std::min(width, static_cast<std::size_t>(share * static_cast<double>(width)));
    const std::string_view done = speaks_utf8() ? "\u2588" : "#";
    const std::string_view open = speaks_utf8() ? "\u2591" : ".";
    std::string text;
    for (std::size_t i = 0; i < width; ++i)
        text += i < full ? done : open;
    return text;
}

}  // namespace

std::string_view phase_name(mos_phase phase) noexcept {
    switch (phase) {
    case MOS_PHASE_PLANNING:
        return "planning";
    case MOS_PHASE_VERIFYING:
        return "verifying";
    case MOS_PHASE_STAGING:
        return "staging";
    case MOS_PHASE_DECIDING:
        return "deciding";
    case MOS_PHASE_APPLYING:
        return "applying";
    case MOS_PHASE_SETTLING:
        return "settling";
    case MOS_PHASE_REVERTING:
        return "undoing";
    case MOS_PHASE_CLEANING:
        return "cleaning";
    case MOS_PHASE_SCRIPTS:
        return "running scripts";
    default:
        return "working";
    }
}

std::string progress_line(const mos_progress &progress, std::size_t width) {
    const Amount now = amount(progress);
    std::string line = " " + padded(phase_name(progress.phase), 9);
    if (progress.state == MOS_JOB_PAUSED)
        line += "  paused";
    // A space on each side of the bar and two behind it; the last column stays free, or some terminals wrap.
    const std::size_t taken = display_width(line) + display_width(now.text) + 5;
    const std::size_t left = width > taken ? std::min(width - taken, widest_bar) : 0;
    if (left >= narrowest_bar && (progress.total_bytes > 0 || progress.total_entries > 0))
        line += "  " + bar(now.share, left);
    if (display_width(line) + display_width(now.text) + 3 <= width)
        line += "  " + now.text;
    return line;
}

ProgressBar::ProgressBar(Drawing drawing) noexcept : m_visible(drawing == Drawing::on && can_redraw(Stream::err)) {}

void ProgressBar::show(const mos_progress &progress) {
    if (!m_visible)
        return;
    std::string line = progress_line(progress, terminal_width());
    if (line == m_drawn)
        return;
    put_raw(Stream::err, "\r" + line + "\x1b[K");
    m_drawn = std::move(line);
}

void ProgressBar::clear() {
    if (m_drawn.empty())
        return;
    put_raw(Stream::err, "\r\x1b[K");
    m_drawn.clear();
}

}  // namespace frame
