#include "report.hpp"

#include <fmt/format.h>

#include <fstream>
#include <stdexcept>

namespace mos::vectors {

Stricter read_stricter(const std::string &path) {
    std::ifstream stream{path};
    if (!stream)
        throw std::runtime_error{fmt::format("can't read '{}'", path)};
    Stricter stricter;
    for (std::string line; std::getline(stream, line);) {
        if (line.empty() || line.front() == '#')
            continue;
        const bool is_rule = line.front() == '"';
        const std::size_t end = line.find(is_rule ? "\" " : " ", 1);
        const std::size_t reason = end == std::string::npos ? line.size() : end + (is_rule ? 2 : 1);
        if (reason >= line.size())
            throw std::runtime_error{fmt::format("'{}' in '{}' gives no reason", line, path)};
        if (is_rule)
            stricter.rules[line.substr(1, end - 1)] = line.substr(reason);
        else
            stricter.cases[line.substr(0, end)] = line.substr(reason);
    }
    return stricter;
}

std::string Stricter::reason_for(std::string_view id, std::string_view refusal) const {
    if (const auto found = cases.find(id); found != cases.end())
        return found->second;
    for (const auto &[words, reason] : rules)
        if (refusal.find(words) != std::string_view::npos)
            return reason;
    return {};
}

void Report::add(const std::string &id, const Decision &decision, Expected expected) {
    if (decision.outcome == Outcome::skipped) {
        ++m_skipped;
        m_skips[decision.reason].push_back(m_file + ": " + id);
        return;
    }
    const bool is_accepted = decision.outcome == Outcome::accepted;
    if (expected == Expected::accepted) {
        ++m_expected_accepts;
        m_right_accepts += is_accepted ? 1U : 0U;
    }
    if (expected == Expected::either || is_accepted == (expected == Expected::accepted)) {
        ++m_agreed;
        return;
    }
    if (!is_accepted) {
        add_false_reject(id, decision);
        return;
    }
    ++m_false_accepts;
    fmt::print("{}: {}: false accept: ours is good, theirs is bad\n", m_file, id);
}

void Report::add_false_reject(const std::string &id, const Decision &decision) {
    ++m_false_rejects;
    const std::string purpose = m_stricter.reason_for(id, decision.reason);
    m_unnamed += purpose.empty() ? 1U : 0U;
    fmt::print("{}: {}: false reject: ours is bad ({}), theirs is good{}\n", m_file, id, decision.reason,
               purpose.empty() ? "" : "; on purpose: " + purpose);
}

void Report::print_summary() const {
    for (const auto &[reason, cases] : m_skips) {
        fmt::print("skipped {}: {}\n", cases.size(), reason);
        if (m_lists_skips)
            for (const std::string &one : cases)
                fmt::print("    {}\n", one);
    }
    fmt::print("{} of {} good cases that were not skipped are accepted\n", m_right_accepts, m_expected_accepts);
    fmt::print("{} agree, {} false accept, {} false reject, {} skipped\n", m_agreed, m_false_accepts, m_false_rejects,
               m_skipped);
}

}  // namespace mos::vectors
