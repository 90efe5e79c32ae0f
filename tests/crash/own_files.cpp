#include "own_files.hpp"

#include "expect.hpp"
#include "ground.hpp"
#include "package_workloads.hpp"
#include "program.hpp"

#include <mos/base/filesystem.hpp>

#include <filesystem>
#include <fstream>

namespace mos::test {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t max_package_bytes = 256U << 20U;
constexpr std::string_view tool_path = "usr/bin/multios-update";
constexpr std::string_view note_path = "var/lib/multios/release";  // beside the database
constexpr std::string_view library_folder = "usr/lib";
constexpr std::string_view library_name = "libmultiosupdate.so.0";

// Where the packages are made, and where the program finds the second one.
struct Workshop {
    fs::path folder;
    OwnFiles own;

    void run(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), own.package_tool);
        must(run_program(arguments));
    }
    [[nodiscard]] std::string path(std::string_view name) const { return (folder / name).string(); }
    [[nodiscard]] std::string package_of(const std::string &version) const { return path(version + ".mos"); }
};

// Bytes behind an ELF file are in nobody's way, and make it another one.
void copy_with_mark(const std::string &from, const fs::path &to, const std::string &mark) {
    must(run_program({"strip", "-o", to.string(), from}));
    std::ofstream{to, std::ios::app | std::ios::binary} << mark;
}

void make_keys(const Workshop &shop) {
    shop.run({"keygen", "--type=ecc-p384", "--output=" + shop.path("ca"), "--ca", "--common-name=CA"});
    shop.run({"keygen", "--type=ecc-p384", "--output=" + shop.path("signer"), "--issuer=" + shop.path("ca"),
              "--common-name=Signer"});
    fs::create_directory(shop.path("trust"));
    fs::copy_file(shop.path("ca.crt"), shop.path("trust/ca.crt"));
}

Packed make_release(const Workshop &shop, const std::string &version) {
    const fs::path tree = shop.path(version);
    fs::create_directories((tree / tool_path).parent_path());
    fs::create_directories(tree / library_folder);
    fs::create_directories((tree / note_path).parent_path());
    copy_with_mark(shop.own.update_tool, tree / tool_path, version);
    copy_with_mark(shop.own.library, tree / library_folder / library_name, version);
    std::ofstream{tree / note_path} << version << '\n';
    shop.run({"create", "--name=system", "--version=" + version, "--input-directory=" + tree.string(),
              "--output=" + shop.package_of(version), "--sign-key=" + shop.path("signer.key"),
              "--certificate=" + shop.path("signer.crt")});
    const auto folder = must(base::open_root(shop.folder.string()));
    return {"system", must(base::read_file(*folder, version + ".mos", max_package_bytes))};
}

// The root's own program, with the root's own library. Its exit status is the acknowledgement.
Result<void> run_own(Session &session, std::vector<std::string> arguments) {
    const std::string root = session.disk().path();
    arguments.insert(arguments.begin(), root + "/" + std::string{tool_path});
    arguments.push_back("--root=" + root);
    session.allow(only(0) | only(1));
    MOS_CHECK(run_program(arguments, {"LD_LIBRARY_PATH=" + root + "/" + std::string{library_folder}}));
    session.allow(only(1));
    return {};
}

}  // namespace

std::vector<Workload> own_files_workloads(const OwnFiles &files) {
    const Workshop shop{.folder = must(make_ground_folder("own-files")), .own = files};
    make_keys(shop);
    static const Packed first = make_release(shop, "1");
    static const Packed second = make_release(shop, "2");
    Workload update = update_workload("own-files", "the engine updates itself while it runs", first, second);
    update.run = [shop](Session &session) {
        return run_own(session, {"install", shop.package_of("2"), "--trust=" + shop.path("trust")});
    };
    Workload rollback =
        rollback_workload("own-files-rollback", "the engine takes its own update back while it runs", first, second);
    rollback.run = [](Session &session) { return run_own(session, {"rollback", "last-good"}); };
    return {std::move(update), std::move(rollback)};
}

}  // namespace mos::test
