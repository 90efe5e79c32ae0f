#include "user_notices.hpp"

#include "local_zone.hpp"

#include <mos/base/bytes.hpp>
#include <mos/engine/root_settings.hpp>
#include <mos/install/services.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <unistd.h>
#include <utility>

namespace mos::engine {

using schedule::Announcement;
using schedule::Notice;
using schedule::NoticeKind;
using schedule::NoticeLevel;
using state::QueueEntry;
using state::QueueState;

namespace {

constexpr std::size_t max_named_entries = 100;

schedule::UserNoticeLevel level_of_user(Engine &engine, const std::string &user) {
    constexpr auto usual = schedule::UserNoticeLevel::normal;
    const auto loaded = load_root_settings(engine, {.environment = {}, .user = user, .command_line = {}});
    if (!loaded)
        return usual;
    const auto setting = loaded->settings.find("user_preferences.notification_level");
    if (!setting || setting->value.words.empty())
        return usual;
    return schedule::user_notice_level_named(setting->value.words.front()).value_or(usual);
}

std::optional<NoticeKind> end_of(QueueState state) {
    switch (state) {
    case QueueState::done:
        return NoticeKind::done;
    case QueueState::failed:
        return NoticeKind::failed;
    case QueueState::retrying:
        return NoticeKind::retrying;
    case QueueState::running:
        return std::nullopt;
    default:
        return NoticeKind::called_off;
    }
}

std::string joined_names(std::span<const std::uint64_t> ids) {
    std::string names;
    for (const std::uint64_t id : ids.first(std::min(ids.size(), max_named_entries)))
        names += (names.empty() ? "" : " ") + state::queue_entry_name(id);
    return names;
}

}  // namespace

std::shared_ptr<Notifier> find_notifier(Engine &engine, const NoticeChannels &channels) {
    if (engine.settings().notifier != nullptr)
        return engine.settings().notifier;
    const auto is_own = install::is_own_root(engine.root());
    auto system = base::open_root(std::string{"/"});
    if (!is_own || !*is_own || !system || (!channels.wall && !channels.desktop))
        return nullptr;
    SystemNotifier::Ports ports{.system = std::move(system).value(),
                                .processes = base::system_processes(),
                                .level = [&engine](const std::string &user) { return level_of_user(engine, user); },
                                .own_user = static_cast<std::uint32_t>(::geteuid())};
    return std::make_shared<SystemNotifier>(std::move(ports), channels);
}

bool wants_notices(const QueueEntry &entry) {
    if (entry.options.empty())
        return true;
    const auto options = read_scheduled_options(entry.options);
    return !options || options->notification != "none";
}

Result<std::optional<std::int64_t>> next_look(Engine &engine, schedule::Queue &queue, const SchedulingRules &rules,
                                              const Situation &now) {
    const std::int64_t now_s = engine.effective_now_unix_s();
    MOS_TRY(std::optional<std::int64_t> next_s, queue.next_wakeup(rules.policy, now.circumstances(), now_s));
    if ((next_s && *next_s <= now_s) || find_notifier(engine, rules.channels) == nullptr)
        return next_s;
    MOS_TRY(const schedule::Announcements found,
            schedule::find_announcements(queue.rows(), rules.notices, rules.policy, now.circumstances(), now_s,
                                         wants_notices));
    if (!found.due.empty() || !found.held_up.empty())
        return std::optional{now_s};
    if (found.next_s)
        next_s = std::min(next_s.value_or(*found.next_s), *found.next_s);
    return next_s;
}

NoticesTold describe_notices(const QueueEntry &entry, const SchedulingRules &rules, const Situation &now,
                             bool is_anybody_there, std::int64_t now_s) {
    if (entry.ended() || entry.priority >= schedule::priority_count)
        return {};
    if (!rules.notices.enabled)
        return {"users are told nothing: notices are switched off (update_system.notifications.enabled, "
                "features.user_notifications)",
                {}};
    if (!is_anybody_there)
        return {"users are told nothing: the root is not the running system, and no program tells them", {}};
    const NoticeLevel level =
        wants_notices(entry) ? rules.notices.level(static_cast<schedule::Priority>(entry.priority)) : NoticeLevel::none;
    std::optional<schedule::Foreseen> start;
    if (const auto judged = entry.waits() ? schedule::entry_of(entry, now_s) : Error{Code::NOT_FOUND, ""})
        start = schedule::foresee(*judged, rules.policy, now.circumstances(), now_s);
    NoticesTold told{schedule::describe_notices(level, start, now_s), {}};
    if (start)
        told.next_s = schedule::announcement_times(level, start->start_s, {}, now_s).next_s;
    return told;
}

UserNotices::UserNotices(Engine &engine, const SchedulingRules &rules, base::Observer &observer)
    : m_engine(engine), m_rules(rules), m_observer(observer),
      m_notifier(rules.notices.enabled ? find_notifier(engine, rules.channels) : nullptr) {}

NoticeLevel UserNotices::level_of(const QueueEntry &entry) const {
    if (entry.priority >= schedule::priority_count || !wants_notices(entry))
        return NoticeLevel::none;
    return m_rules.notices.level(static_cast<schedule::Priority>(entry.priority));
}

Result<void> UserNotices::announce_due(schedule::Queue &queue, const Situation &now) {
    const std::int64_t now_s = m_engine.effective_now_unix_s();
    MOS_TRY(const schedule::Announcements found,
            schedule::find_announcements(queue.rows(), m_rules.notices, m_rules.policy, now.circumstances(), now_s,
                                         wants_notices));
    if (found.due.empty() && found.held_up.empty())
        return {};
    MOS_CHECK(schedule::record_announcements(queue.database(), found, deed_of(m_engine)));
    if (!found.held_up.empty())
        MOS_CHECK(tell_together({.kind = NoticeKind::called_off, .time_s = now_s}, queue, found.held_up));
    for (auto first = found.due.begin(); first != found.due.end();) {
        const auto last = std::find_if_not(first, found.due.end(),
                                           [&](const Announcement &one) { return one.start == first->start; });
        MOS_CHECK(tell_together({.kind = NoticeKind::announced,
                                 .time_s = now_s,
                                 .start_s = first->start.start_s,
                                 .at_the_latest = first->start.at_the_latest},
                                queue, {first, last}));
        first = last;
    }
    return {};
}

// One notice of several updates.
Result<void> UserNotices::tell_together(Notice notice, schedule::Queue &queue, std::span<const Announcement> updates) {
    std::vector<state::QueuedPackage> packages;
    notice.entries.reserve(updates.size());
    for (const Announcement &update : updates) {
        MOS_TRY(const auto entry, queue.rows().find(update.id));
        notice.entries.push_back(update.id);
        notice.level = std::max(notice.level, update.level);
        if (entry)
            packages.insert(packages.end(), entry->packages.begin(), entry->packages.end());
    }
    notice.packages = schedule::shown_packages(packages);
    tell(std::move(notice));
    return {};
}

void UserNotices::announce(schedule::Queue &queue, const Situation &now) {
    if (m_notifier == nullptr)
        return;
    if (const Result<void> announced = announce_due(queue, now); !announced)
        m_observer.notice("users could not be told of updates that are to begin: " + announced.error().full_message());
}

void UserNotices::tell_begun(const QueueEntry &entry) {
    if (m_ended >= max_told_singly)
        return;
    tell({.kind = NoticeKind::begun,
          .level = level_of(entry),
          .entries = {entry.id},
          .packages = schedule::shown_packages(entry.packages),
          .time_s = m_engine.effective_now_unix_s()});
}

void UserNotices::tell_end(const QueueEntry &entry, bool reboot) {
    const auto kind = end_of(entry.state);
    if (!kind || !is_told(level_of(entry), *kind))
        return;
    if (++m_ended > max_told_singly) {
        m_rest.level = std::max(m_rest.level, level_of(entry));
        m_rest.entries.push_back(entry.id);
        m_rest.reboot = m_rest.reboot || reboot;
        m_rest_failed += *kind == NoticeKind::done ? 0U : 1U;
        return;
    }
    tell({.kind = *kind,
          .level = level_of(entry),
          .entries = {entry.id},
          .packages = schedule::shown_packages(entry.packages),
          .time_s = m_engine.effective_now_unix_s(),
          .start_s = *kind == NoticeKind::retrying ? entry.retry_s : std::nullopt,
          .reboot = reboot});
}

void UserNotices::tell_rest() {
    if (m_rest.entries.empty())
        return;
    Notice notice = std::exchange(m_rest, {});
    notice.kind = m_rest_failed == 0 ? NoticeKind::done : NoticeKind::failed;
    notice.time_s = m_engine.effective_now_unix_s();
    const std::size_t done = notice.entries.size() - std::exchange(m_rest_failed, 0);
    notice.text = fmt::format("Of {} more updates {} are done.{}", notice.entries.size(), done,
                              notice.reboot ? " The system has to be started again." : "");
    tell(std::move(notice));
}

void UserNotices::tell(Notice notice) {
    if (m_notifier == nullptr || !is_told(notice.level, notice.kind))
        return;
    if (notice.text.empty())
        notice.text = base::printable(text_of(notice, local_zone(m_engine.root())));
    const std::vector<Told> told = m_notifier->tell(notice);
    tell_failures(told);
    tell_event(notice, told);
}

// Each way that fails is told of once in a run.
void UserNotices::tell_failures(const std::vector<Told> &told) {
    for (const Told &one : told)
        if (one.failure && m_failed.insert(one.channel).second)
            m_observer.notice(
                fmt::format("users can't be told of updates by {}: {}", one.channel, one.failure->full_message()));
}

void UserNotices::tell_event(const Notice &notice, const std::vector<Told> &told) {
    std::string channels;
    for (const Told &one : told)
        if (!one.failure)
            channels += (channels.empty() ? "" : ", ") + one.channel;
    if (channels.empty())
        return;
    m_engine.events().tell([&] {
        base::Event event =
            base::make_event(base::EventType::users_told, state::queue_entry_name(notice.entries.front()), {});
        event.message = fmt::format("users were told ({}): {}", channels, notice.text);
        event.payload = {{"notice", std::string{name_of(notice.kind)}},
                         {"level", std::string{name_of(notice.level)}},
                         {"channels", channels},
                         {"entries", joined_names(notice.entries)}};
        if (notice.start_s)
            event.payload.push_back({"start", *notice.start_s});
        return event;
    });
}

}  // namespace mos::engine
