#include "yaml_values.hpp"

#include "places.hpp"
#include "scalar.hpp"

#include <mos/base/bytes.hpp>
#include <mos/config/values.hpp>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace mos::config {

using base::in_quotes;
using base::JsonTree;
using nlohmann::json;

namespace {

// Tags as yaml-cpp hands them over: "?" for none on a plain scalar or a container, "!" for none on a quoted one.
constexpr std::string_view no_tag = "?";
constexpr std::string_view quoted_tag = "!";
constexpr std::string_view string_tag = "tag:yaml.org,2002:str";
constexpr std::string_view list_tag = "tag:yaml.org,2002:seq";
constexpr std::string_view object_tag = "tag:yaml.org,2002:map";

// The only way to stop yaml-cpp while it parses.
struct Refusal {
    Error error;
};

struct Size {
    std::size_t values = 1;
    std::size_t bytes = 0;  // of keys and strings
    std::size_t depth = 0;
};

// As deep as the tree, which the reader bounds.
Size size_of(const json &tree) {
    Size size;
    if (tree.is_string())
        size.bytes = tree.get_ref<const std::string &>().size();
    for (const auto &item : tree.items()) {
        if (!tree.is_structured())
            break;
        const Size child = size_of(item.value());
        size.values += child.values;
        size.bytes += child.bytes + (tree.is_object() ? item.key().size() : 0);
        size.depth = std::max(size.depth, child.depth);
    }
    size.depth += tree.is_structured() ? 1U : 0U;
    return size;
}

// Built in its place, as JsonTree asks for.
void copy_into(json &place, const json &tree) {
    if (!tree.is_structured()) {
        place = tree;
        return;
    }
    place = json(tree.type());
    for (const auto &item : tree.items()) {
        if (tree.is_array())
            copy_into(place.emplace_back(), item.value());
        else
            copy_into(place[item.key()], item.value());
    }
}

// Puts the events of one document into a tree. Every limit is checked before the value is kept, and aliases by the size
// of what they stand for.
class TreeBuilder final : public YAML::EventHandler {
  public:
    TreeBuilder(std::string_view name, Places &places) : m_name(name), m_places(places) {}

    [[nodiscard]] JsonTree take_root() { return std::move(m_root); }

    [[nodiscard]] Error error(Code code, const YAML::Mark &mark, std::string_view what) const {
        return Error{code,
                     fmt::format("{} line {} column {}: {}", in_quotes(m_name), mark.line + 1, mark.column + 1, what)}
            .about(m_name);
    }

    void OnDocumentStart(const YAML::Mark &mark) override {
        if (m_documents++ > 0)
            refuse(mark, "a second document begins; one is allowed");
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark &mark, YAML::anchor_t anchor) override {
        if (expects_key())
            refuse(mark, "a key is empty or null; put quotes round it if it is meant");
        keep(anchor, place(mark, 0));
    }

    void OnScalar(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
                  const std::string &value) override {
        if (tag != no_tag && tag != quoted_tag && tag != string_tag)
            refuse_tag(mark, tag);
        if (value.find('\0') != std::string::npos)
            refuse(mark, "a text holds a NUL byte");
        if (expects_key())
            return take_key(mark, tag, anchor, value);
        json &placed = place(mark, value.size());
        if (tag == no_tag)
            placed = scalar(value);
        else
            placed = value;
        keep(anchor, placed);
    }

    void OnSequenceStart(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value /*style*/) override {
        if (tag != no_tag && tag != list_tag)
            refuse_tag(mark, tag);
        open(mark, anchor, json::value_t::array);
    }
    void OnSequenceEnd() override { close(); }

    void OnMapStart(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value /*style*/) override {
        if (tag != no_tag && tag != object_tag)
            refuse_tag(mark, tag);
        open(mark, anchor, json::value_t::object);
    }
    void OnMapEnd() override { close(); }

    void OnAlias(const YAML::Mark &mark, YAML::anchor_t anchor) override {
        if (expects_key())
            refuse(mark, "an alias is a key; write the key itself");
        const auto found = m_anchors.find(anchor);
        if (found == m_anchors.end())
            refuse(mark, "an alias stands within what it stands for");
        const Size size = size_of(*found->second);
        check_depth(mark, size.depth);
        m_values += size.values - 1;  // place() counts one
        copy_into(place(mark, size.bytes), *found->second);
    }

  private:
    struct Open {
        json *container = nullptr;  // stable: a parent takes no further child while one is open
        YAML::anchor_t anchor = YAML::NullAnchor;
        std::string pointer;  // to the container
        std::string key;
        bool has_key = false;
    };

