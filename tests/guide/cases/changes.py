"""What changes a root: "Package Installation", "Package Removal", and the lines elsewhere that install or take back."""

import json
import os
import subprocess

from fixture import Case
from support import FAILED, REFUSED, USAGE, package, snapshot, update


class Install(Case):
    line = "multios-package install package-1.2.3.mos --validate --backup --atomic"

    def setUp(self):
        super().setUp()
        self.put("package-1.2.3.mos", "package", "1.2.3", {"usr/bin/tool": "t\n", "usr/share/tool/a": "a\n" * 9000})

    def done_its_files_and_its_row_are_there_and_there_is_a_way_back(self):
        self.do()
        self.assertEqual(self.content("usr/bin/tool"), "t\n")
        self.assertEqual(self.installed(), {"package": "1.2.3"})
        self.assertTrue(self.history()[0]["can_roll_back"])
        self.must(update("rollback", "last-good", f"--root={self.root}"))
        self.assertFalse(self.has("usr/bin/tool"))

    def refused_a_damaged_package(self):
        self.damage("package-1.2.3.mos")
        self.refuse(REFUSED, "package-1.2.3.mos", "Nothing was changed.")

    def refused_to_go_without_a_safeguard(self):
        for name in ("--validate", "--backup", "--atomic"):
            self.refuse(USAGE, f"'{name}' can't be switched off", replace={name: f"{name}=false"})


class InstallWithDebugging(Case):
    line = "multios-update install package-1.2.3.mos --debug --verbose --no-silent-errors"

    def setUp(self):
        super().setUp()
        self.put("package-1.2.3.mos", "package", "1.2.3", {"usr/bin/tool": "t\n"})

    def done_its_files_and_its_row_are_there(self):
        self.do()
        self.assertEqual(self.content("usr/bin/tool"), "t\n")
        self.assertEqual(self.installed(), {"package": "1.2.3"})

    def refused_with_the_causes_of_the_error(self):
        self.damage("package-1.2.3.mos")
        self.refuse(REFUSED, "package-1.2.3.mos", "because: ")

    def refused_to_be_silent(self):
        self.refuse(USAGE, "'--no-silent-errors' can't be switched off",
                    replace={"--no-silent-errors": "--no-silent-errors=false"})


class InstallBatch(Case):
    line = "multios-package install-batch package1.mos package2.mos package3.mos"

    def setUp(self):
        super().setUp()
        for number in (1, 2, 3):
            self.put(f"package{number}.mos", f"package{number}", f"{number}.0",
                     {f"usr/share/{number}": f"{number}\n" * 9000})

    def done_all_three_are_one_transaction(self):
        self.do()
        self.assertEqual(self.installed(), {"package1": "1.0", "package2": "2.0", "package3": "3.0"})
        self.assertEqual(len(self.history()), 1)
        self.must(update("rollback", "last-good", f"--root={self.root}"))
        self.assertEqual(self.installed(), {})

    def refused_all_when_one_is_damaged(self):
        self.damage("package3.mos")
        self.refuse(REFUSED, "package3.mos", "Nothing was changed.")


class InstallWithConfig(Case):
    line = """multios-package install package-1.2.3.mos --config=/path/to/config.yml --target-directory=/opt/custom \
--preserve-config"""

    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("only root can give files to root, whose templates are")
        self.given_file("config.yml", "server:\n  port: 8080\n")
        self.put_version("1.2.3", "--relocatable")

    def put_version(self, version, *options):
        templates = self.tree({"etc/tool.conf": "port={{ server.port }} of " + version + "\n"})
        self.put(f"package-{version}.mos", "package", version, {"bin/tool": f"{version}\n"},
                 f"--templates={templates}", *options)

    def done_the_files_are_below_the_folder_and_the_template_is_filled(self):
        self.do()
        self.assertEqual(self.content("opt/custom/bin/tool"), "1.2.3\n")
        self.assertEqual(self.content("opt/custom/etc/tool.conf"), "port=8080 of 1.2.3\n")
        self.assertFalse(self.has("bin/tool"))
        self.assertEqual(self.installed(), {"package": "1.2.3"})

    def done_a_preserved_configuration_file_stays_through_an_update(self):
        self.do()
        self.put_version("1.3.0", "--relocatable")
        self.do(replace={"1.2.3": "1.3.0"})
        self.assertEqual(self.content("opt/custom/bin/tool"), "1.3.0\n")
        self.assertEqual(self.content("opt/custom/etc/tool.conf"), "port=8080 of 1.2.3\n")
        self.assertEqual(self.content("opt/custom/etc/tool.conf.new"), "port=8080 of 1.3.0\n")

    def refused_without_a_value_that_a_template_needs(self):
        self.given_file("config.yml", "server:\n  address: localhost\n")
        self.refuse(REFUSED, "(E056)", "server.port", "Nothing was changed.")

    def refused_a_package_that_may_not_be_moved(self):
        self.put_version("1.2.3")
        self.refuse(USAGE, "relocatable")

    def refused_values_that_are_no_yaml(self):
        self.given_file("config.yml", "server: [8080\n")
        self.refuse(USAGE, "config.yml' line ")


