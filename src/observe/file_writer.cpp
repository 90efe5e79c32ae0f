#include "file_writer.hpp"

#include "compression.hpp"
#include "shared_file.hpp"

#include <fmt/format.h>

namespace mos::observe {

using base::Directory;

namespace {

constexpr std::uint32_t log_mode = 0640;
constexpr std::string_view compressed = ".gz";

Result<void> remove_if_there(Directory &folder, const std::string &name) {
    auto removed = folder.remove_file(name);
    if (!removed && removed.error().code() != Code::NOT_FOUND)
        return removed;
    return {};
}

Result<void> rename_if_there(Directory &folder, const std::string &from, const std::string &to) {
    auto renamed = folder.rename(from, folder, to, base::RenameMode::replace);
    if (!renamed && renamed.error().code() != Code::NOT_FOUND)
        return renamed;
    return {};
}

}  // namespace

FileWriter::FileWriter(OpenFolder open_folder, std::string name, LineFormat format, Rotation rotation)
    : m_open_folder(std::move(open_folder)), m_name(std::move(name)), m_format(std::move(format)), m_rotation(rotation),
      m_may_compress(rotation.compress) {}

FileWriter::~FileWriter() = default;

std::string FileWriter::aside(std::size_t number) const { return fmt::format("{}.{}", m_name, number); }

// Every file moves by one number. What was to be compressed is looked for again under its new name.
Result<void> FileWriter::rotate(Directory &folder) {
    m_compression.reset();
    m_may_compress = m_rotation.compress;
    const std::size_t oldest = m_rotation.max_files - 1;
    if (oldest == 0)
        return folder.remove_file(m_name);
    for (const std::string_view ending : {std::string_view{}, compressed})
        MOS_CHECK(remove_if_there(folder, fmt::format("{}{}", aside(oldest), ending)));
    for (std::size_t number = oldest - 1; number >= 1; --number)
        for (const std::string_view ending : {std::string_view{}, compressed})
            MOS_CHECK(rename_if_there(folder, fmt::format("{}{}", aside(number), ending),
                                      fmt::format("{}{}", aside(number + 1), ending)));
    return folder.rename(m_name, folder, aside(1), base::RenameMode::replace);
}

// False when the file was put aside meanwhile.
Result<bool> FileWriter::try_write(Directory &folder, base::ByteView text) {
    MOS_TRY(const auto locked, lock_shared_file(folder, m_name, log_mode));
    if (locked == nullptr)
        return false;
    const auto &[file, status] = *locked;
    if (m_rotation.max_bytes > 0 && status.size > 0 && status.size + text.size() > m_rotation.max_bytes) {
        MOS_CHECK(rotate(folder));
        return false;
    }
    auto written = file->write_at(status.size, text);
    if (written)
        return true;
    // A full disk takes a part of it; nobody else may write now.
    static_cast<void>(file->resize(status.size));
    return std::move(written).error();
}

Result<void> FileWriter::write(std::span<const base::Event> events) {
    std::string text;
    for (const base::Event &event : events)
        text += m_format.line(event);
    MOS_TRY(const auto folder, m_open_folder());
    return try_until_done(m_name, [&] { return try_write(*folder, base::as_bytes(text)); });
}

// The oldest file that is not compressed yet.
Result<void> FileWriter::begin_compression() {
    m_may_compress = false;
    MOS_TRY(auto folder, m_open_folder());
    for (std::size_t number = m_rotation.max_files - 1; number >= 1; --number) {
        MOS_TRY(const auto there, folder->find(aside(number)));
        if (!there || there->type != base::FileType::regular)
            continue;
        MOS_TRY(m_compression, Compression::begin(std::move(folder), aside(number)));
        return {};
    }
    return {};
}

bool FileWriter::work_a_little() {
    if (m_compression == nullptr && m_may_compress && !begin_compression())
        return false;
    if (m_compression == nullptr)
        return false;
    const auto more = m_compression->step();
    if (more && *more)
        return true;
    m_compression.reset();
    m_may_compress = more.ok();  // a file that can't be compressed stays as it is until the next rotation
    return m_may_compress;
}

}  // namespace mos::observe
