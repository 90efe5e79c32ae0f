#include "install_script.hpp"

#include <algorithm>
#include <charconv>

namespace mos::fuzz {

namespace {

using package::EntryType;

constexpr std::size_t most_packages = 3;
constexpr std::size_t most_entries = 40;

std::string_view word(std::string_view &rest, char separator = ' ') {
    const std::size_t end = std::min(rest.find(separator), rest.size());
    const std::string_view first = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return first;
}

template <class Number>
Number number(std::string_view text, int base = 10) {
    Number value{};
    std::from_chars(text.data(), text.data() + text.size(), value, base);
    return value;
}

class ScriptReader {
  public:
    explicit ScriptReader(std::string_view outside) : m_outside(outside) { begin_package(); }

    void line(std::string_view text) {
        if (text == "=" && m_installs.size() < most_packages)
            return begin_package();
        const char kind = text.empty() ? ' ' : text.front();
        text.remove_prefix(std::min<std::size_t>(2, text.size()));
        if (std::string_view{"fdlh"}.find(kind) != std::string_view::npos)
            add_entry(kind, text);
        else if (std::string_view{"mpo"}.find(kind) != std::string_view::npos)
            set_package(kind, text);
        else if (!current().entries.empty())
            set_entry(kind, text, current().entries.back());
    }

    [[nodiscard]] std::vector<ForgedInstall> take() { return std::move(m_installs); }

  private:
    ForgedPackage &current() { return m_installs.back().package; }

    void begin_package() {
        ForgedInstall install;
        install.options.on_conflict = install::ConflictRule::replace;
        install.options.reinstall = install::Reinstall::allowed;
        install.options.downgrade = install::Downgrade::allowed;
        install.package.manifest =
            R"({"package_info":{"name":"p","version":")" + std::to_string(m_installs.size() + 1) + "\"}}";
        m_installs.push_back(std::move(install));
    }

    [[nodiscard]] std::string path(std::string_view text) const {
        std::string out;
        for (const char c : text)
            out += c == '@' ? m_outside : std::string_view{&c, 1};
        return out;
    }
    [[nodiscard]] std::string entry_path(std::string_view text) const {
        return package::section_of(text) ? path(text) : "content/files/" + path(text);
    }

    void add_entry(char kind, std::string_view rest) {
        if (current().entries.size() == most_entries)
            return;
        ForgedEntry forged;
        package::Entry &entry = forged.entry;
        if (kind == 'f' || kind == 'd')
            entry.mode = number<std::uint32_t>(word(rest), 8);
        entry.path = entry_path(word(rest));
        if (kind == 'f') {
            forged.content = path(rest);
        } else if (kind == 'd') {
            entry.type = EntryType::directory;
        } else if (kind == 'l') {
            entry.type = EntryType::symlink;
            entry.mode = 0777;
            entry.target = path(rest);
        } else {
            entry.type = EntryType::hard_link;
            entry.target = entry_path(rest);
        }
        current().entries.push_back(std::move(forged));
    }

    void set_package(char kind, std::string_view rest) {
        install::InstallOptions &options = m_installs.back().options;
        if (kind == 'm')
            current().manifest = path(rest);
        else if (kind == 'p')
            options.prefix = path(rest);
        else
            for (const char letter : rest) {
                if (letter == 'k')
                    options.on_conflict = install::ConflictRule::keep;
                if (letter == 'r')
                    options.on_conflict = install::ConflictRule::refuse;
                if (letter == 'u')
                    current().sorted = false;
                if (letter == 'n')
                    options.values = R"({"name":"value"})";
            }
    }

    void set_entry(char kind, std::string_view rest, ForgedEntry &forged) {
        package::Entry &entry = forged.entry;
        if (kind == 'x') {
            const std::string_view name = word(rest);
            entry.attributes.push_back({std::string{name}, base::to_bytes(base::as_bytes(rest))});
            std::ranges::stable_sort(entry.attributes, {}, &base::ExtendedAttribute::name);
        } else if (kind == 'u') {
            entry.owner = number<std::uint32_t>(word(rest));
            entry.group = number<std::uint32_t>(rest);
        } else if (kind == 't') {
            entry.modified_unix_s = number<std::int64_t>(rest);
        } else if (kind == 's') {
            forged.claimed_size = number<std::uint64_t>(rest);
        } else if (kind == 'e') {
            package::Extent &extent = forged.claimed_extent.emplace();
            extent.first_frame = number<std::uint32_t>(word(rest));
            extent.frame_count = number<std::uint32_t>(word(rest));
            extent.offset = number<std::uint64_t>(rest);
        } else if (kind == 'i') {
            forged.line = path(rest);
        }
    }

    std::string_view m_outside;
    std::vector<ForgedInstall> m_installs;
};

}  // namespace

std::vector<ForgedInstall> read_install_script(std::string_view input, std::string_view outside) {
    ScriptReader reader{outside};
    while (!input.empty())
        reader.line(word(input, '\n'));
    return reader.take();
}

}  // namespace mos::fuzz
