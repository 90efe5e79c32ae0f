#include "frame/failure.hpp"
#include "frame/progress.hpp"
#include "frame/suggest.hpp"
#include "frame/text.hpp"

#include <doctest/doctest.h>

using namespace frame;

TEST_CASE("nothing that could act on a terminal passes printable") {
    CHECK(printable("usr/bin/\xc3\xa9") == "usr/bin/\xc3\xa9");
    CHECK(printable("a\x1b[2J") == "a\\x1b[2J");
    CHECK(printable("\t\r\n\x7f") == "\\x09\\x0d\\x0a\\x7f");
    CHECK(printable("\xc2\x9b") == "\\xc2\\x9b");                   // CSI as one C1 character
    CHECK(printable("\xe2\x80\xae txt") == "\\xe2\\x80\\xae txt");  // turns the text that follows round
    CHECK(printable("\xff\xc0\xaf") == "\\xff\\xc0\\xaf");          // no UTF-8
    CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");          // a surrogate
}

TEST_CASE("sizes, counts and times read easily") {
    CHECK(size_text(1) == "1 byte");
    CHECK(size_text(999) == "999 bytes");
    CHECK(size_text(12'400'000) == "12.4 MB");
    CHECK(size_text(999'960) == "1.0 MB");
    CHECK(size_text(~std::uint64_t{0}) == "18.4 EB");
    CHECK(count_text(0) == "0");
    CHECK(count_text(9310) == "9,310");
    CHECK(count_text(1'234'567) == "1,234,567");
    CHECK(counted(1, "path") == "1 path");
    CHECK(counted(2, "entry", "entries") == "2 entries");
    CHECK(duration_text(2840) == "2.8 s");
    CHECK(duration_text(125'000) == "2 min 5 s");
    CHECK(utc_time(0) == "1970-01-01T00:00:00Z");
}

TEST_CASE("modes read as ls shows them") {
    CHECK(mode_text('d', 0755) == "drwxr-xr-x");
    CHECK(mode_text('-', 04755) == "-rwsr-xr-x");
    CHECK(mode_text('-', 02644) == "-rw-r-Sr--");
    CHECK(mode_text('d', 01777) == "drwxrwxrwt");
}

TEST_CASE("a sentence begins with a capital, but for a path or a name, which is what it is") {
    CHECK(frame::as_sentence("ask the publisher") == "Ask the publisher.");
    CHECK(frame::as_sentence("etc/multios/network.yml says so") == "etc/multios/network.yml says so.");
    CHECK(frame::as_sentence("report.txt is there!") == "report.txt is there!");
    CHECK(frame::as_sentence("").empty());
}

TEST_CASE("a shell reads a word back as it was") {
    CHECK(shell_word("/mnt/target-1.0") == "/mnt/target-1.0");
    CHECK(shell_word("my root") == "'my root'");
    CHECK(shell_word("it's") == "'it'\\''s'");
    CHECK(shell_word("") == "''");
}

TEST_CASE("base64 is that of RFC 4648, section 10") {
    CHECK(base64("") == "");
    CHECK(base64("f") == "Zg==");
    CHECK(base64("fo") == "Zm8=");
    CHECK(base64("foobar") == "Zm9vYmFy");
}

TEST_CASE("a table's columns line up and end in no spaces") {
    Table table{{Align::left, Align::right, Align::left}};
    table.add({"a", "1", "x"});
    table.add({"b\xc3\xa9", "20", ""});
    CHECK(table.lines("  ") == std::vector<std::string>{"  a    1  x", "  b\xc3\xa9  20"});
}

TEST_CASE("text is wrapped at spaces and a long word stays whole") {
    CHECK(wrapped("one two three", 7) == std::vector<std::string>{"one two", "three"});
    CHECK(wrapped("a-very-long-word b", 5) == std::vector<std::string>{"a-very-long-word", "b"});
    CHECK(wrapped("", 5) == std::vector<std::string>{""});
}

TEST_CASE("the nearest name is suggested, and none that is far off") {
    const std::vector<std::string_view> names{"install", "info", "verify"};
    CHECK(edit_distance("instal", "install") == 1);
    CHECK(edit_distance("ifno", "info") == 1);
    CHECK(nearest("instal", names) == "install");
    CHECK(nearest("ifno", names) == "info");
    CHECK(nearest("zzzz", names) == "");
    CHECK(nearest("", names) == "");
    CHECK(suggestion("verfy", names, "--") == ": did you mean '--verify'?");
}

TEST_CASE("a name that was cut short is suggested where it is the only one that begins so") {
    const std::vector<std::string_view> names = {"input-directory", "output", "output-format"};
    CHECK(nearest("input-dir", names) == "input-directory");
    CHECK(nearest("out", names) == "");
    CHECK(nearest("in", names) == "");
}

TEST_CASE("what a script wrote is told in lines of its own, and not in the message") {
    Failure failed = failure(MOS_E_REVERTED, "'app' failed and was undone");
    failed.causes = {{MOS_E_SCRIPT_FAILED, "'post-install' of 'app' 1 exited with 3: last words", "app"},
                     {MOS_E_SCRIPT_FAILED, "its output: first\\x0alast words\\x0a"}};
    CHECK(full_message(failed) == "'app' failed and was undone: 'post-install' of 'app' 1 exited with 3: last words");
    CHECK(quoted_lines(failed) == std::vector<std::string>{"its output: first", "last words"});
    const nlohmann::ordered_json cause = to_json(failed)["causes"][0];
    CHECK(cause["number"] == "E053");
    CHECK(cause["name"] == "SCRIPT_FAILED");
    CHECK(cause["object"] == "app");
    failed.causes.pop_back();
    CHECK(quoted_lines(failed).empty());
}

TEST_CASE("an error of a script is told apart: no is a refusal, too long a failure") {
    CHECK(exit_code_of(MOS_E_SCRIPT_FAILED) == ExitCode::refused);
    CHECK(exit_code_of(MOS_E_SCRIPT_TIMEOUT) == ExitCode::failed);
    CHECK(exit_code_of(MOS_E_SERVICE_FAILED) == ExitCode::failed);
    CHECK(exit_code_of(MOS_E_REVERTED) == ExitCode::failed);
}

TEST_CASE("a progress line is never as wide as the terminal") {
    mos_progress now = MOS_PROGRESS_INIT;
    now.phase = MOS_PHASE_STAGING;
    now.done_bytes = 12'400'000;
    now.total_bytes = 48'100'000;
    for (std::size_t width = 12; width < 120; ++width)
        CHECK(display_width(progress_line(now, width)) < width);
    CHECK(progress_line(now, 80).starts_with(" staging "));
    CHECK(progress_line(now, 80).ends_with("12.4 MB of 48.1 MB"));
}
