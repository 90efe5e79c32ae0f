"""The command line itself: help, mistyped names, exit codes, and output that programs can read."""

import subprocess
import unittest

from support import DONE, FAILED, NOT_BUILT, TOOLS, USAGE, environment, package, run, update

COMMANDS = {
    "multios-package": ["keygen", "create", "sign", "info", "list-contents", "verify", "check-deps", "install",
                        "install-batch", "remove", "list", "list-orphaned"],
    "multios-update": ["install", "install-batch", "remove", "rollback", "rollback last-good", "status", "history",
                       "recover", "doctor"],
}


class Help(unittest.TestCase):
    def test_a_tool_lists_its_commands_and_exit_codes(self):
        for tool, commands in COMMANDS.items():
            for arguments in (["--help"], ["-h"], ["help"]):
                ended = run(tool, *arguments)
                self.assertEqual(ended.code, DONE, ended)
                self.assertEqual(ended.err, "")
                for command in commands:
                    self.assertIn(f"  {command} ", ended.out)
                self.assertIn("4 needs an answer", ended.out)
                self.assertIn("  MULTIOS_HELPER ", ended.out)

    def test_a_command_shows_its_options_and_an_example(self):
        for tool, commands in COMMANDS.items():
            for command in commands:
                ended = run(tool, *command.split(), "--help")
                self.assertEqual(ended.code, DONE, ended)
                self.assertIn(f"Usage: {tool} {command}", ended.out)
                self.assertIn("--format=text|json", ended.out)
                self.assertIn(f"Example\n  {command_of_example(tool, command)}", ended.out)
                self.assertEqual(ended.out, run(tool, "help", *command.split()).out)

    def test_help_is_shown_even_where_the_rest_of_the_line_is_wrong(self):
        self.assertEqual(package("install", "--forse", "--help").code, DONE)

    def test_a_group_of_commands_has_help(self):
        ended = run("multios-update", "trust", "--help")
        self.assertEqual((ended.code, ended.err), (DONE, ""))
        self.assertIn("multios-update trust COMMAND", ended.out)
        for name in ("add-ca", "list-cas", "remove-crl"):
            self.assertRegex(ended.out, rf"(?m)^  trust {name} +\S")
        self.assertNotIn("rollback", ended.out)
        self.assertEqual(run("multios-update", "help", "trust").out, ended.out)
        self.assertEqual(run("multios-update", "trust").code, USAGE)
        self.assertIn("See 'multios-update trust --help'.", run("multios-update", "trust").err)

    def test_help_fits_80_columns_and_has_no_tabs_and_no_colours_in_a_pipe(self):
        for tool, commands in COMMANDS.items():
            for command in commands:
                text = run(tool, *command.split(), "--help").out
                self.assertNotIn("\t", text)
                self.assertNotIn("\x1b", text)
                for line in text.split("\nExample")[0].splitlines():
                    if not line.startswith("Usage:"):
                        self.assertLessEqual(len(line), 80, line)

    def test_the_version_is_the_librarys(self):
        self.assertRegex(package("--version").out, r"^multios-package \d+\.\d+\.\d+\n$")


def command_of_example(tool, command):
    # Commands that both tools have show the example of the tool where they belong.
    if tool == "multios-update" and command in ("install", "install-batch", "remove"):
        return f"multios-package {command} "
    return f"{tool} {command}"


