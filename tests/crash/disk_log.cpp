#include "disk_log.hpp"

#include <cstring>
#include <fmt/format.h>

namespace mos::test {

namespace {

Error damaged(std::size_t offset, std::string_view what) {
    return Error{Code::FORMAT, fmt::format("the recording is damaged at byte {}: {}", offset, what)};
}

bool has_data(RecordKind kind) { return kind == RecordKind::write || kind == RecordKind::mark; }
bool changes_disk(RecordKind kind) { return kind == RecordKind::write || kind == RecordKind::zero; }

}  // namespace

Result<std::vector<Record>> read_disk_log(base::ByteView log, std::uint64_t disk_bytes) {
    std::vector<Record> records;
    for (std::size_t at = 0; at < log.size();) {
        RecordHeader header;
        if (log.size() - at < sizeof header)
            return damaged(at, "a record is cut off");
        std::memcpy(&header, log.data() + at, sizeof header);
        if (header.kind < RecordKind::write || header.kind > RecordKind::mark)
            return damaged(at, "a record of no known kind");
        if (changes_disk(header.kind) && (header.offset > disk_bytes || header.length > disk_bytes - header.offset))
            return damaged(at, "a record that reaches beyond the disk");
        const std::size_t start = at + sizeof header;
        const std::uint64_t data_bytes = has_data(header.kind) ? header.length : 0;
        if (data_bytes > log.size() - start)
            return damaged(at, "a record is cut off");
        const auto data = log.subspan(start, static_cast<std::size_t>(data_bytes));
        records.push_back({header.kind, header.offset, header.length, data});
        at = start + data.size();
    }
    return records;
}

void append_record(base::Bytes &log, const Record &record) {
    const RecordHeader header{record.kind, record.offset, record.length};
    const std::size_t at = log.size();
    log.resize(at + sizeof header + record.data.size());
    std::memcpy(log.data() + at, &header, sizeof header);
    if (!record.data.empty())
        std::memcpy(log.data() + at + sizeof header, record.data.data(), record.data.size());
}

}  // namespace mos::test
