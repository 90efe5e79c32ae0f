#include "request.hpp"

#include <mos/base/bytes.hpp>
#include <mos/base/path.hpp>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace mos::libexec {

namespace {

constexpr std::string_view protocol = "1";
constexpr std::size_t fixed_words = 7;
constexpr std::string_view end_of_ours = "--";
constexpr int highest_descriptor = 1023;

Error refused(std::string_view what, std::string_view word) {
    return Error{Code::INVALID_ARGUMENT, std::string{what} + " " + base::in_quotes(word) + " is not understood"};
}

Result<int> parse_descriptor(std::string_view word) {
    int number = -1;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc{} || end != word.data() + word.size() || number <= 2 || number > highest_descriptor)
        return refused("the descriptor", word);
    return number;
}

Result<Mode> parse_mode(std::string_view word) {
    if (word == "check")
        return Mode::check;
    if (word == "act")
        return Mode::act;
    return refused("the mode", word);
}

Result<void> check_name(std::string_view word) {
    MOS_CHECK(base::check_entry_path(word));
    if (word.find('/') != std::string_view::npos)
        return refused("the name", word);
    return {};
}

}  // namespace

Result<Request> parse_request(std::span<char *const> words) {
    const auto end = std::ranges::find(words, end_of_ours, [](const char *word) { return std::string_view{word}; });
    if (end == words.end() || static_cast<std::size_t>(end - words.begin()) < fixed_words)
        return Error{Code::INVALID_ARGUMENT, "this program is started by libmultiosupdate alone"};
    if (words[0] != protocol)
        return refused("the protocol", words[0]);
    Request request;
    MOS_TRY(request.root, parse_descriptor(words[1]));
    MOS_TRY(request.report, parse_descriptor(words[2]));
    MOS_TRY(request.mode, parse_mode(words[3]));
    request.hidden = words[4];
    MOS_CHECK(check_name(request.hidden));
    request.folder = words[5];
    MOS_CHECK(base::check_entry_path(request.folder));
    request.name = words[6];
    MOS_CHECK(check_name(request.name));
    for (auto word = words.begin() + fixed_words; word != end; ++word) {
        MOS_CHECK(base::check_entry_path(*word));
        request.also_hidden.emplace_back(*word);
    }
    request.arguments.assign(end + 1, words.end());
    return request;
}

}  // namespace mos::libexec
