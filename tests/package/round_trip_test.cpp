// From a tree to a package and back.
#include "package_fixture.hpp"

#include <mos/package/frame.hpp>
#include <mos/package/metadata.hpp>
#include <mos/package/script.hpp>

#include <fmt/format.h>

#include <map>
#include <sched.h>
#include <set>
#include <sys/xattr.h>

using namespace mos;
using namespace mos::package;
using mos::test::must;
using mos::test::refusal;

namespace {

std::map<std::string, Entry> by_installed_path(const std::vector<Entry> &entries) {
    std::map<std::string, Entry> result;
    for (const Entry &entry : entries) {
        if (const auto path = installed_path(entry))
            result.emplace(*path, entry);
    }
    return result;
}

// Leaves the calling thread, and those that it starts, one core for as long as this lives.
class OneCore {
  public:
    OneCore() {
        REQUIRE(::sched_getaffinity(0, sizeof m_before, &m_before) == 0);
        std::size_t first = 0;
        while (!CPU_ISSET(first, &m_before))
            ++first;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(first, &one);
        REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
    }
    OneCore(const OneCore &) = delete;
    OneCore &operator=(const OneCore &) = delete;
    ~OneCore() { static_cast<void>(::sched_setaffinity(0, sizeof m_before, &m_before)); }

  private:
    cpu_set_t m_before = {};
};

}  // namespace

TEST_CASE("everything that a package carries comes back as it was") {
    const test::Tree tree;
    test::fill(tree);
    const test::PackageMaker maker;
    const CreateReport report = must(maker.create(tree));
    Package package = must(test::open_unverified(maker.bytes()));
    must(package.verify_content(base::silent_observer()));

    const std::vector<Entry> entries = test::all_entries(package);
    CHECK(entries.size() == report.entries);
    CHECK(report.file_bytes == maker.bytes().size());
    CHECK(package.statement().content_digest == report.content_digest);
    const auto found = by_installed_path(entries);

    const Entry &tool = found.at("usr/bin/tool");
    CHECK(tool.mode == 04755);
    CHECK(tool.links == 3);
    CHECK(test::content_of(package, tool) == "#!/bin/sh\necho tool\n");
    CHECK(found.at("usr/bin/tool2").type == EntryType::hard_link);
    CHECK(found.at("usr/lib/tool3").target == "content/files/usr/bin/tool");
    CHECK(found.at("usr/bin/empty").size == 0);
    CHECK(test::content_of(package, found.at("usr/bin/empty")).empty());
    CHECK(found.at("usr/bin/tool.d").mode == 01777);
    CHECK(found.at("usr/bin/alias").target == "tool");
    CHECK(found.at("usr/bin/dangling").target == "/nowhere/at all");
    CHECK(test::content_of(package, found.at("usr/share/latin-caf\xe9")) == "bytes");
    CHECK(test::content_of(package, found.at("usr/share/new\nline")) == "newline");
    CHECK(found.at("usr/share/long-target").target == std::string(300, 't'));
    CHECK(found.at("var/empty").mode == 0700);
    CHECK(found.at("usr/lib/large.bin").extent.frame_count > 1);
    CHECK(test::content_of(package, found.at("usr/lib/large.bin")).size() == found.at("usr/lib/large.bin").size);
    for (const auto &[path, entry] : found)
        CHECK(entry.modified_unix_s <= test::epoch);
}

TEST_CASE("equal content with equal metadata is stored once and stays separate files") {
    const test::Tree tree;
    tree.file("a", "the same content");
    tree.file("b", "the same content");
    tree.file("c", "the same content", 0600);
    const test::PackageMaker maker;
    const CreateReport report = must(maker.create(tree));
    CHECK(report.deduplicated_bytes == 16);
    Package package = must(test::open_unverified(maker.bytes()));
    const auto found = by_installed_path(test::all_entries(package));
    CHECK(found.at("a").copies == 1);
    CHECK(found.at("b").copy_of == "content/files/a");
    CHECK(found.at("b").type == EntryType::regular);
    CHECK(found.at("b").extent == found.at("a").extent);
    CHECK(found.at("c").copy_of.empty());
    CHECK(test::content_of(package, found.at("b")) == "the same content");
}

