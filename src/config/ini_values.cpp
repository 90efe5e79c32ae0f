#include "ini_values.hpp"

#include "places.hpp"
#include "scalar.hpp"

#include <mos/base/bytes.hpp>
#include <mos/config/values.hpp>

#include <fmt/format.h>
#include <ini.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <string>

namespace mos::config {

using base::in_quotes;
using nlohmann::json;

namespace {

constexpr std::size_t max_line_bytes = 197;    // inih's 200, less an end of line and a NUL
constexpr std::size_t max_section_bytes = 49;  // inih cuts off what is longer

// Hands inih the text line by line, and puts into a tree what inih makes of it. inih would go on after an error, take
// an indented line for a continuation, and misread what does not fit its buffers; so the lines that it sees are made
// such that none of this happens.
class IniReader {
  public:
    IniReader(std::string_view text, std::string_view name, Places &places)
        : m_rest(text), m_name(name), m_places(places) {}

    [[nodiscard]] Result<base::JsonTree> read() {
        const int malformed_line = ini_parse_stream(&IniReader::next_line, this, &IniReader::take, this);
        if (m_exception)
            std::rethrow_exception(m_exception);
        if (malformed_line < 0)
            return Error{Code::OUT_OF_MEMORY, fmt::format("no memory to read {}", in_quotes(m_name))};
        const auto line = static_cast<std::size_t>(malformed_line);
        if (line > 0 && (!m_error || line < m_line)) {  // ours may be of a later line, since inih went on
            m_line = line;
            m_column = 1;  // inih doesn't say
            refuse(Code::INVALID_ARGUMENT, "is neither '[section]' nor 'key = value'");
        }
        if (m_error)
            return *m_error;
        return std::move(m_root);
    }

  private:
    // No exception may pass through inih, which is C.
    template <class Work>
    bool guarded(Work work) noexcept {
        try {
            return !m_exception && !m_error && work();
        } catch (...) {
            m_exception = std::current_exception();
            return false;
        }
    }

    // ini_reader: fgets() on the text.
    static char *next_line(char *buffer, int size, void *reader) {
        auto &self = *static_cast<IniReader *>(reader);
        return self.guarded([&] { return self.copy_line(buffer, static_cast<std::size_t>(size)); }) ? buffer : nullptr;
    }

    // ini_handler.
    static int take(void *reader, const char *section, const char *key, const char *value) {
        auto &self = *static_cast<IniReader *>(reader);
        return self.guarded([&] { return self.put(section, key, value); }) ? 1 : 0;
    }

    bool refuse(Code code, std::string_view what) {
        m_error = Error{code, fmt::format("{} line {} column {}: {}", in_quotes(m_name), m_line, m_column, what)}.about(
            m_name);
        return false;
    }

    bool copy_line(char *buffer, std::size_t size) {
        if (m_rest.empty())
            return false;
        const std::size_t end = m_rest.find('\n');
        std::string_view line = m_rest.substr(0, end);
        m_rest.remove_prefix(end == std::string_view::npos ? m_rest.size() : end + 1);
        const std::size_t blanks = std::min(line.find_first_not_of(" \t"), line.size());
        line.remove_prefix(blanks);
        ++m_line;
        m_column = blanks + 1;
        if (line.starts_with(';') || line.starts_with('#'))
            line = {};  // comments may be of any length
        const std::size_t limit = std::min(max_line_bytes, size - std::min<std::size_t>(size, 3));
        if (line.size() > limit)
            return refuse(Code::LIMIT, fmt::format("is longer than {} bytes", limit));
        if (line.starts_with('[') && std::min(line.find(']'), line.size()) > max_section_bytes + 1)
            return refuse(Code::LIMIT, fmt::format("the section's name is longer than {} bytes", max_section_bytes));
        line.copy(buffer, line.size());
        buffer[line.size()] = '\0';
        return true;
    }

    bool put(std::string_view section, std::string_view key, const char *value) {
        if (value == nullptr)  // the embedder allows it in inih's global settings
            return refuse(Code::INVALID_ARGUMENT, "is neither '[section]' nor 'key = value'");
        const std::string path = section.empty() ? std::string{key} : fmt::format("{}.{}", section, key);
        json *place = m_root.get();
        std::string pointer;
        std::size_t depth = 1;
        std::string_view rest = path;
        for (std::size_t dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
            if (++depth > max_values_depth)
                return refuse(Code::LIMIT,
                              fmt::format("key {} is nested deeper than {}", in_quotes(path), max_values_depth));
            place = enter(*place, rest.substr(0, dot), path);
            if (place == nullptr)
                return false;
            pointer = note_place(std::move(pointer), rest.substr(0, dot));
            rest.remove_prefix(dot + 1);
        }
        if (place->find(rest) != place->end())
            return refuse(Code::INVALID_ARGUMENT, fmt::format("key {} stands twice", in_quotes(path)));
        if (!check_part(rest, path) || !count())
            return false;
        (*place)[std::string{rest}] = scalar(value);
        note_place(std::move(pointer), rest);
        return true;
    }

    // Of a section the first line that names it. Returns the pointer to what `key` names.
    std::string note_place(std::string pointer, std::string_view key) {
        pointer = pointer_below(std::move(pointer), key);
        m_places.try_emplace(pointer, Place{static_cast<std::uint32_t>(m_line), static_cast<std::uint32_t>(m_column)});
        return pointer;
    }

    // The object `part` of `parent`; null after a refusal.
    json *enter(json &parent, std::string_view part, std::string_view path) {
        const auto found = parent.find(part);
        if (found != parent.end() && !found->is_object())
            refuse(Code::INVALID_ARGUMENT,
                   fmt::format("key {}: {} is a value already", in_quotes(path), in_quotes(part)));
        else if (found == parent.end() && check_part(part, path) && count())
            return &base::object_in(parent, std::string{part});
        return m_error ? nullptr : &*found;
    }

    bool check_part(std::string_view part, std::string_view path) {
        return !part.empty() ||
               refuse(Code::INVALID_ARGUMENT, fmt::format("key {} has an empty part", in_quotes(path)));
    }

    bool count() {
        return ++m_values <= max_values || refuse(Code::LIMIT, fmt::format("more than {} values", max_values));
    }

    std::string_view m_rest;
    std::string m_name;
    Places &m_places;
    base::JsonTree m_root = base::json_object();
    std::size_t m_line = 0;
    std::size_t m_column = 1;  // of the first byte of the line that is no blank
    std::size_t m_values = 1;
    std::optional<Error> m_error;
    std::exception_ptr m_exception;
};

}  // namespace

Result<base::JsonTree> read_ini(std::string_view text, std::string_view name, Places &places) {
    return IniReader{text, name, places}.read();
}

}  // namespace mos::config
