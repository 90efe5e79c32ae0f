// Threads of ours in somebody else's process.
#pragma once

#include <functional>
#include <thread>

namespace mos::base {

// A thread to which none of the embedder's signals is delivered. Throws std::system_error where there can be none.
[[nodiscard]] std::thread start_thread(std::function<void()> work);

// How many threads are worth having for work that keeps a core busy: those of the cores that this process may use, at
// least 1.
[[nodiscard]] std::size_t usable_cores() noexcept;

}  // namespace mos::base
