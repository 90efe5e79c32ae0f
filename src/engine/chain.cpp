#include "chain.hpp"

#include "held_packages.hpp"

#include <algorithm>
#include <compare>
#include <map>
#include <queue>
#include <set>
#include <tuple>

namespace mos::engine {

namespace {

using package::Released;

// A release that was reached, and by which link.
struct Reached {
    crypto::Sha256Digest content{};
    Released released;
    const HeldPackage *link = nullptr;  // nullptr at a beginning
    std::size_t before = 0;
    std::uint64_t bytes = 0;
};

// Dijkstra's algorithm.
class Search {
  public:
    Search(const std::vector<HeldPackage> &packages, const std::vector<HeldPackage> &goals) {
        for (const HeldPackage &package : packages)
            if (package.is_delta)
                m_by_base.emplace(package.base_content, &package);
        for (const HeldPackage &goal : goals)
            m_goals.insert(goal.content);
        if (!goals.empty())
            m_goal = released(goals.front());
    }

    void begin(const Beginning &at) { reach({.content = at.content, .released = {at.version, at.release}}); }

    [[nodiscard]] std::vector<HeldPackage> run(const LinkJudge &judge) {
        while (!m_open.empty()) {
            const std::size_t number = m_open.top().second;
            m_open.pop();
            const Reached at = m_reached[number];
            if (m_settled.contains(key_of(at)) || (at.link != nullptr && !judge(*at.link)))
                continue;
            if (is_goal(at.content, at.released))
                return links_to(number);
            m_settled.insert(key_of(at));
            go_on_from(number);
        }
        return {};
    }

  private:
    // The version too: a package that claims another one for the same content does not stand in an honest one's way.
    using Key = std::tuple<crypto::Sha256Digest, std::string_view, std::string_view>;
    [[nodiscard]] static Key key_of(const Reached &at) {
        return {at.content, at.released.version, at.released.release};
    }

    // Of two with as many bytes the one that was found first.
    using Open = std::pair<std::uint64_t, std::size_t>;

    void reach(const Reached &reached) {
        m_open.emplace(reached.bytes, m_reached.size());
        m_reached.push_back(reached);
    }

    [[nodiscard]] bool leads_nearer(const Released &from, const HeldPackage &delta) const {
        const auto way = package::compare_versions(from, m_goal);
        const auto step = package::compare_versions(from, released(delta));
        const auto rest = package::compare_versions(released(delta), m_goal);
        return std::is_neq(way) && step == way && (rest == way || is_goal(delta.content, released(delta)));
    }

    [[nodiscard]] bool is_goal(const crypto::Sha256Digest &content, const Released &released) const {
        return m_goals.contains(content) && std::is_eq(package::compare_versions(released, m_goal));
    }

    void go_on_from(std::size_t number) {
        const Reached at = m_reached[number];
        const auto [first, last] = m_by_base.equal_range(at.content);
        for (auto next = first; next != last; ++next) {
            const HeldPackage &delta = *next->second;
            if (leads_nearer(at.released, delta))
                reach({.content = delta.content,
                       .released = released(delta),
                       .link = &delta,
                       .before = number,
                       .bytes = at.bytes + delta.bytes});
        }
    }

    [[nodiscard]] std::vector<HeldPackage> links_to(std::size_t number) const {
        std::vector<HeldPackage> links;
        for (; m_reached[number].link != nullptr; number = m_reached[number].before)
            links.push_back(*m_reached[number].link);
        std::ranges::reverse(links);
        return links;
    }

    std::multimap<crypto::Sha256Digest, const HeldPackage *> m_by_base;
    std::set<crypto::Sha256Digest> m_goals;
    Released m_goal;  // the version of all goals
    std::vector<Reached> m_reached;
    std::priority_queue<Open, std::vector<Open>, std::greater<>> m_open;
    std::set<Key> m_settled;
};

}  // namespace

std::vector<HeldPackage> cheapest_chain(const std::vector<HeldPackage> &packages, const std::vector<Beginning> &from,
                                        const std::vector<HeldPackage> &goals, const LinkJudge &judge) {
    Search search{packages, goals};
    for (const Beginning &at : from)
        search.begin(at);
    return search.run(judge);
}

}  // namespace mos::engine
