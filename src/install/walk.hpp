// The walk: packages' indexes, the files installed before, and the tree itself, merged in byte order of their paths.
//
// Everything that a plan says and does comes from this one walk, so that what is shown and what is done can't differ.
// Holds one entry of each stream.
#pragma once

#include <mos/install/change.hpp>
#include <mos/install/plan.hpp>
#include <mos/package/entry_cursor.hpp>

#include <map>
#include <set>

namespace mos::install {

// The entries that one package wants beneath the root, in order.
class WantedStream {
  public:
    [[nodiscard]] static Result<WantedStream> open(package::Package &package, std::size_t step);

    // The entry at hand; nullptr at the end. Valid until advance().
    [[nodiscard]] const WantedEntry *current() const noexcept { return m_entry ? &m_wanted : nullptr; }
    [[nodiscard]] Result<void> advance();

  private:
    WantedStream(package::EntryCursor cursor, std::size_t step) : m_cursor(std::move(cursor)) { m_wanted.step = step; }

    package::EntryCursor m_cursor;
    std::unique_ptr<package::Entry> m_entry;  // at an address that stays when the stream is moved
    WantedEntry m_wanted;
    std::map<std::string, state::Attributes, std::less<>> m_shared;  // attributes of the first names of link groups
};

// Gives every change of the plan to `sink`. `steps` tells which packages leave.
[[nodiscard]] Result<void> walk(transaction::Site &site, const Steps &steps, const std::vector<StepSummary> &summaries,
                                ChangeSink &sink);

}  // namespace mos::install
