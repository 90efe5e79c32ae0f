// The settings of a system: what its files say, layer over layer, and where each value comes from.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/config/schema.hpp>
#include <mos/config/values.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mos::config {

// A later one beats those before it.
enum class Layer : std::uint8_t { built_in, system, environment, user, command_line };

[[nodiscard]] std::string_view layer_name(Layer layer) noexcept;

// What files of settings there are.
enum class FileKind : std::uint8_t {
    system,
    environment,
    user,   // only `user_preferences`
    policy  // a template: only `policy_template`; of the system's layer
};

struct Origin {
    Layer layer = Layer::built_in;
    std::string file;  // below the root; empty for what no file says
    Place place;
};

struct Setting {
    std::string path;  // "repositories[0].url"
    SettingValue value;
    const Declaration *declaration = nullptr;  // never null; lives as long as the program
    Origin origin;
};

// What is wrong in a file.
struct Problem {
    std::string file;
    Place place;           // zeros where the format can't tell
    std::string path;      // of the key; empty when the file as a whole is meant
    std::string sentence;  // what is wrong and what to do, without file, place and path
};
// "etc/multios/logging.yml:5:12: logging.root_level: …"
[[nodiscard]] std::string describe(const Problem &problem);

// What one file says. What is wrong in it is no part of `settings`.
struct SettingsFile {
    std::vector<Setting> settings;
    std::vector<Problem> problems;  // the first 100
};
// Of YAML, INI or JSON text; `name` is the file's, for origins and problems. An environment's section (development,
// staging or production) becomes a part of "environments"; `security_policy` is told as wrong in a file that is not
// called security-policy.yml, where nobody would look for it.
[[nodiscard]] SettingsFile read_settings(std::string_view text, Format format, std::string_view name, FileKind kind);

// Every layer's values, each setting once.
class Settings {
  public:
    // Puts a file's values over what is there. A list of sections replaces the whole list of the layers below.
    // Two files of one layer that say the same: the first stands, and the second is the problem that is returned.
    std::vector<Problem> lay(std::vector<Setting> settings);

    // What holds for a path: the value that was set, or the built-in one. nullopt for a path that is no setting, and
    // for one that nobody has set and that has no built-in value.
    [[nodiscard]] std::optional<Setting> find(std::string_view path) const;

    // All that hold, built-in ones included, in the order of the table; below `section` alone where one is given.
    [[nodiscard]] std::vector<Setting> list(std::string_view section = {}) const;

    // What was set, likewise: what no layer says is left out.
    [[nodiscard]] std::vector<Setting> said(std::string_view section = {}) const;

    // The names that the user has given below a section: {"console", "file"} of "logging.handlers".
    [[nodiscard]] std::vector<std::string> names_below(std::string_view section) const;

  private:
    std::map<std::string, Setting, std::less<>> m_settings;
};

}  // namespace mos::config
