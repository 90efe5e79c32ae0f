#include "file_writer.hpp"

#include "journal_bench.hpp"

#include <algorithm>
#include <zlib.h>

using namespace mos::base;
using namespace mos::observe;
using namespace mos::test;
using mos::Code;

namespace {

constexpr const char *log_name = "update.log";

struct Bench {
    Twin twin;
    std::unique_ptr<Directory> root = twin.root();

    [[nodiscard]] FileWriter writer(Rotation rotation = {}) const {
        return {[this] { return make_directories(*root, "var/log", NewNames::unflushed); }, log_name,
                must(LineFormat::parse("message")), rotation};
    }
    [[nodiscard]] std::unique_ptr<Directory> folder() const {
        return must(root->open_directory("var/log", Symlinks::refuse));
    }
    [[nodiscard]] std::string content(const std::string &name = log_name) const {
        return std::string{as_text(must(read_file(*folder(), name, 1U << 24U)))};
    }
    [[nodiscard]] Words names() const {
        Words found;
        for (const DirectoryEntry &entry : must(folder()->list()))
            found.push_back(entry.name);
        return found;
    }
};

std::vector<Event> lines(std::initializer_list<const char *> messages) {
    std::vector<Event> events;
    for (const char *message : messages)
        events.push_back(make_event(EventType::notice, {}, message));
    return events;
}

std::vector<Event> long_line(char letter) {
    return {make_event(EventType::notice, {}, std::string(999, letter))};  // 1000 bytes with its end
}

std::string expanded(const std::string &bytes) {
    z_stream stream{};
    REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
    std::string in = bytes;
    std::string out(1U << 22U, '\0');
    stream.next_in = reinterpret_cast<Bytef *>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef *>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
    out.resize(stream.total_out);
    inflateEnd(&stream);
    return out;
}

}  // namespace

TEST_CASE("lines are added at the end, and the folder is made where it is missing") {
    const Bench bench;
    FileWriter writer = bench.writer();
    must(writer.write(lines({"one", "two"})));
    must(writer.write(lines({"three"})));
    CHECK(bench.content() == "one\ntwo\nthree\n");
    CHECK(must(bench.folder()->find(log_name))->mode == 0640);
    CHECK(bench.twin.flushes() == 0);
}

TEST_CASE("a folder that vanishes is made again, and a file that is moved away is begun anew") {
    const Bench bench;
    FileWriter writer = bench.writer();
    must(writer.write(lines({"one"})));
    must(remove_tree(*must(bench.root->open_directory("var", Symlinks::refuse)), "log"));
    must(writer.write(lines({"two"})));
    CHECK(bench.content() == "two\n");
    must(bench.folder()->rename(log_name, *bench.folder(), "moved", RenameMode::replace));
    must(writer.write(lines({"three"})));
    CHECK(bench.content() == "three\n");
    CHECK(bench.content("moved") == "two\n");
}

TEST_CASE("a full disk leaves no part of a line, and what comes later is written") {
    Bench bench;
    FileWriter writer = bench.writer();
    must(writer.write(lines({"one"})));
    bench.twin.set_free_bytes(0);
    const std::vector<Event> much{make_event(EventType::notice, {}, std::string(9000, 'x'))};
    CHECK(refusal(writer.write(much)) == Code::NO_SPACE);
    CHECK(bench.content() == "one\n");
    bench.twin.set_free_bytes(1U << 20U);
    must(writer.write(lines({"two"})));
    CHECK(bench.content() == "one\ntwo\n");
}

TEST_CASE("a file that is full is put aside, and the oldest one goes") {
    const Bench bench;
    FileWriter writer = bench.writer({.max_bytes = 2500, .max_files = 3, .compress = false});
    for (const char letter : {'a', 'b', 'c', 'd', 'e', 'f', 'g'})
        must(writer.write(long_line(letter)));
    CHECK(bench.names() == Words{"update.log", "update.log.1", "update.log.2"});
    CHECK(bench.content()[0] == 'g');
    CHECK(bench.content("update.log.1").size() == 2000);
    CHECK(bench.content("update.log.1")[0] == 'e');
    CHECK(bench.content("update.log.2")[0] == 'c');
    CHECK_FALSE(writer.work_a_little());
}

TEST_CASE("of one file alone nothing is put aside") {
    const Bench bench;
    FileWriter writer = bench.writer({.max_bytes = 1500, .max_files = 1, .compress = false});
    for (const char letter : {'a', 'b'})
        must(writer.write(long_line(letter)));
    CHECK(bench.names() == Words{"update.log"});
    CHECK(bench.content()[0] == 'b');
}

