#include "delta_script.hpp"

#include <mos/package/index_line.hpp>

#include <algorithm>
#include <charconv>

namespace mos::fuzz {

namespace {

using package::Origin;

constexpr std::size_t most_entries = 40;
constexpr std::string_view files_prefix = "content/files/";

std::string_view word(std::string_view &rest) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view first = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return first;
}

template <class Number>
Number number(std::string_view text) {
    Number value{};
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

ForgedEntry file(std::string_view path, std::string content) {
    ForgedEntry forged;
    forged.entry.path = std::string{path};
    forged.entry.mode = 0644;
    forged.content = std::move(content);
    return forged;
}

std::string in_files(std::string_view path) { return std::string{files_prefix} += path; }

// The base's content at a path; something else where it has none.
std::string base_content(std::string_view path) {
    return path.size() == 1 && path[0] >= 'a' && path[0] <= 'c' ? delta_content(static_cast<unsigned>(path[0] - 'a'))
                                                                : std::string{"not in the base"};
}

class ScriptReader {
  public:
    void line(std::string_view text) {
        const char kind = text.empty() ? ' ' : text.front();
        text.remove_prefix(std::min<std::size_t>(2, text.size()));
        if (kind == 'i' && !m_entries.empty())
            m_entries.back().line = std::string{text};
        else if (std::string_view{"sum"}.find(kind) != std::string_view::npos)
            add_file(kind, text);
        else if (std::string_view{"brx"}.find(kind) != std::string_view::npos)
            add_patch_file(kind, text);
    }
    [[nodiscard]] std::vector<ForgedEntry> take() { return std::move(m_entries); }

  private:
    void add_file(char kind, std::string_view rest) {
        package::PatchPlace place;
        if (kind == 'm') {
            place.patch = number<std::uint32_t>(word(rest));
            place.at = number<std::uint64_t>(word(rest));
        }
        const std::string_view path = word(rest);
        ForgedEntry forged = file(in_files(path), std::string{rest});
        if (kind == 'u') {
            forged.content = base_content(path);
            forged.entry.origin = Origin::unchanged;
        } else if (kind == 'm') {
            forged.content = delta_content(number<unsigned>(rest) % 10);
            forged.entry.origin = Origin::patched;
            forged.entry.patched = place;
        }
        add(std::move(forged));
    }

    void add_patch_file(char kind, std::string_view rest) {
        const auto patch = number<std::uint32_t>(word(rest));
        std::string content{rest};
        if (kind == 'b') {
            content.clear();
            while (!rest.empty())
                content += delta_base_line(word(rest));
        } else if (kind == 'r') {
            std::ranges::replace(content, '|', '\n');
        } else {
            const auto bytes = base::from_hex(rest.substr(0, rest.size() / 2 * 2));
            content = bytes ? std::string{base::as_text(*bytes)} : content;
        }
        const auto part = kind == 'x' ? package::PatchPart::delta : package::PatchPart::base;
        add(file(package::patch_path({patch, part}), std::move(content)));
    }

    void add(ForgedEntry forged) {
        if (m_entries.size() < most_entries)
            m_entries.push_back(std::move(forged));
    }

    std::vector<ForgedEntry> m_entries;
};

}  // namespace

std::string delta_content(unsigned number) {
    std::string content;
    for (std::uint32_t i = 0; content.size() < 2000; i = i * 5 + 1)
        content += std::to_string(i % 9973);
    for (std::size_t i = number; number > 0 && i < content.size(); i += 97)
        content[i] = static_cast<char>('A' + number);
    return content;
}

ForgedPackage delta_base_package() {
    ForgedPackage package;
    package.manifest = R"({"package_info":{"name":"p","version":"1"}})";
    for (const char name : {'a', 'b', 'c'})
        package.entries.push_back(file(in_files({&name, 1}), base_content({&name, 1})));
    return package;
}

std::string delta_base_line(std::string_view path) {
    return package::write_base_line({.path = in_files(path), .size = base_content(path).size()}) + "\n";
}

ForgedPackage read_delta_script(std::string_view input) {
    ScriptReader reader;
    while (!input.empty()) {
        const std::size_t end = std::min(input.find('\n'), input.size());
        reader.line(input.substr(0, end));
        input.remove_prefix(std::min(end + 1, input.size()));
    }
    ForgedPackage package;
    package.manifest = R"({"package_info":{"name":"p","version":"2"}})";
    package.entries = reader.take();
    std::ranges::stable_sort(package.entries, {}, [](const ForgedEntry &one) { return one.entry.path; });
    return package;
}

}  // namespace mos::fuzz
