// A database that was damaged, lost or is behind: what the next change makes of it.
#include "engine_bench.hpp"

#include <mos/state/database_files.hpp>

#include <algorithm>
#include <cerrno>

using namespace mos::test;
using mos::Code;
using mos::base::Bytes;
using mos::base::OpenMode;
using mos::base::Symlinks;
using mos::engine::Engine;
using mos::state::TransactionState;

namespace {

constexpr const char *state_folder = "var/lib/multios";
constexpr const char *copy_folder = ".multios-stage/copy";

std::unique_ptr<mos::base::Directory> folder(const Twin &twin, const char *path) {
    return must(twin.root()->open_directory(path, Symlinks::refuse));
}

void lose(const Twin &twin, const char *parent, const char *name) {
    must(mos::base::remove_tree(*folder(twin, parent), name));
}

struct Files {
    Bytes database;
    Bytes log;
};
Files files_of(const Twin &twin, const char *path) {
    const auto opened = folder(twin, path);
    return {must(mos::base::read_file(*opened, "state.db", 64U << 20U)),
            must(mos::base::read_file(*opened, "state.db-wal", 64U << 20U))};
}
void put_files(const Twin &twin, const char *path, const Files &files) {
    const auto opened = folder(twin, path);
    must(mos::base::replace_file(*opened, "state.db", files.database, 0600));
    must(mos::base::replace_file(*opened, "state.db-wal", files.log, 0600));
}

std::string content(const Twin &twin) {
    const auto opened = twin.root()->open_directory("p", Symlinks::refuse);
    if (!opened)
        return {};
    const auto bytes = mos::base::read_file(**opened, "x", 4096);
    return bytes ? std::string{mos::base::as_text(*bytes)} : std::string{};
}

Engine engine_of(const Twin &twin, std::vector<std::string> *log = nullptr) {
    return Engine{twin.root(), {}, std::make_shared<StillClock>(), [log](auto, const std::string &message) {
                      if (log != nullptr)
                          log->push_back(message);
                  }};
}

// "" when the tree is what the database says is installed; version N brings the content "N".
std::string disagreement(const Twin &twin) {
    Engine engine = engine_of(twin);
    const auto installed = must(engine.installed("p"));
    const std::string version = installed ? installed->version : "";
    const std::string there = content(twin);
    return version == there ? "" : "installed is '" + version + "', there is '" + there + "'";
}

void install_versions(EngineBench &bench, int last) {
    for (int version = 1; version <= last; ++version)
        must(bench.install("p", std::to_string(version), simple(std::to_string(version))));
}

bool refused_clearly(const mos::Error &error) {
    return error.code() == Code::DATABASE_DAMAGED || error.code() == Code::STAGE_UNCLEAR;
}

}  // namespace

TEST_CASE("after every change the copy holds what the database holds") {
    EngineBench bench;
    for (int version = 1; version <= 4; ++version) {
        must(bench.install("p", std::to_string(version), simple(std::to_string(version))));
        CHECK(must(must(mos::state::Database::examine(folder(bench.twin, copy_folder)))->revision()) ==
              must(must(mos::state::Database::examine(folder(bench.twin, state_folder)))->revision()));
        CHECK(must(mos::state::includes(*folder(bench.twin, state_folder), *folder(bench.twin, copy_folder))));
    }
    must(bench.roll_back());
    CHECK(must(mos::state::includes(*folder(bench.twin, copy_folder), *folder(bench.twin, state_folder))));
}

TEST_CASE("whoever changes something is told that the database was restored, in the plan and in the outcome, once") {
    EngineBench bench;
    install_versions(bench, 3);
    lose(bench.twin, "var/lib", "multios");
    mos::engine::Plan plan{bench.engine};
    must(plan.install(bench.source("p", "4", simple("4")), {}));
    must(plan.resolve());
    const auto count = [](const std::vector<std::string> &notices) {
        return std::ranges::count_if(notices, [](const std::string &notice) {
            return notice.starts_with("the database was restored from its copy: the database is missing");
        });
    };
    CHECK(count(plan.view()->notices) == 1);
    CHECK(count(must(EngineBench::perform(plan)).notices) == 1);
    auto events = bench.engine->read_events(0);
    int told = 0;
    for (auto event = must(events.next()); event; event = must(events.next()))
        told += event->message.starts_with("the database was restored") ? 1 : 0;
    CHECK(told == 1);
    CHECK(count(must(bench.install("p", "5", simple("5"))).notices) == 0);
}

