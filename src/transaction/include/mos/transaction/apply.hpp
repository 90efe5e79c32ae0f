// Moving one entry between its slot and its path, either way, at most once however often it is tried.
//
// "Already done" is told by the private slot, never by the target: the inode that is to leave the slot is alive until
// it has left, so its number can't have been given to another file. Testing the target would bring the old file back
// over a change that somebody made after the exchange. Attributes have no slot: of them, whatever is neither as before
// nor as after the change was set by somebody else, and stays.
#pragma once

#include <mos/state/transactions.hpp>
#include <mos/transaction/site.hpp>
#include <mos/transaction/stages.hpp>

#include <cstdint>
#include <optional>
#include <set>

namespace mos::transaction {

// Applies every active operation of the transaction that is still to be done, in the order of its heading. What can't
// be done because somebody changed the tree is left in the slot and reported; other errors end it.
enum class Interruption : std::uint8_t { refused, allowed };  // whether the observer's checkpoint may end it
[[nodiscard]] Result<void> apply_all(Site &site, Stages &stages, const state::Transaction &transaction,
                                     Interruption interruption);

// Finds out, for a heading that is about to be decided, what `operation` would have to do.
class Surveyor {
  public:
    // What becomes of something that we have put in place and that was altered since: it stays, and is reported; or,
    // after a script that failed, it gives way and is kept in the stage.
    enum class Altered : std::uint8_t { stays, gives_way };
    Surveyor(Site &site, Stages &stages, state::Direction heading, Altered altered = Altered::stays);

    // The operation with the inode that is in its slot now, inactive where there is nothing to do. What somebody put in
    // the place of ours meanwhile stays, and is reported.
    [[nodiscard]] Result<state::Operation> survey(state::Operation operation);

    // Who will own what comes back, of all that was surveyed backward.
    [[nodiscard]] const std::set<std::uint32_t> &returning_owners() const noexcept { return m_returning_owners; }

  private:
    [[nodiscard]] state::Operation survey_output(state::Operation operation,
                                                 const std::optional<base::FileStatus> &slot,
                                                 const std::optional<base::FileStatus> &there);

    base::DirectoryCache m_cache;
    base::Observer &m_observer;
    Stages &m_stages;
    state::Direction m_heading;
    Altered m_altered;
    std::set<std::uint32_t> m_returning_owners;
};

}  // namespace mos::transaction
