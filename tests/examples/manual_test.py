"""The manual: pages that man shows without a complaint, and that say what --help says."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from support import DONE, TIMEOUT_S, TOOLS, environment, run

SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES",
            "SEE ALSO"]


def manual(*arguments, **changes):
    return subprocess.run([os.environ["MULTIOS_MANUAL"], *arguments], capture_output=True, text=True, timeout=TIMEOUT_S,
                          env=environment(**changes), check=False)


def commands_of(tool):
    listed = run(tool, "--help").out.split("\nCommands\n")[1].split("\n\n")[0]
    return re.findall(r"^  (\S+(?: \S+)*)(?:  |$)", listed, re.MULTILINE)


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="mos-manual-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        for tool in TOOLS:
            with open(cls.path(tool), "w", encoding="utf-8") as file:
                file.write(manual("man", tool).stdout)

    @classmethod
    def path(cls, tool):
        return os.path.join(cls.folder, f"{tool}.1")

    def run_or_skip(self, *arguments):
        if not shutil.which(arguments[0]):
            self.skipTest(f"{arguments[0]} is not installed")
        return subprocess.run(arguments, capture_output=True, text=True, timeout=TIMEOUT_S,
                              env=environment(MANWIDTH="100", LC_ALL="C.UTF-8"), check=False)

    def shown(self, tool):
        """The page as a person reads it."""
        text = self.run_or_skip("groff", "-man", "-Tutf8", "-rLL=400n", "-P-cbou", self.path(tool)).stdout
        return re.sub(r"[ \n]+", " ", text)

    def test_mandoc_has_no_complaint(self):
        for tool in TOOLS:
            ended = self.run_or_skip("mandoc", "-Tlint", "-Wstyle", self.path(tool))
            self.assertEqual((ended.returncode, ended.stdout), (0, ""))

    def test_groff_has_no_warning(self):
        for tool in TOOLS:
            ended = self.run_or_skip("groff", "-man", "-Tutf8", "-ww", self.path(tool))
            self.assertEqual((ended.returncode, ended.stderr), (0, ""))

    def test_man_has_no_warning(self):
        for tool in TOOLS:
            ended = self.run_or_skip("man", "--warnings", "-l", self.path(tool))
            self.assertEqual((ended.returncode, ended.stderr), (0, ""))

    def test_its_sections_stand_in_the_usual_order(self):
        for tool in TOOLS:
            with open(self.path(tool), encoding="utf-8") as file:
                sections = re.findall(r'^\.SH "?([^"\n]+)"?$', file.read(), re.MULTILINE)
            self.assertEqual(sections, SECTIONS)

    def test_it_tells_of_every_command_and_option(self):
        for tool in TOOLS:
            shown = self.shown(tool)
            for command in commands_of(tool):
                text = run(tool, *command.split(), "--help").out
                usage = re.search(r"^Usage: (.*)$", text, re.MULTILINE)[1]
                self.assertIn(f" {command} ", shown)
                self.assertIn(usage, shown)
                for option in re.findall(r"^  (--\S+)", text, re.MULTILINE):
                    if not option.startswith("--format"):
                        self.assertIn(f" {option} ", shown)
                example = text.split("\nExample\n  ")[1].strip()
                self.assertIn(example, shown)

    def test_what_is_written_can_be_copied(self):
        for tool in TOOLS:
            self.assertIn("--format=text|json|csv", self.shown(tool))
            self.assertNotRegex(self.shown(tool), "[\u2010\u2212\u2018\u2019]")

    def test_a_fixed_date_makes_the_same_page(self):
        for tool in TOOLS:
            first, second = (manual("man", tool, SOURCE_DATE_EPOCH="1000000000").stdout for _ in range(2))
            self.assertEqual(first, second)
            self.assertIn('"2001-09-09"', first)

    def test_a_page_that_is_not_there_is_refused(self):
        for arguments in ([], ["man"], ["man", "ls"], ["commands", "more"]):
            ended = manual(*arguments)
            self.assertEqual((ended.returncode, ended.stdout), (1, ""))
            self.assertIn("usage: multios-manual", ended.stderr)


class Installed(unittest.TestCase):
    def test_pages_and_completions_go_where_they_are_looked_for(self):
        with open(os.path.join(os.environ["BUILD_ROOT"], "meson-info/intro-installed.json"), encoding="utf-8") as file:
            places = list(json.load(file).values())
        for tool in TOOLS:
            for place in (f"/man/man1/{tool}.1", f"/bash-completion/completions/{tool}", f"/site-functions/_{tool}",
                          f"/fish/vendor_completions.d/{tool}.fish"):
                self.assertEqual(len([found for found in places if found.endswith(place)]), 1, place)


class CommandsPage(unittest.TestCase):
    def test_it_has_each_command_with_its_options(self):
        page = manual("commands").stdout
        for tool in TOOLS:
            for command in commands_of(tool):
                chapter = page.split(f"\n### {tool} {command}\n")[1].split("\n### ")[0].replace("\\|", "|")
                text = run(tool, *command.split(), "--help").out
                own = text.split("\nFor every command\n")[0] + text.split("\nFor every command\n")[1].partition("\n\n")[2]
                for option in re.findall(r"^  (--\S+)", own, re.MULTILINE):
                    self.assertIn(f"`{option}`", chapter + page.split("## Options of every command")[1])
                self.assertIn(re.search(r"^Usage: (.*)$", text, re.MULTILINE)[1], chapter)

    def test_columns_of_csv_are_those_that_are_printed(self):
        page = manual("commands").stdout
        chapter = page.split("\n### multios-package list\n")[1].split("\n### ")[0]
        names = re.findall("`([a-z_]+)`", re.search("^CSV: .*$", chapter, re.MULTILINE)[0])
        with tempfile.TemporaryDirectory() as root:
            printed = run("multios-package", "list", f"--root={root}", "--format=csv")
        self.assertEqual(printed.code, DONE, printed)
        self.assertEqual(printed.out, ",".join(names) + "\r\n")


if __name__ == "__main__":
    unittest.main()
