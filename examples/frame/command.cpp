#include "command.hpp"

#include <algorithm>
#include <charconv>

namespace frame {

Option flag(std::string_view name, std::string_view help) {
    Option option;
    option.name = name;
    option.help = help;
    return option;
}

Option text(std::string_view name, std::string_view value, std::string_view help) {
    Option option = flag(name, help);
    option.kind = Kind::text;
    option.value = value;
    return option;
}

Option number(std::string_view name, std::int64_t lowest, std::int64_t highest, std::string_view help) {
    Option option = text(name, "N", help);
    option.kind = Kind::number;
    option.lowest = lowest;
    option.highest = highest;
    return option;
}

Option choice(std::string_view name, std::string_view words, std::string_view help) {
    Option option = text(name, words, help);
    option.kind = Kind::choice;
    return option;
}

Option required(Option option) {
    option.need = Need::required;
    return option;
}

Option repeatable(Option option) {
    option.times = Times::often;
    return option;
}

Option always_on(std::string_view name, std::string_view help) {
    Option option = flag(name, help);
    option.standing = Standing::always_on;
    return option;
}

Option not_built_flag(std::string_view name, std::string_view missing) {
    Option option = flag(name, missing);
    option.standing = Standing::not_built;
    return option;
}

Option not_built_text(std::string_view name, std::string_view value, std::string_view missing) {
    Option option = text(name, value, missing);
    option.standing = Standing::not_built;
    return option;
}

Option root_option() { return text("root", "DIR", "work on the system below DIR instead of '/'"); }

Option trust_option() {
    return text("trust", "DIR", "folder of trusted CA certificates and keys instead of ROOT/etc/multios/trust");
}

static std::vector<Option> make_common_options(std::string_view formats, std::string_view help) {
    return {
        choice("format", formats, help),
        flag("verbose", "tell what happens, on standard error"),
        flag("debug", "tell everything, with the causes of an error"),
        always_on("no-silent-errors", "every error is told, with its number"),
        flag("help", "show this text"),
    };
}

enum class Csv { no, yes };

static const std::vector<Option> &common_options(Csv csv) {
    static const std::vector<Option> usual =
        make_common_options("text|json", "what standard output is for: people or programs");
    static const std::vector<Option> of_rows =
        make_common_options("text|json|csv", "what standard output is for: people, programs or spreadsheets");
    return csv == Csv::yes ? of_rows : usual;
}

const std::vector<Option> &common_options(const Command &command) {
    return common_options(command.csv.empty() ? Csv::no : Csv::yes);
}

const std::vector<Option> &common_options(const Tool &tool) {
    const bool has_rows = std::any_of(tool.commands.begin(), tool.commands.end(),
                                      [](const Command &command) { return !command.csv.empty(); });
    return common_options(has_rows ? Csv::yes : Csv::no);
}

static std::vector<std::string_view> split(std::string_view words) {
    std::vector<std::string_view> list;
    for (std::size_t begin = 0; begin <= words.size();) {
        const std::size_t end = std::min(words.find('|', begin), words.size());
        list.push_back(words.substr(begin, end - begin));
        begin = end + 1;
    }
    return list;
}

std::vector<std::string_view> choices(const Option &option) {
    return option.kind == Kind::choice ? split(option.value) : std::vector<std::string_view>{};
}

std::vector<std::string_view> choices(const Operands &operands) {
    return operands.name.find('|') != std::string_view::npos ? split(operands.name) : std::vector<std::string_view>{};
}

const std::string *Values::find(std::string_view name) const {
    const auto found = m_options.find(name);
    return found != m_options.end() ? &found->second.front() : nullptr;
}

std::optional<std::string> Values::text(std::string_view name) const {
    const std::string *value = find(name);
    return value != nullptr ? std::optional{*value} : std::nullopt;
}

std::string Values::text_or(std::string_view name, std::string_view fallback) const {
    const std::string *value = find(name);
    return value != nullptr ? *value : std::string{fallback};
}

std::vector<std::string> Values::texts(std::string_view name) const {
    const auto found = m_options.find(name);
    return found != m_options.end() ? found->second : std::vector<std::string>{};
}

const char *Values::c_text(std::string_view name) const {
    const std::string *value = find(name);
    return value != nullptr ? value->c_str() : nullptr;
}

bool Values::flag(std::string_view name) const {
    const std::string *value = find(name);
    return value != nullptr && *value == "true";
}

std::optional<std::int64_t> Values::number(std::string_view name) const {
    const std::string *digits = find(name);
    if (digits == nullptr)
        return std::nullopt;
    std::int64_t value = 0;
    std::from_chars(digits->data(), digits->data() + digits->size(), value);  // the parser has checked it
    return value;
}

}  // namespace frame
