#include <mos/base/source.hpp>

#include "expect.hpp"

#include <array>

using namespace mos::base;
using mos::Code;
using mos::test::must;
using mos::test::refusal;

TEST_CASE("bytes in memory are read at any offset, fewer at the end and none past it") {
    const auto source = make_memory_source(to_bytes(as_bytes("abcdef")), "memory");
    std::array<std::byte, 4> out{};
    CHECK(must(source->size()) == 6);
    CHECK(must(source->read_at(1, out)) == 4);
    CHECK(as_text(out) == "bcde");
    CHECK(must(source->read_at(4, out)) == 2);
    CHECK(must(source->read_at(6, out)) == 0);
    CHECK(must(source->read_at(UINT64_MAX, out)) == 0);
    CHECK(refusal(read_exactly(*source, 4, out)) == Code::TRUNCATED);
}

// Memory that is none has no address: copying nothing to it was undefined, found by fuzzing a statement of no length.
TEST_CASE("nothing can be read into no memory") {
    const auto source = make_memory_source(to_bytes(as_bytes("abc")), "memory");
    CHECK(must(source->read_at(0, {})) == 0);
    must(read_exactly(*source, 1, {}));
    must(read_exactly(*make_memory_source({}, "empty"), 0, {}));
}
