// Delta packages that a trusted key has signed and that say whatever the input says (delta_script.hpp), applied to a
// root with their base. What is refused leaves the root as it was; what is accepted has the content that its index
// says, and taken back, all is as it was.
#include "delta_script.hpp"
#include "plan_run.hpp"
#include "sample.hpp"
#include "target.hpp"
#include "tree_image.hpp"
#include "twin.hpp"

#include <mos/package/package_file.hpp>

#include <optional>

namespace {

using namespace mos;

constexpr std::string_view engine_paths[] = {"var/lib/multios", ".multios-stage"};

std::shared_ptr<engine::Engine> open_engine(const test::Twin &twin) {
    engine::Settings settings;
    settings.services = std::make_shared<install::NoServices>();
    return std::make_shared<engine::Engine>(twin.root(), std::move(settings), std::make_shared<fuzz::StillClock>());
}

Result<void> install_package(const test::Twin &twin, const base::Bytes &file) {
    engine::Plan plan{open_engine(twin)};
    MOS_CHECK(plan.install(base::make_memory_source(file, "input"), {}));
    return fuzz::carry_out(plan);
}

// The disk with the base installed, and the base's content digest.
struct Installed {
    test::DiskState disk;
    crypto::Sha256Digest content{};
};

Installed install_base() {
    const test::Twin twin;
    const auto key = fuzz::must(crypto::PrivateKey::from_pem(fuzz::ed25519_pem, "publisher"), "a key is read");
    const auto trust = fuzz::must(base::make_directories(*twin.root(), engine::trust_path), "there is a folder");
    const std::string pem = key.public_key().to_pem();
    fuzz::must(base::replace_file(*trust, "publisher.pub", base::as_bytes(pem), 0644), "a key is trusted");
    fuzz::must(install_package(twin, fuzz::forge_package(fuzz::delta_base_package(), fuzz::ed25519_pem)),
               "the base is installed");
    const auto installed = fuzz::must(open_engine(twin)->installed("p"), "what is installed is known");
    fuzz::must(twin.root()->flush(), "the disk is flushed");
    return {twin.crash(test::Selection::all()), installed->content_digest};
}

test::TreeImage image(const test::Twin &twin) {
    return fuzz::must(test::scan(*twin.root(), engine_paths), "a tree is read");
}

void hold_same(const test::TreeImage &before, const test::TreeImage &after, const char *property) {
    const std::string difference = test::difference(before, after, test::all_directory_times);
    if (!difference.empty())
        static_cast<void>(std::fprintf(stderr, "%s", difference.c_str()));
    fuzz::hold(difference.empty(), property);
}

// What was accepted stands in the root as it was signed.
void hold_content(const test::Twin &twin, const base::Bytes &file) {
    auto claims = fuzz::must(package::PackageFile::open(base::make_memory_source(file, "input")), "it opens again");
    auto package = fuzz::must(std::move(claims).accept_unverified(), "it is read again");
    auto cursor = fuzz::must(package.entries(), "it has entries");
    const test::TreeImage after = image(twin);
    while (const auto entry = fuzz::must(cursor.next(), "its entries are read again")) {
        const auto path = package::installed_path(*entry);
        if (!path || entry->type != package::EntryType::regular)
            continue;
        const test::TreeEntry *const there = after.find(*path);
        fuzz::hold(there != nullptr && crypto::sha256(base::as_bytes(there->content)) == entry->sha256,
                   "what was accepted has the content that was signed");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    static const Installed base = install_base();
    fuzz::ForgedPackage forged = fuzz::read_delta_script(base::as_text(fuzz::input(data, size)));
    forged.base_content = base.content;
    const base::Bytes file = fuzz::forge_package(std::move(forged), fuzz::ed25519_pem);
    const test::Twin twin{base.disk};
    const test::TreeImage before = image(twin);
    const auto outcome = install_package(twin, file);
    if (!outcome) {
        fuzz::hold(base::is_clean_text(outcome.error().full_message()), "a refusal can be shown");
        hold_same(before, image(twin), "a delta package that is refused leaves the root as it was");
        return 0;
    }
    hold_content(twin, file);
    engine::Plan plan{open_engine(twin)};
    fuzz::must(plan.roll_back({}), "a rollback is planned");
    fuzz::must(fuzz::carry_out(plan), "what was installed is taken back");
    hold_same(before, image(twin), "a delta package is taken back");
    return 0;
}
