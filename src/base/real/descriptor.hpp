// A file descriptor with an owner, and system calls that start over when a signal came between.
#pragma once

#include <cerrno>
#include <unistd.h>
#include <utility>

namespace mos::base::real {

class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int number) noexcept : m_number(number) {}
    Descriptor(Descriptor &&other) noexcept : m_number(std::exchange(other.m_number, -1)) {}
    Descriptor &operator=(Descriptor &&other) noexcept {
        std::swap(m_number, other.m_number);
        return *this;
    }
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    ~Descriptor() {
        if (m_number >= 0)
            ::close(m_number);
    }

    [[nodiscard]] int number() const noexcept { return m_number; }
    [[nodiscard]] bool is_open() const noexcept { return m_number >= 0; }

  private:
    int m_number = -1;
};

// Calls until the answer is not EINTR. Never for close(): on Linux the descriptor is gone even then.
template <class Call>
[[nodiscard]] auto uninterrupted(Call call) {
    decltype(call()) answer;
    do {
        answer = call();
    } while (answer == -1 && errno == EINTR);
    return answer;
}

}  // namespace mos::base::real
