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

    def test_a_plan_shows_the_first_link_and_changes_nothing(self):
        ended = self.must(self.from_folder("--plan"))
        self.assertIn("1.0 \u2192 2.0", ended.out)
        self.assertIn("2-3.mos", ended.out)
        self.assertEqual(self.content("usr/lib/data"), release(1)["usr/lib/data"])

    def test_a_version_in_between_is_reached_by_one_delta(self):
        self.must(self.from_folder("--target-version=2.0"))
        self.assertEqual(self.content("usr/lib/data"), release(2)["usr/lib/data"])

    def test_the_settings_are_asked(self):
        self.must(update("config", "set", "--section=delta_updates", "--enable-delta=false", f"--root={self.root}"))
        ended = self.must(self.from_folder())
        self.assertIn("delta_updates.enable_delta is false", ended.out)
        self.assertEqual(ended.out.count("done in "), 1)
        self.assertEqual(self.content("usr/lib/data"), release(3)["usr/lib/data"])

    def test_a_link_that_is_damaged_stops_the_chain_where_it_is_and_says_so(self):
        with open(os.path.join(self.folder, "2-3.mos"), "r+b") as file:
            reserved = struct.unpack_from("<I", file.read(64), 17 + 20)[0]  # docs/package-format.md, section 2
            file.seek(-(9 + 3 + 1536 + reserved) - 60, os.SEEK_END)  # the end of the payload
            file.write(b"x" * 50)
        os.remove(self.newest)
        ended = self.from_folder()
        self.assertEqual(ended.code, REFUSED, ended)
        self.assertIn("after 1 change of a chain", ended.err)
        self.assertIn("'multios-update history' shows what stands", ended.err)
        self.assertEqual(self.content("usr/lib/data"), release(2)["usr/lib/data"])

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


if __name__ == "__main__":
    unittest.main()
