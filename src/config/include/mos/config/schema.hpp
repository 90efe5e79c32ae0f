// What settings there are, and what may stand in each: the table settings.def, asked.
#pragma once

#include <mos/base/result.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mos::config {

enum class SettingKind : std::uint8_t {
    boolean,
    integer,
    fraction,     // a decimal number
    text,         // on one line
    secret,       // a text that no event and no log repeats
    texts,        // a list, or one text with commas
    choice,       // one of the words that are allowed
    choices,      // a list of them
    size,         // bytes: parse_bytes()
    duration,     // seconds: parse_duration()
    rate,         // bytes a second: parse_rate()
    percent,      // 80 or 80%
    time_of_day,  // 02:00
    window,       // 22:00-06:00
    schedule,     // five fields as in crontab(5), or a calendar as in systemd.time(7)
    url,
    path  // absolute
};

enum class Standing : std::uint8_t {
    works,
    planned  // understood and checked; the part that it steers is not built yet
};

// One row of the table; see there.
struct Declaration {
    std::string_view path;
    SettingKind kind = SettingKind::text;
    std::string_view default_value;
    std::string_view allowed;
    Standing standing = Standing::planned;
    std::string_view since;
    std::string_view meaning;
};

[[nodiscard]] std::span<const Declaration> declarations() noexcept;

[[nodiscard]] std::string_view kind_name(SettingKind kind) noexcept;

// Where a path of keys and elements leads in the table: "logging.handlers.file" to "logging.handlers.*".
struct SchemaNode {
    std::string pattern;                       // "" is the table's root
    const Declaration *declaration = nullptr;  // when it is a setting
    bool is_list = false;                      // when it is a list of sections
};
// The node below `parent` that `key` names; nullopt where the table has none, or a name has other bytes than letters,
// digits, '_' and '-'.
[[nodiscard]] std::optional<SchemaNode> enter(const SchemaNode &parent, std::string_view key);
[[nodiscard]] SchemaNode enter_element(const SchemaNode &list);

// The node of a path as people write it: "repositories[2].url".
[[nodiscard]] std::optional<SchemaNode> find_node(std::string_view path);

// INVALID_ARGUMENT for a path that is no setting: it names the nearest one, or says that it is a section.
[[nodiscard]] Error no_setting(std::string_view path);

// The paths of settings that end in `.name`, or are `name`; below `section` alone where one is given.
[[nodiscard]] std::vector<const Declaration *> settings_named(std::string_view name, std::string_view section);

// The key below `parent` that was most probably meant; empty where none is near.
[[nodiscard]] std::string nearest_key(const SchemaNode &parent, std::string_view key);

// Whether logs may repeat a value: it is no secret, and no address with a user's password in it.
[[nodiscard]] bool may_be_logged(const Declaration &declaration, std::string_view value) noexcept;

// A value that was checked.
struct SettingValue {
    std::string text;                    // as YAML writes it on one line
    std::vector<std::string> words;      // of a list; of anything else its text without quotes
    std::optional<std::int64_t> number;  // bytes, bytes a second, seconds, percent, 0 and 1, seconds since midnight

    friend bool operator==(const SettingValue &, const SettingValue &) = default;
};

// `value` is a scalar or a list of scalars. INVALID_ARGUMENT says what is expected in its place, and for a word that is
// near to an allowed one which.
[[nodiscard]] Result<SettingValue> check_value(const Declaration &declaration, const nlohmann::json &value);
// The same of what stands in INI, on a command line, or in the table as the default: a list has commas, and may have
// YAML's brackets and quotes.
[[nodiscard]] Result<SettingValue> check_text(const Declaration &declaration, std::string_view text);

}  // namespace mos::config
