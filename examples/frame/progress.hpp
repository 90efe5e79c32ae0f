// The progress bar: one line on the terminal, drawn over itself and gone at the end.
#pragma once

#include <multiosupdate/multiosupdate.h>

#include <string>
#include <string_view>

namespace frame {

enum class Drawing { on, off };

// "staging", "applying".
[[nodiscard]] std::string_view phase_name(mos_phase phase) noexcept;

// " staging    ########........  12.4 of 48.1 MB", at most `width` places.
[[nodiscard]] std::string progress_line(const mos_progress &progress, std::size_t width);

// Draws on standard error, and only where that is a terminal.
class ProgressBar {
  public:
    explicit ProgressBar(Drawing drawing) noexcept;
    ~ProgressBar() { clear(); }
    ProgressBar(const ProgressBar &) = delete;
    ProgressBar &operator=(const ProgressBar &) = delete;

    void show(const mos_progress &progress);
    void clear();

  private:
    bool m_visible;
    std::string m_drawn;
};

}  // namespace frame
