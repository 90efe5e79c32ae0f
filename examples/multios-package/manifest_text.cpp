#include "manifest_text.hpp"

#include "frame/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <memory>
#include <set>

using namespace frame;
using nlohmann::ordered_json;

namespace package_tool {

namespace {

constexpr std::size_t most_metadata_bytes = 1U << 20U;
constexpr int deepest_metadata = 16;  // docs/package-format.md, section 6

// An option that becomes a list of paths in the manifest.
struct ListOption {
    std::string_view option, section, key;
};
constexpr std::array list_options{
    ListOption{"config-file", "configuration", "files"},
    ListOption{"data", "data", "paths"},
    ListOption{"script-output", "scripts", "outputs"},
};

bool says_more(const Values &values) {
    bool more = values.has("relocatable");
    for (const ListOption &list : list_options)
        more = more || values.has(list.option);
    return more;
}

Result<std::string> read_file(const std::string &path) {
    struct Close {
        void operator()(std::FILE *file) const noexcept { (void)std::fclose(file); }
    };
    const std::unique_ptr<std::FILE, Close> file{std::fopen(path.c_str(), "rbe")};
    if (!file)
        return system_failure(errno, "open", path);
    std::string text(most_metadata_bytes + 1, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file.get()));
    if (std::ferror(file.get()) != 0)
        return system_failure(errno, "read", path);
    if (text.size() > most_metadata_bytes)
        return failure(MOS_E_LIMIT,
                       fmt::format("metadata {} has more than {}", in_quotes(path), size_text(most_metadata_bytes)),
                       path);
    return text;
}

// Refuses what the parser would pass over and the library, which gets the text afterwards, could see no more: a key
// that stands twice in an object, and depth.
class Strictness {
  public:
    bool operator()(int depth, ordered_json::parse_event_t event, const ordered_json &value) {
        using Event = ordered_json::parse_event_t;
        if (event == Event::object_start)
            m_keys.emplace_back();
        else if (event == Event::object_end)
            m_keys.pop_back();
        else if (event == Event::key && !m_keys.back().insert(value.get<std::string>()).second)
            m_wrong = fmt::format("has the key {} twice in an object", in_quotes(value.get<std::string>()));
        if (depth > deepest_metadata)
            m_wrong = fmt::format("is more than {} levels deep", deepest_metadata);
        return true;
    }
    [[nodiscard]] const std::string &wrong() const noexcept { return m_wrong; }

  private:
    std::vector<std::set<std::string>> m_keys;
    std::string m_wrong;
};

Result<ordered_json> parse_metadata(const std::string &path, const std::string &text) {
    Strictness strictness;
    ordered_json manifest = ordered_json::parse(text, std::ref(strictness), false);
    if (!strictness.wrong().empty())
        return failure(MOS_E_FORMAT, fmt::format("metadata {} {}", in_quotes(path), strictness.wrong()), path);
    if (!manifest.is_object())
        return failure(MOS_E_FORMAT, fmt::format("metadata {} is no JSON object", in_quotes(path)), path);
    return manifest;
}

Result<void> set_key(ordered_json &manifest, std::string_view option, std::string_view section, std::string_view key,
                     ordered_json value) {
    ordered_json &object = manifest[std::string{section}];
    if (object.is_null())
        object = ordered_json::object();
    if (!object.is_object())
        return failure(MOS_E_FORMAT, fmt::format("the metadata's '{}' is no JSON object", section));
    const auto present = object.find(std::string{key});
    if (present != object.end() && *present != value)
        return usage_failure(fmt::format("option '--{}' and the metadata's {}.{} say two things", option, section, key),
                             "leave one of them out");
    object[std::string{key}] = std::move(value);
    return {};
}

}  // namespace

std::vector<Option> manifest_options() {
    return {
        text("metadata", "FILE", "further metadata as JSON, in the manifest's form"),
        repeatable(text("config-file", "PATH",
                        "a file that is meant to be changed by hand, besides those below /etc; may be repeated")),
        repeatable(text("data", "PATH", "where its programs keep what they write; may be repeated")),
        repeatable(text("script-output", "PATH", "a file that its scripts write; may be repeated")),
        flag("relocatable", "'install --target-directory=DIR' may put it elsewhere"),
    };
}

Result<std::string> manifest_text(const Values &values) {
    std::string text;
    const std::string path = values.text_or("metadata", "");
    if (!path.empty()) {
        FRAME_TRY(text, read_file(path));
    }
    if (!says_more(values))
        return text;
    ordered_json manifest = ordered_json::object();
    if (!path.empty()) {
        FRAME_TRY(manifest, parse_metadata(path, text));
    }
    for (const ListOption &list : list_options)
        if (values.has(list.option))
            FRAME_CHECK(set_key(manifest, list.option, list.section, list.key, values.texts(list.option)));
    if (values.has("relocatable"))
        FRAME_CHECK(set_key(manifest, "relocatable", "installation", "relocatable", values.flag("relocatable")));
    return manifest.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace package_tool
