/* Packages: build, sign, read and verify .mos files. The format is described in docs/package-format.md. */
#ifndef MULTIOSUPDATE_PACKAGE_H
#define MULTIOSUPDATE_PACKAGE_H

#include <multiosupdate/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Build ---- */

enum {
    MOS_BUILD_KEEP_OWNERS = 1 /* record owners and groups as they are; else root */
};

typedef struct mos_build_options {
    uint32_t struct_size;
    uint32_t flags;
    const char *name;          /* required */
    const char *version;       /* required; compared as Debian Policy 5.6.12 says */
    const char *release;       /* NULL: "1" */
    const char *architecture;  /* NULL: "all" */
    const char *type;          /* "application", "service", "kernel", …; NULL: "application" */
    const char *description;   /* NULL: "" */
    const char *manifest_json; /* further metadata in the manifest's form (docs/package-format.md); NULL: none */
    const char *input_path;    /* required: a directory, the image of the root */
    const char *prefix;        /* put it below this path of the root; NULL: at the root */
    const char *output_path;   /* required: replaced atomically */
    int32_t compression_level; /* of zstd, 1 to 19; 0: 3; negative: uncompressed */
    uint32_t reserved;
    int64_t source_date_epoch_unix_s;   /* no time in the package is later; 0: none */
    const mos_key *sign_key;            /* NULL: unsigned */
    const mos_certificate *certificate; /* of sign_key, with its chain; NULL: the bare key signs */
    const char *scripts_path; /* a directory with pre-install, post-install, pre-remove, post-remove and undo, each of
                                 which may be missing; NULL: none */
    const char
        *templates_path;      /* a directory, an image of the root with templates of configuration files; NULL: none */
    const char *bundles_path; /* a directory with packages that are installed along with this one; NULL: none */
} mos_build_options;

