// What a reader refuses of a package that was damaged or altered after it was signed.
#include "taken_apart.hpp"

#include <mos/package/tar.hpp>

using namespace mos;
using namespace mos::package;
using mos::test::must;
using mos::test::refusal;

namespace {

struct Signed {
    test::TestKey key;
    crypto::TrustStore trust = key.trust();
    base::Bytes bytes;
    Layout layout;

    Signed() {
        const test::Tree tree;
        test::fill(tree);
        CreateOptions options = test::reproducible();
        options.signature_area_bytes = 1024;
        options.signers = {key.signer.get()};
        const test::PackageMaker maker{options};
        must(maker.create(tree));
        bytes = maker.bytes();
        layout = layout_of(must(decode_statement(base::ByteView{bytes}.subspan(17, statement_bytes), {})));
    }
};

const Signed &sample() {
    static const Signed signed_package;
    return signed_package;
}

Result<Package> authenticate(std::unique_ptr<base::Source> source) {
    MOS_TRY(PackageFile file, PackageFile::open(std::move(source)));
    return std::move(file).authenticate(sample().trust, test::decision_at());
}

Result<void> check(base::Bytes bytes) {
    MOS_TRY(Package package, authenticate(base::make_memory_source(std::move(bytes), "p.mos")));
    return package.verify_content(base::silent_observer());
}

base::Bytes flipped(std::uint64_t at, std::byte bits = std::byte{1}) {
    base::Bytes bytes = sample().bytes;
    bytes[static_cast<std::size_t>(at)] ^= bits;
    return bytes;
}

// Every byte of the head up to the index, every 499th of the rest.
template <class Use>
void for_sampled_bytes(Use use) {
    const std::uint64_t size = sample().bytes.size();
    for (std::uint64_t at = 0; at < size; at += at < sample().layout.index + 64 ? 1U : 499U)
        use(at);
    use(size - 1);
}

}  // namespace

TEST_CASE("an untouched package is accepted and says who signed it") {
    Package package = must(authenticate(base::make_memory_source(sample().bytes, "p.mos")));
    must(package.verify_content(base::silent_observer()));
    REQUIRE(package.verdict() != nullptr);
    CHECK(package.verdict()->accepted.at(0).trust_entry == "test");
    CHECK(must(package.manifest()).package_info.name == "p");
    CHECK(must(test::open_unverified(sample().bytes)).verdict() == nullptr);
}

TEST_CASE("a package cut at any byte is refused as too short") {
    for_sampled_bytes([](std::uint64_t at) {
        const base::Bytes cut = test::slice(sample().bytes, 0, at);
        CHECK_MESSAGE(refusal(check(cut)) == Code::TRUNCATED, at);
    });
}

TEST_CASE("a package with any bit changed is refused") {
    for_sampled_bytes([](std::uint64_t at) { CHECK_MESSAGE(!check(flipped(at)).ok(), at); });
    for_sampled_bytes([](std::uint64_t at) { CHECK_MESSAGE(!check(flipped(at, std::byte{0x80})).ok(), at); });
}

TEST_CASE("each part of a package that is altered is named by its own error") {
    const Layout &layout = sample().layout;
    CHECK(refusal(check(flipped(0))) == Code::FORMAT);
    CHECK(refusal(check(flipped(layout.statement + 80))) == Code::SIGNATURE_INVALID);       // the index digest
    CHECK(refusal(check(flipped(layout.signature_area + 60))) == Code::SIGNATURE_INVALID);  // the signature
    CHECK(refusal(check(flipped(layout.signature_area + 30))) == Code::SIGNER_UNTRUSTED);   // the key id
    CHECK(refusal(check(flipped(layout.signature_area + 1000))) == Code::FORMAT);           // padding
    CHECK(refusal(check(flipped(layout.index + 20))) == Code::DIGEST_MISMATCH);
    CHECK(refusal(check(flipped(layout.payload + 20))) == Code::DIGEST_MISMATCH);
    CHECK(refusal(check(flipped(layout.last_frame + 600))) == Code::SIGNATURE_COPY);
    CHECK(refusal(check(flipped(layout.end - 1))) == Code::SIGNATURE_COPY);
}

