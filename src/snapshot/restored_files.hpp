// What a restoration has put into folders that it has made: a list in its stage, for whoever takes it back.
//
// A folder that goes back into the stage takes all along that is below it. What a package has brought there the
// database knows; of what a backup has brought nobody would, and nobody could tell it from what somebody has put there
// since.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/state/operation.hpp>
#include <mos/transaction/stage.hpp>

#include <map>
#include <string>
#include <string_view>

namespace mos::snapshot {

class RestoredFiles {
  public:
    void add(std::string_view path, base::FileType type, std::uint64_t size, base::FileTime modified);
    // Into the stage, before it is finished. Nothing where nothing was added.
    [[nodiscard]] Result<void> put_aside(transaction::Stage &stage) const;

    // That of a finished stage; an empty one where it has none.
    [[nodiscard]] static Result<RestoredFiles> read(base::Directory &stage);
    // Whether that stands at `path` which was put there.
    [[nodiscard]] bool stands(const std::string &path, const base::FileStatus &status) const;

  private:
    struct File {
        base::FileType type = base::FileType::regular;
        std::uint64_t size = 0;
        base::FileTime modified;
    };
    std::map<std::string, File, std::less<>> m_files;
};

}  // namespace mos::snapshot
