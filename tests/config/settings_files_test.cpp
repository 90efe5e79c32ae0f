#include <mos/config/settings_files.hpp>

#include "expect.hpp"
#include "temporary_root.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

using namespace mos::config;
using mos::Code;
using mos::test::must;
using mos::test::refusal;
using mos::test::TemporaryRoot;

namespace {

// A root with files of settings.
class Root {
  public:
    void write(const std::string &path, std::string_view text) const {
        const std::filesystem::path whole = at(path);
        std::filesystem::create_directories(whole.parent_path());
        std::ofstream{whole} << text;
    }
    [[nodiscard]] std::string read(const std::string &path) const {
        std::stringstream text;
        text << std::ifstream(at(path)).rdbuf();
        return text.str();
    }
    [[nodiscard]] auto directory() const { return m_folder.root(); }
    [[nodiscard]] std::string at(const std::string &path) const { return m_folder.path() + "/" + path; }
    [[nodiscard]] LoadedSettings load(const LoadOptions &options = {}) const {
        return must(load_settings(*m_folder.root(), options));
    }
    [[nodiscard]] mos::Result<std::vector<std::string>> change(const std::vector<Assignment> &assignments,
                                                               const SettingsTarget &target = {}) const {
        return change_settings(*m_folder.root(), target, assignments);
    }
    [[nodiscard]] mos::Result<std::string> remove(const SettingsTarget &target) const {
        return remove_settings(*m_folder.root(), target);
    }

  private:
    TemporaryRoot m_folder;
};

std::string value_of(const LoadedSettings &loaded, std::string_view path) {
    const auto setting = loaded.settings.find(path);
    return setting ? setting->value.text : "(none)";
}

using Written = std::vector<std::string>;

}  // namespace

TEST_CASE("a root without files has the settings that are built in") {
    const Root root;
    const LoadedSettings loaded = root.load();
    CHECK(loaded.problems.empty());
    CHECK(loaded.files.empty());
    CHECK(loaded.environment == "production");
    CHECK(value_of(loaded, "network.retry_count") == "3");
}

TEST_CASE("system, environment, user and command line lie over each other in this order") {
    const Root root;
    root.write("etc/multios/network.yml", "network:\n  retry_count: 4\n  timeout: 10s\n");
    root.write("etc/multios/boards.ini", "[update_system]\nenvironment = staging\nlog_level = warn\n");
    root.write("etc/multios/environments/staging.yml",
               "staging:\n  testing:\n    enable_testing: true\nnetwork:\n  timeout: 20s\n");
    root.write("etc/multios/environments/production.yml", "network:\n  timeout: 99s\n");
    root.write("etc/multios/users/john.yml", "user_preferences:\n  notification_level: low\n");
    const LoadedSettings loaded =
        root.load({.environment = "", .user = "john", .command_line = {{"network.retry_count", "9"}}});
    CHECK(loaded.problems.empty());
    CHECK(loaded.environment == "staging");
    CHECK(value_of(loaded, "network.retry_count") == "9");
    CHECK(value_of(loaded, "network.timeout") == "20s");
    CHECK(value_of(loaded, "update_system.log_level") == "warn");
    CHECK(value_of(loaded, "environments.staging.testing.enable_testing") == "true");
    CHECK(value_of(loaded, "user_preferences.notification_level") == "low");
    CHECK(loaded.settings.find("network.timeout")->origin.file == "etc/multios/environments/staging.yml");
    CHECK(value_of(root.load({.environment = "production", .user = "", .command_line = {}}), "network.timeout") ==
          "99s");
}

TEST_CASE("a file that can't be read is a problem, and the others hold") {
    const Root root;
    root.write("etc/multios/a.yml", "\tbroken");
    root.write("etc/multios/b.yml", "network:\n  retry_count: 4\n");
    root.write("etc/multios/c.yml", std::string(max_values_bytes + 1, '#'));
    std::filesystem::create_directory(root.at("etc/multios/d.yml"));
    std::filesystem::create_symlink("nowhere", root.at("etc/multios/e.yml"));
    const LoadedSettings loaded = root.load();
    CHECK(loaded.problems.size() == 4);
    CHECK(value_of(loaded, "network.retry_count") == "4");
}

