#include "callback_data.hpp"
#include "guard.hpp"

#include <mos/base/path.hpp>
#include <mos/engine/protection.hpp>

#include <fmt/format.h>

using namespace mos::capi;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::engine::BackupChoice;
using mos::engine::ListedBackup;

namespace {

[[nodiscard]] Result<void> check_flags(std::uint32_t flags, std::uint32_t known) {
    if ((flags & ~known) != 0)
        return Error{Code::INVALID_ARGUMENT, "an unknown flag is set"};
    return {};
}

bool has(std::uint32_t flags, int flag) { return (flags & static_cast<std::uint32_t>(flag)) != 0; }

mos::base::ByteSink sink_of(mos_write_callback write, CallbackData &data) {
    return [write, owner = data.share()](mos::base::ByteView bytes) -> Result<void> {
        MOS_TRY(const std::int32_t answer,
                answer_of("write", Code::IO, [&] { return write(owner.get(), bytes.data(), bytes.size()); }));
        if (answer != 0)
            return Error{Code::IO, fmt::format("writing the backup failed with {} in the caller's callback", answer)}
                .with_remedy(callback_remedy);
        return {};
    };
}

Result<std::optional<mos::snapshot::Compression>> compression_of(mos_compression compression) {
    using mos::snapshot::Compression;
    switch (compression) {
    case MOS_COMPRESSION_CONFIGURED:
        return std::optional<Compression>{};
    case MOS_COMPRESSION_NONE:
        return std::optional{Compression::none};
    case MOS_COMPRESSION_GZIP:
        return std::optional{Compression::gzip};
    case MOS_COMPRESSION_ZSTD:
        return std::optional{Compression::zstd};
    case MOS_COMPRESSION_LZ4:
        return std::optional{Compression::lz4};
    default:
        return Error{Code::INVALID_ARGUMENT, "compression is no mos_compression"};
    }
}

// A folder or file; beneath the root slashes at either end don't matter.
mos::snapshot::BackupFolder place_of(const char *path, std::uint32_t flags) {
    const bool outside = has(flags, MOS_BACKUP_OUTSIDE_ROOT);
    return {.path = outside ? std::string{path} : std::string{mos::base::without_outer_slashes(path)},
            .outside = outside};
}

Result<mos::engine::BackupOrder> order_of(const mos_backup_options &given, CallbackData &data) {
    MOS_CHECK(check_flags(given.flags, MOS_BACKUP_OUTSIDE_ROOT | MOS_BACKUP_UNVERIFIED));
    mos::engine::BackupOrder order;
    if (given.path_count != 0 && given.paths == nullptr)
        return Error{Code::INVALID_ARGUMENT, "paths is NULL"};
    order.paths.reserve(given.path_count);
    for (std::size_t i = 0; i < given.path_count; ++i) {
        MOS_TRY(std::string path, required_text(given.paths[i], "a path"));
        order.paths.push_back(std::move(path));
    }
    MOS_TRY(order.compression, compression_of(given.compression));
    if (given.destination != nullptr) {
        MOS_TRY(const std::string destination, required_text(given.destination, "the destination"));
        order.folder = place_of(destination.c_str(), given.flags);
    }
    if (has(given.flags, MOS_BACKUP_UNVERIFIED))
        order.verification = mos::snapshot::Verification::left_out;
    order.threads = given.threads;
    MOS_TRY(order.leave_out, mos::snapshot::classes_named(text_or(given.leave_out, "")));
    if (given.write != nullptr)
        order.sink = sink_of(given.write, data);
    return order;
}

Result<BackupChoice> choice_of(const mos_backup_choice *choice) {
    MOS_TRY(const mos_backup_choice given, read_options(choice));
    MOS_CHECK(check_flags(given.flags, MOS_BACKUP_OUTSIDE_ROOT));
    BackupChoice read;
    if (given.id != nullptr && given.path != nullptr)
        return Error{Code::INVALID_ARGUMENT, "a backup is chosen by its id or by its path, not by both"};
    if (given.id != nullptr) {
        MOS_TRY(read.number, mos::snapshot::backup_number(given.id));
        return read;
    }
    MOS_TRY(const std::string path, required_text(given.path, "the backup's id or path"));
    read.place = place_of(path.c_str(), given.flags);
    return read;
}

std::string archive_of(const mos::snapshot::BackupRecord &record) {
    if (record.file.empty())
        return {};
    return fmt::format("{}{}/{}", record.folder.outside ? "" : "/", record.folder.path, record.file);
}

Result<void> give_job(mos_engine *engine, Result<std::unique_ptr<mos::engine::Job>> made, mos_job **job) {
    auto handle = std::make_unique<mos_job>();
    MOS_TRY(handle->job, std::move(made));
    handle->context = engine->context;
    *job = handle.release();
    return {};
}

}  // namespace

int mos_engine_backup_job(mos_engine *engine, const mos_backup_options *options, mos_job **job, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        // First, so that the callback's data are freed whatever comes.
        const mos_backup_options known = known_options(options);
        CallbackData data{known.write_user_data, known.write_destroy};
        MOS_CHECK_OUTPUT(job);
        MOS_CHECK_HANDLE(engine);
        MOS_TRY(const mos_backup_options given, read_options(options));
        MOS_TRY(mos::engine::BackupOrder order, order_of(given, data));
        return give_job(engine, mos::engine::make_backup_job(engine->engine, std::move(order)), job);
    });
}

