// Result<T>: a value or an Error, never ignored by accident.
#pragma once

#include <mos/base/error.hpp>

#include <cassert>
#include <optional>
#include <utility>
#include <variant>

namespace mos::base {

template <class T>
class [[nodiscard]] Result {
  public:
    using value_type = T;

    Result(T value) : m_state(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : m_state(std::in_place_index<1>, std::move(error)) {}

    // Also from what converts to T, as a unique_ptr to a derived class does.
    template <class U>
    requires(std::is_convertible_v<U &&, T> && !std::is_same_v<std::remove_cvref_t<U>, Result> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error> && !std::is_same_v<std::remove_cvref_t<U>, T>)
        Result(U &&value)
        : m_state(std::in_place_index<0>, std::forward<U>(value)) {}

    [[nodiscard]] bool ok() const noexcept { return m_state.index() == 0; }
    [[nodiscard]] explicit operator bool() const noexcept { return ok(); }

    [[nodiscard]] T &value() & { return assert(ok()), *std::get_if<0>(&m_state); }
    [[nodiscard]] const T &value() const & { return assert(ok()), *std::get_if<0>(&m_state); }
    [[nodiscard]] T &&value() && { return assert(ok()), std::move(*std::get_if<0>(&m_state)); }
    [[nodiscard]] T &operator*() & { return value(); }
    [[nodiscard]] const T &operator*() const & { return value(); }
    [[nodiscard]] T *operator->() { return &value(); }
    [[nodiscard]] const T *operator->() const { return &value(); }

    [[nodiscard]] const Error &error() const & { return assert(!ok()), *std::get_if<1>(&m_state); }
    [[nodiscard]] Error &&error() && { return assert(!ok()), std::move(*std::get_if<1>(&m_state)); }

  private:
    std::variant<T, Error> m_state;
};

template <>
class [[nodiscard]] Result<void> {
  public:
    using value_type = void;

    Result() = default;
    Result(Error error) : m_error(std::move(error)) {}

    [[nodiscard]] bool ok() const noexcept { return !m_error; }
    [[nodiscard]] explicit operator bool() const noexcept { return ok(); }
    [[nodiscard]] const Error &error() const & { return assert(!ok()), *m_error; }
    [[nodiscard]] Error &&error() && { return assert(!ok()), std::move(*m_error); }

  private:
    std::optional<Error> m_error;
};

}  // namespace mos::base

namespace mos {
using base::Result;
}  // namespace mos

// Names are made by __COUNTER__, not by line: a lambda in the argument may use the same macros.
#define MOS_CONCATENATE_(a, b) a##b
#define MOS_CONCATENATE(a, b) MOS_CONCATENATE_(a, b)
#define MOS_TRY_(temporary, declaration, ...)                                                                          \
    auto temporary = (__VA_ARGS__);                                                                                    \
    if (!temporary)                                                                                                    \
        return std::move(temporary).error();                                                                           \
    declaration = std::move(temporary).value()
#define MOS_CHECK_(temporary, ...)                                                                                     \
    do {                                                                                                               \
        if (auto temporary = (__VA_ARGS__); !temporary)                                                                \
            return std::move(temporary).error();                                                                       \
    } while (false)

// MOS_TRY(auto file, open(path)); returns the error from this function, or goes on with the value.
#define MOS_TRY(declaration, ...) MOS_TRY_(MOS_CONCATENATE(mos_try_, __COUNTER__), declaration, __VA_ARGS__)

// MOS_CHECK(file.flush()); the same for Result<void>.
#define MOS_CHECK(...) MOS_CHECK_(MOS_CONCATENATE(mos_check_, __COUNTER__), __VA_ARGS__)
