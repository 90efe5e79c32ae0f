// A change of a tree, given as two pictures of it: what is there and what is wanted.
#pragma once

#include "tree_image.hpp"

#include <mos/state/transactions.hpp>
#include <mos/transaction/stage.hpp>

namespace mos::test {

[[nodiscard]] state::Attributes attributes_of(const TreeEntry &entry);

// Makes the entries of `image` in an empty `root`, by plain calls of the port: what the engine's work is compared with.
// The attributes of the root itself (path "") are set too, where the image has them.
[[nodiscard]] Result<void> build(base::Directory &root, const TreeImage &image);

// What a change has besides two trees.
struct Extras {
    std::vector<std::string> outputs;        // paths that its hooks write: not staged from `wanted`
    std::vector<std::string> removed_trees;  // go with all below them
    std::vector<state::Hook> hooks;
};

// Says to `stage` all that turns `present` into `wanted`, as an installer would: what is equal stays as it is, every
// directory that stays is named so that it keeps its times.
[[nodiscard]] Result<void> stage_change(transaction::Stage &stage, const TreeImage &present, const TreeImage &wanted,
                                        const Extras &extras = {});

// For pictures put together by hand.
class ImageBuilder {
  public:
    ImageBuilder &directory(std::string path, std::uint32_t mode = 0755);
    ImageBuilder &file(std::string path, std::string content, std::uint32_t mode = 0644);
    ImageBuilder &symlink(std::string path, std::string target);
    ImageBuilder &link(std::string path, const std::string &first);  // another name of the file at `first`
    // Of the entry added last.
    ImageBuilder &owner(std::uint32_t owner, std::uint32_t group);
    ImageBuilder &attribute(std::string name, std::string_view value);
    ImageBuilder &time(std::int64_t seconds);

    [[nodiscard]] TreeImage image() const;  // sorted; the root's own entry is not in it

  private:
    TreeEntry &add(std::string path, base::FileType type, std::uint32_t mode);
    std::vector<TreeEntry> m_entries;
};

}  // namespace mos::test
