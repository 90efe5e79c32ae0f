#include "question.hpp"

#include "interrupt.hpp"
#include "terminal.hpp"
#include "text.hpp"

#include <fmt/format.h>

#include <poll.h>
#include <unistd.h>

#include <algorithm>

namespace frame {

namespace {

constexpr int turn_ms = 100;
constexpr std::size_t longest_answer = 256;

// Waits for input in short turns: a signal that comes just before a read() must not wait for the next key.
bool input_is_ready() {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    while (!interrupted())
        if (::poll(&input, 1, turn_ms) > 0)
            return true;
    return false;
}

// One line from the terminal; nothing at its end or when a stop was asked for.
std::optional<std::string> read_answer() {
    std::string line;
    for (char byte = 0; line.size() < longest_answer;) {
        if (!input_is_ready() || ::read(STDIN_FILENO, &byte, 1) != 1)
            return std::nullopt;
        if (byte == '\n')
            return line;
        line += byte;
    }
    return line;
}

}  // namespace

bool can_ask() noexcept { return is_terminal(Stream::err) && ::isatty(STDIN_FILENO) == 1; }

std::optional<std::string> ask_person(std::string_view text, const std::vector<std::string> &choices,
                                      std::string_view fallback) {
    put_line(Stream::err, {{Style::bold, as_sentence(text)}});
    for (;;) {
        put_raw(Stream::err, printable(fmt::format("  {} (Enter: {}) ", fmt::join(choices, ", "), fallback)));
        const std::optional<std::string> given = read_answer();
        if (!given)
            return std::nullopt;
        const std::string choice = given->empty() ? std::string{fallback} : *given;
        if (std::find(choices.begin(), choices.end(), choice) != choices.end())
            return choice;
    }
}

}  // namespace frame