class Mistakes(unittest.TestCase):
    def refused(self, ended, code, text):
        self.assertEqual(ended.code, code, ended)
        self.assertIn(text, ended.err)
        self.assertEqual(ended.out, "")

    def test_a_mistyped_command_names_the_nearest(self):
        self.refused(package("instal", "x"), USAGE, "unknown command 'instal': did you mean 'install'?")
        self.refused(update("histroy"), USAGE, "unknown command 'histroy': did you mean 'history'?")
        self.refused(update("rollback", "last-god"), USAGE, "did you mean 'last-good'?")
        self.refused(package("zzzzzz"), USAGE, "unknown command 'zzzzzz'.")

    def test_a_mistyped_option_names_the_nearest(self):
        self.refused(package("install", "x", "--alow-downgrade"), USAGE,
                     "unknown option '--alow-downgrade': did you mean '--allow-downgrade'?")
        self.refused(package("install", "x", "--plna=true"), USAGE, "unknown option '--plna': did you mean '--plan'?")
        self.refused(package("install", "x", "--zzzzzzzz"), USAGE, "unknown option '--zzzzzzzz'.")

    def test_what_is_missing_is_named(self):
        self.refused(package(), USAGE, "no command is given")
        self.refused(package("info"), USAGE, "FILE is missing")
        self.refused(package("create", "--name=a"), USAGE, "option '--version' is missing")
        self.refused(package("create", "--name"), USAGE, "option '--name' needs a value")
        self.refused(package("create", "--name="), USAGE, "option '--name' has an empty value")

    def test_what_is_too_much_or_wrong_is_named(self):
        self.refused(package("info", "a", "b"), USAGE, "unexpected argument 'b'")
        self.refused(update("rollback", "pakage", "--package-name=app"), USAGE, "did you mean 'package'?")
        self.refused(package("info", "a", "--trust=b", "--trust=c"), USAGE, "'--trust' is given more than once")
        self.refused(package("install", "a", "--config-files=perhaps"), USAGE,
                     "takes one of keep, ask, replace, preserve")
        self.refused(package("install", "a", "--preserve-config", "--config-files=ask"), USAGE, "say two things")
        self.refused(package("verify"), USAGE, "FILE is missing")
        self.refused(package("keygen", "--output=a", "--type=dsa"), USAGE, "takes one of ed25519, ecc-p384, ecc-p256, rsa-4096")
        self.refused(package("verify", "a", "--required-signatures=0"), USAGE, "takes a number from 1 to 16, not '0'")
        self.refused(package("install", "a", "--plan=perhaps"), USAGE, "takes 'true' or 'false', not 'perhaps'")
        self.refused(package("install", "a", "--format=xml"), USAGE, "takes one of text, json")

    def test_a_helper_of_the_environment_has_an_absolute_path(self):
        self.refused(package("list", MULTIOS_HELPER="multios-run-script"), USAGE, "MULTIOS_HELPER is no absolute path")

    def test_options_may_stand_before_the_command_and_after_a_space(self):
        for arguments in (["--format=json", "info", "absent.mos"], ["--format", "json", "info", "absent.mos"],
                          ["info", "absent.mos", "--format", "json"]):
            ended = package(*arguments)
            self.assertEqual(ended.code, FAILED, ended)
            self.assertEqual(ended.json["error"]["name"], "NOT_FOUND")

    def test_behind_two_dashes_everything_is_a_name(self):
        self.assertIn("--plan", package("info", "--", "--plan").err)

    def test_a_name_in_brackets_is_one_name(self):
        self.assertIn("'[a,b]'", package("info", "[a,b]").err)

    def test_control_characters_of_a_name_do_not_reach_the_terminal(self):
        for ended in (package("info", "a\x1b[2Jb"), package("a\x1b[2Jb"), package("info", "--a\x1b[2Jb")):
            self.assertNotIn("\x1b", ended.err)
            self.assertIn("a\\x1b[2Jb", ended.err)


class NotBuilt(unittest.TestCase):
    def test_a_command_of_the_guide_that_is_not_built_says_so(self):
        for tool, arguments in (("multios-package", ["check-conflicts", "x"]),
                                ("multios-package", ["show-dependencies", "x"]),
                                ("multios-update", ["cluster", "monitor", "--real-time=true"]),
                                ("multios-update", ["ha", "init", "--cluster-name=x"])):
            ended = run(tool, *arguments)
            self.assertEqual(ended.code, NOT_BUILT, ended)
            self.assertIn("this build", ended.err)
            self.assertIn("(E016).", ended.err)

    def test_an_option_of_the_guide_that_is_not_built_is_never_ignored(self):
        for arguments in (["install", "x", "--resolve-dependencies"],
                          ["install", "x", "--install-recommended"], ["install-batch", "x", "--parallel-install"]):
            ended = package(*arguments)
            self.assertEqual(ended.code, NOT_BUILT, ended)
            self.assertIn("this build", ended.err)

    def test_what_is_always_on_may_be_asked_for_and_not_switched_off(self):
        self.assertEqual(package("install", "absent.mos", "--validate", "--backup", "--atomic").code, FAILED)
        ended = package("install", "absent.mos", "--backup=false")
        self.assertEqual(ended.code, USAGE, ended)
        self.assertIn("'--backup' can't be switched off", ended.err)


class Json(unittest.TestCase):
    def test_an_error_is_one_document_on_standard_output(self):
        ended = package("install", "x", "--plna", "--format=json")
        self.assertEqual(ended.code, USAGE)
        self.assertEqual(ended.err, "")
        error = ended.json["error"]
        self.assertEqual((error["number"], error["code"], error["name"]), ("E008", -8, "INVALID_ARGUMENT"))
        self.assertIn("--plan", error["message"])
        for key in ("object", "remedy", "errno", "retryable", "causes", "aftermath"):
            self.assertIn(key, error)

    def test_a_missing_file_has_its_errno(self):
        error = package("info", "absent.mos", "--format=json").json["error"]
        self.assertEqual((error["name"], error["errno"]), ("NOT_FOUND", 2))
        self.assertIn("absent.mos", error["object"])


class Output(unittest.TestCase):
    def test_a_full_disk_under_the_output_is_told(self):
        with open("/dev/full", "wb") as full:
            ended = subprocess.run([TOOLS["multios-package"], "--help"], stdout=full, stderr=subprocess.PIPE,
                                   env=environment(), check=False)
        self.assertEqual(ended.returncode, FAILED)
        self.assertIn(b"standard output", ended.stderr)


if __name__ == "__main__":
    unittest.main()
