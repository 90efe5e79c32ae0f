// vectors-run [--skips] --stricter=FILE FILE…: holds the library to other people's test vectors, each told by its form.
// Without files those of the folder that the environment variable MOS_VECTORS names. Exit status: 0 when nothing is
// accepted that should not be, and nothing refused without a reason; 1 when there is; 2 when a file can't be used; 77
// when there is no folder.
#include "limbo.hpp"
#include "wycheproof.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace {

using namespace mos::vectors;
namespace fs = std::filesystem;

constexpr int skipped_status = 77;  // as meson test has it
constexpr int unusable_status = 2;

struct Arguments {
    std::vector<std::string> files;
    std::string stricter;
    bool lists_skips = false;
};

Arguments read_arguments(int count, char **values) {
    Arguments arguments;
    for (int i = 1; i < count; ++i) {
        const std::string value = values[i];
        if (value == "--skips")
            arguments.lists_skips = true;
        else if (value.starts_with("--stricter="))
            arguments.stricter = value.substr(value.find('=') + 1);
        else
            arguments.files.push_back(value);
    }
    return arguments;
}

// Every file of vectors under the folder; a schema describes them and is none.
std::vector<std::string> files_under(const fs::path &folder) {
    std::vector<std::string> files;
    for (const fs::directory_entry &entry : fs::recursive_directory_iterator{folder})
        if (entry.path().extension() == ".json" && entry.path().filename() != "schema.json")
            files.push_back(entry.path().string());
    std::sort(files.begin(), files.end());
    return files;
}

void run_file(const std::string &path, Report &report) {
    std::ifstream stream{path};
    if (!stream)
        throw std::runtime_error{"can't be read"};
    const nlohmann::json file = nlohmann::json::parse(stream);
    report.begin_file(fs::path{path}.filename().string());
    if (is_limbo(file))
        run_limbo(file, report);
    else if (is_wycheproof(file))
        run_wycheproof(file, report);
    else
        throw std::runtime_error{"is neither of Wycheproof nor of x509-limbo"};
}

int run(const Arguments &arguments) {
    Report report{arguments.stricter.empty() ? Stricter{} : read_stricter(arguments.stricter), arguments.lists_skips};
    bool all_usable = true;
    for (const std::string &path : arguments.files) {
        try {
            run_file(path, report);
        } catch (const std::exception &error) {
            fmt::print("'{}': {}\n", path, error.what());
            all_usable = false;
        }
    }
    report.print_summary();
    if (!all_usable)
        return unusable_status;
    return report.is_good() ? 0 : 1;
}

}  // namespace

int main(int count, char **values) {
    try {
        Arguments arguments = read_arguments(count, values);
        const char *const folder = std::getenv("MOS_VECTORS");
        if (arguments.files.empty() && folder != nullptr && fs::is_directory(folder))
            arguments.files = files_under(folder);
        if (arguments.files.empty()) {
            fmt::print("skipped: there are no files, and MOS_VECTORS names no folder of them\n");
            return skipped_status;
        }
        return run(arguments);
    } catch (const std::exception &error) {
        fmt::print(stderr, "vectors-run: {}\n", error.what());
        return unusable_status;
    }
}
