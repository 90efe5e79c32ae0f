// Files that are there more than once.
#include "package_fixture.hpp"

#include <mos/package/duplicates.hpp>

using namespace mos::test;
using mos::Code;
using mos::package::Duplicates;

namespace {

// "SOURCE PATH = SOURCE PATH", with a star where the content is stored once as it is.
std::vector<std::string> lines_of(const Duplicates &duplicates) {
    std::vector<std::string> lines;
    for (const Duplicates::Duplicate &one : duplicates.find())
        lines.push_back(one.source + " " + one.path + " = " + one.original_source + " " + one.original_path +
                        (one.is_stored_once ? " *" : ""));
    return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a package's copies and links are stored once, what differs in its mode is stored again") {
    const Tree tree;
    tree.file("a", "the same content");
    tree.file("b", "the same content");
    tree.file("c", "the same content", 0755);
    tree.link("d", "a");
    tree.file("e", "another");
    tree.file("empty-1", "");
    tree.file("empty-2", "");
    const PackageMaker maker;
    must(maker.create(tree));
    mos::package::Package package = must(open_unverified(maker.bytes()));
    Duplicates duplicates;
    must(duplicates.add_package(package, "p"));
    CHECK(lines_of(duplicates) == Lines{"p content/files/b = p content/files/a *",
                                        "p content/files/c = p content/files/a",
                                        "p content/files/d = p content/files/a *"});
    const Duplicates::Totals totals = duplicates.totals();
    CHECK(totals.files == 5);
    CHECK(totals.bytes == 4 * 16 + 7);
    CHECK(totals.duplicates == 3);
    CHECK(totals.duplicate_bytes == 3 * 16);
    CHECK(totals.stored_once_bytes == 2 * 16);
}

TEST_CASE("the first that was added is the original, over packages and folders") {
    const Tree tree;
    tree.file("deep/er/a", "one");
    tree.file("deep/b", "two");
    tree.symlink("deep/link", "b");
    const PackageMaker maker;
    must(maker.create(tree));
    mos::package::Package package = must(open_unverified(maker.bytes()));
    Duplicates duplicates;
    must(duplicates.add_tree(*tree.open(), "tree", mos::base::silent_observer()));
    CHECK(lines_of(duplicates).empty());
    must(duplicates.add_package(package, "p"));
    const auto folder = must(tree.open()->open_directory("deep", mos::base::Symlinks::refuse));
    must(duplicates.add_file(*folder, "b", "alone", mos::base::silent_observer()));
    CHECK(lines_of(duplicates) == Lines{"p content/files/deep/b = tree deep/b", "alone  = tree deep/b",
                                        "p content/files/deep/er/a = tree deep/er/a"});
}

TEST_CASE("names that share a file take no room of their own") {
    const Tree tree;
    tree.file("a", "the same");
    tree.link("b", "a");
    tree.file("c", "the same");
    Duplicates duplicates;
    must(duplicates.add_tree(*tree.open(), "tree", mos::base::silent_observer()));
    CHECK(lines_of(duplicates) == Lines{"tree b = tree a *", "tree c = tree a"});
}

TEST_CASE("a comparison stops when it is told to, and what is no file is refused") {
    class Impatient final : public mos::base::Observer {
        void report(const mos::base::Progress & /*progress*/) override {}
        void notice(std::string_view /*message*/) override {}
        [[nodiscard]] mos::Result<void> checkpoint() override { return mos::Error{Code::CANCELLED, "enough"}; }
    } impatient;
    const Tree tree;
    tree.file("a", "content");
    Duplicates duplicates;
    CHECK(refusal(duplicates.add_tree(*tree.open(), "tree", impatient)) == Code::CANCELLED);
    CHECK(refusal(duplicates.add_file(*tree.open(), "absent", "absent", mos::base::silent_observer())) ==
          Code::NOT_FOUND);
}
