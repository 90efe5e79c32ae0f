// Templates of configuration files, filled when a package is installed.
#include "bench.hpp"

#include <doctest/doctest.h>

using mos::Code;
using mos::test::Bench;
using mos::test::ImageBuilder;
using mos::test::install_steps;
using mos::test::Parts;
using mos::test::refusal;
using mos::test::step_of;

namespace {

Parts web(const std::string &version, const std::string &text) {
    ImageBuilder templates;
    templates.directory("etc").file("etc/web.conf", text, 0640);
    return {.manifest = mos::test::manifest_of("web", version), .templates = templates.image()};
}

}  // namespace

TEST_CASE("a template is filled with the values that were given, and is a configuration file") {
    Bench bench;
    bench.install(web("1", "port {{ port }} of {{ package.name }} {{ package.version }}\n"),
                  {.values = R"({"port": 8080})"});
    CHECK(bench.content("etc/web.conf") == "port 8080 of web 1\n");
    CHECK(bench.tree().find("etc/web.conf")->mode == 0640);
    CHECK(bench.wrong_row() == "");

    SUBCASE("an update remembers the values") {
        bench.install(web("2", "listen {{ port }}\n"));
        CHECK(bench.content("etc/web.conf") == "listen 8080\n");
    }
    SUBCASE("what is given later goes over what is remembered") {
        bench.install(web("2", "listen {{ port }} {{ host }}\n"), {.values = R"({"host": "a"})"});
        CHECK(bench.content("etc/web.conf") == "listen 8080 a\n");
        bench.install(web("3", "listen {{ port }} {{ host }}\n"), {.values = R"({"port": 80})"});
        CHECK(bench.content("etc/web.conf") == "listen 80 a\n");
    }
    SUBCASE("one that was changed by hand stays") {
        bench.write("etc/web.conf", "yours");
        bench.install(web("2", "listen {{ port }}\n"));
        CHECK(bench.content("etc/web.conf") == "yours");
        CHECK(bench.content("etc/web.conf.new") == "listen 8080\n");
    }
    SUBCASE("a rollback brings the old one back, and its values") {
        bench.install(web("2", "listen {{ port }}\n"), {.values = R"({"port": 1})"});
        bench.roll_back();
        CHECK(bench.content("etc/web.conf") == "port 8080 of web 1\n");
        bench.install(web("3", "{{ port }}"));
        CHECK(bench.content("etc/web.conf") == "8080");
    }
}

TEST_CASE("a missing value is refused by its name, before anything is changed") {
    Bench bench;
    const auto refused = bench.run(install_steps({step_of(web("1", "{{ port }}\n{{ host.name }}\n"))}));
    CHECK(refusal(refused) == Code::TEMPLATE_VALUE_MISSING);
    CHECK(refused.error().message().find("'port'") != std::string::npos);
    CHECK(refused.error().message().find("'host.name'") != std::string::npos);
    CHECK(refused.error().message().find("etc/web.conf") != std::string::npos);
    CHECK(bench.tree().entries.empty());
    CHECK(bench.version_of("web") == "");
}

TEST_CASE("a list where a text is to come is a mistake in the values, whose file is named, and not in the package") {
    Bench bench;
    const auto refused = bench.run(install_steps(
        {step_of(web("1", "{{ port }}\n"), {.values = R"({"port": [80]})", .values_name = "my/values.yml"})}));
    CHECK(refusal(refused) == Code::INVALID_ARGUMENT);
    CHECK(refused.error().full_message() == "the values of 'my/values.yml' do not fit: template 'etc/web.conf' line 1: "
                                            "key 'port' is a list, which has no text of its own");
    CHECK(refused.error().remedy() == "give a text or a number for 'port' in the file of values");
    CHECK(bench.tree().entries.empty());
}

TEST_CASE("a template and a file for the same path are refused") {
    Bench bench;
    Parts parts = web("1", "x");
    parts.files = parts.templates;
    const auto refused = bench.run(install_steps({step_of(parts)}));
    CHECK(refusal(refused) == Code::FORMAT);
    CHECK(refused.error().message() == "the package wants two things at 'etc/web.conf'");
}

TEST_CASE("an output of a script that the package brings as well is refused in the plan") {
    Bench bench;
    Parts parts = web("1", "x");
    ImageBuilder scripts;
    scripts.file("post-install", "#!/bin/sh\n", 0755);
    parts.scripts = scripts.image();
    parts.manifest.scripts.outputs = {"etc/web.conf"};
    const auto refused = bench.resolve(install_steps({step_of(parts)}));
    CHECK(refusal(refused) == Code::FORMAT);
    CHECK(refused.error().message() == "the package wants two things at 'etc/web.conf'");
}

TEST_CASE("more templates than can be held are refused, and more values than can be read again") {
    Bench bench;
    Parts parts{.manifest = mos::test::manifest_of("web", "1")};
    ImageBuilder many;
    many.directory("etc");
    for (int i = 0; i < 4097; ++i)
        many.file("etc/t" + std::to_string(10'000 + i), "");
    parts.templates = many.image();
    CHECK(refusal(bench.resolve(install_steps({step_of(parts)}))) == Code::LIMIT);

    const auto values = [](const char *key) {
        return R"({")" + std::string{key} + R"(": ")" + std::string(600'000, 'v') + R"("})";
    };
    bench.install(web("1", "x"), {.values = values("a")});
    const auto refused = bench.resolve(install_steps({step_of(web("2", "x"), {.values = values("b")})}));
    CHECK(refusal(refused) == Code::LIMIT);
    bench.install(web("2", "x"));
}

TEST_CASE("a package that allows it is put below another folder, and updates find it there") {
    Bench bench;
    Parts parts{.manifest = mos::test::manifest_of("w", "1")};
    ImageBuilder files;
    files.directory("bin").file("bin/w", "one").link("bin/w2", "bin/w").directory("etc").file("etc/w", "old");
    parts.files = files.image();
    SUBCASE("refused where the manifest does not say so") {
        const auto refused = bench.run(install_steps({step_of(parts, {.prefix = "/opt/custom"})}));
        CHECK(refusal(refused) == Code::INVALID_ARGUMENT);
        CHECK(bench.tree().entries.empty());
    }
    parts.manifest.installation.relocatable = true;
    SUBCASE("allowed") {
        bench.install(parts, {.prefix = "/opt/custom/"});
        CHECK(bench.content("opt/custom/bin/w") == "one");
        CHECK(bench.tree().find("opt/custom/bin/w2")->first_linked == "opt/custom/bin/w");
        CHECK_FALSE(bench.exists("bin"));
        CHECK(bench.wrong_row() == "");
        bench.write("opt/custom/etc/w", "yours");
        parts.manifest.package_info.version = "2";
        ImageBuilder changed;
        changed.directory("bin").file("bin/w", "two").directory("etc").file("etc/w", "new");
        parts.files = changed.image();
        bench.install(parts);
        CHECK(bench.content("opt/custom/bin/w") == "two");
        CHECK(bench.content("opt/custom/etc/w") == "yours");
        CHECK(bench.content("opt/custom/etc/w.new") == "new");
        bench.remove("w");
        CHECK_FALSE(bench.exists("opt/custom/bin"));
    }
    SUBCASE("a path that leads out of the root is refused") {
        CHECK(refusal(bench.run(install_steps({step_of(parts, {.prefix = "../x"})}))) == Code::PATH_REFUSED);
    }
}
