"""install --directory, --force-delta and check-delta: which packages of a folder lead to a release."""

import os
import struct
import unittest

from support import FAILED, REFUSED, USAGE, Workshop, package, update

BASE = [f"line {number * 7919 % 1000003}\n" for number in range(40_000)]


def release(number):
    """Each release alters lines of its own."""
    lines = list(BASE)
    for one in range(2, number + 1):
        lines[one * 1000] = f"release {one}\n"
    return {"usr/lib/data": "".join(lines)}


class OfAFolder(Workshop):
    """Releases 1 to 3 of a package, the deltas between neighbours in a folder; release 1 is installed."""

    def setUp(self):
        super().setUp()
        self.folder = self.new_path("packages")
        os.mkdir(self.folder)
        full = [self.build("app", f"{number}.0", release(number)) for number in (1, 2, 3)]
        self.must(self.install(full[0]))
        for number in (1, 2):
            self.delta(full[number - 1], full[number], f"{number}-{number + 1}.mos")
        self.newest = os.path.join(self.folder, "full.mos")
        os.rename(full[2], self.newest)

    def delta(self, base, target, name):
        self.must(package("create-delta", f"--base={base}", target, f"--output={os.path.join(self.folder, name)}",
                          f"--sign-key={self.signer}.key", f"--root={self.root}"))

    def from_folder(self, *arguments):
        return self.install("app", f"--directory={self.folder}", *arguments)

    def check(self, *arguments):
        return update("check-delta", "--package-name=app", f"--directory={self.folder}", f"--root={self.root}", *arguments)


class Install(OfAFolder):
    def test_a_chain_is_installed_link_by_link_and_the_choice_is_told(self):
        ended = self.must(self.from_folder())
        self.assertEqual(self.content("usr/lib/data"), release(3)["usr/lib/data"])
        self.assertIn("1-2.mos', then ", ended.out)
        self.assertIn("in the place of the full package", ended.out)
        self.assertEqual(ended.out.count("done in "), 2)
        self.must(update("rollback", "last-good", f"--root={self.root}"))
        self.assertEqual(self.content("usr/lib/data"), release(2)["usr/lib/data"])

    def test_json_has_both_changes(self):
        changes = self.must(self.from_folder("--format=json")).json["changes"]
        self.assertEqual([change["plan"]["steps"][0]["version"] for change in changes], ["2.0", "3.0"])

    def test_a_plan_shows_every_link_and_changes_nothing(self):
        ended = self.must(self.from_folder("--plan"))
        self.assertIn("1.0 \u2192 2.0", ended.out)
        self.assertIn("then a change of its own: app \u2192 3.0, by ", ended.out)
        told = self.must(self.from_folder("--plan", "--format=json")).json
        self.assertEqual(told["plan"]["steps"][0]["version"], "2.0")
        (link,) = told["to_come"]
        self.assertEqual((link["version"], os.path.basename(link["file"])), ("3.0", "2-3.mos"))
        self.assertEqual(self.content("usr/lib/data"), release(1)["usr/lib/data"])

    def test_the_digest_of_one_plan_is_refused_for_a_chain_before_anything_is_changed(self):
        digest = self.must(self.from_folder("--plan", "--format=json")).json["plan"]["digest"]
        ended = self.from_folder(f"--plan-digest={digest}")
        self.assertEqual(ended.code, USAGE, ended)
        self.assertIn("each with a plan of its own", ended.err)
        self.assertEqual(self.installed(), {"app": "1.0"})

    def test_a_version_in_between_is_reached_by_one_delta(self):
        self.must(self.from_folder("--target-version=2.0"))
        self.assertEqual(self.content("usr/lib/data"), release(2)["usr/lib/data"])

    def test_the_settings_are_asked(self):
        self.must(update("config", "set", "--section=delta_updates", "--enable-delta=false", f"--root={self.root}"))
        ended = self.must(self.from_folder())
        self.assertIn("delta_updates.enable_delta is false", ended.out)
        self.assertEqual(ended.out.count("done in "), 1)
        self.assertEqual(self.content("usr/lib/data"), release(3)["usr/lib/data"])

    def conflict_in_a_fourth_release(self):
        """The third link of a chain brings a file where somebody's own lies."""
        fourth = self.build("app", "4.0", {**release(4), "usr/lib/more": "the package's"})
        self.delta(self.newest, fourth, "3-4.mos")
        self.put_in_root("usr/lib/more", "somebody's")

    def test_a_link_that_fails_stops_the_chain_where_it_is_and_says_so(self):
        self.conflict_in_a_fourth_release()
        self.must_refuse(self.from_folder(), REFUSED, "E006", "after 2 changes of a chain", "usr/lib/more",
                         "'multios-update history' shows what stands")
        self.assertEqual(self.content("usr/lib/data"), release(3)["usr/lib/data"])

    def test_the_changes_before_a_failure_stand_beside_it_in_json(self):
        self.conflict_in_a_fourth_release()
        told = self.from_folder("--format=json").json
        self.assertEqual(told["error"]["number"], "E006")
        self.assertEqual([change["plan"]["steps"][0]["version"] for change in told["changes"]], ["2.0", "3.0"])

    def test_a_link_that_is_damaged_is_found_before_the_first_change(self):
        with open(os.path.join(self.folder, "2-3.mos"), "r+b") as file:
            reserved = struct.unpack_from("<I", file.read(64), 17 + 20)[0]  # docs/package-format.md, section 2
            file.seek(-(9 + 3 + 1536 + reserved) - 60, os.SEEK_END)  # the end of the payload
            file.write(b"x" * 50)
        os.remove(self.newest)
        self.must_refuse(self.from_folder(), REFUSED, "E026", "2-3.mos' can't be used")
        self.assertEqual(self.installed(), {"app": "1.0"})

    def test_a_batch_follows_each_chain_to_its_end(self):
        fourth = self.build("app", "4.0", release(4))
        self.delta(self.newest, fourth, "3-4.mos")
        beside = os.path.join(self.folder, "full-4.mos")
        os.rename(fourth, beside)
        other = self.build("other", "1.0", {"usr/lib/other": "x"})
        batch = ["install-batch", beside, other, "--force-delta", "--stop-on-error=false", f"--root={self.root}"]
        ended = self.must_refuse(package(*batch), FAILED, "E011", "no delta package of other 1.0")
        self.assertIn("1 of 2 installed", ended.out)
        self.assertEqual(self.installed(), {"app": "4.0"})
        self.must(update("rollback", "last-good", f"--root={self.root}"))
        self.assertEqual(self.installed(), {"app": "3.0"})

    def test_a_batch_tells_each_change_of_a_chain_in_json(self):
        ended = self.must(package("install-batch", self.newest, "--force-delta", "--stop-on-error=false", "--format=json",
                                  f"--root={self.root}")).json
        (app,) = ended["packages"]
        self.assertEqual((ended["installed"], app["file"]), (1, self.newest))
        self.assertEqual([change["plan"]["steps"][0]["version"] for change in app["changes"]], ["2.0", "3.0"])
        self.assertEqual(self.installed(), {"app": "3.0"})

    def test_force_delta_takes_the_chain_beside_the_full_package(self):
        with open(self.newest, "r+b") as file:  # so that it can't have been used
            file.seek(60_000)
            file.write(b"x" * 100)
        self.must(self.install(self.newest, "--force-delta"))
        self.assertEqual(self.content("usr/lib/data"), release(3)["usr/lib/data"])

    def test_a_package_that_the_folder_has_not_is_told(self):
        self.must_refuse(self.install("absent", f"--directory={self.folder}"), FAILED, "E011", "no package 'absent'")
        self.must_refuse(self.from_folder("--target-version=9"), FAILED, "E011", "of version 9")
        self.assertEqual(self.install(self.newest, "--target-version=3.0").code, USAGE)


