/* Keys and certificates for signing packages. */
#ifndef MULTIOSUPDATE_KEY_H
#define MULTIOSUPDATE_KEY_H

#include <multiosupdate/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t mos_key_type;
enum {
    MOS_KEY_ED25519 = 0,  /* RFC 8032; trusted as a pinned key, no certificates */
    MOS_KEY_ECC_P384 = 1, /* ECDSA with SHA-384, deterministic (RFC 6979) */
    MOS_KEY_RSA_4096 = 2, /* PKCS #1 v1.5 or PSS with SHA-256 (RFC 8017) */
    MOS_KEY_ECC_P256 = 3, /* with SHA-256; good where a policy allows it, as the two that follow */
    MOS_KEY_RSA_3072 = 4,
    MOS_KEY_RSA_2048 = 5
};

/* Makes a new private key from the system's random numbers. An RSA key takes seconds. Since 0.1. */
MOS_API int mos_key_generate(mos_context *context, mos_key_type type, mos_key **key, mos_error **error);

/* Reads a private key: PEM, PKCS #8, unencrypted. MOS_E_WRONG_PASSPHRASE for one that is encrypted. Since 0.1. */
MOS_API int mos_key_load(mos_context *context, const char *path, mos_key **key, mos_error **error);

/* Reads an encrypted private key: PEM, PKCS #8 with PBES2 (PBKDF2, HMAC-SHA-2, AES-CBC), as OpenSSL writes it too. The
 * passphrase is wiped from the library's memory after use. MOS_E_WRONG_PASSPHRASE. Since 0.1. */
MOS_API int mos_key_load_encrypted(mos_context *context, const char *path, const char *passphrase, mos_key **key,
                                   mos_error **error);

/* Writes the private key (PEM, PKCS #8), readable by its owner alone; MOS_E_EXISTS rather than replace a file. What
 * could not be written in full is removed. MOS_E_UNSUPPORTED for a key that is elsewhere. Since 0.1. */
MOS_API int mos_key_store(const mos_key *key, const char *path, mos_error **error);

/* The same, encrypted by a passphrase (PBKDF2 with 600,000 rounds of HMAC-SHA-256, AES-256-CBC). Since 0.1. */
MOS_API int mos_key_store_encrypted(const mos_key *key, const char *path, const char *passphrase, mos_error **error);

/* Signs `message` with a key that is elsewhere: in a token, an HSM, at a signing service. `algorithm` is "RSA-SHA256",
 * "RSA-PSS-SHA256", "ECC-P384-SHA384", "ECC-P256-SHA256" (both: DER, RFC 3279 section 2.2.3) or "Ed25519"; the message
 * is what is hashed and signed, a few hundred bytes. Writes at most `room` bytes to `signature`, and how many to
 * `size`. Returns 0, or a negative number that the error then tells. Called on the thread that signs: the caller's, or
 * a job's. May take its time; may not call back into the library. */
typedef int32_t (*mos_sign_callback)(void *user_data, const char *algorithm, const uint8_t *message,
                                     size_t message_size, uint8_t *signature, size_t room, size_t *size);

/* A key whose public half is in the PEM file `public_key_path`, and whose private half only `sign` knows. It signs
 * packages as any other; it issues no certificates and can't be stored. What `sign` returns is checked with the public
 * key: MOS_E_SIGNATURE_INVALID. Since 0.1. */
MOS_API int mos_key_create_remote(mos_context *context, const char *public_key_path, mos_sign_callback sign,
                                  void *user_data, mos_destroy_callback destroy, mos_key **key, mos_error **error);

/* By which algorithm the key signs packages from now on: a name as above. Only an RSA key has a choice; "RSA-SHA256"
 * before. MOS_E_INVALID_ARGUMENT when it is none of the key's. Since 0.1. */
MOS_API int mos_key_use_algorithm(mos_key *key, const char *algorithm, mos_error **error);

/* Writes the public key (PEM, SubjectPublicKeyInfo); replaces a file of that name. Since 0.1. */
MOS_API int mos_key_store_public(const mos_key *key, const char *path, mos_error **error);

/* "SHA256:<64 hexadecimal digits>" over the SubjectPublicKeyInfo. Since 0.1. */
MOS_API const char *mos_key_fingerprint(const mos_key *key);

/* Wipes and frees. Since 0.1. */
MOS_API void mos_key_free(mos_key *key);

typedef struct mos_certificate_options {
    uint32_t struct_size;
    uint32_t validity_days;    /* 0: 3650 for a CA, 825 for a signer */
    const char *common_name;   /* required; RFC 5280 limits it to 64 characters */
    int64_t not_before_unix_s; /* 0: the context's now */
} mos_certificate_options;

#define MOS_CERTIFICATE_OPTIONS_INIT                                                                                   \
    { sizeof(mos_certificate_options), 0, 0, 0 }

/* A self-signed certificate authority (X.509 v3, RFC 5280) of `key`, which may not be Ed25519. Since 0.1. */
MOS_API int mos_certificate_create_ca(const mos_key *key, const mos_certificate_options *options,
                                      mos_certificate **certificate, mos_error **error);

/* A code-signing certificate for `signer`, issued by the authority. Since 0.1. */
MOS_API int mos_certificate_issue(const mos_key *ca_key, const mos_certificate *ca, const mos_key *signer,
                                  const mos_certificate_options *options, mos_certificate **certificate,
                                  mos_error **error);

/* Reads PEM: a certificate, and after it the intermediate ones that lead to the root. Since 0.1. */
MOS_API int mos_certificate_load(mos_context *context, const char *path, mos_certificate **certificate,
                                 mos_error **error);

/* Writes PEM, the certificate and its chain; replaces a file of that name. Since 0.1. */
MOS_API int mos_certificate_store(const mos_certificate *certificate, const char *path, mos_error **error);

/* "SHA256:<64 hexadecimal digits>" over the certificate's DER form. Since 0.1. */
MOS_API const char *mos_certificate_fingerprint(const mos_certificate *certificate);

/* "CN=Example Release CA". Since 0.1. */
MOS_API const char *mos_certificate_subject(const mos_certificate *certificate);

/* Revokes `revoked`, which `ca` must have issued, in the authority's certificate revocation list (RFC 5280) at `path`:
 * PEM, replaced atomically. What a list that is there already has revoked stays so, and its number grows by one;
 * `revoked` NULL only renews it. `reason` is "key compromise", "superseded", … (docs/security.md), NULL: "unspecified".
 * The list is good for `validity_days` (0: 30): whoever has it refuses the authority's signers from then on until there
 * is a newer one. MOS_E_CERTIFICATE_INVALID for a list of another authority or a certificate of another one;
 * MOS_E_LOCKED while another process makes the next list of the same one. Since 0.1.
 */
MOS_API int mos_certificate_revoke(const mos_key *ca_key, const mos_certificate *ca, const mos_certificate *revoked,
                                   const char *reason, uint32_t validity_days, const char *path, mos_error **error);

MOS_API void mos_certificate_free(mos_certificate *certificate);

#ifdef __cplusplus
}
#endif

#endif
