#include "mbedtls_keys.hpp"

#include <fmt/format.h>

#include <new>

#include <mbedtls/aes.h>
#include <mbedtls/bignum.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/ecp.h>
#include <mbedtls/md.h>
#include <mbedtls/pkcs5.h>
#include <mbedtls/rsa.h>
#include <mbedtls/version.h>
#include <sodium.h>

namespace mos::crypto::mbed {

namespace {

using base::Bytes;
using base::ByteView;

const unsigned char *data_of(ByteView bytes) { return reinterpret_cast<const unsigned char *>(bytes.data()); }
template <class Buffer>
unsigned char *writable(Buffer &buffer) {
    return reinterpret_cast<unsigned char *>(buffer.data());
}

// mbedTLS's form of a random source.
int random_bytes(void * /*context*/, unsigned char *out, std::size_t size) {
    randombytes_buf(out, size);
    return 0;
}

// True when the call succeeded.
bool succeeded(int status) {
    if (status == MBEDTLS_ERR_MPI_ALLOC_FAILED || status == MBEDTLS_ERR_ECP_ALLOC_FAILED ||
        status == MBEDTLS_ERR_MD_ALLOC_FAILED)
        throw std::bad_alloc{};
    // High-level codes are sums with a low-level one, which lies in the lower seven bits.
    if (status < 0 && (-status & 0x7F) == -MBEDTLS_ERR_MPI_ALLOC_FAILED)
        throw std::bad_alloc{};
    return status == 0;
}

Error failed(int status, std::string_view what) {
    return Error{Code::INTERNAL,
                 fmt::format("mbedTLS can't {} (error -0x{:04x})", what, static_cast<unsigned>(-status))};
}

class Number {
  public:
    Number() { mbedtls_mpi_init(&m_number); }
    explicit Number(ByteView big_endian) : Number() {
        if (!succeeded(mbedtls_mpi_read_binary(&m_number, data_of(big_endian), big_endian.size())))
            throw std::bad_alloc{};  // the only way in which it can fail
    }
    Number(const Number &) = delete;
    Number &operator=(const Number &) = delete;
    ~Number() { mbedtls_mpi_free(&m_number); }  // wipes

    [[nodiscard]] mbedtls_mpi *get() { return &m_number; }
    [[nodiscard]] const mbedtls_mpi *get() const { return &m_number; }

    // Exactly `size` bytes, or as many as it needs for 0.
    template <class Buffer>
    [[nodiscard]] Buffer bytes(std::size_t size = 0) const {
        Buffer out(size == 0 ? mbedtls_mpi_size(&m_number) : size);
        if (!succeeded(mbedtls_mpi_write_binary(&m_number, writable(out), out.size())))
            throw std::bad_alloc{};
        return out;
    }

  private:
    mbedtls_mpi m_number{};
};

class Group {
  public:
    explicit Group(Curve curve) {
        mbedtls_ecp_group_init(&m_group);
        if (!succeeded(mbedtls_ecp_group_load(&m_group, curve == Curve::p256 ? MBEDTLS_ECP_DP_SECP256R1
                                                                             : MBEDTLS_ECP_DP_SECP384R1)))
            throw std::bad_alloc{};
    }
    Group(const Group &) = delete;
    Group &operator=(const Group &) = delete;
    ~Group() { mbedtls_ecp_group_free(&m_group); }
    mbedtls_ecp_group *get() { return &m_group; }

  private:
    mbedtls_ecp_group m_group{};
};

class Point {
  public:
    Point() { mbedtls_ecp_point_init(&m_point); }
    Point(const Point &) = delete;
    Point &operator=(const Point &) = delete;
    ~Point() { mbedtls_ecp_point_free(&m_point); }
    mbedtls_ecp_point *get() { return &m_point; }

    [[nodiscard]] bool read(Group &group, ByteView bytes) {
        return succeeded(mbedtls_ecp_point_read_binary(group.get(), &m_point, data_of(bytes), bytes.size())) &&
               succeeded(mbedtls_ecp_check_pubkey(group.get(), &m_point));
    }

  private:
    mbedtls_ecp_point m_point{};
};

class Rsa {
  public:
    Rsa() {
#if MBEDTLS_VERSION_MAJOR >= 3
        mbedtls_rsa_init(&m_rsa);
#else
        mbedtls_rsa_init(&m_rsa, MBEDTLS_RSA_PKCS_V15, 0);
#endif
    }
    Rsa(const Rsa &) = delete;
    Rsa &operator=(const Rsa &) = delete;
    ~Rsa() { mbedtls_rsa_free(&m_rsa); }
    mbedtls_rsa_context *get() { return &m_rsa; }