#define MOS_BUILD_OPTIONS_INIT                                                                                         \
    { sizeof(mos_build_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* A job (job.h) that builds a package. The same input, options and versions of the compressor give the same bytes. Keys
 * and certificate are copied. MOS_E_ENTRY_UNSUPPORTED names a device, pipe or socket in the input. A key of
 * manifest_json that no manifest has is kept, and told by a notice of the outcome. Since 0.1. */
MOS_API int mos_package_build_job(mos_context *context, const mos_build_options *options, mos_job **job,
                                  mos_error **error);

/* Adds a signature by `key`, or renews the one it has, in place and atomically; no signed byte changes. Since 0.1. */
MOS_API int mos_package_sign(mos_context *context, const char *path, const mos_key *key,
                             const mos_certificate *certificate, mos_error **error);

/* ---- Read ---- */

/* Opens a package and reads its statement and signature area, nothing more. What the accessors below say is a claim
 * until mos_package_authenticate or a verify job has succeeded. Since 0.1. */
MOS_API int mos_package_open_path(mos_context *context, const char *path, mos_package **package, mos_error **error);
MOS_API int mos_package_open_descriptor(mos_context *context, int32_t descriptor, const char *name,
                                        mos_package **package, mos_error **error);
MOS_API int mos_package_open_source(mos_context *context, uint64_t size, const char *name, mos_read_at_callback read_at,
                                    void *user_data, mos_destroy_callback destroy, mos_package **package,
                                    mos_error **error);
MOS_API void mos_package_free(mos_package *package);

typedef struct mos_package_information {
    uint32_t struct_size;
    uint32_t format_version;
    const char *name;
    const char *version;
    const char *release;
    const char *architecture;
    const char *type;
    const char *kind;           /* "full" or "delta" */
    const char *content_digest; /* SHA-256 over the uncompressed entry list: the identity of the release that the
                                   package holds, the same for its full and its delta packages */
    int64_t created_unix_s;
    uint64_t package_bytes;
    uint64_t payload_bytes;
    uint64_t index_bytes; /* stored */
    uint64_t entries;
    const char *base_content_digest; /* of a delta: of the release that it is made from; else "" */
} mos_package_information;

#define MOS_PACKAGE_INFORMATION_INIT                                                                                   \
    { sizeof(mos_package_information), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Set `information->struct_size` first. Since 0.1. */
MOS_API int mos_package_information_get(const mos_package *package, mos_package_information *information,
                                        mos_error **error);

/* Signatures that the file carries, unverified: algorithm ("Ed25519"), the signer's subject or "", and the key's
 * fingerprint
 * ("SHA256:…"). Since 0.1. */
typedef struct mos_signature_claim {
    uint32_t struct_size;
    uint32_t reserved;
    const char *algorithm;
    const char *subject;
    const char *fingerprint;
} mos_signature_claim;

#define MOS_SIGNATURE_CLAIM_INIT                                                                                       \
    { sizeof(mos_signature_claim), 0, 0, 0, 0 }

/* How many signatures the file carries, and claim `index` of them; set `claim->struct_size` first. Since 0.1. */
MOS_API size_t mos_package_signature_count(const mos_package *package);
MOS_API int mos_package_signature_at(const mos_package *package, size_t index, mos_signature_claim *claim,
                                     mos_error **error);

/* The manifest as JSON text; read and checked against the statement and its digest, not against any signature. The
 * text lives until the package is freed or its manifest asked for again. Since 0.1. */
MOS_API int mos_package_manifest(mos_package *package, const char **json, mos_error **error);

/* ---- Entries ---- */

typedef int32_t mos_entry_type;
enum { MOS_ENTRY_FILE = 0, MOS_ENTRY_DIRECTORY = 1, MOS_ENTRY_SYMLINK = 2, MOS_ENTRY_HARD_LINK = 3 };

/* Where the content of a file comes from. Only delta packages have more than the first. */
typedef int32_t mos_entry_origin;
enum {
    MOS_ORIGIN_STORED = 0,    /* it stands in the package, or there is none */
    MOS_ORIGIN_PATCHED = 1,   /* it is made out of files of the base */
    MOS_ORIGIN_UNCHANGED = 2, /* the base has it at the same path */
    MOS_ORIGIN_DERIVED = 3    /* it follows from the package's index: metadata/checksums.json */
};

typedef struct mos_entry {
    uint32_t struct_size;
    mos_entry_type type;
    const char *path;        /* in the package, such as "content/files/usr/bin/x"; bytes */
    const char *link_target; /* of a symbolic link, or the path that a hard link shares; else "" */
    uint64_t size;           /* bytes of content */
    uint32_t mode;           /* the lower twelve bits */
    uint32_t owner;
    uint32_t group;
    mos_entry_origin origin;
    int64_t modified_unix_s;
    const uint8_t *sha256; /* 32 bytes; NULL for all but files */
} mos_entry;

#define MOS_ENTRY_INIT                                                                                                 \
    { sizeof(mos_entry), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Lists the entries in byte order of their paths, from the index; its digest is checked against the statement first.
 * The package must outlive the cursor. Since 0.1. */
MOS_API int mos_package_entries(mos_package *package, mos_entry_cursor **cursor, mos_error **error);

/* The next entry; set `entry->struct_size` first. Returns MOS_OK or MOS_END. Since 0.1. */
MOS_API int mos_entry_cursor_next(mos_entry_cursor *cursor, mos_entry *entry, mos_error **error);
MOS_API void mos_entry_cursor_free(mos_entry_cursor *cursor);

/* ---- Verify ---- */

typedef struct mos_trust_options {
    uint32_t struct_size;
    uint32_t required_signatures; /* by different trusted keys; 0: 1 */
    const char *trust_path;       /* folder of those who are trusted; NULL: etc/multios/trust beneath the root */
    const char *root_path;        /* the root whose security policy and time floor hold; NULL: the running system */
} mos_trust_options;

#define MOS_TRUST_OPTIONS_INIT                                                                                         \
    { sizeof(mos_trust_options), 0, 0, 0 }

/* Checks the signatures over the statement against the trust store at the context's time. Each way to fail has its own
 * code: MOS_E_NOT_SIGNED, MOS_E_SIGNATURE_INVALID, MOS_E_SIGNER_UNTRUSTED, MOS_E_CERTIFICATE_EXPIRED,
 * MOS_E_CERTIFICATE_INVALID, MOS_E_CERTIFICATE_REVOKED, MOS_E_REVOCATION_UNKNOWN, MOS_E_SIGNER_NOT_ALLOWED,
 * MOS_E_ALGORITHM_REFUSED, MOS_E_TRUST_UNREADABLE, MOS_E_POLICY_UNREADABLE, MOS_E_POLICY_REFUSED. Quick: reads no
 * content. Since 0.1. */
MOS_API int mos_package_authenticate(mos_package *package, const mos_trust_options *trust, mos_error **error);

/* Who signed it, as the trust store names them, after mos_package_authenticate; "" before, or past the end. The names
 * live until the package is freed or authenticated again. Since 0.1. */
MOS_API size_t mos_package_signer_count(const mos_package *package);
MOS_API const char *mos_package_signer_at(const mos_package *package, size_t index);

/* A job (job.h) that authenticates the package and then checks every byte of it: index, frames, content, the tar view,
 * and that the file ends where it should. Of a delta package, what is made out of its base can't be checked so; its
 * patches are, as far as they go without one. The package must not be used until the job has ended. Since 0.1. */
MOS_API int mos_package_verify_job(mos_package *package, const mos_trust_options *trust, mos_job **job,
                                   mos_error **error);

/* The same of a delta package beside the full package of its base, which is authenticated likewise: every file is made
 * out of the base, and checked. MOS_E_INVALID_ARGUMENT for a package that is no delta, MOS_E_BASE_DIFFERS when `base`
 * is not its base. Neither may be used until the job has ended. Since 0.1. */
MOS_API int mos_package_verify_delta_job(mos_package *package, mos_package *base, const mos_trust_options *trust,
                                         mos_job **job, mos_error **error);

/* ---- Delta packages ---- */

typedef struct mos_package_delta_options {
    uint32_t struct_size;
    int32_t compression_level;          /* of what is stored whole, as in mos_build_options; 0: 19 */
    const char *output_path;            /* required: replaced atomically */
    uint64_t threshold;                 /* files that changed and have fewer bytes are stored whole */
    uint64_t memory_limit;              /* bytes that the job may take; 0: 4 GiB */
    uint64_t apply_memory;              /* bytes that the device will have to apply it; 0: 32 MiB */
    const mos_key *sign_key;            /* NULL: unsigned */
    const mos_certificate *certificate; /* of sign_key, with its chain; NULL: the bare key signs */
} mos_package_delta_options;

#define MOS_PACKAGE_DELTA_OPTIONS_INIT                                                                                 \
    { sizeof(mos_package_delta_options), 0, 0, 0, 0, 0, 0, 0 }

/* A job (job.h) that makes the delta package from the release in `base` to that in `target`: full packages of the same
 * name and architecture, which the caller has authenticated or answers for. Installing it where `base` is installed
 * installs what `target` holds. Its files are made out of the base once before it is kept. Beside the output as much
 * room is taken for the time being as the base's files have. It may come out larger than `target`, where little is
 * alike; a notice of the outcome says so. The same packages, options and versions of the compressors give the same
 * bytes. Neither package may be used until the job has ended. Since 0.1. */
MOS_API int mos_package_delta_job(mos_package *base, mos_package *target, const mos_package_delta_options *options,
                                  mos_job **job, mos_error **error);

#ifdef __cplusplus
}
#endif

#endif
