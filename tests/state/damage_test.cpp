// Damage to the files of a database: it is found, or it changes nothing. Never other rows, never a crash.
#include "database_contents.hpp"
#include "item.hpp"

#include <algorithm>
#include <initializer_list>
#include <set>

using namespace mos::test;
using mos::Code;
using mos::Result;
using mos::base::Bytes;
using mos::base::ByteView;
using mos::state::Database;

namespace {

constexpr std::size_t page_bytes = 4096;
constexpr std::size_t step = 251;  // of all bytes of a file, one in so many is altered

struct Sample {
    DiskState disk;
    std::string newest;            // what it holds
    std::set<std::string> states;  // and what it held after each commit since the log was emptied
};

// Most of it lies in the database file, the newest commits in the log.
Sample make_sample(bool empty_log) {
    Twin twin;
    Sample sample;
    {
        const auto database = must(Database::open(twin.root()));
        for (std::uint64_t id = 1; id <= 6; ++id)
            commit_step(*database, id);
        must(database->checkpoint());
        sample.states.insert(sample.newest = must(contents(*database)));
        for (std::uint64_t id = 7; id <= 10 && !empty_log; ++id) {
            commit_step(*database, id);
            sample.states.insert(sample.newest = must(contents(*database)));
        }
    }
    sample.disk = twin.crash(Selection::all());
    return sample;
}

// "" when the database answers rightly or says that it is damaged.
std::string verdict(const Twin &twin, const std::set<std::string> &right) {
    const Result<std::string> found = contents_of(twin);
    if (!found)
        return found.error().code() == Code::DATABASE_DAMAGED ? "" : found.error().full_message();
    return right.contains(*found) ? "" : "other rows";
}

// A number that looks random, the same in every run.
std::size_t scrambled(std::size_t seed) { return twin::scramble(seed, 1); }

}  // namespace

TEST_CASE("a byte of the database file that was altered never changes an answer") {
    for (const bool empty_log : {true, false}) {
        const Sample sample = make_sample(empty_log);
        const Bytes good = file_of(Twin{sample.disk}, "state.db");
        std::size_t damaged = 0;
        for (std::size_t at = 0; at < good.size(); at += at < 200 ? 1 : step) {
            const Twin twin{sample.disk};
            Bytes bytes = good;
            bytes[at] ^= static_cast<std::byte>(1 + scrambled(at) % 255);
            overwrite(twin, "state.db", bytes);
            INFO("byte ", at);
            CHECK(verdict(twin, {sample.newest}) == "");
            damaged += Database::open(twin.root()).ok() ? 0U : 1U;
        }
        // Pages that the log supersedes may be anything.
        CHECK(damaged > (empty_log ? good.size() / step : good.size() / step / 3));
        if (empty_log)
            CHECK(damaged == 200 + (good.size() - 200 + step - 1) / step);
    }
}

TEST_CASE("a byte of the log that was altered takes back commits as a whole, or none") {
    const Sample sample = make_sample(false);
    const Bytes good = file_of(Twin{sample.disk}, "state.db-wal");
    for (std::size_t at = 0; at < good.size(); at += at < 200 ? 1 : step) {
        const Twin twin{sample.disk};
        Bytes bytes = good;
        bytes[at] ^= static_cast<std::byte>(1 + scrambled(at) % 255);
        overwrite(twin, "state.db-wal", bytes);
        INFO("byte ", at);
        CHECK_FALSE(must(mos::state::log_is_whole(*twin.root())));
        CHECK(verdict(twin, sample.states) == "");
    }
}

TEST_CASE("a database file or a log that was cut off never changes an answer") {
    const Sample sample = make_sample(false);
    for (const char *name : {"state.db", "state.db-wal"}) {
        const Bytes good = file_of(Twin{sample.disk}, name);
        for (std::size_t size = 512; size < good.size(); size += 512) {
            const Twin twin{sample.disk};
            overwrite(twin, name, ByteView{good}.first(size));
            INFO(name, " cut off at ", size);
            CHECK(verdict(twin, sample.states) == "");
        }
    }
}

