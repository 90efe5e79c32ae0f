#include <mos/config/settings_files.hpp>

#include "settings_folder.hpp"

#include <mos/base/bytes.hpp>
#include <mos/base/path.hpp>
#include <mos/config/ini_edit.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace mos::config {

using base::in_quotes;

namespace {

constexpr std::uint32_t settings_mode = 0644;
constexpr std::string_view environments_prefix = "environments.";

// One file that is to change.
struct Change {
    FileKind kind = FileKind::system;
    std::string text;  // as it stands
    std::vector<Setting> settings;
    EditedFile edited;
};

std::string_view first_key(std::string_view path) { return path.substr(0, path.find_first_of(".[")); }

// "update-system.yml" for update_system.
std::string usual_file(std::string_view section) {
    if (section == "repository_access")
        return "repo-access.yml";  // as the guide calls it
    std::string name{section};
    std::replace(name.begin(), name.end(), '_', '-');
    return name + ".yml";
}

// Two ranks: a file that has the setting itself is better than one that has its section.
Result<std::string> system_file_for(const LoadedSettings &loaded, const std::string &path) {
    if (loaded.unread)
        return in_context(*loaded.unread, fmt::format("where {} is set is not known", in_quotes(path)));
    if (const auto setting = loaded.settings.find(path); setting && setting->origin.layer == Layer::system)
        return setting->origin.file;
    for (const Setting &setting : loaded.settings.list(first_key(path)))
        if (setting.origin.layer == Layer::system)
            return setting.origin.file;
    return fmt::format("{}/{}", settings_path, usual_file(first_key(path)));
}

// The target's own file: the one that is there, or NAME.yml.
Result<std::string> target_file(base::Directory &root, const SettingsTarget &target) {
    MOS_TRY(std::optional<std::string> there, find_target_file(root, target));
    return there ? std::move(*there) : fmt::format("{}/{}.yml", folder_of(target.kind), target.name);
}

// An environment's settings stand in its file without the "environments" before them.
std::string path_in_file(const std::string &path, FileKind kind) {
    return kind == FileKind::environment && path.starts_with(environments_prefix)
               ? path.substr(environments_prefix.size())
               : path;
}

Result<void> read_old(base::Directory &root, Change &change) {
    const base::SplitPath split = base::split_path(change.edited.path);
    MOS_TRY(const auto folder, find_folder(root, split.parent));
    if (folder == nullptr)
        return {};
    MOS_TRY(const auto there, folder->find(split.name));
    if (!there)
        return {};
    MOS_TRY(change.text, read_settings_text(*folder, split.name, change.edited.path));
    return {};
}

// What would be wrong, and was not.
std::optional<Problem> new_problem(const SettingsFile &before, const SettingsFile &after) {
    for (const Problem &problem : after.problems)
        if (std::none_of(before.problems.begin(), before.problems.end(), [&](const Problem &old) {
                return old.path == problem.path && old.sentence == problem.sentence;
            }))
            return problem;
    return std::nullopt;
}

Result<void> edit(Change &change) {
    MOS_TRY(const Format format, format_of(change.edited.path));
    std::vector<Assignment> assignments;
    for (const Setting &setting : change.settings)
        assignments.push_back(
            {path_in_file(setting.path, change.kind),
             format == Format::ini ? fmt::format("{}", fmt::join(setting.value.words, ", ")) : setting.value.text});
    EditedFile &edited = change.edited;
    MOS_TRY(edited.text, format == Format::ini ? edit_ini(change.text, assignments, edited.path)
                                               : edit_yaml(change.text, assignments, edited.path));
    const SettingsFile before = read_settings(change.text, format, edited.path, change.kind);
    edited.says = read_settings(edited.text, format, edited.path, change.kind);
    if (const auto problem = new_problem(before, edited.says))
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} would not be valid any more: {}",
                                                         in_quotes(change.edited.path), describe(*problem))}
            .about(change.edited.path);
    return {};
}

Result<void> write(base::Directory &root, const Change &change) {
    const base::SplitPath split = base::split_path(change.edited.path);
    MOS_TRY(auto folder, find_folder(root, split.parent));
    if (folder == nullptr) {
        MOS_TRY(folder, base::make_directories(root, split.parent));
    }
    // Whom it belongs to is not this change's, and neither is who may read it: it may hold the key of a service.
    return base::replace_content(*folder, split.name, base::as_bytes(change.edited.text), settings_mode);
}

