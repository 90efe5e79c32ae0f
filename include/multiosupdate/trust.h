/* Trust: who may sign what a root installs, and a package judged step by step. docs/security.md has the rules.
 *
 * Trust and policy are changed by one at a time: a change waits for another one of the same engine, and is MOS_E_LOCKED
 * while a job or another process has the root, or the trust folder where that is no root's own. */
#ifndef MULTIOSUPDATE_TRUST_H
#define MULTIOSUPDATE_TRUST_H

#include <multiosupdate/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t mos_trust_level;
enum {
    MOS_TRUST_DEFAULT = 0, /* MOS_TRUST_HIGH */
    MOS_TRUST_LOW = 1,
    MOS_TRUST_MEDIUM = 2,
    MOS_TRUST_HIGH = 3
};

typedef struct mos_new_trust {
    uint32_t struct_size;
    mos_trust_level level;
    const char *name;             /* for people; NULL: the certificate's subject, or the key's fingerprint */
    const char *certificate_path; /* one CA certificate in PEM; or */
    const char *public_key_path;  /* one public key in PEM */
    const char
        *fingerprint; /* required: "sha256:" and 64 hexadecimal digits, as the publisher gave it on another way */
    int64_t not_before_unix_s; /* trusted from then on; 0: at once */
    int64_t not_after_unix_s;  /* trusted until then; 0: as long as the certificate is valid */
    const char *packages;      /* names with '*' and '?', separated by spaces; NULL: may sign every package */
    const char *types;         /* types of packages, likewise; NULL: every type */
} mos_new_trust;

