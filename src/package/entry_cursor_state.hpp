// The walk of an EntryCursor: the lines, and the rules that hold between them.
#pragma once

#include "entry_rules.hpp"
#include "index_reader.hpp"

#include <mos/package/entry_cursor.hpp>

namespace mos::package {

struct EntryCursor::State {
    explicit State(PackageState &of) : package(&of), reader(of) {}

    [[nodiscard]] Result<void> skip_frames();
    [[nodiscard]] Result<std::optional<Entry>> read();
    [[nodiscard]] Result<void> check_metadata(const Entry &entry);
    [[nodiscard]] Result<void> finish() const;

    PackageState *package;
    IndexReader reader;
    PathOrder order;
    SharedEntries shared;
    PatchOrder patches;
    std::uint64_t count = 0;
    unsigned metadata_files = 0;
    bool complete = false;
    std::optional<Error> failed;
};

}  // namespace mos::package
