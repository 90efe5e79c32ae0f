// The folder of the captured points: what is in it, and the contents that they share.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/crypto/digest.hpp>
#include <mos/state/points.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mos::snapshot {

inline constexpr const char *points_name = "points";
inline constexpr const char *objects_name = "objects";

// Digests of contents, sorted, each once.
using DigestSet = std::vector<crypto::Sha256Digest>;
[[nodiscard]] bool contains(const DigestSet &set, const crypto::Sha256Digest &digest);

class PointStore {
  public:
    // `state_folder` holds the database. nullptr where there are no points yet.
    [[nodiscard]] static Result<std::unique_ptr<PointStore>> find(base::Directory &state_folder);
    // Makes it where it is missing; nothing of that is flushed.
    [[nodiscard]] static Result<std::unique_ptr<PointStore>> make(base::Directory &state_folder);

    struct Folder {
        enum class Stage : std::uint8_t { whole, arriving, leaving };
        std::uint64_t id = 0;
        Stage stage = Stage::whole;
        std::string name;
    };
    // Of points; anything else in there is passed over.
    [[nodiscard]] Result<std::vector<Folder>> folders();
    [[nodiscard]] static std::string name_of(std::uint64_t id, Folder::Stage stage);

    [[nodiscard]] base::Directory &directory() noexcept { return *m_directory; }
    // NOT_FOUND
    [[nodiscard]] Result<std::unique_ptr<base::Directory>> open(const std::string &name);

    // The content with that digest; nothing where it is lost.
    [[nodiscard]] Result<std::unique_ptr<base::File>> open_content(const crypto::Sha256Digest &digest);
    [[nodiscard]] Result<std::optional<base::FileStatus>> find_content(const crypto::Sha256Digest &digest);
    // Moves `name` out of `folder` to where the content of that digest lies, in place of what may lie there.
    [[nodiscard]] Result<void> take_content(base::Directory &folder, std::string_view name,
                                            const crypto::Sha256Digest &digest);

    // The digests that the indexes of these folders name. FORMAT or NOT_FOUND where one can't be read.
    [[nodiscard]] Result<DigestSet> referenced(const std::vector<std::string> &names);
    // Deletes the contents that no index names but those of the folders `leaving`. These are removed after that: as
    // long as one is there, the next recovery knows that something is to be swept. Nothing is deleted where an index
    // can't be read: then nobody knows.
    [[nodiscard]] Result<void> sweep(std::span<const std::string> leaving);

  private:
    PointStore(std::unique_ptr<base::Directory> directory, std::unique_ptr<base::Directory> objects)
        : m_directory(std::move(directory)), m_objects(std::move(objects)) {}
    [[nodiscard]] static Result<std::unique_ptr<PointStore>> open_in(base::Directory &state_folder);
    [[nodiscard]] Result<base::Directory *> shelf(const std::string &digits);  // nullptr where there is none

    std::unique_ptr<base::Directory> m_directory;
    std::unique_ptr<base::Directory> m_objects;
    std::array<std::unique_ptr<base::Directory>, 256> m_shelves;
};

// Whether the index in that folder is the one that the database knows: POINT_DAMAGED otherwise.
[[nodiscard]] Result<void> check_index(base::Directory &folder, const state::Point &point);

}  // namespace mos::snapshot