TEST_CASE("a setting is not put beside a file that might hold it and can't be read") {
    const Root root;
    root.write("etc/multios/a.yml", std::string(max_values_bytes + 1, '#'));
    const std::vector<Assignment> assignments = {{"network.retry_count", "5"}};
    const auto refused = root.change(assignments);
    CHECK(refusal(refused) == Code::LIMIT);
    CHECK(refused.error().full_message().find("etc/multios/a.yml") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(root.at("etc/multios/network.yml")));
    root.write("etc/multios/a.yml", "\tbroken");  // which says nothing
    CHECK(must(root.change(assignments)) == Written{"etc/multios/network.yml"});
}

TEST_CASE("a link of the root leads no way out of it") {
    const Root root;
    const Root other;
    other.write("etc/multios/network.yml", "network:\n  retry_count: 4\n");
    std::filesystem::create_directory(root.at("etc"));
    std::filesystem::create_symlink(other.at("etc/multios"), root.at("etc/multios"));
    CHECK(value_of(root.load(), "network.retry_count") == "3");
}

TEST_CASE("names of environments and users that lead elsewhere are refused") {
    const Root root;
    for (const char *name : {"../x", "a/b", ".hidden", "-x", "a b", "\xff"}) {
        INFO("name ", name);
        CHECK(refusal(load_settings(*mos::test::TemporaryRoot{}.root(), {name, "", {}})) == Code::INVALID_ARGUMENT);
        CHECK(refusal(root.change({{"user_preferences.backup_required", "true"}}, {FileKind::user, name})) ==
              Code::INVALID_ARGUMENT);
    }
    CHECK_FALSE(std::filesystem::exists(root.at("etc")));
}

TEST_CASE("an environment that nobody has written a word about is misspelt, unless it is one of the guide's") {
    const Root root;
    root.write("etc/multios/environments/lab.yml", "network:\n  retry_count: 4\n");
    root.write("etc/multios/all.yml", "environments:\n  fleet:\n    update_policy:\n      auto_install: true\n");
    const auto load = [&](const std::string &environment) {
        return load_settings(*root.directory(), {.environment = environment});
    };
    for (const char *name : {"development", "staging", "production", "lab", "fleet"})
        CHECK(load(name).ok());
    CHECK(refusal(load("stagng")) == Code::NOT_FOUND);
    CHECK(load("stagng").error().message().find("did you mean 'staging'?") != std::string::npos);
    CHECK(load("lbb").error().message().find("did you mean 'lab'?") != std::string::npos);
}

TEST_CASE("a change that changes nothing writes nothing, and one that says a thing twice is refused") {
    const Root root;
    CHECK(must(root.change({{"network.retry_count", "4"}})).size() == 1);
    CHECK(must(root.change({{"network.retry_count", "4"}})).empty());
    CHECK(refusal(root.change({{"network.retry_count", "4"}, {"network.retry_count", "5"}})) == Code::INVALID_ARGUMENT);
    CHECK(root.load().settings.find("network.retry_count")->value.number == 4);
}

TEST_CASE("a change goes to the file that has the setting, else to its section's") {
    const Root root;
    root.write("etc/multios/10-site.yml", "# ours\nnetwork:\n  retry_count: 4  # enough\n");
    root.write("etc/multios/boards.ini", "[logging]\nroot_level = warn\n");
    CHECK(must(root.change({{"network.retry_count", "5"}, {"network.timeout", "20s"}})) ==
          Written{"etc/multios/10-site.yml"});
    CHECK(root.read("etc/multios/10-site.yml") == "# ours\nnetwork:\n  retry_count: 5  # enough\n  timeout: 20s\n");
    CHECK(must(root.change({{"logging.root_level", "error"}})) == Written{"etc/multios/boards.ini"});
    CHECK(root.read("etc/multios/boards.ini") == "[logging]\nroot_level = error\n");
    CHECK(must(root.change({{"update_system.debug", "on"}})) == Written{"etc/multios/update-system.yml"});
    CHECK(root.read("etc/multios/update-system.yml") == "update_system:\n  debug: true\n");
    CHECK(must(root.change(
              {{"delta_updates.enable_delta", "true"}, {"repository_access.x.policies.require_ssl", "true"}})) ==
          Written{"etc/multios/delta-updates.yml", "etc/multios/repo-access.yml"});
}

