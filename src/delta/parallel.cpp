#include "parallel.hpp"

#include <mos/base/thread.hpp>

#include <algorithm>
#include <exception>
#include <mutex>
#include <system_error>
#include <vector>

namespace mos::delta {

namespace {

// What the threads of one call share.
class Team {
  public:
    Team(std::size_t count, const std::function<Result<void>(std::size_t)> &work) noexcept
        : m_count(count), m_work(&work) {}

    // Takes parts until none is left; never throws.
    void take_part() noexcept {
        try {
            for (std::size_t index = m_next++; index < m_count && !m_failed; index = m_next++) {
                auto done = (*m_work)(index);
                if (!done)
                    keep(index, std::move(done).error());
            }
        } catch (...) {
            const std::lock_guard lock{m_mutex};
            m_thrown = std::current_exception();
            m_failed = true;
        }
    }

    [[nodiscard]] Result<void> outcome() {
        if (m_thrown)
            std::rethrow_exception(m_thrown);
        if (m_error)
            return std::move(*m_error);
        return {};
    }

  private:
    void keep(std::size_t index, Error error) {
        const std::lock_guard lock{m_mutex};
        m_failed = true;
        if (!m_error || index < m_failed_index) {
            m_error = std::move(error);
            m_failed_index = index;
        }
    }

    std::size_t m_count;
    const std::function<Result<void>(std::size_t)> *m_work;
    std::atomic<std::size_t> m_next = 0;
    std::atomic<bool> m_failed = false;
    std::mutex m_mutex;
    std::optional<Error> m_error;
    std::size_t m_failed_index = 0;
    std::exception_ptr m_thrown;
};

// Other threads of a team, waited for whatever happens.
class Helpers {
  public:
    Helpers(std::size_t count, Team &team) {
        m_threads.reserve(count);
        try {
            while (m_threads.size() < count)
                m_threads.push_back(base::start_thread([&team] { team.take_part(); }));
        } catch (const std::system_error &) {
            // As many as there can be; the caller's own does the rest.
        }
    }
    Helpers(const Helpers &) = delete;
    Helpers &operator=(const Helpers &) = delete;
    ~Helpers() {
        for (std::thread &thread : m_threads)
            thread.join();
    }

  private:
    std::vector<std::thread> m_threads;
};

}  // namespace

Result<void> in_parallel(std::size_t count, const std::function<Result<void>(std::size_t)> &work) {
    Team team{count, work};
    if (count > 0) {
        const Helpers helpers{std::min(count, base::usable_cores()) - 1, team};
        team.take_part();
    }
    return team.outcome();
}

Result<void> SharedProgress::add(std::uint64_t bytes) {
    const std::uint64_t done = m_done += bytes;
    if (std::this_thread::get_id() != m_owner)
        return m_stops ? Result<void>{Error{Code::CANCELLED, "cancelled"}} : Result<void>{};
    m_observer->report({.phase = base::Phase::staging, .done_bytes = done, .total_bytes = m_total});
    auto may_go_on = m_observer->checkpoint();
    if (!may_go_on)
        m_stops = true;
    return may_go_on;
}

}  // namespace mos::delta
