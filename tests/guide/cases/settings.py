"""Settings: "Bandwidth Optimization", "Concurrent Updates", "Component Configuration", "Per-User Settings", "Policy Templates".

What stands afterwards is read from the files, not from the tool.
"""

import os

from fixture import Case
from support import FAILED, NEEDS_ANSWER, REFUSED, USAGE, update

SYSTEM = "etc/multios/update-system.yml"


class SettingsCase(Case):
    def said(self, path):
        """{key: value} of a file's lines `key: value`, sections left out."""
        lines = (line.strip().partition(": ") for line in self.content(path).splitlines())
        return {key: value for key, colon, value in lines if colon}

    def given_settings(self, path, text):
        os.makedirs(os.path.dirname(self.in_root(path)), exist_ok=True)
        with open(self.in_root(path), "w", encoding="utf-8") as file:
            file.write(text)


class SetDeltas(SettingsCase):
    line = "multios-update config set --section=delta_updates --enable-delta=true --delta-threshold=100KB " \
           "--max-delta-size=500MB"

    def done_they_stand_in_the_sections_file(self):
        self.do()
        self.assertEqual(self.content("etc/multios/delta-updates.yml"),
                         "delta_updates:\n  enable_delta: true\n  delta_threshold: 100KB\n  max_delta_size: 500MB\n")

    def refused_a_size_that_is_none(self):
        self.refuse(USAGE, "delta_updates.max_delta_size", "'many' is no size", replace={"500MB": "many"})

    def refused_a_section_that_there_is_not(self):
        self.refuse(USAGE, "no section 'delta_update': did you mean 'delta_updates'?", replace={"delta_updates": "delta_update"})


class SetConcurrency(SettingsCase):
    line = "multios-update config set --max-concurrent-updates=4 --max-concurrent-downloads=2 " \
           "--max-concurrent-installations=2"

    def done_what_stood_there_stays(self):
        self.given_settings(SYSTEM, "# ours\nupdate_system:\n  debug: true  # for now\n  max_concurrent_downloads: 9\n")
        self.do()
        self.assertTrue(self.content(SYSTEM).startswith(
            "# ours\nupdate_system:\n  debug: true  # for now\n  max_concurrent_downloads: 2\n"))
        said = self.said(SYSTEM)
        self.assertEqual((said["max_concurrent_updates"], said["max_concurrent_installations"]), ("4", "2"))

    def refused_more_than_there_can_be(self):
        self.refuse(USAGE, "max_concurrent_downloads", "from 1 to 64", replace={"downloads=2": "downloads=65"})

    def refused_a_misspelt_name_although_the_others_are_right(self):
        self.refuse(USAGE, "did you mean '--max-concurrent-downloads'", replace={"downloads": "downlaods"})

    def refused_in_a_file_that_cannot_be_read(self):
        self.given_settings(SYSTEM, "update_system: {debug: true\n")
        self.refuse(USAGE, SYSTEM)


class SetComponents(SettingsCase):
    line = "multios-update config set --auto-check-enabled=true --auto-check-interval=3600s --require-root-permission=false " \
           "--allow-downgrade=true"

    def done_each_stands_there(self):
        self.do()
        self.assertEqual(self.said(SYSTEM), {"auto_check_enabled": "true", "auto_check_interval": "3600s",
                                             "require_root_permission": "false", "allow_downgrade": "true"})

    def refused_as_a_whole_when_the_last_one_is_wrong(self):
        self.refuse(USAGE, "'perhaps' is neither", replace={"downgrade=true": "downgrade=perhaps"})

    def refused_a_duration_that_is_none(self):
        self.refuse(USAGE, "'soon' is no duration", replace={"3600s": "soon"})


class ConfigureLog(SettingsCase):
    line = "multios-update log configure --level=info --file=/var/log/multios/update.log --max-size=100MB --max-files=10 " \
           "--console-output=true"

    def done_the_handlers_stand_there(self):
        self.do()
        said = self.said("etc/multios/logging.yml")
        self.assertEqual((said["root_level"], said["path"], said["max_size"], said["max_files"], said["enabled"]),
                         ("info", "/var/log/multios/update.log", "100MB", "10", "true"))

    def done_the_next_change_is_logged_there(self):
        self.do()
        update("config", "set", "network.retry_count=4", f"--root={self.root}")
        self.assertIn("network.retry_count is 4 now", self.content("var/log/multios/update.log"))

    def refused_a_level_that_there_is_not(self):
        self.refuse(USAGE, "logging.root_level", "none of debug, info, warn, error", replace={"info": "loud"})

    def refused_a_path_that_leads_up(self):
        self.refuse(USAGE, "absolute path", replace={"/var/log/multios/update.log": "/var/../etc/passwd"})


class ConfigureNetwork(SettingsCase):
    line = "multios-update network configure --timeout=300s --retry-count=3 --proxy-url=http://proxy.company.com:8080 " \
           "--bandwidth-limit=10MB/s --concurrent-downloads=4"

    def done_each_stands_there(self):
        self.do()
        self.assertEqual(self.said("etc/multios/network.yml"),
                         {"timeout": "300s", "retry_count": "3", "proxy_url": "http://proxy.company.com:8080",
                          "bandwidth_limit": "10MB/s", "concurrent_downloads": "4"})

    def refused_what_is_no_address(self):
        self.refuse(USAGE, "network.proxy_url", "no address", replace={"http://proxy.company.com:8080": "proxy"})


