#include "package_match.hpp"

#include <mos/base/path.hpp>

#include <algorithm>

namespace mos::delta {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t common_bytes(std::string_view one, std::string_view other) {
    const auto end = std::ranges::mismatch(one, other);
    return static_cast<std::size_t>(end.in1 - one.begin());
}

std::string name_key(std::string_view path) { return without_numbers(base::split_path(path).name); }

}  // namespace

std::string without_numbers(std::string_view path) {
    std::string key;
    key.reserve(path.size());
    for (const char c : path) {
        if (!is_digit(c))
            key += c;
        else if (!key.ends_with('#'))
            key += '#';
    }
    return key;
}

BaseMatcher::BaseMatcher(const std::vector<package::BaseFile> &files) : m_files(files) {
    for (std::size_t number = 0; number < files.size(); ++number) {
        const package::BaseFile &file = files[number];
        m_by_digest.emplace(file.sha256, number);
        m_by_path[without_numbers(file.path)].push_back(number);
        m_by_name[name_key(file.path)].push_back(number);
    }
}

std::optional<std::size_t> BaseMatcher::at_path(std::string_view path) const {
    const auto found = std::ranges::lower_bound(m_files, path, {}, &package::BaseFile::path);
    if (found == m_files.end() || found->path != path)
        return std::nullopt;
    return static_cast<std::size_t>(found - m_files.begin());
}

// The one whose path begins most alike, then whose size is nearest, then the first.
std::optional<std::size_t> BaseMatcher::nearest(const Numbers &numbers, const std::string &key,
                                                const package::Entry &entry) const {
    const auto found = numbers.find(key);
    if (found == numbers.end())
        return std::nullopt;
    const auto distance = [&](std::size_t number) {
        const package::BaseFile &file = m_files[number];
        const std::uint64_t sizes = std::max(file.size, entry.size) - std::min(file.size, entry.size);
        return std::pair{entry.path.size() - common_bytes(entry.path, file.path), sizes};
    };
    return *std::ranges::min_element(found->second, {}, distance);
}

Result<std::optional<std::size_t>> BaseMatcher::find(const package::Entry &entry,
                                                     const ContentMatcher &by_content) const {
    if (const auto same = at_path(entry.path))
        return same;
    if (const auto same = m_by_digest.find(entry.sha256); same != m_by_digest.end())
        return std::optional{same->second};
    if (const auto alike = nearest(m_by_path, without_numbers(entry.path), entry))
        return alike;
    MOS_TRY(const std::optional<std::size_t> alike, by_content(entry));
    if (alike)
        return alike;
    return nearest(m_by_name, name_key(entry.path), entry);
}

}  // namespace mos::delta
