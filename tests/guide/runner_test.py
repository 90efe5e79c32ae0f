"""The count of the guide notices what is wrong: with the guide, a case, or a line that claims not to be built."""

import io
import os
import pathlib
import tempfile
import unittest

import runner
import support
from fixture import Case
from guide import CONFIG, Command, read_commands, read_not_built, unclear_claims
from judge import Standing, Verdict, judge, judge_hollow, merged
from support import REFUSED, USAGE
from table import Table, totals


class TheGuide(unittest.TestCase):
    def test_it_has_137_commands_and_19_files(self):
        self.assertEqual(len(read_commands()), 137)
        self.assertEqual(len(list(CONFIG.iterdir())), 19)

    def test_a_command_has_the_heading_that_stands_before_it(self):
        commands = read_commands()
        self.assertEqual(commands[0].heading, "Creating Packages")
        self.assertEqual(commands[3], Command("Package Information", "multios-package info package-1.2.3.mos"))

    def test_the_lines_that_are_not_built_stand_in_the_order_of_the_guide(self):
        order = [command.line for command in read_commands()]
        self.assertEqual(read_not_built(), [line for line in order if line in set(read_not_built())])


class Claims(unittest.TestCase):
    COMMANDS = [Command("A", "tool one"), Command("A", "tool two")]

    def unclear(self, *claims, commands=None):
        return list(unclear_claims(commands or self.COMMANDS, claims))

    def test_each_line_has_one_who_answers(self):
        self.assertEqual(self.unclear(("tool one", "x"), ("tool two", "y")), [])

    def test_a_line_for_which_nobody_answers_is_named(self):
        problem, = self.unclear(("tool one", "x"))
        self.assertRegex(problem, "nobody answers .*: tool two$")

    def test_a_line_for_which_two_answer_is_named_with_both(self):
        problem, = self.unclear(("tool one", "x"), ("tool two", "y"), ("tool two", "z"))
        self.assertRegex(problem, "^y and z .*: tool two$")

    def test_a_case_of_a_line_that_was_changed_in_the_guide_is_named(self):
        problem, = self.unclear(("tool one", "x"), ("tool two", "y"), ("tool three", "z"))
        self.assertRegex(problem, "^z .*: tool three$")

    def test_a_line_that_stands_twice_in_the_guide_is_named(self):
        problem, = self.unclear(("tool one", "x"), commands=[self.COMMANDS[0]] * 2)
        self.assertRegex(problem, "twice: tool one$")


class InstallCase(Case):
    line = "multios-package install package-1.2.3.mos"

    def setUp(self):
        super().setUp()
        self.put("package-1.2.3.mos", "package", "1.2.3", {"usr/bin/tool": "t\n"})

    def refused_a_damaged_package(self):
        self.damage("package-1.2.3.mos")
        self.refuse(REFUSED, "Nothing was changed.")


class Good(InstallCase):
    def done_its_file_is_there(self):
        self.do()
        self.assertEqual(self.content("usr/bin/tool"), "t\n")


class Judging(unittest.TestCase):
    def failed(self, verdict, *words):
        self.assertEqual(verdict.standing, Standing.FAILED)
        told = "\n".join(verdict.faults)
        for word in words:
            self.assertIn(word, told)

    def test_a_good_case_works_and_notices_a_hollow_command(self):
        self.assertEqual(judge(Good).standing, Standing.WORKS)
        self.assertEqual(judge_hollow(Good), Verdict(Standing.WORKS))
        self.assertEqual(judge(Good).standing, Standing.WORKS)

    def test_a_case_that_looks_at_the_exit_code_alone_is_hollow(self):
        class ExitCode(InstallCase):
            def done_it_ended_well(self):
                self.do()

        self.assertEqual(judge(ExitCode).standing, Standing.WORKS)
        self.failed(judge_hollow(ExitCode), "done_it_ended_well: with `true` in place of the command, it passes")

    def test_a_case_that_looks_at_the_output_alone_is_hollow(self):
        class Output(InstallCase):
            def done_it_says_so(self):
                self.assertRegex(self.do().out, r"done .* \d+ paths changed")

        self.assertEqual(judge(Output).standing, Standing.WORKS)
        verdict = judge_hollow(Output)
        self.failed(verdict, "done_it_says_so: with a command that says all and does nothing, it passes")
        self.assertNotIn("`true`", "".join(verdict.faults))

    def test_a_fixture_that_fails_proves_nothing(self):
        class Unprepared(Good):
            def setUp(self):
                super().setUp()
                self.fail("no fixture")

        self.failed(judge(Unprepared), "no fixture")
        self.failed(judge_hollow(Unprepared), "it fails before that", "no fixture")

    def test_a_case_without_a_variant_that_must_fail_is_no_case(self):
        class Mild(Case):
            line = "multios-package list-orphaned"

            def done_nothing_is_orphaned(self):
                self.assertEqual(self.ask()["packages"], [])

        self.failed(judge(Mild), "it has no test 'refused_…'")

    def test_a_test_that_does_not_run_the_line_is_told(self):
        class Idle(Good):
            def done_nothing(self):
                pass

        self.failed(judge(Idle), "done_nothing: it does not run the line")

    def test_a_refusal_that_changes_something_is_told(self):
        class Changing(Good):
            def refused_and_yet_done(self):
                self.refuse(0, "paths changed")

        self.failed(judge(Changing), "refused_and_yet_done")

    def test_a_question_that_changes_something_is_told(self):
        class Asking(Good):
            def done_as_a_question(self):
                self.ask()

        self.failed(judge(Asking), "done_as_a_question")

    def test_a_placeholder_that_is_not_in_the_line_is_told(self):
        class Mistaken(Good):
            def refused_something(self):
                self.refuse(USAGE, "x", replace={"--absent": "x"})

        self.failed(judge(Mistaken), "'--absent' does not stand in this line")

    def test_a_case_of_which_nothing_is_in_effect_yet_does_not_count_as_one_that_works(self):
        class OnlyRead(Good):
            def setUp(self):
                super().setUp()
                self.only_understood = True

        self.assertEqual(judge(OnlyRead).standing, Standing.UNDERSTOOD)

    def test_of_several_cases_a_failure_counts_most_and_what_works_more_than_what_is_not_built(self):
        works, waits = Verdict(Standing.WORKS, "note"), Verdict(Standing.NOT_BUILT)
        self.assertEqual(merged([waits, works]), works)
        self.assertEqual(merged([waits]), waits)
        self.assertEqual(merged([works, Verdict(Standing.FAILED, faults=("f",)), waits]),
                         Verdict(Standing.FAILED, faults=("f",)))


