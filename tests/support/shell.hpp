// What tests have other people's programs do.
#pragma once

#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/wait.h>

namespace mos::test {

// Whether the shell's `command` ended with 0.
inline bool shell(const std::string &command) {
    return std::system(command.c_str()) == 0;  // NOLINT(cert-env33-c): commands of the tests alone
}

struct ShellAnswer {
    int status = 0;  // -1 where a signal ended it
    std::string output;
};

inline ShellAnswer ask_shell(const std::string &command) {
    std::FILE *const pipe = ::popen(command.c_str(), "r");  // NOLINT(cert-env33-c): commands of the tests alone
    REQUIRE(pipe != nullptr);
    ShellAnswer answer;
    std::array<char, 4096> block{};
    while (const std::size_t count = std::fread(block.data(), 1, block.size(), pipe))
        answer.output.append(block.data(), count);
    const int status = ::pclose(pipe);
    answer.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return answer;
}

}  // namespace mos::test
