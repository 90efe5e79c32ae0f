#include <mos/base/system_reader.hpp>

#include "expect.hpp"
#include "twin.hpp"

#include <algorithm>

using namespace mos;
using mos::test::must;
using mos::test::Twin;

namespace {

void put(const Twin &twin, const std::string &folder, const std::string &name, const std::string &text = {}) {
    const auto directory = must(base::make_directories(*twin.root(), folder, base::NewNames::unflushed));
    must(base::replace_file(*directory, name, base::as_bytes(text), 0644));
}

}  // namespace

TEST_CASE("what can't be read of a machine is not there") {
    const Twin twin;
    const auto root = twin.root();
    base::SystemReader reader{*root};
    CHECK(reader.folder("run") == nullptr);
    CHECK_FALSE(reader.bytes("run", "utmp"));
    CHECK(reader.text("run", "utmp").empty());
    CHECK(reader.names("run").empty());
    CHECK_FALSE(reader.has("run", "utmp"));
}

TEST_CASE("a machine's files are read whole, or their first line") {
    const Twin twin;
    put(twin, "sys/power", "type", "Battery\nmore\n");
    put(twin, "sys/power", "empty");
    const auto root = twin.root();
    base::SystemReader reader{*root};
    CHECK(reader.text("sys/power", "type") == "Battery\nmore\n");
    CHECK(reader.line("sys/power", "type") == "Battery");
    CHECK(reader.line("sys/power", "empty").empty());
    auto names = reader.names("sys/power");
    std::ranges::sort(names);
    CHECK(names == std::vector<std::string>{"empty", "type"});
}

TEST_CASE("a program is looked for where the system keeps its own, and nowhere else") {
    const Twin twin;
    put(twin, "usr/bin", "busctl");
    put(twin, "sbin", "runuser");
    put(twin, "home/mine", "wall");
    const auto root = twin.root();
    base::SystemReader reader{*root};
    CHECK(reader.find_program("busctl") == "/usr/bin/busctl");
    CHECK(reader.find_program("runuser") == "/sbin/runuser");
    CHECK(reader.find_program("wall").empty());
}