class LinesThatAreNotBuilt(unittest.TestCase):
    """A tool of two lines takes the place of multios-update."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(support.TOOLS.update, dict(support.TOOLS))
        self.tool = pathlib.Path(folder.name) / "multios-update"
        # What the fixture itself asks of the tool is answered by the real one.
        self.real = support.TOOLS["multios-update"]

    def judge(self, body, line="multios-update wait --long=yes"):
        self.tool.write_text(f'#!/bin/sh\ncase $1 in wait) ;; *) exec {self.real} "$@" ;; esac\n'
                             f'for last; do root=${{last#--root=}}; done\n{body}\n')
        self.tool.chmod(0o755)
        support.TOOLS["multios-update"] = str(self.tool)
        with runner.NotBuiltLines() as lines:
            verdicts = [lines.judge(line), lines.judge(line)]
        self.assertEqual(verdicts[0].standing, verdicts[1].standing)
        return verdicts[0]

    def failed(self, body, word):
        verdict = self.judge(body)
        self.assertEqual(verdict.standing, Standing.FAILED)
        self.assertIn(word, verdict.faults[0])

    @staticmethod
    def saying(message, code=5):
        return f'echo "multios-update: not built: {message} (E016)." >&2; exit {code}'

    def test_one_that_says_what_is_missing_stands_as_not_built(self):
        self.assertEqual(self.judge(self.saying("'wait': this build has no patience")),
                         Verdict(Standing.NOT_BUILT, "this build has no patience"))
        self.assertEqual(self.judge(self.saying("option '--long': this build is short")),
                         Verdict(Standing.NOT_BUILT, "this build is short"))
        self.assertEqual(self.judge("""echo '{"error": {"number": "E016", "message": "'"'wait'"': no"}}'; exit 5"""),
                         Verdict(Standing.NOT_BUILT, "no"))

    def test_one_that_is_built_needs_a_case(self):
        self.failed("exit 0", "it needs a case")
        self.failed(self.saying("'wait': this build has no patience", code=1), "it needs a case")

    def test_one_that_does_not_say_what_is_missing_is_told(self):
        self.failed("exit 5", "it does not say what is missing")

    def test_one_that_speaks_of_something_else_is_told(self):
        self.failed(self.saying("'walk': this build has no legs"), "it speaks of something else")
        self.failed(self.saying("option '--short': this build has no legs"), "it speaks of something else")

    def test_one_that_changes_the_root_is_told(self):
        self.failed('date +%N > "$root/changed"; ' + self.saying("'wait': no"), "changed")

    def test_a_tool_that_is_not_there_is_not_built(self):
        support.TOOLS["multios-repo"] = None
        with runner.NotBuiltLines() as lines:
            self.assertEqual(lines.judge("multios-repo update --name=x"),
                             Verdict(Standing.NOT_BUILT, "there is no tool 'multios-repo' yet"))


class TheTable(unittest.TestCase):
    def test_a_line_of_it_names_heading_command_and_standing(self):
        text = io.StringIO()
        table = Table(text)
        table.width = 60
        table.row("Heading", "tool " + "x" * 100, Verdict(Standing.NOT_BUILT, "this build is small and young"))
        table.row("Heading", "tool y", Verdict(Standing.FAILED, faults=("one\ntwo",)))
        lines = text.getvalue().splitlines()
        self.assertEqual(lines[0], "Heading")
        self.assertEqual(lines[2:], [f"  {'tool y':33}  FAILED", "    | one", "    | two"])
        self.assertRegex(lines[1], "^  tool x+…  not built yet")
        self.assertTrue(all(len(line) <= 60 for line in lines))

    def test_the_totals_name_what_failed_where_something_did(self):
        works, waits, failed = Standing.WORKS, Standing.NOT_BUILT, Standing.FAILED
        self.assertEqual(totals("files", [works, waits, waits]), "3 files: 1 work, 2 not built yet")
        self.assertEqual(totals("files", [works, failed]), "2 files: 1 work, 0 not built yet, 1 failed")
        self.assertEqual(totals("files", [works]), "1 file: 1 work, 0 not built yet")
        self.assertEqual(totals("files", [works, Standing.UNDERSTOOD]), "2 files: 1 work, 1 understood, 0 not built yet")


if __name__ == "__main__":
    runner.use_tools_of(pathlib.Path(os.environ["BUILD"]))
    unittest.main()
