// What stands behind the opaque types of the C API.
#pragma once

#include "callback_data.hpp"

#include <multiosupdate/multiosupdate.h>

#include <mos/base/clock.hpp>
#include <mos/config/settings_files.hpp>
#include <mos/crypto/certificate.hpp>
#include <mos/crypto/key.hpp>
#include <mos/crypto/key_signer.hpp>
#include <mos/engine/doctor.hpp>
#include <mos/engine/engine.hpp>
#include <mos/engine/history.hpp>
#include <mos/engine/job.hpp>
#include <mos/engine/plan.hpp>
#include <mos/engine/protection.hpp>
#include <mos/engine/recovery_points.hpp>
#include <mos/engine/report.hpp>
#include <mos/engine/ways.hpp>
#include <mos/package/duplicates.hpp>
#include <mos/package/package.hpp>
#include <mos/package/package_file.hpp>

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace mos::capi {

// Tells a live handle of its own type from anything else that somebody passes; wiped when the handle is freed.
template <std::uint64_t Mark>
class Marked {
  public:
    Marked() = default;
    Marked(const Marked &) = delete;
    Marked &operator=(const Marked &) = delete;
    ~Marked() { m_mark = 0; }
    [[nodiscard]] bool is_marked() const noexcept { return m_mark == Mark; }

  private:
    volatile std::uint64_t m_mark = Mark;
};

// The ports that a context carries.
struct Context {
    mos_log_callback log = nullptr;
    std::shared_ptr<void> log_owner;  // calls the destroy callback
    std::shared_ptr<const base::Clock> clock;

    void write_log(mos_log_level level, const std::string &message) const {
        if (log != nullptr)
            call_back([&] { log(log_owner.get(), level, message.c_str()); });
    }
};

}  // namespace mos::capi

struct mos_context : mos::capi::Marked<0x6d6f735f63747831> {
    std::shared_ptr<const mos::capi::Context> context;
};

struct mos_engine : mos::capi::Marked<0x6d6f735f656e6731> {
    std::shared_ptr<mos::engine::Engine> engine;
    std::shared_ptr<const mos::capi::Context> context;
};

struct mos_plan : mos::capi::Marked<0x6d6f735f706c6e31> {
    std::unique_ptr<mos::engine::Plan> plan;
    std::shared_ptr<const mos::capi::Context> context;
};

struct mos_outcome : mos::capi::Marked<0x6d6f735f6f757431> {
    mos::engine::JobOutcome outcome;
};

struct mos_job : mos::capi::Marked<0x6d6f735f6a6f6231> {
    std::unique_ptr<mos::engine::Job> job;
    std::shared_ptr<const mos::capi::Context> context;
    std::mutex mutex;                                       // of what follows
    std::shared_ptr<const mos::engine::Question> question;  // whose strings were given out
    std::string choices;
    mos_outcome outcome;
    bool outcome_taken = false;
    unsigned runners = 0;          // threads inside mos_job_run
    std::condition_variable left;  // there are none any more
};

struct mos_history : mos::capi::Marked<0x6d6f735f68697331> {
    std::vector<mos::engine::HistoryEntry> records;
    std::size_t next = 0;
    std::uint64_t newest_in_effect = 0;
    std::string recovery_point;
    std::string takes_back;
};

struct mos_report : mos::capi::Marked<0x6d6f735f72707431> {
    std::vector<mos::engine::ReportRow> rows;
    std::size_t next = 0;
};

struct mos_duplicates : mos::capi::Marked<0x6d6f735f64757031> {
    struct State {  // which jobs keep
        std::mutex mutex;
        mos::package::Duplicates duplicates;
        std::optional<std::vector<mos::package::Duplicates::Duplicate>> found;  // until something is added
    };
    std::shared_ptr<State> state;
    std::shared_ptr<const mos::capi::Context> context;
};

struct mos_ways : mos::capi::Marked<0x6d6f735f77617931> {
    struct FreeError {
        void operator()(mos_error *error) const noexcept;
    };
    struct Shown {
        std::string base_content_digest;
        std::unique_ptr<mos_error, FreeError> obstacle;
    };
    mos::engine::Ways found;
    std::vector<Shown> shown;  // of each way
};