// The target that an assignment is really for, and its file.
Result<Change> change_for(base::Directory &root, const SettingsTarget &target, const LoadedSettings &loaded,
                          const std::string &path) {
    Change change;
    change.kind = target.kind;
    if (target.kind == FileKind::system && path.starts_with(environments_prefix)) {
        const std::string_view rest = std::string_view{path}.substr(environments_prefix.size());
        change.kind = FileKind::environment;
        MOS_TRY(change.edited.path, target_file(root, {FileKind::environment, std::string{first_key(rest)}}));
    } else if (target.kind == FileKind::system) {
        MOS_TRY(change.edited.path, system_file_for(loaded, path));
    } else {
        MOS_TRY(change.edited.path, target_file(root, target));
    }
    MOS_CHECK(read_old(root, change));
    return change;
}

}  // namespace

std::string_view folder_of(FileKind kind) noexcept {
    switch (kind) {
    case FileKind::environment:
        return "etc/multios/environments";
    case FileKind::user:
        return "etc/multios/users";
    case FileKind::policy:
        return "etc/multios/policies";
    case FileKind::system:
        break;
    }
    return settings_path;
}

Result<std::optional<std::string>> find_target_file(base::Directory &root, const SettingsTarget &target) {
    MOS_CHECK(check_target_name(target.name));
    MOS_TRY(const auto folder, find_folder(root, folder_of(target.kind)));
    if (folder == nullptr)
        return std::optional<std::string>{};
    for (const std::string_view ending : settings_endings) {
        const std::string name = target.name + std::string{ending};
        MOS_TRY(const auto there, folder->find(name));
        if (there)
            return std::optional{fmt::format("{}/{}", folder_of(target.kind), name)};
    }
    return std::optional<std::string>{};
}

Error no_target(const SettingsTarget &target) {
    return Error{Code::NOT_FOUND, fmt::format("{} has no file in {}", in_quotes(target.name), folder_of(target.kind))}
        .about(target.name);
}

Result<void> check_target_name(std::string_view name) {
    constexpr std::size_t longest = 64;
    const bool is_clean = std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
               c == '.';
    });
    if (!is_clean || name.empty() || name.size() > longest || name.front() == '.' || name.front() == '-')
        return Error{
            Code::INVALID_ARGUMENT,
            fmt::format("{} is no name of at most {} letters, digits, '_', '-' and '.'", in_quotes(name), longest)}
            .about(base::printable(name));
    return {};
}

Result<std::vector<std::string>> change_settings(base::Directory &root, const SettingsTarget &target,
                                                 std::span<const Assignment> assignments, const FileCheck &check) {
    MOS_TRY(const LoadedSettings loaded, load_settings(root, {}));
    std::map<std::string, Change> changes;
    for (const Assignment &assignment : assignments) {
        MOS_TRY(Setting setting, checked_setting(assignment));
        if (std::ranges::count(assignments, assignment.path, &Assignment::path) > 1)
            return Error{Code::INVALID_ARGUMENT, fmt::format("{} is given twice", in_quotes(assignment.path))};
        if (assignment.path.find('[') != std::string::npos)
            return Error{Code::INVALID_ARGUMENT,
                         fmt::format("{} is an element of a list of sections; change it with an editor",
                                     in_quotes(assignment.path))};
        MOS_TRY(Change change, change_for(root, target, loaded, assignment.path));
        std::string path = change.edited.path;
        changes.try_emplace(std::move(path), std::move(change)).first->second.settings.push_back(std::move(setting));
    }
    for (auto &[path, change] : changes) {
        MOS_CHECK(edit(change));
        if (check)
            MOS_CHECK(check(loaded, change.edited));
    }
    std::vector<std::string> written;
    for (const auto &[path, change] : changes) {
        if (change.edited.text == change.text)
            continue;
        MOS_CHECK(write(root, change));
        written.push_back(path);
    }
    return written;
}

Result<std::string> remove_settings(base::Directory &root, const SettingsTarget &target) {
    MOS_TRY(std::optional<std::string> path, find_target_file(root, target));
    if (!path)
        return no_target(target);
    const base::SplitPath split = base::split_path(*path);
    MOS_TRY(const auto folder, find_folder(root, split.parent));
    MOS_CHECK(folder->remove_file(split.name));
    MOS_CHECK(folder->flush());
    return std::move(*path);
}

}  // namespace mos::config