    [[nodiscard]] bool read(const RsaPublic &key) {
        return succeeded(mbedtls_rsa_import_raw(&m_rsa, data_of(key.modulus), key.modulus.size(), nullptr, 0, nullptr,
                                                0, nullptr, 0, data_of(key.exponent), key.exponent.size())) &&
               succeeded(mbedtls_rsa_complete(&m_rsa)) && succeeded(mbedtls_rsa_check_pubkey(&m_rsa));
    }
    [[nodiscard]] bool read(const RsaPrivate &key) {
        return succeeded(mbedtls_rsa_import_raw(
                   &m_rsa, data_of(key.public_part.modulus), key.public_part.modulus.size(), data_of(key.prime_1),
                   key.prime_1.size(), data_of(key.prime_2), key.prime_2.size(), data_of(key.private_exponent),
                   key.private_exponent.size(), data_of(key.public_part.exponent), key.public_part.exponent.size())) &&
               succeeded(mbedtls_rsa_complete(&m_rsa));
    }
    // For RSA-PSS, whose signatures say nothing of the mask.
    void mask_with(mbedtls_md_type_t digest) {
#if MBEDTLS_VERSION_MAJOR >= 3
        static_cast<void>(mbedtls_rsa_set_padding(&m_rsa, MBEDTLS_RSA_PKCS_V21, digest));  // SHA-2 is always there
#else
        mbedtls_rsa_set_padding(&m_rsa, MBEDTLS_RSA_PKCS_V21, digest);
#endif
    }
    // All numbers of a complete private key.
    [[nodiscard]] Result<RsaNumbers> numbers() const {
        Number n;
        Number p;
        Number q;
        Number d;
        Number e;
        Number dp;
        Number dq;
        Number qp;
        if (const int status = mbedtls_rsa_export(&m_rsa, n.get(), p.get(), q.get(), d.get(), e.get());
            !succeeded(status))
            return failed(status, "export an RSA key");
        if (const int status = mbedtls_rsa_export_crt(&m_rsa, dp.get(), dq.get(), qp.get()); !succeeded(status))
            return failed(status, "export an RSA key");
        return RsaNumbers{n.bytes<SecretBytes>(),  e.bytes<SecretBytes>(), d.bytes<SecretBytes>(),
                          p.bytes<SecretBytes>(),  q.bytes<SecretBytes>(), dp.bytes<SecretBytes>(),
                          dq.bytes<SecretBytes>(), qp.bytes<SecretBytes>()};
    }

  private:
    mbedtls_rsa_context m_rsa{};
};

class Aes {
  public:
    Aes() { mbedtls_aes_init(&m_aes); }
    Aes(const Aes &) = delete;
    Aes &operator=(const Aes &) = delete;
    ~Aes() { mbedtls_aes_free(&m_aes); }  // wipes
    mbedtls_aes_context *get() { return &m_aes; }

  private:
    mbedtls_aes_context m_aes{};
};

// Only SHA-2 signs.
mbedtls_md_type_t digest_type(DigestAlgorithm algorithm) {
    switch (algorithm) {
    case DigestAlgorithm::sha256:
        return MBEDTLS_MD_SHA256;
    case DigestAlgorithm::sha384:
        return MBEDTLS_MD_SHA384;
    case DigestAlgorithm::sha512:
        return MBEDTLS_MD_SHA512;
    case DigestAlgorithm::blake2b_512:
        break;
    }
    return MBEDTLS_MD_NONE;
}

#if MBEDTLS_VERSION_NUMBER < 0x03030000
// For HMAC.
class MessageDigest {
  public:
    explicit MessageDigest(DigestAlgorithm algorithm) {
        mbedtls_md_init(&m_digest);
        if (!succeeded(mbedtls_md_setup(&m_digest, mbedtls_md_info_from_type(digest_type(algorithm)), 1)))
            throw std::bad_alloc{};
    }
    MessageDigest(const MessageDigest &) = delete;
    MessageDigest &operator=(const MessageDigest &) = delete;
    ~MessageDigest() { mbedtls_md_free(&m_digest); }  // wipes
    mbedtls_md_context_t *get() { return &m_digest; }

