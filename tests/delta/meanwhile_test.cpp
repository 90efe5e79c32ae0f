// What becomes of files that change while a delta of them is made or applied.
#include "delta_fixture.hpp"
#include "memory_budget.hpp"
#include "temporary_root.hpp"

#include <filesystem>
#include <limits>
#include <sys/stat.h>

using namespace mos;
using namespace mos::test::delta;
using mos::test::must;
using mos::test::refusal;

namespace {

// A file in which somebody writes, or that he cuts short, just before it is read from its beginning for the nth time.
class Changing final : public base::Source {
  public:
    enum class Kind { written, cut };
    Changing(Bytes bytes, unsigned nth, Kind kind = Kind::written)
        : m_bytes(std::move(bytes)), m_nth(nth), m_kind(kind) {}

    [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, base::MutableByteView out) override {
        if (offset == 0 && --m_nth == 0)
            change();
        const std::size_t at = std::min<std::size_t>(offset, m_bytes.size());
        const std::size_t count = std::min(out.size(), m_bytes.size() - at);
        std::copy_n(m_bytes.begin() + static_cast<std::ptrdiff_t>(at), count, out.begin());
        return count;
    }
    [[nodiscard]] Result<std::uint64_t> size() override { return m_bytes.size(); }
    [[nodiscard]] const std::string &name() const noexcept override { return m_name; }
    [[nodiscard]] const Bytes &bytes() const noexcept { return m_bytes; }

  private:
    void change() {
        if (m_kind == Kind::cut)
            m_bytes.resize(m_bytes.size() / 3);
        else
            std::fill_n(m_bytes.begin() + 100, 400, std::byte{0xAB});
    }

    Bytes m_bytes;
    unsigned m_nth;
    Kind m_kind;
    std::string m_name = "changing";
};

constexpr unsigned more_often_than_read = 12;

Result<Bytes> made_of(base::Source &base, base::Source &result, Codec codec) {
    Bytes out;
    MOS_CHECK(mos::delta::create_delta(base, result, {.codec = codec}, [&](base::ByteView part) -> Result<void> {
        out.insert(out.end(), part.begin(), part.end());
        return {};
    }));
    return out;
}

// True when the delta was refused.
bool is_refused_or_right(Codec codec, bool is_base, unsigned nth) {
    INFO(nth);
    const Bytes old = noise(70'000);
    Changing changing{is_base ? old : sprinkled(old), nth};
    const auto other = source(is_base ? sprinkled(old) : old);
    const auto delta = is_base ? made_of(changing, *other, codec) : made_of(*other, changing, codec);
    if (!delta) {
        CHECK(refusal(delta) == Code::CHANGED_MEANWHILE);
        return true;
    }
    const auto [result, outcome] = applied(is_base ? changing.bytes() : old, *delta);
    must(outcome);
    CHECK(result == (is_base ? sprinkled(old) : changing.bytes()));
    return false;
}

std::vector<Codec> codecs() { return codecs_for({"", noise(10), noise(11)}); }

}  // namespace

TEST_CASE("a file that changes while a delta is made of it gives none, or one that is right for what it is now") {
    for (const Codec codec : codecs()) {
        for (const bool is_base : {true, false}) {
            INFO(delta::codec_name(codec), ", base: ", is_base);
            unsigned refused = 0;
            for (unsigned nth = 1; nth <= more_often_than_read; ++nth)
                refused += is_refused_or_right(codec, is_base, nth) ? 1U : 0U;
            CHECK(refused > 0);
        }
    }
}

TEST_CASE("a base that changes while a delta is applied is called so, and not the delta") {
    const Bytes old = noise(70'000);
    for (const Codec codec : codecs()) {
        if (codec == Codec::full)
            continue;  // reads no base
        for (const auto kind : {Changing::Kind::written, Changing::Kind::cut}) {
            INFO(delta::codec_name(codec));
            const Bytes delta = delta_of(old, sprinkled(old), codec);
            Changing base{old, 2, kind};
            const auto applied = mos::delta::apply_delta(base, in_pieces(delta, 4096), {},
                                                         [](base::ByteView /*part*/) { return Result<void>{}; });
            CHECK(refusal(applied) == Code::BASE_DIFFERS);
        }
    }
}

TEST_CASE("a name that is a link's, a pipe's or a folder's is not taken over") {
    const Bytes old = noise(5000);
    const Bytes delta = delta_of(old, sprinkled(old), Codec::suffix);
    const mos::test::TemporaryRoot output;
    const auto folder = output.root();
    std::filesystem::create_symlink("elsewhere", output.path() + "/link");
    std::filesystem::create_directory(output.path() + "/folder");
    REQUIRE(::mkfifo((output.path() + "/pipe").c_str(), 0600) == 0);
    for (const char *name : {"link", "folder", "pipe"}) {
        const auto before = must(folder->find(name));
        const auto base = source(old);
        const auto fresh = source(sprinkled(old));
        CHECK(refusal(mos::delta::create_delta_file(*base, *fresh, {}, *folder, name)) == Code::INVALID_ARGUMENT);
        CHECK(refusal(mos::delta::apply_delta_file(*base, in_pieces(delta, 4096), {}, *folder, name)) ==
              Code::INVALID_ARGUMENT);
        CHECK(must(folder->find(name))->type == before->type);
    }
    CHECK(must(folder->list()).size() == 3);
}

TEST_CASE("more memory than a process can have is refused, whatever the limit is") {
    mos::delta::MemoryBudget memory{std::numeric_limits<std::uint64_t>::max()};
    CHECK(refusal(mos::delta::CountedBytes::create(memory, std::numeric_limits<std::uint64_t>::max() - 1, "it")) ==
          Code::LIMIT);
}
