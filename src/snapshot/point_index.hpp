// The index of a captured point: a line of JSON for each path, in byte order.
//
// The first line says what the point is about, the last one how many entries there were. That nobody has altered it is
// told by its digest, which the database has.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/base/line_reader.hpp>
#include <mos/crypto/digest.hpp>
#include <mos/snapshot/restoration_source.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mos::snapshot {

inline constexpr const char *index_name = "index";

struct IndexHead {
    std::uint64_t point = 0;
    std::vector<std::string> trees;     // captured with all below them
    std::vector<std::string> excluded;  // and these not
    bool access_lists = false;          // whether the attributes say which access control lists there were
};

class IndexWriter {
  public:
    [[nodiscard]] static Result<IndexWriter> create(base::Directory &folder, const IndexHead &head);

    // `handle` and `content` have no meaning here; `unchanged` is the file that was captured.
    [[nodiscard]] Result<void> append(const std::string &path, const PastEntry &entry);
    [[nodiscard]] Result<crypto::Sha256Digest> finish();
    [[nodiscard]] std::uint64_t count() const noexcept { return m_count; }

  private:
    explicit IndexWriter(std::unique_ptr<base::File> file) : m_file(std::move(file)) {}
    [[nodiscard]] Result<void> write_line(std::string line);
    [[nodiscard]] Result<void> write_out();

    std::unique_ptr<base::File> m_file;
    std::string m_buffer;
    std::uint64_t m_offset = 0;
    std::uint64_t m_count = 0;
    crypto::Sha256 m_hasher;
};

// Holds one line at a time.
class IndexReader {
  public:
    // FORMAT where it is none, NOT_FOUND.
    [[nodiscard]] static Result<IndexReader> open(base::Directory &folder);

    struct Entry {
        std::string path;
        PastEntry past;
    };
    // Nothing after the last; FORMAT for a line that is none, or where the last one is missing.
    [[nodiscard]] Result<std::optional<Entry>> next();
    [[nodiscard]] const IndexHead &head() const noexcept { return m_head; }

  private:
    explicit IndexReader(std::unique_ptr<base::File> file);
    [[nodiscard]] Result<std::string> next_line();
    [[nodiscard]] Result<void> read_head();
    [[nodiscard]] Result<void> check_end();

    std::unique_ptr<base::File> m_file;
    base::LineReader m_lines;
    IndexHead m_head;
    std::string m_last;  // path
    std::uint64_t m_count = 0;
    bool m_ended = false;
};

}  // namespace mos::snapshot
