#include "filesystems.hpp"

#include "program.hpp"

namespace mos::test {

namespace {

constexpr std::uint64_t kibibyte = 1U << 10U;
constexpr std::uint64_t mebibyte = 1U << 20U;

Filesystem ext4(std::string name, std::string mount_options, std::string features) {
    // Nothing is left for the kernel to initialise later, which would add writes at times of its choosing.
    return {.name = std::move(name),
            .type = "ext4",
            .mount_options = std::move(mount_options),
            .bytes = 48 * mebibyte,  // with room for two releases of the engine itself
            .maker = {"mkfs.ext4", "-q", "-F", "-b", "4096", "-J", "size=4", "-O", std::move(features), "-E",
                      "lazy_itable_init=0,lazy_journal_init=0,nodiscard,hash_seed=6d6f7321-0000-4000-8000-000000000001",
                      "-U", "6d6f7321-0000-4000-8000-000000000002"},
            .whole_blocks = {0}};
}

std::vector<Filesystem> make_table() {
    std::vector<Filesystem> table;
    table.push_back(ext4("ext4", "", "^resize_inode"));
    // Without the heuristics that flush a file when it is renamed over another.
    table.push_back(ext4("ext4-noauto", "noauto_da_alloc", "^resize_inode"));
    table.push_back({.name = "xfs",
                     .type = "xfs",
                     .mount_options = "nouuid",
                     .bytes = 48 * mebibyte,
                     .maker = {"mkfs.xfs", "-q", "-f", "-K", "-d", "agcount=2", "-l", "size=6m", "-m",
                               "uuid=6d6f7321-0000-4000-8000-000000000003"},
                     .whole_blocks = {},
                     .tear_bytes = block_bytes});
    // The kernel knows devices by their UUID, and two runs may go on at once: so each makes its own.
    table.push_back({.name = "btrfs",
                     .type = "btrfs",
                     .mount_options = "",
                     .bytes = 128 * mebibyte,
                     .maker = {"mkfs.btrfs", "-q", "-K", "-m", "single", "-d", "single"},
                     .whole_blocks = {64 * kibibyte, 64 * mebibyte}});
    table.push_back(ext4("ext4-fast-commit", "", "^resize_inode,fast_commit"));
    table.back().in_default_table = InDefaultTable::no;
    table.back().tear_bytes = block_bytes;  // the kernel can't mount it with a torn block of fast commits
    return table;
}

}  // namespace

const std::vector<Filesystem> &all_filesystems() {
    static const std::vector<Filesystem> table = make_table();
    return table;
}

Result<void> make_filesystem(const Filesystem &filesystem, const std::string &path) {
    std::vector<std::string> arguments = filesystem.maker;
    arguments.push_back(path);
    // mkfs.xfs makes no filesystem below 300 MB but for its own tests, which it knows by these; every state of a larger
    // one would take longer.
    return run_program(arguments, {"TEST_DIR=/", "TEST_DEV=/", "QA_CHECK_FS=/"});
}

}  // namespace mos::test
