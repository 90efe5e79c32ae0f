// The root as the base of a delta package: its files as the installed release put them there.
#pragma once

#include "present.hpp"

#include <mos/delta/package_content.hpp>
#include <mos/transaction/site.hpp>

namespace mos::install {

class RootBase final : public delta::BaseFiles {
  public:
    // `prefix` is the folder below which the installed release lies. The root outlives it.
    RootBase(base::Directory &root, std::string prefix) : m_present(root), m_prefix(std::move(prefix)) {}

    // BASE_DIFFERS, with the file's path in the root, unless its content is what the line says.
    [[nodiscard]] Result<void> check(const package::BaseFile &file);

    // Regular files of the right size alone, and through no symbolic link.
    [[nodiscard]] Result<std::unique_ptr<base::Source>> open(const package::BaseFile &file) override;

  private:
    [[nodiscard]] std::string path_of(const package::BaseFile &file) const;

    Present m_present;
    std::string m_prefix;
};

}  // namespace mos::install
