// What the files of a base are, and what becomes of each entry of a release in its delta package.
#pragma once

#include <mos/base/scratch_file.hpp>

#include <mos/delta/package_content.hpp>

#include <optional>
#include <string>
#include <vector>

namespace mos::delta {

// The files of a base package that a root has as the package brought them, sorted by path, and their content in one
// file: so it is read at random without expanding frames again and again.
class BaseContent final : public BaseFiles {
  public:
    // Leaves out what somebody may have changed: configuration files and what scripts write.
    [[nodiscard]] static Result<std::unique_ptr<BaseContent>> read(package::Package &base, base::Directory &folder,
                                                                   std::string_view name, base::Observer &observer);

    [[nodiscard]] const std::vector<package::BaseFile> &files() const noexcept { return m_files; }
    [[nodiscard]] Result<std::unique_ptr<base::Source>> open(const package::BaseLine &line) override;

  private:
    explicit BaseContent(base::ScratchFile content) : m_content(std::move(content)) {}

    std::vector<package::BaseFile> m_files;
    std::vector<std::uint64_t> m_offsets;
    base::ScratchFile m_content;
};

// What becomes of one entry.
struct Fate {
    package::Origin origin = package::Origin::stored;
    package::PatchPlace place = {};
    std::uint32_t copies = 0;
    std::optional<std::size_t> copy_of = {};  // the number of the entry that it is a copy of
    std::string path = {};                    // of one that has copies
};

// An entry that may be made out of the base.
struct Candidate {
    std::size_t number = 0;  // of the entry, in the order of the index
    package::Entry entry;
};

struct Survey {
    std::vector<Fate> fates;  // of all entries
    std::vector<Candidate> candidates;
};

// Sorts the entries of `target` out: unchanged, to be stored whole, copies of one another, and candidates.
[[nodiscard]] Result<Survey> survey(package::Package &target, const std::vector<package::BaseFile> &base,
                                    std::uint64_t threshold);

}  // namespace mos::delta
