"""Deltas: "Bandwidth Optimization". Making one is in packages.py."""

import os

from fixture import Case
from support import REFUSED, USAGE, FAILED, package

OLD = "".join(f"line {number * 7919}\n" for number in range(9000))
NEW = OLD.replace("line 7919\n", "another line\n")


class OfTwoReleases(Case):
    """Two releases and the delta package between them, in the folder where the line runs; the first is installed."""

    NAME = None

    def setUp(self):
        super().setUp()
        self.put("old.mos", self.NAME, "1.0.0", {"usr/lib/data": OLD})
        self.put(self.FULL, self.NAME, "1.1.0", {"usr/lib/data": NEW})
        self.must(package("create-delta", f"--base={self.at('old.mos')}", self.at(self.FULL),
                          f"--output={self.at('update.mos')}", f"--sign-key={self.signer}.key", f"--root={self.root}"))
        self.must(self.install(self.at("old.mos")))


class ForceDelta(OfTwoReleases):
    line = "multios-update install package-1.1.0.mos --force-delta --bandwidth-limit=10MB/s"
    NAME, FULL = "package", "package-1.1.0.mos"

    def done_the_release_comes_by_the_delta(self):
        # What only the delta can do: the full package's content is damaged, and so can't have been used.
        self.damage("package-1.1.0.mos")
        self.do()
        self.assertEqual(self.content("usr/lib/data"), NEW)
        self.assertEqual(self.installed(), {"package": "1.1.0"})

    def refused_where_no_delta_lies_beside(self):
        os.remove(self.at("update.mos"))
        self.refuse(FAILED, "(E011)", "no delta package of package 1.1.0")

    def refused_over_an_altered_base(self):
        with open(self.in_root("usr/lib/data"), "w", encoding="utf-8") as file:
            file.write("altered\n")
        self.refuse(REFUSED, "(E067)", "usr/lib/data", "update.mos")

    def refused_a_rate_that_is_none(self):
        self.refuse(USAGE, "--bandwidth-limit", "fast", replace={"10MB/s": "fast"})


class CheckDelta(OfTwoReleases):
    line = "multios-update check-delta --current-version=1.0.0 --target-version=1.1.0 --package-name=kernel"
    NAME, FULL = "kernel", "kernel-1.1.0.mos"

    def done_the_delta_is_found_with_what_it_saves(self):
        told = self.ask()
        (delta,) = told["deltas"]
        size = os.path.getsize(self.at("update.mos"))
        full = os.path.getsize(self.at("kernel-1.1.0.mos"))
        self.assertEqual((os.path.basename(delta["file"]), delta["package_bytes"], delta["installable"]),
                         ("update.mos", size, True))
        self.assertAlmostEqual(delta["saved_percent"], 100 - 100 * size / full)
        self.assertEqual(told["full_package"]["package_bytes"], full)

    def refused_a_version_that_no_delta_leads_to(self):
        self.refuse(FAILED, "(E011)", "no delta package that leads to kernel 1.2.0", replace={"1.1.0": "1.2.0"})
