// The root as the base of a delta package: its files, and what the installed release put there.
#pragma once

#include "present.hpp"

#include <mos/delta/package_content.hpp>
#include <mos/state/packages.hpp>
#include <mos/transaction/site.hpp>

namespace mos::install {

class RootBase final : public delta::BaseFiles {
  public:
    // `prefix` is the folder below which the installed release lies. The root outlives it.
    RootBase(base::Directory &root, std::string prefix) : m_present(root), m_prefix(std::move(prefix)) {}

    // BASE_DIFFERS, with the file's path in the root, unless its content is what the line says.
    [[nodiscard]] Result<void> check(const package::BaseFile &file);

    // Regular files of the right size alone, and through no symbolic link.
    [[nodiscard]] Result<std::unique_ptr<base::Source>> open(const package::BaseLine &line) override;

    // Where a file of the package lies beneath the root.
    [[nodiscard]] std::string place_of(std::string_view path_in_package) const;

  private:
    Present m_present;
    std::string m_prefix;
};

// What the file was when the release `id` was installed: the database has it of each file of a package, as the
// package's index said. BASE_DIFFERS where the release brought no such file, or left it out since somebody's stood
// there.
[[nodiscard]] Result<package::BaseFile> as_installed(state::Packages &packages, std::uint64_t id, const RootBase &base,
                                                     const package::BaseLine &line);

}  // namespace mos::install
