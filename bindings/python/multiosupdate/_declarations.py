"""Written by tools/generate_cdef.py from include/multiosupdate/*.h."""

CDEF = """
enum {
    MOS_OK = 0,
    MOS_END = 1,
    MOS_PENDING = 2
};
typedef struct mos_context mos_context;
typedef struct mos_engine mos_engine;
typedef struct mos_plan mos_plan;
typedef struct mos_job mos_job;
typedef struct mos_outcome mos_outcome;
typedef struct mos_package mos_package;
typedef struct mos_entry_cursor mos_entry_cursor;
typedef struct mos_history mos_history;
typedef struct mos_events mos_events;
typedef struct mos_doctor mos_doctor;
typedef struct mos_report mos_report;
typedef struct mos_ways mos_ways;
typedef struct mos_duplicates mos_duplicates;
typedef struct mos_recovery_list mos_recovery_list;
typedef struct mos_backups mos_backups;
typedef struct mos_key mos_key;
typedef struct mos_certificate mos_certificate;
typedef struct mos_settings mos_settings;
typedef struct mos_trust_list mos_trust_list;
typedef struct mos_digest mos_digest;
typedef struct mos_schedule mos_schedule;
typedef struct mos_error mos_error;
typedef void (*mos_destroy_callback)(void *user_data);
typedef int64_t (*mos_read_at_callback)(void *user_data, uint64_t offset, void *buffer, size_t size);
typedef int32_t (*mos_write_callback)(void *user_data, const void *bytes, size_t size);
 const char *mos_version(void);
typedef int32_t mos_log_level;
enum { MOS_LOG_DEBUG = 0, MOS_LOG_INFO = 1, MOS_LOG_WARNING = 2, MOS_LOG_ERROR = 3 };
typedef void (*mos_log_callback)(void *user_data, mos_log_level level, const char *message);
typedef int64_t (*mos_clock_callback)(void *user_data);
typedef struct mos_context_options {
    uint32_t struct_size;
    mos_log_callback log;
    void *log_user_data;
    mos_destroy_callback log_destroy;
    mos_clock_callback clock;
    void *clock_user_data;
    mos_destroy_callback clock_destroy;
} mos_context_options;
 int mos_context_create(const mos_context_options *options, mos_context **context, mos_error **error);
 void mos_context_free(mos_context *context);
typedef int32_t mos_delta_codec;
enum {
    MOS_DELTA_DEFAULT = 0,
    MOS_DELTA_KEEP = 1,
    MOS_DELTA_FULL = 2,
    MOS_DELTA_VCDIFF = 3,
    MOS_DELTA_SUFFIX = 4
};
 bool mos_delta_can_create(mos_delta_codec codec);
 bool mos_delta_can_apply(mos_delta_codec codec);
typedef int64_t (*mos_delta_read_callback)(void *user_data, void *buffer, size_t size);
typedef int (*mos_delta_write_callback)(void *user_data, const void *bytes, size_t size);
typedef struct mos_delta_input {
    uint32_t struct_size;
    int32_t descriptor;
    const char *path;
    const void *bytes;
    size_t size;
    mos_delta_read_callback read;
    void *user_data;
    mos_destroy_callback destroy;
} mos_delta_input;
typedef struct mos_delta_output {
    uint32_t struct_size;
    uint32_t reserved;
    const char *path;
    mos_delta_write_callback write;
    void *user_data;
    mos_destroy_callback destroy;
} mos_delta_output;
typedef struct mos_delta_options {
    uint32_t struct_size;
    mos_delta_codec codec;
    uint64_t
        memory_limit;
    uint64_t apply_memory;
} mos_delta_options;
 int mos_delta_create_job(mos_context *context, const mos_delta_input *base, const mos_delta_input *result,
                                 const mos_delta_output *delta, const mos_delta_options *options, mos_job **job,
                                 mos_error **error);
 int mos_delta_apply_job(mos_context *context, const mos_delta_input *base, const mos_delta_input *delta,
                                const mos_delta_output *result, const mos_delta_options *options, mos_job **job,
                                mos_error **error);
typedef struct mos_delta_information {
    uint32_t struct_size;
    mos_delta_codec codec;
    uint64_t base_size;
    uint64_t result_size;
    uint64_t payload_size;
    uint64_t apply_memory;
    uint8_t base_sha256[32];
    uint8_t result_sha256[32];
} mos_delta_information;
 int mos_delta_information_get(mos_context *context, const mos_delta_input *delta,
                                      mos_delta_information *information, mos_error **error);
typedef int32_t mos_digest_algorithm;
enum {
    MOS_DIGEST_SHA256 = 0,
    MOS_DIGEST_SHA384 = 1,
    MOS_DIGEST_SHA512 = 2,
    MOS_DIGEST_BLAKE2B = 3
};
 int mos_digest_create(mos_context *context, mos_digest_algorithm algorithm, mos_digest **digest,
                              mos_error **error);
 int mos_digest_update(mos_digest *digest, const void *bytes, size_t size, mos_error **error);
 size_t mos_digest_size(const mos_digest *digest);
 int mos_digest_finish(mos_digest *digest, uint8_t *out, size_t room, mos_error **error);
 void mos_digest_free(mos_digest *digest);
 int mos_duplicates_create(mos_context *context, mos_duplicates **duplicates, mos_error **error);
 void mos_duplicates_free(mos_duplicates *duplicates);
 int mos_duplicates_add_package(mos_duplicates *duplicates, mos_package *package, const char *name,
                                       mos_error **error);
 int mos_duplicates_add_job(mos_duplicates *duplicates, const char *path, mos_job **job, mos_error **error);
typedef struct mos_duplicate {
    uint32_t struct_size;
    bool is_stored_once;
    uint64_t size;
    const char *source;
    const char *path;
    const char *original_source;
    const char *original_path;
} mos_duplicate;
 size_t mos_duplicates_count(mos_duplicates *duplicates);
 int mos_duplicates_at(mos_duplicates *duplicates, size_t index, mos_duplicate *duplicate, mos_error **error);
typedef struct mos_duplicates_totals {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t files;
    uint64_t bytes;
    uint64_t duplicates;
    uint64_t duplicate_bytes;
    uint64_t stored_once_bytes;
} mos_duplicates_totals;
 int mos_duplicates_totals_get(mos_duplicates *duplicates, mos_duplicates_totals *totals, mos_error **error);
typedef int32_t mos_event_level;
enum { MOS_EVENT_DEBUG = 0, MOS_EVENT_INFO = 1, MOS_EVENT_WARNING = 2, MOS_EVENT_ERROR = 3 };
typedef struct mos_event {
    uint32_t struct_size;
    mos_event_level level;
    uint64_t sequence;
    int64_t time_unix_s;
    const char *type;
    const char *component;
    const char *subject;
    const char *message;
    const char *cause;
    const char *actor;
    const char *payload;
} mos_event;
typedef void (*mos_event_callback)(void *user_data, const mos_event *event);
enum {
    MOS_EVENTS_NEW = 1
};
typedef struct mos_events_options {
    uint32_t struct_size;
    uint32_t flags;
    uint64_t from;
    const char *types;
    mos_event_level level;
    uint32_t reserved;
} mos_events_options;
 int mos_events_open(mos_engine *engine, const mos_events_options *options, mos_events **events,
                            mos_error **error);
 int mos_events_next(mos_events *events, mos_event *event, mos_error **error);
 int mos_events_batch(mos_events *events, mos_event *batch, size_t capacity, size_t *count, mos_error **error);
 uint64_t mos_events_position(const mos_events *events);
 void mos_events_free(mos_events *events);
enum {
    MOS_ENGINE_ROOT_DESCRIPTOR = 1
};
typedef int32_t mos_service_action;
enum {
    MOS_SERVICE_STOP = 0,
    MOS_SERVICE_START = 1,
    MOS_SERVICE_RESTART = 2,
    MOS_SERVICE_RELOAD = 3,
    MOS_SERVICE_RELOAD_MANAGER = 4,
    MOS_SERVICE_QUERY = 5
};
typedef int (*mos_service_callback)(void *user_data, const char *unit, mos_service_action action);
typedef int (*mos_health_callback)(void *user_data, int64_t time_left_ms);
typedef int32_t mos_notice_kind;
enum {
    MOS_NOTICE_ANNOUNCED = 0,
    MOS_NOTICE_BEGUN = 1,
    MOS_NOTICE_DONE = 2,
    MOS_NOTICE_RETRYING = 3,
    MOS_NOTICE_FAILED = 4,
    MOS_NOTICE_CALLED_OFF = 5
};
typedef int32_t mos_notice_level;
enum {
    MOS_NOTICE_INFO = 1,
    MOS_NOTICE_STANDARD = 2,
    MOS_NOTICE_IMPORTANT = 3,
    MOS_NOTICE_URGENT = 4
};
typedef struct mos_notice {
    uint32_t struct_size;
    mos_notice_kind kind;
    mos_notice_level level;
    bool reboot;
    bool at_the_latest;
    const char *text;
    const uint64_t *entries;
    size_t entry_count;
    int64_t time_unix_s;
    int64_t start_unix_s;
} mos_notice;
typedef int (*mos_notify_callback)(void *user_data, const mos_notice *notice);
typedef struct mos_engine_options {
    uint32_t struct_size;
    uint32_t flags;
    const char *root_path;
    int32_t root_descriptor;
    uint32_t recovery_points;
    const char *trust_path;
    uint32_t required_signatures;
    uint32_t script_timeout_s;
    const char *helper_path;
    mos_service_callback service_action;
    void *service_user_data;
    mos_destroy_callback service_destroy;
    const char *actor;
    mos_event_callback event;
    void *event_user_data;
    mos_destroy_callback event_destroy;
    const char *environment;
    mos_health_callback health;
    void *health_user_data;
    mos_destroy_callback health_destroy;
    mos_notify_callback notify;
    void *notify_user_data;
    mos_destroy_callback notify_destroy;
} mos_engine_options;
 int mos_engine_open(mos_context *context, const mos_engine_options *options, mos_engine **engine,
                            mos_error **error);
 void mos_engine_free(mos_engine *engine);
 int mos_engine_recover(mos_engine *engine, uint32_t *transactions, mos_error **error);
typedef int32_t mos_transaction_state;
enum {
    MOS_TRANSACTION_COMMITTED = 0,
    MOS_TRANSACTION_REVERTING = 1,
    MOS_TRANSACTION_DONE = 2,
    MOS_TRANSACTION_REVERTED = 3,
    MOS_TRANSACTION_PRUNED = 4
};
typedef int32_t mos_went_back;
enum {
    MOS_WENT_BACK_NOT = 0,
    MOS_WENT_BACK_BY_HAND = 1,
    MOS_WENT_BACK_FAILED_SCRIPT = 2,
    MOS_WENT_BACK_FAILED_HEALTH_CHECK = 3,
    MOS_WENT_BACK_TIME_OUT = 4,
    MOS_WENT_BACK_CANCELLED = 5,
    MOS_WENT_BACK_ERROR = 6,
    MOS_WENT_BACK_RECOVERY = 7
};
typedef struct mos_history_record {
    uint32_t struct_size;
    mos_transaction_state state;
    const char *recovery_point;
    const char *summary;
    const char *reason;
    int64_t time_unix_s;
    uint64_t changed_paths;
    bool in_effect;
    bool can_roll_back;
    mos_went_back went_back;
    const char *cause;
    const char *takes_back;
} mos_history_record;
 int mos_history_open(mos_engine *engine, mos_history **history, mos_error **error);
 int mos_history_next(mos_history *history, mos_history_record *record, mos_error **error);
 void mos_history_free(mos_history *history);
 int mos_engine_installed_version(mos_engine *engine, const char *name, char *version, size_t size,
                                         mos_error **error);
typedef int32_t mos_severity;
enum {
    MOS_SEVERITY_INFORMATION = 0,
    MOS_SEVERITY_WARNING = 1,
    MOS_SEVERITY_ERROR = 2
};
typedef struct mos_finding {
    uint32_t struct_size;
    mos_severity severity;
    const char *kind;
    const char *sentence;
    const char *object;
    const char *repair;
} mos_finding;
 int mos_doctor_examine(mos_engine *engine, mos_doctor **doctor, mos_error **error);
 int mos_doctor_repair(mos_engine *engine, const char *kind, mos_doctor **doctor, mos_error **error);
 int mos_doctor_next(mos_doctor *doctor, mos_finding *finding, mos_error **error);
 void mos_doctor_free(mos_doctor *doctor);
enum {
    MOS_E_SIGNATURE_INVALID = -1,
    MOS_E_DEPENDENCY = -2,
    MOS_E_NO_SPACE = -3,
    MOS_E_NETWORK_TIMEOUT = -4,
    MOS_E_REQUIREMENTS = -5,
    MOS_E_CONFLICT = -6,
    MOS_E_BACKUP = -7,
    MOS_E_INVALID_ARGUMENT = -8,
    MOS_E_OUT_OF_MEMORY = -9,
    MOS_E_IO = -10,
    MOS_E_NOT_FOUND = -11,
    MOS_E_EXISTS = -12,
    MOS_E_PERMISSION = -13,
    MOS_E_READ_ONLY = -14,
    MOS_E_UNSUPPORTED = -15,
    MOS_E_NOT_BUILT = -16,
    MOS_E_CANCELLED = -17,
    MOS_E_NEEDS_ANSWER = -18,
    MOS_E_LOCKED = -19,
    MOS_E_INTERNAL = -20,
    MOS_E_WRONG_HANDLE = -21,
    MOS_E_LIMIT = -22,
    MOS_E_FORMAT = -23,
    MOS_E_TRUNCATED = -24,
    MOS_E_TRAILING_DATA = -25,
    MOS_E_DIGEST_MISMATCH = -26,
    MOS_E_SIGNATURE_COPY = -27,
    MOS_E_NOT_SIGNED = -28,
    MOS_E_SIGNER_UNTRUSTED = -29,
    MOS_E_CERTIFICATE_EXPIRED = -30,
    MOS_E_CERTIFICATE_INVALID = -31,
    MOS_E_ALGORITHM_REFUSED = -32,
    MOS_E_TRUST_UNREADABLE = -33,
    MOS_E_KEY_INVALID = -34,
    MOS_E_PATH_REFUSED = -35,
    MOS_E_ENTRY_DUPLICATE = -36,
    MOS_E_ENTRY_UNSUPPORTED = -37,
    MOS_E_DOWNGRADE = -38,
    MOS_E_PLAN_CHANGED = -39,
    MOS_E_CHANGED_MEANWHILE = -40,
    MOS_E_DATABASE_DAMAGED = -41,
    MOS_E_DATABASE_TOO_NEW = -42,
    MOS_E_NOTHING_TO_ROLL_BACK = -43,
    MOS_E_RECOVERY_FAILED = -44,
    MOS_E_NOT_INSTALLED = -45,
    MOS_E_ALREADY_INSTALLED = -46,
    MOS_E_CROSS_MOUNT = -47,
    MOS_E_FILESYSTEM_UNSUITABLE = -48,
    MOS_E_REVERTED = -49,
    MOS_E_POLICY_REFUSED = -50,
    MOS_E_SYMLINK_IN_PATH = -51,
    MOS_E_STAGE_UNCLEAR = -52,
    MOS_E_SCRIPT_FAILED = -53,
    MOS_E_SCRIPT_TIMEOUT = -54,
    MOS_E_SERVICE_FAILED = -55,
    MOS_E_TEMPLATE_VALUE_MISSING = -56,
    MOS_E_CERTIFICATE_REVOKED = -57,
    MOS_E_REVOCATION_UNKNOWN = -58,
    MOS_E_SIGNER_NOT_ALLOWED = -59,
    MOS_E_POLICY_UNREADABLE = -60,
    MOS_E_WRONG_PASSPHRASE = -61,
    MOS_E_POINT_DAMAGED = -62,
    MOS_E_BACKUP_DAMAGED = -63,
    MOS_E_NEWER_IN_PLACE = -64,
    MOS_E_HEALTH_CHECK_FAILED = -65,
    MOS_E_HEALTH_CHECK_TIMEOUT = -66,
    MOS_E_BASE_DIFFERS = -67,
    MOS_E_RECOVERY_MODE = -68
};
 int32_t mos_error_code(const mos_error *error);
 const char *mos_error_message(const mos_error *error);
 const char *mos_error_remedy(const mos_error *error);
 const char *mos_error_object(const mos_error *error);
 int32_t mos_error_errno(const mos_error *error);
 bool mos_error_retryable(const mos_error *error);
 const mos_error *mos_error_cause(const mos_error *error);
 void mos_error_free(mos_error *error);
 const char *mos_error_code_name(int32_t code);
 const char *mos_error_code_sentence(int32_t code);
 const char *mos_error_code_remedy(int32_t code);
 int mos_job_start(mos_job *job, mos_error **error);
struct mos_question;
typedef const char *(*mos_ask_callback)(void *user_data, const struct mos_question *question);
 int mos_job_run(mos_job *job, mos_ask_callback ask, void *user_data, mos_error **error);
 int mos_job_wait(mos_job *job, int32_t timeout_ms);
 int mos_job_descriptor(mos_job *job);
typedef int32_t mos_job_state;
enum {
    MOS_JOB_READY = 0,
    MOS_JOB_RUNNING = 1,
    MOS_JOB_PAUSED = 2,
    MOS_JOB_ASKING = 3,
    MOS_JOB_ENDED = 4
};
typedef int32_t mos_phase;
enum {
    MOS_PHASE_PLANNING = 0,
    MOS_PHASE_VERIFYING = 1,
    MOS_PHASE_STAGING = 2,
    MOS_PHASE_DECIDING = 3,
    MOS_PHASE_APPLYING = 4,
    MOS_PHASE_SETTLING = 5,
    MOS_PHASE_REVERTING = 6,
    MOS_PHASE_CLEANING = 7,
    MOS_PHASE_SCRIPTS = 8
};
typedef struct mos_progress {
    uint32_t struct_size;
    mos_job_state state;
    mos_phase phase;
    uint32_t reserved;
    uint64_t done_bytes;
    uint64_t total_bytes;
    uint64_t done_entries;
    uint64_t total_entries;
} mos_progress;
 int mos_job_progress(mos_job *job, mos_progress *progress);
typedef struct mos_question {
    uint32_t struct_size;
    uint32_t id;
    const char *text;
    const char *object;
    const char *choices;
    const char *fallback;
} mos_question;
 int mos_job_question(mos_job *job, mos_question *question);
 int mos_job_answer(mos_job *job, uint32_t id, const char *choice, mos_error **error);
 int mos_job_cancel(mos_job *job);
 int mos_job_pause(mos_job *job);
 int mos_job_resume(mos_job *job);
 int mos_job_outcome(mos_job *job, const mos_outcome **outcome, mos_error **error);
 const char *mos_outcome_recovery_point(const mos_outcome *outcome);
 uint64_t mos_outcome_changed_paths(const mos_outcome *outcome);
 uint64_t mos_outcome_written_bytes(const mos_outcome *outcome);
 const char *mos_outcome_reboot(const mos_outcome *outcome);
 size_t mos_outcome_notice_count(const mos_outcome *outcome);
 const char *mos_outcome_notice_at(const mos_outcome *outcome, size_t index);
 void mos_job_free(mos_job *job);
typedef int32_t mos_key_type;
enum {
    MOS_KEY_ED25519 = 0,
    MOS_KEY_ECC_P384 = 1,
    MOS_KEY_RSA_4096 = 2,
    MOS_KEY_ECC_P256 = 3,
    MOS_KEY_RSA_3072 = 4,
    MOS_KEY_RSA_2048 = 5
};
 int mos_key_generate(mos_context *context, mos_key_type type, mos_key **key, mos_error **error);
 int mos_key_load(mos_context *context, const char *path, mos_key **key, mos_error **error);
 int mos_key_load_encrypted(mos_context *context, const char *path, const char *passphrase, mos_key **key,
                                   mos_error **error);
 int mos_key_store(const mos_key *key, const char *path, mos_error **error);
 int mos_key_store_encrypted(const mos_key *key, const char *path, const char *passphrase, mos_error **error);
typedef int32_t (*mos_sign_callback)(void *user_data, const char *algorithm, const uint8_t *message,
                                     size_t message_size, uint8_t *signature, size_t room, size_t *size);
 int mos_key_create_remote(mos_context *context, const char *public_key_path, mos_sign_callback sign,
                                  void *user_data, mos_destroy_callback destroy, mos_key **key, mos_error **error);
 int mos_key_use_algorithm(mos_key *key, const char *algorithm, mos_error **error);
 int mos_key_store_public(const mos_key *key, const char *path, mos_error **error);
 const char *mos_key_fingerprint(const mos_key *key);
 void mos_key_free(mos_key *key);
typedef struct mos_certificate_options {
    uint32_t struct_size;
    uint32_t validity_days;
    const char *common_name;
    int64_t not_before_unix_s;
} mos_certificate_options;
 int mos_certificate_create_ca(const mos_key *key, const mos_certificate_options *options,
                                      mos_certificate **certificate, mos_error **error);
 int mos_certificate_issue(const mos_key *ca_key, const mos_certificate *ca, const mos_key *signer,
                                  const mos_certificate_options *options, mos_certificate **certificate,
                                  mos_error **error);
 int mos_certificate_load(mos_context *context, const char *path, mos_certificate **certificate,
                                 mos_error **error);
 int mos_certificate_store(const mos_certificate *certificate, const char *path, mos_error **error);
 const char *mos_certificate_fingerprint(const mos_certificate *certificate);
 const char *mos_certificate_subject(const mos_certificate *certificate);
 int mos_certificate_revoke(const mos_key *ca_key, const mos_certificate *ca, const mos_certificate *revoked,
                                   const char *reason, uint32_t validity_days, const char *path, mos_error **error);
 void mos_certificate_free(mos_certificate *certificate);
 int mos_engine_log_configured(mos_engine *engine, const char *path, mos_error **error);
typedef struct mos_log_file_options {
    uint32_t struct_size;
    mos_event_level level;
    const char *path;
    const char *format;
    uint64_t max_bytes;
    uint32_t max_files;
    bool compress;
} mos_log_file_options;
 int mos_engine_log_file(mos_engine *engine, const mos_log_file_options *options, mos_error **error);
enum {
    MOS_BUILD_KEEP_OWNERS = 1
};
typedef struct mos_build_options {
    uint32_t struct_size;
    uint32_t flags;
    const char *name;
    const char *version;
    const char *release;
    const char *architecture;
    const char *type;
    const char *description;
    const char *manifest_json;
    const char *input_path;
    const char *prefix;
    const char *output_path;
    int32_t compression_level;
    uint32_t reserved;
    int64_t source_date_epoch_unix_s;
    const mos_key *sign_key;
    const mos_certificate *certificate;
    const char *scripts_path;
    const char
        *templates_path;
    const char *bundles_path;
} mos_build_options;
 int mos_package_build_job(mos_context *context, const mos_build_options *options, mos_job **job,
                                  mos_error **error);
 int mos_package_sign(mos_context *context, const char *path, const mos_key *key,
                             const mos_certificate *certificate, mos_error **error);
 int mos_package_open_path(mos_context *context, const char *path, mos_package **package, mos_error **error);
 int mos_package_open_descriptor(mos_context *context, int32_t descriptor, const char *name,
                                        mos_package **package, mos_error **error);
 int mos_package_open_source(mos_context *context, uint64_t size, const char *name, mos_read_at_callback read_at,
                                    void *user_data, mos_destroy_callback destroy, mos_package **package,
                                    mos_error **error);
 void mos_package_free(mos_package *package);
typedef struct mos_package_information {
    uint32_t struct_size;
    uint32_t format_version;
    const char *name;
    const char *version;
    const char *release;
    const char *architecture;
    const char *type;
    const char *kind;
    const char *content_digest;
    int64_t created_unix_s;
    uint64_t package_bytes;
    uint64_t payload_bytes;
    uint64_t index_bytes;
    uint64_t entries;
    const char *base_content_digest;
} mos_package_information;
 int mos_package_information_get(const mos_package *package, mos_package_information *information,
                                        mos_error **error);
typedef struct mos_signature_claim {
    uint32_t struct_size;
    uint32_t reserved;
    const char *algorithm;
    const char *subject;
    const char *fingerprint;
} mos_signature_claim;
 size_t mos_package_signature_count(const mos_package *package);
 int mos_package_signature_at(const mos_package *package, size_t index, mos_signature_claim *claim,
                                     mos_error **error);
 int mos_package_manifest(mos_package *package, const char **json, mos_error **error);
typedef int32_t mos_entry_type;
enum { MOS_ENTRY_FILE = 0, MOS_ENTRY_DIRECTORY = 1, MOS_ENTRY_SYMLINK = 2, MOS_ENTRY_HARD_LINK = 3 };
typedef int32_t mos_entry_origin;
enum {
    MOS_ORIGIN_STORED = 0,
    MOS_ORIGIN_PATCHED = 1,
    MOS_ORIGIN_UNCHANGED = 2,
    MOS_ORIGIN_DERIVED = 3
};
typedef struct mos_entry {
    uint32_t struct_size;
    mos_entry_type type;
    const char *path;
    const char *link_target;
    uint64_t size;
    uint32_t mode;
    uint32_t owner;
    uint32_t group;
    mos_entry_origin origin;
    int64_t modified_unix_s;
    const uint8_t *sha256;
} mos_entry;
 int mos_package_entries(mos_package *package, mos_entry_cursor **cursor, mos_error **error);
 int mos_entry_cursor_next(mos_entry_cursor *cursor, mos_entry *entry, mos_error **error);
 void mos_entry_cursor_free(mos_entry_cursor *cursor);
typedef struct mos_trust_options {
    uint32_t struct_size;
    uint32_t required_signatures;
    const char *trust_path;
    const char *root_path;
} mos_trust_options;
 int mos_package_authenticate(mos_package *package, const mos_trust_options *trust, mos_error **error);
 size_t mos_package_signer_count(const mos_package *package);
 const char *mos_package_signer_at(const mos_package *package, size_t index);
 int mos_package_verify_job(mos_package *package, const mos_trust_options *trust, mos_job **job,
                                   mos_error **error);
 int mos_package_verify_delta_job(mos_package *package, mos_package *base, const mos_trust_options *trust,
                                         mos_job **job, mos_error **error);
typedef struct mos_package_delta_options {
    uint32_t struct_size;
    int32_t compression_level;
    const char *output_path;
    uint64_t threshold;
    uint64_t memory_limit;
    uint64_t apply_memory;
    const mos_key *sign_key;
    const mos_certificate *certificate;
} mos_package_delta_options;
 int mos_package_delta_job(mos_package *base, mos_package *target, const mos_package_delta_options *options,
                                  mos_job **job, mos_error **error);
typedef int32_t mos_conflict_rule;
enum {
    MOS_CONFLICT_REFUSE = 0,
    MOS_CONFLICT_ASK = 1,
    MOS_CONFLICT_KEEP = 2,
    MOS_CONFLICT_REPLACE = 3
};
typedef int32_t mos_config_rule;
enum {
    MOS_CONFIG_KEEP = 0,
    MOS_CONFIG_ASK = 1,
    MOS_CONFIG_REPLACE = 2,
    MOS_CONFIG_PRESERVE = 3
};
typedef struct mos_install_options {
    uint32_t struct_size;
    mos_conflict_rule on_conflict;
    bool allow_downgrade;
    bool reinstall;
    bool reuse_installed;
    mos_config_rule on_config;
    uint32_t reserved;
    const char *target_directory;
    const char *config_path;
    uint64_t delta_memory;
    const char *full_package_path;
} mos_install_options;
 int mos_plan_create(mos_engine *engine, mos_plan **plan, mos_error **error);
 void mos_plan_free(mos_plan *plan);
 int mos_plan_install_path(mos_plan *plan, const char *path, const mos_install_options *options,
                                  mos_error **error);
 int mos_plan_install_descriptor(mos_plan *plan, int32_t descriptor, const char *name,
                                        const mos_install_options *options, mos_error **error);
 int mos_plan_install_source(mos_plan *plan, uint64_t size, const char *name, const mos_install_options *options,
                                    mos_read_at_callback read_at, void *user_data, mos_destroy_callback destroy,
                                    mos_error **error);
typedef struct mos_remove_options {
    uint32_t struct_size;
    bool remove_config;
    bool remove_data;
    bool backup_data;
} mos_remove_options;
 int mos_plan_remove(mos_plan *plan, const char *name, const mos_remove_options *options, mos_error **error);
 int mos_plan_rollback(mos_plan *plan, const char *recovery_point, mos_error **error);
typedef int32_t mos_merge_rule;
enum {
    MOS_MERGE_USUAL = 0,
    MOS_MERGE_KEEP = 1,
    MOS_MERGE_REFUSE = 2,
    MOS_MERGE_ASK = 3,
    MOS_MERGE_PREFER_NEWER = 4,
    MOS_MERGE_PREFER_OLDER = 5,
    MOS_MERGE_KEEP_BOTH = 6,
    MOS_MERGE_PAST = 7
};
typedef int32_t mos_rollback_scope;
enum {
    MOS_ROLLBACK_EVERYTHING = 0,
    MOS_ROLLBACK_PACKAGE = 1,
    MOS_ROLLBACK_CONFIGURATION = 2
};
typedef struct mos_rollback_options {
    uint32_t struct_size;
    mos_rollback_scope scope;
    const char *recovery_point;
    const char *target_version;
    const char *name;
    mos_merge_rule merge;
    bool accept_risks;
    bool emergency;
    bool keep_way_forward;
} mos_rollback_options;
 int mos_plan_rollback_to(mos_plan *plan, const mos_rollback_options *options, mos_error **error);
 int mos_plan_resolve(mos_plan *plan, mos_error **error);
 const char *mos_plan_digest(const mos_plan *plan);
typedef int32_t mos_step_action;
enum {
    MOS_STEP_INSTALL = 0,
    MOS_STEP_UPDATE = 1,
    MOS_STEP_DOWNGRADE = 2,
    MOS_STEP_REINSTALL = 3,
    MOS_STEP_REMOVE = 4,
    MOS_STEP_ROLL_BACK = 5,
    MOS_STEP_RESTORE = 6
};
typedef struct mos_step {
    uint32_t struct_size;
    mos_step_action action;
    const char *name;
    const char *version;
    const char *old_version;
    const char *signer;
} mos_step;
 size_t mos_plan_step_count(const mos_plan *plan);
 int mos_plan_step_at(const mos_plan *plan, size_t index, mos_step *step, mos_error **error);
typedef struct mos_plan_totals {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t added;
    uint64_t replaced;
    uint64_t removed;
    uint64_t attributes;
    uint64_t unchanged;
    uint64_t kept;
    uint64_t write_bytes;
    uint64_t read_bytes;
    uint64_t package_bytes;
} mos_plan_totals;
 int mos_plan_totals_get(const mos_plan *plan, mos_plan_totals *totals, mos_error **error);
 size_t mos_plan_notice_count(const mos_plan *plan);
 const char *mos_plan_notice_at(const mos_plan *plan, size_t index);
typedef struct mos_plan_job_options {
    uint32_t struct_size;
    uint32_t reserved;
    const char *expected_digest;
    const char *reason;
} mos_plan_job_options;
 int mos_plan_job(mos_plan *plan, const mos_plan_job_options *options, mos_job **job, mos_error **error);
typedef int32_t mos_compression;
enum {
    MOS_COMPRESSION_CONFIGURED = 0,
    MOS_COMPRESSION_NONE = 1,
    MOS_COMPRESSION_GZIP = 2,
    MOS_COMPRESSION_ZSTD = 3,
    MOS_COMPRESSION_LZ4 = 4
};
enum {
    MOS_BACKUP_OUTSIDE_ROOT = 1,
    MOS_BACKUP_UNVERIFIED = 2,
    MOS_BACKUP_DETAILED = 4,
    MOS_BACKUP_SIMULATE = 8
};
typedef struct mos_backup_options {
    uint32_t struct_size;
    uint32_t flags;
    const char *const *paths;
    size_t path_count;
    const char *destination;
    mos_compression compression;
    uint32_t threads;
    const char *leave_out;
    mos_write_callback write;
    void *write_user_data;
    mos_destroy_callback write_destroy;
} mos_backup_options;
 int mos_engine_backup_job(mos_engine *engine, const mos_backup_options *options, mos_job **job,
                                  mos_error **error);
typedef struct mos_backup_choice {
    uint32_t struct_size;
    uint32_t flags;
    const char *id;
    const char *path;
} mos_backup_choice;
 int mos_engine_backup_verify_job(mos_engine *engine, const mos_backup_choice *choice, uint32_t flags,
                                         mos_job **job, mos_error **error);
typedef int32_t mos_newer_rule;
enum {
    MOS_NEWER_REFUSE = 0,
    MOS_NEWER_ASK = 1,
    MOS_NEWER_KEEP = 2,
    MOS_NEWER_REPLACE = 3
};
typedef struct mos_restore_options {
    uint32_t struct_size;
    mos_newer_rule on_newer;
    const char *destination;
    bool plain_permissions;
} mos_restore_options;
 int mos_plan_restore(mos_plan *plan, const mos_backup_choice *choice, const mos_restore_options *options,
                             mos_error **error);
typedef int32_t mos_backup_standing;
enum {
    MOS_BACKUP_COMPLETE = 0,
    MOS_BACKUP_UNFINISHED = 1,
    MOS_BACKUP_MISSING = 2,
    MOS_BACKUP_ELSEWHERE = 3
};
typedef struct mos_backup_record {
    uint32_t struct_size;
    mos_backup_standing standing;
    const char *id;
    const char *paths;
    const char *archive;
    const char *compression;
    const char *sha256;
    int64_t time_unix_s;
    uint64_t archive_bytes;
    uint64_t content_bytes;
    uint64_t entries;
    uint64_t left_out;
    bool outside_root;
    bool verified;
} mos_backup_record;
 int mos_backups_open(mos_engine *engine, mos_backups **backups, mos_error **error);
 int mos_backups_next(mos_backups *backups, mos_backup_record *record, mos_error **error);
 void mos_backups_free(mos_backups *backups);
typedef struct mos_backup_retention {
    uint32_t struct_size;
    uint32_t flags;
    uint64_t keep_at_most;
    int64_t older_than_s;
    uint64_t keep_minimum;
} mos_backup_retention;
 int mos_engine_backups_clean_up(mos_engine *engine, const mos_backup_retention *retention, mos_report **report,
                                        mos_error **error);
 int mos_engine_protected(mos_engine *engine, const char *classes, mos_report **report, mos_error **error);
typedef int32_t mos_recovery_scope;
enum {
    MOS_RECOVERY_CHANGE = 0,
    MOS_RECOVERY_FULL_SYSTEM = 1,
    MOS_RECOVERY_PACKAGES = 2,
    MOS_RECOVERY_CONFIGURATION = 3,
    MOS_RECOVERY_PATHS = 4
};
typedef struct mos_recovery_point {
    uint32_t struct_size;
    mos_recovery_scope scope;
    const char *name;
    const char *description;
    const char *reason;
    const char *tags;
    const char *names;
    int64_t time_unix_s;
    uint64_t paths;
    uint64_t content_bytes;
    bool can_go_back;
    bool taken_back;
} mos_recovery_point;
 int mos_recovery_list_open(mos_engine *engine, mos_recovery_list **list, mos_error **error);
 int mos_recovery_list_next(mos_recovery_list *list, mos_recovery_point *point, mos_error **error);
 void mos_recovery_list_free(mos_recovery_list *list);
 int mos_recovery_details_job(mos_engine *engine, const char *name, mos_job **job, mos_error **error);
typedef struct mos_recovery_create_options {
    uint32_t struct_size;
    mos_recovery_scope scope;
    const char *description;
    const char *const *names;
    const char *const *tags;
    const char *const
        *excluded;
    size_t name_count;
    size_t tag_count;
    size_t excluded_count;
} mos_recovery_create_options;
 int mos_recovery_create_job(mos_engine *engine, const mos_recovery_create_options *options, mos_job **job,
                                    mos_error **error);
 int mos_recovery_verify_job(mos_engine *engine, const char *name, mos_job **job, mos_error **error);
enum { MOS_RECOVERY_SIMULATE = 1 };
typedef struct mos_recovery_cleanup_options {
    uint32_t struct_size;
    uint32_t flags;
    const char *name;
    int64_t older_than_s;
    uint32_t keep;
    uint32_t keep_minimum;
} mos_recovery_cleanup_options;
 int mos_recovery_cleanup_job(mos_engine *engine, const mos_recovery_cleanup_options *options, mos_job **job,
                                     mos_error **error);
 int mos_engine_recovery_mode(mos_engine *engine, mos_report **report, mos_error **error);
typedef int32_t mos_recovery_mode_wish;
enum {
    MOS_RECOVERY_MODE_BEGIN = 1,
    MOS_RECOVERY_MODE_END = 2
};
typedef struct mos_recovery_mode_options {
    uint32_t struct_size;
    mos_recovery_mode_wish wish;
    bool stop_services;
    bool validate_only;
    const char *reason;
} mos_recovery_mode_options;
 int mos_recovery_mode_job(mos_engine *engine, const mos_recovery_mode_options *options, mos_job **job,
                                  mos_error **error);
typedef struct mos_report_row {
    uint32_t struct_size;
    uint32_t reserved;
    const char *kind;
    const char *package;
    const char *object;
    const char *sentence;
} mos_report_row;
 int mos_report_next(mos_report *report, mos_report_row *row, mos_error **error);
 void mos_report_free(mos_report *report);
 int mos_engine_installed_packages(mos_engine *engine, mos_report **report, mos_error **error);
 int mos_engine_orphans(mos_engine *engine, mos_report **report, mos_error **error);
 int mos_engine_pending_reboots(mos_engine *engine, mos_report **report, mos_error **error);
 int mos_engine_check_dependencies(mos_engine *engine, mos_package *package, mos_report **report,
                                          mos_error **error);
 int mos_engine_verify_job(mos_engine *engine, const char *name, mos_job **job, mos_error **error);
typedef struct mos_system_check_options {
    uint32_t struct_size;
    bool skip_content;
    bool dependencies;
    bool signatures;
    bool health;
} mos_system_check_options;
 int mos_engine_system_check_job(mos_engine *engine, const mos_system_check_options *options, mos_job **job,
                                        mos_error **error);
 size_t mos_outcome_row_count(const mos_outcome *outcome);
 int mos_outcome_row_at(const mos_outcome *outcome, size_t index, mos_report_row *row, mos_error **error);
typedef int32_t mos_priority;
enum {
    MOS_PRIORITY_DEFAULT = 0,
    MOS_PRIORITY_CRITICAL = 1,
    MOS_PRIORITY_SECURITY = 2,
    MOS_PRIORITY_IMPORTANT = 3,
    MOS_PRIORITY_OPTIONAL = 4,
    MOS_PRIORITY_LOW = 5
};
enum {
    MOS_SCHEDULE_ALLOW_DOWNGRADE = 1,
    MOS_SCHEDULE_REINSTALL = 2,
    MOS_SCHEDULE_CANCEL_ON_TIMEOUT = 4,
    MOS_SCHEDULE_AUTOMATIC = 8,
    MOS_SCHEDULE_BACKUP_REQUIRED = 16
};
typedef struct mos_schedule_options {
    uint32_t struct_size;
    uint32_t flags;
    const char *const *packages;
    size_t package_count;
    const char *key;
    const char *reason;
    const char *conditions;
    const char *start;
    const char *deadline;
    const char *timeout;
    mos_priority priority;
    uint32_t reserved;
    const char *notification;
} mos_schedule_options;
 int mos_schedule_submit(mos_engine *engine, const mos_schedule_options *options, uint64_t *id,
                                mos_error **error);
 uint64_t mos_schedule_id_of(const char *name);
typedef struct mos_schedule_entry {
    uint32_t struct_size;
    mos_priority priority;
    uint64_t id;
    const char *name;
    const char *state;
    const char
        *packages;
    const char *verdict;
    const char *rule;
    const char *sentence;
    const char *reason;
    const char *submitted_by;
    const char *conditions;
    const char *approval;
    const char *recovery_point;
    int64_t submitted_unix_s;
    int64_t at_unix_s;
    int64_t start_unix_s;
    int64_t deadline_unix_s;
    int64_t retry_unix_s;
    int64_t ended_unix_s;
    int64_t attempts;
    const char *notices;
    int64_t notice_unix_s;
} mos_schedule_entry;
 int mos_schedule_open(mos_engine *engine, const char *states, mos_schedule **schedule, mos_error **error);
 int mos_schedule_explain(mos_engine *engine, uint64_t id, mos_schedule **schedule, mos_error **error);
 int mos_schedule_next(mos_schedule *schedule, mos_schedule_entry *entry, mos_error **error);
typedef struct mos_schedule_note {
    uint32_t struct_size;
    uint32_t reserved;
    int64_t time_unix_s;
    const char *action;
    const char *actor;
    const char *reason;
} mos_schedule_note;
 int mos_schedule_note_next(mos_schedule *schedule, mos_schedule_note *note, mos_error **error);
 void mos_schedule_free(mos_schedule *schedule);
typedef int32_t mos_schedule_action;
enum {
    MOS_SCHEDULE_APPROVE = 0,
    MOS_SCHEDULE_APPROVE_AS_MANAGER = 1,
    MOS_SCHEDULE_REJECT = 2,
    MOS_SCHEDULE_CANCEL = 3,
    MOS_SCHEDULE_CANCEL_RETRY = 4
};
 int mos_schedule_act(mos_engine *engine, uint64_t id, mos_schedule_action action, const char *reason,
                             mos_error **error);
 int mos_schedule_set_priority(mos_engine *engine, uint64_t id, mos_priority priority, const char *reason,
                                      mos_error **error);
typedef struct mos_schedule_retry_options {
    uint32_t struct_size;
    bool force_download;
    int64_t max_attempts;
    const char *reason;
} mos_schedule_retry_options;
 int mos_schedule_retry(mos_engine *engine, uint64_t id, const mos_schedule_retry_options *options,
                               mos_error **error);
enum {
    MOS_USAGE_USUAL = 0,
    MOS_USAGE_PEAK = 1,
    MOS_USAGE_LOW = 2
};
typedef struct mos_schedule_usage {
    uint32_t struct_size;
    bool known;
    int64_t first_unix_s;
    int64_t last_unix_s;
    uint8_t percent[168];
    uint8_t kind[168];
} mos_schedule_usage;
 int mos_schedule_usage_get(mos_engine *engine, mos_schedule_usage *usage, mos_error **error);
typedef int32_t mos_systemd_unit;
enum {
    MOS_SYSTEMD_SERVICE = 0,
    MOS_SYSTEMD_TIMER = 1
};
 int mos_schedule_systemd_unit(mos_engine *engine, mos_systemd_unit unit, const char *program,
                                      mos_write_callback write, void *user_data, mos_error **error);
 int mos_schedule_next_wakeup(mos_engine *engine, int64_t *unix_s, mos_error **error);
 int mos_schedule_run_due(mos_engine *engine, mos_job **job, mos_error **error);
typedef int32_t mos_settings_layer;
enum {
    MOS_SETTINGS_BUILT_IN = 0,
    MOS_SETTINGS_SYSTEM = 1,
    MOS_SETTINGS_ENVIRONMENT = 2,
    MOS_SETTINGS_USER = 3,
    MOS_SETTINGS_COMMAND_LINE = 4
};
typedef int32_t mos_settings_files;
enum {
    MOS_SETTINGS_OF_SYSTEM = 0,
    MOS_SETTINGS_OF_ENVIRONMENT = 1,
    MOS_SETTINGS_OF_USER = 2,
    MOS_SETTINGS_OF_POLICY = 3
};
typedef struct mos_settings_options {
    uint32_t struct_size;
    uint32_t reserved;
    const char *environment;
    const char *user;
    const char *const *paths;
    const char *const *values;
    size_t count;
} mos_settings_options;
 int mos_engine_settings_load(mos_engine *engine, const mos_settings_options *options, mos_settings **settings,
                                     mos_error **error);
 int mos_engine_settings_of(mos_engine *engine, mos_settings_files files, const char *name,
                                   mos_settings **settings, mos_error **error);
 int mos_settings_read_path(mos_context *context, const char *path, mos_settings **settings, mos_error **error);
 void mos_settings_free(mos_settings *settings);
typedef struct mos_setting {
    uint32_t struct_size;
    mos_settings_layer layer;
    const char *path;
    const char *value;
    const char *text;
    const char *built_in;
    const char *kind;
    const char *allowed;
    const char *meaning;
    const char *since;
    const char *file;
    uint32_t line;
    uint32_t column;
    int32_t is_in_effect;
    int32_t has_number;
    int64_t number;
} mos_setting;
 size_t mos_settings_count(const mos_settings *settings);
 int mos_settings_at(const mos_settings *settings, size_t index, mos_setting *setting, mos_error **error);
 int mos_settings_find(mos_settings *settings, const char *path, mos_setting *setting, mos_error **error);
typedef struct mos_settings_problem {
    uint32_t struct_size;
    uint32_t reserved;
    const char *file;
    const char *path;
    const char *sentence;
    uint32_t line;
    uint32_t column;
} mos_settings_problem;
 size_t mos_settings_problem_count(const mos_settings *settings);
 int mos_settings_problem_at(const mos_settings *settings, size_t index, mos_settings_problem *problem,
                                    mos_error **error);
 size_t mos_settings_file_count(const mos_settings *settings);
 const char *mos_settings_file_at(const mos_settings *settings, size_t index);
 const char *mos_settings_environment(const mos_settings *settings);
typedef struct mos_settings_change {
    uint32_t struct_size;
    mos_settings_files files;
    const char *name;
    const char *const *paths;
    const char *const *values;
    size_t count;
} mos_settings_change;
 int mos_engine_settings_change(mos_engine *engine, const mos_settings_change *change, mos_report **written,
                                       mos_error **error);
 int mos_engine_settings_remove(mos_engine *engine, mos_settings_files files, const char *name,
                                       mos_error **error);
 int mos_engine_settings_names(mos_engine *engine, mos_settings_files files, mos_report **report,
                                      mos_error **error);
 size_t mos_settings_declared_count(void);
 int mos_settings_declared_at(size_t index, mos_setting *setting, mos_error **error);
typedef int32_t mos_trust_level;
enum {
    MOS_TRUST_DEFAULT = 0,
    MOS_TRUST_LOW = 1,
    MOS_TRUST_MEDIUM = 2,
    MOS_TRUST_HIGH = 3
};
typedef struct mos_new_trust {
    uint32_t struct_size;
    mos_trust_level level;
    const char *name;
    const char *certificate_path;
    const char *public_key_path;
    const char
        *fingerprint;
    int64_t not_before_unix_s;
    int64_t not_after_unix_s;
    const char *packages;
    const char *types;
} mos_new_trust;
 int mos_engine_trust_add(mos_engine *engine, const mos_new_trust *trust, mos_trust_list **list,
                                 mos_error **error);
 int mos_engine_trust_remove(mos_engine *engine, const char *id, mos_error **error);
 int mos_engine_trust_add_revocation_list(mos_engine *engine, const char *path, mos_error **error);
enum {
    MOS_TRUST_FORGET_REVOCATIONS = 1
};
 int mos_engine_trust_remove_revocation_list(mos_engine *engine, const char *name, uint32_t flags,
                                                    mos_error **error);
 int mos_engine_trust_list(mos_engine *engine, mos_trust_list **list, mos_error **error);
typedef struct mos_trust_entry {
    uint32_t struct_size;
    mos_trust_level level;
    const char *id;
    const char *kind;
    const char *name;
    const char *subject;
    const char *algorithm;
    const char *fingerprint;
    const char *packages;
    const char *types;
    int64_t not_before_unix_s;
    int64_t not_after_unix_s;
} mos_trust_entry;
 size_t mos_trust_list_count(const mos_trust_list *list);
 int mos_trust_list_at(const mos_trust_list *list, size_t index, mos_trust_entry *entry, mos_error **error);
 void mos_trust_list_free(mos_trust_list *list);
typedef struct mos_trust_revocations {
    uint32_t struct_size;
    uint32_t reserved;
    const char *id;
    const char *issuer;
    const char *fingerprint;
    const char *number;
    const char *state;
    int64_t this_update_unix_s;
    int64_t next_update_unix_s;
    uint64_t revoked_count;
} mos_trust_revocations;
 size_t mos_trust_list_revocation_count(const mos_trust_list *list);
 int mos_trust_list_revocation_at(const mos_trust_list *list, size_t index, mos_trust_revocations *revocations,
                                         mos_error **error);
 int mos_engine_policy_report(mos_engine *engine, mos_report **report, mos_error **error);
 int mos_engine_policy_change(mos_engine *engine, const char *const *keys, const char *const *values,
                                     size_t count, mos_error **error);
enum {
    MOS_VALIDATE_STRICT = 1
};
 int mos_engine_validate_job(mos_engine *engine, mos_package *package, uint32_t flags, mos_job **job,
                                    mos_error **error);
 int mos_engine_validate_path_job(mos_engine *engine, const char *path, uint32_t flags, mos_job **job,
                                         mos_error **error);
typedef int32_t mos_way_kind;
enum {
    MOS_WAY_FULL = 0,
    MOS_WAY_DELTA = 1,
    MOS_WAY_CHAIN = 2
};
typedef struct mos_way_options {
    uint32_t struct_size;
    bool force_delta;
    const char *folder_path;
    const char *name;
    const char *version;
    const char *content_digest;
    const char *from_version;
} mos_way_options;
typedef struct mos_way {
    uint32_t struct_size;
    mos_way_kind kind;
    uint64_t package_bytes;
    size_t package_count;
    const char *base_content_digest;
    const mos_error *obstacle;
    bool is_chosen;
} mos_way;
 int mos_ways_find(mos_engine *engine, const mos_way_options *options, const mos_install_options *install,
                          mos_ways **ways, mos_error **error);
 void mos_ways_free(mos_ways *ways);
 const char *mos_ways_version(const mos_ways *ways);
 const char *mos_ways_reason(const mos_ways *ways);
 size_t mos_ways_count(const mos_ways *ways);
 int mos_ways_at(const mos_ways *ways, size_t index, mos_way *way, mos_error **error);
 const char *mos_ways_package_at(const mos_ways *ways, size_t index, size_t number);
 int mos_plan_install_way(mos_plan *plan, const mos_ways *ways, size_t *further, mos_error **error);
"""
