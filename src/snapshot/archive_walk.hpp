// The walk over what is to be archived: every entry once, in its order, to whoever writes the archive.
#pragma once

#include "member.hpp"

#include <mos/snapshot/archive.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mos::snapshot {

// Takes what the walk finds. One member at a time: begin(), its content if it has any, end().
class MemberSink {
  public:
    MemberSink() = default;
    MemberSink(const MemberSink &) = delete;
    MemberSink &operator=(const MemberSink &) = delete;
    virtual ~MemberSink() = default;

    [[nodiscard]] virtual Result<void> begin(const Member &member) = 0;
    [[nodiscard]] virtual Result<void> write(base::ByteView bytes) = 0;  // as many bytes in all as the status said
    [[nodiscard]] virtual Result<void> end() = 0;
};

struct WalkOptions {
    std::optional<base::FileStatus> out = {};  // of the archive, which must not hold itself
    // Why an entry is left out with all below it; empty for one that belongs into the archive.
    std::function<std::string(std::string_view path)> exclude = {};
    base::Phase phase = base::Phase::staging;
};

// Walks the files and trees at `paths` as write_archive() says; archive_bytes of the report stay 0.
[[nodiscard]] Result<ArchiveReport> walk_members(base::Directory &root, const std::vector<std::string> &paths,
                                                 const WalkOptions &options, MemberSink &sink,
                                                 base::Observer &observer);

}  // namespace mos::snapshot
