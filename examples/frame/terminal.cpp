#include "terminal.hpp"

#include "text.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace frame {

namespace {

std::FILE *file_of(Stream stream) noexcept { return stream == Stream::out ? stdout : stderr; }

std::string_view environment(const char *name) noexcept {
    const char *value = std::getenv(name);
    return value != nullptr ? value : "";
}

bool in_colour(Stream stream) noexcept { return can_redraw(stream) && environment("NO_COLOR").empty(); }

std::string_view sequence(Style style) noexcept {
    switch (style) {
    case Style::plain:
        return "";
    case Style::bold:
        return "\x1b[1m";
    case Style::dim:
        return "\x1b[2m";
    case Style::good:
        return "\x1b[32m";
    case Style::bad:
        return "\x1b[1;31m";
    case Style::caution:
        return "\x1b[33m";
    }
    return "";
}

}  // namespace

void put_line(Stream stream, std::initializer_list<Piece> pieces) {
    const bool colour = in_colour(stream);
    std::string line;
    for (const Piece &piece : pieces) {
        const std::string_view begin = colour ? sequence(piece.style) : "";
        line += begin;
        line += printable(piece.text);
        if (!begin.empty())
            line += "\x1b[0m";
    }
    line += '\n';
    put_raw(stream, line);
}

void put_line(Stream stream, std::string_view text) { put_line(stream, {{Style::plain, text}}); }

static std::string dump(const nlohmann::ordered_json &document, int indent) {
    return document.dump(indent, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

void put_json(const nlohmann::ordered_json &document) { put_raw(Stream::out, dump(document, 2) + "\n"); }

std::string json_line(const nlohmann::ordered_json &document) { return dump(document, -1); }

void set_path(nlohmann::ordered_json &object, const std::string &name, std::string_view path) {
    if (is_clean(path))
        object[name] = path;
    else
        object[name + "_base64"] = base64(path);
}

void put_raw(Stream stream, std::string_view bytes) {
    // A write that fails leaves the stream's error mark, which flush_output() finds.
    (void)std::fwrite(bytes.data(), 1, bytes.size(), file_of(stream));
    if (stream == Stream::err)
        (void)std::fflush(stderr);
}

Result<void> flush_output() {
    errno = 0;
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
        return system_failure(errno != 0 ? errno : EIO, "write to", "standard output");
    return {};
}

bool is_terminal(Stream stream) noexcept { return ::isatty(::fileno(file_of(stream))) == 1; }

bool can_redraw(Stream stream) noexcept {
    const std::string_view terminal = environment("TERM");
    return is_terminal(stream) && !terminal.empty() && terminal != "dumb";
}

std::size_t terminal_width() noexcept {
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

bool speaks_utf8() noexcept {
    // The first that is set decides, as POSIX 8.2 says; the library and the tools never call setlocale.
    for (const char *name : std::array{"LC_ALL", "LC_CTYPE", "LANG"}) {
        const std::string_view value = environment(name);
        if (value.empty())
            continue;
        return value.find("UTF-8") != std::string_view::npos || value.find("utf8") != std::string_view::npos ||
               value.find("UTF8") != std::string_view::npos || value.find("utf-8") != std::string_view::npos;
    }
    return false;
}

std::string_view arrow() noexcept { return speaks_utf8() ? "\u2192" : "->"; }

}  // namespace frame
