#include <mos/crypto/digest.hpp>

#include <algorithm>
#include <new>

#include <sodium.h>
#ifdef MOS_HAVE_LIBCRYPTO
#include <openssl/evp.h>
#else
#include <mbedtls/md.h>
#endif

namespace mos::crypto {

#ifdef MOS_HAVE_LIBCRYPTO

namespace {

const EVP_MD *find_algorithm(DigestAlgorithm algorithm) {
    switch (algorithm) {
    case DigestAlgorithm::sha256:
        return EVP_sha256();
    case DigestAlgorithm::sha384:
        return EVP_sha384();
    case DigestAlgorithm::sha512:
        return EVP_sha512();
    case DigestAlgorithm::blake2b_512:
        return EVP_blake2b512();
    }
    return EVP_sha256();
}

}  // namespace

struct Hasher::State {
    explicit State(DigestAlgorithm wanted) : algorithm(find_algorithm(wanted)), context(EVP_MD_CTX_new()) {
        if (context == nullptr)
            throw std::bad_alloc{};
        start();
    }
    State(const State &) = delete;
    State &operator=(const State &) = delete;
    ~State() { EVP_MD_CTX_free(context); }

    // The calls below fail only when memory does.
    void start() {
        if (EVP_DigestInit_ex(context, algorithm, nullptr) != 1)
            throw std::bad_alloc{};
    }
    void update(base::ByteView bytes) {
        if (EVP_DigestUpdate(context, bytes.data(), bytes.size()) != 1)
            throw std::bad_alloc{};
    }
    base::Bytes finish() {
        base::Bytes result(static_cast<std::size_t>(EVP_MD_size(algorithm)));
        if (EVP_DigestFinal_ex(context, reinterpret_cast<unsigned char *>(result.data()), nullptr) != 1)
            throw std::bad_alloc{};
        start();
        return result;
    }

    const EVP_MD *algorithm;
    EVP_MD_CTX *context;
};

#else

struct Hasher::State {
    explicit State(DigestAlgorithm wanted) : algorithm(wanted) {
        mbedtls_md_init(&sha384);
        // libsodium has no SHA-384. This and what follows fails only when memory does.
        if (algorithm == DigestAlgorithm::sha384 &&
            mbedtls_md_setup(&sha384, mbedtls_md_info_from_type(MBEDTLS_MD_SHA384), 0) != 0)
            throw std::bad_alloc{};
        start();
    }
    State(const State &) = delete;
    State &operator=(const State &) = delete;
    ~State() { mbedtls_md_free(&sha384); }

    void start() {
        switch (algorithm) {
        case DigestAlgorithm::sha256:
            crypto_hash_sha256_init(&sodium.sha256);
            break;
        case DigestAlgorithm::sha384:
            mbedtls_md_starts(&sha384);
            break;
        case DigestAlgorithm::sha512:
            crypto_hash_sha512_init(&sodium.sha512);
            break;
        case DigestAlgorithm::blake2b_512:
            crypto_generichash_init(&sodium.blake2b, nullptr, 0, 64);
            break;
        }
    }
    void update(base::ByteView bytes) {
        const auto *data = reinterpret_cast<const unsigned char *>(bytes.data());
        switch (algorithm) {
        case DigestAlgorithm::sha256:
            crypto_hash_sha256_update(&sodium.sha256, data, bytes.size());
            break;
        case DigestAlgorithm::sha384:
            mbedtls_md_update(&sha384, data, bytes.size());
            break;
        case DigestAlgorithm::sha512:
            crypto_hash_sha512_update(&sodium.sha512, data, bytes.size());
            break;
        case DigestAlgorithm::blake2b_512:
            crypto_generichash_update(&sodium.blake2b, data, bytes.size());
            break;
        }
    }
    base::Bytes finish() {
        base::Bytes result(64);
        auto *out = reinterpret_cast<unsigned char *>(result.data());
        switch (algorithm) {
        case DigestAlgorithm::sha256:
            crypto_hash_sha256_final(&sodium.sha256, out);
            result.resize(32);
            break;
        case DigestAlgorithm::sha384:
            mbedtls_md_finish(&sha384, out);
            result.resize(48);
            break;
        case DigestAlgorithm::sha512:
            crypto_hash_sha512_final(&sodium.sha512, out);
            break;
        case DigestAlgorithm::blake2b_512:
            crypto_generichash_final(&sodium.blake2b, out, 64);
            break;
        }
        start();
        return result;
    }

    DigestAlgorithm algorithm;
    mbedtls_md_context_t sha384{};
    union {
        crypto_hash_sha256_state sha256;
        crypto_hash_sha512_state sha512;
        crypto_generichash_state blake2b;
    } sodium{};
};

#endif

Hasher::Hasher(DigestAlgorithm algorithm) : m_state(std::make_unique<State>(algorithm)) {}
Hasher::Hasher(Hasher &&) noexcept = default;
Hasher &Hasher::operator=(Hasher &&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(base::ByteView bytes) { m_state->update(bytes); }
base::Bytes Hasher::finish() { return m_state->finish(); }

Sha256Digest Sha256::finish() {
    const base::Bytes bytes = m_hasher.finish();
    Sha256Digest result{};
    std::copy(bytes.begin(), bytes.end(), result.begin());
    return result;
}

Sha256Digest sha256(base::ByteView bytes) {
    Sha256 hasher;
    hasher.update(bytes);
    return hasher.finish();
}

base::Bytes digest(DigestAlgorithm algorithm, base::ByteView bytes) {
    Hasher hasher{algorithm};
    hasher.update(bytes);
    return hasher.finish();
}

Result<Sha256Digest> sha256_from_hex(std::string_view text) {
    MOS_TRY(const base::Bytes bytes, base::from_hex(text));
    Sha256Digest result{};
    if (bytes.size() != result.size())
        return Error{Code::FORMAT, "a SHA-256 digest has 64 hexadecimal digits"};
    std::copy(bytes.begin(), bytes.end(), result.begin());
    return result;
}

bool equal_in_constant_time(base::ByteView a, base::ByteView b) noexcept {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::size_t digest_bytes(DigestAlgorithm algorithm) noexcept {
    switch (algorithm) {
    case DigestAlgorithm::sha256:
        return 32;
    case DigestAlgorithm::sha384:
        return 48;
    case DigestAlgorithm::sha512:
    case DigestAlgorithm::blake2b_512:
        break;
    }
    return 64;
}

}  // namespace mos::crypto
