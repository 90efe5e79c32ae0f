// Tells users of the queue's updates.
#pragma once

#include "scheduling.hpp"

#include <mos/engine/notifier.hpp>
#include <mos/schedule/announcements.hpp>

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>

namespace mos::engine {

// The embedder's; else that of the running system, where the root is it; null where nobody is there to be told.
[[nodiscard]] std::shared_ptr<Notifier> find_notifier(Engine &engine, const NoticeChannels &channels);

// Whether users are to be told of the entry: not where its submission says "none".
[[nodiscard]] bool wants_notices(const state::QueueEntry &entry);

// Queue::next_wakeup(), and what there is to announce before.
[[nodiscard]] Result<std::optional<std::int64_t>> next_look(Engine &engine, schedule::Queue &queue,
                                                            const SchedulingRules &rules, const Situation &now);

// What users are told of an entry, for explain(); "" for one that has ended.
struct NoticesTold {
    std::string sentence;
    std::optional<std::int64_t> next_s;
};
[[nodiscard]] NoticesTold describe_notices(const state::QueueEntry &entry, const SchedulingRules &rules,
                                           const Situation &now, bool is_anybody_there, std::int64_t now_s);

inline constexpr std::size_t max_told_singly = 20;

// Of one run. Nothing of it is an error: that nobody could be told is told as a notice.
class UserNotices {
  public:
    // All must outlive it.
    UserNotices(Engine &engine, const SchedulingRules &rules, base::Observer &observer);

    // What is to begin. Remembered before it is told, so that whatever comes in between repeats nothing.
    void announce(schedule::Queue &queue, const Situation &now);
    void tell_begun(const state::QueueEntry &entry);
    // By the entry's state now; nothing while it runs. Of more than `max_told_singly` in a run nothing is told here.
    void tell_end(const state::QueueEntry &entry, bool reboot);
    // The rest, as one, when the run is over.
    void tell_rest();

  private:
    [[nodiscard]] Result<void> announce_due(schedule::Queue &queue, const Situation &now);
    [[nodiscard]] schedule::NoticeLevel level_of(const state::QueueEntry &entry) const;
    [[nodiscard]] Result<void> tell_together(schedule::Notice notice, schedule::Queue &queue,
                                             std::span<const schedule::Announcement> updates);
    void tell(schedule::Notice notice);
    void tell_failures(const std::vector<Told> &told);
    void tell_event(const schedule::Notice &notice, const std::vector<Told> &told);

    Engine &m_engine;
    const SchedulingRules &m_rules;
    base::Observer &m_observer;
    std::shared_ptr<Notifier> m_notifier;
    std::set<std::string> m_failed;  // the channels of which a failure was told
    std::size_t m_ended = 0;         // of which users were to be told
    schedule::Notice m_rest;         // what is left for tell_rest()
    std::size_t m_rest_failed = 0;
};

}  // namespace mos::engine
