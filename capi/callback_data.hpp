// Callbacks of an embedder: the data that come with them, and what they answer.
#pragma once

#include <multiosupdate/types.h>

#include <mos/base/result.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace mos::capi {

// A callback's data, freed exactly once, also when memory runs out before anybody else could own them.
class CallbackData {
  public:
    CallbackData(void *data, mos_destroy_callback destroy) noexcept : m_data(data), m_destroy(destroy) {}
    CallbackData(const CallbackData &) = delete;
    CallbackData &operator=(const CallbackData &) = delete;
    ~CallbackData() {
        if (m_destroy != nullptr)
            m_destroy(m_data);
    }
    // A shared_ptr that can't be made destroys what it was to own, so the data are its from here on.
    [[nodiscard]] std::shared_ptr<void> share() {
        return {m_data, [destroy = std::exchange(m_destroy, nullptr)](void *data) {
                    if (destroy != nullptr)
                        destroy(data);
                }};
    }

  private:
    void *m_data;
    mos_destroy_callback m_destroy;
};

// What helps where a callback could not do what it is there for.
inline constexpr const char *callback_remedy = "see what the program itself tells of it, and mend its callback";

// What a callback answers. An exception, which it must not throw, ends here: it is not to unwind a transaction.
template <class Call>
[[nodiscard]] auto answer_of(std::string_view callback, Code code, Call &&call) -> Result<decltype(call())> {
    try {
        return call();
    } catch (...) {
        return Error{code, "the callback '" + std::string{callback} + "' threw an exception"}.with_remedy(
            "mend the callback: it may throw nothing (types.h)");
    }
}

// The same of one that answers nothing, and of which nothing can be told: what it threw is dropped.
template <class Call>
void call_back(Call &&call) noexcept {
    try {
        call();
    } catch (...) {  // NOLINT(bugprone-empty-catch)
    }
}

}  // namespace mos::capi
