#include <mos/config/settings.hpp>

#include "expect.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

using namespace mos::config;

namespace {

SettingsFile read(std::string_view text, FileKind kind = FileKind::system, Format format = Format::yaml) {
    return read_settings(text, format, "etc/multios/x.yml", kind);
}

std::string only_problem(std::string_view text, FileKind kind = FileKind::system, Format format = Format::yaml) {
    const SettingsFile file = read(text, kind, format);
    REQUIRE(file.problems.size() == 1);
    return describe(file.problems.front());
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string value_of(const Settings &settings, std::string_view path) {
    const auto setting = settings.find(path);
    return setting ? setting->value.text : "(none)";
}

}  // namespace

TEST_CASE("a file's settings come with the place where each stands") {
    const SettingsFile file = read("# first\nlogging:\n  root_level: warn\n  handlers:\n    file: {type: file}\n");
    REQUIRE(file.problems.empty());
    REQUIRE(file.settings.size() == 2);
    CHECK(file.settings[0].path == "logging.root_level");
    CHECK(file.settings[0].value.text == "warn");
    CHECK(file.settings[0].origin.place == Place{3, 3});
    CHECK(file.settings[0].origin.file == "etc/multios/x.yml");
    CHECK(file.settings[1].path == "logging.handlers.file.type");
    CHECK(file.settings[1].origin.place == Place{5, 12});
}

TEST_CASE("INI says the same, by lines") {
    const SettingsFile file = read("[logging]\nroot_level = warn\n[update_system.scheduling.maintenance_window]\n"
                                   "allowed_days = sunday, monday\n",
                                   FileKind::system, Format::ini);
    REQUIRE(file.problems.empty());
    REQUIRE(file.settings.size() == 2);
    CHECK(file.settings[0].origin.place == Place{2, 1});
    CHECK(file.settings[1].value.text == "[sunday, monday]");
    CHECK(file.settings[1].origin.place == Place{4, 1});
}

TEST_CASE("a key that is none is told with its place and the nearest one, and the rest holds") {
    const SettingsFile file = read("logging:\n  root_levle: warn\nupdate_system:\n  debug: true\n");
    REQUIRE(file.problems.size() == 1);
    CHECK(describe(file.problems.front()) ==
          "etc/multios/x.yml:2:3: logging.root_levle: is no setting; did you mean 'root_level'?");
    CHECK(file.settings.size() == 1);
    CHECK(contains(only_problem("loging:\n  a: 1\n"), "did you mean 'logging'?"));
}

TEST_CASE("a value that can't be is told with its place") {
    CHECK(contains(only_problem("update_system:\n  debug: maybe\n"),
                   "x.yml:2:3: update_system.debug: 'maybe' is neither"));
    CHECK(contains(only_problem("repositories:\n  - name: a\n    priority: high\n"),
                   "x.yml:3:5: repositories[0].priority: 'high' is no whole number from 0 to 1000"));
    CHECK(contains(only_problem("[logging]\nroot_level = loud\n", FileKind::system, Format::ini),
                   "x.yml:2:1: logging.root_level"));
}

TEST_CASE("a section in a value's place, and the other way round, is told") {
    CHECK(contains(only_problem("logging: warn\n"), "is a section"));
    CHECK(contains(only_problem("update_system:\n  debug:\n    a: 1\n"), "a value (boolean) is expected"));
    CHECK(contains(only_problem("repositories:\n  name: a\n"), "is a list of sections"));
    CHECK(contains(only_problem("repositories:\n  - a\n"), "repositories[0]: is no section"));
}

TEST_CASE("what is no YAML is told as one problem") {
    for (const char *text : {"a: b: c\n", "\tlogging: 1\n", "a: 1\na: 2\n", "[1, 2]\n", "a: &x [*x]\n", "\xff\n"}) {
        INFO(text);
        CHECK(read(text).settings.empty());
        CHECK(read(text).problems.size() == 1);
    }
}

TEST_CASE("no more than a hundred problems are told") {
    std::string text;
    for (int i = 0; i < 500; ++i)
        text += "wrong_" + std::to_string(i) + ": 1\n";
    CHECK(read(text).problems.size() == 100);
}

TEST_CASE("a later layer beats those before it, and what is built in holds where none says anything") {
    Settings settings;
    CHECK(settings.find("logging.root_level")->origin.layer == Layer::built_in);
    CHECK(value_of(settings, "logging.root_level") == "info");
    CHECK(settings.lay(read("logging: {root_level: warn}\nnetwork: {retry_count: 7}\n").settings).empty());
    CHECK(settings.lay(read("logging: {root_level: error}\n", FileKind::environment).settings).empty());
    CHECK(value_of(settings, "logging.root_level") == "error");
    CHECK(settings.find("logging.root_level")->origin.layer == Layer::environment);
    CHECK(value_of(settings, "network.retry_count") == "7");
    CHECK(value_of(settings, "network.proxy_url") == "(none)");
    CHECK(value_of(settings, "no.setting") == "(none)");
}

TEST_CASE("a list of sections is replaced as a whole") {
    Settings settings;
    settings.lay(read("repositories:\n  - name: a\n  - name: b\n    priority: 5\n").settings);
    settings.lay(read("repositories:\n  - name: c\n", FileKind::environment).settings);
    CHECK(value_of(settings, "repositories[0].name") == "c");
    CHECK(value_of(settings, "repositories[1].name") == "(none)");
}

TEST_CASE("two files of one layer that say the same are a problem, and the first holds") {
    Settings settings;
    settings.lay(read_settings("logging: {root_level: warn}\n", Format::yaml, "a.yml", FileKind::system).settings);
    const auto problems =
        settings.lay(read_settings("logging: {root_level: error}\n", Format::yaml, "b.yml", FileKind::system).settings);
    REQUIRE(problems.size() == 1);
    CHECK(contains(describe(problems.front()), "b.yml:1:11: logging.root_level: stands in a.yml line 1 as well"));
    CHECK(value_of(settings, "logging.root_level") == "warn");
}

TEST_CASE("an environment's section and a user's preferences are told apart from the system's") {
    const SettingsFile file = read("production:\n  update_policy:\n    auto_install: true\n", FileKind::environment);
    REQUIRE(file.settings.size() == 1);
    CHECK(file.settings.front().path == "environments.production.update_policy.auto_install");
    CHECK(read("user_preferences: {backup_required: false}\n", FileKind::user).problems.empty());
    CHECK(contains(only_problem("logging: {root_level: warn}\n", FileKind::user), "can't be set in this file"));
}

TEST_CASE("settings are listed in the order of the table, elements of lists by their number") {
    Settings settings;
    std::string text = "repositories:\n";
    for (int i = 0; i < 12; ++i)
        text += "  - name: r" + std::to_string(i) + "\n    enabled: true\n";
    settings.lay(read(text + "logging: {root_level: warn}\n").settings);
    const auto listed = settings.list("repositories");
    REQUIRE(listed.size() == 24);
    CHECK(listed[0].path == "repositories[0].name");
    CHECK(listed[1].path == "repositories[0].enabled");
    CHECK(listed[4].path == "repositories[2].name");
    CHECK(listed[22].path == "repositories[11].name");
    const auto all = settings.list();
    CHECK(all.front().path == "update_system.version");
    CHECK(all.size() > 150);
}

TEST_CASE("every file of the guide loads as it stands") {
    std::size_t files = 0;
    for (const auto &entry : std::filesystem::directory_iterator(GUIDE_CONFIG)) {
        const std::string name = entry.path().filename();
        if (entry.path().extension() != ".yml")
            continue;
        std::stringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        const SettingsFile file = read_settings(text.str(), Format::yaml, name, FileKind::system);
        for (const Problem &problem : file.problems)
            FAIL_CHECK(describe(problem));
        CHECK(file.settings.size() >= 5);
        ++files;
    }
    CHECK(files == 18);  // the 19th is a package's metadata
}

TEST_CASE("the security policy has no effect elsewhere, so it is told there") {
    CHECK(contains(only_problem("security_policy: {update_validation: {required_signatures: 2}}\n"), "move it there"));
}
