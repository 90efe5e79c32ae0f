// Follows a program that was started: reads what it writes, and stops it when it must.
#include <mos/base/process.hpp>

#include <mos/base/clock.hpp>

#include "spawn.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <optional>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace mos::base::real {

namespace {

constexpr int look_interval_ms = 100;                    // how late a cancel or the end of the time may be noticed
constexpr std::size_t read_bytes = 65536;                // a pipe's capacity
constexpr std::size_t max_leftover_bytes = 1024 * 1024;  // read after the end, should something it left still write

// The end of a text, without its beginning.
class Tail {
  public:
    explicit Tail(std::size_t size) : m_size(size) {}
    void append(std::string_view chunk) {
        m_text.append(chunk);
        if (m_text.size() <= m_size)
            return;
        m_text.erase(0, m_text.size() - m_size);
        m_shortened = true;
    }
    [[nodiscard]] std::string &text() noexcept { return m_text; }
    [[nodiscard]] bool is_shortened() const noexcept { return m_shortened; }

  private:
    const std::size_t m_size;
    std::string m_text;
    bool m_shortened = false;
};

enum class Leftovers : std::uint8_t { kept, dropped };

class Follower {
  public:
    Follower(const Command &command, Spawned spawned, Observer &observer, const OutputSink &sink)
        : m_command(command), m_spawned(std::move(spawned)), m_observer(observer), m_sink(sink),
          m_output(command.kept_output) {}

    // A sink that throws must not leave the program behind.
    Follower(const Follower &) = delete;
    Follower &operator=(const Follower &) = delete;
    ~Follower() {
        if (!m_ending)
            stop(Leftovers::dropped);
    }

    [[nodiscard]] Result<Ended> follow() {
        const std::int64_t deadline = now() + m_command.time_limit.count();
        while (!has_ended()) {
            if (now() >= deadline) {
                stop(Leftovers::kept);
                m_ending = Ending::timed_out;
                break;
            }
            if (Result<void> go_on = look_for_cancel(); !go_on) {
                stop(Leftovers::dropped);
                return std::move(go_on).error();
            }
            wait_for_something(deadline);
            read_some();
        }
        read_leftovers();
        return Ended{*m_ending, m_number, std::move(m_output.text()), m_output.is_shortened(), std::move(m_report)};
    }

  private:
    [[nodiscard]] static std::int64_t now() { return system_clock().monotonic_ms(); }

    [[nodiscard]] Result<void> look_for_cancel() {
        if (now() < m_next_look)
            return {};
        m_next_look = now() + look_interval_ms;
        return m_observer.check_cancelled();
    }

    // Also where SIGCHLD is ignored, or another part of the embedder waits for every child: then the status is gone,
    // and so is the process.
    [[nodiscard]] bool has_ended() {
        if (m_ending)
            return true;
        siginfo_t info = {};
        const int answer = uninterrupted(
            [&] { return ::waitid(P_PID, static_cast<id_t>(m_spawned.process), &info, WEXITED | WNOHANG); });
        if (answer != 0) {
            m_ending = Ending::unseen;
        } else if (info.si_pid != 0) {
            m_ending = info.si_code == CLD_EXITED ? Ending::exited : Ending::killed;
            m_number = info.si_status;
        }
        return m_ending.has_value();
    }

    // A closed pipe is not polled: it would be ready for ever.
    void wait_for_something(std::int64_t deadline) {
        std::array<pollfd, 3> wanted = {{{m_spawned.watch.number(), POLLIN, 0},
                                         {m_spawned.output.number(), POLLIN, 0},
                                         {m_spawned.report.number(), POLLIN, 0}}};
        const std::int64_t longest = std::clamp<std::int64_t>(deadline - now(), 0, look_interval_ms);
        (void)::poll(wanted.data(), wanted.size(), static_cast<int>(longest));
    }

    // At most one buffer of each pipe; how much that was.
    std::size_t read_some() {
        return read(m_spawned.output,
                    [&](std::string_view chunk) {
                        m_output.append(chunk);
                        if (m_sink)
                            m_sink(chunk);
                    }) +
               read(m_spawned.report, [&](std::string_view chunk) {
                   m_report.append(chunk.substr(0, max_report_bytes - m_report.size()));
               });
    }

    // The same when nobody wants it any more: a program that is being stopped must not wait for room in a pipe.
    void drop_some() {
        (void)read(m_spawned.output, [](std::string_view) {});
        (void)read(m_spawned.report, [](std::string_view) {});
    }

    template <class Take>
    std::size_t read(Descriptor &pipe, const Take &take) {
        if (!pipe.is_open())
            return 0;
        const ssize_t count = uninterrupted([&] { return ::read(pipe.number(), m_buffer.data(), m_buffer.size()); });
        if (count > 0) {
            take(std::string_view{m_buffer.data(), static_cast<std::size_t>(count)});
            return static_cast<std::size_t>(count);
        }
        if (count == 0 || errno != EAGAIN)
            pipe = Descriptor{};
        return 0;
    }

    void read_leftovers() {
        std::size_t sum = 0;
        for (std::size_t count = read_some(); count > 0 && sum < max_leftover_bytes; count = read_some())
            sum += count;
    }

    // Asks it to stop, and kills it with the rest of its first process group when it does not. A process that not even
    // SIGKILL ends, because it waits for a disk, is waited for: it may still write. Takes no memory unless leftovers
    // are kept: the destructor calls it too.
    void stop(Leftovers leftovers) {
        send(SIGTERM);
        const std::int64_t patience = now() + m_command.stop_time.count();
        bool killed = false;
        while (!has_ended()) {
            if (!killed && now() >= patience) {
                (void)::kill(-m_spawned.process, SIGKILL);
                killed = true;
            }
            wait_for_something(killed ? now() + look_interval_ms : patience);
            if (leftovers == Leftovers::kept)
                read_some();
            else
                drop_some();
        }
    }

    // By the pidfd where there is one: a number may be another process's by now where SIGCHLD is ignored.
    void send(int signal) const noexcept {
        if (m_spawned.watch.is_open())
            (void)::syscall(SYS_pidfd_send_signal, m_spawned.watch.number(), signal, nullptr, 0);
        else
            (void)::kill(m_spawned.process, signal);
    }

    const Command &m_command;
    Spawned m_spawned;
    Observer &m_observer;
    const OutputSink &m_sink;
    Tail m_output;
    std::string m_report;
    std::optional<Ending> m_ending;
    int m_number = 0;
    std::int64_t m_next_look = 0;
    std::array<char, read_bytes> m_buffer = {};
};

class SystemProcesses final : public ProcessRunner {
  public:
    [[nodiscard]] Result<Ended> run(const Command &command, Observer &observer, const OutputSink &output) override {
        MOS_TRY(Spawned spawned, spawn(command));
        return Follower{command, std::move(spawned), observer, output}.follow();
    }
};

}  // namespace

}  // namespace mos::base::real

namespace mos::base {

ProcessRunner &system_processes() noexcept {
    static real::SystemProcesses processes;
    return processes;
}

}  // namespace mos::base
