#include "callback_data.hpp"
#include "callback_notifier.hpp"
#include "callback_services.hpp"
#include "events.hpp"
#include "guard.hpp"

#include <mos/base/filesystem.hpp>

#include <fmt/format.h>

using namespace mos::capi;
using mos::Code;
using mos::Error;
using mos::Result;

static mos::install::HealthCallback health_callback(mos_health_callback callback, std::shared_ptr<void> owner) {
    return [callback, owner = std::move(owner)](std::chrono::milliseconds time_left) -> Result<void> {
        MOS_TRY(const int value, answer_of("health", Code::HEALTH_CHECK_FAILED,
                                           [&] { return callback(owner.get(), time_left.count()); }));
        if (value != 0)
            return Error{Code::HEALTH_CHECK_FAILED, fmt::format("its callback answered {}", value)};
        return {};
    };
}

// All that needs no root; the callback's data are the settings' from here on.
static mos::engine::Settings settings_of(const mos_engine_options &given, CallbackData &service_data,
                                         CallbackData &event_data, CallbackData &health_data,
                                         CallbackData &notify_data) {
    mos::engine::Settings settings;
    if (given.trust_path != nullptr)
        settings.trust_folder = given.trust_path;
    if (given.required_signatures != 0)
        settings.required_signatures = given.required_signatures;
    if (given.recovery_points != 0)
        settings.recovery_points = given.recovery_points;
    if (given.script_timeout_s != 0)
        settings.scripts.time_limit = std::chrono::seconds{given.script_timeout_s};
    if (given.helper_path != nullptr)
        settings.scripts.helper_path = given.helper_path;
    if (given.service_action != nullptr)
        settings.services = std::make_shared<CallbackServices>(given.service_action, service_data.share());
    settings.actor = text_or(given.actor, "");
    settings.environment = text_or(given.environment, "");
    if (given.event != nullptr)
        settings.listener = make_listener(given.event, event_data.share());
    if (given.health != nullptr)
        settings.health = health_callback(given.health, health_data.share());
    if (given.notify != nullptr)
        settings.notifier = std::make_shared<CallbackNotifier>(given.notify, notify_data.share());
    return settings;
}

int mos_engine_open(mos_context *context, const mos_engine_options *options, mos_engine **engine, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        // First, so that the callback's data are freed whatever comes.
        const mos_engine_options known = known_options(options);
        CallbackData service_data{known.service_user_data, known.service_destroy};
        CallbackData event_data{known.event_user_data, known.event_destroy};
        CallbackData health_data{known.health_user_data, known.health_destroy};
        CallbackData notify_data{known.notify_user_data, known.notify_destroy};
        MOS_CHECK_OUTPUT(engine);
        MOS_CHECK_HANDLE(context);
        MOS_TRY(const mos_engine_options given, read_options(options));
        if ((given.flags & ~static_cast<std::uint32_t>(MOS_ENGINE_ROOT_DESCRIPTOR)) != 0)
            return Error{Code::INVALID_ARGUMENT, "the engine's options have an unknown flag"};
        if (given.environment != nullptr && *given.environment != '\0')
            MOS_CHECK(mos::config::check_target_name(given.environment));
        const bool by_descriptor = (given.flags & MOS_ENGINE_ROOT_DESCRIPTOR) != 0;
        MOS_TRY(std::unique_ptr<mos::base::Directory> root, by_descriptor
                                                                ? mos::base::open_root(given.root_descriptor)
                                                                : mos::base::open_root(text_or(given.root_path, "/")));
        auto handle = std::make_unique<mos_engine>();
        handle->engine = std::make_shared<mos::engine::Engine>(
            std::move(root), settings_of(given, service_data, event_data, health_data, notify_data),
            context->context->clock, [log = context->context](mos::engine::LogLevel level, const std::string &message) {
                log->write_log(static_cast<mos_log_level>(level), message);
            });
        handle->context = context->context;
        *engine = handle.release();
        return {};
    });
}

