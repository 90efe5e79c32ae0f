// What is read of packages: the frames that a plan needs and no others, fewer where the root has the content.
#include "bench.hpp"
#include "noise.hpp"
#include "reading.hpp"

#include <algorithm>

using namespace mos::test;
using mos::Code;
using mos::Result;
using mos::install::InstallOptions;
using mos::install::Reuse;
using mos::install::Steps;

namespace {

constexpr std::size_t large = 400'000;  // frames of its own, by what the writer does

// Notes which bytes of a package were read.
class CountingSource final : public mos::base::Source {
  public:
    CountingSource(mos::base::Bytes bytes, std::vector<bool> &read)
        : m_inner(mos::base::make_memory_source(std::move(bytes), "p.mos")), m_read(read) {}
    [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, mos::base::MutableByteView out) override {
        MOS_TRY(const std::size_t count, m_inner->read_at(offset, out));
        for (std::size_t i = 0; i < count; ++i)
            m_read[static_cast<std::size_t>(offset) + i] = true;
        return count;
    }
    [[nodiscard]] Result<std::uint64_t> size() override { return m_inner->size(); }
    [[nodiscard]] const std::string &name() const noexcept override { return m_inner->name(); }

  private:
    std::unique_ptr<mos::base::Source> m_inner;
    std::vector<bool> &m_read;
};

struct Counted {
    explicit Counted(const mos::base::Bytes &bytes, InstallOptions options = {}) : read(bytes.size()) {
        steps = install_steps({{open_package(std::make_unique<CountingSource>(bytes, read)), std::move(options)}});
    }
    [[nodiscard]] std::uint64_t bytes() const { return static_cast<std::uint64_t>(std::ranges::count(read, true)); }
    std::vector<bool> read;
    Steps steps;
};

const InstallOptions spare{.reuse = Reuse::installed};

// Three large files, of which the second release alters one, moves one and leaves one.
ImageBuilder files_of(int version) {
    const bool old = version == 1;
    ImageBuilder files;
    files.directory("opt").directory("opt/app");
    files.file("opt/app/altered", noise_text(large, old ? 1 : 2));
    files.file(old ? "opt/app/moved.1" : "opt/app/moved.2", noise_text(large, 3));
    files.file("opt/app/stays", noise_text(large, 4));
    return files;
}

const mos::base::Bytes &package_of(int version) {
    static const mos::base::Bytes first = make_package("app", "1.0", files_of(1).image());
    static const mos::base::Bytes second = make_package("app", "1.1", files_of(2).image());
    return version == 1 ? first : second;
}

struct ReadingBench : Bench {
    ReadingBench() { must(run(install_steps({{open_package(package_of(1)), {}}}))); }
};

// Index, manifest, the room for signatures and its copy at the end.
constexpr std::uint64_t around = 90'000;

bool is_about(std::uint64_t bytes, std::uint64_t wanted) { return bytes > wanted && bytes < wanted + around; }

}  // namespace

TEST_CASE("frames that hold nothing that changes are never read, and the plan says how much is") {
    ReadingBench bench;
    Counted package{package_of(2)};
    const auto plan = must(bench.resolve(package.steps));
    CHECK(plan.totals.package_bytes == package_of(2).size());
    CHECK(is_about(plan.totals.read_bytes, 2 * large));
    must(bench.run(package.steps));
    CHECK(package.bytes() == plan.totals.read_bytes);
    CHECK(bench.difference_from(files_of(2)) == "");
}

TEST_CASE("content that the root has at another path is not read where the package is to be spared") {
    ReadingBench bench;
    Counted package{package_of(2), spare};
    const auto plan = must(bench.resolve(package.steps));
    CHECK(is_about(plan.totals.read_bytes, large));
    must(bench.run(package.steps));
    CHECK(package.bytes() == plan.totals.read_bytes);
    CHECK(bench.difference_from(files_of(2)) == "");
    CHECK(bench.wrong_row() == "");
    bench.roll_back();
    CHECK(bench.difference_from(files_of(1)) == "");
}

TEST_CASE("what other packages have brought serves as well") {
    Bench bench;
    bench.install("other", "7", ImageBuilder{}.directory("srv").file("srv/copy", noise_text(large, 3)));
    Counted package{package_of(1), spare};
    must(bench.run(package.steps));
    CHECK(is_about(package.bytes(), 2 * large));
    CHECK(bench.content("opt/app/moved.1") == noise_text(large, 3));
}

