#include "sample.hpp"

#include "target.hpp"
#include "twin.hpp"

#include <mos/crypto/key_signer.hpp>
#include <mos/package/frame.hpp>
#include <mos/package/layout.hpp>
#include <mos/package/writer.hpp>

#include <string>

namespace mos::fuzz {

namespace {

constexpr std::int64_t epoch = 1'700'000'000;
constexpr std::uint64_t most_package_bytes = 1U << 20U;

void write(base::Directory &folder, std::string_view name, std::string_view content) {
    const auto file = must(folder.open_file(name, base::OpenMode::create_new), "a file is made");
    must(file->write_at(0, base::as_bytes(content)), "a file is written");
    must(file->set_mode(0644), "a file's mode is set");
}

void fill(base::Directory &tree) {
    const auto folder = must(base::make_directories(tree, "usr/bin"), "a folder is made");
    write(*folder, "tool", "#!/bin/sh\necho tool\n");
    write(*folder, "empty", "");
    write(*folder, "caf\xe9", "bytes that are no text");
    must(folder->set_extended_attribute("tool", {"user.origin", base::to_bytes(base::as_bytes("fuzz"))}), "is set");
    must(folder->make_symlink("alias", "tool"), "a link is made");
    must(folder->make_link("tool", *folder, "tool2"), "a link is made");
    const auto copies = must(base::make_directories(tree, "usr/copies"), "a folder is made");
    write(*copies, "a", "the same content");
    write(*copies, "b", "the same content");
    std::string large;
    for (unsigned i = 0; large.size() < 40'000; ++i)
        large += std::to_string(i * 7919);
    write(*copies, "large", large);
}

}  // namespace

std::unique_ptr<crypto::Signer> sample_signer(std::string_view pem) {
    return must(crypto::make_signer(must(crypto::PrivateKey::from_pem(pem, "sample"), "a key is read"), {}),
                "a signer is made");
}

base::Bytes sample_package(int level, Signed is_signed) {
    test::Twin tree;
    test::Twin output;
    tree.set_clock({epoch, 0});
    const auto input = tree.root();
    const auto folder = output.root();
    fill(*input);
    const auto ed25519 = sample_signer(ed25519_pem);
    const auto p384 = sample_signer(p384_pem);
    package::CreateOptions options;
    options.level = level;
    options.frame_sizes = {16U << 10U, 16U << 10U};
    options.signature_area_bytes = 1024;
    options.source_date_epoch = epoch;
    if (is_signed == Signed::yes)
        options.signers = {ed25519.get(), p384.get()};
    package::Manifest manifest;
    manifest.package_info.name = "sample";
    manifest.package_info.version = "1:2.0~rc1-3";
    const package::InputTree trees[] = {{input.get(), package::Section::files, ""}};
    must(package::create_package(trees, std::move(manifest), options, *folder, "sample.mos"), "a package is made");
    return must(base::read_file(*folder, "sample.mos", most_package_bytes), "a package is read");
}

base::Bytes index_text(base::ByteView package) {
    const package::Layout fixed = package::layout_of({});
    const auto statement =
        must(package::decode_statement(package.subspan(fixed.statement, package::statement_bytes), {}),
             "it has a statement");
    base::Bytes text(statement.index_expanded_bytes);
    package::FrameDecompressor decompressor;
    must(decompressor.decompress(package.subspan(package::layout_of(statement).index, statement.index_stored_bytes),
                                 text, {}),
         "an index is expanded");
    return text;
}

}  // namespace mos::fuzz