class WithMyapp(Case):
    """The lines that remove `myapp`, whose configuration was edited and which has written something."""

    def setUp(self):
        super().setUp()
        self.put_and_install("myapp", "1.0.0", {"usr/bin/myapp": "run\n", "etc/myapp.conf": "a=1\n"},
                             "--data=/var/lib/myapp")
        self.put_in_root("etc/myapp.conf", "a=2\n")
        self.put_in_root("var/lib/myapp/records", "precious\n")


class Remove(WithMyapp):
    line = "multios-package remove myapp"

    def done_the_program_goes_and_configuration_and_data_stay(self):
        ended = self.do()
        self.assertEqual(self.installed(), {})
        self.assertFalse(self.has("usr/bin/myapp"))
        self.assertEqual(self.content("etc/myapp.conf"), "a=2\n")
        self.assertEqual(self.content("var/lib/myapp/records"), "precious\n")
        self.assertIn("etc/myapp.conf", ended.out)

    def refused_what_is_not_installed(self):
        self.must(package("remove", "myapp", f"--root={self.root}"))
        self.refuse(REFUSED, "(E045)", "'myapp'", "Nothing was changed.")


class RemoveAll(WithMyapp):
    line = "multios-package remove myapp --remove-config --remove-data --backup-data"

    def done_all_goes_and_the_data_are_in_an_archive(self):
        self.do()
        for path in ("usr/bin/myapp", "etc/myapp.conf", "var/lib/myapp"):
            self.assertFalse(self.has(path), path)
        self.assertEqual(self.installed(), {})
        archive, = os.listdir(self.in_root("var/backups/multios"))
        content = subprocess.run(["tar", "--zstd", "-xOf", self.in_root(f"var/backups/multios/{archive}"),
                                  "var/lib/myapp/records"], capture_output=True, check=False)
        self.assertEqual(content.stdout, b"precious\n", content)

    def done_what_was_removed_comes_back(self):
        before = snapshot(self.in_root("usr")), snapshot(self.in_root("var/lib/myapp"))
        self.do()
        self.must(update("rollback", "last-good", f"--root={self.root}"))
        self.assertTrue(self.has("var/backups/multios"))
        self.assertEqual((snapshot(self.in_root("usr")), snapshot(self.in_root("var/lib/myapp"))), before)
        self.assertEqual(self.content("etc/myapp.conf"), "a=2\n")

    def refused_data_in_which_another_package_has_a_file(self):
        self.put_and_install("other", "1", {"var/lib/myapp/others": "o\n"})
        self.refuse(REFUSED, "(E006)", "'other'", "Nothing was changed.")
        self.assertFalse(self.has("var/backups/multios"))


class ListOrphaned(Case):
    line = "multios-package list-orphaned"

    def setUp(self):
        super().setUp()
        metadata = self.new_path("metadata.json")
        with open(metadata, "w", encoding="utf-8") as file:
            json.dump({"dependencies": {"depends": ["libfoo"]}}, file)
        library = self.build("libfoo", "1.3", {"usr/lib/libfoo": "l\n"})
        self.put_and_install("myapp", "1", {"usr/bin/myapp": "run\n"}, f"--bundle={library}", f"--metadata={metadata}")

    def orphans(self):
        return [(row["name"], row["version"]) for row in self.ask()["packages"]]

    def done_what_is_needed_by_nobody_any_more_is_listed(self):
        self.assertEqual(self.installed(), {"libfoo": "1.3", "myapp": "1"})
        self.assertEqual(self.orphans(), [])
        self.must(package("remove", "myapp", f"--root={self.root}"))
        self.assertEqual(self.orphans(), [("libfoo", "1.3")])
        self.assertRegex(self.ask_for_people(), r"(?m)^libfoo +1\.3")

    def refused_where_there_is_no_root(self):
        self.refuse(FAILED, "(E011)", "/absent", root="/absent")


class RollBackToLastGood(Case):
    line = "multios-update rollback last-good"

    def setUp(self):
        super().setUp()
        self.put_and_install("tool", "1", {"usr/bin/tool": "one\n"})
        self.put_and_install("tool", "2", {"usr/bin/tool": "two\n", "usr/bin/more": "more\n"})

    def done_the_newest_change_is_taken_back_and_no_other(self):
        self.do()
        self.assertEqual(self.content("usr/bin/tool"), "one\n")
        self.assertFalse(self.has("usr/bin/more"))
        self.assertEqual(self.installed(), {"tool": "1"})
        self.assertEqual([record["in_effect"] for record in self.history()[1:]], [False, True])

    def refused_where_nothing_is_in_effect(self):
        for _ in range(2):
            self.must(update("rollback", "last-good", f"--root={self.root}"))
        self.refuse(REFUSED, "(E043)", "no change is in effect", "Nothing was changed.")
