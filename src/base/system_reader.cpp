#include <mos/base/system_reader.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::base {

namespace {

constexpr std::uint64_t max_file_bytes = 4U << 20U;
constexpr std::size_t max_entries = 10'000;

}  // namespace

std::unique_ptr<Directory> SystemReader::folder(const std::string &path) {
    auto opened = m_system.open_directory(path, Symlinks::follow_in_root);
    return opened ? std::move(opened).value() : nullptr;
}

std::optional<Bytes> SystemReader::bytes(const std::string &path, std::string_view name) {
    const auto directory = folder(path);
    if (directory == nullptr)
        return std::nullopt;
    auto content = read_file(*directory, name, max_file_bytes);
    return content ? std::optional{std::move(content).value()} : std::nullopt;
}

std::string SystemReader::text(const std::string &path, std::string_view name) {
    const auto content = bytes(path, name);
    return content ? std::string{as_text(*content)} : std::string{};
}

std::string SystemReader::line(const std::string &path, std::string_view name) {
    std::string content = text(path, name);
    content.resize(std::min(content.find('\n'), content.size()));
    return content;
}

std::vector<std::string> SystemReader::names(const std::string &path) {
    std::vector<std::string> found;
    const auto directory = folder(path);
    auto entries =
        directory == nullptr ? Result<std::vector<DirectoryEntry>>{std::vector<DirectoryEntry>{}} : directory->list();
    if (!entries)
        return found;
    for (const DirectoryEntry &entry : *entries)
        if (found.size() < max_entries)
            found.push_back(entry.name);
    return found;
}

bool SystemReader::has(const std::string &path, std::string_view name) {
    const auto directory = folder(path);
    if (directory == nullptr)
        return false;
    const auto found = directory->find(name);
    return found && found->has_value();
}

std::string SystemReader::find_program(std::string_view name) {
    for (const char *const folder : {"usr/sbin", "usr/bin", "sbin", "bin"})
        if (has(folder, name))
            return fmt::format("/{}/{}", folder, name);
    return {};
}

}  // namespace mos::base
