// The packages that another package carries: the library takes a folder of them, people name files.
#pragma once

#include "frame/command.hpp"

namespace package_tool {

// A folder with the packages of --bundle: the one that was named, or one that this object makes beside the output, with
// the named files in it, and removes.
class BundleFolder {
  public:
    // `bundles` is one folder, or files whose names end in .mos or .multos. `output` is the package that will carry
    // them.
    [[nodiscard]] static frame::Result<BundleFolder> create(const std::vector<std::string> &bundles,
                                                            const std::string &output);
    ~BundleFolder();
    BundleFolder(BundleFolder &&other) noexcept;
    BundleFolder &operator=(BundleFolder &&other) noexcept;

    // NULL where nothing is carried.
    [[nodiscard]] const char *path() const noexcept { return m_path.empty() ? nullptr : m_path.c_str(); }

  private:
    enum class Owner { somebody, us };
    BundleFolder(std::string path, Owner owner) : m_path(std::move(path)), m_owner(owner) {}

    [[nodiscard]] frame::Result<void> take(const std::string &file);

    std::string m_path;
    Owner m_owner;
};

}  // namespace package_tool
