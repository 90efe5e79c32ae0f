// What stood in a root at an earlier moment, path by path: what a restoration (restore.hpp) goes by.
//
// Two know it: the stages of the changes since (change_source.hpp), and the store of a point that was captured
// (point_source.hpp).
#pragma once

#include <mos/crypto/digest.hpp>
#include <mos/state/operation.hpp>
#include <mos/state/packages.hpp>
#include <mos/transaction/plan_file.hpp>
#include <mos/transaction/site.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mos::snapshot {

struct PastEntry {
    enum class Content : std::uint8_t {
        kept,    // the source has it
        stands,  // it is what stands there now: only the attributes were others
        lost,    // the source should have it and has not
        altered  // the source has another, into which somebody has written
    };
    base::FileType type = base::FileType::regular;
    state::Attributes attributes;
    std::uint64_t size = 0;   // of a regular file
    std::string link_target;  // of a symbolic link
    Content content = Content::kept;
    std::uint64_t file = 0;                      // of names of one file the same number, and none else's; 0: no other
    std::optional<crypto::Sha256Digest> digest;  // what a regular file's content has, where that is known
    std::optional<transaction::Witness> unchanged;  // the very file that was there, which needn't be put there again
    std::uint64_t handle = 0;                       // the source's own
};

// What a path holds if nobody has touched it since the changes that are gone back over.
struct LeftBehind {
    enum class Kind : std::uint8_t {
        installed,  // what a package that is installed now says
        anything,   // whatever it is, the point takes its place
        nothing,
        entry,    // what `witness` says
        written,  // by a script: of the witness size and time count
    };
    Kind kind = Kind::installed;
    transaction::Witness witness;
};

struct PastPath {
    std::string path;
    std::optional<PastEntry> entry;  // nothing stood there
    bool with_all_below = false;     // nor below it, and nothing below it is told
    LeftBehind left;
    // What the last change made of it: an attribute that is another by now was set by somebody since, and stays.
    std::optional<state::Attributes> left_attributes;
};

// A package whose row in force was another one, or none.
struct PackageStep {
    std::string name;
    std::optional<state::InstalledPackage> now;
    std::optional<state::InstalledPackage> before;
};

// Those of which both rows do not say the same; a row that was brought back is another one.
[[nodiscard]] std::vector<PackageStep> changed_steps(std::map<std::string, PackageStep> steps);

// One thread at a time; what it borrows (a Site) must outlive it. It is read while nothing is committed.
class RestorationSource {
  public:
    RestorationSource() = default;
    RestorationSource(const RestorationSource &) = delete;
    RestorationSource &operator=(const RestorationSource &) = delete;
    virtual ~RestorationSource() = default;

    // "rp-12"
    [[nodiscard]] virtual std::string name() const = 0;

    // Tells each path of which it knows that it was, or may have been, another: in byte order, parents before children,
    // each once. What it does not tell is as it was.
    using Take = std::function<Result<void>(const PastPath &)>;
    [[nodiscard]] virtual Result<void> for_each(const Take &take) = 0;

    // The content of a regular file that for_each() has told, `kept` or `altered`, and that was not empty.
    [[nodiscard]] virtual Result<std::unique_ptr<base::File>> open_content(const PastPath &past) = 0;

    // By name.
    [[nodiscard]] virtual Result<std::vector<PackageStep>> packages() = 0;
};

}  // namespace mos::snapshot
