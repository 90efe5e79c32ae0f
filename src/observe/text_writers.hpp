// Logs that are no files: the console, and the system's log.
#pragma once

#include <mos/base/log_outputs.hpp>
#include <mos/observe/line_format.hpp>
#include <mos/observe/log_handler.hpp>

namespace mos::observe {

class ConsoleWriter final : public LogWriter {
  public:
    ConsoleWriter(base::TextOutput output, LineFormat format)
        : m_output(std::move(output)), m_format(std::move(format)) {}
    [[nodiscard]] Result<void> write(std::span<const base::Event> events) override;

  private:
    base::TextOutput m_output;
    LineFormat m_format;
};

// One datagram an event: "<priority>multios[process]: type: message", without a time, which the receiver has too.
class SyslogWriter final : public LogWriter {
  public:
    SyslogWriter(base::TextOutput output, int facility, int process)
        : m_output(std::move(output)), m_facility(facility), m_process(process) {}
    [[nodiscard]] Result<void> write(std::span<const base::Event> events) override;

  private:
    base::TextOutput m_output;
    int m_facility;
    int m_process;
};

}  // namespace mos::observe
