#include <mos/snapshot/retention.hpp>

#include "content.hpp"

#include <mos/crypto/file_digest.hpp>
#include <mos/snapshot/change_source.hpp>
#include <mos/snapshot/rollback.hpp>
#include <mos/state/packages.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::snapshot {

using state::Transaction;
using state::TransactionState;

namespace {

bool is_finished(const ListedPoint &point) {
    return point.captured || point.of_change->state == TransactionState::done;
}

bool counts(const ListedPoint &point) { return point.captured || point.of_change->in_effect; }

// There is a way back over the newest ones, as far as none in between was given up.
Result<void> find_ways_back(state::Database &database, std::vector<ListedPoint> &points) {
    MOS_TRY(const auto changes, state::Transactions{database}.in_effect_since(0));
    const auto gap = std::find_if(changes.rbegin(), changes.rend(),
                                  [](const Transaction &change) { return change.state != TransactionState::done; });
    for (ListedPoint &point : points) {
        const bool reachable = point.of_change && point.of_change->in_effect && is_finished(point) &&
                               (gap == changes.rend() || point.id > gap->id);
        point.can_go_back = point.captured || reachable;
    }
    return {};
}

}  // namespace

Result<std::vector<ListedPoint>> list_points(state::Database &database) {
    MOS_TRY(std::vector<state::Point> captured, state::Points{database}.list());
    MOS_TRY(std::vector<Transaction> changes, state::Transactions{database}.recovery_points());
    std::vector<ListedPoint> points;
    points.reserve(captured.size() + changes.size());
    for (state::Point &point : captured) {
        ListedPoint &listed = points.emplace_back();
        listed.id = point.id;
        listed.time_unix_s = point.time_unix_s;
        listed.captured = std::move(point);
    }
    for (Transaction &change : changes) {
        ListedPoint &listed = points.emplace_back();
        listed.id = change.id;
        listed.time_unix_s = change.time_unix_s;
        listed.of_change = std::move(change);
    }
    std::ranges::sort(points, {}, &ListedPoint::id);
    MOS_CHECK(find_ways_back(database, points));
    return points;
}

std::vector<ListedPoint> chosen_to_go(std::vector<ListedPoint> points, const Retention &retention,
                                      std::int64_t now_unix_s) {
    if (retention.kinds == Retention::Kinds::of_changes)
        std::erase_if(points, [](const ListedPoint &point) { return point.captured.has_value(); });
    std::ranges::reverse(points);  // the newest first
    std::vector<ListedPoint> chosen;
    std::size_t kept = 0;
    bool older_go = false;
    for (ListedPoint &point : points) {
        const std::int64_t age = now_unix_s - point.time_unix_s;
        const bool too_old = retention.max_age_s && age > 0 && static_cast<std::uint64_t>(age) > *retention.max_age_s;
        const bool too_many = retention.count && kept >= *retention.count;
        const bool is_change = point.of_change.has_value();
        const bool stays = kept < retention.keep_minimum || (!too_old && !too_many);
        if (is_finished(point) && stays && !(is_change && older_go)) {
            kept += counts(point) ? 1U : 0U;
            continue;
        }
        older_go = older_go || (is_change && is_finished(point));
        chosen.push_back(std::move(point));
    }
    std::ranges::reverse(chosen);
    return chosen;
}

Result<void> give_up(transaction::Site &site, const ListedPoint &point) {
    if (point.captured)
        return remove_point(site, point.id);
    state::Packages packages{site.database};
    return transaction::prune(site, *point.of_change,
                              [&](std::uint64_t id) { return packages.forget(id, point.of_change->in_effect); });
}

Result<std::unique_ptr<RestorationSource>> open_source(transaction::Site &site, std::uint64_t id) {
    MOS_TRY(const auto captured, state::Points{site.database}.find(id));
    return captured ? open_point_source(site, id) : open_change_source(site, id);
}

Result<void> verify_point(transaction::Site &site, std::uint64_t id,
                          const std::function<Result<void>(const PointFault &)> &take) {
    auto opened = open_source(site, id);
    if (!opened && opened.error().code() == Code::POINT_DAMAGED)
        return take({.kind = PointFault::Kind::index, .path = {}, .sentence = opened.error().full_message()});
    MOS_TRY(const auto source, std::move(opened));
    base::Progress progress;
    progress.phase = base::Phase::verifying;
    const auto tell = [&](PointFault::Kind kind, const PastPath &past, std::string_view what) {
        return take(
            {.kind = kind,
             .path = past.path,
             .sentence = fmt::format("what {} keeps of {} {}", source->name(), base::in_quotes(past.path), what)});
    };
    return source->for_each([&](const PastPath &past) -> Result<void> {
        ++progress.done_entries;
        site.observer.report(progress);
        if (!past.entry)
            return {};
        if (past.entry->content == PastEntry::Content::lost)
            return tell(PointFault::Kind::lost, past, "is lost");
        if (past.entry->content == PastEntry::Content::altered)
            return tell(PointFault::Kind::altered, past, "was written to since");
        if (past.entry->content != PastEntry::Content::kept || !past.entry->digest || past.entry->size == 0)
            return {};
        MOS_TRY(const auto content, source->open_content(past));
        MOS_TRY(const crypto::Sha256Digest digest, crypto::sha256_of(*content, site.observer));
        progress.done_bytes += past.entry->size;
        return digest == *past.entry->digest
                   ? Result<void>{}
                   : tell(PointFault::Kind::altered, past, "has another content than was recorded");
    });
}

}  // namespace mos::snapshot
