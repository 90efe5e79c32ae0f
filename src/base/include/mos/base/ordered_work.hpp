// Pieces of work that are done at the same time, and handed back in the order in which they came.
#pragma once

#include <mos/base/thread.hpp>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

namespace mos::base {

// For one owner, who puts and takes; threads are started with the first piece, and one that can't be started is done
// without: the owner lends a hand whenever he would have to wait. How much is in it at a time is up to the owner.
template <class Piece>
class OrderedWork {
  public:
    // Does the work of a piece; `lane` is below lanes(), and no two calls have the same one at a time. What it throws
    // is thrown by the take() of its piece.
    using Work = std::function<void(Piece &piece, std::size_t lane)>;

    OrderedWork(std::size_t threads, Work work) : m_wanted_threads(threads), m_work(std::move(work)) {}
    OrderedWork(const OrderedWork &) = delete;
    OrderedWork &operator=(const OrderedWork &) = delete;
    ~OrderedWork() {
        {
            const std::lock_guard lock{m_mutex};
            m_stopping = true;
        }
        m_changed.notify_all();
        for (std::thread &thread : m_threads)
            thread.join();
    }

    [[nodiscard]] std::size_t lanes() const noexcept { return m_wanted_threads + 1; }
    [[nodiscard]] bool empty() const noexcept { return m_slots.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return m_slots.size(); }
    // The piece that take() gives, of which only what the work leaves alone may be looked at.
    [[nodiscard]] const Piece &front() const noexcept { return m_slots.front().piece; }

    void put(Piece piece) {
        start_threads();
        {
            const std::lock_guard lock{m_mutex};
            m_slots.push_back(Slot{std::move(piece)});
        }
        m_changed.notify_all();
    }

    // The oldest, when its work is done. Not for an empty one.
    [[nodiscard]] Piece take() {
        std::unique_lock lock{m_mutex};
        const Slot &oldest = m_slots.front();
        while (oldest.state != State::done) {
            if (Slot *const next = first_waiting(); next != nullptr)
                do_work(*next, m_wanted_threads, lock);
            else
                m_changed.wait(lock);
        }
        Slot taken = std::move(m_slots.front());
        m_slots.pop_front();
        lock.unlock();
        if (taken.failure)
            std::rethrow_exception(taken.failure);
        return std::move(taken.piece);
    }

    // Gives the oldest up, done or not.
    void drop() {
        std::unique_lock lock{m_mutex};
        const Slot &oldest = m_slots.front();
        m_changed.wait(lock, [&] { return oldest.state != State::working; });
        m_slots.pop_front();
    }

  private:
    enum class State : std::uint8_t { waiting, working, done };
    struct Slot {
        Piece piece;
        State state = State::waiting;
        std::exception_ptr failure = {};
    };

    void start_threads() {
        if (std::exchange(m_started, true))
            return;
        m_threads.reserve(m_wanted_threads);
        try {
            for (std::size_t lane = 0; lane < m_wanted_threads; ++lane)
                m_threads.push_back(start_thread([this, lane] { run(lane); }));
        } catch (const std::system_error &) {
            // Fewer, or none.
        }
    }

    void run(std::size_t lane) {
        std::unique_lock lock{m_mutex};
        for (;;) {
            Slot *const next = first_waiting();
            if (m_stopping)
                return;
            if (next == nullptr)
                m_changed.wait(lock);
            else
                do_work(*next, lane, lock);
        }
    }

    [[nodiscard]] Slot *first_waiting() {
        for (Slot &slot : m_slots) {
            if (slot.state == State::waiting)
                return &slot;
        }
        return nullptr;
    }

    // A slot stays where it is as long as it is in the queue: a deque moves none when its ends change.
    void do_work(Slot &slot, std::size_t lane, std::unique_lock<std::mutex> &lock) {
        slot.state = State::working;
        lock.unlock();
        try {
            m_work(slot.piece, lane);
        } catch (...) {
            slot.failure = std::current_exception();
        }
        lock.lock();
        slot.state = State::done;
        m_changed.notify_all();
    }

    const std::size_t m_wanted_threads;
    const Work m_work;
    bool m_started = false;
    std::vector<std::thread> m_threads;
    std::mutex m_mutex;
    std::condition_variable m_changed;  // a piece came or is done, or the end
    std::deque<Slot> m_slots;           // only the owner changes which ones there are
    bool m_stopping = false;
};

}  // namespace mos::base
