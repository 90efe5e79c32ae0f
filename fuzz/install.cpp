// Verified installs into a root whose links lead out of it, of packages that a trusted key has signed and that say
// whatever the input says (install_script.hpp). Nothing outside the root changes, whatever the input; what is refused
// changes nothing inside either; and what is accepted is taken back, and all is as it was.
#include "install_script.hpp"
#include "plan_run.hpp"
#include "sample.hpp"
#include "sandbox.hpp"
#include "target.hpp"

namespace {

using namespace mos;

std::string trusted_pem() {
    return fuzz::must(crypto::PrivateKey::from_pem(fuzz::ed25519_pem, "publisher"), "a key is read")
        .public_key()
        .to_pem();
}

std::shared_ptr<engine::Engine> open_engine(const fuzz::Sandbox &sandbox) {
    engine::Settings settings;
    settings.trust_folder = sandbox.trust();
    settings.scripts.helper_path = "/nonexistent";  // scripts of the input are never run: they fail
    settings.services = std::make_shared<install::NoServices>();
    return std::make_shared<engine::Engine>(sandbox.root(), std::move(settings), std::make_shared<fuzz::StillClock>());
}

Result<void> install(const std::shared_ptr<engine::Engine> &engine, base::Bytes file,
                     const install::InstallOptions &options) {
    engine::Plan plan{engine};
    MOS_CHECK(plan.install(base::make_memory_source(std::move(file), "input"), options));
    return fuzz::carry_out(plan);
}

// How many of the packages were installed.
std::size_t install_all(const fuzz::Sandbox &sandbox, std::string_view input) {
    const auto engine = open_engine(sandbox);
    std::size_t changes = 0;
    for (fuzz::ForgedInstall &one : fuzz::read_install_script(input, sandbox.outside())) {
        const base::Bytes file = fuzz::forge_package(std::move(one.package), fuzz::ed25519_pem);
        if (const auto installed = install(engine, file, one.options))
            ++changes;
        else
            fuzz::hold(base::is_clean_text(installed.error().full_message()), "a refusal can be shown");
    }
    return changes;
}

void take_back(const fuzz::Sandbox &sandbox, std::size_t changes) {
    const auto engine = open_engine(sandbox);
    for (std::size_t i = 0; i < changes; ++i) {
        engine::Plan plan{engine};
        fuzz::must(plan.roll_back({}), "a rollback is planned");
        fuzz::must(fuzz::carry_out(plan), "what was installed is taken back");
    }
}

void hold_same(const std::string &difference, const char *property) {
    if (!difference.empty())
        static_cast<void>(std::fprintf(stderr, "%s", difference.c_str()));
    fuzz::hold(difference.empty(), property);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    static fuzz::Sandbox sandbox{trusted_pem()};
    const std::size_t changes = install_all(sandbox, base::as_text(fuzz::input(data, size)));
    hold_same(sandbox.outside_difference(), "an install changes nothing outside the root");
    take_back(sandbox, changes);
    hold_same(sandbox.outside_difference(), "a rollback changes nothing outside the root");
    hold_same(sandbox.root_difference(), "a root is as it was after refusals and rollbacks");
    sandbox.forget();
    return 0;
}
