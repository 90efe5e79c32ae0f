#include "point_index.hpp"

#include <mos/base/json.hpp>
#include <mos/base/path.hpp>
#include <mos/transaction/path_line.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace mos::snapshot {

using base::FileType;
using nlohmann::json;

namespace {

constexpr std::size_t buffer_bytes = 64U << 10U;
constexpr std::size_t max_line_bytes = 16U << 20U;  // a line carries extended attributes, 64 KiB each at most
constexpr std::string_view format_name = "multiosupdate point 1";
constexpr const char *access_lists_key = "access_lists";

Error damaged(std::string_view what) {
    return Error{Code::FORMAT, fmt::format("the point's index is damaged: {}", what)};
}

// Of trees: "" is the whole root.
void put_texts(json &line, const std::string &key, const std::vector<std::string> &texts) {
    json &array = base::array_in(line, key);
    for (const std::string &text : texts)
        array.push_back(base::to_base64(base::as_bytes(text)));
}

Result<std::vector<std::string>> texts_in(const json &line, const char *key) {
    std::vector<std::string> texts;
    const auto found = line.find(key);
    if (found == line.end() || !found->is_array())
        return damaged(fmt::format("'{}' is no list", key));
    for (const json &text : *found) {
        if (!text.is_string())
            return damaged(fmt::format("'{}' is no list of texts", key));
        MOS_TRY(const base::Bytes bytes, base::from_base64(text.get_ref<const std::string &>()));
        if (!bytes.empty() && !base::check_entry_path(base::as_text(bytes)))
            return damaged(fmt::format("{} in '{}' leads out of the root", base::in_quotes(base::as_text(bytes)), key));
        texts.emplace_back(base::as_text(bytes));
    }
    return texts;
}

Result<std::uint64_t> number_in(const json &line, const char *key) {
    const auto found = line.find(key);
    if (found == line.end() || !found->is_number_unsigned())
        return damaged(fmt::format("'{}' is no number", key));
    return found->get<std::uint64_t>();
}

std::string entry_line(const std::string &path, const PastEntry &entry) {
    const base::JsonTree owner = base::json_object();
    json &line = *owner;
    transaction::put_path(line, "path", path);
    line["type"] = static_cast<int>(entry.type);
    state::Attributes attributes = entry.attributes;
    attributes.access_lists = false;  // the head says it, of all entries
    line["attributes"] = state::attributes_to_text(attributes);
    if (entry.type == FileType::symlink)
        line["target"] = base::to_base64(base::as_bytes(entry.link_target));
    if (entry.type != FileType::regular)
        return line.dump();
    line["size"] = entry.size;
    line["inode"] = entry.unchanged ? entry.unchanged->inode : 0;
    if (entry.digest)
        line["sha256"] = base::to_hex(*entry.digest);
    if (entry.file != 0)
        line["file"] = entry.file;
    return line.dump();
}

Result<void> read_file_fields(const json &line, PastEntry &entry) {
    MOS_TRY(entry.size, number_in(line, "size"));
    MOS_TRY(const std::uint64_t inode, number_in(line, "inode"));
    entry.unchanged = transaction::Witness{.inode = inode, .size = entry.size, .modified = entry.attributes.modified};
    const auto digest = line.find("sha256");
    if (digest == line.end() || !digest->is_string())
        return damaged("a file without digest");
    MOS_TRY(entry.digest, crypto::sha256_from_hex(digest->get_ref<const std::string &>()));
    if (line.contains("file")) {
        MOS_TRY(entry.file, number_in(line, "file"));
    }
    return {};
}

Result<IndexReader::Entry> entry_from(const json &line) {
    IndexReader::Entry read;
    MOS_TRY(auto path, transaction::path_in(line, "path"));
    if (!path)
        return damaged("an entry without path");
    read.path = std::move(*path);
    MOS_TRY(const std::uint64_t type, number_in(line, "type"));
    if (type > static_cast<std::uint64_t>(FileType::socket))
        return damaged(fmt::format("unknown type {}", type));
    read.past.type = static_cast<FileType>(type);
    const auto attributes = line.find("attributes");
    if (attributes == line.end() || !attributes->is_string())
        return damaged("an entry without attributes");
    MOS_TRY(read.past.attributes, state::attributes_from_text(attributes->get_ref<const std::string &>()));
    if (read.past.type == FileType::symlink) {
        const auto target = line.find("target");
        if (target == line.end() || !target->is_string())
            return damaged("a link without target");
        MOS_TRY(const base::Bytes bytes, base::from_base64(target->get_ref<const std::string &>()));
        read.past.link_target = base::as_text(bytes);
        if (read.past.link_target.empty() || read.past.link_target.find('\0') != std::string::npos)
            return damaged("a link to what no link can lead to");
    }
    if (read.past.type == FileType::regular)
        MOS_CHECK(read_file_fields(line, read.past));
    return read;
}

std::string last_line(std::uint64_t entries) { return fmt::format(R"({{"entries":{}}})", entries); }

}  // namespace