TEST_CASE("anything after the end is refused, a further frame too") {
    base::Bytes bytes = sample().bytes;
    bytes.push_back(std::byte{0});
    CHECK(refusal(check(bytes)) == Code::TRAILING_DATA);
    bytes = sample().bytes;
    test::append(bytes, std::as_bytes(std::span{empty_frame}));
    CHECK(refusal(check(bytes)) == Code::TRAILING_DATA);
    bytes = sample().bytes;
    test::append(bytes, test::slice(bytes, sample().layout.last_frame, sample().layout.end));
    CHECK(refusal(check(bytes)) == Code::TRAILING_DATA);
}

TEST_CASE("a last frame that tells ordinary tools something else is refused") {
    base::Bytes bytes = test::slice(sample().bytes, 0, sample().layout.last_frame);
    Entry smuggled;
    smuggled.path = "content/files/etc/cron.d/evil";
    base::Bytes tar = tar_header(smuggled);
    tar.resize(static_cast<std::size_t>(last_frame_plain_bytes(1024)));
    test::append(bytes, raw_frame(tar));
    REQUIRE(bytes.size() == sample().bytes.size());
    CHECK(refusal(check(bytes)) == Code::SIGNATURE_COPY);
}

TEST_CASE("an empty file and a file of another kind are no packages") {
    CHECK(refusal(check({})) == Code::TRUNCATED);
    CHECK(refusal(check(base::Bytes(100'000))) == Code::FORMAT);
    base::Bytes zstd = base::to_bytes(std::as_bytes(std::span{empty_frame}));
    test::append(zstd, base::Bytes(5000, std::byte{1}));
    CHECK(refusal(check(zstd)) == Code::FORMAT);
}

TEST_CASE("a head that announces more than the limits is refused before it is read") {
    base::Bytes bytes = test::slice(sample().bytes, 0, 17);
    for (std::size_t i = 13; i < 17; ++i)
        bytes[i] = std::byte{0xFF};  // the statement's length
    CHECK(refusal(check(bytes)) == Code::LIMIT);
}

TEST_CASE("a source that changes after it was authenticated is caught") {
    // Gives good bytes to the first reads of a range and bad ones later, as a hostile server or a writable disk may.
    struct Changing final : base::Source {
        explicit Changing(std::uint64_t begin_, std::uint64_t end_, int good_reads_)
            : begin(begin_), end(end_), good_reads(good_reads_) {}
        [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, base::MutableByteView out) override {
            const auto source = base::make_memory_source(sample().bytes, "changing");
            auto count = source->read_at(offset, out);
            if (offset >= begin && offset < end && ++reads > good_reads)
                out[0] ^= std::byte{1};
            return count;
        }
        [[nodiscard]] Result<std::uint64_t> size() override { return sample().bytes.size(); }
        [[nodiscard]] const std::string &name() const noexcept override { return shown; }
        std::uint64_t begin;
        std::uint64_t end;
        int good_reads;
        int reads = 0;
        std::string shown = "changing";
    };
    const Layout &layout = sample().layout;
    const auto check_changing = [&](std::uint64_t begin, std::uint64_t end, int good_reads) -> Result<void> {
        MOS_TRY(Package package, authenticate(std::make_unique<Changing>(begin, end, good_reads)));
        return package.verify_content(base::silent_observer());
    };
    for (int good_reads = 0; good_reads < 4; ++good_reads)
        CHECK(refusal(check_changing(layout.index, layout.payload, good_reads)) == Code::DIGEST_MISMATCH);
    must(check_changing(layout.index, layout.payload, 4));
    CHECK(refusal(check_changing(layout.payload, layout.last_frame, 0)) == Code::DIGEST_MISMATCH);
}

TEST_CASE("an unsigned package and a foreign signer are refused by name") {
    const test::Tree tree;
    tree.file("x", "x");
    const test::PackageMaker unsigned_maker;
    must(unsigned_maker.create(tree));
    CHECK(refusal(check(unsigned_maker.bytes())) == Code::NOT_SIGNED);
    const test::TestKey foreign;
    CreateOptions options = test::reproducible();
    options.signers = {foreign.signer.get()};
    const test::PackageMaker maker{options};
    must(maker.create(tree));
    CHECK(refusal(check(maker.bytes())) == Code::SIGNER_UNTRUSTED);
}