#define MOS_NEW_TRUST_INIT                                                                                             \
    { sizeof(mos_new_trust), 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Trusts a CA or a key: one file in the engine's trust folder, which is made where it is missing; whole or not at all.
 * The fingerprint is compared first: MOS_E_KEY_INVALID when it is another one. MOS_E_EXISTS when an entry has that
 * certificate or key. Where `list` is not NULL, it gets the new entry alone. Since 0.1. */
MOS_API int mos_engine_trust_add(mos_engine *engine, const mos_new_trust *trust, mos_trust_list **list,
                                 mos_error **error);

/* Takes the entry `id` away; MOS_E_NOT_FOUND. Since 0.1. */
MOS_API int mos_engine_trust_remove(mos_engine *engine, const char *id, mos_error **error);

/* Stores a certificate revocation list (PEM or DER) in the place of its issuer's earlier one; MOS_E_INVALID_ARGUMENT
 * when its number is not larger. It counts for those who sign from the next verification on. Since 0.1. */
MOS_API int mos_engine_trust_add_revocation_list(mos_engine *engine, const char *path, mos_error **error);

enum {
    MOS_TRUST_FORGET_REVOCATIONS = 1 /* what the list revokes may count again */
};

/* Takes one revocation list away: `name` is its id, its fingerprint or its issuer, as mos_trust_list_revocation_at
 * tells them. MOS_E_NEEDS_ANSWER without the flag when no list of the same issuer and key stays that is as new, or the
 * list can't be read; MOS_E_INVALID_ARGUMENT when the issuer has several; MOS_E_NOT_FOUND. Since 0.1. */
MOS_API int mos_engine_trust_remove_revocation_list(mos_engine *engine, const char *name, uint32_t flags,
                                                    mos_error **error);

/* All entries and revocation lists, by file name. An empty list where the folder is missing; MOS_E_TRUST_UNREADABLE
 * when one can't be read. Since 0.1. */
MOS_API int mos_engine_trust_list(mos_engine *engine, mos_trust_list **list, mos_error **error);

typedef struct mos_trust_entry {
    uint32_t struct_size;
    mos_trust_level level;
    const char *id;   /* for mos_engine_trust_remove */
    const char *kind; /* "ca" or "key" */
    const char *name;
    const char *subject;       /* of the certificate; "" for a key */
    const char *algorithm;     /* of the key: "RSA-4096-SHA256", "Ed25519", … */
    const char *fingerprint;   /* "SHA256:…" of the certificate or the key */
    const char *packages;      /* patterns, separated by spaces; "" for all */
    const char *types;         /* likewise */
    int64_t not_before_unix_s; /* of entry and certificate the later one; 0: none */
    int64_t not_after_unix_s;  /* the earlier one; 0: none */
} mos_trust_entry;

#define MOS_TRUST_ENTRY_INIT                                                                                           \
    { sizeof(mos_trust_entry), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* How many entries, and entry `index`; set `entry->struct_size` first. Its strings live as long as `list`. Since 0.1.
 */
MOS_API size_t mos_trust_list_count(const mos_trust_list *list);
MOS_API int mos_trust_list_at(const mos_trust_list *list, size_t index, mos_trust_entry *entry, mos_error **error);
MOS_API void mos_trust_list_free(mos_trust_list *list);

typedef struct mos_trust_revocations {
    uint32_t struct_size;
    uint32_t reserved;
    const char *id;          /* for mos_engine_trust_remove_revocation_list; so are the next two */
    const char *issuer;      /* the authority's subject */
    const char *fingerprint; /* "SHA256:…" of the list's DER */
    const char *number;      /* grows from list to list; hexadecimal */
    const char *state;       /* "fresh"; "stale" after the next update was due; "early" before its own time */
    int64_t this_update_unix_s;
    int64_t next_update_unix_s;
    uint64_t revoked_count; /* certificates in it */
} mos_trust_revocations;

#define MOS_TRUST_REVOCATIONS_INIT                                                                                     \
    { sizeof(mos_trust_revocations), 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* How many revocation lists of authorities, and list `index`; set `revocations->struct_size` first. Its strings live as
 * long as `list`. Its state is that at the time at which packages are judged (docs/security.md, "Time"). Since 0.1. */
MOS_API size_t mos_trust_list_revocation_count(const mos_trust_list *list);
MOS_API int mos_trust_list_revocation_at(const mos_trust_list *list, size_t index, mos_trust_revocations *revocations,
                                         mos_error **error);

/* The root's security policy as it holds now (etc/multios/security-policy.yml, the defaults where it says nothing): a
 * row for each key that has an effect; kind "policy", `object` is the key, `package` its value as the file writes it,
 * `sentence` what it does. MOS_E_POLICY_UNREADABLE. Since 0.1. */
MOS_API int mos_engine_policy_report(mos_engine *engine, mos_report **report, mos_error **error);

/* Gives `count` keys of the file new values, written as YAML writes them on one line ("true", "2GB", "[Ed25519]");
 * everything else in the file stays as it stands. All of them or none. Nothing is written on MOS_E_INVALID_ARGUMENT (a
 * key or value that no policy has), MOS_E_UNSUPPORTED (one that would switch off what always holds); the error's object
 * is the key; MOS_E_POLICY_UNREADABLE: what was there can't be followed, and the change does not mend it. Since 0.1. */
MOS_API int mos_engine_policy_change(mos_engine *engine, const char *const *keys, const char *const *values,
                                     size_t count, mos_error **error);

enum {
    MOS_VALIDATE_STRICT = 1 /* every signature must be good, and its trust entry of level high */
};

/* A job (job.h) that asks the five questions of the user's guide about a package, by the engine's trust folder and the
 * root's policy: "format", "signature", "chain", "integrity", "policy". The outcome has a row for each
 * (mos_outcome_row_at): `kind` is the question, `object` the answer, "passed", "failed" or "not reached", `sentence`
 * says more. MOS_OK tells that the questions were asked, not that the package is good: that are five times "passed".
 * Since 0.1. */
MOS_API int mos_engine_validate_job(mos_engine *engine, mos_package *package, uint32_t flags, mos_job **job,
                                    mos_error **error);

/* The same of a file that may be no package, which fails in the first question then: `package` of the rows is "", as
 * far as that can't be told. An error when the file can't be read. Since 0.1. */
MOS_API int mos_engine_validate_path_job(mos_engine *engine, const char *path, uint32_t flags, mos_job **job,
                                         mos_error **error);

#ifdef __cplusplus
}
#endif

#endif
