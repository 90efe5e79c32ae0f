#include <mos/install/verify_installed.hpp>

#include "present.hpp"

#include <mos/base/path.hpp>
#include <mos/state/packages.hpp>
#include <mos/transaction/stage.hpp>

#include <fmt/format.h>

#include <array>

namespace mos::install {

using base::FileStatus;
using base::FileType;
using state::InstalledFile;
using What = Difference::What;

namespace {

constexpr std::array<std::string_view, 8> names = {"missing", "type",  "content",    "link-target",
                                                   "mode",    "owner", "attributes", "unreadable"};

struct Found {
    What what;
    std::string sentence;
};
using Finding = std::optional<Found>;

class Verifier {
  public:
    Verifier(transaction::Site &site, const TakeDifference &take) : m_site(site), m_take(take), m_present(site.root) {
        m_progress.phase = base::Phase::verifying;
    }

    [[nodiscard]] Result<void> verify(const state::InstalledPackage &package);

  private:
    [[nodiscard]] Result<Finding> look_at(const InstalledFile &file);
    [[nodiscard]] Result<Finding> compare(const InstalledFile &file, const FileStatus &there);
    [[nodiscard]] Result<Finding> compare_content(const InstalledFile &file, const FileStatus &there);

    transaction::Site &m_site;
    const TakeDifference &m_take;
    Present m_present;
    base::Progress m_progress;
};

Result<void> Verifier::verify(const state::InstalledPackage &package) {
    MOS_TRY(state::InstalledFileCursor files, state::InstalledFileCursor::open(m_site.database, {package.id}));
    for (;;) {
        MOS_TRY(const auto file, files.next());
        if (!file)
            return {};
        MOS_CHECK(m_site.observer.checkpoint());
        ++m_progress.done_entries;
        m_site.observer.report(m_progress);
        if (file->role == state::FileRole::output)
            continue;
        MOS_TRY(Finding finding, look_at(*file));
        if (!finding)
            continue;
        const bool is_configuration = file->role == state::FileRole::configuration;
        MOS_CHECK(m_take({.what = finding->what,
                          .is_configuration = is_configuration,
                          .package = package.name,
                          .path = file->path,
                          .sentence = fmt::format("{} {}", base::in_quotes(file->path), finding->sentence)}));
    }
}

Result<Finding> Verifier::look_at(const InstalledFile &file) {
    auto found = m_present.find(file.path);
    if (!found && found.error().code() == Code::SYMLINK_IN_PATH)
        return Finding{{What::type, "lies behind a symbolic link"}};
    if (!found)
        return Finding{{What::unreadable, fmt::format("can't be looked at: {}", found.error().message())}};
    const std::optional<FileStatus> &there = found.value();
    if (!there)
        return Finding{{What::missing, "is missing"}};
    MOS_TRY(Finding finding, compare(file, *there));
    return finding;
}

Result<Finding> Verifier::compare(const InstalledFile &file, const FileStatus &there) {
    if (there.type != file.type)
        return Finding{{What::type, fmt::format("is a {}, and a {} was installed", base::file_type_name(there.type),
                                                base::file_type_name(file.type))}};
    MOS_TRY(Finding content, compare_content(file, there));
    if (content)
        return content;
    const state::Attributes &was = file.attributes;
    if (there.type != FileType::symlink && there.mode != was.mode)
        return Finding{{What::mode, fmt::format("has the mode {:04o}, {:04o} was installed", there.mode, was.mode)}};
    if (there.owner != was.owner || there.group != was.group)
        return Finding{{What::owner, fmt::format("belongs to {}:{}, {}:{} was installed", there.owner, there.group,
                                                 was.owner, was.group)}};
    const base::SplitPath split = base::split_path(file.path);
    MOS_TRY(base::Directory *const parent, m_present.parent_of(file.path));
    auto attributes = transaction::read_attributes(*parent, split.name, there);
    if (!attributes)
        return Finding{{What::unreadable, fmt::format("can't be read: {}", attributes.error().message())}};
    if (attributes.value().extended != was.extended)
        return Finding{{What::attributes, "has other extended attributes or capabilities than were installed"}};
    return Finding{};
}

Result<Finding> Verifier::compare_content(const InstalledFile &file, const FileStatus &there) {
    if (there.type == FileType::regular && there.size != file.size)
        return Finding{{What::content, fmt::format("has {} bytes, {} were installed", there.size, file.size)}};
    auto same = m_present.has_content(file.path, there, file.type, file.size, file.digest, file.link_target);
    if (!same)
        return Finding{{What::unreadable, fmt::format("can't be read: {}", same.error().message())}};
    const bool has_content = there.type == FileType::regular || there.type == FileType::symlink;
    if (same.value() || !has_content)
        return Finding{};
    return there.type == FileType::symlink
               ? Finding{{What::link_target,
                          fmt::format("leads elsewhere than to {}", base::in_quotes(file.link_target))}}
               : Finding{{What::content, "has another content than was installed"}};
}

}  // namespace

std::string difference_name(const Difference &difference) {
    return fmt::format("{}{}", difference.is_configuration ? "configuration-" : "",
                       names[static_cast<std::size_t>(difference.what)]);
}

Result<void> verify_installed(transaction::Site &site, const std::optional<std::string> &name,
                              const TakeDifference &take) {
    state::Packages packages{site.database};
    Verifier verifier{site, take};
    if (!name) {
        MOS_TRY(const std::vector<state::InstalledPackage> all, packages.list());
        for (const state::InstalledPackage &package : all)
            MOS_CHECK(verifier.verify(package));
        return {};
    }
    MOS_TRY(const auto package, packages.find(*name));
    if (!package)
        return Error{Code::NOT_INSTALLED, fmt::format("{} is not installed", base::in_quotes(*name))}.about(*name);
    return verifier.verify(*package);
}

}  // namespace mos::install
