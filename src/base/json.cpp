#include <mos/base/json.hpp>

#include <mos/base/bytes.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <set>
#include <string>
#include <vector>

namespace mos::base {

namespace {

// As deep as the tree, which parse_json() and our own writers bound. What clear() destroys are scalars and empty
// containers alone, which takes no memory.
void take_apart(nlohmann::json &tree) noexcept {
    if (auto *const array = tree.get_ptr<nlohmann::json::array_t *>(); array != nullptr) {
        for (nlohmann::json &child : *array)
            take_apart(child);
        array->clear();
    } else if (auto *const object = tree.get_ptr<nlohmann::json::object_t *>(); object != nullptr) {
        for (auto &[key, child] : *object)
            take_apart(child);
        object->clear();
    }
}

// Builds the tree itself, so that every rule is checked before the value is kept.
class StrictHandler final : public nlohmann::json_sax<nlohmann::json> {
  public:
    StrictHandler(const JsonLimits &limits, OtherNumbers other_numbers)
        : m_limits(limits), m_other_numbers(other_numbers) {}

    bool null() override { return place(nullptr); }
    bool boolean(bool value) override { return place(value); }
    bool number_integer(number_integer_t value) override { return place(value); }
    bool number_unsigned(number_unsigned_t value) override { return place(value); }
    // Also what an integer beyond 64 bits arrives as.
    bool number_float(number_float_t /*value*/, const string_t &text) override {
        if (m_other_numbers == OtherNumbers::keep_as_text)
            return place(text);
        return refuse(Code::FORMAT, "number " + in_quotes(text) + " is no integer of 64 bits");
    }
    bool string(string_t &value) override { return place(std::move(value)); }
    bool binary(binary_t & /*value*/) override { return refuse(Code::FORMAT, "binary value"); }

    bool start_object(std::size_t /*elements*/) override { return open(nlohmann::json::object()); }
    bool key(string_t &name) override {
        if (!m_keys.back().insert(name).second)
            return refuse(Code::FORMAT, "key " + in_quotes(name) + " stands twice");
        m_key = name;
        return true;
    }
    bool end_object() override { return close(); }
    bool start_array(std::size_t /*elements*/) override { return open(nlohmann::json::array()); }
    bool end_array() override { return close(); }

    bool parse_error(std::size_t position, const std::string & /*token*/,
                     const nlohmann::json::exception & /*exception*/) override {
        return refuse(Code::FORMAT, fmt::format("not valid JSON at byte {}", position));
    }

    [[nodiscard]] JsonTree take_root() { return std::move(m_root); }
    [[nodiscard]] Error error() const { return m_error; }

  private:
    bool refuse(Code code, std::string message) {
        m_error = Error{code, std::move(message)};
        return false;
    }

    // A scalar or an empty container.
    nlohmann::json *insert(nlohmann::json value) {
        if (m_open.empty()) {
            *m_root = std::move(value);
            return m_root.get();
        }
        nlohmann::json &parent = *m_open.back();
        if (parent.is_array()) {
            parent.push_back(std::move(value));
            return &parent.back();
        }
        return &(parent[m_key] = std::move(value));
    }

    bool count() {
        return ++m_values <= m_limits.values ||
               refuse(Code::LIMIT, fmt::format("JSON has more than {} values", m_limits.values));
    }

    bool place(nlohmann::json value) {
        if (!count())
            return false;
        insert(std::move(value));
        return true;
    }

    bool open(nlohmann::json container) {
        if (!count())
            return false;
        if (m_open.size() >= m_limits.depth)
            return refuse(Code::LIMIT, fmt::format("JSON is nested deeper than {}", m_limits.depth));
        m_open.push_back(insert(std::move(container)));
        m_keys.emplace_back();
        return true;
    }

    bool close() {
        m_open.pop_back();
        m_keys.pop_back();
        return true;
    }

    const JsonLimits &m_limits;
    OtherNumbers m_other_numbers;
    JsonTree m_root = json_null();
    std::vector<nlohmann::json *> m_open;  // stable: a parent takes no further child while one is open
    std::vector<std::set<std::string>> m_keys;
    std::string m_key;
    std::size_t m_values = 0;
    Error m_error{Code::FORMAT, "not valid JSON"};
};

}  // namespace

void JsonDismantler::operator()(nlohmann::json *tree) const noexcept {
    take_apart(*tree);
    delete tree;
}

JsonTree json_null() { return JsonTree{new nlohmann::json}; }

JsonTree json_object() { return JsonTree{new nlohmann::json(nlohmann::json::value_t::object)}; }

nlohmann::json &object_in(nlohmann::json &parent, const std::string &key) {
    nlohmann::json &place = parent[key];
    if (!place.is_object()) {
        take_apart(place);
        place = nlohmann::json::object();
    }
    return place;
}

nlohmann::json &array_in(nlohmann::json &parent, const std::string &key) {
    nlohmann::json &place = parent[key];
    take_apart(place);
    place = nlohmann::json::array();
    return place;
}

Result<JsonTree> parse_json(std::string_view text, const JsonLimits &limits, OtherNumbers other_numbers) {
    if (text.size() > limits.bytes)
        return Error{Code::LIMIT, fmt::format("JSON of {} bytes, at most {} are allowed", text.size(), limits.bytes)};
    StrictHandler handler{limits, other_numbers};
    if (!nlohmann::json::sax_parse(text.begin(), text.end(), &handler))
        return handler.error();
    return handler.take_root();
}

}  // namespace mos::base
