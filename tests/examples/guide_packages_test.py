"""The user guide's heading "Package Operations": each of its command lines, as it stands there, with its effect on the
state of a root, and once so that it must fail and leave the state as it was."""

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import unittest

from support import FAILED, NOT_BUILT, REFUSED, USAGE, Workshop, run, snapshot

# Word for word; "/path/to" and the folder in which the files lie are the test's own.
CREATE = """multios-package create --name=myapp --version=1.0.0 --type=application --input-directory=/path/to/app
    --output=myapp-1.0.0.mos"""
CREATE_WITH_SCRIPTS = """multios-package create --name=webserver --version=2.1.0 --type=service
    --input-directory=/path/to/webserver --scripts=/path/to/install-scripts --metadata=/path/to/metadata.json
    --output=webserver-2.1.0.mos"""
CREATE_DELTA = """multios-package create-delta --base-version=1.0.0 --new-version=1.1.0 --input-directory=/path/to/app
    --output=myapp-1.1.0-delta.mos"""
INFO = "multios-package info package-1.2.3.mos"
LIST_CONTENTS = "multios-package list-contents package-1.2.3.mos"
VERIFY = "multios-package verify package-1.2.3.mos"
CHECK_DEPS = "multios-package check-deps package-1.2.3.mos"
INSTALL = "multios-package install package-1.2.3.mos --validate --backup --atomic"
INSTALL_BATCH = "multios-package install-batch package1.mos package2.mos package3.mos"
INSTALL_WITH_CONFIG = """multios-package install package-1.2.3.mos --config=/path/to/config.yml
    --target-directory=/opt/custom --preserve-config"""
REMOVE = "multios-package remove myapp"
REMOVE_ALL = "multios-package remove myapp --remove-config --remove-data --backup-data"
LIST_ORPHANED = "multios-package list-orphaned"


class Guide(Workshop):
    """A folder in which the guide's commands run, on the test's root."""

    def setUp(self):
        super().setUp()
        self.work = self.new_path("guide")
        os.makedirs(os.path.join(self.work, "path"))

    def at(self, name):
        return os.path.join(self.work, name)

    def given(self, name, files):
        """The tree that the guide calls /path/to/NAME."""
        shutil.move(self.tree(files), self.at(f"path/{name}"))

    def given_file(self, name, text):
        with open(self.at(f"path/{name}"), "w", encoding="utf-8") as file:
            file.write(text)

    def put(self, file_name, name, version, files, *options, signed=True):
        """A package of the guide's name, in the folder where its commands run."""
        shutil.move(self.build(name, version, files, *options, signed=signed), self.at(file_name))

    def damage(self, file_name):
        with open(self.at(file_name), "r+b") as file:
            file.seek(os.path.getsize(self.at(file_name)) // 2)
            byte = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte[0] ^ 1]))

    def guide(self, line, *further):
        """Runs a line of the guide."""
        tool, *arguments = shlex.split(line.replace("/path/to/", self.at("path/")))
        return run(tool, *arguments, *further, cwd=self.work)

    def on_root(self, line, *further):
        return self.guide(line, f"--root={self.root}", *further)

    def left_as_it_was(self, ended, code, number, *words):
        """The command must have failed so, in a folder and a root that are compared by what `before` returned."""
        self.must_refuse(ended, code, number, *words)
        self.assertEqual((self.state(), sorted(os.listdir(self.work))), self.noted)

    def note_state(self):
        self.noted = (self.state(), sorted(os.listdir(self.work)))

    def entries(self, file_name):
        """{path: SHA-256} of the package's regular files."""
        listed = self.must(run("multios-package", "list-contents", self.at(file_name), "--format=json")).json
        return {entry["path"]: entry["sha256"] for entry in listed["entries"] if entry["type"] == "file"}


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