TEST_CASE("the same input gives the same bytes, from another folder and at another time") {
    const test::PackageMaker maker;
    base::Bytes first;
    for (int i = 0; i < 2; ++i) {
        const test::Tree tree;
        test::fill(tree);
        must(maker.create(tree));
        if (i == 0)
            first = maker.bytes();
    }
    CHECK(maker.bytes() == first);
}

TEST_CASE("the content digest does not depend on level, frame size or signature area") {
    const test::Tree tree;
    test::fill(tree);
    const CreateReport first = must(test::PackageMaker{}.create(tree));
    CreateOptions options = test::reproducible();
    options.level = uncompressed;
    options.frame_sizes = {16U << 10U, 16U << 10U};
    options.signature_area_bytes = 1024;
    const test::PackageMaker other{options};
    const CreateReport second = must(other.create(tree));
    CHECK(first.content_digest == second.content_digest);
    CHECK(first.frames < second.frames);
    must(test::check_fully(other.bytes()));
}

TEST_CASE("a package has the same bytes whether one core makes it or several") {
    const test::Tree tree;
    for (int i = 0; i < 80; ++i)
        tree.file(fmt::format("data/{}", i), fmt::format("{:0>{}}", i * 7919, 2000 * (i + 1)));
    const test::PackageMaker by_all{test::reproducible()};
    CHECK(must(by_all.create(tree)).frames > 20);
    const test::PackageMaker by_one{test::reproducible()};
    const OneCore one_core;
    REQUIRE(frame_threads() == 0);
    must(by_one.create(tree));
    CHECK(by_one.bytes() == by_all.bytes());
}

TEST_CASE("a prefix puts the tree below it, the tree's own folder included") {
    const test::Tree tree;
    tree.file("bin/x", "x");
    const test::PackageMaker maker;
    must(maker.create(tree, "p.mos", "opt/app"));
    Package package = must(test::open_unverified(maker.bytes()));
    const auto found = by_installed_path(test::all_entries(package));
    CHECK(found.size() == 3);
    CHECK(found.at("opt/app").type == EntryType::directory);
    CHECK(found.at("opt/app/bin/x").size == 1);
}

TEST_CASE("scripts and files go into their own folders, and patches into no full package") {
    const test::Tree files;
    files.file("bin/x", "x");
    const test::Tree scripts;
    scripts.file("pre-install", "#!/bin/sh\n", 0755);
    const test::TemporaryRoot output;
    const auto open_files = files.open();
    const auto open_scripts = scripts.open();
    const auto folder = output.root();
    const InputTree trees[] = {{open_files.get(), Section::files, ""}, {open_scripts.get(), Section::scripts, ""}};
    must(create_package(trees, test::manifest_of("p"), test::reproducible(), *folder, "p.mos"));
    const InputTree wrong_order[] = {trees[1], trees[0]};
    CHECK(refusal(create_package(wrong_order, test::manifest_of("p"), test::reproducible(), *folder, "q.mos")) ==
          Code::INVALID_ARGUMENT);
    const InputTree patches[] = {{open_files.get(), Section::patches, ""}};
    CHECK(refusal(create_package(patches, test::manifest_of("p"), test::reproducible(), *folder, "q.mos")) ==
          Code::PATH_REFUSED);
}