int mos_engine_backup_verify_job(mos_engine *engine, const mos_backup_choice *choice, uint32_t flags, mos_job **job,
                                 mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(job);
        MOS_CHECK_HANDLE(engine);
        MOS_CHECK(check_flags(flags, MOS_BACKUP_DETAILED));
        MOS_TRY(BackupChoice chosen, choice_of(choice));
        const auto detail =
            has(flags, MOS_BACKUP_DETAILED) ? mos::engine::Detail::every_entry : mos::engine::Detail::summary;
        return give_job(engine, mos::engine::make_backup_check_job(engine->engine, std::move(chosen), detail), job);
    });
}

int mos_plan_restore(mos_plan *plan, const mos_backup_choice *choice, const mos_restore_options *options,
                     mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(plan);
        MOS_TRY(const mos_restore_options given, read_options(options));
        if (given.on_newer < MOS_NEWER_REFUSE || given.on_newer > MOS_NEWER_REPLACE)
            return Error{Code::INVALID_ARGUMENT, "on_newer is no mos_newer_rule"};
        mos::engine::RestoreStep step;
        MOS_TRY(step.from, choice_of(choice));
        step.options.on_newer = static_cast<mos::snapshot::NewerRule>(given.on_newer);
        step.options.destination = text_or(given.destination, "");
        step.options.permissions = given.plain_permissions ? mos::snapshot::Permissions::as_in_place
                                                           : mos::snapshot::Permissions::as_backed_up;
        return plan->plan->restore(std::move(step));
    });
}

int mos_backups_open(mos_engine *engine, mos_backups **backups, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(backups);
        MOS_CHECK_HANDLE(engine);
        auto handle = std::make_unique<mos_backups>();
        MOS_TRY(handle->records, mos::engine::list_backups(*engine->engine));
        *backups = handle.release();
        return {};
    });
}

int mos_backups_next(mos_backups *backups, mos_backup_record *record, mos_error **error) {
    return guard(error, [&]() -> Result<int> {
        MOS_CHECK_HANDLE(backups);
        if (backups->next >= backups->records.size())
            return MOS_END;
        const ListedBackup &found = backups->records[backups->next];
        backups->id = mos::snapshot::backup_name(found.record.number);
        backups->paths = fmt::format("{}", fmt::join(found.record.paths, "\n"));
        backups->archive = archive_of(found.record);
        mos_backup_record filled{};
        filled.standing = static_cast<mos_backup_standing>(found.standing);
        filled.id = backups->id.c_str();
        filled.paths = backups->paths.c_str();
        filled.archive = backups->archive.c_str();
        filled.compression = mos::snapshot::compression_name(found.record.compression).data();
        filled.sha256 = found.record.digest.c_str();
        filled.time_unix_s = found.record.created_unix_s;
        filled.archive_bytes = found.record.archive_bytes;
        filled.content_bytes = found.record.content_bytes;
        filled.entries = found.record.entries;
        filled.left_out = found.record.left_out;
        filled.outside_root = found.record.folder.outside;
        filled.verified = found.record.verified;
        MOS_CHECK(write_output(record, "record", filled));
        ++backups->next;
        return MOS_OK;
    });
}

void mos_backups_free(mos_backups *backups) {
    if (is_live(backups))
        delete backups;
}

int mos_engine_backups_clean_up(mos_engine *engine, const mos_backup_retention *retention, mos_report **report,
                                mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(report);
        MOS_CHECK_HANDLE(engine);
        MOS_TRY(const mos_backup_retention given, read_options(retention));
        MOS_CHECK(check_flags(given.flags, MOS_BACKUP_SIMULATE));
        if (given.older_than_s < 0)
            return Error{Code::INVALID_ARGUMENT, "older_than_s is negative"};
        mos::snapshot::BackupRetention due_by;
        if (given.keep_at_most != 0)
            due_by.keep_at_most = given.keep_at_most;
        if (given.older_than_s != 0)
            due_by.older_than_s = given.older_than_s;
        if (given.keep_minimum != 0)
            due_by.keep_minimum = given.keep_minimum;
        const bool simulated = has(given.flags, MOS_BACKUP_SIMULATE);
        auto handle = std::make_unique<mos_report>();
        MOS_TRY(const std::vector<ListedBackup> gone,
                mos::engine::clean_up_backups(*engine->engine, due_by,
                                              simulated ? mos::engine::BackupCleanUp::simulated
                                                        : mos::engine::BackupCleanUp::done));
        handle->rows.reserve(gone.size());
        for (const ListedBackup &one : gone)
            handle->rows.push_back({.kind = simulated ? "due" : "removed",
                                    .package = mos::snapshot::backup_name(one.record.number),
                                    .object = archive_of(one.record),
                                    .sentence = fmt::format("{} bytes of {}", one.record.archive_bytes,
                                                            fmt::join(one.record.paths, ", "))});
        *report = handle.release();
        return {};
    });
}

int mos_engine_protected(mos_engine *engine, const char *classes, mos_report **report, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(report);
        MOS_CHECK_HANDLE(engine);
        MOS_TRY(const auto wanted, mos::snapshot::classes_named(text_or(classes, "")));
        auto handle = std::make_unique<mos_report>();
        MOS_TRY(handle->rows, mos::engine::protected_paths(*engine->engine, wanted));
        *report = handle.release();
        return {};
    });
}