class Create(Guide):
    def test_the_package_holds_the_directory(self):
        self.given("app", {"usr/bin/myapp": "run\n", "etc/myapp.conf": "a=1\n"})
        self.must(self.guide(CREATE))
        entries = self.entries("myapp-1.0.0.mos")
        self.assertEqual(entries["content/files/usr/bin/myapp"], sha256("run\n"))
        self.assertEqual(entries["content/files/etc/myapp.conf"], sha256("a=1\n"))
        info = self.must(run("multios-package", "info", self.at("myapp-1.0.0.mos"), "--format=json")).json
        self.assertEqual((info["name"], info["version"], info["type"]), ("myapp", "1.0.0", "application"))

    def test_without_the_directory_nothing_is_written(self):
        self.note_state()
        self.left_as_it_was(self.guide(CREATE), FAILED, "E011", "path/app", "Nothing was written.")


class CreateWithScripts(Guide):
    def setUp(self):
        super().setUp()
        self.given("webserver", {"usr/bin/webserver": "serve\n"})
        shutil.move(self.scripts(post_install="echo started"), self.at("path/install-scripts"))
        self.given_file("metadata.json", json.dumps({"update_info": {"priority": 1, "reboot_required": True},
                                                     "service": {"units": ["webserver.service"]}}))

    def test_scripts_and_metadata_are_in_it(self):
        self.must(self.guide(CREATE_WITH_SCRIPTS))
        self.assertEqual(self.entries("webserver-2.1.0.mos")["content/scripts/post-install"],
                         sha256("#!/bin/sh\necho started\n"))
        info = self.must(run("multios-package", "info", self.at("webserver-2.1.0.mos"), "--format=json")).json
        self.assertEqual(info["manifest"]["service"]["units"], ["webserver.service"])
        self.assertTrue(info["manifest"]["update_info"]["reboot_required"])
        self.assertEqual(info["type"], "service")

    def test_a_script_that_nobody_would_call_is_refused(self):
        os.rename(self.at("path/install-scripts/post-install"), self.at("path/install-scripts/postinst"))
        self.note_state()
        ended = self.must(self.guide(CREATE_WITH_SCRIPTS), USAGE)
        self.assertIn("'content/scripts/postinst' is no script that is ever called; there are pre-install,", ended.err)
        self.assertEqual((self.state(), sorted(os.listdir(self.work))), self.noted)

    def test_metadata_of_another_package_are_refused(self):
        self.given_file("metadata.json", json.dumps({"package_info": {"name": "database"}}))
        self.note_state()
        ended = self.must(self.guide(CREATE_WITH_SCRIPTS), USAGE)
        self.assertIn("another name than 'webserver'", ended.err)
        self.assertEqual((self.state(), sorted(os.listdir(self.work))), self.noted)


class CreateDelta(Guide):
    def test_deltas_are_not_in_this_build_and_nothing_is_written(self):
        self.given("app", {"usr/bin/myapp": "run\n"})
        self.note_state()
        self.left_as_it_was(self.guide(CREATE_DELTA), NOT_BUILT, "E016", "this build has no delta packages")


