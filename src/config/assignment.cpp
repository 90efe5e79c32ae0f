#include "assignment.hpp"

#include "words.hpp"

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::config {

using nlohmann::json;

namespace {

bool is_path(std::string_view path) {
    return !path.empty() && path.front() != '.' && path.back() != '.' && path.find("..") == std::string_view::npos;
}

}  // namespace

Result<void> check_assignment(const Assignment &assignment) {
    if (!is_path(assignment.path))
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("{} is no path of keys with points between them", base::in_quotes(assignment.path))};
    if (assignment.value.find_first_of("\r\n") != std::string::npos)
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("the value of {} goes over several lines", base::in_quotes(assignment.path))};
    return {};
}

Result<void> put_value(json &tree, std::string_view path, json &value, std::string_view name) {
    const std::vector<std::string_view> keys = split(path, '.');
    json *section = &tree;
    for (auto key = keys.begin(); key != keys.end() - 1; ++key) {
        if (const auto there = section->find(*key); there != section->end() && !there->is_object() && !there->is_null())
            return Error{Code::INVALID_ARGUMENT, fmt::format("{} has a value where {} needs a section",
                                                             base::in_quotes(name), base::in_quotes(path))};
        section = &base::object_in(*section, std::string{*key});
    }
    (*section)[std::string{keys.back()}].swap(value);
    return {};
}

std::vector<std::string> lines_of(std::string_view text) {
    const std::vector<std::string_view> lines = split(text, '\n');
    return {lines.begin(), lines.end()};
}

Result<std::string> checked_text(const std::vector<std::string> &lines, Format format, const json &expected,
                                 std::string_view name) {
    std::string text;
    for (const std::string &line : lines)
        text += line + "\n";
    const Result<base::JsonTree> found = read_values(text, format, name);
    if (found && **found == expected)
        return text;
    return Error{Code::INVALID_ARGUMENT,
                 fmt::format("{} is laid out in a way that can't be edited line by line; change it with an editor",
                             base::in_quotes(name))}
        .about(std::string{name});
}

}  // namespace mos::config
