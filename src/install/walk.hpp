// The walk: packages' indexes, the files installed before, and the tree itself, merged in byte order of their paths.
//
// Everything that a plan says and does comes from this one walk, so that what is shown and what is done can't differ.
// Holds one entry of each stream.
#pragma once

#include "brought.hpp"

#include <mos/install/change.hpp>
#include <mos/package/entry_cursor.hpp>

#include <map>

namespace mos::install {

// The entries that one package wants beneath the root, in order, with what it brings besides.
class WantedStream {
  public:
    // `brought` must outlive the stream.
    [[nodiscard]] static Result<WantedStream> open(package::Package &package, std::size_t step, const Brought &brought);

    // The entry at hand; nullptr at the end. Valid until advance().
    [[nodiscard]] const WantedEntry *current() const noexcept { return m_at_end ? nullptr : &m_wanted; }
    [[nodiscard]] Result<void> advance();

  private:
    struct Shown {
        package::Entry entry;
        std::string path;        // beneath the root
        std::string link_first;  // of a hard link, beneath the root
    };
    enum class From : std::uint8_t { package, implied, extras };
    WantedStream(package::EntryCursor cursor, package::Package &package, std::size_t step, const Brought &brought);
    [[nodiscard]] Result<void> read_entry();
    [[nodiscard]] Result<void> show_entry();
    void show_implied();
    void show_extra();

    package::EntryCursor m_cursor;
    std::int64_t m_created_unix_s = 0;
    std::unique_ptr<Shown> m_next;  // at an address that stays when the stream is moved; nullptr at the end
    const Brought *m_brought;
    std::size_t m_next_implied = 0;
    std::size_t m_next_extra = 0;
    From m_shown_from = From::implied;
    WantedEntry m_wanted;
    bool m_at_end = false;
    std::map<std::string, state::Attributes, std::less<>> m_shared;  // attributes of the first names of link groups
};

// What the steps come to by what is installed; in the order of the steps, installs before removals. DOWNGRADE,
// ALREADY_INSTALLED, NOT_INSTALLED; INVALID_ARGUMENT when a package is named twice.
[[nodiscard]] Result<std::vector<StepSummary>> summarize(transaction::Site &site, const Steps &steps);

// Gives every change of the plan to `sink`. Of the resolution it needs steps and implied folders.
[[nodiscard]] Result<void> walk(transaction::Site &site, const Steps &steps, const Resolution &resolution,
                                ChangeSink &sink);

// CONFLICT when the directory at `path`, in whose place `name` wants something else, holds what does not leave with the
// plan's packages, or what was altered in it. Asked when the walk comes by, and once more before the decision.
[[nodiscard]] Result<void> check_swept_directory(transaction::Site &site, const Resolution &resolution,
                                                 const std::string &path, const std::string &name);

}  // namespace mos::install