TEST_CASE("owners are root unless they are asked for") {
    const test::Tree tree;
    tree.file("x", "x");
    if (::chown(tree.at("x").c_str(), 1234, 3'000'000) != 0) {
        MESSAGE("not root: owners can't be tried");
        return;
    }
    CreateOptions options = test::reproducible();
    options.owners = Owners::keep;
    const test::PackageMaker keeping{options};
    must(keeping.create(tree));
    Package kept = must(test::open_unverified(keeping.bytes()));
    CHECK(by_installed_path(test::all_entries(kept)).at("x").group == 3'000'000);
    const test::PackageMaker maker;
    must(maker.create(tree));
    Package package = must(test::open_unverified(maker.bytes()));
    CHECK(by_installed_path(test::all_entries(package)).at("x").owner == 0);
}

namespace {

struct Notices final : base::Observer {
    void report(const base::Progress & /*progress*/) override {}
    [[nodiscard]] Result<void> checkpoint() override { return {}; }
    void notice(std::string_view message) override { text += message; }
    std::string text;
};

}  // namespace

TEST_CASE("user attributes are carried and others are left out with a notice") {
    const test::Tree tree;
    tree.file("x", "x");
    if (::setxattr(tree.at("x").c_str(), "user.colour", "re\0d", 4, 0) != 0) {
        MESSAGE("this filesystem has no user attributes");
        return;
    }
    const bool trusted = ::setxattr(tree.at("x").c_str(), "trusted.secret", "s", 1, 0) == 0;
    Notices notices;
    CreateOptions options = test::reproducible();
    options.observer = &notices;
    const test::PackageMaker maker{options};
    must(maker.create(tree));
    Package package = must(test::open_unverified(maker.bytes()));
    const Entry entry = by_installed_path(test::all_entries(package)).at("x");
    REQUIRE(entry.attributes.size() == 1);
    CHECK(entry.attributes[0].name == "user.colour");
    CHECK(base::as_text(entry.attributes[0].value) == std::string_view{"re\0d", 4});
    if (trusted)
        CHECK(notices.text.find("'trusted.secret'") != std::string::npos);
}

TEST_CASE("the names of one symbolic link become links of their own, and that is said") {
    const test::Tree tree;
    REQUIRE(::symlink("to", tree.at("one").c_str()) == 0);
    REQUIRE(::symlink("to", tree.at("single").c_str()) == 0);
    Notices notices;
    CreateOptions options = test::reproducible();
    options.observer = &notices;
    test::PackageMaker maker{options};
    must(maker.create(tree));
    CHECK(notices.text.empty());
    REQUIRE(::link(tree.at("one").c_str(), tree.at("two").c_str()) == 0);
    must(maker.create(tree));
    CHECK(notices.text.find("'content/files/one'") != std::string::npos);
    CHECK(notices.text.find("two") == std::string::npos);  // once is enough
    Package package = must(test::open_unverified(maker.bytes()));
    auto entries = by_installed_path(test::all_entries(package));
    CHECK(entries.at("one").type == EntryType::symlink);
    CHECK(entries.at("two").type == EntryType::symlink);
    CHECK(entries.at("two").target == "to");
}

TEST_CASE("a script that nobody would ever call is refused when the package is made") {
    const test::Tree tree;
    const test::Tree output;
    const auto make = [&](const char *name) {
        const test::Tree scripts;
        scripts.file(name, "#!/bin/sh\n", 0755);
        const auto folder = scripts.open();
        const package::InputTree trees[] = {{folder.get(), package::Section::scripts, ""}};
        return package::create_package(trees, test::manifest_of("p"), {}, *output.open(), "p.mos");
    };
    const auto refused = make("postinst");
    CHECK(refusal(refused) == Code::INVALID_ARGUMENT);
    CHECK(refused.error().message() ==
          "'content/scripts/postinst' is no script that is ever called; there are pre-install, post-install, "
          "pre-remove, post-remove, undo");
    CHECK_FALSE(std::filesystem::exists(output.at("p.mos")));
    must(make("post-install"));
    must(make("undo.sh"));
}