  private:
    mbedtls_md_context_t m_digest{};
};
#endif

bool fits(DigestAlgorithm algorithm, ByteView digest) {
    const mbedtls_md_info_t *info = mbedtls_md_info_from_type(digest_type(algorithm));
    return info != nullptr && mbedtls_md_get_size(info) == digest.size();
}

// RFC 8017 section 9.1.1: digest, salt and two bytes more have room in the padded message.
bool fits(const SignatureScheme &scheme, ByteView digest, std::size_t modulus_bytes) {
    if (!fits(scheme.digest, digest))
        return false;
    return scheme.padding == RsaPadding::pkcs1 ||
           (digest_type(scheme.mask_digest) != MBEDTLS_MD_NONE && scheme.salt_bytes <= modulus_bytes &&
            scheme.salt_bytes + digest.size() + 2 <= modulus_bytes);
}

Error wrong_scheme() { return Error{Code::INVALID_ARGUMENT, "there is no way to sign so with a key of this kind"}; }

}  // namespace

std::size_t curve_bytes(Curve curve) noexcept { return curve == Curve::p256 ? 32 : 48; }

bool is_public_point(Curve curve, ByteView point) {
    if (point.size() != 1 + 2 * curve_bytes(curve) || point[0] != std::byte{4})
        return false;
    Group group{curve};
    return Point{}.read(group, point);
}

bool ecdsa_verify(Curve curve, ByteView point, ByteView digest, ByteView r, ByteView s) {
    if (r.size() > curve_bytes(curve) || s.size() > curve_bytes(curve))
        return false;
    Group group{curve};
    Point key;
    Number r_number{r};
    Number s_number{s};
    return key.read(group, point) && succeeded(mbedtls_ecdsa_verify(group.get(), data_of(digest), digest.size(),
                                                                    key.get(), r_number.get(), s_number.get()));
}

Result<EcdsaNumbers> ecdsa_sign(Curve curve, ByteView scalar, DigestAlgorithm algorithm, ByteView digest) {
    if (!fits(algorithm, digest))
        return wrong_scheme();
    Group group{curve};
    const Number d{scalar};
    Number r;
    Number s;
    const int status = mbedtls_ecdsa_sign_det_ext(group.get(), r.get(), s.get(), d.get(), data_of(digest),
                                                  digest.size(), digest_type(algorithm), random_bytes, nullptr);
    if (!succeeded(status))
        return failed(status, "sign");
    return EcdsaNumbers{r.bytes<Bytes>(), s.bytes<Bytes>()};
}

SecretBytes ec_generate(Curve curve) {
    Group group{curve};
    Number d;
    // It fails only for want of memory: our random source does not fail, and retries leave a chance below 2^-30.
    if (!succeeded(mbedtls_ecp_gen_privkey(group.get(), d.get(), random_bytes, nullptr)))
        throw std::bad_alloc{};
    return d.bytes<SecretBytes>(curve_bytes(curve));
}

Result<Bytes> ec_public_point(Curve curve, ByteView scalar) {
    Group group{curve};
    const Number d{scalar};
    if (!succeeded(mbedtls_ecp_check_privkey(group.get(), d.get())))
        return Error{Code::KEY_INVALID, "the private number is not between 0 and the order of the curve"};
    Point point;
    if (const int status = mbedtls_ecp_mul(group.get(), point.get(), d.get(), &group.get()->G, random_bytes, nullptr);
        !succeeded(status))
        return failed(status, "find a public key");
    Bytes out(1 + 2 * curve_bytes(curve));
    std::size_t length = 0;
    if (const int status = mbedtls_ecp_point_write_binary(group.get(), point.get(), MBEDTLS_ECP_PF_UNCOMPRESSED,
                                                          &length, writable(out), out.size());
        !succeeded(status) || length != out.size())
        return failed(status, "write a public key");
    return out;
}

bool is_rsa_public(const RsaPublic &key) { return Rsa{}.read(key); }

bool rsa_verify(const RsaPublic &key, const SignatureScheme &scheme, ByteView digest, ByteView signature) {
    Rsa rsa;
    if (!fits(scheme, digest, key.modulus.size()) || signature.size() != key.modulus.size() || !rsa.read(key))
        return false;
    const mbedtls_md_type_t type = digest_type(scheme.digest);
    const auto size = static_cast<unsigned>(digest.size());
    if (scheme.padding == RsaPadding::pss) {
        const mbedtls_md_type_t mask = digest_type(scheme.mask_digest);
        const int salt = static_cast<int>(scheme.salt_bytes);
#if MBEDTLS_VERSION_MAJOR >= 3
        return succeeded(
            mbedtls_rsa_rsassa_pss_verify_ext(rsa.get(), type, size, data_of(digest), mask, salt, data_of(signature)));
#else
        return succeeded(mbedtls_rsa_rsassa_pss_verify_ext(rsa.get(), nullptr, nullptr, MBEDTLS_RSA_PUBLIC, type, size,
                                                           data_of(digest), mask, salt, data_of(signature)));
#endif
    }
    // It builds the padded message anew and compares, so that no padding is parsed.
#if MBEDTLS_VERSION_MAJOR >= 3
    return succeeded(mbedtls_rsa_pkcs1_verify(rsa.get(), type, size, data_of(digest), data_of(signature)));
#else
    return succeeded(mbedtls_rsa_pkcs1_verify(rsa.get(), nullptr, nullptr, MBEDTLS_RSA_PUBLIC, type, size,
                                              data_of(digest), data_of(signature)));
#endif
}

Result<Bytes> rsa_sign(const RsaPrivate &key, const SignatureScheme &scheme, ByteView digest) {
    if (!fits(scheme, digest, key.public_part.modulus.size()))
        return wrong_scheme();
    Rsa rsa;
    if (!rsa.read(key))
        return Error{Code::INTERNAL, "an RSA key does not fit itself"};
    Bytes signature(key.public_part.modulus.size());
    const mbedtls_md_type_t type = digest_type(scheme.digest);
    const auto size = static_cast<unsigned>(digest.size());
    int status = 0;
    if (scheme.padding == RsaPadding::pss) {
        rsa.mask_with(digest_type(scheme.mask_digest));
        status = mbedtls_rsa_rsassa_pss_sign_ext(rsa.get(), random_bytes, nullptr, type, size, data_of(digest),
                                                 static_cast<int>(scheme.salt_bytes), writable(signature));
    } else {
#if MBEDTLS_VERSION_MAJOR >= 3
        status =
            mbedtls_rsa_pkcs1_sign(rsa.get(), random_bytes, nullptr, type, size, data_of(digest), writable(signature));
#else
        status = mbedtls_rsa_pkcs1_sign(rsa.get(), random_bytes, nullptr, MBEDTLS_RSA_PRIVATE, type, size,
                                        data_of(digest), writable(signature));
#endif
    }
    if (!succeeded(status))
        return failed(status, "sign");
    return signature;
}

Result<RsaNumbers> rsa_generate(unsigned bits) {
    constexpr int exponent = 65537;
    Rsa rsa;
    if (const int status = mbedtls_rsa_gen_key(rsa.get(), random_bytes, nullptr, bits, exponent); !succeeded(status))
        return failed(status, "make an RSA key");
    return rsa.numbers();
}

Result<RsaNumbers> rsa_complete(const RsaPrivate &key) {
    Rsa rsa;
    if (!rsa.read(key) || !succeeded(mbedtls_rsa_check_privkey(rsa.get())))
        return Error{Code::KEY_INVALID, "the numbers of the RSA key do not fit each other"};
    return rsa.numbers();
}

SecretBytes pbkdf2(DigestAlgorithm digest, ByteView password, ByteView salt, std::uint32_t rounds, std::size_t size) {
    SecretBytes out(size);
#if MBEDTLS_VERSION_NUMBER >= 0x03030000
    const bool done =
        succeeded(mbedtls_pkcs5_pbkdf2_hmac_ext(digest_type(digest), data_of(password), password.size(), data_of(salt),
                                                salt.size(), rounds, static_cast<std::uint32_t>(size), writable(out)));
#else
    MessageDigest hmac{digest};
    const bool done =
        succeeded(mbedtls_pkcs5_pbkdf2_hmac(hmac.get(), data_of(password), password.size(), data_of(salt), salt.size(),
                                            rounds, static_cast<std::uint32_t>(size), writable(out)));
#endif
    if (!done)
        throw std::bad_alloc{};  // SHA-2 is always there
    return out;
}

SecretBytes aes_cbc(Direction direction, ByteView key, ByteView initial_vector, ByteView data) {
    Aes aes;
    const auto key_bits = static_cast<unsigned>(key.size() * 8);
    const bool encrypts = direction == Direction::encrypt;
    SecretBytes vector(initial_vector.begin(), initial_vector.end());  // written to
    SecretBytes out(data.size());
    const int prepared = encrypts ? mbedtls_aes_setkey_enc(aes.get(), data_of(key), key_bits)
                                  : mbedtls_aes_setkey_dec(aes.get(), data_of(key), key_bits);
    if (!succeeded(prepared) ||
        !succeeded(mbedtls_aes_crypt_cbc(aes.get(), encrypts ? MBEDTLS_AES_ENCRYPT : MBEDTLS_AES_DECRYPT, data.size(),
                                         writable(vector), data_of(data), writable(out))))
        throw std::bad_alloc{};  // the sizes are right, so nothing else fails
    return out;
}

}  // namespace mos::crypto::mbed
