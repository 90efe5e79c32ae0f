// Sources whose bytes are dear.
#include "expect.hpp"

#include <mos/base/remembered_source.hpp>

#include <cstddef>
#include <numeric>
#include <utility>

using mos::Code;
using mos::Error;
using mos::Result;
using mos::test::must;
using mos::test::refusal;
using namespace mos::base;

namespace {

using Reads = std::vector<std::pair<std::uint64_t, std::size_t>>;

class CountingSource final : public Source {
  public:
    explicit CountingSource(Reads &reads) : m_reads(reads) {}
    [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) override {
        if (broken)
            return Error{Code::IO, "the line is down"};
        m_reads.emplace_back(offset, out.size());
        return m_inner->read_at(offset, out);
    }
    [[nodiscard]] Result<std::uint64_t> size() override { return m_inner->size(); }
    [[nodiscard]] const std::string &name() const noexcept override { return m_inner->name(); }

    bool broken = false;

  private:
    [[nodiscard]] static Bytes counted() {
        Bytes bytes(1000);
        for (std::size_t i = 0; i < bytes.size(); ++i)
            bytes[i] = static_cast<std::byte>(i % 251);
        return bytes;
    }
    Reads &m_reads;
    std::unique_ptr<Source> m_inner = make_memory_source(counted(), "far away");
};

struct Bench {
    explicit Bench(std::size_t most_bytes) {
        auto counting = std::make_unique<CountingSource>(reads);
        inner = counting.get();
        source = std::make_unique<RememberedSource>(std::move(counting), most_bytes);
    }
    // What stands there, told from the bytes themselves.
    [[nodiscard]] bool is_right(std::uint64_t offset, std::size_t size) const {
        Bytes out(size);
        const std::size_t count = must(source->read_at(offset, out));
        for (std::size_t i = 0; i < count; ++i)
            if (out[i] != static_cast<std::byte>((offset + i) % 251))
                return false;
        return count == std::min<std::size_t>(size, offset < 1000 ? 1000 - offset : 0);
    }

    Reads reads;
    CountingSource *inner = nullptr;
    std::unique_ptr<RememberedSource> source;
};

}  // namespace

TEST_CASE("what was read once is not read again, and neither is a part of it") {
    const Bench bench{500};
    CHECK(bench.is_right(100, 200));
    CHECK(bench.is_right(100, 200));
    CHECK(bench.is_right(150, 150));
    CHECK(bench.is_right(299, 1));
    CHECK(bench.reads == Reads{{100, 200}});
    CHECK(bench.is_right(299, 2));  // one byte more
    CHECK(bench.is_right(99, 2));
    CHECK(bench.reads.size() == 3);
}

TEST_CASE("no more is kept than was allowed, and what is not kept is read each time") {
    const Bench bench{250};
    CHECK(bench.is_right(0, 200));
    CHECK(bench.is_right(200, 100));
    CHECK(bench.is_right(200, 100));
    CHECK(bench.is_right(300, 50));
    CHECK(bench.is_right(300, 50));
    CHECK(bench.is_right(0, 200));
    CHECK(bench.reads == Reads{{0, 200}, {200, 100}, {200, 100}, {300, 50}});
}

TEST_CASE("a longer piece takes the place of one that begins where it does") {
    const Bench bench{300};
    CHECK(bench.is_right(10, 20));
    CHECK(bench.is_right(10, 290));
    CHECK(bench.is_right(10, 290));
    CHECK(bench.reads.size() == 2);
    CHECK(bench.is_right(400, 10));
    CHECK(bench.is_right(400, 10));
    CHECK(bench.reads.size() == 3);
}

TEST_CASE("the end is where the source has it, and an error is no content") {
    const Bench bench{500};
    CHECK(bench.is_right(990, 20));
    CHECK(bench.is_right(1000, 20));
    CHECK(bench.is_right(5000, 20));
    CHECK(must(bench.source->size()) == 1000);
    CHECK(bench.source->name() == "far away");
    bench.inner->broken = true;
    Bytes out(10);
    CHECK(refusal(bench.source->read_at(0, out)) == Code::IO);
    bench.inner->broken = false;
    CHECK(bench.is_right(0, 10));
}
