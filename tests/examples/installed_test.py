"""list, list-orphaned, check-deps, verify --installed and status; bundles; configuration files."""

import json
import os
import unittest

from support import DONE, FAILED, NEEDS_ANSWER, REFUSED, USAGE, Terminal, Workshop, package, update

FILES = {"usr/bin/app": "app\n", "usr/share/app/page": "page\n", "etc/app.conf": "a=1\n"}


class Installed(Workshop):
    def verify(self, *names):
        return package("verify", "--installed", *names, f"--root={self.root}")

    def differences(self, *names):
        ended = package("verify", "--installed", *names, f"--root={self.root}", "--format=json")
        return ended.code, [(row["kind"], row["package"], row["object"]) for row in ended.json["differences"]]

    def status(self):
        return self.must(update("status", f"--root={self.root}", "--format=json")).json


class List(Installed):
    def test_an_empty_root_has_nothing(self):
        self.assertEqual(self.must(package("list", f"--root={self.root}")).out, "Nothing is installed here.\n")
        self.assertEqual(self.installed(), {})
        self.assertFalse(self.has("var"))

    def test_packages_come_with_their_versions_and_how_they_came(self):
        library = self.build("libfoo", "1.3", {"usr/lib/libfoo": "l\n"}, "--release=2")
        self.must(self.install(self.build("app", "1", FILES, f"--bundle={library}")))
        text = self.must(package("list", f"--root={self.root}")).out
        self.assertRegex(text, r"(?m)^app +1$")
        self.assertRegex(text, r"(?m)^libfoo +1\.3-2 +came along with another$")
        self.assertNotIn("\t", text)
        rows = self.must(package("list", f"--root={self.root}", "--format=json")).json["packages"]
        self.assertEqual([row["kind"] for row in rows], ["asked", "automatic"])


class Bundles(Installed):
    def setUp(self):
        super().setUp()
        self.one = self.build("one", "1", {"usr/lib/one": "1\n"})
        self.two = self.build("two", "1", {"usr/lib/two": "2\n"})

    def test_files_and_folders_can_be_bundled_and_come_in_one_transaction(self):
        app = self.build("app", "1", FILES, f"--bundle={self.one}", f"--bundle={self.two}")
        self.must(self.install(app))
        self.assertEqual(self.installed(), {"app": "1", "one": "1", "two": "1"})
        self.assertEqual(len(self.history()), 1)
        folder = self.new_path("folder")
        os.mkdir(folder)
        os.link(self.one, os.path.join(folder, "one.mos"))
        carried = package("list-contents", self.build("app", "2", FILES, f"--bundle={folder}")).out
        self.assertIn("dependencies/one.mos\n", carried)

    def test_files_make_the_same_package_each_time_and_leave_nothing_beside_it(self):
        outputs = []
        for _ in range(2):
            folder = self.new_path("output")
            os.mkdir(folder)
            output = os.path.join(folder, "app.mos")
            self.must(package("create", "--name=app", "--version=1", f"--input-directory={self.tree(FILES)}",
                              f"--output={output}", f"--bundle={self.one}", f"--bundle={self.two}",
                              "--source-date-epoch=1000000000"))
            self.assertEqual(os.listdir(folder), ["app.mos"])
            with open(output, "rb") as file:
                outputs.append(file.read())
        self.assertEqual(outputs[0], outputs[1])

    def test_what_a_package_carried_is_no_orphan_while_it_is_there(self):
        self.must(self.install(self.build("app", "1", FILES, f"--bundle={self.one}", f"--bundle={self.two}")))
        orphans = lambda: [row["name"] for row in self.must(package(
            "list-orphaned", f"--root={self.root}", "--format=json")).json["packages"]]
        self.assertEqual(orphans(), [])
        self.must(self.install(self.build("app", "2", FILES, f"--bundle={self.one}")))
        self.assertEqual(orphans(), ["two"])
        self.must(package("remove", "app", f"--root={self.root}"))
        self.assertEqual(orphans(), ["one", "two"])

    def test_what_can_not_be_bundled_is_refused_and_leaves_nothing_beside(self):
        folder = self.new_path("output")
        os.mkdir(folder)
        text = self.new_path("readme.txt")
        with open(text, "w", encoding="utf-8") as file:
            file.write("x")
        for bundles, code, words in (((text,), USAGE, "readme.txt"), (("absent.mos",), FAILED, "absent.mos"),
                                     ((self.one, self.one), USAGE, "two bundled packages"),
                                     ((self.one, folder), USAGE, "one folder or files")):
            ended = self.must(package("create", "--name=app", "--version=1", f"--input-directory={self.tree(FILES)}",
                                      f"--output={folder}/app.mos", *(f"--bundle={path}" for path in bundles)), code)
            self.assertIn(words, ended.err)
            self.assertEqual(os.listdir(folder), [])

    def test_without_stop_on_error_bundles_come_with_their_carriers(self):
        bad = self.build("bad", "1", {"usr/bad": "x"}, signed=False)
        carriers = [self.build("app", "1", FILES, f"--bundle={self.one}"),
                    self.build("web", "1", {"usr/web": "w\n"}, f"--bundle={self.two}")]
        self.must(package("install-batch", carriers[0], bad, carriers[1], "--stop-on-error=false",
                          f"--root={self.root}"), REFUSED)
        self.assertEqual(self.installed(), {"app": "1", "one": "1", "two": "1", "web": "1"})
        self.assertEqual(len(self.history()), 2)


