// Trees, packages made of them, and packages bent on purpose.
#pragma once

#include "expect.hpp"
#include "temporary_root.hpp"

#include <mos/crypto/key_signer.hpp>
#include <mos/crypto/verify.hpp>
#include <mos/package/layout.hpp>
#include <mos/package/package_file.hpp>
#include <mos/package/writer.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace mos::test {

inline constexpr std::int64_t epoch = 1'700'000'000;

inline package::Manifest manifest_of(std::string name, std::string version = "1.0") {
    package::Manifest manifest;
    manifest.package_info.name = std::move(name);
    manifest.package_info.version = std::move(version);
    return manifest;
}

// A real folder to make packages of.
class Tree {
  public:
    void file(const std::string &path, std::string_view content, unsigned mode = 0644) const {
        make_parents(path);
        std::ofstream out{at(path), std::ios::binary};
        out.write(content.data(), static_cast<std::streamsize>(content.size()));
        out.close();
        REQUIRE(::chmod(at(path).c_str(), mode) == 0);
    }
    void directory(const std::string &path, unsigned mode = 0755) const {
        make_parents(path);
        std::filesystem::create_directory(at(path));
        REQUIRE(::chmod(at(path).c_str(), mode) == 0);
    }
    void symlink(const std::string &path, const std::string &target) const {
        make_parents(path);
        REQUIRE(::symlink(target.c_str(), at(path).c_str()) == 0);
    }
    void link(const std::string &path, const std::string &to) const {
        make_parents(path);
        REQUIRE(::link(at(to).c_str(), at(path).c_str()) == 0);
    }
    [[nodiscard]] std::string at(const std::string &path) const { return m_root.path() + "/" + path; }
    [[nodiscard]] const std::string &path() const { return m_root.path(); }
    [[nodiscard]] std::unique_ptr<base::Directory> open() const { return m_root.root(); }

  private:
    void make_parents(const std::string &path) const {
        std::filesystem::create_directories(std::filesystem::path{at(path)}.parent_path());
    }
    TemporaryRoot m_root;
};

// Something of every kind that a package carries.
inline void fill(const Tree &tree) {
    tree.file("usr/bin/tool", "#!/bin/sh\necho tool\n", 04755);
    tree.file("usr/bin/tool-helper", "helper", 0755);
    tree.file("usr/bin/empty", "");
    tree.directory("usr/bin/tool.d", 01777);
    tree.file("usr/bin/tool.d/x", "x");
    tree.symlink("usr/bin/alias", "tool");
    tree.symlink("usr/bin/dangling", "/nowhere/at all");
    tree.link("usr/bin/tool2", "usr/bin/tool");
    tree.link("usr/lib/tool3", "usr/bin/tool");
    tree.file("usr/share/copy-a", "the same content");
    tree.file("usr/share/copy-b", "the same content");
    tree.file("usr/share/copy-c", "the same content");
    tree.file("usr/share/na\xc3\xafve \"quoted\\\" name", "utf8");
    tree.file("usr/share/latin-caf\xe9", "bytes");
    tree.file("usr/share/new\nline", "newline");
    tree.file("usr/share/" + std::string(200, 'l') + "/" + std::string(200, 'm'), "long path");
    tree.symlink("usr/share/long-target", std::string(300, 't'));
    std::string large;
    for (int i = 0; i < 120'000; ++i)
        large += std::to_string(i * 7919);
    tree.file("usr/lib/large.bin", large);
    tree.directory("var/empty", 0700);
}

inline package::CreateOptions reproducible() {
    package::CreateOptions options;
    options.source_date_epoch = epoch;
    return options;
}

// A package on the disk, and its bytes.
class PackageMaker {
  public:
    explicit PackageMaker(package::CreateOptions options = reproducible()) : m_options(std::move(options)) {}

    [[nodiscard]] Result<package::CreateReport> create(const Tree &tree, const std::string &name = "p.mos",
                                                       const std::string &prefix = "") const {
        const auto input = tree.open();
        const auto output = m_output.root();
        const package::InputTree trees[] = {{input.get(), package::Section::files, prefix}};
        auto report = package::create_package(trees, manifest_of("p"), m_options, *output, name);
        if (report)
            keep_for_others(path(name));
        return report;
    }
    [[nodiscard]] std::string path(const std::string &name = "p.mos") const { return m_output.path() + "/" + name; }
    [[nodiscard]] const std::string &folder() const { return m_output.path(); }
    [[nodiscard]] std::unique_ptr<base::Directory> open_folder() const { return m_output.root(); }
    [[nodiscard]] base::Bytes bytes(const std::string &name = "p.mos") const {
        std::ifstream in{path(name), std::ios::binary};
        const std::string text{std::istreambuf_iterator<char>{in}, {}};
        return base::to_bytes(base::as_bytes(text));
    }

  private:
    // For second_reader_test.py, which reads what these tests write.
    static void keep_for_others(const std::string &path) {
        static int number = 0;
        if (const char *folder = std::getenv("MOS_KEEP_PACKAGES"); folder != nullptr)
            std::filesystem::copy_file(path, std::string{folder} + "/" + std::to_string(++number) + ".mos");
    }

    package::CreateOptions m_options;
    TemporaryRoot m_output;
};

inline Result<package::Package> open_unverified(base::Bytes bytes, const package::Limits &limits = {}) {
    MOS_TRY(package::PackageFile file,
            package::PackageFile::open(base::make_memory_source(std::move(bytes), "p.mos"), limits));
    return std::move(file).accept_unverified();
}

// Opens a package and checks all of it.
inline Result<void> check_fully(base::Bytes bytes, const package::Limits &limits = {}) {
    MOS_TRY(package::Package package, open_unverified(std::move(bytes), limits));
    return package.verify_content(base::silent_observer());
}

inline std::vector<package::Entry> all_entries(package::Package &package) {
    package::EntryCursor cursor = must(package.entries());
    std::vector<package::Entry> entries;
    while (auto entry = must(cursor.next()))
        entries.push_back(std::move(*entry));
    return entries;
}

inline std::string content_of(package::Package &package, const package::Entry &entry) {
    std::string text;
    must(package.read_content(entry, [&](base::ByteView part) -> Result<void> {
        text += base::as_text(part);
        return {};
    }));
    return text;
}

// A pinned key with its signer.
struct TestKey {
    explicit TestKey(crypto::KeyType type = crypto::KeyType::ed25519)
        : key(must(crypto::PrivateKey::generate(type))), public_key(key.public_key()), public_pem(public_key.to_pem()),
          signer(must(crypto::make_signer(std::move(key), {}))) {}
    [[nodiscard]] crypto::TrustStore trust() const {
        crypto::TrustStore store;
        must(store.add("test", public_key));
        return store;
    }
    crypto::PrivateKey key;
    crypto::PublicKey public_key;
    std::string public_pem;
    std::unique_ptr<crypto::Signer> signer;
};

inline crypto::Decision decision_at(std::int64_t unix_s = epoch) {
    crypto::Decision decision;
    decision.now_unix_s = unix_s;
    return decision;
}

}  // namespace mos::test
