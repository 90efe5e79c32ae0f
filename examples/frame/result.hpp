// Result<T>: a value, or the Failure that ends the command.
#pragma once

#include "failure.hpp"

#include <cassert>
#include <optional>
#include <utility>
#include <variant>

namespace frame {

template <class T>
class [[nodiscard]] Result {
  public:
    Result(T value) : m_state(std::in_place_index<0>, std::move(value)) {}
    Result(Failure failure) : m_state(std::in_place_index<1>, std::move(failure)) {}

    [[nodiscard]] explicit operator bool() const noexcept { return m_state.index() == 0; }
    [[nodiscard]] T &&value() && { return assert(*this), std::move(*std::get_if<0>(&m_state)); }
    [[nodiscard]] const T &operator*() const { return assert(*this), *std::get_if<0>(&m_state); }
    [[nodiscard]] const T *operator->() const { return &**this; }
    [[nodiscard]] const Failure &failure() const & { return assert(!*this), *std::get_if<1>(&m_state); }
    [[nodiscard]] Failure &&failure() && { return assert(!*this), std::move(*std::get_if<1>(&m_state)); }

  private:
    std::variant<T, Failure> m_state;
};

template <>
class [[nodiscard]] Result<void> {
  public:
    Result() = default;
    Result(Failure failure) : m_failure(std::move(failure)) {}

    [[nodiscard]] explicit operator bool() const noexcept { return !m_failure; }
    [[nodiscard]] const Failure &failure() const & { return assert(m_failure), *m_failure; }
    [[nodiscard]] Failure &&failure() && { return assert(m_failure), std::move(*m_failure); }

  private:
    std::optional<Failure> m_failure;
};

}  // namespace frame

#define FRAME_CONCATENATE_(a, b) a##b
#define FRAME_CONCATENATE(a, b) FRAME_CONCATENATE_(a, b)
#define FRAME_TRY_(temporary, declaration, ...)                                                                        \
    auto temporary = (__VA_ARGS__);                                                                                    \
    if (!temporary)                                                                                                    \
        return std::move(temporary).failure();                                                                         \
    declaration = std::move(temporary).value()

// FRAME_TRY(auto key, load_key(…)); returns the failure from this function, or goes on with the value.
#define FRAME_TRY(declaration, ...) FRAME_TRY_(FRAME_CONCATENATE(frame_try_, __LINE__), declaration, __VA_ARGS__)

// FRAME_CHECK(store(…)); the same for Result<void>.
#define FRAME_CHECK(...)                                                                                               \
    do {                                                                                                               \
        if (auto frame_checked = (__VA_ARGS__); !frame_checked)                                                        \
            return std::move(frame_checked).failure();                                                                 \
    } while (false)
