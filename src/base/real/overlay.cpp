#include "overlay.hpp"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>

namespace mos::base::real {

namespace {

struct FileCloser {
    void operator()(std::FILE *file) const noexcept { static_cast<void>(std::fclose(file)); }
};

struct Line {
    Line() = default;
    Line(const Line &) = delete;
    Line &operator=(const Line &) = delete;
    ~Line() { std::free(text); }  // NOLINT(*-no-malloc): getline() makes it with malloc()
    char *text = nullptr;
    std::size_t room = 0;
};

// proc(5): the mount's number is the first field, and the filesystem's own options are the last.
bool is_of_mount(std::string_view line, std::uint64_t mount) {
    std::uint64_t number = 0;
    const auto [end, problem] = std::from_chars(line.data(), line.data() + line.size(), number);
    return problem == std::errc{} && number == mount && end != line.data() + line.size() && *end == ' ';
}

bool has_option(std::string_view options, std::string_view wanted) {
    while (!options.empty()) {
        const std::size_t comma = options.find(',');
        if (options.substr(0, comma) == wanted)
            return true;
        options.remove_prefix(comma == std::string_view::npos ? options.size() : comma + 1);
    }
    return false;
}

}  // namespace

bool moves_lower_directories(std::uint64_t mount) noexcept {
    const std::unique_ptr<std::FILE, FileCloser> mounts{std::fopen("/proc/self/mountinfo", "re")};
    Line line;
    for (ssize_t length = 0; mounts != nullptr && (length = ::getline(&line.text, &line.room, mounts.get())) > 0;) {
        std::string_view text{line.text, static_cast<std::size_t>(length)};
        if (text.ends_with('\n'))
            text.remove_suffix(1);
        if (is_of_mount(text, mount))
            return has_option(text.substr(text.rfind(' ') + 1), "redirect_dir=on");
    }
    return false;
}

}  // namespace mos::base::real
