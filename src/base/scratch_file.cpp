#include <mos/base/scratch_file.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mos::base {

namespace {

constexpr std::size_t buffer_bytes = 256U << 10U;
constexpr int max_names = 1000;  // temporary names that a crash or another writer may have left
constexpr std::uint32_t file_mode = 0644;

}  // namespace

ScratchFile::ScratchFile(Directory &directory, std::string name, std::unique_ptr<File> file)
    : m_directory(&directory), m_name(std::move(name)), m_file(std::move(file)) {}

ScratchFile::ScratchFile(ScratchFile &&other) noexcept
    : m_directory(other.m_directory), m_name(std::exchange(other.m_name, {})), m_file(std::move(other.m_file)),
      m_buffer(std::move(other.m_buffer)), m_written(other.m_written) {}

ScratchFile::~ScratchFile() {
    m_file.reset();
    if (m_name.empty())
        return;
    // A leftover is no harm, and there is nobody to tell; also when memory has run out.
    try {
        [[maybe_unused]] const auto ignored = m_directory->remove_file(m_name);
    } catch (const std::bad_alloc &) {
        return;
    }
}

Result<ScratchFile> ScratchFile::create(Directory &directory, std::string_view name, std::string_view purpose) {
    for (int i = 0;; ++i) {
        std::string candidate = fmt::format(".{}.{}-{}", name, purpose, i);
        auto file = directory.open_file(candidate, OpenMode::create_new);
        if (file)
            return ScratchFile{directory, std::move(candidate), std::move(file).value()};
        if (file.error().code() != Code::EXISTS || i == max_names)
            return in_context(std::move(file).error(),
                              fmt::format("can't make a temporary file for {}", in_quotes(name)));
    }
}

Result<void> ScratchFile::write_buffer() {
    if (m_buffer.empty())
        return {};
    MOS_CHECK(m_file->write_at(m_written, m_buffer));
    m_written += m_buffer.size();
    m_buffer.clear();
    return {};
}

Result<void> ScratchFile::append(ByteView bytes) {
    m_buffer.insert(m_buffer.end(), bytes.begin(), bytes.end());
    if (m_buffer.size() >= buffer_bytes)
        return write_buffer();
    return {};
}

Result<void> ScratchFile::read_exactly(std::uint64_t offset, MutableByteView out) {
    if (offset + out.size() > m_written)
        MOS_CHECK(write_buffer());
    MOS_TRY(const std::size_t count, m_file->read_at(offset, out));
    if (count != out.size())
        return Error{Code::TRUNCATED, fmt::format("temporary file {} became shorter", in_quotes(m_name))};
    return {};
}

Result<void> ScratchFile::overwrite(std::uint64_t offset, ByteView bytes) {
    MOS_CHECK(write_buffer());
    MOS_CHECK(m_file->write_at(offset, bytes));
    m_written = std::max(m_written, offset + bytes.size());
    return {};
}

Result<void> ScratchFile::append_all(ScratchFile &other) {
    Bytes part(buffer_bytes);
    for (std::uint64_t done = 0; done < other.size();) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(part.size(), other.size() - done));
        const auto view = MutableByteView{part}.first(count);
        MOS_CHECK(other.read_exactly(done, view));
        MOS_CHECK(append(view));
        done += count;
    }
    return {};
}

Result<void> ScratchFile::append_source(Source &source, std::uint64_t size) {
    Bytes part(buffer_bytes);
    for (std::uint64_t done = 0; done < size;) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(part.size(), size - done));
        const auto view = MutableByteView{part}.first(count);
        MOS_CHECK(base::read_exactly(source, done, view));
        MOS_CHECK(append(view));
        done += count;
    }
    return {};
}

Result<void> ScratchFile::keep_as(std::string_view name) {
    MOS_CHECK(write_buffer());
    MOS_CHECK(m_file->set_mode(file_mode));
    MOS_CHECK(m_file->flush());
    MOS_CHECK(m_directory->rename(m_name, *m_directory, name, RenameMode::replace));
    m_name.clear();
    return m_directory->flush();
}

Result<std::unique_ptr<Source>> ScratchFile::open_source(std::string_view shown_name) {
    MOS_CHECK(write_buffer());
    MOS_TRY(auto file, m_directory->open_file(m_name, OpenMode::read));
    return make_source(std::move(file), std::string{shown_name});
}

Result<std::optional<std::string_view>> ScratchLines::next() {
    for (;;) {
        const std::size_t end = m_text.find('\n', m_begin);
        if (end != std::string::npos) {
            const std::string_view line = std::string_view{m_text}.substr(m_begin, end - m_begin);
            m_begin = end + 1;
            return std::optional<std::string_view>{line};
        }
        if (m_offset == m_file->size())
            return std::optional<std::string_view>{};
        m_text.erase(0, m_begin);
        m_begin = 0;
        const std::size_t before = m_text.size();
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_bytes, m_file->size() - m_offset));
        m_text.resize(before + count);
        MOS_CHECK(m_file->read_exactly(m_offset, std::as_writable_bytes(std::span{m_text}.subspan(before))));
        m_offset += count;
    }
}

}  // namespace mos::base
