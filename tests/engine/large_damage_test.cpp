// A payload where 32 bits with a sign no longer reach, one byte of it altered, and a root that is as it was. Run by
// itself (meson test --suite slow): it writes gigabytes.
#include "altered_source.hpp"
#include "engine_bench.hpp"
#include "temporary_root.hpp"

#include <mos/package/layout.hpp>
#include <mos/package/writer.hpp>

#include <filesystem>
#include <fstream>
#include <set>

using namespace mos::test;
using mos::Code;
namespace package = mos::package;

namespace {

// Every path below `folder`, but for what is the engine's own.
std::set<std::string> paths_of(const std::string &folder) {
    std::set<std::string> paths;
    for (const auto &entry : std::filesystem::recursive_directory_iterator{folder}) {
        const std::string path = std::filesystem::relative(entry.path(), folder).string();
        if (path != "var" && !path.starts_with("var/") && path != ".multios-stage")
            paths.insert(path);
    }
    return paths;
}

}  // namespace

TEST_CASE("a payload beyond 2 GiB with a byte altered is not installed, and nothing of it stays" * doctest::skip()) {
    constexpr std::uint64_t limit = std::uint64_t{1} << 31U;
    const TemporaryRoot input;
    const TemporaryRoot output;
    std::ofstream{input.path() + "/image"} << "";
    std::filesystem::resize_file(input.path() + "/image", limit + (16U << 20U));
    const PinnedSigner publisher;
    package::CreateOptions options;
    options.source_date_epoch = package_epoch;
    options.level = package::uncompressed;
    options.signers = {publisher.signer()};
    const auto tree = input.root();
    const package::InputTree trees[] = {{tree.get(), package::Section::files, ""}};
    must(package::create_package(trees, manifest_of("p", "1"), options, *output.root(), "p.mos"));
    const std::string path = output.path() + "/p.mos";
    const auto layout = package::layout_of(
        must(package::PackageFile::open(must(mos::base::open_file_source(path)))).claimed_statement());

    const TemporaryRoot root;
    std::filesystem::create_directories(root.path() + "/" + mos::engine::trust_path);
    std::ofstream{root.path() + "/" + mos::engine::trust_path + "/publisher.pub"} << publisher.public_pem();
    const auto engine =
        std::make_shared<mos::engine::Engine>(root.root(), mos::engine::Settings{}, std::make_shared<StillClock>());
    const std::set<std::string> before = paths_of(root.path());
    const auto install = [&](std::uint64_t place) {
        mos::engine::Plan plan{engine};
        must(plan.install(std::make_unique<AlteredSource>(path, place), {}));
        return EngineBench::run(plan);
    };
    for (const std::uint64_t place : {layout.payload + 5'000, limit, layout.last_frame - 5'000}) {
        INFO("place ", place);
        CHECK(refusal(install(place)) == Code::DIGEST_MISMATCH);
        CHECK(paths_of(root.path()) == before);
        CHECK(std::filesystem::is_empty(root.path() + "/.multios-stage"));
    }
    must(install(std::filesystem::file_size(path)));  // with none altered
    CHECK(std::filesystem::file_size(root.path() + "/image") == limit + (16U << 20U));
}
