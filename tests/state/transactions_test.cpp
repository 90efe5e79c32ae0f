#include <mos/state/transactions.hpp>

#include "expect.hpp"

using namespace mos::state;
using mos::Code;
using mos::test::must;
using mos::test::refusal;

namespace {

std::unique_ptr<Database> empty() { return must(Database::open_empty()); }

Transaction transaction(std::uint64_t id, std::uint64_t stage, TransactionState state, bool in_effect) {
    Transaction made;
    made.id = id;
    made.stage = stage;
    made.direction = id == stage ? Direction::forward : Direction::backward;
    made.state = state;
    made.in_effect = in_effect;
    made.time_unix_s = 1'764'000'000;
    made.summary = "install 'x'";
    made.reason = "asked for";
    made.changed_paths = 17;
    return made;
}

void insert(Database &database, const Transaction &row) {
    must(database.commit(Durability::durable, [&] { return Transactions{database}.insert(row); }));
}

Operation operation(std::uint64_t slot, OperationKind kind, std::string path) {
    Operation made;
    made.slot = slot;
    made.kind = kind;
    made.path = std::move(path);
    made.staged_inode = slot + 100;
    made.leaving_inode = slot + 100;
    return made;
}

std::vector<std::string> order(Database &database, Direction heading) {
    std::vector<std::string> paths;
    must(Transactions{database}.for_each_operation(1, heading, [&](const Operation &one) -> mos::Result<void> {
        paths.push_back(one.path);
        return {};
    }));
    return paths;
}

}  // namespace