class Information(Guide):
    FILES = {"usr/bin/tool": "#!/bin/sh\n", "usr/share/tool/data": "d\n" * 9000}

    def setUp(self):
        super().setUp()
        self.put("package-1.2.3.mos", "package", "1.2.3", self.FILES, "--description=Some tool")
        self.note_state()

    def unchanged(self):
        self.assertEqual((self.state(), sorted(os.listdir(self.work))), self.noted)

    def test_info_tells_what_it_is_and_who_vouches_for_it(self):
        ended = self.must(self.on_root(INFO))
        for word in ("package", "1.2.3 (release 1)", "Some tool", "Verified"):
            self.assertIn(word, ended.out)
        self.unchanged()

    def test_info_of_something_else_is_refused(self):
        with open(self.at("package-1.2.3.mos"), "wb") as file:
            file.write(b"no package " * 1000)
        self.left_as_it_was(self.on_root(INFO), REFUSED, "E023")

    def test_list_contents_lists_every_path(self):
        self.assertEqual(self.must(self.on_root(LIST_CONTENTS)).out.splitlines(),
                         ["content/files/usr", "content/files/usr/bin", "content/files/usr/bin/tool",
                          "content/files/usr/share", "content/files/usr/share/tool",
                          "content/files/usr/share/tool/data", "metadata/checksums.json", "metadata/manifest.json",
                          "metadata/version.json"])
        self.unchanged()

    def test_list_contents_of_half_a_package_is_refused(self):
        os.truncate(self.at("package-1.2.3.mos"), 700)
        self.left_as_it_was(self.on_root(LIST_CONTENTS), REFUSED, "E024")

    def test_verify_reads_every_byte(self):
        self.assertIn("verified", self.must(self.on_root(VERIFY)).out)
        self.unchanged()

    def test_verify_refuses_one_flipped_bit(self):
        self.damage("package-1.2.3.mos")
        self.assertEqual(self.on_root(VERIFY).code, REFUSED)
        self.unchanged()

    def test_verify_refuses_what_nobody_trusted_signed(self):
        os.remove(os.path.join(self.trust, "signer.pub"))
        self.assertEqual(self.on_root(VERIFY).code, REFUSED)


class CheckDependencies(Guide):
    def setUp(self):
        super().setUp()
        metadata = self.new_path("metadata.json")
        with open(metadata, "w", encoding="utf-8") as file:
            json.dump({"dependencies": {"depends": ["libfoo (>= 1.2)"]}}, file)
        self.put("package-1.2.3.mos", "package", "1.2.3", {"usr/bin/tool": "t\n"}, f"--metadata={metadata}")

    def test_what_is_there_satisfies(self):
        self.must(self.install(self.build("libfoo", "1.3", {"usr/lib/libfoo": "l\n"})))
        self.note_state()
        self.assertIn("fits", self.must(self.on_root(CHECK_DEPS)).out)
        self.assertEqual((self.state(), sorted(os.listdir(self.work))), self.noted)

    def test_what_is_missing_or_too_old_is_named(self):
        ended = self.must(self.on_root(CHECK_DEPS), REFUSED)
        self.assertIn("unmet", ended.out)
        self.assertIn("'libfoo (>= 1.2)'", ended.out)
        self.must(self.install(self.build("libfoo", "1.1", {"usr/lib/libfoo": "l\n"})))
        self.note_state()
        self.assertIn("1.1", self.must(self.on_root(CHECK_DEPS), REFUSED).out)
        self.assertEqual((self.state(), sorted(os.listdir(self.work))), self.noted)


class Install(Guide):
    def setUp(self):
        super().setUp()
        self.put("package-1.2.3.mos", "package", "1.2.3", {"usr/bin/tool": "t\n", "usr/share/tool/a": "a\n" * 9000})

    def test_its_files_and_its_row_are_there_and_there_is_a_way_back(self):
        self.must(self.on_root(INSTALL))
        self.assertEqual(self.content("usr/bin/tool"), "t\n")
        self.assertEqual(self.installed(), {"package": "1.2.3"})
        self.assertTrue(self.history()[0]["can_roll_back"])
        self.must(run("multios-update", "rollback", "last-good", f"--root={self.root}"))
        self.assertFalse(self.has("usr/bin/tool"))

    def test_a_damaged_package_changes_nothing(self):
        self.damage("package-1.2.3.mos")
        self.note_state()
        ended = self.must(self.on_root(INSTALL), REFUSED)
        self.assertIn("Nothing was changed.", ended.err)
        self.assertEqual((self.state(), sorted(os.listdir(self.work))), self.noted)

    def test_no_safeguard_can_be_switched_off(self):
        self.note_state()
        for name in ("validate", "backup", "atomic"):
            ended = self.must(self.on_root(INSTALL.replace(f"--{name}", f"--{name}=false")), USAGE)
            self.assertIn("can't be switched off", ended.err)
        self.assertEqual((self.state(), sorted(os.listdir(self.work))), self.noted)