void mos_engine_free(mos_engine *engine) {
    if (is_live(engine))
        delete engine;
}

int mos_engine_recover(mos_engine *engine, uint32_t *transactions, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(engine);
        MOS_TRY(const mos::transaction::Recovered recovered, engine->engine->recover());
        if (transactions != nullptr)
            *transactions = recovered.transaction ? 1 : 0;
        return {};
    });
}

int mos_engine_installed_version(mos_engine *engine, const char *name, char *version, size_t size, mos_error **error) {
    return guard(error, [&]() -> Result<int> {
        MOS_CHECK_HANDLE(engine);
        MOS_TRY(const std::string wanted, required_text(name, "the package's name"));
        if (version == nullptr)
            return null_argument("version");
        MOS_TRY(const auto installed, engine->engine->installed(wanted));
        if (!installed)
            return MOS_END;
        const std::string full = mos::install::shown_version(installed->version, installed->release);
        if (full.size() >= size)
            return Error{Code::LIMIT, "the buffer for the version is too small"};
        std::memcpy(version, full.c_str(), full.size() + 1);
        return MOS_OK;
    });
}

int mos_history_open(mos_engine *engine, mos_history **history, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(history);
        MOS_CHECK_HANDLE(engine);
        auto handle = std::make_unique<mos_history>();
        MOS_TRY(const auto transactions, engine->engine->history());
        handle->records = mos::engine::explain_history(transactions);
        for (const mos::engine::HistoryEntry &entry : handle->records) {
            const mos::state::Transaction &record = entry.transaction;
            if (record.stage == record.id && record.in_effect)
                handle->newest_in_effect = std::max(handle->newest_in_effect, record.id);
        }
        *history = handle.release();
        return {};
    });
}

static mos_transaction_state state_of(const mos::state::Transaction &transaction) {
    using mos::state::TransactionState;
    switch (transaction.state) {
    case TransactionState::committed:
    case TransactionState::applied:
        return MOS_TRANSACTION_COMMITTED;
    case TransactionState::reverting:
    case TransactionState::undoing:
        return MOS_TRANSACTION_REVERTING;
    case TransactionState::done:
        return MOS_TRANSACTION_DONE;
    case TransactionState::reverted:
        return MOS_TRANSACTION_REVERTED;
    case TransactionState::pruned:
        return MOS_TRANSACTION_PRUNED;
    }
    return MOS_TRANSACTION_DONE;
}

int mos_history_next(mos_history *history, mos_history_record *record, mos_error **error) {
    return guard(error, [&]() -> Result<int> {
        MOS_CHECK_HANDLE(history);
        if (history->next >= history->records.size())
            return MOS_END;
        const mos::engine::HistoryEntry &entry = history->records[history->next];
        const mos::state::Transaction &transaction = entry.transaction;
        const bool is_rollback = transaction.stage != transaction.id;
        history->takes_back = is_rollback ? mos::snapshot::recovery_point_name(transaction.stage) : std::string{};
        // A rollback works in the recovery point of what it takes back and has none of its own.
        history->recovery_point = is_rollback ? std::string{} : mos::snapshot::recovery_point_name(transaction.id);
        mos_history_record filled{};
        filled.state = state_of(transaction);
        filled.recovery_point = history->recovery_point.c_str();
        filled.summary = transaction.summary.c_str();
        filled.reason = transaction.reason.c_str();
        filled.time_unix_s = transaction.time_unix_s;
        filled.changed_paths = transaction.changed_paths;
        filled.in_effect = transaction.in_effect;
        filled.can_roll_back = transaction.id == history->newest_in_effect && filled.state != MOS_TRANSACTION_PRUNED;
        filled.went_back = static_cast<mos_went_back>(entry.why);
        filled.cause = entry.cause.c_str();
        filled.takes_back = history->takes_back.c_str();
        MOS_CHECK(write_output(record, "record", filled));
        ++history->next;
        return MOS_OK;
    });
}

void mos_history_free(mos_history *history) {
    if (is_live(history))
        delete history;
}
