// The port by which users are told of updates, and the ways that a running system has.
#pragma once

#include <mos/base/process.hpp>
#include <mos/base/system_reader.hpp>
#include <mos/schedule/facts.hpp>
#include <mos/schedule/notice.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mos::engine {

// One way by which somebody was told, or was to be told.
struct Told {
    std::string channel;  // "wall", "desktop of anna", "the program"
    std::optional<Error> failure = {};
};

class Notifier {
  public:
    Notifier() = default;
    Notifier(const Notifier &) = delete;
    Notifier &operator=(const Notifier &) = delete;
    virtual ~Notifier() = default;

    // Called by one thread at a time, on that of the job, while nothing is half done. An update waits for it, so it
    // returns soon; it fails no update.
    [[nodiscard]] virtual std::vector<Told> tell(const schedule::Notice &notice) = 0;
};

struct NoticeChannels {
    bool wall = true;
    bool desktop = true;
};

// How long one of the programs below may take, and how long all of them for one notice.
inline constexpr std::chrono::milliseconds notifier_time{3'000};
inline constexpr std::chrono::milliseconds notice_time{10'000};
inline constexpr std::size_t max_told_desktops = 50;

// wall(1) for those at terminals, and notify-send(1) for each user who has an active graphical session of systemd's
// logins and a bus of his own. A program that is not installed tells nobody and is no failure where nobody could be
// told by it; one that hangs is stopped, and not tried again.
class SystemNotifier final : public Notifier {
  public:
    using UserLevel = std::function<schedule::UserNoticeLevel(const std::string &user)>;
    struct Ports {
        std::unique_ptr<base::Directory> system;  // the machine's "/"
        base::ProcessRunner &processes;           // must outlive it
        UserLevel level;                          // how much a user wants to be told
        std::uint32_t own_user = 0;               // who this process is: others but root tell only themselves
    };
    SystemNotifier(Ports ports, NoticeChannels channels) : m_ports(std::move(ports)), m_channels(channels) {}

    [[nodiscard]] std::vector<Told> tell(const schedule::Notice &notice) override;

  private:
    struct Ran {
        std::optional<Error> failure = {};
        bool was_slow = false;
    };
    [[nodiscard]] std::vector<schedule::DesktopSession> desktops();
    void tell_wall(const schedule::Notice &notice, std::vector<Told> &told);
    void tell_desktops(const schedule::Notice &notice, std::vector<Told> &told);
    [[nodiscard]] Ran run(base::Command command);

    Ports m_ports;
    base::SystemReader m_system{*m_ports.system};
    NoticeChannels m_channels;
    std::chrono::milliseconds m_time_left{notice_time};
};

}  // namespace mos::engine
