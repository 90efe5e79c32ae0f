// A small genuine package, the same in every run, and keys that sign it: what targets are built around and what their
// first inputs are made of.
#pragma once

#include <mos/base/bytes.hpp>
#include <mos/crypto/signature.hpp>

#include <memory>
#include <string_view>

namespace mos::fuzz {

// Keys of nobody's: they sign inputs of fuzz targets.
inline constexpr std::string_view ed25519_pem = R"(-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIBUE2UOkp78XYSr4saPUBtYPUbn9bIZq9fEyKr7jpX6m
-----END PRIVATE KEY-----
)";
inline constexpr std::string_view p384_pem = R"(-----BEGIN PRIVATE KEY-----
MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDDmTwtxThJ/2qJw+woj
ucRolkcwvES4MBaDgiV9iXX53AszJhuUF3ZyfpnqKdzQrzChZANiAAT2uD7ZYtjy
n0MaOyCvqdepn8OC2GDLhnDSILmOCoMBKHjR1KK+A9YjLBmpTZrpHw5MljQRA4U3
y4ZvzhvU30wJ58SC+n8GaRQXuHQRMWnzX6TNRtVIs6WX7EPKmSBJjv4=
-----END PRIVATE KEY-----
)";

[[nodiscard]] std::unique_ptr<crypto::Signer> sample_signer(std::string_view pem);

// Something of every kind of entry. `level` as in CreateOptions; signed by both keys, or by none.
enum class Signed : std::uint8_t { no, yes };
[[nodiscard]] base::Bytes sample_package(int level, Signed is_signed);

// The text of its index.
[[nodiscard]] base::Bytes index_text(base::ByteView package);

}  // namespace mos::fuzz
