#include "bench.hpp"

#include <mos/base/path.hpp>
#include <mos/delta/package_delta.hpp>
#include <mos/package/writer.hpp>
#include <mos/snapshot/rollback.hpp>
#include <mos/state/packages.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::test {

using base::FileType;

namespace {

base::Bytes make(std::span<const package::InputTree> trees, const package::Manifest &manifest,
                 std::vector<crypto::Signer *> signers) {
    Twin output;
    const auto folder = output.root();
    package::CreateOptions options;
    options.source_date_epoch = package_epoch;
    options.owners = package::Owners::keep;
    options.signers = std::move(signers);
    must(package::create_package(trees, manifest, options, *folder, "p.mos"));
    return must(base::read_file(*folder, "p.mos", 1U << 30U));
}

}  // namespace

base::Bytes make_package(const std::string &name, const std::string &version, const TreeImage &image,
                         const std::string &prefix, std::vector<crypto::Signer *> signers) {
    Twin input;
    const auto tree = input.root();
    must(build(*tree, image));
    const package::InputTree trees[] = {{tree.get(), package::Section::files, prefix}};
    return make(trees, manifest_of(name, version), std::move(signers));
}

base::Bytes make_package(const Parts &parts, std::vector<crypto::Signer *> signers) {
    Twin input;
    const auto root = input.root();
    std::vector<std::unique_ptr<base::Directory>> folders;
    std::vector<package::InputTree> trees;
    const std::pair<package::Section, const TreeImage *> sections[] = {{package::Section::configs, &parts.templates},
                                                                       {package::Section::files, &parts.files},
                                                                       {package::Section::scripts, &parts.scripts}};
    for (const auto &[section, image] : sections) {
        const std::string name = std::to_string(folders.size());
        must(root->make_directory(name, 0755));
        folders.push_back(must(root->open_directory(name, base::Symlinks::refuse)));
        must(build(*folders.back(), *image));
        trees.push_back({folders.back().get(), section, ""});
    }
    must(root->make_directory("bundles", 0755));
    const auto bundles = must(root->open_directory("bundles", base::Symlinks::refuse));
    for (std::size_t i = 0; i < parts.bundles.size(); ++i)
        must(base::create_file(*bundles, fmt::format("{}.mos", i), parts.bundles[i], 0644));
    trees.push_back({bundles.get(), package::Section::dependencies, ""});
    return make(trees, parts.manifest, std::move(signers));
}

base::Bytes make_delta(const base::Bytes &from, const base::Bytes &to, std::vector<crypto::Signer *> signers) {
    const Twin disk;
    const auto folder = disk.root();
    delta::PackageDeltaOptions options;
    options.package.signers = std::move(signers);
    must(delta::create_package_delta(open_package(from), open_package(to), options, *folder, "d.mos"));
    return must(base::read_file(*folder, "d.mos", 64U << 20U));
}

package::Manifest manifest_of(const std::string &name, const std::string &version) {
    package::Manifest manifest;
    manifest.package_info.name = name;
    manifest.package_info.version = version;
    return manifest;
}

std::shared_ptr<package::Package> open_package(base::Bytes bytes) {
    return open_package(base::make_memory_source(std::move(bytes), "p.mos"));
}

std::shared_ptr<package::Package> open_package(std::unique_ptr<base::Source> source) {
    package::PackageFile file = must(package::PackageFile::open(std::move(source)));
    return std::make_shared<package::Package>(must(std::move(file).accept_unverified()));
}

TreeImage as_packaged(TreeImage image) {
    for (TreeEntry &entry : image.entries)
        entry.modified.nanoseconds = 0;
    return image;
}

install::InstallStep step_of(const std::string &name, const std::string &version, const ImageBuilder &image,
                             install::InstallOptions options) {
    return {open_package(make_package(name, version, image.image())), std::move(options)};
}

install::InstallStep step_of(const Parts &parts, install::InstallOptions options) {
    return {open_package(make_package(parts)), std::move(options)};
}

install::Steps install_steps(std::vector<install::InstallStep> installs, std::vector<std::string> removals) {
    install::Steps steps{.installs = std::move(installs), .removals = {}};
    for (std::string &name : removals)
        steps.removals.push_back({std::move(name)});
    return steps;
}

install::Asker nobody() {
    return [](const install::Change &change) -> Result<install::Answer> {
        FAIL("nobody should be asked about ", std::string{change.path});
        return install::Answer::stop;
    };
}

void Bench::restart() {
    machine.reset();
    machine = must(Machine::start(twin.root()));
    must(transaction::recover(machine->site()));
}

Result<install::Resolution> Bench::resolve(const install::Steps &steps) {
    return install::resolve(machine->site(), steps);
}

