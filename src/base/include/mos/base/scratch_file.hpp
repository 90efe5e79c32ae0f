// A file that is being made: under a temporary name beside its goal, gone with its owner unless it is kept.
#pragma once

#include <mos/base/filesystem.hpp>

#include <memory>
#include <string>

namespace mos::base {

class ScratchFile {
  public:
    // `purpose` becomes part of the name. The directory outlives the file.
    [[nodiscard]] static Result<ScratchFile> create(Directory &directory, std::string_view name,
                                                    std::string_view purpose);

    ScratchFile(ScratchFile &&other) noexcept;
    ScratchFile &operator=(ScratchFile &&) = delete;
    ~ScratchFile();

    // Buffered, at the end. A read sees everything that was appended.
    [[nodiscard]] Result<void> append(ByteView bytes);
    [[nodiscard]] Result<void> read_exactly(std::uint64_t offset, MutableByteView out);
    [[nodiscard]] std::uint64_t size() const noexcept { return m_written + m_buffer.size(); }

    // Unbuffered: for what is known only later. Past the end it makes the file longer; nothing is appended after that.
    [[nodiscard]] Result<void> overwrite(std::uint64_t offset, ByteView bytes);

    // Appends all of another one, or the first `size` bytes of a source.
    [[nodiscard]] Result<void> append_all(ScratchFile &other);
    [[nodiscard]] Result<void> append_source(Source &source, std::uint64_t size);

    // Durable, readable by everybody, and under its real name, which it takes over from whatever has it.
    [[nodiscard]] Result<void> keep_as(std::string_view name);

    // To read it back as its readers will.
    [[nodiscard]] Result<std::unique_ptr<Source>> open_source(std::string_view shown_name);

  private:
    ScratchFile(Directory &directory, std::string name, std::unique_ptr<File> file);
    [[nodiscard]] Result<void> write_buffer();

    Directory *m_directory;
    std::string m_name;
    std::unique_ptr<File> m_file;
    Bytes m_buffer;
    std::uint64_t m_written = 0;
};

// Reads a scratch file's lines front to back.
class ScratchLines {
  public:
    explicit ScratchLines(ScratchFile &file) : m_file(&file) {}
    // Without its newline, valid until the next call; nothing at the end.
    [[nodiscard]] Result<std::optional<std::string_view>> next();

  private:
    ScratchFile *m_file;
    std::string m_text;
    std::size_t m_begin = 0;
    std::uint64_t m_offset = 0;
};

}  // namespace mos::base