class InstallBatch(Guide):
    def setUp(self):
        super().setUp()
        for number in (1, 2, 3):
            self.put(f"package{number}.mos", f"package{number}", f"{number}.0",
                     {f"usr/share/{number}": f"{number}\n" * 9000})

    def test_all_three_are_one_transaction(self):
        self.must(self.on_root(INSTALL_BATCH))
        self.assertEqual(self.installed(), {"package1": "1.0", "package2": "2.0", "package3": "3.0"})
        self.assertEqual(len(self.history()), 1)
        self.must(run("multios-update", "rollback", "last-good", f"--root={self.root}"))
        self.assertEqual(self.installed(), {})

    def test_one_that_is_damaged_keeps_all_away(self):
        self.damage("package3.mos")
        self.note_state()
        ended = self.must(self.on_root(INSTALL_BATCH), REFUSED)
        self.assertIn("Nothing was changed.", ended.err)
        self.assertEqual((self.state(), sorted(os.listdir(self.work))), self.noted)


class InstallWithConfig(Guide):
    def setUp(self):
        super().setUp()
        self.given_file("config.yml", "server:\n  port: 8080\n")
        self.package("package-1.2.3.mos", "1.2.3")

    def package(self, file_name, version, *options):
        templates = self.tree({"etc/tool.conf": "port={{ server.port }} of " + version + "\n"})
        self.put(file_name, "package", version, {"bin/tool": f"{version}\n"}, f"--templates={templates}", *options)

    def relocatable(self):
        self.package("package-1.2.3.mos", "1.2.3", "--relocatable")

    def test_the_files_are_below_the_folder_and_the_template_is_filled(self):
        self.relocatable()
        self.must(self.on_root(INSTALL_WITH_CONFIG))
        self.assertEqual(self.content("opt/custom/bin/tool"), "1.2.3\n")
        self.assertEqual(self.content("opt/custom/etc/tool.conf"), "port=8080 of 1.2.3\n")
        self.assertFalse(self.has("bin/tool"))
        self.assertEqual(self.installed(), {"package": "1.2.3"})

    def test_a_preserved_configuration_file_stays_through_an_update(self):
        self.relocatable()
        self.must(self.on_root(INSTALL_WITH_CONFIG))
        self.package("package-1.3.0.mos", "1.3.0", "--relocatable")
        self.must(self.on_root(INSTALL_WITH_CONFIG.replace("1.2.3", "1.3.0")))
        self.assertEqual(self.content("opt/custom/bin/tool"), "1.3.0\n")
        self.assertEqual(self.content("opt/custom/etc/tool.conf"), "port=8080 of 1.2.3\n")
        self.assertEqual(self.content("opt/custom/etc/tool.conf.new"), "port=8080 of 1.3.0\n")

    def test_a_missing_value_is_named_and_nothing_is_changed(self):
        self.relocatable()
        self.given_file("config.yml", "server:\n  address: localhost\n")
        self.note_state()
        self.left_as_it_was(self.on_root(INSTALL_WITH_CONFIG), REFUSED, "E056", "server.port", "Nothing was changed.")

    def test_a_package_that_does_not_allow_it_is_not_moved(self):
        self.note_state()
        ended = self.must(self.on_root(INSTALL_WITH_CONFIG), USAGE)
        self.assertIn("relocatable", ended.err)
        self.assertEqual((self.state(), sorted(os.listdir(self.work))), self.noted)

    def test_values_that_are_no_yaml_are_refused(self):
        self.relocatable()
        self.given_file("config.yml", "server: [8080\n")
        self.note_state()
        ended = self.must(self.on_root(INSTALL_WITH_CONFIG), USAGE)
        self.assertRegex(ended.err, r"config\.yml' line \d")
        self.assertEqual((self.state(), sorted(os.listdir(self.work))), self.noted)


