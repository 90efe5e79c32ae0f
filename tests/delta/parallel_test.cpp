// Work on several threads, with the outcome that one has.
#include "expect.hpp"

#include "parallel.hpp"

#include <array>
#include <stdexcept>

using namespace mos;
using mos::delta::in_parallel;
using mos::delta::SharedProgress;
using mos::test::must;
using mos::test::refusal;

namespace {

class Watcher final : public base::Observer {
  public:
    explicit Watcher(int checkpoints) : m_left(checkpoints) {}
    void report(const base::Progress &progress) override {
        CHECK(std::this_thread::get_id() == m_owner);
        CHECK(progress.done_bytes <= progress.total_bytes);
    }
    [[nodiscard]] Result<void> checkpoint() override {
        CHECK(std::this_thread::get_id() == m_owner);
        if (m_left-- == 0)
            return Error{Code::CANCELLED, "cancelled"};
        return {};
    }
    void notice(std::string_view /*message*/) override {}

  private:
    std::thread::id m_owner = std::this_thread::get_id();
    int m_left;
};

}  // namespace

TEST_CASE("parallel: every part is done, and once") {
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{100}}) {
        std::array<std::atomic<int>, 100> times{};
        must(in_parallel(count, [&](std::size_t index) -> Result<void> {
            ++times[index];
            return {};
        }));
        for (std::size_t i = 0; i < times.size(); ++i)
            CHECK(times[i] == (i < count ? 1 : 0));
    }
}

TEST_CASE("parallel: an error of a part is the outcome") {
    CHECK(refusal(in_parallel(10, [](std::size_t index) -> Result<void> {
              return index == 3 ? Result<void>{Error{Code::LIMIT, "too much"}} : Result<void>{};
          })) == Code::LIMIT);
}

TEST_CASE("parallel: what a part throws is thrown") {
    const auto work = [](std::size_t index) -> Result<void> {
        if (index == 3)
            throw std::bad_alloc{};
        return {};
    };
    bool is_thrown = false;
    try {
        static_cast<void>(in_parallel(10, work));
    } catch (const std::bad_alloc &) {
        is_thrown = true;
    }
    CHECK(is_thrown);
}

TEST_CASE("parallel: only the thread that waits talks to the observer, and all stop when it is told to") {
    Watcher never{-1};
    SharedProgress all{never, 1000};
    must(in_parallel(100, [&](std::size_t) { return all.add(10); }));
    Watcher first{0};
    SharedProgress none{first, 1'000'000};
    CHECK(refusal(in_parallel(1'000'000, [&](std::size_t) { return none.add(1); })) == Code::CANCELLED);
}
