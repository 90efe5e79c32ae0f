// Ctrl-C asks for a stop; it never tears one off.
#pragma once

#include <array>
#include <csignal>

namespace frame {

// While it lives, SIGINT, SIGTERM and SIGHUP only leave a mark, so that a running job can be cancelled and its outcome
// be told. A signal that was ignored (nohup) stays ignored. Further signals change nothing, for the rest of the program
// even: an impatient second Ctrl-C would otherwise hit the moment in which the outcome is printed.
class InterruptWatch {
  public:
    InterruptWatch() noexcept;
    ~InterruptWatch();
    InterruptWatch(const InterruptWatch &) = delete;
    InterruptWatch &operator=(const InterruptWatch &) = delete;

  private:
    std::array<struct sigaction, 3> m_before{};
};

// Whether a stop has been asked for since the program began.
[[nodiscard]] bool interrupted() noexcept;

}  // namespace frame