class CheckDelta(OfAFolder):
    def test_the_chain_and_the_choice_are_shown(self):
        told = self.must(self.check("--target-version=3.0", "--format=json")).json
        names = [os.path.basename(file) for file in told["chain"]["files"]]
        self.assertEqual(names, ["1-2.mos", "2-3.mos"])
        self.assertEqual(told["chosen"], told["chain"]["files"])
        (delta,) = told["deltas"]
        self.assertEqual((os.path.basename(delta["file"]), delta["installable"]), ("2-3.mos", False))
        out = self.must(self.check("--target-version=3.0")).out
        self.assertIn("A chain takes", out)
        self.assertIn("'install --directory': ", out)

    def test_a_chain_from_elsewhere_can_not_be_installed_here(self):
        self.must(self.install(self.newest))
        ended = self.check("--current-version=2.0", "--target-version=3.0")
        self.assertEqual(ended.code, REFUSED, ended)

    def test_a_chain_begins_at_the_installed_version_also_where_it_is_named(self):
        told = self.must(self.check("--current-version=1.0", "--target-version=3.0", "--format=json")).json
        self.assertEqual([os.path.basename(file) for file in told["chain"]["files"]], ["1-2.mos", "2-3.mos"])
        self.assertTrue(told["chain"]["installable"])

    def test_a_version_of_which_nothing_is_known_is_refused(self):
        self.must_refuse(self.check("--current-version=7", "--target-version=2.0"), FAILED, "E011",
                         "what 'app' 7 is can't be told")


class CreateDelta(OfAFolder):
    """Of two versions in a folder."""

    def create(self, *arguments):
        return package("create-delta", f"--output={self.new_path('made.mos')}", f"--root={self.root}", *arguments)

    def by_version(self, *arguments):
        return self.create("--base-version=3.0", "--new-version=4.0", f"--input-directory={self.folder}", *arguments)

    def put_fourth(self, architecture):
        made = self.build("app", "4.0", release(4), f"--architecture={architecture}")
        os.rename(made, os.path.join(self.folder, f"{architecture}.mos"))

    def test_both_are_of_one_architecture(self):
        self.put_fourth("arm64")
        self.put_fourth("all")  # as the third release is
        self.assertIn("app 3.0 \u2192 4.0", self.must(self.by_version()).out)

    def test_where_no_name_tells_them_apart_the_remedy_is_to_name_the_files(self):
        self.put_fourth("arm64")
        self.put_fourth("riscv64")
        ended = self.by_version()
        self.assertEqual(ended.code, USAGE, ended)
        self.assertIn("app 4.0 for arm64", ended.err)
        self.assertIn("Name the files with --base", ended.err)

    def test_a_package_name_beside_files_is_refused(self):
        ended = self.create(f"--base={self.newest}", self.newest, "--package-name=nosuch")
        self.assertEqual(ended.code, USAGE, ended)
        self.assertIn("'--package-name' chooses among the packages of '--input-directory'", ended.err)

    def test_neither_of_the_full_packages_is_replaced(self):
        self.put_fourth("all")
        fourth = os.path.join(self.folder, "all.mos")
        for output in (self.newest, fourth):
            with open(output, "rb") as file:
                before = file.read()
            ended = package("create-delta", f"--base={self.newest}", fourth, f"--output={output}", f"--root={self.root}")
            self.assertEqual(ended.code, USAGE, ended)
            with open(output, "rb") as file:
                self.assertEqual(file.read(), before)


if __name__ == "__main__":
    unittest.main()
