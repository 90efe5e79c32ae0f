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
    std::string path;
    Layer layer = Layer::system;
    std::string text;  // as it stands
    std::vector<Setting> settings;
    std::string edited;
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
std::string system_file_for(const LoadedSettings &loaded, const std::string &path) {
    if (const auto setting = loaded.settings.find(path); setting && setting->origin.layer == Layer::system)
        return setting->origin.file;
    for (const Setting &setting : loaded.settings.list(first_key(path)))
        if (setting.origin.layer == Layer::system)
            return setting.origin.file;
    return fmt::format("{}/{}", settings_path, usual_file(first_key(path)));
}

// The target's own file: the one that is there, or NAME.yml.
Result<std::string> target_file(base::Directory &root, const SettingsTarget &target) {
    MOS_CHECK(check_target_name(target.name));
    MOS_TRY(const auto folder, find_folder(root, folder_of(target.layer)));
    for (const std::string_view ending : {".yml", ".yaml", ".ini"}) {
        std::string name = target.name + std::string{ending};
        if (folder == nullptr)
            break;
        MOS_TRY(const auto there, folder->find(name));
        if (there)
            return fmt::format("{}/{}", folder_of(target.layer), name);
    }
    return fmt::format("{}/{}.yml", folder_of(target.layer), target.name);
}

// An environment's settings stand in its file without the "environments" before them.
std::string path_in_file(const std::string &path, Layer layer) {
    return layer == Layer::environment && path.starts_with(environments_prefix)
               ? path.substr(environments_prefix.size())
               : path;
}

Result<void> read_old(base::Directory &root, Change &change) {
    const base::SplitPath split = base::split_path(change.path);
    MOS_TRY(const auto folder, find_folder(root, split.parent));
    if (folder == nullptr)
        return {};
    MOS_TRY(const auto there, folder->find(split.name));
    if (!there)
        return {};
    MOS_TRY(change.text, read_settings_text(*folder, split.name, change.path));
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
    MOS_TRY(const Format format, format_of(change.path));
    std::vector<Assignment> assignments;
    for (const Setting &setting : change.settings)
        assignments.push_back(
            {path_in_file(setting.path, change.layer),
             format == Format::ini ? fmt::format("{}", fmt::join(setting.value.words, ", ")) : setting.value.text});
    MOS_TRY(change.edited, format == Format::ini ? edit_ini(change.text, assignments, change.path)
                                                 : edit_yaml(change.text, assignments, change.path));
    const SettingsFile before = read_settings(change.text, format, change.path, change.layer);
    const SettingsFile after = read_settings(change.edited, format, change.path, change.layer);
    if (const auto problem = new_problem(before, after))
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("{} would not be valid any more: {}", in_quotes(change.path), describe(*problem))}
            .about(change.path);
    return {};
}

Result<void> write(base::Directory &root, const Change &change) {
    const base::SplitPath split = base::split_path(change.path);
    MOS_TRY(auto folder, find_folder(root, split.parent));
    if (folder == nullptr) {
        MOS_TRY(folder, base::make_directories(root, split.parent));
    }
    return base::replace_file(*folder, split.name, base::as_bytes(change.edited), settings_mode);
}

// The target that an assignment is really for, and its file.
Result<Change> change_for(base::Directory &root, const SettingsTarget &target, const LoadedSettings &loaded,
                          const std::string &path) {
    Change change;
    change.layer = target.layer;
    if (target.layer == Layer::system && path.starts_with(environments_prefix)) {
        const std::string_view rest = std::string_view{path}.substr(environments_prefix.size());
        change.layer = Layer::environment;
        MOS_TRY(change.path, target_file(root, {Layer::environment, std::string{first_key(rest)}}));
    } else if (target.layer == Layer::system) {
        change.path = system_file_for(loaded, path);
    } else {
        MOS_TRY(change.path, target_file(root, target));
    }
    MOS_CHECK(read_old(root, change));
    return change;
}

}  // namespace

std::string_view folder_of(Layer layer) noexcept {
    return layer == Layer::user ? "etc/multios/users" : "etc/multios/environments";
}

Result<void> check_target_name(std::string_view name) {
    constexpr std::size_t longest = 64;
    const bool is_clean = std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
               c == '.';
    });
    if (!is_clean || name.empty() || name.size() > longest || name.front() == '.' || name.front() == '-')
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("{} is no name of at most {} letters, digits, '_', '-' and '.'", in_quotes(name),
                                 longest)}
            .about(base::printable(name));
    return {};
}

Error no_setting(std::string_view path) {
    SchemaNode node;
    std::string_view rest = path;
    std::string known;  // the part of the path that leads somewhere
    while (!rest.empty()) {
        const std::string_view key = first_key(rest);
        const std::optional<SchemaNode> next = enter(node, key);
        if (!next)
            break;
        node = *next;
        known += (known.empty() ? "" : ".") + std::string{key};
        rest.remove_prefix(std::min(key.size() + 1, rest.size()));
    }
    const std::string nearest = nearest_key(node, first_key(rest));
    std::string message = fmt::format("{} is no setting", in_quotes(path));
    if (rest.empty())
        message = fmt::format("{} is a section; name one of its settings", in_quotes(path));
    else if (!nearest.empty())
        message += fmt::format("; did you mean '{}{}{}'?", known, known.empty() ? "" : ".", nearest);
    return Error{Code::INVALID_ARGUMENT, std::move(message)}.about(base::printable(path));
}

Result<std::vector<std::string>> change_settings(base::Directory &root, const SettingsTarget &target,
                                                 std::span<const Assignment> assignments) {
    MOS_TRY(const LoadedSettings loaded, load_settings(root, {}));
    std::map<std::string, Change> changes;
    for (const Assignment &assignment : assignments) {
        MOS_TRY(Setting setting, checked_setting(assignment));
        if (assignment.path.find('[') != std::string::npos)
            return Error{Code::INVALID_ARGUMENT,
                         fmt::format("{} is an element of a list of sections; change it with an editor",
                                     in_quotes(assignment.path))};
        MOS_TRY(Change change, change_for(root, target, loaded, assignment.path));
        std::string path = change.path;
        changes.try_emplace(std::move(path), std::move(change)).first->second.settings.push_back(std::move(setting));
    }
    for (auto &[path, change] : changes)
        MOS_CHECK(edit(change));
    std::vector<std::string> written;
    for (const auto &[path, change] : changes) {
        MOS_CHECK(write(root, change));
        written.push_back(path);
    }
    return written;
}

Result<std::string> remove_settings(base::Directory &root, const SettingsTarget &target) {
    MOS_TRY(std::string path, target_file(root, target));
    const base::SplitPath split = base::split_path(path);
    MOS_TRY(const auto folder, find_folder(root, split.parent));
    if (folder == nullptr)
        return Error{Code::NOT_FOUND, fmt::format("{} has no settings here", in_quotes(target.name))}.about(target.name);
    MOS_TRY(const auto there, folder->find(split.name));
    if (!there)
        return Error{Code::NOT_FOUND, fmt::format("{} has no settings here", in_quotes(target.name))}.about(target.name);
    MOS_CHECK(folder->remove_file(split.name));
    MOS_CHECK(folder->flush());
    return path;
}

}  // namespace mos::config