class Metadata(Installed):
    def create(self, *options):
        output = self.new_path("x.mos")
        ended = package("create", "--name=x", "--version=1", f"--input-directory={self.tree(FILES)}",
                        f"--output={output}", *options)
        return ended, output

    def manifest(self, *options):
        ended, output = self.create(*options)
        self.must(ended)
        return self.must(package("info", output, "--format=json")).json["manifest"]

    def test_a_misspelt_key_is_told_with_the_one_that_was_meant(self):
        ended, _ = self.create(self.metadata(dependencies={"dependz": ["y"]}, vendor={"a": 1}))
        self.must(ended)
        self.assertIn("'dependencies.dependz' is no key of a manifest, and has no effect; did you mean "
                      "'dependencies.depends'?", ended.out)
        self.assertIn("'vendor' is no key of a manifest", ended.out)
        self.assertNotIn("note", self.must(self.create(self.metadata(dependencies={"depends": ["y"]}))[0]).out)

    def test_what_is_wrong_with_the_metadata_is_to_be_corrected_there(self):
        for option in ("--name=a b", "--version=_"):
            ended = package("create", "--name=x", "--version=1", f"--input-directory={self.tree(FILES)}",
                            f"--output={self.new_path('x.mos')}", option)
            self.assertNotEqual(ended.code, DONE, ended)
            self.assertNotIn("Get the package again", ended.err)

    def test_options_go_into_the_manifest_beside_the_metadata(self):
        manifest = self.manifest(self.metadata(scripts={"timeout_s": 5}, update_info={"category": "security"}),
                                 "--config-file=/opt/x/x.conf", "--config-file=/opt/x/y.conf", "--data=/var/lib/x",
                                 "--script-output=/var/cache/x", "--relocatable")
        self.assertEqual([path.lstrip("/") for path in manifest["configuration"]["files"]],
                         ["opt/x/x.conf", "opt/x/y.conf"])
        self.assertEqual([path.lstrip("/") for path in manifest["data"]["paths"]], ["var/lib/x"])
        self.assertEqual([path.lstrip("/") for path in manifest["scripts"]["outputs"]], ["var/cache/x"])
        self.assertEqual(manifest["scripts"]["timeout_s"], 5)
        self.assertTrue(manifest["installation"]["relocatable"])
        self.assertEqual(manifest["update_info"]["category"], "security")

    def test_two_things_said_of_one_field_are_a_usage_error(self):
        for metadata, option in (({"data": {"paths": ["/a"]}}, "--data=/b"),
                                 ({"installation": {"relocatable": False}}, "--relocatable"),
                                 ({"configuration": {"files": ["/etc/a", "/etc/b"]}}, "--config-file=/etc/a")):
            ended, output = self.create(self.metadata(**metadata), option)
            self.must(ended, USAGE)
            self.assertIn("say two things", ended.err)
            self.assertFalse(os.path.exists(output))

    def test_metadata_are_as_strict_beside_options_as_without(self):
        for text in ('{"data": {}, "data": {}}', "[]", "{", '{"installation": 3}', '{"a":' * 20 + "1" + "}" * 20):
            path = self.new_path("metadata.json")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            for options in ([], ["--relocatable"]):
                ended, output = self.create(f"--metadata={path}", *options)
                self.assertEqual(ended.code, REFUSED, f"{text} {options} {ended}")
                self.assertFalse(os.path.exists(output))

    def test_a_path_that_leaves_the_root_is_refused(self):
        ended, output = self.create("--data=../../etc")
        self.assertEqual(ended.code, REFUSED, ended)
        self.assertFalse(os.path.exists(output))


