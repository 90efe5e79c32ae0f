#include <mos/snapshot/backup_catalogue.hpp>

#include "json_text.hpp"

#include <mos/base/json.hpp>
#include <mos/base/path.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace mos::snapshot {

using base::in_quotes;

namespace {

constexpr std::string_view name_prefix = "backup-";
constexpr std::string_view record_ending = ".json";
constexpr std::string_view counter_name = "last";  // the largest number that was ever given
constexpr std::string_view record_format = "multios-backup-record";
constexpr std::uint64_t max_record_bytes = 16U << 20U;
constexpr std::uint64_t max_counter_bytes = 32;
constexpr std::uint32_t record_mode = 0600;

std::optional<std::uint64_t> number_from(std::string_view digits) {
    std::uint64_t number = 0;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (problem != std::errc{} || end != digits.data() + digits.size() || number == 0)
        return std::nullopt;
    return number;
}

std::string record_name(std::uint64_t number) { return backup_name(number) + std::string{record_ending}; }

Error unreadable_record(std::string_view what) {
    return Error{Code::BACKUP_DAMAGED, fmt::format("a record of the catalogue of backups {}", what)};
}

// Reads the fields of one record; the first that is wrong is remembered.
class RecordReader {
  public:
    explicit RecordReader(const nlohmann::json &tree) : m_tree(tree) {}

    std::uint64_t number(const char *name) {
        if (has(name) && m_tree[name].is_number_unsigned())
            return m_tree[name].get<std::uint64_t>();
        m_wrong = name;
        return 0;
    }
    std::int64_t time(const char *name) {
        if (has(name) && m_tree[name].is_number_integer())
            return m_tree[name].get<std::int64_t>();
        m_wrong = name;
        return 0;
    }
    // Of what only some records have.
    bool flag_if_there(const char *name) { return has(name) && flag(name); }
    bool flag(const char *name) {
        if (has(name) && m_tree[name].is_boolean())
            return m_tree[name].get<bool>();
        m_wrong = name;
        return false;
    }
    std::string bytes(const std::string &name) { return bytes_in(m_tree, name); }
    std::string bytes_in(const nlohmann::json &tree, const std::string &name) {
        if (tree.is_object() && tree.contains(name) && tree[name].is_string())
            return tree[name].get<std::string>();
        const std::string encoded = name + "_base64";
        if (tree.is_object() && tree.contains(encoded) && tree[encoded].is_string()) {
            if (const auto decoded = base::from_base64(tree[encoded].get_ref<const std::string &>()))
                return std::string{base::as_text(*decoded)};
        }
        m_wrong = name;
        return {};
    }
    enum class Root : std::uint8_t { refused, allowed };  // the path ""
    std::vector<std::string> paths(const char *name, Root root) {
        std::vector<std::string> paths;
        if (!has(name) || !m_tree[name].is_array()) {
            m_wrong = name;
            return paths;
        }
        paths.reserve(m_tree[name].size());
        for (const nlohmann::json &one : m_tree[name]) {
            paths.push_back(bytes_in(one, "path"));
            const bool is_root = paths.back().empty() && root == Root::allowed;
            check(is_root || base::check_entry_path(paths.back()).ok(), name);
        }
        return paths;
    }
    std::vector<std::string> paths_if_there(const char *name, Root root) {
        return has(name) ? paths(name, root) : std::vector<std::string>{};
    }
    void check(bool right, const char *name) {
        if (!right)
            m_wrong = name;
    }
    [[nodiscard]] const std::string &wrong() const noexcept { return m_wrong; }

  private:
    [[nodiscard]] bool has(const char *name) const { return m_tree.contains(name); }

    const nlohmann::json &m_tree;
    std::string m_wrong;
};

std::string path_list(const std::vector<std::string> &paths) {
    std::string list;
    for (const std::string &path : paths)
        list += fmt::format("{}{{{}}}", list.empty() ? "" : ",", byte_field("path", path));
    return list;
}

bool is_file_name(std::string_view name) {
    return name.empty() || (name.find('/') == std::string_view::npos && name != "." && name != "..");
}

}  // namespace

std::string backup_name(std::uint64_t number) { return std::string{name_prefix} + std::to_string(number); }

Result<std::uint64_t> backup_number(std::string_view name) {
    if (name.starts_with(name_prefix)) {
        if (const auto number = number_from(name.substr(name_prefix.size())))
            return *number;
    }
    return Error{Code::INVALID_ARGUMENT,
                 fmt::format("{} is no backup; they are called backup-1, backup-2, …", in_quotes(name))};
}

std::string record_to_text(const BackupRecord &record) {
    const std::string asked = record.asked.empty() ? "" : fmt::format(",\"asked\":[{}]", path_list(record.asked));
    return fmt::format("{{\"format\":\"{}\",\"version\":1,\"number\":{},\"created_unix_s\":{},\"paths\":[{}],{},"
                       "\"outside\":{},{},\"compression\":\"{}\",\"written\":{},\"verified\":{},\"sha256\":\"{}\","
                       "\"archive_bytes\":{},\"content_bytes\":{},\"entries\":{},\"left_out\":{}{}{}}}\n",
                       record_format, record.number, record.created_unix_s, path_list(record.paths),
                       byte_field("folder", record.folder.path), record.folder.outside, byte_field("file", record.file),
                       compression_name(record.compression), record.written, record.verified, record.digest,
                       record.archive_bytes, record.content_bytes, record.entries, record.left_out, asked,
                       record.leaving ? ",\"leaving\":true" : "");
}