class Remove(Guide):
    def setUp(self):
        super().setUp()
        self.must(self.install(self.build("myapp", "1.0.0", {"usr/bin/myapp": "run\n", "etc/myapp.conf": "a=1\n"},
                                          "--data=/var/lib/myapp")))
        self.put_in_root("var/lib/myapp/records", "precious\n")

    def test_the_program_goes_and_configuration_and_data_stay(self):
        ended = self.must(self.on_root(REMOVE))
        self.assertEqual(self.installed(), {})
        self.assertFalse(self.has("usr/bin/myapp"))
        self.assertEqual(self.content("etc/myapp.conf"), "a=1\n")
        self.assertEqual(self.content("var/lib/myapp/records"), "precious\n")
        self.assertIn("etc/myapp.conf", ended.out)

    def test_what_is_not_installed_can_not_be_removed(self):
        self.must(self.on_root(REMOVE))
        self.note_state()
        self.left_as_it_was(self.on_root(REMOVE), REFUSED, "E045", "'myapp'", "Nothing was changed.")

    def test_with_its_options_all_goes_and_the_data_are_in_an_archive(self):
        self.put_in_root("etc/myapp.conf", "a=2\n")
        self.must(self.on_root(REMOVE_ALL))
        for path in ("usr/bin/myapp", "etc/myapp.conf", "var/lib/myapp"):
            self.assertFalse(self.has(path), path)
        self.assertEqual(self.installed(), {})
        (archive,) = os.listdir(self.in_root("var/backups/multios"))
        content = subprocess.run(["tar", "--zstd", "-xOf", self.in_root(f"var/backups/multios/{archive}"),
                                  "var/lib/myapp/records"], capture_output=True, check=False)
        self.assertEqual(content.stdout, b"precious\n", content)

    def test_what_was_removed_with_its_options_comes_back(self):
        self.put_in_root("etc/myapp.conf", "a=2\n")
        before = snapshot(self.in_root("usr")), snapshot(self.in_root("var/lib/myapp"))
        self.must(self.on_root(REMOVE_ALL))
        self.must(run("multios-update", "rollback", "last-good", f"--root={self.root}"))
        self.assertEqual((snapshot(self.in_root("usr")), snapshot(self.in_root("var/lib/myapp"))), before)
        self.assertEqual(self.content("etc/myapp.conf"), "a=2\n")

    def test_data_in_which_another_package_has_a_file_are_not_removed(self):
        self.must(self.install(self.build("other", "1", {"var/lib/myapp/others": "o\n"})))
        self.note_state()
        self.left_as_it_was(self.on_root(REMOVE_ALL), REFUSED, "E006", "'other'", "Nothing was changed.")
        self.assertFalse(self.has("var/backups/multios"))


class ListOrphaned(Guide):
    def setUp(self):
        super().setUp()
        metadata = self.new_path("metadata.json")
        with open(metadata, "w", encoding="utf-8") as file:
            json.dump({"dependencies": {"depends": ["libfoo"]}}, file)
        library = self.build("libfoo", "1.3", {"usr/lib/libfoo": "l\n"})
        self.must(self.install(self.build("myapp", "1", {"usr/bin/myapp": "run\n"}, f"--bundle={library}",
                                          f"--metadata={metadata}")))

    def test_what_is_needed_by_nobody_any_more_is_listed(self):
        self.assertEqual(self.installed(), {"libfoo": "1.3", "myapp": "1"})
        self.assertNotIn("libfoo", self.must(self.on_root(LIST_ORPHANED)).out)
        self.must(self.on_root(REMOVE))
        before = self.state()
        self.assertRegex(self.must(self.on_root(LIST_ORPHANED)).out, r"(?m)^libfoo +1\.3")
        self.assertEqual(self.state(), before)

    def test_a_root_that_is_not_there_has_no_list(self):
        self.note_state()
        ended = self.guide(LIST_ORPHANED, "--root=/absent")
        self.left_as_it_was(ended, FAILED, "E011", "/absent")


if __name__ == "__main__":
    unittest.main()
