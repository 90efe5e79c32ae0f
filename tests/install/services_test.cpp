// Units' names, and systemd by its command: a stand-in records what it is asked.
#include "temporary_root.hpp"

#include <mos/install/services.hpp>

#include <filesystem>
#include <fstream>

using namespace mos::install;
using mos::Code;
using mos::test::must;
using mos::test::refusal;
using mos::test::TemporaryRoot;

namespace {

class Systemctl {
  public:
    explicit Systemctl(const std::string &answer = "exit 0") {
        std::ofstream{path()} << "#!/bin/sh\nfor word; do echo \"$word\" >>" << m_folder.path() << "/asked; done\n"
                              << answer << "\n";
        std::filesystem::permissions(path(), std::filesystem::perms{0755});
    }
    [[nodiscard]] std::string path() const { return m_folder.path() + "/systemctl"; }
    [[nodiscard]] std::string asked() const {
        std::ifstream file{m_folder.path() + "/asked"};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
    [[nodiscard]] SystemdServices services() const { return {mos::base::system_processes(), path()}; }

  private:
    TemporaryRoot m_folder;
};

// Which options come first, in every command.
const std::string always = "--no-ask-password\n--no-pager\n";

}  // namespace

TEST_CASE("names of units are told from paths, options and patterns") {
    for (const char *good : {"a.service", "getty@tty1.service", "dev-disk-by\\x2duuid.device", "a-b_c:d.e.timer",
                             "user@.service", "-.mount", "-.slice"}) {
        INFO(good);
        must(check_unit_name(good));
    }
    for (const char *bad : {"", "a", ".service", "a.conf", "../a.service", "/etc/a.service", "--now", "a b.service",
                            "*.service", "a@b@c.service", "@.service", "a.service\n", "a;b.service", "a.service."}) {
        INFO(bad);
        CHECK(refusal(check_unit_name(bad)) == Code::INVALID_ARGUMENT);
    }
    must(check_unit_name(std::string(247, 'a') + ".service"));
    CHECK(refusal(check_unit_name(std::string(248, 'a') + ".service")) == Code::INVALID_ARGUMENT);
}

TEST_CASE("each action is one command of systemctl") {
    const std::vector<std::pair<ServiceAction, std::string>> actions = {{ServiceAction::stop, "stop"},
                                                                        {ServiceAction::start, "start"},
                                                                        {ServiceAction::restart, "restart"},
                                                                        {ServiceAction::reload, "reload"}};
    for (const auto &[action, word] : actions) {
        const Systemctl systemctl;
        must(systemctl.services().act(action, "web.service"));
        CHECK(systemctl.asked() == always + word + "\n--\nweb.service\n");
    }
    const Systemctl systemctl;
    must(systemctl.services().act(ServiceAction::reload_manager, ""));
    CHECK(systemctl.asked() == always + "daemon-reload\n");
}

TEST_CASE("a wrong name never reaches systemctl") {
    const Systemctl systemctl;
    CHECK(refusal(systemctl.services().act(ServiceAction::stop, "--force")) == Code::INVALID_ARGUMENT);
    CHECK(refusal(systemctl.services().act(ServiceAction::stop, "")) == Code::INVALID_ARGUMENT);
    CHECK(refusal(systemctl.services().act(ServiceAction::reload_manager, "a.service")) == Code::INVALID_ARGUMENT);
    CHECK(refusal(systemctl.services().is_active("../a.service")) == Code::INVALID_ARGUMENT);
    CHECK(systemctl.asked().empty());
}

TEST_CASE("what systemctl says is in the error") {
    const Systemctl spoken{"echo 'Unit web.service not found.' >&2; exit 5"};
    const auto result = spoken.services().act(ServiceAction::restart, "web.service");
    CHECK(refusal(result) == Code::SERVICE_FAILED);
    CHECK(result.error().message() == "can't restart 'web.service': Unit web.service not found.");
    CHECK(result.error().object() == "web.service");
    const Systemctl silent{"exit 1"};
    CHECK(silent.services().act(ServiceAction::stop, "web.service").error().message() ==
          "can't stop 'web.service': systemctl exited with 1");
    const Systemctl killed{"kill -9 $$"};
    CHECK(killed.services().act(ServiceAction::reload_manager, "").error().message() ==
          "can't daemon-reload the service manager: systemctl was killed by signal 9");
    SystemdServices absent{mos::base::system_processes(), "/nowhere/systemctl"};
    CHECK(refusal(absent.act(ServiceAction::stop, "web.service")) == Code::SERVICE_FAILED);
}

TEST_CASE("whether a unit runs is the exit status of is-active") {
    for (const auto &[status, active] : std::vector<std::pair<int, bool>>{{0, true}, {3, false}, {4, false}}) {
        const Systemctl systemctl{"exit " + std::to_string(status)};
        CHECK(must(systemctl.services().is_active("web.service")) == active);
        CHECK(systemctl.asked() == always + "is-active\n--\nweb.service\n");
    }
    const Systemctl starting{"echo activating; exit 3"};
    CHECK(must(starting.services().is_active("web.service")));
    const Systemctl ended{"echo failed; exit 3"};
    CHECK_FALSE(must(ended.services().is_active("web.service")));
    const Systemctl broken{"echo 'Failed to connect to bus' >&2; exit 1"};
    const auto result = broken.services().is_active("web.service");
    CHECK(refusal(result) == Code::SERVICE_FAILED);
    CHECK(result.error().message() == "can't find out about 'web.service': Failed to connect to bus");
}

TEST_CASE("a root that is not the running system has no services") {
    const TemporaryRoot temporary;
    const auto root = temporary.root();
    const auto services = must(find_services(*root, mos::base::system_processes()));
    CHECK_FALSE(services->is_running_system());
    CHECK_FALSE(must(services->is_active("web.service")));
    const auto result = services->act(ServiceAction::stop, "web.service");
    CHECK(refusal(result) == Code::SERVICE_FAILED);
    CHECK(result.error().message() == "can't stop 'web.service': the root is not the running system");
}

TEST_CASE("the own root has services exactly where systemd runs") {
    const auto root = must(mos::base::open_root(std::string{"/"}));
    const auto services = must(find_services(*root, mos::base::system_processes()));
    const bool expected = std::filesystem::exists("/run/systemd/system") &&
                          (std::filesystem::exists("/usr/bin/systemctl") || std::filesystem::exists("/bin/systemctl"));
    CHECK(services->is_running_system() == expected);
}
