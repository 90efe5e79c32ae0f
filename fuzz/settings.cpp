// config::read_settings, and edits of what it read. The first byte of the input is the format, the second the kind of
// file. What is read is what the table allows, and reads the same when it is assigned once more.
#include "target.hpp"

#include <mos/config/ini_edit.hpp>
#include <mos/config/settings.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace {

using namespace mos;
using fuzz::hold;

constexpr std::size_t most_problems = 100;

// Whether its words come back from one text with commas between them.
bool is_one_text(const config::SettingValue &value) {
    return std::none_of(value.words.begin(), value.words.end(), [](const std::string &word) {
        return word.empty() || word.find(',') != std::string::npos ||
               word.find_first_of("[]\"'") != std::string::npos || word.front() == ' ' || word.back() == ' ';
    });
}

std::string one_text(const config::SettingValue &value) { return fmt::format("{}", fmt::join(value.words, ", ")); }

void check_setting(const config::Setting &setting) {
    const auto node = config::find_node(setting.path);
    hold(node && node->declaration == setting.declaration, "a setting is found by its path");
    if (!is_one_text(setting.value))
        return;
    const auto again = config::check_text(*setting.declaration, one_text(setting.value));
    hold(again && *again == setting.value, "a value is the same as text");
}

// A file that may be edited line by line says the same after an assignment of what it says.
void check_edit(std::string_view text, config::Format format, config::FileKind kind, const config::Setting &setting) {
    const bool is_ini = format == config::Format::ini;
    if (setting.path.find('[') != std::string::npos || setting.path.starts_with("environments.") ||
        (is_ini && !is_one_text(setting.value)))
        return;
    const config::Assignment assignment{setting.path, is_ini ? one_text(setting.value) : setting.value.text};
    const auto edited = is_ini ? config::edit_ini(text, std::span{&assignment, 1}, "input")
                               : config::edit_yaml(text, std::span{&assignment, 1}, "input");
    if (!edited)
        return;
    config::Settings settings;
    settings.lay(config::read_settings(*edited, format, "input", kind).settings);
    const auto found = settings.find(setting.path);
    hold(found && found->value == setting.value, "what is assigned is read");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size < 2)
        return 0;
    const std::string_view text = base::as_text(fuzz::input(data + 2, size - 2));
    const auto format = static_cast<config::Format>(data[0] % 3);
    const auto kind = static_cast<config::FileKind>(data[1] % 4);
    const config::SettingsFile file = config::read_settings(text, format, "input", kind);
    hold(file.problems.size() <= most_problems, "problems are bounded");
    for (const config::Problem &problem : file.problems)
        hold(base::is_clean_text(config::describe(problem)), "a problem is one clean line");
    for (const config::Setting &setting : file.settings)
        check_setting(setting);
    if (!file.settings.empty() && format != config::Format::json)
        check_edit(text, format, kind, file.settings.front());
    config::Settings settings;
    settings.lay(file.settings);
    for (const config::Setting &setting : file.settings) {
        const auto found = settings.find(setting.path);
        hold(found && found->value == setting.value, "what is laid is found");
    }
    hold(settings.list().size() >= file.settings.size(), "what is laid is listed");
    return 0;
}