TEST_CASE("a lost database is restored from its copy by the next change, and by nobody who only looks") {
    EngineBench bench;
    install_versions(bench, 3);
    lose(bench.twin, "var/lib", "multios");
    const auto before = must(scan(*bench.twin.root()));
    std::vector<std::string> log;
    Engine engine = engine_of(bench.twin, &log);
    CHECK(refusal(engine.history()) == Code::DATABASE_DAMAGED);
    must(engine.recover());
    REQUIRE(log.size() == 1);
    CHECK(log.front().starts_with("the database was restored from its copy: the database is missing"));
    CHECK(must(engine.history()).size() == 3);
    CHECK(disagreement(bench.twin) == "");
    must(bench.install("p", "4", simple("4")));
    must(bench.roll_back());
    CHECK(disagreement(bench.twin) == "");
    CHECK(content(bench.twin) == "3");
}

TEST_CASE("a damaged database is restored, whichever byte was altered, and its files are kept") {
    EngineBench bench;
    install_versions(bench, 3);
    const DiskState good = bench.twin.crash(Selection::all());
    for (const char *name : {"state.db", "state.db-wal"}) {
        const Files files = files_of(bench.twin, state_folder);
        const Bytes &bytes = std::string_view{name} == "state.db" ? files.database : files.log;
        for (std::size_t at = 0; at < bytes.size(); at += at < 120 ? 7 : 997) {
            const Twin twin{good};
            const std::byte altered = bytes[at] ^ std::byte{0x41};
            must(must(folder(twin, state_folder)->open_file(name, OpenMode::write))->write_at(at, {&altered, 1}));
            INFO(name, " byte ", at);
            Engine engine = engine_of(twin);
            must(engine.recover());
            CHECK(must(engine.history()).size() == 3);
            CHECK(disagreement(twin) == "");
        }
    }
    const Twin twin{good};
    must(must(folder(twin, state_folder)->open_file("state.db", OpenMode::write))->resize(0));
    Engine engine = engine_of(twin);
    must(engine.recover());
    CHECK(must(engine.history()).size() == 3);
    CHECK(must(folder(twin, state_folder)->find("state.db.damaged")).has_value());
}

TEST_CASE("a log that was lost is found by the copy, which has more") {
    EngineBench bench;
    install_versions(bench, 3);
    must(folder(bench.twin, state_folder)->remove_file("state.db-wal"));
    std::vector<std::string> log;
    Engine engine = engine_of(bench.twin, &log);
    must(engine.recover());
    CHECK(log.size() == 1);
    CHECK(must(engine.history()).size() == 3);
    CHECK(disagreement(bench.twin) == "");
}

TEST_CASE("a copy that was lost is made anew by the next change") {
    EngineBench bench;
    install_versions(bench, 2);
    lose(bench.twin, ".multios-stage", "copy");
    must(bench.install("p", "3", simple("3")));
    CHECK(must(mos::state::includes(*folder(bench.twin, state_folder), *folder(bench.twin, copy_folder))));
}

TEST_CASE("a root that lost both is refused, and nothing is created in it") {
    EngineBench bench;
    install_versions(bench, 2);
    lose(bench.twin, "var/lib", "multios");
    lose(bench.twin, ".multios-stage", "copy");
    must(mos::base::make_directories(*bench.twin.root(), state_folder));
    const auto refused = bench.install("p", "3", simple("3"));
    CHECK(refusal(refused) == Code::DATABASE_DAMAGED);
    CHECK(refused.error().message() == "the database can't be used and there is no copy of it; 'multios-update doctor' "
                                       "shows what is known");
    CHECK_FALSE(must(folder(bench.twin, state_folder)->find("state.db")).has_value());
    CHECK(content(bench.twin) == "2");
}

TEST_CASE("a damaged database without a copy is refused and stays as it is") {
    EngineBench bench;
    install_versions(bench, 2);
    lose(bench.twin, ".multios-stage", "copy");
    const std::string garbage(5000, 'g');
    must(mos::base::replace_file(*folder(bench.twin, state_folder), "state.db", mos::base::as_bytes(garbage), 0600));
    Engine engine = engine_of(bench.twin);
    CHECK(refusal(engine.recover()) == Code::DATABASE_DAMAGED);
    CHECK(mos::base::as_text(files_of(bench.twin, state_folder).database) == garbage);
    CHECK_FALSE(must(folder(bench.twin, state_folder)->find("state.db.damaged")).has_value());
}

