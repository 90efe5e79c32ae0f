// The files of a root that hold its settings, read and changed.
#pragma once

#include <mos/config/settings.hpp>
#include <mos/config/yaml_edit.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mos::config {

inline constexpr std::string_view settings_path = "etc/multios";
inline constexpr std::size_t max_settings_files = 256;

// The directory `path` below a root, through links that stay in it; null where there is none. A link that leads
// nowhere, or a file in its place, is no missing directory: NOT_FOUND, IO.
[[nodiscard]] Result<std::unique_ptr<base::Directory>> find_folder(base::Directory &root, std::string_view path);

struct LoadOptions {
    std::string environment = {};               // "" for what update_system.environment says
    std::string user = {};                      // "" for no layer of a user
    std::vector<Assignment> command_line = {};  // paths and values
};

struct LoadedSettings {
    Settings settings;
    std::vector<Problem> problems;   // of all files; what they say besides holds
    std::vector<std::string> files;  // that were read, in their order
    std::string environment;
    std::optional<Error> unread;  // the first of the system's files, or their folder, that could not be read
};

// Lays one over the other: what is built in; etc/multios/*.yml, *.yaml and *.ini; environments/NAME.yml or .ini;
// users/NAME.yml; the command line. A file that can't be read, or has something wrong in it, is a problem and no error:
// an update does not fail for it. INVALID_ARGUMENT for a name that is none and for a command line that is wrong;
// NOT_FOUND for an environment that was asked for, is not one of the guide's three, and of which no file says a word.
[[nodiscard]] Result<LoadedSettings> load_settings(base::Directory &root, const LoadOptions &options);

// Which file a change goes to: etc/multios/environments/NAME.yml, users/NAME.yml, policies/NAME.yml.
struct SettingsTarget {
    FileKind kind = FileKind::system;
    std::string name;  // of the environment, the user or the template; of the system none
};

// A file as it would be after a change.
struct EditedFile {
    std::string path;
    std::string text;
    SettingsFile says;
};

// Asked before any file is written; an error keeps all from that.
using FileCheck = std::function<Result<void>(const LoadedSettings &before, const EditedFile &after)>;

// Changes settings and nothing else in a file, and puts it in the old one's place, atomically. Of the system's files it
// is the one that has the setting already, else its section, else the section's own ("update-system.yml"). Where
// assignments are for several files, all are checked before the first is written. The caller keeps other writers away.
// INVALID_ARGUMENT, with nothing written, for a path that is no setting or stands twice, for a value that it can't
// have, for elements of a list of sections, and when a file would then have a problem that it did not have. A file of
// the system that can't be read might be the one: its error, with nothing written. Returns the paths below the root of
// the files that were written: those that say so already are not.
[[nodiscard]] Result<std::vector<std::string>> change_settings(base::Directory &root, const SettingsTarget &target,
                                                               std::span<const Assignment> assignments,
                                                               const FileCheck &check = {});

// The names of the environments, users or templates that have a file.
[[nodiscard]] Result<std::vector<std::string>> list_targets(base::Directory &root, FileKind kind);

// What an environment, a user or a template may be called: at most 64 letters, digits, '_', '-' and '.', neither of the
// last two first, for it becomes a file's name. INVALID_ARGUMENT.
[[nodiscard]] Result<void> check_target_name(std::string_view name);

// What one of them says, nothing of other layers. NOT_FOUND.
[[nodiscard]] Result<LoadedSettings> load_target(base::Directory &root, const SettingsTarget &target);

// Takes the file of an environment, a user or a template away; NOT_FOUND where there is none.
[[nodiscard]] Result<std::string> remove_settings(base::Directory &root, const SettingsTarget &target);

}  // namespace mos::config
