#include <mos/package/version.hpp>

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::package {

namespace {

// <cctype> follows the process's locale; a version must not.
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_small(char c) { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) { return is_small(c) || (c >= 'A' && c <= 'Z'); }
bool is_alphanumeric(char c) { return is_digit(c) || is_letter(c); }

struct Grammar {
    std::string_view what;
    std::size_t max_bytes;
    std::string_view also;  // besides letters and digits, not at the beginning
};

Error refuse(const Grammar &grammar, std::string_view value, std::string_view rule) {
    return Error{Code::FORMAT,
                 fmt::format("{} {} {}", grammar.what, base::in_quotes(value.substr(0, grammar.max_bytes)), rule)};
}

Result<void> check(const Grammar &grammar, std::string_view value) {
    if (value.empty())
        return refuse(grammar, value, "is empty");
    if (value.size() > grammar.max_bytes)
        return refuse(grammar, value, fmt::format("is longer than {} bytes", grammar.max_bytes));
    if (!is_alphanumeric(value.front()))
        return refuse(grammar, value, "does not begin with a letter or a digit");
    const auto allowed = [&](char c) { return is_alphanumeric(c) || grammar.also.find(c) != std::string_view::npos; };
    if (!std::all_of(value.begin(), value.end(), allowed))
        return refuse(grammar, value, fmt::format("holds something else than letters, digits and '{}'", grammar.also));
    return {};
}

// The weight of a character in the parts that are not numbers: '~' before the end, the end before letters, letters
// before all else.
int weight(std::string_view text, std::size_t at) {
    if (at >= text.size() || is_digit(text[at]))
        return 0;
    if (text[at] == '~')
        return -1;
    const int value = static_cast<unsigned char>(text[at]);
    return is_letter(text[at]) ? value : value + 256;
}

std::string_view take_digits(std::string_view &text) {
    std::string_view digits = text.substr(0, text.find_first_not_of("0123456789"));
    text.remove_prefix(digits.size());
    digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
    return digits;
}

// Numbers of any length: without leading zeros the longer one is larger.
std::strong_ordering compare_digits(std::string_view a, std::string_view b) {
    if (a.size() != b.size())
        return a.size() <=> b.size();
    return a.compare(b) <=> 0;
}

std::strong_ordering compare_parts(std::string_view a, std::string_view b) {
    while (!a.empty() || !b.empty()) {
        std::size_t at = 0;
        while ((at < a.size() && !is_digit(a[at])) || (at < b.size() && !is_digit(b[at]))) {
            if (const auto order = weight(a, at) <=> weight(b, at); std::is_neq(order))
                return order;
            ++at;
        }
        a.remove_prefix(std::min(at, a.size()));
        b.remove_prefix(std::min(at, b.size()));
        if (const auto order = compare_digits(take_digits(a), take_digits(b)); std::is_neq(order))
            return order;
    }
    return std::strong_ordering::equal;
}

struct VersionParts {
    std::string_view epoch;  // without leading zeros, so "" for 0
    std::string_view upstream;
    std::string_view revision;
};

VersionParts split(std::string_view version) {
    VersionParts parts;
    if (const std::size_t colon = version.find(':'); colon != std::string_view::npos) {
        std::string_view epoch = version.substr(0, colon);
        parts.epoch = take_digits(epoch);
        version.remove_prefix(colon + 1);
    }
    const std::size_t hyphen = version.rfind('-');
    parts.upstream = version.substr(0, hyphen);
    if (hyphen != std::string_view::npos)
        parts.revision = version.substr(hyphen + 1);
    return parts;
}

}  // namespace

Result<void> check_name(std::string_view name) { return check({"package name", max_name_bytes, "+-._"}, name); }

Result<void> check_version(std::string_view version) {
    const Grammar grammar{"version", max_version_bytes, "+-._~"};
    if (version.size() > max_version_bytes)
        return refuse(grammar, version, fmt::format("is longer than {} bytes", max_version_bytes));
    std::string_view rest = version;
    if (const std::size_t colon = version.find(':'); colon != std::string_view::npos) {
        const std::string_view epoch = version.substr(0, colon);
        if (epoch.empty() || epoch.size() > 9 || !std::all_of(epoch.begin(), epoch.end(), is_digit))
            return refuse(grammar, version, "has an epoch that is no number of at most nine digits");
        rest.remove_prefix(colon + 1);
    }
    return check(grammar, rest);
}

Result<void> check_release(std::string_view release) {
    if (release.empty())
        return {};
    return check({"release", max_release_bytes, "+._~"}, release);
}

Result<void> check_architecture(std::string_view architecture) {
    return check({"architecture", max_architecture_bytes, "-_"}, architecture);
}

Result<void> check_type(std::string_view type) {
    const Grammar grammar{"package type", max_type_bytes, "-_"};
    MOS_CHECK(check(grammar, type));
    if (std::any_of(type.begin(), type.end(), [](char c) { return is_letter(c) && !is_small(c); }))
        return refuse(grammar, type, "holds a capital letter");
    return {};
}

std::strong_ordering compare_versions(std::string_view a, std::string_view b) noexcept {
    const VersionParts left = split(a);
    const VersionParts right = split(b);
    if (const auto order = compare_digits(left.epoch, right.epoch); std::is_neq(order))
        return order;
    if (const auto order = compare_parts(left.upstream, right.upstream); std::is_neq(order))
        return order;
    return compare_parts(left.revision, right.revision);
}

std::strong_ordering compare_versions(const Released &a, const Released &b) noexcept {
    const std::strong_ordering order = compare_versions(a.version, b.version);
    return std::is_neq(order) ? order : compare_versions(a.release, b.release);
}

}  // namespace mos::package