TEST_CASE("the one transaction whose commit was lost is taken back by its plan, and what somebody edited stays") {
    EngineBench bench;
    const auto release = [](const std::string &text) {
        return simple(text).file("p/y", text).file("p/z-" + text, text);
    };
    must(bench.install("p", "1", release("1")));
    must(bench.install("p", "2", release("2")));
    const Files old = files_of(bench.twin, state_folder);
    must(bench.install("p", "3", release("3")));
    must(mos::base::replace_file(*folder(bench.twin, "p"), "y", mos::base::as_bytes("mine"), 0644));
    put_files(bench.twin, copy_folder, old);
    for (const bool lost : {true, false}) {
        const Twin twin{bench.twin.crash(Selection::all())};
        if (lost)
            lose(twin, "var/lib", "multios");
        else
            put_files(twin, state_folder, old);
        std::vector<std::string> log;
        Engine engine = engine_of(twin, &log);
        must(engine.recover());
        CHECK(disagreement(twin) == "");
        CHECK(content(twin) == "2");
        CHECK(mos::base::as_text(must(mos::base::read_file(*folder(twin, "p"), "y", 100))) == "mine");
        CHECK(must(folder(twin, "p")->find("z-2")).has_value());
        CHECK_FALSE(must(folder(twin, "p")->find("z-3")).has_value());
        const auto history = must(engine.history());
        REQUIRE(history.size() == 3);
        CHECK(history.front().state == TransactionState::reverted);
        CHECK(history.front().summary == "transaction 3, whose record was lost");
        const bool is_told = std::ranges::any_of(log, [](const auto &line) { return line.starts_with("'p/y'"); });
        CHECK(is_told);
        must(engine.recover());
        CHECK(must(engine.history()).size() == 3);
    }
}

TEST_CASE("a lost transaction that only brought something new is taken back as well") {
    EngineBench bench;
    must(bench.install("q", "1", ImageBuilder{}.directory("q").file("q/y", "q")));
    const Files old = files_of(bench.twin, state_folder);
    must(bench.install("p", "1", simple("1")));
    put_files(bench.twin, state_folder, old);
    put_files(bench.twin, copy_folder, old);
    must(bench.engine->recover());
    CHECK(content(bench.twin) == "");
    CHECK(disagreement(bench.twin) == "");
    CHECK_FALSE(must(bench.twin.root()->find("p")).has_value());
}

TEST_CASE("a first installation whose database and copy were both lost is refused and not forgotten") {
    EngineBench bench;
    must(bench.install("p", "1", simple("1")));
    lose(bench.twin, "var/lib", "multios");
    lose(bench.twin, ".multios-stage", "copy");
    CHECK(refusal(bench.engine->recover()) == Code::DATABASE_DAMAGED);
    CHECK(content(bench.twin) == "1");
    CHECK(must(folder(bench.twin, ".multios-stage")->find("1")).has_value());
}

TEST_CASE("while a restoration is not settled, readers are told so") {
    EngineBench bench;
    install_versions(bench, 2);
    must(folder(bench.twin, state_folder)->open_file("state.db.restoring", OpenMode::create_new));
    CHECK(refusal(bench.engine->history()) == Code::DATABASE_DAMAGED);
    CHECK(refusal(bench.engine->installed("p")) == Code::DATABASE_DAMAGED);
    must(bench.engine->recover());
    CHECK(must(bench.engine->history()).size() == 2);
}

TEST_CASE("a directory that somebody deleted while an update was cut is no reason to take the update back") {
    EngineBench bench;
    must(bench.install("p", "1", ImageBuilder{}.directory("d").file("d/y", "1").directory("p").file("p/x", "1")));
    std::optional<DiskState> decided;
    bench.twin.on_mutation([&](std::uint64_t, std::string_view what) {
        if (!decided && what.starts_with("exchange '.multios-stage/2/") && what.find("try-") == std::string_view::npos)
            decided = bench.twin.crash(Selection::all());
    });
    must(bench.install("p", "2", ImageBuilder{}.directory("d").file("d/y", "2").directory("p").file("p/x", "2")));
    REQUIRE(decided.has_value());
    const Twin twin{*decided};
    lose(twin, "", "d");
    Engine engine = engine_of(twin);
    must(engine.recover());
    CHECK(content(twin) == "2");
    lose(twin, "var/lib", "multios");
    must(engine.recover());
    CHECK(content(twin) == "2");
    CHECK(disagreement(twin) == "");
}

