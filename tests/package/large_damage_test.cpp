// Bytes that stand where 32 bits with a sign no longer reach. Run by itself (meson test --suite slow).
#include "package_fixture.hpp"

using namespace mos;
using namespace mos::package;
using mos::test::must;
using mos::test::refusal;

namespace {

// A file on the disk with one byte that is another.
class Altered final : public base::Source {
  public:
    Altered(const std::string &path, std::uint64_t place)
        : m_file(must(base::open_file_source(path))), m_place(place) {}
    [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, base::MutableByteView out) override {
        MOS_TRY(const std::size_t count, m_file->read_at(offset, out));
        if (m_place >= offset && m_place - offset < count)
            out[static_cast<std::size_t>(m_place - offset)] ^= std::byte{1};
        return count;
    }
    [[nodiscard]] Result<std::uint64_t> size() override { return m_file->size(); }
    [[nodiscard]] const std::string &name() const noexcept override { return m_file->name(); }

  private:
    std::unique_ptr<base::Source> m_file;
    std::uint64_t m_place;
};

}  // namespace

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
        MOS_TRY(PackageFile file, PackageFile::open(std::make_unique<Altered>(maker.path(), place)));
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
