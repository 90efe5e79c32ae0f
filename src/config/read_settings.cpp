#include <mos/config/settings.hpp>

#include "environments.hpp"
#include "places.hpp"

#include <mos/base/bytes.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace mos::config {

using nlohmann::json;

namespace {

constexpr std::size_t max_problems = 100;
constexpr std::string_view security_section = "security_policy";
constexpr std::string_view security_file = "security-policy.yml";

Layer layer_of(FileKind kind) {
    switch (kind) {
    case FileKind::environment:
        return Layer::environment;
    case FileKind::user:
        return Layer::user;
    case FileKind::system:
    case FileKind::policy:
        break;
    }
    return Layer::system;
}

// The only section that may stand in a file of the kind; empty where any may.
std::string_view only_section(FileKind kind) {
    if (kind == FileKind::user)
        return "user_preferences";
    return kind == FileKind::policy ? "policy_template" : "";
}

// Walks a file's tree and the table side by side.
class Walk {
  public:
    Walk(std::string_view name, Layer layer, const Places &places) : m_name(name), m_layer(layer), m_places(places) {}

    // `only` is the one section that may stand there, where there is one.
    void enter_file(const json &tree, std::string_view only) {
        for (const auto &item : tree.items()) {
            const std::string pointer = pointer_below("", item.key());
            if (!only.empty() && item.key() != only)
                put_problem(pointer, item.key(), fmt::format("can't be set in this file; only '{}' can", only));
            else if (item.key() == security_section && !m_name.ends_with(security_file))
                put_problem(pointer, item.key(),
                            fmt::format("has an effect in etc/multios/{} alone; move it there", security_file));
            else if (is_known_environment(item.key()))
                visit(SchemaNode{"environments.*", nullptr, false}, item.value(), pointer,
                      "environments." + item.key());
            else
                visit_key({}, item.key(), item.value(), pointer, item.key());
        }
    }

    [[nodiscard]] SettingsFile take() { return std::move(m_file); }

  private:
    void visit_key(const SchemaNode &parent, const std::string &key, const json &value, const std::string &pointer,
                   const std::string &path) {
        if (const auto node = enter(parent, key))
            return visit(*node, value, pointer, path);
        const std::string nearest = nearest_key(parent, key);
        put_problem(pointer, path,
                    nearest.empty() ? std::string{"is no setting"}
                                    : fmt::format("is no setting; did you mean '{}'?", nearest));
    }

    void visit(const SchemaNode &node, const json &value, const std::string &pointer, const std::string &path) {
        if (value.is_null())
            return;  // the key stands there, and says nothing
        if (node.declaration != nullptr)
            visit_setting(*node.declaration, value, pointer, path);
        else if (node.is_list)
            visit_list(node, value, pointer, path);
        else if (!value.is_object())
            put_problem(pointer, path, "is a section with settings of its own, and has a value here");
        else
            visit_section(node, value, pointer, path);
    }

    void visit_section(const SchemaNode &node, const json &section, const std::string &pointer,
                       const std::string &path) {
        for (const auto &item : section.items())
            visit_key(node, item.key(), item.value(), pointer_below(pointer, item.key()), path + "." + item.key());
    }

    void visit_list(const SchemaNode &node, const json &list, const std::string &pointer, const std::string &path) {
        if (!list.is_array())
            return put_problem(pointer, path, "is a list of sections, each behind a '-'");
        const SchemaNode element = enter_element(node);
        for (std::size_t i = 0; i < list.size(); ++i) {
            const std::string below = pointer_below(pointer, std::to_string(i));
            const std::string element_path = fmt::format("{}[{}]", path, i);
            if (list[i].is_object())
                visit_section(element, list[i], below, element_path);
            else
                put_problem(below, element_path, "is no section with settings of its own");
        }
    }

    void visit_setting(const Declaration &declaration, const json &value, const std::string &pointer,
                       const std::string &path) {
        Result<SettingValue> checked = check_value(declaration, value);
        if (!checked)
            return put_problem(pointer, path, checked.error().full_message());
        m_file.settings.push_back(
            {path, std::move(checked).value(), &declaration, Origin{m_layer, m_name, place_of(pointer)}});
    }

    [[nodiscard]] Place place_of(const std::string &pointer) const {
        const auto found = m_places.find(pointer);
        return found != m_places.end() ? found->second : Place{};
    }

    void put_problem(const std::string &pointer, const std::string &path, std::string sentence) {
        if (m_file.problems.size() < max_problems)
            m_file.problems.push_back({m_name, place_of(pointer), base::printable(path), std::move(sentence)});
    }

    std::string m_name;
    Layer m_layer;
    const Places &m_places;
    SettingsFile m_file;
};

// In the order of the file: a tree has its keys by name.
template <class Placed, class PlaceOf>
void sort_by_place(std::vector<Placed> &items, PlaceOf place_of) {
    std::stable_sort(items.begin(), items.end(), [&](const Placed &a, const Placed &b) {
        const Place one = place_of(a);
        const Place other = place_of(b);
        return one.line != other.line ? one.line < other.line : one.column < other.column;
    });
}

}  // namespace

SettingsFile read_settings(std::string_view text, Format format, std::string_view name, FileKind kind) {
    Places places;
    const Result<base::JsonTree> tree = read_values(text, format, name, &places);
    if (!tree) {
        SettingsFile unreadable;
        unreadable.problems.push_back({std::string{name}, {}, {}, tree.error().full_message()});
        return unreadable;
    }
    Walk walk{name, layer_of(kind), places};
    walk.enter_file(**tree, only_section(kind));
    SettingsFile file = walk.take();
    sort_by_place(file.settings, [](const Setting &setting) { return setting.origin.place; });
    sort_by_place(file.problems, [](const Problem &problem) { return problem.place; });
    return file;
}

}  // namespace mos::config