TEST_CASE("one read or write that fails at any moment of opening takes nothing back") {
    EngineBench bench;
    install_versions(bench, 3);
    const DiskState whole = bench.twin.crash(Selection::all());
    for (std::uint64_t call = 1;; ++call) {
        Twin twin{whole};
        twin.fail_at(call, EIO);
        Engine engine = engine_of(twin);
        (void)engine.recover().ok();
        const bool over = twin.calls() < call;
        twin.fail_never();
        must(engine.recover());
        CHECK(content(twin) == "3");
        CHECK(must(engine.history()).size() == 3);
        if (over)
            break;
    }
}

TEST_CASE("a database with bad sectors is restored from its copy") {
    for (const char *file : {"var/lib/multios/state.db", "var/lib/multios/state.db-wal"}) {
        EngineBench bench;
        install_versions(bench, 3);
        bench.twin.make_unreadable(file);
        CHECK(refusal(bench.engine->history()) == Code::IO);
        must(bench.engine->recover());
        CHECK(content(bench.twin) == "3");
        CHECK(must(bench.engine->history()).size() == 3);
        CHECK(disagreement(bench.twin) == "");
    }
}

TEST_CASE("bad sectors in the copy keep nobody from a sound database") {
    for (const char *file : {".multios-stage/copy/state.db", ".multios-stage/copy/state.db-wal"}) {
        EngineBench bench;
        install_versions(bench, 2);
        bench.twin.make_unreadable(file);
        must(bench.install("p", "3", simple("3")));
        must(bench.engine->recover());
        CHECK(content(bench.twin) == "3");
        CHECK(disagreement(bench.twin) == "");
    }
}

TEST_CASE("two lost transactions are refused, and nothing is moved") {
    EngineBench bench;
    install_versions(bench, 2);
    const Files old = files_of(bench.twin, state_folder);
    must(bench.install("p", "3", simple("3")));
    must(bench.install("p", "4", simple("4")));
    put_files(bench.twin, state_folder, old);
    put_files(bench.twin, copy_folder, old);
    Engine engine = engine_of(bench.twin);
    const auto refused = engine.recover();
    CHECK(refusal(refused) == Code::STAGE_UNCLEAR);
    CHECK(refused.error().message().starts_with("2 stages hold what transactions moved"));
    CHECK(content(bench.twin) == "4");
}

TEST_CASE("a rollback whose record was lost is carried out again") {
    EngineBench bench;
    install_versions(bench, 2);
    const Files old = files_of(bench.twin, state_folder);
    must(bench.roll_back());
    put_files(bench.twin, copy_folder, old);
    lose(bench.twin, "var/lib", "multios");
    Engine engine = engine_of(bench.twin);
    must(engine.recover());
    CHECK(content(bench.twin) == "1");
    CHECK(disagreement(bench.twin) == "");
    CHECK(must(engine.history()).size() == 3);
}

TEST_CASE("a stage whose plan is damaged is set aside when the database was restored") {
    EngineBench bench;
    install_versions(bench, 2);
    const Files old = files_of(bench.twin, state_folder);
    must(bench.install("p", "3", simple("3")));
    put_files(bench.twin, copy_folder, old);
    lose(bench.twin, "var/lib", "multios");
    must(must(folder(bench.twin, ".multios-stage/3")->open_file("plan", OpenMode::write))
             ->write_at(40, mos::base::as_bytes("damage")));
    Engine engine = engine_of(bench.twin);
    must(engine.recover());
    CHECK(must(folder(bench.twin, ".multios-stage")->find("3.unclear")).has_value());
    must(bench.install("p", "4", simple("4")));  // nobody's way is barred
    CHECK(must(folder(bench.twin, ".multios-stage")->find("3.unclear")).has_value());
}

