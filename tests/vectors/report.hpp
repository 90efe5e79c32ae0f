// Counts how our decisions and the expected results compare, and prints where they differ.
#pragma once

#include "decision.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mos::vectors {

// What the library refuses on purpose, and why: cases by their id, and rules by the words of the refusal.
struct Stricter {
    std::map<std::string, std::string, std::less<>> cases;
    std::map<std::string, std::string, std::less<>> rules;

    // Empty when it is not on purpose.
    [[nodiscard]] std::string reason_for(std::string_view id, std::string_view refusal) const;
};

// Lines of "ID REASON" or "\"WORDS\" REASON"; '#' begins a comment. Throws std::runtime_error when it can't be read or
// a reason is missing.
[[nodiscard]] Stricter read_stricter(const std::string &path);

class Report {
  public:
    Report(Stricter stricter, bool lists_skips) : m_stricter(std::move(stricter)), m_lists_skips(lists_skips) {}

    void begin_file(std::string_view name) { m_file = name; }
    void add(const std::string &id, const Decision &decision, Expected expected);

    // The skips by reason, and the last line.
    void print_summary() const;
    // No false accept, and no false reject without a reason.
    [[nodiscard]] bool is_good() const { return m_false_accepts == 0 && m_unnamed == 0; }

  private:
    void add_false_reject(const std::string &id, const Decision &decision);

    Stricter m_stricter;
    bool m_lists_skips;
    std::string m_file;
    std::map<std::string, std::vector<std::string>> m_skips;  // reason: cases
    std::size_t m_agreed = 0;
    std::size_t m_false_accepts = 0;
    std::size_t m_false_rejects = 0;
    std::size_t m_skipped = 0;
    std::size_t m_unnamed = 0;           // false rejects that are not on purpose
    std::size_t m_expected_accepts = 0;  // of those that were not skipped
    std::size_t m_right_accepts = 0;
};

}  // namespace mos::vectors
