// How fast digests are, beside `openssl speed` in the same run: blocks of 16 KiB, one second each.
#include <mos/crypto/digest.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

using namespace mos::crypto;

namespace {

constexpr std::size_t block_bytes = 16384;

struct Row {
    DigestAlgorithm algorithm;
    const char *openssl_name;
};
constexpr std::array rows = {Row{DigestAlgorithm::sha256, "sha256"}, Row{DigestAlgorithm::sha384, "sha384"},
                             Row{DigestAlgorithm::sha512, "sha512"}, Row{DigestAlgorithm::blake2b_512, "blake2b512"}};

// MB/s.
double ours(DigestAlgorithm algorithm) {
    using clock = std::chrono::steady_clock;
    const mos::base::Bytes block(block_bytes, std::byte{0x5A});
    Hasher hasher{algorithm};
    std::size_t blocks = 0;
    const auto begin = clock::now();
    while (clock::now() - begin < std::chrono::seconds{1})
        for (int i = 0; i < 64; ++i, ++blocks)
            hasher.update(block);
    const std::chrono::duration<double> elapsed = clock::now() - begin;
    return static_cast<double>(blocks * block_bytes) / 1e6 / elapsed.count();
}

struct PipeCloser {
    void operator()(std::FILE *pipe) const noexcept { ::pclose(pipe); }
};

// MB/s; 0 where there is no openssl. Its last line ends in thousands of bytes a second: "sha256  1705000.00k".
double theirs(const char *name) {
    const std::string command = "openssl speed -elapsed -seconds 1 -bytes " + std::to_string(block_bytes) + " -evp " +
                                name + " 2>/dev/null | tail -n 1";
    // NOLINTNEXTLINE(cert-env33-c): a command of this file alone
    const std::unique_ptr<std::FILE, PipeCloser> pipe{::popen(command.c_str(), "r")};
    std::array<char, 256> line{};
    if (pipe == nullptr || std::fgets(line.data(), line.size(), pipe.get()) == nullptr)
        return 0;
    const std::string text{line.data()};
    const std::size_t digits = text.find_first_of("0123456789", text.find(' '));
    return digits == std::string::npos ? 0 : std::strtod(text.c_str() + digits, nullptr) / 1e3;
}

}  // namespace

int main() {
    std::printf("%-12s %12s %12s %8s\n", "digest", "ours MB/s", "openssl", "ratio");
    for (const Row &row : rows) {
        const double own = ours(row.algorithm);
        const double peer = theirs(row.openssl_name);
        std::printf("%-12s %12.0f %12.0f %8s\n", row.openssl_name, own, peer,
                    peer > 0 ? std::to_string(own / peer).substr(0, 5).c_str() : "-");
    }
    return 0;
}
