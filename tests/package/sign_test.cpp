#include "taken_apart.hpp"

using namespace mos;
using namespace mos::package;
using mos::test::must;
using mos::test::refusal;

namespace {

Result<Package> authenticate(base::Bytes bytes, const crypto::TrustStore &trust, unsigned required = 1) {
    MOS_TRY(PackageFile file, PackageFile::open(base::make_memory_source(std::move(bytes), "p.mos")));
    crypto::Decision decision = test::decision_at();
    decision.required_signatures = required;
    return std::move(file).authenticate(trust, decision);
}

}  // namespace

TEST_CASE("signing later touches only the signature area and the last frame") {
    const test::Tree tree;
    test::fill(tree);
    const test::PackageMaker maker;
    must(maker.create(tree));
    const base::Bytes before = maker.bytes();
    const test::TestKey key;
    const auto folder = maker.open_folder();
    must(sign_package(*folder, "p.mos", *key.signer));
    const base::Bytes after = maker.bytes();
    const Layout layout = layout_of(must(test::open_unverified(before)).statement());
    REQUIRE(after.size() == before.size());
    CHECK(test::slice(after, 0, layout.signature_area) == test::slice(before, 0, layout.signature_area));
    CHECK(test::slice(after, layout.signature_area + default_signature_area_bytes, layout.last_frame) ==
          test::slice(before, layout.signature_area + default_signature_area_bytes, layout.last_frame));
    Package package = must(authenticate(after, key.trust()));
    must(package.verify_content(base::silent_observer()));
    CHECK(std::distance(std::filesystem::directory_iterator{maker.folder()}, {}) == 1);  // no leftovers
}

TEST_CASE("a second signer is added, the same key replaced, and the order of signing leaves no trace") {
    const test::Tree tree;
    tree.file("x", "x");
    const test::PackageMaker maker;
    must(maker.create(tree));
    std::filesystem::copy(maker.path(), maker.path("q.mos"));
    const test::TestKey first;
    const test::TestKey second;
    const auto folder = maker.open_folder();
    must(sign_package(*folder, "p.mos", *first.signer));
    must(sign_package(*folder, "p.mos", *second.signer));
    must(sign_package(*folder, "p.mos", *first.signer));
    must(sign_package(*folder, "q.mos", *second.signer));
    must(sign_package(*folder, "q.mos", *first.signer));
    CHECK(maker.bytes() == maker.bytes("q.mos"));
    crypto::TrustStore both = first.trust();
    must(both.add("second", second.public_key));
    CHECK(must(authenticate(maker.bytes(), both, 2)).verdict()->accepted.size() == 2);
    CHECK(refusal(authenticate(maker.bytes(), first.trust(), 2)) == Code::SIGNER_UNTRUSTED);
}

TEST_CASE("RSA and ECDSA signers sign packages too") {
    const test::Tree tree;
    tree.file("x", "x");
    for (const crypto::KeyType type : {crypto::KeyType::ecc_p384, crypto::KeyType::rsa_4096}) {
        const test::TestKey key{type};
        CreateOptions options = test::reproducible();
        options.signers = {key.signer.get()};
        const test::PackageMaker maker{options};
        must(maker.create(tree));
        must(authenticate(maker.bytes(), key.trust()));
    }
}

TEST_CASE("an area for known signers has room for them and for as many again") {
    const test::Tree tree;
    tree.file("x", "x");
    CHECK(!signature_area_for({}));
    for (const crypto::KeyType type :
         {crypto::KeyType::ed25519, crypto::KeyType::ecc_p256, crypto::KeyType::ecc_p384, crypto::KeyType::rsa_2048}) {
        std::vector<test::TestKey> keys;
        for (int i = 0; i < 4; ++i)
            keys.emplace_back(type);
        CreateOptions options = test::reproducible();
        options.signers = {keys[0].signer.get(), keys[1].signer.get()};
        options.signature_area_bytes = signature_area_for(options.signers).value();
        CHECK(options.signature_area_bytes % 512 == 0);
        CHECK(options.signature_area_bytes >= 1024);
        const test::PackageMaker maker{options};
        must(maker.create(tree));
        const auto folder = maker.open_folder();
        must(sign_package(*folder, "p.mos", *keys[2].signer));
        must(sign_package(*folder, "p.mos", *keys[3].signer));
        const PackageFile opened = must(PackageFile::open(base::make_memory_source(maker.bytes(), "p.mos")));
        CHECK(opened.claimed_signatures().signatures.size() == keys.size());
        if (options.signature_area_bytes > 1024)
            CHECK(!signature_text(opened.claimed_signatures(), options.signature_area_bytes - 1024));
    }
}

TEST_CASE("a signature that the reserved area has no room for is refused and the package stays") {
    const test::Tree tree;
    tree.file("x", "x");
    CreateOptions options = test::reproducible();
    options.signature_area_bytes = 512;
    const test::PackageMaker maker{options};
    must(maker.create(tree));
    const base::Bytes before = maker.bytes();
    const auto folder = maker.open_folder();
    const test::TestKey small;
    const test::TestKey large{crypto::KeyType::rsa_4096};
    const auto refused = sign_package(*folder, "p.mos", *large.signer);
    REQUIRE(refusal(refused) == Code::LIMIT);
    CHECK(refused.error().remedy().find("make the package again without a signer") == 0);
    CHECK(maker.bytes() == before);
    must(sign_package(*folder, "p.mos", *small.signer));
    must(authenticate(maker.bytes(), small.trust()));
}

TEST_CASE("a damaged package is not signed") {
    const test::Tree tree;
    tree.file("x", "x");
    const test::PackageMaker maker;
    must(maker.create(tree));
    base::Bytes bytes = maker.bytes();
    bytes.pop_back();
    std::ofstream{maker.path(), std::ios::binary} << base::as_text(bytes);
    const test::TestKey key;
    const auto folder = maker.open_folder();
    CHECK(refusal(sign_package(*folder, "p.mos", *key.signer)) == Code::TRUNCATED);
    CHECK(refusal(sign_package(*folder, "absent.mos", *key.signer)) == Code::NOT_FOUND);
}