Result<IndexWriter> IndexWriter::create(base::Directory &folder, const IndexHead &head) {
    MOS_TRY(auto file, folder.open_file(index_name, base::OpenMode::create_new));
    IndexWriter writer{std::move(file)};
    const base::JsonTree line = base::json_object();
    (*line)["format"] = format_name;
    (*line)["point"] = head.point;
    put_texts(*line, "trees", head.trees);
    put_texts(*line, "excluded", head.excluded);
    if (head.access_lists)
        (*line)[access_lists_key] = true;
    MOS_CHECK(writer.write_line(line->dump()));
    return writer;
}

Result<void> IndexWriter::append(const std::string &path, const PastEntry &entry) {
    ++m_count;
    return write_line(entry_line(path, entry));
}

Result<crypto::Sha256Digest> IndexWriter::finish() {
    MOS_CHECK(write_line(last_line(m_count)));
    MOS_CHECK(write_out());
    return m_hasher.finish();
}

Result<void> IndexWriter::write_line(std::string line) {
    line += '\n';
    m_hasher.update(base::as_bytes(line));
    m_buffer += line;
    return m_buffer.size() >= buffer_bytes ? write_out() : Result<void>{};
}

Result<void> IndexWriter::write_out() {
    MOS_CHECK(m_file->write_at(m_offset, base::as_bytes(m_buffer)));
    m_offset += m_buffer.size();
    m_buffer.clear();
    return {};
}

IndexReader::IndexReader(std::unique_ptr<base::File> file)
    : m_file(std::move(file)), m_lines(*m_file, max_line_bytes) {}

Result<IndexReader> IndexReader::open(base::Directory &folder) {
    MOS_TRY(auto file, folder.open_file(index_name, base::OpenMode::read));
    IndexReader reader{std::move(file)};
    MOS_CHECK(reader.read_head());
    return reader;
}

Result<std::string> IndexReader::next_line() {
    auto line = m_lines.next();
    if (!line && line.error().code() == Code::LIMIT)
        return damaged(line.error().message());
    MOS_TRY(std::optional<std::string> read, std::move(line));
    if (!read)
        return damaged("its last line is missing");
    return std::move(*read);
}

Result<void> IndexReader::read_head() {
    MOS_TRY(const std::string first, next_line());
    MOS_TRY(const base::JsonTree tree, base::parse_json(first, {.bytes = max_line_bytes, .depth = 3}));
    const bool is_index = tree->is_object() && tree->contains("format") && tree->at("format").is_string() &&
                          tree->at("format").get_ref<const std::string &>() == format_name;
    if (!is_index)
        return damaged("its first line is another");
    MOS_TRY(m_head.point, number_in(*tree, "point"));
    MOS_TRY(m_head.trees, texts_in(*tree, "trees"));
    MOS_TRY(m_head.excluded, texts_in(*tree, "excluded"));
    m_head.access_lists = tree->contains(access_lists_key) && tree->at(access_lists_key) == true;
    return {};
}

Result<void> IndexReader::check_end() {
    MOS_TRY(const base::FileStatus status, m_file->status());
    if (status.size != m_lines.position())
        return damaged("something follows its last line");
    return {};
}

Result<std::optional<IndexReader::Entry>> IndexReader::next() {
    if (m_ended)
        return std::optional<Entry>{};
    MOS_TRY(const std::string line, next_line());
    if (line == last_line(m_count)) {
        MOS_CHECK(check_end());
        m_ended = true;
        return std::optional<Entry>{};
    }
    MOS_TRY(const base::JsonTree tree, base::parse_json(line, {.bytes = max_line_bytes, .depth = 3}));
    if (!tree->is_object())
        return damaged("a line is no object");
    MOS_TRY(Entry entry, entry_from(*tree));
    entry.past.attributes.access_lists = m_head.access_lists;
    if (m_count > 0 && entry.path <= m_last)
        return damaged("its paths are not in order");
    m_last = entry.path;
    ++m_count;
    return std::optional{std::move(entry)};
}

}  // namespace mos::snapshot
