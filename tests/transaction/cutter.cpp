#include "cutter.hpp"

#include "item.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mos::test {

namespace {

constexpr std::size_t violations_kept = 5;
constexpr std::uint64_t killed_sample = 20;  // a death costs as much as a hundred states

// All the ways in which the effects that are pending at a cut may be kept.
std::vector<Selection> selections(std::size_t pending, std::uint64_t seed, std::uint64_t random_count) {
    std::vector<Selection> all = {Selection::none(), Selection::all(), Selection::all().torn(seed)};
    for (std::size_t i = 0; i < pending; ++i) {
        all.push_back(Selection::all_but(i));
        all.push_back(Selection::only(i));
    }
    for (std::uint64_t i = 0; i < random_count; ++i) {
        const std::uint64_t one = seed * 1000 + i;
        all.push_back(i % 2 == 0 ? Selection::random(one) : Selection::random(one).torn(one));
    }
    return all;
}

}  // namespace

void Tally::add(const Tally &other) {
    cut_points += other.cut_points;
    states += other.states;
    distinct += other.distinct;
    again += other.again;
    again_distinct += other.again_distinct;
    killed += other.killed;
    went_on += other.went_on;
    violation_count += other.violation_count;
    violations.insert(violations.end(), other.violations.begin(), other.violations.end());
}

bool SeenStates::insert(const DiskState &state, Allowed allowed) {
    const twin::Digest digest = state.digest();
    const std::uint64_t key = twin::scramble(digest.low ^ twin::scramble(digest.high, 1), allowed);
    const std::lock_guard lock{m_mutex};
    return m_keys.insert(key).second;
}

Tally Cutter::run() {
    auto initial = m_workload.initial_state();
    if (!initial) {
        report({}, "nothing was cut", initial.error());
        return std::move(m_tally);
    }
    Twin twin{*initial};
    DiskInMemory disk{twin};
    Session session{m_workload, disk};
    const auto at = [&](std::uint64_t number, std::string_view what) {
        if (number % m_share.shares == m_share.share && (!m_options.only_cut || *m_options.only_cut == number))
            cut_at(twin, {number, std::string{what}, session.allowed()});
    };
    twin.on_mutation(at);
    const Result<void> ended = m_workload.run(session);
    if (!ended)
        report({}, "nothing was cut", ended.error());
    at(twin.mutations() + 1, "the end");
    return std::move(m_tally);
}

bool Cutter::chosen(std::uint64_t number, std::uint64_t every, std::uint64_t salt) const {
    return every != 0 && twin::scramble(m_options.seed + salt, number) % every == 0;
}

void Cutter::cut_at(const Twin &twin, const Place &place) {
    ++m_tally.cut_points;
    std::uint64_t index = 0;
    for (const Selection &selection :
         selections(twin.pending(), m_options.seed + place.cut, m_options.random_selections)) {
        if (chosen(place.cut * 100'000 + index++, m_options.sample, 0))
            examine(twin.crash(selection), place, selection);
    }
    // Between a write and its flush a killed process leaves what the next one reads and a cut may still take: those
    // places are in every sample.
    if (place.before.starts_with("flush") ||
        chosen(place.cut, m_options.killed_every * std::min(m_options.sample, killed_sample), 1))
        kill_at(twin, place);
}

void Cutter::examine(const DiskState &state, const Place &place, const Selection &selection) {
    ++m_tally.states;
    if (!m_seen.insert(state, place.allowed))
        return;
    ++m_tally.distinct;
    Twin twin{state};
    DiskInMemory disk{twin};
    const auto standing = m_examiner.recover(disk, place.allowed);
    if (!standing)
        return report(place, selection.description(), standing.error());
    const std::uint64_t number = state.digest().low;
    if (chosen(number, m_options.double_cut_every, 2))
        cut_again(Twin{state}, place, selection.description(), *standing, only(*standing));
    if (chosen(number, m_options.go_on_every, 3)) {
        ++m_tally.went_on;
        if (const auto went_on = m_examiner.go_on(disk, *standing); !went_on)
            report(place, selection.description(), went_on.error());
    }
}

// Recovery is cut at each of its own calls. What it was about to leave is what must be left.
void Cutter::cut_again(Twin twin, const Place &place, const std::string &selection, std::size_t standing,
                       Allowed before_flush) {
    std::uint64_t completed_flushes = 0;
    twin.on_mutation([&](std::uint64_t number, std::string_view what) {
        // What somebody else wrote and did not flush is not recovery's to flush.
        const bool foreign = m_workload.foreign_edits == ForeignEdits::made;
        const Allowed allowed = completed_flushes == 0 || foreign ? before_flush : only(standing);
        completed_flushes = twin.flushes();  // with this call, which the next one finds completed
        const std::uint64_t seed = m_options.seed + place.cut * 1000 + number;
        for (const Selection &second : {Selection::none(), Selection::all(), Selection::all_but(0),
                                        Selection::random(seed), Selection::random(seed + 1).torn(seed)}) {
            ++m_tally.again;
            const DiskState state = twin.crash(second);
            if (!m_seen.insert(state, allowed))
                continue;
            ++m_tally.again_distinct;
            Twin rebooted{state};
            DiskInMemory disk{rebooted};
            if (const auto recovered = m_examiner.recover(disk, allowed); !recovered)
                report(place,
                       fmt::format("{}; recovery cut at {} before {}, kept {}", selection, number, what,
                                   second.description()),
                       recovered.error());
        }
    });
    DiskInMemory disk{twin};
    if (const auto recovered = m_examiner.recover(disk, only(standing)); !recovered)
        report(place, selection + "; recovered once more", recovered.error());
}

// The process dies and the next one finds all that was written, durable or not; then the power goes in its hands.
void Cutter::kill_at(const Twin &twin, const Place &place) {
    ++m_tally.killed;
    Twin next = twin.killed();
    DiskInMemory disk{next};
    const auto standing = m_examiner.recover(disk, place.allowed);
    if (!standing)
        return report(place, "killed", standing.error());
    cut_again(twin.killed(), place, "killed", *standing, place.allowed);
}

void Cutter::report(const Place &place, std::string selection, const Error &error) {
    ++m_tally.violation_count;
    if (m_tally.violations.size() < violations_kept)
        m_tally.violations.push_back({place.cut, place.before, std::move(selection), error.full_message()});
}

}  // namespace mos::test
