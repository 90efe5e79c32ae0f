// Compresses a file that is not written to any more, a piece at a time.
#pragma once

#include <mos/base/filesystem.hpp>

#include <memory>
#include <string>

namespace mos::observe {

// "NAME" becomes "NAME.gz" (RFC 1952). Until that is whole it is "NAME.gz.new", which the next attempt replaces, and
// one that is given up removes.
class Compression {
  public:
    // LOCKED when another process is compressing it.
    [[nodiscard]] static Result<std::unique_ptr<Compression>> begin(std::unique_ptr<base::Directory> folder,
                                                                    std::string name);
    ~Compression();
    Compression(const Compression &) = delete;
    Compression &operator=(const Compression &) = delete;

    // Some milliseconds' worth of it; false when it is done.
    [[nodiscard]] Result<bool> step();

  private:
    struct Stream;
    Compression(std::unique_ptr<base::Directory> folder, std::string name);
    [[nodiscard]] Result<void> write_out(int flush);
    [[nodiscard]] Result<void> finish();
    [[nodiscard]] std::string new_name() const { return m_name + ".gz.new"; }

    std::unique_ptr<base::Directory> m_folder;
    std::string m_name;
    std::unique_ptr<base::File> m_from;  // locked
    std::unique_ptr<base::File> m_to;
    std::unique_ptr<Stream> m_stream;
    std::uint64_t m_read = 0;
    std::uint64_t m_written = 0;
    bool m_is_done = false;
};

}  // namespace mos::observe