TEST_CASE("what was put aside is compressed when there is time, and not before") {
    const Bench bench;
    FileWriter writer = bench.writer({.max_bytes = 2500, .max_files = 4, .compress = true});
    for (const char letter : {'a', 'b', 'c', 'd', 'e'})
        must(writer.write(long_line(letter)));
    CHECK(bench.names() == Words{"update.log", "update.log.1", "update.log.2"});
    while (writer.work_a_little()) {
    }
    CHECK(bench.names() == Words{"update.log", "update.log.1.gz", "update.log.2.gz"});
    CHECK(expanded(bench.content("update.log.2.gz")) == std::string(999, 'a') + "\n" + std::string(999, 'b') + "\n");
    CHECK(expanded(bench.content("update.log.1.gz"))[0] == 'c');
    must(writer.write(long_line('f')));
    must(writer.write(long_line('g')));
    CHECK(bench.names() == Words{"update.log", "update.log.1", "update.log.2.gz", "update.log.3.gz"});
}

TEST_CASE("a large file is compressed in pieces, between which lines are written and files are put aside") {
    const Bench bench;
    const Rotation rotation{.max_bytes = 2U << 20U, .max_files = 5, .compress = true};
    std::string large;
    for (int i = 0; large.size() < (1U << 20U); ++i)
        large += std::to_string(i * 7919) + "\n";
    {
        FileWriter writer = bench.writer(rotation);
        must(writer.write(lines({"new"})));
    }
    must(must(bench.folder()->open_file("update.log.1", OpenMode::create_new))->write_at(0, as_bytes(large)));
    FileWriter writer = bench.writer(rotation);
    CHECK(writer.work_a_little());
    must(writer.write(lines({"newer"})));
    CHECK(bench.content() == "new\nnewer\n");
    int steps = 1;
    while (writer.work_a_little())
        ++steps;
    CHECK(steps >= 4);
    CHECK(expanded(bench.content("update.log.1.gz")) == large);
}

TEST_CASE("a compression that is given up leaves the file, and is begun again by whoever comes next") {
    const Bench bench;
    const Rotation rotation{.max_bytes = 2500, .max_files = 3, .compress = true};
    {
        FileWriter writer = bench.writer(rotation);
        for (const char letter : {'a', 'b', 'c'})
            must(writer.write(long_line(letter)));
        CHECK(writer.work_a_little());  // not to its end
    }
    CHECK(bench.names() == Words{"update.log", "update.log.1"});
    FileWriter writer = bench.writer(rotation);
    while (writer.work_a_little()) {
    }
    CHECK(bench.names() == Words{"update.log", "update.log.1.gz"});
}

TEST_CASE("two writers of one file lose nothing when one of them puts it aside") {
    const Bench bench;
    const Rotation rotation{.max_bytes = 2500, .max_files = 10, .compress = false};
    FileWriter one = bench.writer(rotation);
    FileWriter other = bench.writer(rotation);
    for (int i = 0; i < 5; ++i) {
        must(one.write(long_line('a')));
        must(other.write(long_line('b')));
    }
    std::size_t bytes = 0;
    for (const std::string &name : bench.names())
        bytes += bench.content(name).size();
    CHECK(bytes == 10'000);
}

TEST_CASE("whatever call fails, no line is there in part and later lines are written") {
    const Rotation rotation{.max_bytes = 2500, .max_files = 3, .compress = true};
    std::uint64_t calls = 0;
    const auto write_all = [&](Bench &bench) {
        FileWriter writer = bench.writer(rotation);
        for (const char letter : {'a', 'b', 'c', 'd', 'e', 'f'}) {
            static_cast<void>(writer.write(long_line(letter)));
            while (writer.work_a_little()) {
            }
        }
    };
    {
        Bench bench;
        write_all(bench);
        calls = bench.twin.calls();
    }
    for (std::uint64_t call = 1; call <= calls; ++call) {
        INFO(call);
        Bench bench;
        bench.twin.fail_at(call, EIO);
        write_all(bench);
        bench.twin.fail_never();
        FileWriter writer = bench.writer(rotation);
        must(writer.write(long_line('z')));
        const std::string now = bench.content();
        CHECK(now.size() % 1000 == 0);
        CHECK(now[now.size() - 2] == 'z');
    }
}