TEST_CASE("a file that was altered or is gone does not serve, and its content comes from the package") {
    ReadingBench bench;
    SUBCASE("altered in one byte, which only its digest tells") {
        std::string content = noise_text(large, 3);
        content[large / 2] ^= 1;
        bench.write("opt/app/moved.1", content);
    }
    SUBCASE("gone") { bench.unlink("opt/app/moved.1"); }
    SUBCASE("a link to one that has the content") {
        bench.unlink("opt/app/moved.1");
        bench.write("opt/app/mine", noise_text(large, 3));
        bench.symlink("opt/app/moved.1", "mine");
    }
    Counted package{package_of(2), spare};
    const auto plan = must(bench.resolve(package.steps));
    CHECK(is_about(plan.totals.read_bytes, 2 * large));
    must(bench.run(package.steps));
    CHECK(package.bytes() == plan.totals.read_bytes);
    CHECK(bench.content("opt/app/moved.2") == noise_text(large, 3));
}

TEST_CASE("a file that is altered between plan and change is found out, and the root stays as it is") {
    ReadingBench bench;
    Counted package{package_of(2), spare};
    const auto plan = must(bench.resolve(package.steps));
    std::string content = noise_text(large, 3);
    content[7] ^= 1;
    bench.write("opt/app/moved.1", content);
    const TreeImage before = bench.tree();
    const auto outcome = mos::install::carry_out(bench.machine->site(), package.steps, plan, {nobody(), ""});
    REQUIRE(refusal(outcome) == Code::PLAN_CHANGED);
    CHECK(difference(before, bench.tree(), all_directory_times) == "");
    CHECK(bench.version_of("app") == "1.0");
    must(bench.run(package.steps));  // planned again, it goes on
    CHECK(bench.content("opt/app/moved.2") == noise_text(large, 3));
}

TEST_CASE("a file is not looked for where its frame is read anyway") {
    const auto files = [](int version) {
        ImageBuilder image;
        image.directory("opt");
        for (int i = 0; i < 8; ++i) {
            const bool moves = i % 2 == 0;
            const std::string name = "opt/" + std::to_string(i);
            image.file(moves ? name + "." + std::to_string(version) : name,
                       noise_text(2000, static_cast<std::uint32_t>(moves ? i : 10 * version + i)));
        }
        return image;
    };
    Bench bench;
    bench.install("app", "1", files(1));
    Counted spared{make_package("app", "2", files(2).image()), spare};
    const auto plan = must(bench.resolve(spared.steps));
    CHECK(plan.totals.read_bytes == plan.totals.package_bytes);
    CHECK(plan.reading->steps[0].present.empty());
    must(mos::install::carry_out(bench.machine->site(), spared.steps, plan, {nobody(), ""}));
    CHECK(bench.content("opt/0.2") == noise_text(2000, 0));
}

TEST_CASE("one file may serve several, also of several packages, and of names that share a file") {
    Bench bench;
    bench.install("other", "7", ImageBuilder{}.directory("srv").file("srv/copy", noise_text(large, 3)));
    const ImageBuilder linked = ImageBuilder{}
                                    .directory("usr")
                                    .file("usr/a", noise_text(large, 3))
                                    .file("usr/b", noise_text(large, 3), 0755)
                                    .link("usr/c", "usr/a");
    std::vector<bool> read;
    const auto bytes = make_package("linked", "1", linked.image());
    read.resize(bytes.size());
    Steps steps = install_steps(
        {{open_package(std::make_unique<CountingSource>(bytes, read)), spare}, {open_package(package_of(1)), spare}});
    const auto plan = must(bench.resolve(steps));
    must(bench.run(steps));
    CHECK(static_cast<std::uint64_t>(std::ranges::count(read, true)) < around);
    CHECK(plan.totals.read_bytes < 2 * large + 2 * around);
    CHECK(bench.content("usr/b") == noise_text(large, 3));
    CHECK(bench.content("usr/c") == noise_text(large, 3));
    CHECK(bench.wrong_row() == "");
}

TEST_CASE("of a delta package the patches are read whose files change, and no others") {
    const auto files = [](int version) {
        ImageBuilder image;
        image.directory("opt");
        for (int i = 0; i < 2; ++i) {
            std::string content = noise_text(large, static_cast<std::uint32_t>(i));
            for (std::size_t k = 0; version == 2 && k < large; k += 40)
                content[k] = static_cast<char>(content[k] + i + 1);
            image.file("opt/" + std::to_string(i), content);
        }
        return image;
    };
    Bench bench;
    const auto first = make_package("app", "1", files(1).image());
    must(bench.run(install_steps({{open_package(first), {}}})));
    Counted package{make_delta(first, make_package("app", "2", files(2).image()))};
    const auto plan = must(bench.resolve(package.steps));
    must(bench.run(package.steps));
    CHECK(package.bytes() == plan.totals.read_bytes);
    CHECK(bench.difference_from(files(2)) == "");
}