TEST_CASE("each template is shown to whoever can judge it when the package is made") {
    const test::Tree output;
    const test::Tree templates;
    templates.directory("etc");
    templates.file("etc/a.conf", "port {{ port }}\n");
    templates.file("etc/b.conf", "port {{ 1 + 2 }}\n");
    const test::Tree files;
    files.file("c.conf", "{{ 1 + 2 }}");  // which is no template
    std::string seen;
    package::CreateOptions options;
    options.check_template = [&](std::string_view text, std::string_view path) -> Result<void> {
        seen += fmt::format("{}: {}", path, text);
        return text.find('+') == std::string_view::npos ? Result<void>{}
                                                        : Result<void>{Error{Code::INVALID_ARGUMENT, "no key"}};
    };
    const auto templates_folder = templates.open();
    const auto files_folder = files.open();
    const auto make = [&] {
        const package::InputTree trees[] = {{templates_folder.get(), package::Section::configs, ""},
                                            {files_folder.get(), package::Section::files, ""}};
        return package::create_package(trees, test::manifest_of("p"), options, *output.open(), "p.mos");
    };
    CHECK(refusal(make()) == Code::INVALID_ARGUMENT);
    CHECK(seen == "etc/a.conf: port {{ port }}\netc/b.conf: port {{ 1 + 2 }}\n");
    CHECK_FALSE(std::filesystem::exists(output.at("p.mos")));
    templates.file("etc/b.conf", std::string(package::max_template_bytes + 1, 'x'));
    CHECK(refusal(make()) == Code::LIMIT);
    templates.file("etc/b.conf", "2\n");
    must(make());
}

TEST_CASE("a pipe in the input is refused by name and leaves nothing behind") {
    const test::Tree tree;
    tree.directory("run");
    REQUIRE(::mkfifo(tree.at("run/pipe").c_str(), 0600) == 0);
    const test::PackageMaker maker;
    const auto result = maker.create(tree);
    CHECK(refusal(result) == Code::ENTRY_UNSUPPORTED);
    CHECK(result.error().message().find("'content/files/run/pipe' is a pipe") != std::string::npos);
    CHECK(std::filesystem::is_empty(maker.folder()));
}

TEST_CASE("input that changes between the two passes is an error") {
    const test::Tree tree;
    tree.file("a", "before");
    tree.file("b", "b");
    // Changes the file when the second pass begins.
    struct Meddler final : base::Observer {
        explicit Meddler(const test::Tree &of) : tree(of) {}
        void report(const base::Progress &progress) override {
            if (progress.phase == base::Phase::planning && progress.done_entries == 2)
                tree.file("a", "after!");
        }
        [[nodiscard]] Result<void> checkpoint() override { return {}; }
        void notice(std::string_view /*message*/) override {}
        const test::Tree &tree;
    } meddler{tree};
    CreateOptions options = test::reproducible();
    options.observer = &meddler;
    const test::PackageMaker maker{options};
    CHECK(refusal(maker.create(tree)) == Code::CHANGED_MEANWHILE);
    CHECK(std::filesystem::is_empty(maker.folder()));
}

TEST_CASE("a cancelled creation leaves the old package as it was") {
    const test::Tree tree;
    tree.file("a", "a");
    struct Canceller final : base::Observer {
        void report(const base::Progress & /*progress*/) override {}
        [[nodiscard]] Result<void> checkpoint() override {
            if (++calls > allowed)
                return Error{Code::CANCELLED, "cancelled"};
            return {};
        }
        void notice(std::string_view /*message*/) override {}
        int calls = 0;
        int allowed = 0;
    } canceller;
    CreateOptions options = test::reproducible();
    options.observer = &canceller;
    const test::PackageMaker maker{options};
    std::ofstream{maker.path()} << "old";
    for (int allowed = 0; allowed < 100; ++allowed) {
        canceller.calls = 0;
        canceller.allowed = allowed;
        if (maker.create(tree).ok())
            break;
        CHECK(base::as_text(maker.bytes()) == "old");
        CHECK(std::distance(std::filesystem::directory_iterator{maker.folder()}, {}) == 1);
    }
    must(test::check_fully(maker.bytes()));
}

