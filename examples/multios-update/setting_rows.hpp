// Settings as the tool shows them, and the names by which they are set.
#pragma once

#include "frame/change.hpp"
#include "frame/listing.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace update_tool {

struct SettingRow {
    std::string path, value, text, built_in, kind, allowed, meaning, since, file;
    mos_settings_layer layer = MOS_SETTINGS_BUILT_IN;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    bool is_in_effect = false;
};

// "etc/multios/network.yml:2:3", "built-in", "command line".
[[nodiscard]] std::string origin_text(const SettingRow &row);

enum class Origins { hidden, shown };
[[nodiscard]] const frame::Columns<SettingRow> &setting_columns(Origins origins);

// "update_system" of a path in it.
[[nodiscard]] bool is_below(std::string_view path, std::string_view section);

// Of the options --environment (or the variable MULTIOS_ENVIRONMENT), --user and --set.
[[nodiscard]] frame::Result<frame::Settings> load_settings(const frame::Session &session, const frame::Engine &engine);
[[nodiscard]] std::vector<frame::Option> layer_options();

[[nodiscard]] frame::Result<std::vector<SettingRow>> rows_of(const frame::Settings &settings);
[[nodiscard]] frame::Result<SettingRow> find_row(const frame::Settings &settings, const std::string &path);

// A setting and the value that it is to have.
using Assignment = std::pair<std::string, std::string>;

// "path=value".
[[nodiscard]] frame::Result<Assignment> split_assignment(const std::string &text);

// The setting that the option --a-name means: SECTION.a_name; without a section update_system.a_name, else the only one
// of that name.
[[nodiscard]] frame::Result<std::string> path_of_option(std::string_view option, std::string_view section);

// Changes settings and tells what they were, what they are, and which of them have no effect yet.
[[nodiscard]] frame::Result<frame::ExitCode> change_settings(frame::Session &session, mos_settings_files files,
                                                             const std::string &name,
                                                             const std::vector<Assignment> &assignments);

}  // namespace update_tool
