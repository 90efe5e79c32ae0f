// What the packages of a plan brought before and want no more.
#include "installed_data.hpp"
#include "walker.hpp"

#include <fmt/format.h>

namespace mos::install {

using base::FileStatus;
using base::FileType;
using state::FileRole;
using state::InstalledFile;

Result<bool> Walker::is_altered(std::string_view path, const FileStatus &there) {
    const InstalledFile &installed = m_old.front();
    MOS_TRY(const bool intact, m_present.is_intact(path, there, installed));
    if (intact)
        return false;
    MOS_TRY(const bool same, m_present.has_content(path, there, installed.type, installed.size, installed.digest,
                                                   installed.link_target));
    return !same;
}

// What was installed below something that is replaced goes with it.
Result<void> Walker::visit_swept(std::string_view path) {
    auto found = m_present.find(path);
    if (!found && found.error().code() == Code::SYMLINK_IN_PATH)
        return {};
    MOS_TRY(const auto there, std::move(found));
    if (!there || there->type == FileType::directory)
        return {};
    MOS_TRY(const bool altered, is_altered(path, *there));
    return give_removal(ChangeKind::remove, path,
                        altered ? "was altered since it was installed; it goes into the recovery point" : "");
}

Result<void> Walker::visit_leaving(std::string_view path) {
    if (is_engine_folder(path))
        return {};
    auto found = m_present.find(path);
    if (!found && found.error().code() == Code::SYMLINK_IN_PATH)
        return give_removal(ChangeKind::keep, path, "lies behind a symbolic link by now, and is kept");
    MOS_TRY(const auto there, std::move(found));
    if (!there)
        return {};
    MOS_TRY(const bool mount_point, m_present.is_mount_point(path, *there));
    if (mount_point)
        return give_removal(ChangeKind::keep, path, "is a mount point, and is kept");
    if (there->type != m_old.front().type && m_old.front().role != FileRole::output)
        return give_removal(ChangeKind::keep, path,
                            "was replaced by something else since it was installed, and is kept");
    if (there->type == FileType::directory) {
        MOS_TRY(const bool shared, is_shared(path));
        WantedEntry directory;
        directory.path = path;
        directory.type = FileType::directory;
        return shared ? give_as_it_is(ChangeKind::same_directory, directory, *there)
                      : give_removal(ChangeKind::remove, path);
    }
    return visit_leaving_file(path, *there);
}

Result<void> Walker::visit_leaving_file(std::string_view path, const FileStatus &there) {
    const InstalledFile &installed = m_old.front();
    if (installed.role == FileRole::output) {  // whatever it holds by now
        MOS_TRY(const bool shared, is_shared(path));
        return shared ? Result<void>{} : give_removal(ChangeKind::remove, path);
    }
    const bool is_configuration = installed.role == FileRole::configuration;
    const RemoveStep *const removal = removal_of(installed.package);
    if (is_configuration && removal != nullptr && removal->configuration == Kept::kept)
        return give_removal(ChangeKind::keep, path, "is a configuration file, and is kept");
    MOS_TRY(const bool altered, is_altered(path, there));
    if (!altered)
        return give_removal(ChangeKind::remove, path);
    if (is_configuration && removal != nullptr)
        return give_removal(ChangeKind::remove, path, altered_and_saved);
    return give_removal(ChangeKind::keep, path, altered_and_kept);
}

Result<void> Walker::visit_data(std::string_view path) {
    auto found = m_present.find(path);
    if (!found && found.error().code() == Code::SYMLINK_IN_PATH)
        return give_removal(ChangeKind::keep, path, "lies behind a symbolic link, and is kept");
    MOS_TRY(const auto there, std::move(found));
    if (!there)
        return {};
    MOS_CHECK(check_data(m_site, m_steps, m_resolution, std::string{path}, *there));
    MOS_CHECK(give_removal(ChangeKind::remove_tree, path, "is data of the package, and goes into the recovery point"));
    m_covers.push_back({std::string{path}, there->type});
    return {};
}

}  // namespace mos::install
