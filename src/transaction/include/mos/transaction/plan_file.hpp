// The plan file of a stage: what the transaction will do, written while it is staged.
//
// It survives the loss of the database, and costs no flush of its own. JSON lines: a first line with the format and the
// transaction's number, one line an operation in path order, and a last line with their count and the CRC-32 of all
// bytes before it. A file without a valid last line was never finished, so never decided.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/base/line_reader.hpp>
#include <mos/state/operation.hpp>

#include <memory>
#include <optional>

namespace mos::transaction {

inline constexpr const char *plan_file_name = "plan";

// What stood at the path when it was staged; decide() refuses if it is another by then.
struct Witness {
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    base::FileTime modified;
    friend bool operator==(const Witness &, const Witness &) = default;
};

[[nodiscard]] Witness witness_of(const base::FileStatus &status);

// Whether that is what the operation staged, untouched since.
[[nodiscard]] bool is_as_staged(const state::Operation &operation, const base::FileStatus &status);

struct PlannedOperation {
    state::Operation operation;
    std::optional<Witness> there;  // nullopt: nothing
};

class PlanWriter {
  public:
    [[nodiscard]] static Result<PlanWriter> create(base::Directory &stage, std::uint64_t transaction);

    [[nodiscard]] Result<void> append(const PlannedOperation &planned);
    [[nodiscard]] Result<void> finish();
    [[nodiscard]] std::uint64_t count() const noexcept { return m_count; }

  private:
    explicit PlanWriter(std::unique_ptr<base::File> file) : m_file(std::move(file)) {}
    [[nodiscard]] Result<void> write_line(std::string line);
    [[nodiscard]] Result<void> write_out();

    std::unique_ptr<base::File> m_file;
    std::string m_buffer;
    std::uint64_t m_offset = 0;
    std::uint64_t m_count = 0;
    std::uint32_t m_checksum = 0;
};

// Reads a finished plan. Holds one line at a time.
class PlanReader {
  public:
    // Checks the whole file first. FORMAT when it was never finished or is damaged; NOT_FOUND when there is none.
    [[nodiscard]] static Result<PlanReader> open(base::Directory &stage);

    [[nodiscard]] Result<std::optional<PlannedOperation>> next();

  private:
    explicit PlanReader(std::unique_ptr<base::File> file);
    [[nodiscard]] Result<std::optional<std::string>> next_line();
    [[nodiscard]] Result<void> check_whole();
    void rewind();

    std::unique_ptr<base::File> m_file;
    base::LineReader m_lines;
    std::uint64_t m_left = 0;  // operations
};

}  // namespace mos::transaction
