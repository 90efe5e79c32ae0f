// What the helper tells the library: lines on a pipe that the script never sees, so that it can't lie there.
//
//   notice TEXT    something a person should know; the work goes on
//   failed TEXT    the script was not started, and why
//   exited N       the script's exit status
//   signal N       the signal that ended it
//   stopped        the helper was asked to stop
#pragma once

#include <string_view>

namespace mos::libexec {

class Report {
  public:
    explicit Report(int descriptor) noexcept : m_descriptor(descriptor) {}

    void notice(std::string_view text) const { write("notice", text); }
    void failed(std::string_view text) const { write("failed", text); }
    void exited(int status) const;
    void signal(int number) const;
    void stopped() const { write("stopped", ""); }

  private:
    // One write, shorter than PIPE_BUF, so that lines of the two processes here don't mix. A reader that is gone is no
    // error of ours.
    void write(std::string_view word, std::string_view text) const;

    int m_descriptor;
};

}  // namespace mos::libexec