TEST_CASE("a transaction is read back as it was written") {
    const auto database = empty();
    insert(*database, transaction(3, 3, TransactionState::committed, true));
    const auto found = must(Transactions{*database}.find(3));
    REQUIRE(found);
    CHECK(found->stage == 3);
    CHECK(found->direction == Direction::forward);
    CHECK(found->state == TransactionState::committed);
    CHECK(found->in_effect);
    CHECK(found->time_unix_s == 1'764'000'000);
    CHECK(found->summary == "install 'x'");
    CHECK(found->reason == "asked for");
    CHECK(found->changed_paths == 17);
    CHECK_FALSE(must(Transactions{*database}.find(4)));
}

TEST_CASE("why a transaction goes back is what was said first") {
    const auto database = empty();
    insert(*database, transaction(3, 3, TransactionState::reverting, false));
    CHECK(must(Transactions{*database}.find(3))->cause_code == 0);
    const auto say = [&](std::uint32_t code, const char *cause) {
        must(database->commit(Durability::durable, [&] { return Transactions{*database}.set_cause(3, code, cause); }));
    };
    say(53, "script 'post-install' failed");
    say(17, "cancelled");
    CHECK(must(Transactions{*database}.find(3))->cause_code == 53);
    CHECK(must(Transactions{*database}.find(3))->cause == "script 'post-install' failed");
}

TEST_CASE("numbers are never given twice") {
    const auto database = empty();
    insert(*database, transaction(5, 5, TransactionState::done, true));
    CHECK(must(Transactions{*database}.next_id()) == 6);
}

TEST_CASE("a transaction heads where it was decided to, or back when it turned round") {
    CHECK(transaction(1, 1, TransactionState::committed, true).heading() == Direction::forward);
    CHECK(transaction(1, 1, TransactionState::reverting, true).heading() == Direction::backward);
    CHECK(transaction(2, 1, TransactionState::committed, true).heading() == Direction::backward);
    CHECK(transaction(2, 1, TransactionState::reverting, true).heading() == Direction::forward);
}

TEST_CASE("the unfinished transaction is found, and two are damage") {
    const auto database = empty();
    insert(*database, transaction(1, 1, TransactionState::done, true));
    CHECK_FALSE(must(Transactions{*database}.unfinished()));
    insert(*database, transaction(2, 2, TransactionState::reverting, false));
    CHECK(must(Transactions{*database}.unfinished())->id == 2);
    insert(*database, transaction(3, 3, TransactionState::committed, true));
    CHECK(refusal(Transactions{*database}.unfinished()) == Code::DATABASE_DAMAGED);
}

TEST_CASE("recovery points are the finished stage owners, and the newest in effect is what is taken back first") {
    const auto database = empty();
    insert(*database, transaction(1, 1, TransactionState::pruned, true));
    insert(*database, transaction(2, 2, TransactionState::done, true));
    insert(*database, transaction(3, 3, TransactionState::done, false));
    insert(*database, transaction(4, 3, TransactionState::done, false));  // the rollback of 3
    Transactions transactions{*database};
    const auto points = must(transactions.recovery_points());
    REQUIRE(points.size() == 2);
    CHECK(points[0].id == 2);
    CHECK(points[1].id == 3);
    CHECK(must(transactions.newest_in_effect())->id == 2);
    CHECK_FALSE(must(transactions.owns_stage(1)));
    CHECK(must(transactions.owns_stage(3)));
    CHECK_FALSE(must(transactions.owns_stage(4)));
    CHECK_FALSE(must(transactions.owns_stage(9)));
    CHECK(must(transactions.list(2)).front().id == 4);
}

TEST_CASE("operations come in the order that each heading needs") {
    const auto database = empty();
    insert(*database, transaction(1, 1, TransactionState::committed, true));
    must(database->commit(Durability::durable, [&]() -> mos::Result<void> {
        Transactions transactions{*database};
        MOS_CHECK(transactions.insert_operation(1, operation(0, OperationKind::exchange, "a")));
        MOS_CHECK(transactions.insert_operation(1, operation(1, OperationKind::remove_directory, "d")));
        MOS_CHECK(transactions.insert_operation(1, operation(2, OperationKind::remove_directory, "d/e")));
        MOS_CHECK(transactions.insert_operation(1, operation(3, OperationKind::remove, "d/e/f")));
        return transactions.insert_operation(1, operation(4, OperationKind::set_attributes, "b"));
    }));
    CHECK(order(*database, Direction::forward) == std::vector<std::string>{"a", "d/e/f", "d/e", "d", "b"});
    CHECK(order(*database, Direction::backward) == std::vector<std::string>{"d", "d/e", "d/e/f", "a", "b"});
}

TEST_CASE("an operation may be updated while the operations are gone through") {
    const auto database = empty();
    insert(*database, transaction(1, 1, TransactionState::committed, true));
    Transactions transactions{*database};
    must(database->commit(Durability::durable, [&]() -> mos::Result<void> {
        for (std::uint64_t slot = 0; slot < 50; ++slot)
            MOS_CHECK(transactions.insert_operation(1, operation(slot, OperationKind::add, std::to_string(slot))));
        return {};
    }));
    int seen = 0;
    must(database->commit(Durability::durable, [&] {
        return transactions.for_each_operation(1, Direction::forward, [&](Operation one) {
            ++seen;
            one.leaving_inode = 7;
            one.active = false;
            return transactions.update_operation(1, one);
        });
    }));
    CHECK(seen == 50);
    must(transactions.for_each_operation(1, Direction::forward, [&](const Operation &one) -> mos::Result<void> {
        CHECK(one.leaving_inode == 7);
        CHECK_FALSE(one.active);
        return {};
    }));
}

TEST_CASE("an operation is read back with odd bytes and all attributes") {
    const auto database = empty();
    insert(*database, transaction(1, 1, TransactionState::committed, true));
    Operation written = operation(2, OperationKind::set_attributes, "odd \xff\x01 path'");
    written.leaving_inode = 0xFFFF'FFFF'FFFF'FFF0ULL;
    written.before = {.mode = 07777, .owner = 4294967294U, .group = 1, .modified = {-5, 999'999'999}, .extended = {}};
    written.after = written.before;
    written.after.extended = {{"user.a", {}}, {"user.\xfe odd", {std::byte{0}, std::byte{0xFF}}}};
    must(database->commit(Durability::durable, [&] { return Transactions{*database}.insert_operation(1, written); }));
    must(Transactions{*database}.for_each_operation(1, Direction::forward,
                                                    [&](const Operation &one) -> mos::Result<void> {
                                                        CHECK(one.path == written.path);
                                                        CHECK(one.leaving_inode == written.leaving_inode);
                                                        CHECK(one.before == written.before);
                                                        CHECK(one.after == written.after);
                                                        return {};
                                                    }));
}

TEST_CASE("operations go with their stage") {
    const auto database = empty();
    insert(*database, transaction(1, 1, TransactionState::done, true));
    Transactions transactions{*database};
    must(database->commit(Durability::durable,
                          [&] { return transactions.insert_operation(1, operation(0, OperationKind::add, "x")); }));
    must(database->commit(Durability::durable, [&] { return transactions.delete_operations(1); }));
    CHECK(order(*database, Direction::forward).empty());
}

TEST_CASE("attributes are written alike, with extended ones and without") {
    const Attributes plain{.mode = 04755, .owner = 1, .group = 2, .modified = {-3, 999'999'999}, .extended = {}};
    Attributes more = plain;
    more.extended = {{"user.x", {std::byte{1}}}};
    const std::string text = attributes_to_text(plain);
    CHECK(text == R"({"group":2,"mode":2541,"nanoseconds":999999999,"owner":1,"seconds":-3})");
    CHECK(attributes_to_text(more).ends_with(text.substr(1)));
    CHECK(must(attributes_from_text(text)) == plain);
    CHECK(must(attributes_from_text(attributes_to_text(more))) == more);
}

TEST_CASE("attributes say whether they tell of access control lists, also where there are none") {
    Attributes attributes;
    attributes.access_lists = true;
    CHECK(must(attributes_from_text(attributes_to_text(attributes))) == attributes);
    CHECK(must(attributes_from_text(attributes_to_text({}))) == Attributes{});
    std::string text = attributes_to_text(attributes);
    text.replace(text.find("true"), 4, "1");
    CHECK_FALSE(attributes_from_text(text).ok());
}

TEST_CASE("attributes that are damaged are refused") {
    for (const char *text :
         {"", "[]", "{", R"({"mode":1})", R"({"mode":"x","owner":0,"group":0,"seconds":0,"nanoseconds":0})",
          R"({"mode":-1,"owner":0,"group":0,"seconds":0,"nanoseconds":0})",
          R"({"mode":1,"owner":0,"group":0,"seconds":0,"nanoseconds":0,"extended":{"?":"AA=="}})",
          R"({"mode":1,"owner":0,"group":0,"seconds":9223372036854775808,"nanoseconds":0})",
          R"({"mode":1,"owner":0,"group":0,"seconds":0,"nanoseconds":0,"extended":{"":"AA=="}})",
          R"({"mode":1,"owner":0,"group":0,"seconds":0,"nanoseconds":0,"extended":"AA=="})",
          R"({"mode":1,"owner":0,"group":0,"seconds":0,"nanoseconds":0,"extended":null})"})
        CHECK_FALSE(attributes_from_text(text).ok());
}
