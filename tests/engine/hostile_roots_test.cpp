// Roots in which somebody has laid links, or does so meanwhile: nothing outside is touched, whatever becomes of it.
#include "authority.hpp"

#include "temporary_root.hpp"

#include <functional>
#include <sys/stat.h>
#include <unistd.h>

using namespace mos::test;
using mos::Result;
using mos::base::Bytes;
namespace fs = std::filesystem;

namespace {

// A package that lets somebody act when its bytes are read.
class Watched final : public mos::base::Source {
  public:
    Watched(Bytes bytes, std::function<void()> on_read)
        : m_source(mos::base::make_memory_source(std::move(bytes), "p.mos")), m_on_read(std::move(on_read)) {}
    [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, mos::base::MutableByteView out) override {
        m_on_read();
        return m_source->read_at(offset, out);
    }
    [[nodiscard]] Result<std::uint64_t> size() override { return m_source->size(); }
    [[nodiscard]] const std::string &name() const noexcept override { return m_source->name(); }

  private:
    std::unique_ptr<mos::base::Source> m_source;
    std::function<void()> m_on_read;
};

// A root of the kernel's, and beside it what must not be touched.
struct Ground {
    TemporaryRoot place;
    std::string root = place.path() + "/root", outside = place.path() + "/outside";
    PinnedSigner publisher;
    std::shared_ptr<mos::engine::Engine> engine;
    TreeImage untouched;

    Ground() {
        fs::create_directories(outside + "/folder");
        fs::create_directories(root + "/etc/multios/trust");
        write(outside + "/secret", "secret");
        write(outside + "/folder/x", "of the folder");
        fs::permissions(outside + "/secret", fs::perms{0600});
        write(root + "/etc/multios/trust/publisher.pub", publisher.public_pem());
        engine = std::make_shared<mos::engine::Engine>(must(mos::base::open_root(root)), mos::engine::Settings{},
                                                       std::make_shared<StillClock>());
        untouched = must(scan(*must(mos::base::open_root(outside))));
    }
    ~Ground() {
        CHECK(difference(untouched, must(scan(*must(mos::base::open_root(outside)))), all_directory_times) == "");
    }
    static void write(const std::string &path, const std::string &content) {
        std::FILE *const file = std::fopen(path.c_str(), "w");
        REQUIRE(file != nullptr);
        CHECK(std::fputs(content.c_str(), file) >= 0);
        CHECK(std::fclose(file) == 0);
    }
    [[nodiscard]] Bytes pack(const std::string &version, const ImageBuilder &image) const {
        return make_package("p", version, image.image(), "", {publisher.signer()});
    }
    // Whether it went through.
    bool install(
        Bytes bytes, mos::install::ConflictRule rule, std::function<void()> on_read = [] {}) const {
        mos::engine::Plan plan{engine};
        mos::install::InstallOptions options;
        options.on_conflict = rule;
        const auto planned = plan.install(std::make_unique<Watched>(std::move(bytes), std::move(on_read)), options);
        return planned.ok() && EngineBench::run(plan).ok();
    }
};

std::uint32_t mode_of(const std::string &path) {
    struct stat status {};
    REQUIRE(::lstat(path.c_str(), &status) == 0);
    return status.st_mode & 07777U;
}

// Everything that others could read and that was not there before; what lies in a folder of 0700 nobody else reaches.
std::vector<std::string> readable_by_others(const std::string &root, const std::set<std::string> &known) {
    std::vector<std::string> found;
    for (auto entry = fs::recursive_directory_iterator{root}; entry != fs::recursive_directory_iterator{}; ++entry) {
        const bool is_closed = entry->is_directory() && (mode_of(entry->path()) & 0077U) == 0;
        if (is_closed)
            entry.disable_recursion_pending();
        else if (entry->is_regular_file() && !known.contains(entry->path()) && (mode_of(entry->path()) & 0044U) != 0)
            found.push_back(entry->path());
    }
    return found;
}

constexpr std::array every_rule = {mos::install::ConflictRule::refuse, mos::install::ConflictRule::keep,
                                   mos::install::ConflictRule::replace};

ImageBuilder with_everything() {
    return ImageBuilder{}.directory("p", 0777).file("p/x", "evil", 06777).owner(1, 1).attribute("user.evil", "yes");
}

}  // namespace

