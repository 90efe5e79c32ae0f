// A root to install into, packages made of pictures, and hands that alter things behind the engine's back.
#pragma once

#include "expect.hpp"
#include "machine.hpp"
#include "twin.hpp"

#include <mos/install/plan.hpp>
#include <mos/package/package_file.hpp>

#include <set>
#include <string>
#include <vector>

namespace mos::test {

// No time in a test's package is later.
inline constexpr std::int64_t package_epoch = 1'700'000'000;

// The bytes of a package with what `image` shows. With a prefix it all lies below that.
[[nodiscard]] base::Bytes make_package(const std::string &name, const std::string &version, const TreeImage &image,
                                       const std::string &prefix = "", std::vector<crypto::Signer *> signers = {});

// A package of more than files; name and version stand in the manifest.
struct Parts {
    package::Manifest manifest;
    TreeImage files = {};
    TreeImage scripts = {};
    TreeImage templates = {};
    std::vector<base::Bytes> bundles = {};
};
[[nodiscard]] base::Bytes make_package(const Parts &parts, std::vector<crypto::Signer *> signers = {});
[[nodiscard]] package::Manifest manifest_of(const std::string &name, const std::string &version);

[[nodiscard]] std::shared_ptr<package::Package> open_package(base::Bytes bytes);
[[nodiscard]] std::shared_ptr<package::Package> open_package(std::unique_ptr<base::Source> source);

// The delta package between two full ones.
[[nodiscard]] base::Bytes make_delta(const base::Bytes &from, const base::Bytes &to,
                                     std::vector<crypto::Signer *> signers = {});

// As it is when it has been through a package, which knows whole seconds.
[[nodiscard]] TreeImage as_packaged(TreeImage image);

[[nodiscard]] install::InstallStep step_of(const std::string &name, const std::string &version,
                                           const ImageBuilder &image, install::InstallOptions options = {});
[[nodiscard]] install::InstallStep step_of(const Parts &parts, install::InstallOptions options = {});
[[nodiscard]] install::Steps install_steps(std::vector<install::InstallStep> installs,
                                           std::vector<std::string> removals = {});

// Asked where nobody should be.
[[nodiscard]] install::Asker nobody();

class Bench {
  public:
    Bench() : Bench(DiskState{}) {}
    explicit Bench(const DiskState &state) : twin(state) { restart(); }

    // Power on: opens the database and recovers.
    void restart();

    [[nodiscard]] Result<install::Resolution> resolve(const install::Steps &steps);
    [[nodiscard]] Result<install::Outcome> run(const install::Steps &steps, const install::Asker &ask = nobody());
    // Must succeed.
    void install(const std::string &name, const std::string &version, const ImageBuilder &image,
                 install::InstallOptions options = {});
    void install(const Parts &parts, install::InstallOptions options = {});
    // With its configuration files.
    void remove(const std::string &name);
    void remove(install::RemoveStep step);
    [[nodiscard]] Result<void> try_roll_back();
    void roll_back() { must(try_roll_back()); }

    // The tree without what belongs to the engine, and without the folders above its database.
    [[nodiscard]] TreeImage tree();
    // "" when the tree is just as `image`, times of directories included; else the differences.
    [[nodiscard]] std::string difference_from(const ImageBuilder &image);
    [[nodiscard]] std::string content(const std::string &path);  // "" when there is none
    [[nodiscard]] bool exists(const std::string &path) { return tree().find(path) != nullptr; }

    // "" when every row of what is installed is what stands in the tree, but for those paths; else the first that is
    // not.
    [[nodiscard]] std::string wrong_row(const std::set<std::string> &altered = {});
    [[nodiscard]] std::string version_of(const std::string &name);  // "" when it is not installed
    [[nodiscard]] std::vector<std::string> owners_of(const std::string &path);
    // How many stages lie in the stages' folder.
    [[nodiscard]] std::size_t stages();
    [[nodiscard]] bool was_told(std::string_view words) const;  // a notice with these words in it

    // By hand.
    void write(const std::string &path, std::string_view content);  // into the file that is there, or a new one
    void chmod(const std::string &path, std::uint32_t mode);
    void unlink(const std::string &path);
    void make_directory(const std::string &path);
    void symlink(const std::string &path, const std::string &target);
    void link(const std::string &path, const std::string &to);

    Twin twin;
    std::unique_ptr<Machine> machine;

  private:
    [[nodiscard]] std::unique_ptr<base::Directory> parent(const std::string &path);
};

}  // namespace mos::test
