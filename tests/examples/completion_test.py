"""Completion of command lines, asked of the shells themselves; one that is not installed is passed over."""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from support import DONE, TIMEOUT_S, TOOLS, USAGE, environment, package, run

COMMANDS_OF_PACKAGE = ["keygen", "create", "create-delta", "file-delta", "sign", "revoke", "info", "list-contents", "find-duplicates", "verify", "check-deps", "install",
                       "install-batch", "remove", "list", "list-orphaned", "completion"]
TRUST = ["add-ca", "add-key", "add-crl", "remove-crl", "list-cas", "remove-ca"]


def script(tool, shell):
    ended = run(tool, "completion", shell)
    assert ended.code == DONE, ended
    return ended.out


class Folder(unittest.TestCase):
    """A folder with the scripts, and with files whose names a shell must quote."""

    shell = None

    @classmethod
    def setUpClass(cls):
        if cls.shell and not shutil.which(cls.shell):
            raise unittest.SkipTest(f"{cls.shell} is not installed")
        cls.folder = tempfile.mkdtemp(prefix="mos-completion-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        for name in ("my file.mos", "it's $HOME.mos", "a:b.mos", "plain.mos"):
            with open(os.path.join(cls.folder, name), "w", encoding="utf-8"):
                pass
        os.mkdir(os.path.join(cls.folder, "target dir"))
        if cls.shell:
            for tool in TOOLS:
                with open(cls.path(tool), "w", encoding="utf-8") as file:
                    file.write(script(tool, cls.shell))

    @classmethod
    def path(cls, tool):
        return os.path.join(cls.folder, f".{tool}.{cls.shell}")

    def ask(self, *arguments):
        ended = subprocess.run([self.shell, *arguments], cwd=self.folder, capture_output=True, text=True,
                               stdin=subprocess.DEVNULL, timeout=TIMEOUT_S, env=environment(HOME=self.folder),
                               check=False)
        self.assertEqual(ended.stderr, "")
        return ended.stdout.splitlines()


class OnTerminal:
    """An interactive shell in which a tool's name is a function that shows its arguments in brackets."""

    def __init__(self, folder, arguments, setup):
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(arguments[0], arguments, environment(HOME=folder, PS1="> ", INPUTRC="/dev/null"))
        self.shown = ""
        for line in setup:
            self.type(line + "\n")
        self.type("echo re''ady\n")
        self.read_until("ready")

    def type(self, text):
        os.write(self.descriptor, text.encode())

    def read_until(self, text):
        end = time.monotonic() + TIMEOUT_S
        while text not in self.shown:
            readable, _, _ = select.select([self.descriptor], [], [], max(0, end - time.monotonic()))
            if not readable:
                raise AssertionError(f"{text!r} did not appear; the terminal shows {self.shown!r}")
            self.shown += os.read(self.descriptor, 65536).decode(errors="replace")
        before, self.shown = self.shown.split(text, 1)
        return before

    def arguments_of(self, line):
        """What the tool gets of a line in which tabs complete."""
        self.type(line + "\n")
        self.read_until("<<")
        return self.read_until(">>").split("><")

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.close(self.descriptor)
        os.waitpid(self.pid, 0)


# Its own name is not in what the terminal echoes.
SHOW = "%s() { printf '%%s' '<''<'; printf '%%s' \"$1\"; shift; printf '><%%s' \"$@\"; printf '%%s' '>''>'; }"


class Bash(Folder):
    shell = "bash"

    def offered(self, tool, *words, word_breaks=True):
        """What bash would offer for the last of the words."""
        cut = [part for word in words for part in (re.findall("=|[^=]+", word) if word_breaks else [word]) or [""]]
        function = "_" + tool.replace("-", "_")
        asked = ('source "$1"; function=$2; shift 2; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); $function; '
                 '((${#COMPREPLY[@]} == 0)) || printf "%s\\n" "${COMPREPLY[@]}"')
        return self.ask("--norc", "--noprofile", "-uc", asked, "bash", self.path(tool), function, tool, *cut)

    def test_the_script_registers_itself(self):
        self.assertEqual(self.ask("--norc", "-c", f"source '{self.path('multios-package')}'; complete -p"),
                         ["complete -F _multios_package multios-package"])

    def test_commands_are_offered_word_by_word(self):
        self.assertEqual(self.offered("multios-package", ""), COMMANDS_OF_PACKAGE)
        self.assertEqual(self.offered("multios-package", "list-"), ["list-contents", "list-orphaned"])
        self.assertEqual(self.offered("multios-update", "tru"), ["trust"])
        self.assertEqual(self.offered("multios-update", "trust", ""), TRUST)
        self.assertEqual(self.offered("multios-update", "trust", "add-c"), ["add-ca", "add-crl"])
        self.assertIn("last-good", self.offered("multios-update", "rollback", ""))
        self.assertEqual(self.offered("multios-package", "--format=json", "inf"), ["info"])
        self.assertEqual(self.offered("multios-package", "--format", "json", "inf"), ["info"])
        self.assertEqual(self.offered("multios-package", "help", "inf"), ["info"])
        self.assertEqual(self.offered("multios-update", "rollback", "--yes", "last"), [])  # no command is written so

    def test_a_command_of_the_guide_that_is_not_built_is_not_offered(self):
        self.assertEqual(self.offered("multios-update", "clust"), [])

    def test_options_are_those_of_the_command_and_each_once(self):
        self.assertEqual(self.offered("multios-update", "history", "--"),
                         ["--limit=", "--root=", "--format=", "--verbose", "--debug", "--no-silent-errors", "--help"])
        self.assertEqual(self.offered("multios-update", "history", ""),
                         self.offered("multios-update", "history", "--"))
        self.assertNotIn("--limit=", self.offered("multios-update", "history", "--limit=3", "--"))
        self.assertIn("--bundle=", self.offered("multios-package", "create", "--bundle=x", "--bun"))
        self.assertEqual(self.offered("multios-package", "install", "--install-rec"), [])
        self.assertEqual(self.offered("multios-package", "install", "--ato"), ["--atomic"])
        self.assertEqual(self.offered("multios-package", "--ver"), ["--verbose", "--version"])
        self.assertEqual(self.offered("multios-package", "--format="), ["text", "json", "csv"])

    def test_words_of_a_choice_are_offered(self):
        self.assertEqual(self.offered("multios-package", "list", "--format="), ["text", "json", "csv"])
        self.assertEqual(self.offered("multios-package", "install", "x", "--format="), ["text", "json"])
        self.assertEqual(self.offered("multios-package", "list", "--format=j"), ["json"])
        self.assertEqual(self.offered("multios-package", "list", "--format", ""), ["text", "json", "csv"])
        self.assertEqual(self.offered("multios-package", "list", "--format=c", word_breaks=False), ["--format=csv"])
        self.assertEqual(self.offered("multios-package", "completion", ""), ["bash", "zsh", "fish"])

    def test_one_option_name_has_the_values_of_its_command(self):
        self.assertIn("superseded", self.offered("multios-package", "revoke", "--reason="))
        self.assertEqual(self.offered("multios-package", "install", "--reason="), [])

    def test_files_and_folders_are_offered_where_they_are_meant(self):
        everything = ["a:b.mos", "it's $HOME.mos", "my file.mos", "plain.mos", "target dir"]
        self.assertEqual([name for name in sorted(self.offered("multios-package", "info", "")) if name[0] != "."],
                         everything)
        self.assertEqual(self.offered("multios-package", "info", "my"), ["my file.mos"])
        self.assertEqual(self.offered("multios-package", "list", "--root=t"), ["target dir"])
        self.assertEqual(self.offered("multios-package", "list", "--root", "t"), ["target dir"])
        self.assertEqual(self.offered("multios-package", "list", "--root=p"), [])
        self.assertEqual(self.offered("multios-package", "list", "--root=t", word_breaks=False),
                         ["--root=target dir"])
        self.assertEqual(self.offered("multios-package", "install", "--config=my"), ["my file.mos"])
        self.assertEqual(self.offered("multios-package", "info", "plain.mos", "my"), [])  # it takes one
        self.assertEqual(self.offered("multios-package", "info", "--root", "/", "--trust=x", "my"), ["my file.mos"])
        self.assertEqual(self.offered("multios-package", "install", "plain.mos", "my"), ["my file.mos"])

    def test_behind_two_dashes_there_are_no_options(self):
        self.assertEqual(self.offered("multios-package", "info", "--", "--f"), [])
        self.assertEqual(self.offered("multios-package", "info", "--", "my"), ["my file.mos"])

    def test_on_the_terminal_names_are_quoted(self):
        shell = OnTerminal(self.folder, ["bash", "--norc", "--noprofile", "-i"],
                           ["bind 'set enable-bracketed-paste off'", f"source '{self.path('multios-package')}'",
                            SHOW % "multios-package"])
        self.addCleanup(shell.close)
        self.assertEqual(shell.arguments_of("multios-package inf\tmy\t"), ["info", "my file.mos"])
        self.assertEqual(shell.arguments_of("multios-package info my\\ f\t"), ["info", "my file.mos"])
        self.assertEqual(shell.arguments_of("multios-package info 'my f\t"), ["info", "my file.mos"])
        self.assertEqual(shell.arguments_of("multios-package info it\t"), ["info", "it's $HOME.mos"])
        self.assertEqual(shell.arguments_of("multios-package info a:\t"), ["info", "a:b.mos"])
        self.assertEqual(shell.arguments_of("multios-package list --roo\ttar\t"), ["list", "--root=target dir/"])
        self.assertEqual(shell.arguments_of("multios-package list --form\tj\t"), ["list", "--format=json"])


class Zsh(Folder):
    shell = "zsh"

    def setUp(self):
        self.terminal = OnTerminal(
            self.folder, ["zsh", "-f", "-i"],
            ["setopt no_beep; unsetopt zle_bracketed_paste; PROMPT='> '; LISTMAX=1000",
             "autoload -Uz compinit && compinit -u -D", f"source '{self.path('multios-package')}'",
             f"source '{self.path('multios-update')}'", SHOW % "multios-package", SHOW % "multios-update"])
        self.addCleanup(self.terminal.close)

    def shows(self, line, *texts):
        """What a tab at the end of the line lists."""
        self.terminal.type(line + "\t\t")
        for text in texts:
            self.terminal.read_until(text)
        self.terminal.type("\x15")

    def test_its_syntax_is_right(self):
        for tool in TOOLS:
            self.assertEqual(self.ask("-nf", self.path(tool)), [])

    def test_commands_are_completed_word_by_word(self):
        self.assertEqual(self.terminal.arguments_of("multios-package inf\tplain.mos"), ["info", "plain.mos"])
        self.assertEqual(self.terminal.arguments_of("multios-update tru\tlist\t"), ["trust", "list-cas"])
        self.assertEqual(self.terminal.arguments_of("multios-update rollb\tlast\t"), ["rollback", "last-good"])
        self.assertEqual(self.terminal.arguments_of("multios-package --format=json inf\tx"),
                         ["--format=json", "info", "x"])

    def test_options_and_their_values_are_completed(self):
        self.assertEqual(self.terminal.arguments_of("multios-package list --form\tj\t"), ["list", "--format=json"])
        self.assertEqual(self.terminal.arguments_of("multios-package list --roo\ttar\t"), ["list", "--root=target dir"])
        self.assertEqual(self.terminal.arguments_of("multios-package revoke --reas\tsup\t"),
                         ["revoke", "--reason=superseded"])
        self.assertEqual(self.terminal.arguments_of("multios-update rollback --rec\trp-1"),
                         ["rollback", "--recovery-point=rp-1"])

    def test_names_of_files_are_quoted(self):
        self.assertEqual(self.terminal.arguments_of("multios-package info my\t"), ["info", "my file.mos"])
        self.assertEqual(self.terminal.arguments_of("multios-package info it\t"), ["info", "it's $HOME.mos"])
        self.assertEqual(self.terminal.arguments_of("multios-package info --root / my\t"),
                         ["info", "--root", "/", "my file.mos"])
        self.assertEqual(self.terminal.arguments_of("multios-package completion f\t"), ["completion", "fish"])

    def test_descriptions_are_shown(self):
        self.shows("multios-update trust ", "add-ca", "trust a certificate authority")
        self.shows("multios-package info --", "--root", "work on the system below DIR instead of '/'")

    def test_compinit_finds_the_installed_file(self):
        folder = os.path.join(self.folder, "site-functions")
        os.mkdir(folder)
        shutil.copy(self.path("multios-package"), os.path.join(folder, "_multios-package"))
        shell = OnTerminal(self.folder, ["zsh", "-f", "-i"],
                           [f"unsetopt zle_bracketed_paste; PROMPT='> '; fpath=('{folder}' $fpath)",
                            "autoload -Uz compinit && compinit -u -D", SHOW % "multios-package"])
        self.addCleanup(shell.close)
        for _ in range(2):  # the first time the file is loaded, the second its function is there
            self.assertEqual(shell.arguments_of("multios-package list --form\tj\t"), ["list", "--format=json"])


class Fish(Folder):
    shell = "fish"

    def offered(self, tool, line):
        """{word: description} of what fish offers at the end of the line."""
        lines = self.ask("--no-config", "-c", f"source '{self.path(tool)}'; complete -C \"$argv[1]\"",
                         f"{tool} {line}")
        return dict((found.split("\t", 1) + [""])[:2] for found in lines)

    def test_its_syntax_is_right(self):
        for tool in TOOLS:
            self.assertEqual(self.ask("--no-execute", self.path(tool)), [])

    def test_commands_are_offered_word_by_word_with_what_they_do(self):
        self.assertEqual(sorted(self.offered("multios-package", "")), sorted(COMMANDS_OF_PACKAGE))
        self.assertEqual(sorted(self.offered("multios-update", "trust ")), sorted(TRUST))
        self.assertEqual(self.offered("multios-update", "trust add-ca"), {"add-ca": "trust a certificate authority"})
        self.assertEqual(list(self.offered("multios-update", "rollback last")), ["last-good"])
        self.assertEqual(list(self.offered("multios-package", "--format json inf")), ["info"])
        self.assertEqual(self.offered("multios-update", "rollback --yes last"), {})  # no command is written so
        self.assertEqual(self.offered("multios-update", "history "), {})

    def test_options_are_those_of_the_command(self):
        options = self.offered("multios-update", "history --")
        self.assertEqual(sorted(options), ["--debug", "--format", "--help", "--limit", "--no-silent-errors", "--root",
                                           "--verbose"])
        self.assertEqual(options["--root"], "work on the system below DIR instead of '/'")
        self.assertEqual(self.offered("multios-package", "install --install-rec"), {})

    def test_words_of_a_choice_are_offered(self):
        self.assertEqual(sorted(self.offered("multios-package", "list --format=")),
                         ["--format=csv", "--format=json", "--format=text"])
        self.assertEqual(sorted(self.offered("multios-package", "install x --format=")),
                         ["--format=json", "--format=text"])
        self.assertEqual(list(self.offered("multios-package", "revoke --reason sup")), ["superseded"])
        self.assertEqual(sorted(self.offered("multios-package", "completion ")), ["bash", "fish", "zsh"])

    def test_files_and_folders_are_offered_where_they_are_meant(self):
        self.assertEqual(list(self.offered("multios-package", "info pl")), ["plain.mos"])
        self.assertEqual(list(self.offered("multios-package", "info plain.mos pl")), [])
        self.assertEqual(list(self.offered("multios-package", "info --root / --trust=x pl")), ["plain.mos"])
        self.assertEqual(list(self.offered("multios-package", "list --root pl")), [])
        self.assertEqual(len(self.offered("multios-package", "list --root tar")), 1)


class Script(unittest.TestCase):
    def test_a_shell_that_is_not_known_is_refused(self):
        ended = package("completion", "tcsh")
        self.assertEqual(ended.code, USAGE)
        self.assertIn("'multios-package completion' takes one of bash, zsh, fish, not 'tcsh'", ended.err)

    def test_the_script_is_a_string_of_json(self):
        document = package("completion", "bash", "--format=json").json
        self.assertEqual(document, {"shell": "bash", "script": script("multios-package", "bash")})


if __name__ == "__main__":
    unittest.main()
