#include <mos/snapshot/data_classes.hpp>

#include "change.hpp"
#include "expect.hpp"
#include "twin.hpp"

using namespace mos::test;
using namespace mos::snapshot;
using mos::Code;

namespace {

std::string class_of(const Classifier &classifier, const char *path) {
    const ClassRule *const rule = classifier.rule_of(path);
    return rule == nullptr ? "none" : std::string{class_name(rule->data_class)};
}

}  // namespace

TEST_CASE("classes have names, and a word that is none is refused with those that there are") {
    CHECK(must(classes_named("critical,user")) == std::vector{DataClass::critical, DataClass::user});
    CHECK(must(classes_named("")).empty());
    const auto wrong = classes_named("critical,vital");
    CHECK(refusal(wrong) == Code::INVALID_ARGUMENT);
    CHECK(wrong.error().message() ==
          "'vital' is no class of data; there are critical, important, user, system, cache, temporary");
}

TEST_CASE("the defaults know a Linux system, and what is special comes before what it lies in") {
    const Classifier classifier{{}};
    CHECK(class_of(classifier, "etc/shadow") == "critical");
    CHECK(class_of(classifier, "etc/ssh/ssh_host_ed25519_key") == "critical");
    CHECK(class_of(classifier, "etc/hosts") == "important");
    CHECK(class_of(classifier, "var/lib/postgresql/16/main") == "important");
    CHECK(class_of(classifier, "home/john/notes.txt") == "user");
    CHECK(class_of(classifier, "home/john/.ssh/id_ed25519") == "critical");
    CHECK(class_of(classifier, "home/john/.cache/x") == "cache");
    CHECK(class_of(classifier, "usr/bin/ls") == "system");
    CHECK(class_of(classifier, "usr/local/bin/own") == "important");
    CHECK(class_of(classifier, "tmp/x") == "temporary");
    CHECK(class_of(classifier, "etcetera") == "none");
}

TEST_CASE("rules of one's own come before the defaults, and patterns stay within a component") {
    const Classifier classifier{{must(make_rule(DataClass::critical, "/srv/*/data/")),
                                 must(make_rule(DataClass::temporary, "home/john/Downloads"))}};
    CHECK(class_of(classifier, "srv/shop/data/x") == "critical");
    CHECK(class_of(classifier, "srv/a/b/data") == "important");
    CHECK(class_of(classifier, "home/john/Downloads/x") == "temporary");
    for (const char *pattern : {"", "/", "../x", "a//b"})
        CHECK(refusal(make_rule(DataClass::user, pattern)) == Code::PATH_REFUSED);
}

TEST_CASE("a pattern's star stands for any bytes, also for none") {
    for (const auto &[pattern, name] : {std::pair{"*", ""},
                                        {"*", "x"},
                                        {"a*c", "ac"},
                                        {"a*c", "abcbc"},
                                        {"?b*", "ab"},
                                        {"**x", "yx"},
                                        {"a*b*c", "a1b2b3c"}})
        CHECK(matches_component(pattern, name));
    for (const auto &[pattern, name] : {std::pair{"", "x"}, {"a", "ab"}, {"a*c", "ab"}, {"?", ""}, {"*b", "bc"}})
        CHECK(!matches_component(pattern, name));
}

TEST_CASE("what is there of a class is found where its rules begin to hold") {
    const Twin twin;
    ImageBuilder image;
    image.directory("etc").file("etc/passwd", "x").file("etc/hosts", "x").directory("home").directory("home/a");
    image.directory("home/a/.ssh").directory("home/b").directory("home/b/.cache").symlink("home/c", "/etc");
    must(build(*twin.root(), image.image()));
    const Classifier classifier{{must(make_rule(DataClass::user, "etc/hosts"))}};
    const auto found = [&](const std::vector<DataClass> &classes) {
        std::string text;
        for (const ClassifiedPath &one :
             must(find_classified(*twin.root(), classifier, classes, mos::base::silent_observer())))
            text += std::string{class_name(one.rule->data_class)} + ":" + one.path + " ";
        return text;
    };
    CHECK(found({DataClass::critical}) == "critical:etc/passwd critical:home/a/.ssh ");
    CHECK(found({DataClass::critical, DataClass::important}) ==
          "important:etc critical:etc/passwd critical:home/a/.ssh ");
    CHECK(found({DataClass::user, DataClass::cache}) == "user:etc/hosts user:home cache:home/b/.cache ");
    CHECK(found({}).empty());
}
