// What ordinary tools make of our packages.
#include "package_fixture.hpp"
#include "shell.hpp"

using namespace mos;
using namespace mos::package;
using mos::test::ask_shell;
using mos::test::must;
using mos::test::ShellAnswer;

namespace {

ShellAnswer run(const std::string &command) { return ask_shell(command + " 2>&1"); }

std::string quoted(const std::string &text) { return "'" + text + "'"; }

// Makes a package of `tree`, checks it by tests/package/check_with_tools.sh, and gives back its path for more.
void check_by_tools(const test::Tree &tree, CreateOptions options, crypto::KeyType type) {
    const test::TestKey key{type};
    options.signers = {key.signer.get()};
    const test::PackageMaker maker{options};
    must(maker.create(tree));
    const std::string key_path = maker.folder() + "/key.pem";
    std::ofstream{key_path} << key.public_pem;
    const std::string script = MOS_TEST_FOLDER "/check_with_tools.sh";
    const ShellAnswer good =
        run(quoted(script) + " " + quoted(maker.path()) + " " + quoted(key_path) + " " + quoted(tree.path()));
    CHECK_MESSAGE(good.status == 0, good.output);
    CHECK(good.output.find("Ignoring unknown") == std::string::npos);  // no tool complains about our records
}

}  // namespace

TEST_CASE("tar, bsdtar, zstd, sha256sum and openssl check and extract a package with everything in it") {
    const test::Tree tree;
    test::fill(tree);
    check_by_tools(tree, test::reproducible(), crypto::KeyType::ed25519);
    check_by_tools(tree, test::reproducible(), crypto::KeyType::ecc_p384);
    CreateOptions options = test::reproducible();
    options.level = uncompressed;
    options.frame_sizes = {16U << 10U, 16U << 10U};
    check_by_tools(tree, options, crypto::KeyType::rsa_4096);
}

TEST_CASE("tar, bsdtar and zstd read the smallest package too") {
    const test::Tree tree;
    CreateOptions options = test::reproducible();
    options.signature_area_bytes = 1024;
    check_by_tools(tree, options, crypto::KeyType::ed25519);
}

TEST_CASE("the script refuses an altered package") {
    const test::Tree tree;
    tree.file("x", "x");
    const test::TestKey key;
    const test::TestKey other;
    CreateOptions options = test::reproducible();
    options.signers = {key.signer.get()};
    const test::PackageMaker maker{options};
    must(maker.create(tree));
    std::ofstream{maker.folder() + "/key.pem"} << key.public_pem;
    std::ofstream{maker.folder() + "/other.pem"} << other.public_pem;
    const std::string script = quoted(MOS_TEST_FOLDER "/check_with_tools.sh") + " ";
    CHECK(run(script + quoted(maker.path()) + " " + quoted(maker.folder() + "/key.pem")).status == 0);
    CHECK(run(script + quoted(maker.path()) + " " + quoted(maker.folder() + "/other.pem")).status != 0);
    const base::Bytes bytes = maker.bytes();
    const Layout layout = layout_of(must(test::open_unverified(bytes)).statement());
    for (const std::uint64_t at : {layout.statement + 100, layout.signature_area + 60, layout.index + 30,
                                   layout.payload + 30, layout.last_frame + 30, layout.end}) {
        base::Bytes altered = bytes;
        if (at == layout.end)
            altered.push_back(std::byte{0});
        else
            altered[static_cast<std::size_t>(at)] ^= std::byte{1};
        std::ofstream{maker.path("altered.mos"), std::ios::binary} << base::as_text(altered);
        CHECK_MESSAGE(
            run(script + quoted(maker.path("altered.mos")) + " " + quoted(maker.folder() + "/key.pem")).status != 0,
            at);
    }
}
