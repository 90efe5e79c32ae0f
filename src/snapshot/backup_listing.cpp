#include "backup_listing.hpp"

#include "json_text.hpp"

#include <mos/base/json.hpp>
#include <mos/base/path.hpp>
#include <mos/base/timestamp.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace mos::snapshot {

namespace {

constexpr std::string_view format_name = "multios-backup";
constexpr std::int64_t format_version = 1;

std::string attribute_fields(base::ExtendedAttributes attributes) {
    std::ranges::sort(attributes, {}, &base::ExtendedAttribute::name);
    std::string text;
    for (const base::ExtendedAttribute &attribute : attributes)
        text += fmt::format("{}{{{},\"value_base64\":\"{}\"}}", text.empty() ? "" : ",",
                            byte_field("name", attribute.name), base::to_base64(attribute.value));
    return text;
}

// Fixed for ever, as they are hashed.
std::string_view type_name(base::FileType type) {
    switch (type) {
    case base::FileType::directory:
        return "directory";
    case base::FileType::symlink:
        return "symlink";
    default:
        return "file";
    }
}

Error no_backup(std::string_view what) {
    return Error{Code::BACKUP_DAMAGED, fmt::format("this is no backup of multiosupdate: {}", what)};
}

Result<std::string> path_from(const nlohmann::json &value) {
    std::string path;
    if (value.is_string()) {
        path = value.get_ref<const std::string &>();
    } else if (value.is_object() && value.size() == 1 && value.contains("path_base64") &&
               value["path_base64"].is_string()) {
        MOS_TRY(const base::Bytes bytes, base::from_base64(value["path_base64"].get_ref<const std::string &>()));
        path = base::as_text(bytes);
    } else {
        return no_backup("its first member names a path that is none");
    }
    MOS_CHECK(base::check_entry_path(path));
    return path;
}

}  // namespace

std::string listing_path(std::uint64_t number) { return fmt::format("{}/listing-{:06}", listing_folder, number); }

std::string about_to_text(const BackupAbout &about) {
    std::string paths;
    for (const std::string &path : about.paths) {
        paths += paths.empty() ? "" : ",";
        paths += base::is_clean_text(path) ? json_text(path) : fmt::format("{{{}}}", byte_field("path", path));
    }
    return fmt::format("{{\"format\":\"{}\",\"version\":{},\"created\":\"{}\",\"created_unix_s\":{},\"paths\":[{}]}}\n",
                       format_name, format_version, base::write_timestamp(about.created_unix_s), about.created_unix_s,
                       paths);
}

Result<BackupAbout> about_from_text(std::string_view text) {
    auto parsed = base::parse_json(text, {.bytes = max_about_bytes, .depth = 4, .values = 100'000});
    if (!parsed)
        return no_backup("its first member can't be read").caused_by(std::move(parsed).error());
    const nlohmann::json &tree = **parsed;
    if (!tree.is_object() || !tree.contains("format") || tree["format"] != format_name || !tree.contains("version") ||
        !tree["version"].is_number_integer())
        return no_backup("its first member does not say so");
    if (tree["version"] != format_version)
        return Error{Code::UNSUPPORTED, fmt::format("the backup has version {} of the format, this library reads {}",
                                                    tree["version"].get<std::int64_t>(), format_version)};
    if (!tree.contains("created_unix_s") || !tree["created_unix_s"].is_number_integer() || !tree.contains("paths") ||
        !tree["paths"].is_array())
        return no_backup("its first member says neither when it was made nor of what");
    BackupAbout about{.created_unix_s = tree["created_unix_s"].get<std::int64_t>(), .paths = {}};
    about.paths.reserve(tree["paths"].size());
    for (const nlohmann::json &value : tree["paths"]) {
        MOS_TRY(std::string path, path_from(value));
        about.paths.push_back(std::move(path));
    }
    return about;
}

std::string entry_line(const Member &member, const crypto::Sha256Digest &digest) {
    std::string line = "{" + byte_field("path", member.path);
    if (!member.hard_link_to.empty())
        return line + ",\"type\":\"link\"," + byte_field("link", member.hard_link_to) + "}\n";
    const base::FileStatus &status = member.status;
    const base::FileTime time = archived_time(status.modified);
    line += fmt::format(",\"type\":\"{}\",\"owner\":{},\"group\":{},\"modified\":\"{}.{:09}\"", type_name(status.type),
                        status.owner, status.group, time.seconds, time.nanoseconds);
    if (status.type != base::FileType::symlink)
        line += fmt::format(",\"mode\":\"{:04o}\"", status.mode);
    if (member.has_content())
        line += fmt::format(",\"size\":{},\"sha256\":\"{}\"", status.size, base::to_hex(digest));
    if (status.type == base::FileType::symlink)
        line += "," + byte_field("target", member.symlink_target);
    if (!member.attributes.empty())
        line += fmt::format(",\"attributes\":[{}]", attribute_fields(member.attributes));
    return line + "}\n";
}

void BackupListing::add(const Member &member, const crypto::Sha256Digest &digest) {
    m_pending_paths.emplace_back(m_pending.size(), member.path);
    m_pending += entry_line(member, digest);
    ++m_entries;
}

BackupListing::List BackupListing::take() {
    m_all.update(base::as_bytes(m_pending));
    m_pending_paths.clear();
    return {.path = listing_path(++m_lists), .text = std::exchange(m_pending, {})};
}

std::string BackupListing::first_difference(std::string_view text) const {
    const auto where = std::mismatch(m_pending.begin(), m_pending.end(), text.begin(), text.end()).first;
    const auto offset = static_cast<std::size_t>(where - m_pending.begin());
    const auto after = std::ranges::upper_bound(m_pending_paths, offset, {}, [](const auto &one) { return one.first; });
    return after == m_pending_paths.begin() ? std::string{} : std::prev(after)->second;
}

Result<void> BackupListing::check(std::string_view path, std::string_view text) {
    if (path != listing_path(m_lists + 1))
        return Error{Code::BACKUP_DAMAGED, fmt::format("the backup has {} where {} is due", base::in_quotes(path),
                                                       base::in_quotes(listing_path(m_lists + 1)))};
    if (text != m_pending) {
        const std::string object = first_difference(text);
        return Error{Code::BACKUP_DAMAGED,
                     fmt::format("{} is not as it was written: its content, its attributes or its place in the backup",
                                 base::in_quotes(object))}
            .about(object);
    }
    static_cast<void>(take());
    return {};
}

std::string BackupListing::end(std::uint64_t content_bytes) {
    return fmt::format("{{\"entries\":{},\"content_bytes\":{},\"sha256\":\"{}\"}}\n", m_entries, content_bytes,
                       base::to_hex(m_all.finish()));
}

}  // namespace mos::snapshot