    [[noreturn]] void refuse(const YAML::Mark &mark, std::string_view what, Code code = Code::INVALID_ARGUMENT) const {
        throw Refusal{error(code, mark, what)};
    }
    [[noreturn]] void refuse_tag(const YAML::Mark &mark, std::string_view tag) const {
        refuse(mark, fmt::format("tag {} is not allowed here; leave it out", in_quotes(tag)));
    }

    [[nodiscard]] bool expects_key() const {
        return !m_open.empty() && m_open.back().container->is_object() && !m_open.back().has_key;
    }

    void take_key(const YAML::Mark &mark, std::string_view tag, YAML::anchor_t anchor, const std::string &key) {
        if (key == "<<" && tag == no_tag)
            refuse(mark, "merge keys are not allowed; write the values themselves");
        if (anchor != YAML::NullAnchor)
            refuse(mark, "a key has an anchor; anchors belong to values");
        Open &open = m_open.back();
        if (open.container->contains(key))
            refuse(mark, fmt::format("key {} stands twice", in_quotes(key)));
        count_bytes(mark, key.size());
        open.key = key;
        open.has_key = true;
        note_place(mark, key);
    }

    void note_place(const YAML::Mark &mark, std::string_view key) {
        m_places.insert_or_assign(
            pointer_below(m_open.back().pointer, key),
            Place{static_cast<std::uint32_t>(mark.line) + 1, static_cast<std::uint32_t>(mark.column) + 1});
    }

    void count_bytes(const YAML::Mark &mark, std::size_t bytes) {
        m_bytes += bytes;
        if (m_bytes > max_values_bytes)
            refuse(mark, fmt::format("keys and texts come to more than {} bytes", max_values_bytes), Code::LIMIT);
    }

    void check_depth(const YAML::Mark &mark, std::size_t more) const {
        if (m_open.size() + more > max_values_depth)
            refuse(mark, fmt::format("nested deeper than {}", max_values_depth), Code::LIMIT);
    }

    // A new null, to be made what it shall be.
    json &place(const YAML::Mark &mark, std::size_t bytes) {
        if (++m_values > max_values)
            refuse(mark, fmt::format("more than {} values", max_values), Code::LIMIT);
        count_bytes(mark, bytes);
        if (m_open.empty())
            return *m_root;
        Open &open = m_open.back();
        if (open.container->is_array()) {
            note_place(mark, next_key());
            return open.container->emplace_back();
        }
        open.has_key = false;
        return (*open.container)[open.key];
    }

    void open(const YAML::Mark &mark, YAML::anchor_t anchor, json::value_t type) {
        if (expects_key())
            refuse(mark, "a key is an object or a list; only text can be one");
        check_depth(mark, 1);
        std::string pointer = m_open.empty() ? std::string{} : pointer_below(m_open.back().pointer, next_key());
        json &container = place(mark, 0);
        container = json(type);
        m_open.push_back({.container = &container, .anchor = anchor, .pointer = std::move(pointer), .key = {}});
    }

    // Of what the innermost container takes next.
    [[nodiscard]] std::string next_key() const {
        const Open &open = m_open.back();
        return open.container->is_array() ? std::to_string(open.container->size()) : open.key;
    }

    void close() {
        const Open closed = std::move(m_open.back());
        m_open.pop_back();
        keep(closed.anchor, *closed.container);
    }

    // A copy, since a list moves its values when it grows. Anchors lie within each other no deeper than the tree, which
    // bounds the memory.
    void keep(YAML::anchor_t anchor, const json &tree) {
        if (anchor == YAML::NullAnchor)
            return;
        JsonTree &kept = m_anchors[anchor] = base::json_null();
        copy_into(*kept, tree);
    }

    std::string m_name;
    Places &m_places;
    JsonTree m_root = base::json_null();
    std::vector<Open> m_open;
    std::map<YAML::anchor_t, JsonTree> m_anchors;
    std::size_t m_values = 0;
    std::size_t m_bytes = 0;
    std::size_t m_documents = 0;
};

}  // namespace

Result<JsonTree> read_yaml(std::string_view text, std::string_view name, Places &places) {
    TreeBuilder builder{name, places};
    try {
        std::istringstream stream{std::string{text}};
        YAML::Parser parser{stream};
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (Refusal &refusal) {
        return std::move(refusal.error);
    } catch (const YAML::Exception &exception) {
        return builder.error(Code::INVALID_ARGUMENT, exception.mark, base::printable(exception.msg));
    }
    return builder.take_root();
}

}  // namespace mos::config
