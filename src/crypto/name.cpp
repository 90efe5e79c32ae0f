#include "name.hpp"

#include <mos/crypto/limits.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace mos::crypto {

using base::Bytes;
using base::ByteView;
using der::Tag;

namespace {

struct AttributeType {
    std::string_view keyword;
    unsigned char last_arc;  // of 2.5.4, "55 04" in DER
    std::size_t max_characters;
};

constexpr std::array attribute_types = {AttributeType{"CN", 3, 64}, AttributeType{"C", 6, 2},
                                        AttributeType{"L", 7, 128}, AttributeType{"ST", 8, 128},
                                        AttributeType{"O", 10, 64}, AttributeType{"OU", 11, 64}};
constexpr std::string_view specials = "\"+,;<>\\=";

std::string keyword_of(ByteView object_identifier) {
    for (const AttributeType &type : attribute_types)
        if (base::as_text(object_identifier) == std::string{'\x55', '\x04', static_cast<char>(type.last_arc)})
            return std::string{type.keyword};
    return der::dotted(object_identifier);
}

std::string escaped(std::string_view value) {
    std::string text;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const bool at_edge = i == 0 || i + 1 == value.size();
        if (specials.find(value[i]) != std::string_view::npos || (value[i] == '#' && i == 0) ||
            (value[i] == ' ' && at_edge))
            text += '\\';
        text += value[i];
    }
    return text;
}

std::string value_text(const der::Element &value) {
    const std::string_view text = base::as_text(value.content);
    const bool is_text =
        value.tag == Tag::utf8_string || value.tag == Tag::printable_string || value.tag == Tag::ia5_string;
    if (is_text && base::is_clean_text(text))
        return escaped(text);
    return "#" + base::to_hex(value.whole);
}

// RFC 4518 for text in ASCII: lower case, without spaces at the edges, one space where there are several; nothing for
// other text.
std::optional<std::string> prepared(const der::Element &value) {
    if (value.tag != Tag::utf8_string && value.tag != Tag::printable_string && value.tag != Tag::ia5_string)
        return std::nullopt;
    std::string text;
    for (const char c : base::as_text(value.content)) {
        if (c < ' ' || c > '~')
            return std::nullopt;
        if (c != ' ')
            text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        else if (!text.empty() && text.back() != ' ')
            text += c;
    }
    if (!text.empty() && text.back() == ' ')
        text.pop_back();
    return text;
}

Likeness compare_attributes(const NameAttribute &a, const NameAttribute &b) {
    if (base::as_text(a.type) != base::as_text(b.type))
        return Likeness::different;
    if (base::as_text(a.value.whole) == base::as_text(b.value.whole))
        return Likeness::same;
    const std::optional<std::string> left = prepared(a.value);
    const std::optional<std::string> right = prepared(b.value);
    if (!left || !right)
        return Likeness::unclear;
    return *left == *right ? Likeness::same : Likeness::different;
}

// Each attribute of `a` has its like in `b`.
Likeness find_likes(const RelativeName &a, const RelativeName &b) {
    Likeness all = Likeness::same;
    for (const NameAttribute &one : a) {
        Likeness best = Likeness::different;
        for (const NameAttribute &other : b)
            best = std::max(best, compare_attributes(one, other));
        all = std::min(all, best);
    }
    return all;
}

// As sets.
Likeness compare_relative_names(const RelativeName &a, const RelativeName &b) {
    return a.size() != b.size() ? Likeness::different : std::min(find_likes(a, b), find_likes(b, a));
}

// Of as many relative names as `beginning` has.
Likeness compare_beginning(const std::vector<RelativeName> &name, const std::vector<RelativeName> &beginning) {
    Likeness all = Likeness::same;
    for (std::size_t i = 0; i < beginning.size(); ++i)
        all = std::min(all, compare_relative_names(name[i], beginning[i]));
    return all;
}

