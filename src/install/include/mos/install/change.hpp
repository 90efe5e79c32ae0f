// One path's fate in a plan, in words that the plan's text, its digest and the staging share.
#pragma once

#include <mos/base/result.hpp>
#include <mos/package/entry.hpp>
#include <mos/state/packages.hpp>

#include <cstddef>
#include <string>

namespace mos::install {

enum class ChangeKind : std::uint8_t {
    add,             // nothing is there
    replace,         // something of ours, or that may go, is there
    set_attributes,  // content stays
    unchanged,
    same_directory,     // a directory that stays as it is, while things come and go in it
    foreign_directory,  // the same of one that was there before and belongs to nobody: it stays nobody's
    remove,
    keep,            // altered by hand: stays, and stays the package's
    leave_out,       // somebody else's: stays, and the package does without
    ask,             // somebody else's, or altered by hand: the job asks
    output,          // a script will write it; what is there is kept aside
    foreign_output,  // the same of one that was there before and belongs to nobody: it stays nobody's
    remove_tree,     // with all that is below it
};

// What a package wants at a path. Borrowed for the time of one call.
struct WantedEntry {
    std::size_t step = 0;  // of the plan
    std::string_view path;
    base::FileType type = base::FileType::regular;
    state::Attributes attributes;
    const package::Entry *entry = nullptr;  // nullptr for a directory that the package only implies
    std::string_view link_first;            // for a hard link the path of the first name, beneath the root
    bool first_of_links = false;
    state::FileRole role = state::FileRole::content;
    const std::string *content = nullptr;  // where the package itself does not hold it as it is wanted
    // Of the role `beside`: the configuration file that it is put beside of. Not wanted any more where the job asked
    // about that one, and it was replaced.
    std::string_view beside_of;
};

// Whether a directory stands there that goes with all below it, of which nothing may be somebody else's.
enum class Sweep : std::uint8_t { nothing, directory };

struct Change {
    ChangeKind kind = ChangeKind::unchanged;
    std::string_view path;
    const WantedEntry *wanted = nullptr;  // nullptr for a removal
    std::string_view note;                // why something is kept, replaced or asked; empty where that is plain
    Sweep sweep = Sweep::nothing;
};

// Takes the changes of a plan, in byte order of their paths.
class ChangeSink {
  public:
    ChangeSink() = default;
    ChangeSink(const ChangeSink &) = delete;
    ChangeSink &operator=(const ChangeSink &) = delete;
    virtual ~ChangeSink() = default;

    [[nodiscard]] virtual Result<void> take(const Change &change) = 0;
};

}  // namespace mos::install
