#include <mos/config/settings_files.hpp>

#include "environments.hpp"
#include "settings_folder.hpp"

#include <mos/base/bytes.hpp>
#include <mos/base/nearest.hpp>
#include <mos/base/path.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mos::config {

using base::in_quotes;

namespace {

std::string path_of(std::string_view folder, std::string_view name) { return fmt::format("{}/{}", folder, name); }

bool is_settings_file(const base::DirectoryEntry &entry) {
    return entry.name.front() != '.' &&
           std::any_of(settings_endings.begin(), settings_endings.end(),
                       [&](std::string_view ending) { return std::string_view{entry.name}.ends_with(ending); });
}

// Puts what was read over the settings, and its problems to the others.
void take(SettingsFile file, LoadedSettings &loaded) {
    std::vector<Problem> more = loaded.settings.lay(std::move(file.settings));
    for (std::vector<Problem> *problems : {&file.problems, &more})
        loaded.problems.insert(loaded.problems.end(), problems->begin(), problems->end());
}

void take_unread(const std::string &path, FileKind kind, Error error, LoadedSettings &loaded) {
    loaded.problems.push_back({path, {}, {}, error.full_message()});
    if (kind == FileKind::system && !loaded.unread)
        loaded.unread = std::move(error);
}

void load_file(base::Directory &folder, const std::string &name, const std::string &path, FileKind kind,
               LoadedSettings &loaded) {
    loaded.files.push_back(path);
    Result<std::string> text = read_settings_text(folder, name, path);
    Result<Format> format = format_of(name);
    if (!text || !format) {
        take_unread(path, kind, text ? std::move(format).error() : std::move(text).error(), loaded);
        return;
    }
    take(read_settings(*text, *format, path, kind), loaded);
}

void load_system_files(base::Directory &root, LoadedSettings &loaded) {
    const std::string folder_path{settings_path};
    Result<std::unique_ptr<base::Directory>> folder = find_folder(root, folder_path);
    if (!folder) {
        take_unread(folder_path, FileKind::system, std::move(folder).error(), loaded);
        return;
    }
    if (*folder == nullptr)
        return;
    Result<std::vector<base::DirectoryEntry>> entries = (*folder)->list();
    if (!entries) {
        take_unread(folder_path, FileKind::system, std::move(entries).error(), loaded);
        return;
    }
    for (const base::DirectoryEntry &entry : *entries) {
        if (!is_settings_file(entry))
            continue;
        if (loaded.files.size() == max_settings_files) {
            take_unread(
                folder_path, FileKind::system,
                Error{Code::LIMIT, fmt::format("there are more than {} files of settings", max_settings_files)}.about(
                    folder_path),
                loaded);
            return;
        }
        load_file(**folder, entry.name, path_of(folder_path, entry.name), FileKind::system, loaded);
    }
}

// The target's file, where there is one.
void add_target(base::Directory &root, const SettingsTarget &target, LoadedSettings &loaded) {
    const std::string folder_path{folder_of(target.kind)};
    const Result<std::optional<std::string>> path = find_target_file(root, target);
    const Result<std::unique_ptr<base::Directory>> folder = find_folder(root, folder_path);
    if (!path || !folder)
        loaded.problems.push_back({folder_path, {}, {}, (path ? folder.error() : path.error()).full_message()});
    else if (*path && *folder != nullptr)
        load_file(**folder, std::string{base::split_path(**path).name}, **path, target.kind, loaded);
}

// One that nobody has written a word about is misspelt; those of the guide may have nothing of their own.
Result<void> check_environment(base::Directory &root, const LoadedSettings &loaded) {
    if (is_known_environment(loaded.environment) || !loaded.settings.said("environments." + loaded.environment).empty())
        return {};
    const SettingsTarget target{FileKind::environment, loaded.environment};
    MOS_TRY(const auto file, find_target_file(root, target));
    if (file)
        return {};
    MOS_TRY(const std::vector<std::string> named, list_targets(root, FileKind::environment));
    std::vector<std::string_view> names(known_environments.begin(), known_environments.end());
    names.insert(names.end(), named.begin(), named.end());
    const std::string_view nearest = base::nearest_word(names, loaded.environment);
    return Error{Code::NOT_FOUND, fmt::format("there is no environment {}: {} has no file of it{}",
                                              in_quotes(loaded.environment), folder_of(FileKind::environment),
                                              nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest))}
        .about(loaded.environment);
}