Result<install::Outcome> Bench::run(const install::Steps &steps, const install::Asker &ask) {
    MOS_TRY(const install::Resolution resolution, resolve(steps));
    return install::carry_out(machine->site(), steps, resolution, {ask, ""});
}

void Bench::install(const std::string &name, const std::string &version, const ImageBuilder &image,
                    install::InstallOptions options) {
    must(run(install_steps({step_of(name, version, image, std::move(options))})));
}

void Bench::install(const Parts &parts, install::InstallOptions options) {
    must(run(install_steps({step_of(parts, std::move(options))})));
}

void Bench::remove(const std::string &name) { remove({.name = name, .configuration = install::Kept::removed}); }

void Bench::remove(install::RemoveStep step) { must(run({.installs = {}, .removals = {std::move(step)}})); }

Result<void> Bench::try_roll_back() {
    MOS_TRY(const state::Transaction newest, snapshot::find_rollback(machine->site(), std::nullopt));
    MOS_TRY(const auto done, transaction::roll_back(machine->site(), newest, {.summary = "roll back", .reason = {}}));
    static_cast<void>(done);
    return {};
}

TreeImage Bench::tree() {
    TreeImage image = must(machine->tree());
    std::erase_if(image.entries, [](const TreeEntry &entry) {
        return entry.path.empty() || entry.path == "var" || entry.path == "var/lib";
    });
    return image;
}

std::string Bench::difference_from(const ImageBuilder &image) {
    return difference(as_packaged(image.image()), tree(), all_directory_times);
}

std::string Bench::content(const std::string &path) {
    const TreeImage image = tree();
    const TreeEntry *const entry = image.find(path);
    return entry != nullptr ? entry->content : "";
}

namespace {

bool agrees(const state::InstalledFile &row, const TreeEntry &entry) {
    if (row.type != entry.type)
        return false;
    if (row.type == FileType::symlink)
        return row.link_target == entry.target;
    if (row.type == FileType::directory)
        return true;
    return row.digest == crypto::sha256(base::as_bytes(entry.content)) && row.size == entry.content.size() &&
           row.link_group == entry.first_linked && row.attributes == attributes_of(entry);
}

}  // namespace

std::string Bench::wrong_row(const std::set<std::string> &altered) {
    const TreeImage image = must(machine->tree());
    for (const state::InstalledPackage &package : must(state::Packages{machine->database()}.list())) {
        auto cursor = must(state::InstalledFileCursor::open(machine->database(), {package.id}));
        while (const auto row = must(cursor.next())) {
            const TreeEntry *const entry = image.find(row->path);
            if (!altered.contains(row->path) && (entry == nullptr || !agrees(*row, *entry)))
                return fmt::format("'{}' of '{}' {}", row->path, package.name,
                                   entry == nullptr ? "is not there" : "is there otherwise");
        }
    }
    return {};
}

std::string Bench::version_of(const std::string &name) {
    const auto package = must(state::Packages{machine->database()}.find(name));
    return package ? package->version : "";
}

std::vector<std::string> Bench::owners_of(const std::string &path) {
    std::vector<std::string> names;
    for (const auto &owner : must(state::Packages{machine->database()}.owners(path)))
        names.push_back(owner.package);
    return names;
}

std::size_t Bench::stages() {
    if (!must(machine->root().find(transaction::stages_name)))
        return 0;
    return must(must(machine->root().open_directory(transaction::stages_name, base::Symlinks::refuse))->list()).size();
}

bool Bench::was_told(std::string_view words) const {
    return std::ranges::any_of(machine->watcher.notices,
                               [&](const std::string &notice) { return notice.find(words) != std::string::npos; });
}

std::unique_ptr<base::Directory> Bench::parent(const std::string &path) {
    return must(machine->root().open_directory(base::split_path(path).parent, base::Symlinks::refuse));
}

void Bench::write(const std::string &path, std::string_view content) {
    const auto folder = parent(path);
    const std::string_view name = base::split_path(path).name;
    const bool there = must(folder->find(name)).has_value();
    const auto file = must(folder->open_file(name, there ? base::OpenMode::write : base::OpenMode::create_new));
    must(file->resize(0));
    must(file->write_at(0, base::as_bytes(content)));
}

void Bench::chmod(const std::string &path, std::uint32_t mode) {
    must(parent(path)->set_mode(base::split_path(path).name, mode));
}

void Bench::unlink(const std::string &path) { must(base::remove_tree(*parent(path), base::split_path(path).name)); }

void Bench::make_directory(const std::string &path) { must(base::make_directories(machine->root(), path)); }

void Bench::symlink(const std::string &path, const std::string &target) {
    must(parent(path)->make_symlink(base::split_path(path).name, target));
}

void Bench::link(const std::string &path, const std::string &to) {
    must(parent(to)->make_link(base::split_path(to).name, *parent(path), base::split_path(path).name));
}

}  // namespace mos::test