// Whatever is lost at whichever moment of a change: the tree is what the database says, or the answer is a refusal.
TEST_CASE("a cut at any call of a change, and the database lost with it") {
    EngineBench bench;
    install_versions(bench, 2);
    std::vector<DiskState> states;
    bench.twin.on_mutation([&](std::uint64_t number, std::string_view) {
        for (const Selection &keep : {Selection::none(), Selection::all(), Selection::random(number)})
            states.push_back(bench.twin.crash(keep));
    });
    must(bench.install("p", "3", simple("3")));
    must(bench.roll_back());
    states.push_back(bench.twin.crash(Selection::none()));
    bench.twin.on_mutation(nullptr);
    CHECK(states.size() > 200);
    std::size_t restored = 0;
    for (const DiskState &state : states) {
        const Twin whole{state};
        Engine engine = engine_of(whole);
        must(engine.recover());
        CHECK(disagreement(whole) == "");
        for (const bool damaged : {false, true}) {
            const Twin twin{state};
            if (damaged)
                must(mos::base::replace_file(*folder(twin, state_folder), "state.db", mos::base::as_bytes("x"), 0600));
            else
                lose(twin, "var/lib", "multios");
            Engine second = engine_of(twin);
            const auto recovered = second.recover();
            if (recovered) {
                CHECK(disagreement(twin) == "");
                ++restored;
            } else {
                INFO(recovered.error().full_message());
                CHECK(refused_clearly(recovered.error()));
            }
        }
    }
    CHECK(restored == 2 * states.size());
}

TEST_CASE("a cut at any call of a restoration leads to the same end") {
    for (const bool lost_transaction : {false, true}) {
        EngineBench bench;
        install_versions(bench, 2);
        const Files old = files_of(bench.twin, state_folder);
        must(bench.install("p", "3", simple("3")));
        if (lost_transaction)
            put_files(bench.twin, copy_folder, old);
        must(mos::base::replace_file(*folder(bench.twin, state_folder), "state.db", mos::base::as_bytes("x"), 0600));
        must(must(bench.twin.root()->open_sync_point())->flush());
        std::vector<DiskState> states;
        bench.twin.on_mutation([&](std::uint64_t number, std::string_view) {
            for (const Selection &keep : {Selection::none(), Selection::all(), Selection::random(number),
                                          Selection::random(number + 500).torn(number)})
                states.push_back(bench.twin.crash(keep));
        });
        Engine engine = engine_of(bench.twin);
        must(engine.recover());
        bench.twin.on_mutation(nullptr);
        CHECK(states.size() > 60);
        for (const DiskState &state : states) {
            const Twin twin{state};
            Engine again = engine_of(twin);
            must(again.recover());
            CHECK(disagreement(twin) == "");
            CHECK(content(twin) == (lost_transaction ? "2" : "3"));
            CHECK(must(again.history()).size() == 3);
            CHECK_FALSE(must(folder(twin, state_folder)->find("state.db.restoring")).has_value());
            bool kept = false;
            for (const auto &entry : must(folder(twin, state_folder)->list()))
                kept = kept ||
                       (entry.name == "state.db.damaged" &&
                        must(mos::base::read_file(*folder(twin, state_folder), "state.db.damaged", 100)).size() == 1);
            CHECK(kept);
        }
    }
}

TEST_CASE("descriptors that ran out are no damage: nothing is restored and nothing taken back") {
    EngineBench bench;
    install_versions(bench, 1);
    const Files behind = files_of(bench.twin, copy_folder);
    must(bench.install("p", "2", simple("2")));
    put_files(bench.twin, copy_folder, behind);  // as where it could not be brought up to date
    const auto calls_of = [&] {
        const Twin twin = bench.twin.killed();
        const std::uint64_t before = twin.calls();
        Engine engine = engine_of(twin);
        must(engine.recover());
        return twin.calls() - before;
    };
    const std::uint64_t calls = calls_of();
    REQUIRE(calls > 10);
    // Every pair of calls: the first failure leads to the look at the copy, and the second is met somewhere in it.
    constexpr std::uint64_t detour = 60;
    for (std::uint64_t first = 1; first <= calls; ++first)
        for (std::uint64_t second = first + 1; second <= first + detour; ++second) {
            CAPTURE(first);
            CAPTURE(second);
            Twin twin = bench.twin.killed();
            const std::uint64_t before = twin.calls();
            twin.fail_at(before + first, EMFILE);
            twin.fail_at(before + second, EMFILE);
            {
                Engine engine = engine_of(twin);
                static_cast<void>(engine.recover());
            }
            twin.fail_never();
            CHECK(content(twin) == "2");
            CHECK(disagreement(twin).empty());
            CHECK_FALSE(must(folder(twin, state_folder)->find("state.db.damaged")));
        }
}
