#include <mos/config/values.hpp>

#include "ini_values.hpp"
#ifdef MOS_HAVE_YAML
#include "yaml_values.hpp"
#endif

#include <mos/base/bytes.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace mos::config {

using base::in_quotes;
using base::JsonTree;
using nlohmann::json;

namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";  // some editors put it in front of UTF-8

Error invalid(std::string_view name, std::string_view what) {
    return Error{Code::INVALID_ARGUMENT, fmt::format("{} {}", in_quotes(name), what)}.about(std::string{name});
}

// How many bytes at the beginning of a text that is not clean are.
std::size_t clean_bytes(std::string_view text) {
    constexpr std::size_t longest_character = 4;
    std::size_t at = 0;
    while (at < text.size()) {
        std::size_t length = 1;
        while (length < longest_character && !base::is_clean_text(text.substr(at, length)))
            ++length;
        if (!base::is_clean_text(text.substr(at, length)))
            break;
        at += length;
    }
    return at;
}

Result<void> check_text(std::string_view text, std::string_view name) {
    std::size_t line = 1;
    std::size_t line_begin = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find_first_of("\t\r\n", begin), text.size());
        const std::string_view run = text.substr(begin, end - begin);
        if (!base::is_clean_text(run))
            return invalid(name, fmt::format("line {} column {}: a byte is no UTF-8, or a control character", line,
                                             begin - line_begin + clean_bytes(run) + 1));
        begin = end + 1;
        if (end < text.size() && text[end] == '\n') {
            ++line;
            line_begin = begin;
        }
    }
    return {};
}

bool has_nul(const json &tree) {
    if (tree.is_string())
        return tree.get_ref<const std::string &>().find('\0') != std::string::npos;
    if (!tree.is_structured())
        return false;
    return std::ranges::any_of(tree.items(), [](const auto &item) {
        return item.key().find('\0') != std::string::npos || has_nul(item.value());
    });
}

Result<JsonTree> read_json(std::string_view text, std::string_view name) {
    constexpr base::JsonLimits limits{max_values_bytes, max_values_depth, max_values};
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
        return base::json_object();
    auto tree = base::parse_json(text, limits, base::OtherNumbers::keep_as_text);
    if (!tree && tree.error().code() == Code::FORMAT)  // which speaks of packages
        return invalid(name, "can't be read as JSON").caused_by(std::move(tree).error());
    if (!tree)
        return in_context(std::move(tree).error(), fmt::format("{} can't be read", in_quotes(name)));
    if (has_nul(**tree))
        return invalid(name, "has a text that holds a NUL byte");
    return tree;
}

Result<JsonTree> read_as(Format format, std::string_view text, std::string_view name, Places &places) {
    switch (format) {
    case Format::ini:
        return read_ini(text, name, places);
    case Format::json:
        return read_json(text, name);
    case Format::yaml:
        break;
    }
#ifdef MOS_HAVE_YAML
    return read_yaml(text, name, places);
#else
    return Error{Code::NOT_BUILT,
                 fmt::format("{} is YAML, which this build can't read; INI and JSON it can", in_quotes(name))}
        .about(std::string{name});
#endif
}

}  // namespace

Result<Format> format_of(std::string_view file_name) {
    constexpr std::array<std::pair<std::string_view, Format>, 5> endings = {{{".yml", Format::yaml},
                                                                             {".yaml", Format::yaml},
                                                                             {".ini", Format::ini},
                                                                             {".conf", Format::ini},
                                                                             {".json", Format::json}}};
    for (const auto &[ending, format] : endings) {
        if (file_name.ends_with(ending))
            return format;
    }
    return invalid(file_name, "ends with none of .yml, .yaml, .ini, .conf, .json, so its format can't be told");
}

Result<JsonTree> read_values(std::string_view text, Format format, std::string_view name, Places *places) {
    if (text.size() > max_values_bytes)
        return Error{Code::LIMIT, fmt::format("{} has {} bytes, at most {} are allowed", in_quotes(name), text.size(),
                                              max_values_bytes)}
            .about(std::string{name});
    if (text.starts_with(byte_order_mark))
        text.remove_prefix(byte_order_mark.size());
    MOS_CHECK(check_text(text, name));
    Places unwanted;
    MOS_TRY(JsonTree tree, read_as(format, text, name, places != nullptr ? *places : unwanted));
    if (tree->is_null())
        return base::json_object();  // nothing but comments
    if (!tree->is_object())
        return invalid(name, "is no list of keys with their values");
    return tree;
}

}  // namespace mos::config