TEST_CASE("pages that were swapped, zeroed or filled with garbage are found") {
    const Sample sample = make_sample(true);
    const Bytes good = file_of(Twin{sample.disk}, "state.db");
    const std::size_t pages = good.size() / page_bytes;
    REQUIRE(pages > 30);
    for (std::size_t page = 0; page < pages; ++page) {
        const std::size_t other = (page + 1 + scrambled(page) % (pages - 1)) % pages;
        Bytes swapped = good;
        std::swap_ranges(swapped.begin() + static_cast<std::ptrdiff_t>(page * page_bytes),
                         swapped.begin() + static_cast<std::ptrdiff_t>((page + 1) * page_bytes),
                         swapped.begin() + static_cast<std::ptrdiff_t>(other * page_bytes));
        Bytes zeroed = good;
        std::fill_n(zeroed.begin() + static_cast<std::ptrdiff_t>(page * page_bytes), page_bytes, std::byte{0});
        Bytes garbage = good;
        for (std::size_t i = page * page_bytes; i < (page + 1) * page_bytes; ++i)
            garbage[i] = static_cast<std::byte>(scrambled(i));
        for (const Bytes &bytes : {swapped, zeroed, garbage}) {
            const Twin twin{sample.disk};
            overwrite(twin, "state.db", bytes);
            INFO("page ", page + 1);
            CHECK(refusal(Database::open(twin.root())) == Code::DATABASE_DAMAGED);
            CHECK(refusal(Database::examine(twin.root())) == Code::DATABASE_DAMAGED);
            CHECK(file_of(twin, "state.db") == bytes);
        }
    }
}

TEST_CASE("the page that is damaged is named") {
    const Sample sample = make_sample(true);
    const Twin twin{sample.disk};
    Bytes bytes = file_of(twin, "state.db");
    bytes[11 * page_bytes + 100] ^= std::byte{4};
    overwrite(twin, "state.db", bytes);
    const auto refused = Database::open(twin.root());
    CHECK(refusal(refused) == Code::DATABASE_DAMAGED);
    CHECK(refused.error().message() == "page 12 of 'state.db' doesn't match its checksum");
}

TEST_CASE("damage that happens while the database is open is found when the page is read") {
    const Sample sample = make_sample(true);
    const Bytes good = file_of(Twin{sample.disk}, "state.db");
    std::size_t found = 0;
    for (std::size_t page = 1; page < good.size() / page_bytes; ++page) {
        const Twin twin{sample.disk};
        const auto database = must(Database::open(twin.root()));
        Bytes bytes = good;
        bytes[page * page_bytes + scrambled(page) % page_bytes] ^= std::byte{1};
        overwrite(twin, "state.db", bytes);
        const auto read = contents(*database);
        if (read)
            CHECK(*read == sample.newest);  // the page held none of it
        else
            CHECK(refusal(read) == Code::DATABASE_DAMAGED);
        found += read ? 0U : 1U;
    }
    CHECK(found > good.size() / page_bytes / 2);
}

TEST_CASE("a large transaction, a deletion and a checkpoint leave every page with its checksum") {
    const Twin twin;
    {
        const auto database = must(Database::open(twin.root()));
        commit_step(*database, 1, 30'000);  // more than the cache holds
        commit_step(*database, 2, 100);
        must(database->checkpoint());
        must(mos::state::check_pages(*twin.root()));
        must(database->commit(mos::state::Durability::durable,
                              [&] { return mos::state::Transactions{*database}.delete_operations(1); }));
        commit_step(*database, 3, 10'000);
        must(database->checkpoint());
    }
    must(mos::state::check_pages(*twin.root()));
    CHECK(must(twin.root()->find("state.db-wal"))->size == 0);
    CHECK(must(mos::state::Packages{*must(Database::open(twin.root()))}.list()).size() == 3);
}

TEST_CASE("a file of garbage of any length is refused or begun anew, and looking at it leaves it as it is") {
    for (const std::size_t size :
         std::initializer_list<std::size_t>{1, 15, 16, 99, 100, 511, 512, 4095, 4096, 20'000}) {
        const Twin twin;
        Bytes bytes(size);
        for (std::size_t i = 0; i < size; ++i)
            bytes[i] = static_cast<std::byte>(scrambled(i + size));
        must(must(twin.root()->open_file("state.db", mos::base::OpenMode::create_new))->write_at(0, bytes));
        INFO(size, " bytes");
        CHECK(refusal(Database::examine(twin.root())) == Code::DATABASE_DAMAGED);
        CHECK(refusal(Database::open(twin.root())) == Code::DATABASE_DAMAGED);
        CHECK(file_of(twin, "state.db") == bytes);
    }
}