class CheckDeps(Installed):
    def test_problems_are_told_as_json(self):
        self.must(self.install(self.build("old", "1", {"usr/old": "o\n"})))
        made = self.build("app", "1", FILES, self.metadata(dependencies={"depends": ["libfoo"]},
                                                           update_info={"conflicts": ["old"]}))
        ended = self.must(package("check-deps", made, f"--root={self.root}", "--format=json"), REFUSED)
        self.assertFalse(ended.json["satisfied"])
        self.assertEqual([(row["kind"], row["object"]) for row in ended.json["problems"]],
                         [("unmet", "libfoo"), ("conflict", "old")])

    def test_what_is_no_package_is_refused(self):
        self.must_refuse(package("check-deps", self.signer + ".pub", f"--root={self.root}"), REFUSED, "E023")


class VerifyInstalled(Installed):
    def setUp(self):
        super().setUp()
        self.must(self.install(self.build("app", "1", FILES)))
        self.must(self.install(self.build("other", "1", {"usr/other": "o\n"})))

    def test_what_is_as_it_was_installed_is_told_so(self):
        self.assertEqual(self.must(self.verify()).out, "Everything is as it was installed.\n")
        self.assertEqual(self.differences("app", "other"), (DONE, []))

    def test_what_differs_is_listed_with_its_package(self):
        self.put_in_root("usr/bin/app", "APP\n")
        os.remove(self.in_root("usr/share/app/page"))
        os.chmod(self.in_root("usr/other"), 0o600)
        ended = self.must(self.verify(), REFUSED)
        self.assertRegex(ended.out, r"(?m)^content +app +usr/bin/app +has another content than was installed$")
        self.assertRegex(ended.out, r"(?m)^missing +app +usr/share/app/page +is missing$")
        self.assertRegex(ended.out, r"(?m)^mode +other +usr/other +has the mode 0600, 0644 was installed$")
        self.assertNotIn("\t", ended.out)
        self.assertEqual(self.differences("other"), (REFUSED, [("mode", "other", "usr/other")]))

    def test_one_difference_of_a_file_hides_no_other(self):
        """A change of what is in a program must not keep its new owner and mode out of the list."""
        self.put_in_root("usr/bin/app", "APP\n")
        os.chmod(self.in_root("usr/bin/app"), 0o600)
        os.chown(self.in_root("usr/bin/app"), 12, 34)
        self.assertEqual(self.differences("app"), (REFUSED, [(kind, "app", "usr/bin/app")
                                                             for kind in ("content", "mode", "owner")]))

    def test_a_configuration_file_may_differ(self):
        self.put_in_root("etc/app.conf", "a=2\n")
        ended = self.must(self.verify())
        self.assertRegex(ended.out, r"(?m)^configuration-content +app +etc/app\.conf +has another content")

    def test_a_path_that_is_no_text_comes_as_base64(self):
        self.must(self.install(self.build("odd", "1", {b"usr/odd\xff".decode(errors="surrogateescape"): "x"})))
        os.remove(self.in_root(b"usr/odd\xff".decode(errors="surrogateescape")))
        row = self.verify("odd", "--format=json").json["differences"][0]
        self.assertEqual(row["object_base64"], "dXNyL29kZP8=")

    def test_a_package_that_is_not_installed_is_refused(self):
        self.must_refuse(self.verify("absent"), REFUSED, "E045", "'absent'")

    def test_a_root_in_which_nothing_is_installed_is_told_as_such(self):
        empty = self.empty_root()
        self.assertIn("nothing is installed here",
                      self.must(package("verify", "--installed", f"--root={empty}")).out)

    def test_it_changes_nothing(self):
        self.put_in_root("usr/bin/app", "APP\n")
        before = self.state()
        self.must(self.verify(), REFUSED)
        self.assertEqual(self.state(), before)


