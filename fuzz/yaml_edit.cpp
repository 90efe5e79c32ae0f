// config::edit_yaml. The input is a path, a value and a text, each but the last ended by a zero byte. What is edited
// says the same as before but for the assigned key, and that key says what was assigned.
#include "target.hpp"

#include <mos/config/values.hpp>
#include <mos/config/yaml_edit.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>

namespace {

using namespace mos;
using fuzz::hold;
using fuzz::must;
using nlohmann::json;

std::string_view part(std::string_view &rest) {
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    const std::string_view first = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return first;
}

// Takes the value at `path` out of the tree, and the sections that are empty then, or were: the value's, or null.
json take_out(json &tree, std::string_view path) {
    const std::size_t point = path.find('.');
    const std::string key{path.substr(0, point)};
    if (!tree.is_object() || !tree.contains(key))
        return {};
    json value;
    if (point == std::string_view::npos || point + 1 == path.size()) {
        value = std::move(tree[key]);
        tree.erase(key);
        return value;
    }
    value = take_out(tree[key], path.substr(point + 1));
    if (tree[key].is_null() || (tree[key].is_object() && tree[key].empty()))
        tree.erase(key);
    return value;
}

bool is_plain(std::string_view path) {
    return path.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.") == std::string_view::npos;
}

std::size_t comments_in(std::string_view text) { return static_cast<std::size_t>(std::ranges::count(text, '#')); }

void check(const std::string &path, const std::string &value, std::string_view text, const std::string &edited) {
    const auto before = must(config::read_values(text, config::Format::yaml, "before"), "what is edited is YAML");
    const auto after = must(config::read_values(edited, config::Format::yaml, "after"), "an edited text is YAML");
    const auto wanted =
        must(config::read_values("value: " + value + "\n", config::Format::yaml, "value"), "what is assigned is YAML");
    hold(take_out(*after, path) == wanted->at("value"), "an assigned key says what was assigned");
    take_out(*before, path);
    hold(*before == *after, "all other keys say what they said");
    hold(comments_in(path + value) > 0 || comments_in(edited) <= comments_in(text), "no comment is made up");
    const config::Assignment assignment{path, value};
    const auto again = config::edit_yaml(edited, std::span{&assignment, 1}, "again");
    hold(again.ok() || !is_plain(path), "what was assigned is assigned again");
    if (!again)
        return;
    const auto same = must(config::read_values(*again, config::Format::yaml, "again"), "a text edited again is YAML");
    hold(take_out(*same, path) == wanted->at("value"), "a second time changes nothing");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    std::string_view rest = base::as_text(fuzz::input(data, size));
    const std::string path{part(rest)};
    const std::string value{part(rest)};
    const config::Assignment assignment{path, value};
    const auto edited = config::edit_yaml(rest, std::span{&assignment, 1}, "input");
    if (edited)
        check(path, value, rest, *edited);
    else
        hold(base::is_clean_text(edited.error().full_message()), "a refusal can be shown");
    return 0;
}