std::size_t characters(std::string_view utf8) {
    return static_cast<std::size_t>(std::count_if(
        utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

Error malformed(std::string_view text, std::string_view what) {
    return Error{Code::INVALID_ARGUMENT, fmt::format("subject {} {}", base::in_quotes(text), what)};
}

struct Attribute {
    std::string keyword;
    std::string value;
};

// Splits "CN=a\, b, O=c" at commas and at the first '=' of each part, and takes escapes away.
Result<std::vector<Attribute>> split_attributes(std::string_view text) {
    std::vector<Attribute> attributes;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        i = std::min(text.find_first_not_of(' ', i), text.size());
        const std::size_t equals = text.find('=', i);
        if (equals == std::string_view::npos)
            return malformed(text, "is not of the form 'CN=name, O=organisation'");
        Attribute attribute{std::string{text.substr(i, equals - i)}, {}};
        std::size_t kept_spaces = 0;  // up to the last character that counts
        for (i = std::min(text.find_first_not_of(' ', equals + 1), text.size()); i < text.size() && text[i] != ',';
             ++i) {
            const bool is_escaped = text[i] == '\\';
            if (is_escaped && ++i == text.size())
                return malformed(text, "ends in a backslash");
            attribute.value += text[i];
            if (is_escaped || text[i] != ' ')
                kept_spaces = attribute.value.size();
        }
        attribute.value.resize(kept_spaces);
        attributes.push_back(std::move(attribute));
        if (attributes.size() > max_name_attributes)
            return malformed(text, fmt::format("has more than {} attributes", max_name_attributes));
    }
    return attributes;
}

Result<Bytes> write_attribute(const Attribute &attribute, std::string_view text) {
    const auto *const type = std::find_if(attribute_types.begin(), attribute_types.end(),
                                          [&](const AttributeType &t) { return t.keyword == attribute.keyword; });
    if (type == attribute_types.end())
        return malformed(text, "has an attribute that is none of CN, O, OU, L, ST, C");
    const bool is_country = type->keyword == "C";
    const auto is_letter = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (is_country && !(attribute.value.size() == 2 && is_letter(attribute.value[0]) && is_letter(attribute.value[1])))
        return malformed(text, "has a country that is not two capital letters");
    if (attribute.value.empty() || characters(attribute.value) > type->max_characters)
        return malformed(text, fmt::format("needs 1 to {} characters in {}", type->max_characters, type->keyword));
    const std::array oid = {std::byte{0x55}, std::byte{0x04}, std::byte{type->last_arc}};
    const Tag string_type = is_country ? Tag::printable_string : Tag::utf8_string;
    return der::element(Tag::set,
                        {der::element(Tag::sequence, {der::element(Tag::object_identifier, {oid}),
                                                      der::element(string_type, {base::as_bytes(attribute.value)})})});
}

}  // namespace

Result<std::vector<RelativeName>> read_name(ByteView name) {
    MOS_TRY(der::Reader sets, der::open(name, Tag::sequence));
    std::vector<RelativeName> relative_names;
    std::size_t count = 0;
    while (!sets.at_end()) {
        MOS_TRY(der::Reader attributes, sets.enter(Tag::set));
        if (attributes.at_end())
            return Error{Code::FORMAT, "a relative name is empty"};
        RelativeName &relative_name = relative_names.emplace_back();
        while (!attributes.at_end()) {
            if (++count > max_name_attributes)
                return Error{Code::LIMIT, fmt::format("a name has more than {} attributes", max_name_attributes)};
            MOS_TRY(der::Reader fields, attributes.enter(Tag::sequence));
            MOS_TRY(const ByteView type, fields.object_identifier());
            MOS_TRY(const der::Element value, fields.next());
            MOS_CHECK(fields.expect_end());
            relative_name.push_back({type, value});
        }
    }
    return relative_names;
}

Result<std::string> name_text(ByteView name) {
    MOS_TRY(const std::vector<RelativeName> relative_names, read_name(name));
    std::string text;
    for (const RelativeName &relative_name : relative_names) {
        std::string_view separator = text.empty() ? "" : ", ";
        for (const NameAttribute &attribute : relative_name) {
            text += fmt::format("{}{}={}", separator, keyword_of(attribute.type), value_text(attribute.value));
            separator = " + ";
        }
    }
    return text;
}

Likeness compare_names(ByteView a, ByteView b) {
    if (base::as_text(a) == base::as_text(b))
        return Likeness::same;
    const auto left = read_name(a);
    const auto right = read_name(b);
    if (!left || !right)
        return Likeness::unclear;
    return left->size() == right->size() ? compare_beginning(*left, *right) : Likeness::different;
}

Likeness is_within(ByteView name, ByteView base) {
    const auto whole = read_name(name);
    const auto beginning = read_name(base);
    if (!whole || !beginning)
        return Likeness::unclear;
    return whole->size() >= beginning->size() ? compare_beginning(*whole, *beginning) : Likeness::different;
}

Result<Bytes> write_name(std::string_view text) {
    if (!base::is_clean_text(text))
        return malformed(text, "is not clean UTF-8 text");
    std::vector<Attribute> attributes = {{"CN", std::string{text}}};
    if (text.find('=') != std::string_view::npos) {
        MOS_TRY(attributes, split_attributes(text));
    }
    Bytes sets;
    for (const Attribute &attribute : attributes) {
        MOS_TRY(const Bytes set, write_attribute(attribute, text));
        sets.insert(sets.end(), set.begin(), set.end());
    }
    return der::element(Tag::sequence, {sets});
}

}  // namespace mos::crypto
