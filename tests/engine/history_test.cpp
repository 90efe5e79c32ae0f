#include <mos/engine/history.hpp>

#include "engine_bench.hpp"

using namespace mos::test;
using mos::base::Code;
using mos::engine::explain_history;
using mos::engine::WentBack;
using mos::state::Direction;
using mos::state::Transaction;
using mos::state::TransactionState;

namespace {

Transaction change(std::uint64_t id, bool in_effect) {
    Transaction made;
    made.id = id;
    made.stage = id;
    made.state = TransactionState::done;
    made.in_effect = in_effect;
    return made;
}

Transaction rollback_of(std::uint64_t id, std::uint64_t change, const std::string &reason) {
    Transaction made;
    made.id = id;
    made.stage = change;
    made.direction = Direction::backward;
    made.state = TransactionState::done;
    made.reason = reason;
    return made;
}

WentBack why(Code code) {
    Transaction failed = change(1, false);
    failed.state = TransactionState::reverted;
    failed.cause_code = static_cast<std::uint32_t>(code);
    failed.cause = "it failed";
    const auto history = explain_history({failed});
    CHECK(history[0].cause == "it failed");
    return history[0].why;
}

}  // namespace

TEST_CASE(
    "a change that somebody took back says so, with the reason and the rollback; the rollback says what it took") {
    const auto history = explain_history({rollback_of(3, 2, "it crashed"), change(2, false), change(1, true)});
    CHECK(history[0].why == WentBack::no);
    CHECK(history[0].other == 2);
    CHECK(history[0].cause == "it crashed");
    CHECK(history[1].why == WentBack::by_hand);
    CHECK(history[1].other == 3);
    CHECK(history[1].cause == "it crashed");
    CHECK(history[2].why == WentBack::no);
    CHECK(history[2].cause.empty());
}

TEST_CASE("what a change went back for by itself follows from the error") {
    CHECK(why(Code::SCRIPT_FAILED) == WentBack::failed_script);
    CHECK(why(Code::SERVICE_FAILED) == WentBack::failed_script);
    CHECK(why(Code::HEALTH_CHECK_FAILED) == WentBack::failed_health_check);
    CHECK(why(Code::SCRIPT_TIMEOUT) == WentBack::time_out);
    CHECK(why(Code::HEALTH_CHECK_TIMEOUT) == WentBack::time_out);
    CHECK(why(Code::CANCELLED) == WentBack::cancelled);
    CHECK(why(Code::NO_SPACE) == WentBack::error);
    CHECK(why(Code::DATABASE_DAMAGED) == WentBack::recovery);
}

TEST_CASE("a rollback that did not come to its end is no reason for anything") {
    Transaction failed = rollback_of(2, 1, "please");
    failed.state = TransactionState::reverted;
    failed.cause_code = static_cast<std::uint32_t>(Code::IO);
    failed.cause = "the disk";
    const auto history = explain_history({failed, change(1, true)});
    CHECK(history[0].why == WentBack::error);
    CHECK(history[0].cause == "the disk");
    CHECK(history[1].why == WentBack::no);
}

TEST_CASE("the history of a root tells why each change went back") {
    EngineBench bench;
    must(bench.install("w", "1", simple("one")));
    must(bench.install("w", "2", simple("two")));
    mos::engine::Plan plan{bench.engine};
    must(plan.roll_back({}));
    const auto job = must(plan.make_job(std::nullopt, "two is broken"));
    must(job->run(nullptr));
    must(*job->result());
    const auto history = explain_history(must(bench.engine->history()));
    REQUIRE(history.size() == 3);
    CHECK(history[1].why == WentBack::by_hand);
    CHECK(history[1].cause == "two is broken");
}