struct mos_recovery_list : mos::capi::Marked<0x6d6f735f72636c31> {
    struct Shown {
        mos::engine::RecoveryPoint point;
        mos_recovery_scope scope = MOS_RECOVERY_CHANGE;
        std::string tags;
        std::string names;
    };
    std::vector<Shown> points;
    std::size_t next = 0;
};

struct mos_backups : mos::capi::Marked<0x6d6f735f626b7031> {
    std::vector<mos::engine::ListedBackup> records;
    std::size_t next = 0;
    std::string id, paths, archive;  // of the record that was given out last
};

struct mos_doctor : mos::capi::Marked<0x6d6f735f646f6331> {
    std::vector<mos::engine::Finding> findings;
    std::size_t next = 0;
};

struct mos_package : mos::capi::Marked<0x6d6f735f706b6731> {
    std::shared_ptr<mos::base::Source> source;  // opened once; what is checked is what is used
    std::optional<mos::package::PackageFile> claims;
    std::shared_ptr<mos::package::Package> package;  // authenticated, or accepted for looking at
    std::shared_ptr<const mos::capi::Context> context;

    struct Claim {
        std::string algorithm;
        std::string subject;
        std::string fingerprint;
    };
    std::vector<Claim> signatures;
    std::vector<std::string> signers;  // accepted ones
    std::string content_digest;
    std::string base_content_digest;  // of a delta
    std::uint64_t bytes = 0;
    std::string manifest;
};

namespace mos::capi {

// Opened for looking at, with nobody's word for it, unless it was authenticated before.
[[nodiscard]] Result<std::shared_ptr<mos::package::Package>> package_for_reading(mos_package *package);

}  // namespace mos::capi

struct mos_entry_cursor : mos::capi::Marked<0x6d6f735f656e7431> {
    std::shared_ptr<mos::package::Package> package;
    std::optional<mos::package::EntryCursor> cursor;
    mos::package::Entry entry;
};

struct mos_digest : mos::capi::Marked<0x6d6f735f64676531> {
    explicit mos_digest(mos::crypto::DigestAlgorithm wanted) : algorithm(wanted), hasher(wanted) {}
    mos::crypto::DigestAlgorithm algorithm;
    mos::crypto::Hasher hasher;
};

struct mos_key : mos::capi::Marked<0x6d6f735f6b657931> {
    std::optional<mos::crypto::PublicKey> public_key;          // always there
    std::shared_ptr<const mos::crypto::PrivateKey> key;        // or
    mos::crypto::RemoteSign remote;                            // of a key that is elsewhere
    std::optional<mos::crypto::SignatureAlgorithm> algorithm;  // that was asked for
    std::string fingerprint;
    std::shared_ptr<const mos::capi::Context> context;
};

struct mos_settings : mos::capi::Marked<0x6d6f735f73657431> {
    struct Shown {
        mos::config::Setting setting;
        std::string text;  // of the value, without quotes
    };
    mos::config::LoadedSettings loaded;
    std::vector<Shown> settings;
    std::map<std::string, Shown> found;  // what was asked for by its path
};

struct mos_trust_list : mos::capi::Marked<0x6d6f735f74727531> {
    struct Entry {
        std::string id, name, subject, algorithm, fingerprint, packages, types;
        bool is_certificate = false;
        mos_trust_level level = MOS_TRUST_HIGH;
        std::int64_t not_before_unix_s = 0;
        std::int64_t not_after_unix_s = 0;
    };
    struct Revocations {
        std::string id, issuer, number, fingerprint, state;
        std::int64_t this_update_unix_s = 0;
        std::int64_t next_update_unix_s = 0;
        std::uint64_t count = 0;
    };
    std::vector<Entry> entries;
    std::vector<Revocations> revocations;
};

struct mos_certificate : mos::capi::Marked<0x6d6f735f63727431> {
    std::vector<mos::crypto::Certificate> chain;  // the certificate first
    std::string fingerprint;
};
