#include "assignment.hpp"

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

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

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
    const std::vector<std::string> keys = split(path, '.');
    json *section = &tree;
    for (auto key = keys.begin(); key != keys.end() - 1; ++key) {
        if (const auto there = section->find(*key); there != section->end() && !there->is_object() && !there->is_null())
            return Error{Code::INVALID_ARGUMENT, fmt::format("{} has a value where {} needs a section",
                                                             base::in_quotes(name), base::in_quotes(path))};
        section = &base::object_in(*section, *key);
    }
    (*section)[keys.back()].swap(value);
    return {};
}

Error not_editable(std::string_view name) {
    return Error{Code::INVALID_ARGUMENT,
                 fmt::format("{} is laid out in a way that can't be edited line by line; change it with an editor",
                             base::in_quotes(name))}
        .about(std::string{name});
}

}  // namespace mos::config