Result<BackupRecord> record_from_text(std::string_view text) {
    MOS_TRY(const base::JsonTree parsed,
            base::parse_json(text, {.bytes = max_record_bytes, .depth = 4, .values = 1'000'000}));
    if (!parsed->is_object() || !parsed->contains("format") || (*parsed)["format"] != record_format)
        return unreadable_record("does not say that it is one");
    if (!parsed->contains("version") || (*parsed)["version"] != 1)
        return Error{Code::UNSUPPORTED, "a record of the catalogue of backups was written by a newer version"};
    RecordReader read{*parsed};
    BackupRecord record;
    record.number = read.number("number");
    record.created_unix_s = read.time("created_unix_s");
    record.paths = read.paths("paths", RecordReader::Root::refused);
    record.asked = read.paths_if_there("asked", RecordReader::Root::allowed);
    record.folder = {read.bytes("folder"), read.flag("outside")};
    record.file = read.bytes("file");
    const auto compression = compression_named(read.bytes("compression"));
    record.written = read.flag("written");
    record.verified = read.flag("verified");
    record.digest = read.bytes("sha256");
    record.archive_bytes = read.number("archive_bytes");
    record.content_bytes = read.number("content_bytes");
    record.entries = read.number("entries");
    record.left_out = read.number("left_out");
    record.leaving = read.flag_if_there("leaving");
    read.check(compression.ok(), "compression");
    read.check(is_file_name(record.file), "file");
    read.check(record.folder.outside || record.folder.path.empty() || base::check_entry_path(record.folder.path).ok(),
               "folder");
    if (!read.wrong().empty())
        return unreadable_record(fmt::format("has no '{}' that can be read", read.wrong()));
    record.compression = *compression;
    return record;
}

Result<std::unique_ptr<base::Directory>> BackupCatalogue::open() {
    auto opened = m_root.open_directory(catalogue_path, base::Symlinks::follow_in_root);
    if (!opened && opened.error().code() == Code::NOT_FOUND)
        return std::unique_ptr<base::Directory>{};
    return opened;
}

Result<std::vector<std::uint64_t>> BackupCatalogue::numbers(base::Directory &folder) {
    MOS_TRY(const auto entries, folder.list());
    std::vector<std::uint64_t> numbers;
    numbers.reserve(entries.size());
    for (const base::DirectoryEntry &entry : entries) {
        const std::string_view name = entry.name;
        if (!name.starts_with(name_prefix) || !name.ends_with(record_ending))
            continue;
        const auto number =
            number_from(name.substr(name_prefix.size(), name.size() - name_prefix.size() - record_ending.size()));
        if (number)
            numbers.push_back(*number);
    }
    std::ranges::sort(numbers);
    return numbers;
}

Result<std::vector<BackupRecord>> BackupCatalogue::list() {
    m_unreadable.clear();
    std::vector<BackupRecord> records;
    MOS_TRY(const auto folder, open());
    if (folder == nullptr)
        return records;
    MOS_TRY(const std::vector<std::uint64_t> known, numbers(*folder));
    records.reserve(known.size());
    for (const std::uint64_t number : known) {
        auto record = find(number);
        if (record)
            records.push_back(std::move(record).value());
        else
            m_unreadable.push_back(record_name(number));
    }
    return records;
}

Result<BackupRecord> BackupCatalogue::find(std::uint64_t number) {
    const Error none =
        Error{Code::NOT_FOUND, fmt::format("there is no {} in the catalogue", backup_name(number))}.about(
            backup_name(number));
    MOS_TRY(const auto folder, open());
    if (folder == nullptr)
        return none;
    auto bytes = base::read_file(*folder, record_name(number), max_record_bytes);
    if (!bytes && bytes.error().code() == Code::NOT_FOUND)
        return none;
    MOS_TRY(const base::Bytes text, std::move(bytes));
    auto record = record_from_text(base::as_text(text));
    if (!record || record->number != number)
        return unreadable_record(fmt::format("can't be read: {}/{}", catalogue_path, record_name(number)))
            .about(backup_name(number));
    return record;
}

Result<std::uint64_t> BackupCatalogue::next_number() {
    MOS_TRY(const auto folder, open());
    if (folder == nullptr)
        return std::uint64_t{1};
    MOS_TRY(const std::vector<std::uint64_t> known, numbers(*folder));
    std::uint64_t last = known.empty() ? 0 : known.back();
    if (const auto counter = base::read_file(*folder, counter_name, max_counter_bytes))
        last = std::max(last, number_from(base::as_text(*counter)).value_or(0));
    return last + 1;
}

Result<void> BackupCatalogue::put(const BackupRecord &record) {
    MOS_TRY(const auto folder, base::make_directories(m_root, catalogue_path));
    MOS_TRY(const std::uint64_t next, next_number());
    if (record.number >= next)
        MOS_CHECK(
            base::replace_file(*folder, counter_name, base::as_bytes(std::to_string(record.number)), record_mode));
    return base::replace_file(*folder, record_name(record.number), base::as_bytes(record_to_text(record)), record_mode);
}

Result<void> BackupCatalogue::remove(std::uint64_t number) {
    MOS_TRY(const auto folder, open());
    if (folder == nullptr)
        return {};
    if (auto removed = folder->remove_file(record_name(number)); !removed && removed.error().code() != Code::NOT_FOUND)
        return removed;
    return folder->flush();
}

Result<void> BackupCatalogue::flush() {
    MOS_TRY(const auto folder, open());
    return folder == nullptr ? Result<void>{} : folder->flush();
}

}  // namespace mos::snapshot
