#include "entry_cursor_state.hpp"

#include <mos/package/metadata.hpp>
#include <mos/package/tar.hpp>

#include <fmt/format.h>

namespace mos::package {

EntryCursor::EntryCursor(std::unique_ptr<State> state) noexcept : m_state(std::move(state)) {}
EntryCursor::EntryCursor(EntryCursor &&) noexcept = default;
EntryCursor &EntryCursor::operator=(EntryCursor &&) noexcept = default;
EntryCursor::~EntryCursor() = default;

Result<void> EntryCursor::State::skip_frames() {
    for (std::uint32_t i = 0; i < package->statement.frames; ++i) {
        MOS_TRY(const std::optional<std::string_view> line, reader.next_line());
        if (!line)
            return package->damaged(Code::FORMAT, "the index ends within its frames");
    }
    return {};
}

// The manifest is the payload's first member, so that it is found without the index.
Result<void> EntryCursor::State::check_metadata(const Entry &entry) {
    const bool is_metadata = section_of(entry.path) == Section::metadata;
    if (!is_metadata && is_content(entry))
        return {};
    if (entry.modified_unix_s != package->statement.created_unix_s)
        return package->damaged(Code::FORMAT,
                                fmt::format("{} is not of the creation time", base::in_quotes(entry.path)));
    if (!is_metadata)
        return {};
    ++metadata_files;
    if (entry.path != manifest_path)
        return {};
    MOS_TRY(const Extent expected, package->locate(tar_block_bytes));
    if (entry.size != package->statement.manifest_bytes || entry.extent.first_frame != expected.first_frame ||
        entry.extent.offset != expected.offset)
        return package->damaged(Code::FORMAT, "the manifest is not where the signed statement says");
    return {};
}

Result<void> EntryCursor::State::finish() const {
    MOS_CHECK(shared.finish());
    MOS_CHECK(patches.finish());
    if (count != package->statement.entries)
        return package->damaged(Code::FORMAT, fmt::format("the index has {} entries, the signed statement says {}",
                                                          count, package->statement.entries));
    constexpr unsigned expected_metadata_files = 3;
    if (metadata_files != expected_metadata_files)
        return package->damaged(Code::FORMAT, "a metadata file is missing");
    return {};
}

Result<std::optional<Entry>> EntryCursor::State::read() {
    MOS_TRY(std::optional<Entry> entry, reader.next_entry());
    if (!entry) {
        MOS_CHECK(finish());
        complete = true;
        return entry;
    }
    if (++count > package->statement.entries)
        return package->damaged(Code::FORMAT, "the index has more entries than the signed statement says");
    MOS_CHECK(check_entry(*entry, package->statement.kind, package->limits));
    MOS_CHECK(order.accept(*entry));
    MOS_CHECK(package->check_extent(*entry));
    MOS_CHECK(shared.accept(*entry, package->limits));
    MOS_CHECK(patches.accept(*entry, package->limits));
    MOS_CHECK(check_metadata(*entry));
    return entry;
}

Result<std::optional<Entry>> EntryCursor::next() {
    if (m_state->failed)
        return *m_state->failed;
    if (m_state->complete)
        return std::optional<Entry>{};
    auto entry = m_state->read();
    if (!entry)
        m_state->failed = entry.error();
    return entry;
}

}  // namespace mos::package
