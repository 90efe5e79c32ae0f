// Which files of the base the patches of a delta package are made of, and how many share one.
#include "package_delta_fixture.hpp"

#include <fmt/format.h>

using namespace mos;
using namespace mos::test::delta;
using mos::test::content_of;
using mos::test::must;

namespace {

class Listening final : public base::Observer {
  public:
    void report(const base::Progress & /*progress*/) override {}
    [[nodiscard]] Result<void> checkpoint() override { return {}; }
    void notice(std::string_view message) override { notices.emplace_back(message); }
    std::vector<std::string> notices;
};

PackageDeltaOptions for_device_with(std::uint64_t memory) {
    PackageDeltaOptions options;
    options.apply_memory = memory;
    return options;
}

// Every file of `to` that has content is made right out of those of `from`, within the memory that was promised.
void check_made(const Release &from, const Release &to, const MadeDelta &made, std::uint64_t memory) {
    const auto base = from.open();
    BaseInMemory files{*base};
    const auto package = opened(made.bytes);
    const auto content = must(PackageContent::open(package, files, {.memory_limit = memory}));
    const auto target = to.open();
    for (const auto &[path, entry] : by_path(*target))
        if (entry.type == package::EntryType::regular && entry.size > 0 && path.starts_with("content/files/usr/"))
            CHECK(must(read_entry(*content, by_path(*package).at(path))) == content_of(*target, entry));
}

}  // namespace

TEST_CASE("two files that exchange their names are made of one another") {
    Release old{"1"};
    Release fresh{"2"};
    old.tree.file("usr/lib/firmware-current", text_of(noise(400'000, 2)));
    old.tree.file("usr/lib/firmware-previous", text_of(noise(400'000, 3)));
    fresh.tree.file("usr/lib/firmware-current", text_of(joined({noise(100, 4), noise(400'000, 3)})));
    fresh.tree.file("usr/lib/firmware-previous", text_of(joined({noise(100, 5), noise(400'000, 2)})));
    // Alone, and as two of a group.
    for (const std::uint64_t memory : {std::uint64_t{2} << 20U, std::uint64_t{32} << 20U}) {
        const MadeDelta made = must(make_delta(old.open(), fresh.open(), for_device_with(memory)));
        CHECK(made.report.patched_files == 2);
        CHECK(made.report.file_bytes < made.report.full_bytes / 4);
        check_made(old, fresh, made, memory);
    }
}

TEST_CASE("a file that is put together from several is made of all of them") {
    Release old{"1"};
    Release fresh{"2"};
    const Bytes one = noise(300'000, 2);
    const Bytes two = noise(300'000, 3);
    old.tree.file("usr/lib/one", text_of(one));
    old.tree.file("usr/lib/two", text_of(two));
    fresh.tree.file("usr/lib/one", text_of(joined({two, one})));
    const MadeDelta made = must(make_delta(old.open(), fresh.open()));
    CHECK(made.report.file_bytes < made.report.full_bytes / 10);
    check_made(old, fresh, made, mos::delta::default_apply_memory);
}

TEST_CASE("so many files with long names are made by several patches, whose lists the device has memory for") {
    Release old{"1"};
    Release fresh{"2"};
    const std::string folder = "usr/lib/" + std::string(100, 'd') + "/" + std::string(60, 'e');
    constexpr unsigned files = 500;
    for (unsigned i = 0; i < files; ++i) {
        old.tree.file(fmt::format("{}/{}", folder, i), text_of(noise(300, i)));
        fresh.tree.file(fmt::format("{}/{}", folder, i), text_of(sprinkled(noise(300, i))));
    }
    constexpr std::uint64_t little = 2U << 20U;
    const MadeDelta made = must(make_delta(old.open(), fresh.open(), for_device_with(little)));
    CHECK(made.report.patched_files == files);
    CHECK(made.report.patches > 1);
    check_made(old, fresh, made, little);
}

TEST_CASE("what is no difference to the base for want of memory is told") {
    Release old{"1"};
    Release fresh{"2"};
    old.tree.file("usr/lib/file", text_of(noise(50'000)));
    fresh.tree.file("usr/lib/file", text_of(sprinkled(noise(50'000))));
    Listening listening;
    PackageDeltaOptions options;
    options.package.observer = &listening;
    options.create_memory = 1000;
    const MadeDelta made = must(make_delta(old.open(), fresh.open(), options));
    CHECK(made.report.whole_files == 1);
    REQUIRE(listening.notices.size() == 1);
    CHECK(listening.notices[0].starts_with(
        "for want of memory no difference to the base is made of a changed file (50000 bytes): "));
    options.create_memory = mos::delta::default_create_memory;
    CHECK(must(make_delta(old.open(), fresh.open(), options)).report.patched_files == 1);
    CHECK(listening.notices.size() == 1);
}