class UserSet(SettingsCase):
    line = "multios-update user-config set --user=john --auto-install-security=false --notification-level=normal " \
           "--backup-required=true"

    def done_only_this_users_file_is_written(self):
        self.do()
        self.assertEqual(os.listdir(self.in_root("etc/multios/users")), ["john.yml"])
        self.assertEqual(self.said("etc/multios/users/john.yml"),
                         {"auto_install_security": "false", "notification_level": "normal", "backup_required": "true"})

    def refused_a_user_who_leads_elsewhere(self):
        for name in ("../john", ".john", "a/b"):
            self.refuse(USAGE, f"'{name}' is no name", replace={"john": name})

    def refused_a_level_that_there_is_not(self):
        self.refuse(USAGE, "none, low, normal, high", replace={"normal": "loud"})


class UserGet(SettingsCase):
    line = "multios-update user-config get --user=john"

    def setUp(self):
        super().setUp()
        self.given_settings("etc/multios/users/john.yml", "user_preferences:\n  notification_level: low\n")

    def done_it_tells_what_the_user_and_what_the_system_says(self):
        told = {row["setting"]: row for row in self.ask()["settings"]}
        level = told["user_preferences.notification_level"]
        self.assertEqual((level["value"], level["layer"], level["file"], level["line"]),
                         ("low", "user", "etc/multios/users/john.yml", 2))
        self.assertEqual(told["user_preferences.backup_required"]["layer"], "built-in")

    def refused_a_user_who_leads_elsewhere(self):
        self.refuse(USAGE, "'../john' is no name", replace={"john": "../john"})


class UserReset(SettingsCase):
    line = "multios-update user-config reset --user=john --confirm"

    def setUp(self):
        super().setUp()
        for user in ("john", "mary"):
            self.given_settings(f"etc/multios/users/{user}.yml", "user_preferences:\n  notification_level: low\n")

    def done_nothing_of_this_user_is_left(self):
        self.do()
        self.assertEqual(os.listdir(self.in_root("etc/multios/users")), ["mary.yml"])

    def refused_without_a_word_that_it_is_meant(self):
        self.refuse(NEEDS_ANSWER, "Give --confirm if that is meant", replace={"--confirm": "--confirm=false"})

    def refused_a_user_who_has_none(self):
        self.refuse(FAILED, "'jim'", replace={"john": "jim"})


class CreatePolicy(SettingsCase):
    line = """multios-update policy create --name=office-environment --description="Office desktop environment policy" \
--auto-install-security=true --auto-install-important=false --maintenance-window="18:00-08:00" --backup-required=true"""

    def done_the_template_is_a_file(self):
        self.do()
        said = self.said("etc/multios/policies/office-environment.yml")
        self.assertEqual((said["name"], said["maintenance_window"], said["auto_install_important"]),
                         ("office-environment", "18:00-08:00", "false"))

    def refused_a_template_that_is_there(self):
        self.given_settings("etc/multios/policies/office-environment.yml", "policy_template:\n  name: office-environment\n")
        self.refuse(REFUSED, "'office-environment' already", "--replace")

    def refused_a_window_that_is_none(self):
        self.refuse(USAGE, "no time window", replace={"18:00-08:00": "evenings"})


class ApplyPolicy(SettingsCase):
    line = "multios-update policy apply --template=office-environment --target-systems=desktop-*"
    applied = "etc/multios/enterprise-policies.yml"

    def setUp(self):
        super().setUp()
        self.given_settings("etc/multios/policies/office-environment.yml",
                            "policy_template:\n  name: office-environment\n  maintenance_window: 18:00-08:00\n")

    def done_on_a_system_of_that_name(self):
        self.do("--system-name=desktop-12")
        self.assertEqual(self.content(self.applied),
                         "enterprise_policies:\n  default_policy:\n    maintenance_window: 18:00-08:00\n")

    def refused_a_template_that_there_is_not(self):
        self.refuse(FAILED, "there is no template 'office'", replace={"office-environment": "office"},
                    further=["--system-name=desktop-12"])

    def refused_a_template_with_a_fault(self):
        self.given_settings("etc/multios/policies/office-environment.yml", "policy_template:\n  maintenance_windw: x\n")
        self.refuse(USAGE, "'office-environment' has faults", further=["--system-name=desktop-12"])


class ListTemplates(SettingsCase):
    line = "multios-update policy list-templates"

    def setUp(self):
        super().setUp()
        self.given_settings("etc/multios/policies/lab.yml", "policy_template:\n  description: the lab's\n")

    def done_built_in_ones_and_the_roots_own(self):
        told = {row["template"]: row for row in self.ask()["templates"]}
        self.assertEqual((told["lab"]["description"], told["lab"]["file"]), ("the lab's", "etc/multios/policies/lab.yml"))
        self.assertEqual(told["server"]["file"], "")

    def refused_where_the_folder_is_none(self):
        os.remove(self.in_root("etc/multios/policies/lab.yml"))
        os.rmdir(self.in_root("etc/multios/policies"))
        self.given_settings("etc/multios/policies", "no folder\n")
        self.refuse(FAILED, "etc/multios/policies")
