#include "interrupt.hpp"

namespace frame {

namespace {

volatile sig_atomic_t stop_was_asked_for = 0;

constexpr std::array signals{SIGINT, SIGTERM, SIGHUP};

extern "C" void note_stop(int) { stop_was_asked_for = 1; }

}  // namespace

InterruptWatch::InterruptWatch() noexcept {
    for (std::size_t i = 0; i < signals.size(); ++i) {
        (void)::sigaction(signals[i], nullptr, &m_before[i]);
        if (m_before[i].sa_handler == SIG_IGN)
            continue;
        struct sigaction noting {};
        noting.sa_handler = note_stop;
        // No SA_RESTART: a question that waits for its answer wakes up.
        (void)::sigaction(signals[i], &noting, nullptr);
    }
}

InterruptWatch::~InterruptWatch() {
    if (interrupted())
        return;
    for (std::size_t i = 0; i < signals.size(); ++i)
        (void)::sigaction(signals[i], &m_before[i], nullptr);
}

bool interrupted() noexcept { return stop_was_asked_for != 0; }

}  // namespace frame
