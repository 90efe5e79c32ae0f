// A log file: lines at its end, put aside when it is full, the oldest one gone.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/observe/line_format.hpp>
#include <mos/observe/log_handler.hpp>
#include <mos/observe/logging.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace mos::observe {

class Compression;

// "update.log", then "update.log.1", or "update.log.1.gz" where files are compressed, and so on: the larger the number,
// the older. Opened for each batch, so that it may be moved away, or its folder deleted, at any time: it is then made
// anew. Several processes may write to one file.
class FileWriter final : public LogWriter {
  public:
    // The file's folder, made where it is missing.
    using OpenFolder = std::function<Result<std::unique_ptr<base::Directory>>()>;

    FileWriter(OpenFolder open_folder, std::string name, LineFormat format, Rotation rotation);
    ~FileWriter() override;

    [[nodiscard]] Result<void> write(std::span<const base::Event> events) override;
    [[nodiscard]] bool work_a_little() override;

  private:
    [[nodiscard]] Result<bool> try_write(base::Directory &folder, base::ByteView text);
    [[nodiscard]] Result<void> rotate(base::Directory &folder);
    [[nodiscard]] Result<void> begin_compression();
    [[nodiscard]] std::string aside(std::size_t number) const;

    OpenFolder m_open_folder;
    std::string m_name;
    LineFormat m_format;
    Rotation m_rotation;
    bool m_may_compress;  // something may be there to be compressed
    std::unique_ptr<Compression> m_compression;
};

}  // namespace mos::observe
