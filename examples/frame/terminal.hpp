// Where output goes, and what it can show. Everything printed passes here and is escaped here.
#pragma once

#include "result.hpp"

#include <nlohmann/json.hpp>

#include <initializer_list>
#include <string>
#include <string_view>

namespace frame {

enum class Stream { out, err };
enum class Style { plain, bold, dim, good, bad, caution };

struct Piece {
    Style style;
    std::string_view text;
};

// One line of pieces. Each is escaped with printable(); colours appear on a terminal alone, and not with NO_COLOR.
void put_line(Stream stream, std::initializer_list<Piece> pieces);
void put_line(Stream stream, std::string_view text = {});

// A JSON document and a line break on standard output; ASCII alone, so that no byte of it can act on a terminal.
void put_json(const nlohmann::ordered_json &document);
// One on a single line, for long lists.
[[nodiscard]] std::string json_line(const nlohmann::ordered_json &document);

// Sets `name` of a JSON object to a path; one that is not clean UTF-8 travels as base64 in `name`_base64, as in the
// package's own index.
void set_path(nlohmann::ordered_json &object, const std::string &name, std::string_view path);

// Bytes that are neither escaped nor coloured: for this frame's own control sequences and JSON.
void put_raw(Stream stream, std::string_view bytes);

// Writes out what is buffered; a full disk or a closed pipe is a failure.
[[nodiscard]] Result<void> flush_output();

[[nodiscard]] bool is_terminal(Stream stream) noexcept;
// True where a line can be drawn over: a terminal that is not "dumb".
[[nodiscard]] bool can_redraw(Stream stream) noexcept;
// Columns of the terminal on standard error, else 80.
[[nodiscard]] std::size_t terminal_width() noexcept;
// True when the environment's locale is a UTF-8 one: bars and arrows are drawn, else spelled.
[[nodiscard]] bool speaks_utf8() noexcept;
// "→", or "->".
[[nodiscard]] std::string_view arrow() noexcept;

}  // namespace frame
