#include <mos/transaction/plan_file.hpp>

#include <mos/transaction/path_line.hpp>

#include <mos/base/bytes.hpp>
#include <mos/base/json.hpp>
#include <mos/base/path.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

#include <utility>

namespace mos::transaction {

using base::FileStatus;
using nlohmann::json;
using state::Operation;
using state::OperationKind;

namespace {

constexpr std::size_t buffer_bytes = 64U << 10U;
constexpr std::size_t max_line_bytes = 16U << 20U;  // a line carries extended attributes, 64 KiB each at most
constexpr std::string_view format_name = "multiosupdate plan 1";

std::uint32_t checksum(std::uint32_t before, std::string_view text) {
    return static_cast<std::uint32_t>(
        crc32_z(before, reinterpret_cast<const unsigned char *>(text.data()), text.size()));
}

std::string first_line(std::uint64_t transaction) {
    const base::JsonTree line = base::json_object();
    (*line)["format"] = format_name;
    (*line)["transaction"] = transaction;
    return line->dump();
}

std::string last_line(std::uint64_t operations, std::uint32_t sum) {
    const base::JsonTree line = base::json_object();
    (*line)["operations"] = operations;
    (*line)["crc32"] = sum;
    return line->dump();
}

template <class... Number>
void put_numbers(json &line, const char *key, Number... numbers) {
    json &array = base::array_in(line, key);
    (array.push_back(numbers), ...);
}

std::string operation_line(const PlannedOperation &planned) {
    const Operation &operation = planned.operation;
    const base::JsonTree owner = base::json_object();
    json &line = *owner;
    line["slot"] = operation.slot;
    line["kind"] = static_cast<int>(operation.kind);
    line["operation"] = state::operation_name(operation.kind);
    line["staged_inode"] = operation.staged_inode;
    line["staged_size"] = operation.staged_size;
    put_numbers(line, "staged_modified", operation.staged_modified.seconds, operation.staged_modified.nanoseconds);
    put_path(line, "path", operation.path);
    if (!operation.volume.empty())
        put_path(line, "volume", operation.volume);
    if (planned.there)
        put_numbers(line, "there", planned.there->inode, planned.there->size, planned.there->modified.seconds,
                    planned.there->modified.nanoseconds);
    if (operation.has_attributes()) {
        line["before"] = state::attributes_to_text(operation.before);
        line["after"] = state::attributes_to_text(operation.after);
    }
    return line.dump();
}

Error damaged(std::string_view what) { return Error{Code::FORMAT, fmt::format("the plan file is damaged: {}", what)}; }

Result<std::optional<std::string>> path_of(const json &line, const std::string &key) {
    auto path = path_in(line, key);
    if (!path && path.error().code() == Code::FORMAT)
        return damaged("an operation's path is none").caused_by(std::move(path).error());
    return path;
}

// The library's own conversions cut off what does not fit.
template <class T>
std::optional<T> integer(const json &value) {
    if (value.is_number_unsigned()) {
        const auto number = value.get<std::uint64_t>();
        return std::in_range<T>(number) ? std::optional{static_cast<T>(number)} : std::nullopt;
    }
    if (!value.is_number_integer())
        return std::nullopt;
    const auto number = value.get<std::int64_t>();
    return std::in_range<T>(number) ? std::optional{static_cast<T>(number)} : std::nullopt;
}

Result<std::optional<Witness>> witness_of(const json &line) {
    const auto there = line.find("there");
    if (there == line.end())
        return std::optional<Witness>{};
    constexpr std::size_t numbers = 4;
    if (there->is_array() && there->size() == numbers) {
        const auto inode = integer<std::uint64_t>((*there)[0]);
        const auto size = integer<std::uint64_t>((*there)[1]);
        const auto seconds = integer<std::int64_t>((*there)[2]);
        const auto nanoseconds = integer<std::int32_t>((*there)[3]);
        if (inode && size && seconds && nanoseconds)
            return std::optional{Witness{.inode = *inode, .size = *size, .modified = {*seconds, *nanoseconds}}};
    }
    return damaged("'there' is no list of four numbers");
}

Result<base::FileTime> time_of(const json &line, const char *key) {
    const auto found = line.find(key);
    if (found == line.end() || !found->is_array() || found->size() != 2 || !found->at(0).is_number_integer() ||
        !found->at(1).is_number_integer())
        return damaged(fmt::format("'{}' is no time", key));
    return base::FileTime{found->at(0).get<std::int64_t>(), found->at(1).get<std::int32_t>()};
}

Result<std::uint64_t> number_of(const json &line, const char *key) {
    const auto found = line.find(key);
    if (found == line.end() || !found->is_number_unsigned())
        return damaged(fmt::format("'{}' is no number", key));
    return found->get<std::uint64_t>();
}

Result<state::Attributes> attributes_of(const json &line, const char *key) {
    const auto found = line.find(key);
    if (found == line.end() || !found->is_string())
        return damaged(fmt::format("'{}' is no text", key));
    return state::attributes_from_text(found->get_ref<const std::string &>());
}

Result<PlannedOperation> operation_from_json(const json &line) {
    PlannedOperation planned;
    Operation &operation = planned.operation;
    MOS_TRY(operation.slot, number_of(line, "slot"));
    MOS_TRY(const std::uint64_t kind, number_of(line, "kind"));
    if (kind < static_cast<std::uint64_t>(OperationKind::exchange) ||
        kind > static_cast<std::uint64_t>(OperationKind::output))
        return damaged(fmt::format("unknown operation {}", kind));
    operation.kind = static_cast<OperationKind>(kind);
    MOS_TRY(operation.staged_inode, number_of(line, "staged_inode"));
    MOS_TRY(operation.staged_size, number_of(line, "staged_size"));
    MOS_TRY(operation.staged_modified, time_of(line, "staged_modified"));
    operation.leaving_inode = operation.staged_inode;
    MOS_TRY(auto path, path_of(line, "path"));
    if (!path)
        return damaged("an operation without path");
    operation.path = std::move(*path);
    MOS_TRY(auto volume, path_of(line, "volume"));
    operation.volume = std::move(volume).value_or(std::string{});
    MOS_TRY(planned.there, witness_of(line));
    if (operation.kind == OperationKind::set_attributes || line.contains("before")) {
        MOS_TRY(operation.before, attributes_of(line, "before"));
        MOS_TRY(operation.after, attributes_of(line, "after"));
    }
    return planned;
}

}  // namespace

Result<PlanWriter> PlanWriter::create(base::Directory &stage, std::uint64_t transaction) {
    MOS_TRY(std::unique_ptr<base::File> file, stage.open_file(plan_file_name, base::OpenMode::create_new));
    PlanWriter writer{std::move(file)};
    MOS_CHECK(writer.write_line(first_line(transaction)));
    return writer;
}

Result<void> PlanWriter::append(const PlannedOperation &planned) {
    ++m_count;
    return write_line(operation_line(planned));
}

Result<void> PlanWriter::finish() {
    MOS_CHECK(write_line(last_line(m_count, m_checksum)));
    return write_out();
}

Result<void> PlanWriter::write_line(std::string line) {
    line += '\n';
    m_checksum = checksum(m_checksum, line);
    m_buffer += line;
    return m_buffer.size() >= buffer_bytes ? write_out() : Result<void>{};
}

Result<void> PlanWriter::write_out() {
    MOS_CHECK(m_file->write_at(m_offset, base::as_bytes(m_buffer)));
    m_offset += m_buffer.size();
    m_buffer.clear();
    return {};
}

Result<PlanReader> PlanReader::open(base::Directory &stage) {
    MOS_TRY(std::unique_ptr<base::File> file, stage.open_file(plan_file_name, base::OpenMode::read));
    PlanReader reader{std::move(file)};
    MOS_CHECK(reader.check_whole());
    reader.rewind();
    MOS_TRY(const auto first, reader.next_line());
    static_cast<void>(first);  // the format line, checked before
    return reader;
}

PlanReader::PlanReader(std::unique_ptr<base::File> file) : m_file(std::move(file)), m_lines(*m_file, max_line_bytes) {}

void PlanReader::rewind() { m_lines = base::LineReader{*m_file, max_line_bytes}; }

Result<std::optional<std::string>> PlanReader::next_line() {
    auto line = m_lines.next();
    if (!line && line.error().code() == Code::LIMIT)
        return damaged(line.error().message());
    return line;
}

Result<void> PlanReader::check_whole() {
    MOS_TRY(const auto first, next_line());
    if (!first || !first->starts_with(R"({"format":")" + std::string{format_name} + '"'))
        return damaged("its first line is another");
    std::uint32_t sum = checksum(0, *first + '\n');
    for (std::uint64_t count = 0;; ++count) {
        MOS_TRY(const auto line, next_line());
        if (!line)
            return damaged("its last line is missing");
        if (line->starts_with(R"({"crc32":)")) {
            if (*line != last_line(count, sum))
                return damaged("its checksum is another");
            MOS_TRY(const FileStatus status, m_file->status());
            if (m_lines.position() != status.size)
                return damaged("it goes on after its last line");
            m_left = count;
            return {};
        }
        sum = checksum(sum, *line + '\n');
    }
}

Result<std::optional<PlannedOperation>> PlanReader::next() {
    if (m_left == 0)
        return std::optional<PlannedOperation>{};
    --m_left;
    MOS_TRY(const auto line, next_line());
    if (!line)
        return damaged("it became shorter");
    MOS_TRY(const base::JsonTree tree, base::parse_json(*line, {.bytes = max_line_bytes, .depth = 3}));
    if (!tree->is_object())
        return damaged("a line is no object");
    MOS_TRY(PlannedOperation planned, operation_from_json(*tree));
    return std::optional<PlannedOperation>{std::move(planned)};
}

}  // namespace mos::transaction