Result<void> take_command_line(std::span<const Assignment> assignments, LoadedSettings &loaded) {
    std::vector<Setting> settings;
    for (const Assignment &assignment : assignments) {
        MOS_TRY(Setting setting, checked_setting(assignment));
        setting.origin.layer = Layer::command_line;
        settings.push_back(std::move(setting));
    }
    loaded.settings.lay(std::move(settings));
    return {};
}

}  // namespace

Result<std::unique_ptr<base::Directory>> find_folder(base::Directory &root, std::string_view path) {
    std::string reached;
    while (!path.empty()) {
        const std::string_view component = path.substr(0, path.find('/'));
        path.remove_prefix(std::min(component.size() + 1, path.size()));
        MOS_TRY(const auto parent, root.open_directory(reached, base::Symlinks::follow_in_root));
        MOS_TRY(const auto there, parent->find(component));
        if (!there)
            return std::unique_ptr<base::Directory>{};
        reached += fmt::format("{}{}", reached.empty() ? "" : "/", component);
    }
    return root.open_directory(reached, base::Symlinks::follow_in_root);
}

Result<std::string> read_settings_text(base::Directory &folder, std::string_view name, std::string_view path) {
    Result<base::Bytes> bytes = base::read_file(folder, name, max_values_bytes);
    if (!bytes)
        return in_context(std::move(bytes).error(), fmt::format("{} can't be read", in_quotes(path)));
    return std::string{base::as_text(*bytes)};
}

Result<Setting> checked_setting(const Assignment &assignment) {
    const std::optional<SchemaNode> node = find_node(assignment.path);
    if (!node || node->declaration == nullptr)
        return no_setting(assignment.path);
    Result<SettingValue> value = check_text(*node->declaration, assignment.value);
    if (!value)
        return in_context(std::move(value).error(), fmt::format("{} can't be set so", assignment.path));
    return Setting{assignment.path, std::move(value).value(), node->declaration, {}};
}

Result<LoadedSettings> load_settings(base::Directory &root, const LoadOptions &options) {
    LoadedSettings loaded;
    for (const std::string *name : {&options.environment, &options.user})
        if (!name->empty())
            MOS_CHECK(check_target_name(*name));
    load_system_files(root, loaded);
    loaded.environment = options.environment;
    if (const auto setting = loaded.settings.find("update_system.environment"); loaded.environment.empty() && setting)
        loaded.environment = setting->value.words.front();
    if (!options.environment.empty())
        MOS_CHECK(check_environment(root, loaded));
    add_target(root, {FileKind::environment, loaded.environment}, loaded);
    if (!options.user.empty())
        add_target(root, {FileKind::user, options.user}, loaded);
    MOS_CHECK(take_command_line(options.command_line, loaded));
    return loaded;
}

Result<LoadedSettings> load_target(base::Directory &root, const SettingsTarget &target) {
    MOS_TRY(const std::optional<std::string> path, find_target_file(root, target));
    if (!path)
        return no_target(target);
    LoadedSettings loaded;
    add_target(root, target, loaded);
    return loaded;
}

Result<std::vector<std::string>> list_targets(base::Directory &root, FileKind kind) {
    std::vector<std::string> names;
    MOS_TRY(const auto folder, find_folder(root, folder_of(kind)));
    if (folder == nullptr)
        return names;
    MOS_TRY(const auto entries, folder->list());
    for (const base::DirectoryEntry &entry : entries)
        if (is_settings_file(entry))
            names.push_back(entry.name.substr(0, entry.name.rfind('.')));
    return names;
}

}  // namespace mos::config