TEST_CASE("mode, owner and attributes of a package's file are never put through a link that stands in its place") {
    for (const auto rule : every_rule)
        for (const std::string target : {"/secret", "/folder/x", "/folder", "/missing"}) {
            const Ground ground;
            fs::create_directories(ground.root + "/p");
            fs::create_symlink(ground.outside + target, ground.root + "/p/x");
            ground.install(ground.pack("1", with_everything()), rule);
            CHECK(must(ground.engine->recover()).transaction.has_value() == false);
        }
}

TEST_CASE("a folder of a package that is a link to another place leads nowhere outside the root") {
    for (const auto rule : every_rule)
        for (const std::string &target : {std::string{"/folder"}, std::string{"/missing"}}) {
            const Ground ground;
            fs::create_symlink(ground.outside + target, ground.root + "/p");
            ground.install(ground.pack("1", with_everything()), rule);
            const Ground climbing;
            fs::create_symlink("../outside" + target, climbing.root + "/p");
            climbing.install(climbing.pack("1", with_everything()), rule);
        }
}

TEST_CASE("a change of mode, owner and attributes alone is not put through a link that took the file's place") {
    for (const auto rule : every_rule) {
        const Ground ground;
        const auto plain = ImageBuilder{}.directory("p").file("p/x", "evil", 0644);
        REQUIRE(ground.install(ground.pack("1", plain), mos::install::ConflictRule::refuse));
        fs::remove(ground.root + "/p/x");
        fs::create_symlink(ground.outside + "/secret", ground.root + "/p/x");
        ground.install(ground.pack("2", with_everything()), rule);
    }
}

TEST_CASE("a directory that is swapped for a link during the installation leads nowhere outside the root") {
    for (const auto rule : every_rule)
        for (const bool is_update : {false, true}) {
            const Ground ground;
            const auto old = ImageBuilder{}.directory("p").file("p/x", "old").file("p/y", "old");
            if (is_update)
                REQUIRE(ground.install(ground.pack("1", old), rule));
            else
                fs::create_directories(ground.root + "/p");
            int reads = 0;
            int swaps = 0;
            ground.install(ground.pack("2", with_everything()), rule, [&] {
                // At each read the other way round, and so at every step that lies between two.
                if (++reads < 4)
                    return;
                std::error_code error;
                fs::rename(ground.root + "/p", ground.root + "/p.old", error);
                if (!error)
                    fs::create_symlink(ground.outside + "/folder", ground.root + "/p", error);
                swaps += error ? 0 : 1;
            });
            CHECK(swaps > 0);
        }
}

TEST_CASE("what lies in a root while a package is installed can be read by nobody else before it is in its place") {
    const Ground ground;
    std::set<std::string> known;
    for (const auto &entry : fs::recursive_directory_iterator{ground.root})
        known.insert(entry.path());
    std::string large(900'000, 'x');
    std::size_t looked = 0;
    std::size_t staged = 0;
    REQUIRE(ground.install(
        ground.pack("1", ImageBuilder{}.directory("p").file("p/a", "first", 0644).file("p/b", large, 0644)),
        mos::install::ConflictRule::refuse, [&] {
            ++looked;
            const auto found = readable_by_others(ground.root, known);
            CHECK_MESSAGE(found.empty(), (found.empty() ? std::string{} : found.front()));
            for (const auto &entry : fs::recursive_directory_iterator{ground.root})
                staged += entry.is_regular_file() && entry.path().string().find(".multios-stage") != std::string::npos;
        }));
    CHECK(looked > 4);
    CHECK_MESSAGE(staged > 0, "there was something staged to look at");
    CHECK(mode_of(ground.root + "/p/a") == 0644);
}
