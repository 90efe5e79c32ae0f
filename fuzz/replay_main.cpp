// Runs a fuzz target over every file of the folders given: the corpus as an ordinary test, under any compiler.
#include "target.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

std::vector<std::filesystem::path> files_below(const std::filesystem::path &folder) {
    std::vector<std::filesystem::path> files;
    for (const auto &entry : std::filesystem::recursive_directory_iterator{folder})
        if (entry.is_regular_file())
            files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

void replay(const std::filesystem::path &path) {
    std::ifstream stream{path, std::ios::binary};
    const std::string content{std::istreambuf_iterator<char>{stream}, {}};
    // Memory of exactly this size, so that a sanitizer sees a read past the end.
    const std::vector<std::uint8_t> bytes{content.begin(), content.end()};
    static_cast<void>(std::fprintf(stderr, "%s\n", path.c_str()));  // the last one named is the one that broke
    static_cast<void>(LLVMFuzzerTestOneInput(bytes.data(), bytes.size()));
}

}  // namespace

int main(int count, char **arguments) {
    std::size_t replayed = 0;
    for (int i = 1; i < count; ++i) {
        for (const std::filesystem::path &path : files_below(arguments[i])) {
            replay(path);
            ++replayed;
        }
    }
    std::printf("%zu inputs replayed\n", replayed);
    return replayed == 0 ? 1 : 0;
}
