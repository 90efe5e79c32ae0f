#include <mos/base/log_outputs.hpp>

#include "descriptor.hpp"

#include <mos/base/error.hpp>

#include <cerrno>
#include <cstring>
#include <memory>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace mos::base {

namespace {

constexpr const char *log_socket = "/dev/log";

// One connection, which is made again when its other end went away.
class SystemLog {
  public:
    [[nodiscard]] Result<void> send(std::string_view text) {
        for (const bool is_last : {false, true}) {
            if (m_socket.number() < 0)
                MOS_CHECK(connect());
            const ssize_t sent = real::uninterrupted(
                [&] { return ::send(m_socket.number(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT); });
            if (sent >= 0)
                return {};
            const int number = errno;
            m_socket = real::Descriptor{};
            if (is_last || number == EAGAIN || number == EMSGSIZE)
                return system_error(number, "write to", log_socket);
        }
        return {};
    }

  private:
    [[nodiscard]] Result<void> connect() {
        real::Descriptor made{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
        if (made.number() < 0)
            return system_error(errno, "open a socket to", log_socket);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, log_socket, sizeof address.sun_path - 1);
        if (::connect(made.number(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
            return system_error(errno, "connect to", log_socket);
        m_socket = std::move(made);
        return {};
    }

    real::Descriptor m_socket;
};

}  // namespace

TextOutput standard_error_output() {
    return [](std::string_view text) -> Result<void> {
        while (!text.empty()) {
            const ssize_t written =
                real::uninterrupted([&] { return ::write(STDERR_FILENO, text.data(), text.size()); });
            if (written <= 0)
                return system_error(written == 0 ? EIO : errno, "write to", "standard error");
            text.remove_prefix(static_cast<std::size_t>(written));
        }
        return {};
    };
}

TextOutput system_log_output() {
    return [log = std::make_shared<SystemLog>()](std::string_view text) { return log->send(text); };
}

}  // namespace mos::base
