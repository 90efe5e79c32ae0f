#include <mos/package/relation.hpp>

#include <mos/base/bytes.hpp>
#include <mos/package/version.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <compare>
#include <utility>

namespace mos::package {

using base::in_quotes;

namespace {

constexpr std::string_view blanks = " \t\n";
constexpr std::size_t max_quoted_bytes = 200;  // of a relation in a message

Error malformed(std::string_view relation, std::string_view rule) {
    return Error{Code::FORMAT, fmt::format("relation {} {}", in_quotes(relation.substr(0, max_quoted_bytes)), rule)}
        .about(std::string{relation});
}

std::string_view trimmed(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    return text.substr(0, text.find_last_not_of(blanks) + 1);
}

Result<Comparison> comparison_of(std::string_view sign, std::string_view relation) {
    constexpr std::array<std::pair<std::string_view, Comparison>, 5> operators = {{{"<<", Comparison::earlier},
                                                                                   {"<=", Comparison::earlier_or_equal},
                                                                                   {"=", Comparison::equal},
                                                                                   {">=", Comparison::later_or_equal},
                                                                                   {">>", Comparison::later}}};
    for (const auto &[text, comparison] : operators) {
        if (sign == text)
            return comparison;
    }
    if (sign == "<" || sign == ">")
        return malformed(relation, fmt::format("has the operator '{0}'; write '{0}{0}' or '{0}='", sign));
    return malformed(relation, "has none of the operators << <= = >= >> behind '('");
}

// The text between the parentheses of one alternative.
Result<void> parse_version_part(std::string_view text, std::string_view relation, Alternative &alternative) {
    const std::size_t end = std::min(text.find_first_not_of("<=>"), text.size());
    MOS_TRY(alternative.comparison, comparison_of(text.substr(0, end), relation));
    const std::string_view version = trimmed(text.substr(end));
    if (auto checked = check_version(version); !checked)
        return malformed(relation, "has a malformed version").caused_by(std::move(checked).error());
    alternative.version = version;
    return {};
}

Result<Alternative> parse_alternative(std::string_view text, std::string_view relation) {
    text = trimmed(text);
    if (text.empty())
        return malformed(relation, "names no package, or none on one side of a '|'");
    const std::size_t name_end = std::min(text.find_first_of(" \t\n([<:"), text.size());
    Alternative alternative{.name = std::string{text.substr(0, name_end)}, .version = {}};
    if (auto checked = check_name(alternative.name); !checked)
        return malformed(relation, "has a malformed name").caused_by(std::move(checked).error());
    const std::string_view rest = trimmed(text.substr(name_end));
    if (rest.empty())
        return alternative;
    if (rest.front() == '[' || rest.front() == '<' || rest.front() == ':')
        return malformed(relation, "is bound to an architecture or a profile, which is not supported");
    if (rest.front() != '(' || rest.find(')') != rest.size() - 1)
        return malformed(relation, "has something else behind the name than a version in parentheses");
    MOS_CHECK(parse_version_part(trimmed(rest.substr(1, rest.size() - 2)), relation, alternative));
    return alternative;
}

Result<Alternative> parse_single(std::string_view text) {
    MOS_TRY(Relation relation, parse_relation(text));
    if (relation.size() != 1)
        return malformed(text, "has alternatives, which only dependencies may have");
    return std::move(relation.front());
}

}  // namespace

Result<Relation> parse_relation(std::string_view text) {
    if (text.size() > max_relation_bytes)
        return Error{Code::LIMIT, fmt::format("relation {}… is longer than {} bytes",
                                              in_quotes(text.substr(0, max_quoted_bytes)), max_relation_bytes)};
    const auto alternatives = static_cast<std::size_t>(std::count(text.begin(), text.end(), '|')) + 1;
    if (alternatives > max_alternatives)
        return Error{Code::LIMIT,
                     fmt::format("relation {}… has {} alternatives, at most {} are allowed",
                                 in_quotes(text.substr(0, max_quoted_bytes)), alternatives, max_alternatives)};
    Relation relation;
    relation.reserve(alternatives);
    for (std::size_t begin = 0; relation.size() < alternatives;) {
        const std::size_t end = std::min(text.find('|', begin), text.size());
        MOS_TRY(Alternative alternative, parse_alternative(text.substr(begin, end - begin), text));
        relation.push_back(std::move(alternative));
        begin = end + 1;
    }
    return relation;
}

Result<Alternative> parse_conflict(std::string_view text) { return parse_single(text); }

Result<Provided> parse_provided(std::string_view text) {
    MOS_TRY(Alternative alternative, parse_single(text));
    if (alternative.comparison != Comparison::any && alternative.comparison != Comparison::equal)
        return malformed(text, "is provided, so only '=' can stand before its version");
    return Provided{std::move(alternative.name), std::move(alternative.version)};
}

bool satisfied(const Alternative &alternative, std::string_view name, std::string_view version) {
    if (alternative.name != name)
        return false;
    switch (const auto order = compare_versions(version, alternative.version); alternative.comparison) {
    case Comparison::any:
        return true;
    case Comparison::earlier:
        return std::is_lt(order);
    case Comparison::earlier_or_equal:
        return std::is_lteq(order);
    case Comparison::equal:
        return std::is_eq(order);
    case Comparison::later_or_equal:
        return std::is_gteq(order);
    case Comparison::later:
        return std::is_gt(order);
    }
    return false;
}

bool satisfied(const Alternative &alternative, const Provided &provided) {
    if (provided.version.empty() && alternative.comparison != Comparison::any)
        return false;
    return satisfied(alternative, provided.name, provided.version);
}

}  // namespace mos::package