TEST_CASE("options out of range are refused") {
    const test::Tree tree;
    tree.file("a", "a");
    const auto refused = [&](auto change) {
        CreateOptions options = test::reproducible();
        change(options);
        return refusal(test::PackageMaker{options}.create(tree)) == Code::INVALID_ARGUMENT;
    };
    CHECK(refused([](CreateOptions &options) { options.level = 20; }));
    CHECK(refused([](CreateOptions &options) { options.level = -1; }));
    CHECK(refused([](CreateOptions &options) { options.frame_sizes = {1000, 16U << 10U}; }));
    CHECK(refused([](CreateOptions &options) { options.frame_sizes = {(16U << 10U) + 1, 16U << 10U}; }));
    CHECK(refused([](CreateOptions &options) { options.frame_sizes = {16U << 10U, 8U << 20U}; }));
    CHECK(refused([](CreateOptions &options) { options.signature_area_bytes = 0; }));
    CHECK(refused([](CreateOptions &options) { options.signature_area_bytes = 513; }));
    CHECK(refused([](CreateOptions &options) { options.signature_area_bytes = 512U << 10U; }));
    CHECK(refused([](CreateOptions &options) { options.source_date_epoch = -1; }));
}

TEST_CASE("an inserted small file changes few frames") {
    CreateOptions options = test::reproducible();
    options.frame_sizes = {16U << 10U, 16U << 10U};
    const test::Tree tree;
    for (int i = 0; i < 400; ++i)
        tree.file("f" + std::to_string(1000 + i),
                  std::string(700, static_cast<char>('a' + i % 26)) + std::to_string(i));
    const auto frame_digests = [&] {
        const test::PackageMaker maker{options};
        must(maker.create(tree));
        Package package = must(test::open_unverified(maker.bytes()));
        std::map<std::string, std::uint32_t> first_in;
        for (const auto &[path, entry] : by_installed_path(test::all_entries(package)))
            first_in.emplace(path, entry.extent.first_frame);
        return first_in;
    };
    const auto before = frame_digests();
    tree.file("f1200-inserted", "new");
    const auto after = frame_digests();
    // From the next cut on, everything is grouped as it was.
    const auto groups = [](const std::map<std::string, std::uint32_t> &frames) {
        std::map<std::uint32_t, std::string> result;
        for (const auto &[path, frame] : frames)
            result[frame] += path + " ";
        std::set<std::string> texts;
        for (const auto &[frame, text] : result)
            texts.insert(text);
        return texts;
    };
    const auto old_groups = groups(before);
    std::size_t kept = 0;
    for (const std::string &group : groups(after))
        kept += old_groups.count(group);
    CHECK(old_groups.size() > 10);
    CHECK(kept + 2 >= old_groups.size());
}

// Run by itself (meson test --suite slow): it reads 4 GiB several times.
TEST_CASE("a file beyond 4 GiB goes into a package and comes out" * doctest::skip()) {
    const test::Tree tree;
    constexpr std::uint64_t size = (std::uint64_t{4} << 30U) + 3;
    tree.file("image", "");
    std::filesystem::resize_file(tree.at("image"), size - 3);
    std::ofstream{tree.at("image"), std::ios::app} << "end";
    const test::PackageMaker maker;  // which checks its own work
    must(maker.create(tree));
    Package package = must(test::open_unverified(maker.bytes()));
    const Entry image = by_installed_path(test::all_entries(package)).at("image");
    CHECK(image.size == size);
    std::uint64_t seen = 0;
    std::string last;
    must(package.read_content(image, [&](base::ByteView part) -> Result<void> {
        seen += part.size();
        last = base::as_text(part.last(std::min<std::size_t>(3, part.size())));
        return {};
    }));
    CHECK(seen == size);
    CHECK(last == "end");
}