class Status(Installed):
    def test_a_new_root_has_no_past(self):
        self.assertEqual(self.status(), {"installed": 0, "last_change": None, "recovery_points": 0, "way_back": None,
                                         "unfinished": None, "recovery_mode": False,
                                         "pending_reboots": []})
        self.assertRegex(self.must(update("status", f"--root={self.root}")).out, r"(?m)^last change +none$")

    def test_it_counts_packages_and_recovery_points(self):
        self.must(self.install(self.build("app", "1", FILES)))
        self.must(self.install(self.build("other", "1", {"usr/other": "o\n"})))
        status = self.status()
        self.assertEqual((status["installed"], status["recovery_points"]), (2, 2))
        self.assertEqual(status["way_back"]["recovery_point"], status["last_change"]["recovery_point"])
        text = self.must(update("status", f"--root={self.root}")).out
        self.assertRegex(text, r"(?m)^installed +2 packages$")
        self.assertIn("install other 1", text)
        self.assertIn(f"rollback last-good --root={self.root}", text)
        self.must(update("rollback", "last-good", f"--root={self.root}"))
        self.assertEqual(self.status()["recovery_points"], 1)

    def test_a_pending_start_is_told_until_it_has_been(self):
        made = self.build("kernel", "1", {"boot/kernel": "k\n"}, self.metadata(update_info={"reboot_required": True}))
        ended = self.must(self.install(made))
        self.assertIn("\nStart the system again to complete it: kernel\n", ended.out)
        self.assertEqual(self.status()["pending_reboots"][0]["package"], "kernel")
        self.assertIn("Start the system again to complete it: kernel",
                      self.must(update("status", f"--root={self.root}")).out)
        # What no start has used yet needs none to go away.
        undone = self.must(update("rollback", "last-good", f"--root={self.root}", "--format=json")).json
        self.assertEqual(undone["outcome"]["reboot"], "")
        self.assertEqual(self.status()["pending_reboots"], [])

    def test_what_needs_no_start_says_nothing_of_one(self):
        ended = self.must(self.install(self.build("app", "1", FILES), "--format=json"))
        self.assertEqual(ended.json["outcome"]["reboot"], "")
        self.assertEqual(self.status()["pending_reboots"], [])


class ConfigurationFiles(Installed):
    def setUp(self):
        super().setUp()
        self.must(self.install(self.build("app", "1", FILES)))
        self.put_in_root("etc/app.conf", "a=mine\n")
        self.new = self.build("app", "2", {**FILES, "etc/app.conf": "a=2\n"})

    def test_yours_is_kept_and_the_new_one_put_beside_it(self):
        ended = self.must(self.install(self.new))
        self.assertIn("etc/app.conf", ended.out)
        self.assertEqual((self.content("etc/app.conf"), self.content("etc/app.conf.new")), ("a=mine\n", "a=2\n"))

    def test_replace_takes_yours_into_the_recovery_point(self):
        self.must(self.install(self.new, "--config-files=replace"))
        self.assertEqual(self.content("etc/app.conf"), "a=2\n")
        self.must(update("rollback", "last-good", f"--root={self.root}"))
        self.assertEqual(self.content("etc/app.conf"), "a=mine\n")

    def test_ask_without_a_terminal_needs_an_answer(self):
        before = self.state()
        self.must_refuse(self.install(self.new, "--config-files=ask"), NEEDS_ANSWER, "E018", "etc/app.conf",
                         "--config-files", "Nothing was changed.")
        self.assertEqual(self.state(), before)

    def test_an_answer_on_the_terminal_decides(self):
        for answer, left in ((b"keep\n", "a=mine\n"), (b"replace\n", "a=2\n")):
            terminal = Terminal("multios-package", "install", self.new, f"--root={self.root}", "--config-files=ask")
            terminal.read_until(b"(Enter: ")
            self.assertIn(b"etc/app.conf", terminal.shown)
            terminal.type(answer)
            self.assertEqual(terminal.wait(), DONE, terminal.shown)
            self.assertEqual(self.content("etc/app.conf"), left)
            self.must(update("rollback", "last-good", f"--root={self.root}"))

    def test_a_plan_of_a_removal_says_what_stays(self):
        ended = self.must(package("remove", "app", f"--root={self.root}", "--plan"))
        self.assertIn("'etc/app.conf' is a configuration file, and is kept", ended.out)
        ended = self.must(package("remove", "app", f"--root={self.root}", "--remove-config", "--plan"))
        self.assertNotIn("is a configuration file, and is kept", ended.out)


if __name__ == "__main__":
    unittest.main()