TEST_CASE("an environment's and a user's settings go to their own files, and come back") {
    const Root root;
    CHECK(must(root.change({{"environments.staging.update_policy.auto_install", "true"}})) ==
          Written{"etc/multios/environments/staging.yml"});
    CHECK(root.read("etc/multios/environments/staging.yml") == "staging:\n  update_policy:\n    auto_install: true\n");
    CHECK(must(root.change({{"user_preferences.notification_level", "low"}}, {FileKind::user, "john"})) ==
          Written{"etc/multios/users/john.yml"});
    CHECK(refusal(root.change({{"network.retry_count", "4"}}, {FileKind::user, "john"})) == Code::INVALID_ARGUMENT);
    CHECK(must(root.remove({FileKind::user, "john"})) == "etc/multios/users/john.yml");
    CHECK_FALSE(std::filesystem::exists(root.at("etc/multios/users/john.yml")));
    CHECK(refusal(root.remove({FileKind::user, "john"})) == Code::NOT_FOUND);
}

TEST_CASE("a change that is wrong writes nothing, not even what is right in it") {
    const Root root;
    root.write("etc/multios/network.yml", "network:\n  retry_count: 4\n");
    for (const Assignment &wrong :
         {Assignment{"network.retry_cuont", "5"}, Assignment{"network.retry_count", "many"}, Assignment{"network", "5"},
          Assignment{"repositories[0].name", "x"}, Assignment{"logging.handlers.a b.level", "info"}}) {
        INFO(wrong.path);
        CHECK(refusal(root.change({{"network.timeout", "20s"}, wrong})) == Code::INVALID_ARGUMENT);
    }
    CHECK(root.read("etc/multios/network.yml") == "network:\n  retry_count: 4\n");
    CHECK_FALSE(std::filesystem::exists(root.at("etc/multios/logging.yml")));
}

TEST_CASE("a file that is broken already is not changed, and one with an unknown key is") {
    const Root root;
    root.write("etc/multios/network.yml", "network: {retry_count: 4\n");
    CHECK(refusal(root.change({{"network.retry_count", "5"}})) == Code::INVALID_ARGUMENT);
    CHECK(root.read("etc/multios/network.yml") == "network: {retry_count: 4\n");
    root.write("etc/multios/network.yml", "network:\n  retry_count: 4\n  from_the_future: 1\n");
    must(root.change({{"network.retry_count", "5"}}));
    CHECK(root.read("etc/multios/network.yml") == "network:\n  retry_count: 5\n  from_the_future: 1\n");
}

TEST_CASE("what is changed is what is loaded") {
    const Root root;
    const std::vector<Assignment> assignments = {{"update_system.security.max_package_size", "500MB"},
                                                 {"update_system.notifications.email.recipients", "a@x.org, b@x.org"},
                                                 {"logging.handlers.console.format", "timestamp,level,message"},
                                                 {"user_preferences.maintenance_window", "22:00-06:00"},
                                                 {"cluster.name", "a \"quoted\" name: #1"}};
    must(root.change(assignments));
    const LoadedSettings loaded = root.load();
    CHECK(loaded.problems.empty());
    for (const Assignment &assignment : assignments) {
        const auto setting = loaded.settings.find(assignment.path);
        REQUIRE(setting);
        CHECK(setting->value == must(check_text(*setting->declaration, assignment.value)));
    }
}

TEST_CASE("a changed file belongs to whom it belonged, and nobody else may read it") {
    const Root root;
    root.write("etc/multios/alerting.yml", "alerting:\n  enabled: true\n");
    const std::string path = root.at("etc/multios/alerting.yml");
    std::filesystem::permissions(path, std::filesystem::perms{0600});
    const uid_t owner = ::geteuid() == 0 ? 1234 : ::geteuid();  // nobody else can give a file away
    REQUIRE(::chown(path.c_str(), owner, ::getegid()) == 0);
    must(root.change({{"alerting.channels.pagerduty.integration_key", "secret"}}));
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0600);
    CHECK(status.st_uid == owner);
    must(root.change({{"network.retry_count", "4"}}));
    CHECK(std::filesystem::status(root.at("etc/multios/network.yml")).permissions() == std::filesystem::perms{0644});
}
