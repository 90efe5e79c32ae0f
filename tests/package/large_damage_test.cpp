// Bytes that stand where 32 bits with a sign no longer reach. Run by itself (meson test --suite slow).
#include "altered_source.hpp"
#include "package_fixture.hpp"

using namespace mos;
using namespace mos::package;
using mos::test::AlteredSource;
using mos::test::must;
using mos::test::refusal;

TEST_CASE("a payload beyond 2 GiB is refused with any byte altered" * doctest::skip()) {
    constexpr std::uint64_t limit = std::uint64_t{1} << 31U;
    const test::Tree tree;
    tree.file("image", "");
    std::filesystem::resize_file(tree.at("image"), limit + (64U << 20U));
    const test::TestKey key;
    CreateOptions options = test::reproducible();
    options.level = uncompressed;
    options.signers = {key.signer.get()};
    const test::PackageMaker maker{options};
    must(maker.create(tree));
    const auto check = [&](std::uint64_t place) -> Result<void> {
        MOS_TRY(PackageFile file, PackageFile::open(std::make_unique<AlteredSource>(maker.path(), place)));
        MOS_TRY(Package package, std::move(file).authenticate(key.trust(), test::decision_at()));
        return package.verify_content(base::silent_observer());
    };
    const std::uint64_t size = std::filesystem::file_size(maker.path());
    REQUIRE(size > limit + (64U << 20U));
    const Layout layout =
        layout_of(must(PackageFile::open(must(base::open_file_source(maker.path())))).claimed_statement());
    for (const std::uint64_t place :
         {layout.payload + 5, limit - 1, limit, limit + (32U << 20U), layout.last_frame - 1})
        CHECK(refusal(check(place)) == Code::DIGEST_MISMATCH);
    CHECK(refusal(check(size - 1)) == Code::SIGNATURE_COPY);
    must(check(size));
}
