// Makes one package of a folder, with a fresh Ed25519 key or an RSA one: for check_with_tools.sh and for measuring.
//   make-package FOLDER OUTPUT-FOLDER NAME ed25519|ecc-p384|rsa-4096|none [level [frame-bytes [epoch]]]
// The public key is left beside the package as NAME.pub. No time in the package is later than the epoch, and it was
// created then: else at 1700000000.
#include <mos/crypto/key_signer.hpp>
#include <mos/package/package_file.hpp>
#include <mos/package/writer.hpp>

#include <charconv>
#include <cstdio>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

using namespace mos;

namespace {

// The argument at `index`, if it is there and a number.
template <class Number>
void read_number(std::span<char *> arguments, std::size_t index, Number &value) {
    if (arguments.size() <= index)
        return;
    const std::string_view text{arguments[index]};
    std::from_chars(text.data(), text.data() + text.size(), value);
}

Result<package::CreateReport> make(std::span<char *> arguments) {
    const std::string output_path = arguments[2];
    const std::string name = arguments[3];
    MOS_TRY(const auto input, base::open_root(std::string{arguments[1]}));
    MOS_TRY(const auto output, base::open_root(output_path));
    package::Manifest manifest;
    manifest.package_info.name = "example";
    manifest.package_info.version = "1.2.3";
    package::CreateOptions options;
    std::int64_t epoch = 1'700'000'000;
    read_number(arguments, 5, options.level);
    std::uint32_t frame_bytes = 0;
    read_number(arguments, 6, frame_bytes);
    if (frame_bytes != 0)
        options.frame_sizes = {frame_bytes, frame_bytes};
    read_number(arguments, 7, epoch);
    options.source_date_epoch = epoch;
    std::unique_ptr<crypto::Signer> signer;
    if (std::string_view{arguments[4]} != "none") {
        MOS_TRY(const crypto::KeyType type, crypto::parse_key_type(arguments[4]));
        MOS_TRY(crypto::PrivateKey key, crypto::PrivateKey::generate(type));
        std::ofstream{output_path + "/" + name + ".pub"} << key.public_key().to_pem();
        MOS_TRY(signer, crypto::make_signer(std::move(key), {}));
        options.signers.push_back(signer.get());
    }
    const package::InputTree trees[] = {{input.get(), package::Section::files, ""}};
    return package::create_package(trees, std::move(manifest), options, *output, name);
}

}  // namespace

int main(int count, char **arguments) {
    if (count < 5)
        return 1;
    const auto report = make({arguments, static_cast<std::size_t>(count)});
    if (!report) {
        static_cast<void>(std::fprintf(stderr, "make-package: %s\n", report.error().full_message().c_str()));
        return 3;
    }
    std::printf("%llu bytes, %llu entries, %llu frames, %llu bytes deduplicated\n",
                static_cast<unsigned long long>(report->file_bytes), static_cast<unsigned long long>(report->entries),
                static_cast<unsigned long long>(report->frames),
                static_cast<unsigned long long>(report->deduplicated_bytes));
    return 0;
}
