#include "program.hpp"

#include "descriptor.hpp"

#include <mos/base/bytes.hpp>
#include <mos/base/error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mos::test {

using base::real::Descriptor;

namespace {

constexpr std::size_t kept_output_bytes = 1000;

std::vector<char *> pointers(const std::vector<std::string> &texts) {
    std::vector<char *> all;
    all.reserve(texts.size() + 1);
    for (const std::string &text : texts)
        all.push_back(const_cast<char *>(text.c_str()));  // NOLINT(*-const-cast): posix_spawnp() writes to none
    all.push_back(nullptr);
    return all;
}

std::string last_words(int output) {
    const off_t size = ::lseek(output, 0, SEEK_END);
    const off_t start = std::max<off_t>(0, size - static_cast<off_t>(kept_output_bytes));
    std::array<char, kept_output_bytes> buffer{};
    const ssize_t count = ::pread(output, buffer.data(), buffer.size(), start);
    std::string text{buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
    std::ranges::replace(text, '\n', ' ');
    return text;
}

Result<int> wait_for(pid_t child, const std::string &name) {
    int status = 0;
    if (base::real::uninterrupted([&] { return ::waitpid(child, &status, 0); }) != child)
        return base::system_error(errno, "wait for", name);
    return status;
}

}  // namespace

Result<void> run_program(const std::vector<std::string> &arguments, const std::vector<std::string> &environment) {
    const std::string &name = arguments.front();
    const Descriptor output{::memfd_create("output", MFD_CLOEXEC)};
    if (!output.is_open())
        return base::system_error(errno, "keep the output of", name);
    std::vector<std::string> all = environment;
    for (char **one = environ; *one != nullptr; ++one)
        all.emplace_back(*one);

    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, output.number(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, output.number(), STDERR_FILENO);
    pid_t child = 0;
    const int problem =
        ::posix_spawnp(&child, name.c_str(), &actions, nullptr, pointers(arguments).data(), pointers(all).data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (problem != 0)
        return base::system_error(problem, "start", name);
    MOS_TRY(const int status, wait_for(child, name));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return {};
    return Error{Code::INTERNAL,
                 fmt::format("{} failed with {}: {}", base::in_quotes(name),
                             WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), last_words(output.number()))};
}

std::string program_folder() {
    std::error_code problem;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", problem);
    return problem ? std::string{} : program.parent_path().string();
}

}  // namespace mos::test
