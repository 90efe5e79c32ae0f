// Text for people: nothing in it can move a cursor, sizes and times read easily, columns line up.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace frame {

// True for well-formed UTF-8 (RFC 3629) without control characters.
[[nodiscard]] bool is_clean(std::string_view text) noexcept;

// `text` with every byte that is not clean written \xNN. Names and paths come from packages: nobody vouches for them.
[[nodiscard]] std::string printable(std::string_view text);

// printable() in single quotes.
[[nodiscard]] std::string in_quotes(std::string_view text);

// `text` as a shell reads it as one word; in quotes only where it must be.
[[nodiscard]] std::string shell_word(std::string_view text);

// RFC 4648 section 4; how JSON output carries a path that is not clean.
[[nodiscard]] std::string base64(std::string_view bytes);

// Two digits a byte, small letters: how digests are shown.
[[nodiscard]] std::string hexadecimal(std::span<const std::uint8_t> bytes);

// "812 bytes", "12.4 MB": powers of ten, as disks are sold and files are listed.
[[nodiscard]] std::string size_text(std::uint64_t bytes);

// "9,310".
[[nodiscard]] std::string count_text(std::uint64_t count);

// "1 file", "9,310 files"; an irregular plural is given.
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view noun, std::string_view plural = {});

// "0.4 s", "2 min 5 s".
[[nodiscard]] std::string duration_text(std::int64_t milliseconds);

// "2026-11-24 13:18:32" in the machine's time zone; "2026-11-24T13:18:32Z" for JSON.
[[nodiscard]] std::string local_time(std::int64_t unix_s);
[[nodiscard]] std::string utc_time(std::int64_t unix_s);

// "drwxr-xr-x".
[[nodiscard]] std::string mode_text(char type, std::uint32_t mode);

// "Get the package again." of "get the package again".
[[nodiscard]] std::string as_sentence(std::string_view text);

// Places on the screen: one a code point of clean UTF-8.
[[nodiscard]] std::size_t display_width(std::string_view text) noexcept;

// `text` filled with spaces to `width` places.
[[nodiscard]] std::string padded(std::string_view text, std::size_t width);
[[nodiscard]] std::string padded_left(std::string_view text, std::size_t width);

// Breaks at spaces so that no line is wider than `width` where a word allows it.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width);

enum class Align { left, right };

// Rows of cells; each column as wide as its widest cell, two spaces between, nothing behind the last.
class Table {
  public:
    explicit Table(std::vector<Align> columns) : m_columns(std::move(columns)) {}
    void add(std::vector<std::string> cells);
    [[nodiscard]] bool empty() const noexcept { return m_rows.empty(); }
    [[nodiscard]] std::vector<std::string> lines(std::string_view indent = "") const;

  private:
    std::vector<Align> m_columns;
    std::vector<std::vector<std::string>> m_rows;
};

}  // namespace frame
