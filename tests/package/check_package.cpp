// Reads all of one package as the library does: second_reader_test.py compares the verdicts of two readers.
//   check-package PACKAGE PUBLIC-KEY.pem|none
// Exit status 0: good. 1: refused, with the error on the standard error.
#include <mos/base/filesystem.hpp>
#include <mos/crypto/verify.hpp>
#include <mos/package/package_file.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using namespace mos;

namespace {

constexpr std::int64_t now = 1'800'000'000;

Result<package::Package> open_package(package::PackageFile file, const std::string &key_path) {
    if (key_path == "none")
        return std::move(file).accept_unverified();
    std::ifstream in{key_path, std::ios::binary};
    const std::string pem{std::istreambuf_iterator<char>{in}, {}};
    MOS_TRY(crypto::PublicKey key, crypto::PublicKey::from_pem(pem, key_path));
    crypto::TrustStore trust;
    MOS_CHECK(trust.add("key", std::move(key)));
    crypto::Decision decision;
    decision.now_unix_s = now;
    decision.profile.minimum_rsa_bits = 2048;
    return std::move(file).authenticate(trust, decision);
}

Result<void> check(const std::filesystem::path &path, const std::string &key_path) {
    MOS_TRY(const auto folder, base::open_root(path.parent_path().string()));
    MOS_TRY(auto opened, folder->open_file(path.filename().string(), base::OpenMode::read));
    auto source = base::make_source(std::move(opened), path.filename().string());
    MOS_TRY(package::PackageFile file, package::PackageFile::open(std::move(source)));
    MOS_TRY(package::Package package, open_package(std::move(file), key_path));
    return package.verify_content(base::silent_observer());
}

}  // namespace

int main(int count, char **arguments) {
    if (count != 3)
        return 2;
    const auto checked = check(arguments[1], arguments[2]);
    if (checked)
        return 0;
    static_cast<void>(std::fprintf(stderr, "check-package: %s\n", checked.error().full_message().c_str()));
    return 1;
}
