// Work done at the same time, handed back in order.
#include <mos/base/ordered_work.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <new>
#include <set>

using mos::base::OrderedWork;

namespace {

struct Piece {
    int number = 0;
    int answer = 0;
};

}  // namespace

TEST_CASE("pieces come back in the order in which they were put, whichever is done first") {
    for (const std::size_t threads : {0U, 1U, 3U}) {
        OrderedWork<Piece> work{threads, [](Piece &piece, std::size_t) {
                                    // The earlier a piece, the longer it takes.
                                    std::this_thread::sleep_for(std::chrono::milliseconds{8 - piece.number});
                                    piece.answer = piece.number * piece.number;
                                }};
        for (int i = 0; i < 8; ++i)
            work.put({i});
        for (int i = 0; i < 8; ++i) {
            CHECK(work.front().number == i);
            CHECK(work.take().answer == i * i);
        }
        CHECK(work.empty());
    }
}

TEST_CASE("no lane is used twice at a time, and all are within their number") {
    std::mutex mutex;
    std::set<std::size_t> used;
    bool twice = false;
    OrderedWork<Piece> work{3, [&](Piece &, std::size_t lane) {
                                {
                                    const std::lock_guard lock{mutex};
                                    twice = twice || !used.insert(lane).second || lane >= 4;
                                }
                                std::this_thread::sleep_for(std::chrono::microseconds{200});
                                const std::lock_guard lock{mutex};
                                used.erase(lane);
                            }};
    REQUIRE(work.lanes() == 4);
    for (int i = 0; i < 100; ++i) {
        work.put({i});
        if (work.size() > 5)
            (void)work.take();
    }
    while (!work.empty())
        (void)work.take();
    CHECK_FALSE(twice);
}

TEST_CASE("what a piece's work throws is thrown where that piece is taken, and the others go on") {
    OrderedWork<Piece> work{1, [](Piece &piece, std::size_t) {
                                if (piece.number == 1)
                                    throw std::bad_alloc{};
                                piece.answer = 7;
                            }};
    for (int i = 0; i < 3; ++i)
        work.put({i});
    CHECK(work.take().answer == 7);
    CHECK_THROWS_AS((void)work.take(), std::bad_alloc);
    CHECK(work.take().answer == 7);
}

TEST_CASE("a piece that is given up is not handed back, and the next one is") {
    OrderedWork<Piece> work{1, [](Piece &piece, std::size_t) { piece.answer = piece.number; }};
    for (int i = 0; i < 3; ++i)
        work.put({i});
    work.drop();
    CHECK(work.take().answer == 1);
    work.drop();
    CHECK(work.empty());
}

TEST_CASE("whoever gives up leaves what was put undone or done, and waits for no more than is being worked on") {
    std::atomic<int> done = 0;
    {
        OrderedWork<Piece> work{2, [&](Piece &, std::size_t) {
                                    std::this_thread::sleep_for(std::chrono::milliseconds{1});
                                    ++done;
                                }};
        for (int i = 0; i < 500; ++i)
            work.put({i});
    }
    CHECK(done < 500);
}

TEST_CASE("a signal of the process is never delivered to a thread of ours") {
    sigset_t seen;
    sigemptyset(&seen);
    mos::base::start_thread([&] { pthread_sigmask(SIG_SETMASK, nullptr, &seen); }).join();
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGUSR1, SIGALRM})
        CHECK(sigismember(&seen, signal) == 1);
    sigset_t ours;
    pthread_sigmask(SIG_SETMASK, nullptr, &ours);
    CHECK(sigismember(&ours, SIGTERM) == 0);
}

TEST_CASE("there is at least one core to work on") { CHECK(mos::base::usable_cores() >= 1); }
