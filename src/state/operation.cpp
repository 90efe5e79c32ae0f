#include <mos/state/operation.hpp>

#include <mos/base/bytes.hpp>
#include <mos/base/json.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace mos::state {

using nlohmann::json;

static constexpr const char *access_lists_key = "access_lists";

std::string_view operation_name(OperationKind kind) noexcept {
    switch (kind) {
    case OperationKind::exchange:
        return "exchange";
    case OperationKind::add:
        return "add";
    case OperationKind::remove:
        return "remove";
    case OperationKind::remove_directory:
        return "remove-directory";
    case OperationKind::set_attributes:
        return "set-attributes";
    case OperationKind::output:
        return "output";
    }
    return "unknown";
}

std::string attributes_to_text(const Attributes &attributes) {
    // Written for every file of a package, few of which have more: a tree in memory would cost more than its row.
    if (attributes.extended.empty() && !attributes.access_lists)
        return fmt::format(R"({{"group":{},"mode":{},"nanoseconds":{},"owner":{},"seconds":{}}})", attributes.group,
                           attributes.mode, attributes.modified.nanoseconds, attributes.owner,
                           attributes.modified.seconds);
    const base::JsonTree owner = base::json_object();
    json &tree = *owner;
    tree["mode"] = attributes.mode;
    tree["owner"] = attributes.owner;
    tree["group"] = attributes.group;
    tree["seconds"] = attributes.modified.seconds;
    tree["nanoseconds"] = attributes.modified.nanoseconds;
    if (attributes.access_lists)
        tree[access_lists_key] = true;
    for (const base::ExtendedAttribute &attribute : attributes.extended)
        base::object_in(tree, "extended")[base::to_base64(base::as_bytes(attribute.name))] =
            base::to_base64(attribute.value);
    return tree.dump();
}

namespace {

// A value of our own writing; anything else means that the file was damaged.
template <class T>
Result<T> integer_of(const json &tree, const char *key) {
    const auto found = tree.find(key);
    if (found == tree.end() || !found->is_number_integer())
        return Error{Code::FORMAT, std::string{"attributes lack "} + key};
    // A number beyond the signed ones would be read as a negative one.
    const bool fits = found->is_number_unsigned() ? std::in_range<T>(found->get<std::uint64_t>())
                                                  : std::in_range<T>(found->get<std::int64_t>());
    if (!fits)
        return Error{Code::FORMAT, std::string{"attribute out of range: "} + key};
    return found->get<T>();
}

Result<base::ExtendedAttributes> extended_of(const json &tree) {
    base::ExtendedAttributes attributes;
    const auto extended = tree.find("extended");
    if (extended == tree.end())
        return attributes;
    if (!extended->is_object())  // other values have items too
        return Error{Code::FORMAT, "extended attributes are no JSON object"};
    for (const auto &[name, value] : extended->items()) {
        if (name.empty() || !value.is_string())
            return Error{Code::FORMAT, "an extended attribute has no name or is no text"};
        MOS_TRY(const base::Bytes name_bytes, base::from_base64(name));
        MOS_TRY(base::Bytes content, base::from_base64(value.get_ref<const std::string &>()));
        attributes.push_back({std::string{base::as_text(name_bytes)}, std::move(content)});
    }
    std::ranges::sort(attributes, {}, &base::ExtendedAttribute::name);
    return attributes;
}

// Takes `key` and the number behind it off the front of `left`.
template <class T>
bool take_number(std::string_view &left, std::string_view key, T &value) {
    if (!left.starts_with(key))
        return false;
    left.remove_prefix(key.size());
    const auto [end, problem] = std::from_chars(left.data(), left.data() + left.size(), value);
    const auto digits = static_cast<std::size_t>(end - left.data());
    if (problem != std::errc{} || (digits > 1 && (left.front() == '0' || left.starts_with("-0"))))
        return false;
    left.remove_prefix(digits);
    return true;
}

// Of what attributes_to_text() writes without a tree; nothing for any other text. An update reads as many of them as
// the package has files.
std::optional<Attributes> attributes_from_plain_text(std::string_view text) {
    Attributes attributes;
    const bool is_plain = take_number(text, R"({"group":)", attributes.group) &&
                          take_number(text, R"(,"mode":)", attributes.mode) &&
                          take_number(text, R"(,"nanoseconds":)", attributes.modified.nanoseconds) &&
                          take_number(text, R"(,"owner":)", attributes.owner) &&
                          take_number(text, R"(,"seconds":)", attributes.modified.seconds) && text == "}";
    return is_plain ? std::optional{attributes} : std::nullopt;
}

}  // namespace

Result<Attributes> attributes_from_text(std::string_view text) {
    if (std::optional<Attributes> plain = attributes_from_plain_text(text))
        return std::move(*plain);
    MOS_TRY(const base::JsonTree owner, base::parse_json(text, {.bytes = 16U << 20U, .depth = 2}));
    const json &tree = *owner;
    if (!tree.is_object())
        return Error{Code::FORMAT, "attributes are no JSON object"};
    Attributes attributes;
    MOS_TRY(attributes.mode, integer_of<std::uint32_t>(tree, "mode"));
    MOS_TRY(attributes.owner, integer_of<std::uint32_t>(tree, "owner"));
    MOS_TRY(attributes.group, integer_of<std::uint32_t>(tree, "group"));
    MOS_TRY(attributes.modified.seconds, integer_of<std::int64_t>(tree, "seconds"));
    MOS_TRY(attributes.modified.nanoseconds, integer_of<std::int32_t>(tree, "nanoseconds"));
    MOS_TRY(attributes.extended, extended_of(tree));
    const auto lists = tree.find(access_lists_key);
    if (lists != tree.end() && !lists->is_boolean())
        return Error{Code::FORMAT, "attributes do not say whether they tell of access control lists"};
    attributes.access_lists = lists != tree.end() && lists->get<bool>();
    return attributes;
}

}  // namespace mos::state
