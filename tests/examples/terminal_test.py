"""The tools on a terminal: bars, colours, questions and Ctrl-C."""

import os
import random
import unittest

from support import DONE, FAILED, NEEDS_ANSWER, REFUSED, Terminal, Workshop, snapshot

CLEAR_LINE = b"\x1b[K"


class Bars(Workshop):
    def big(self):
        numbers = random.Random(1)
        return self.build("big", "1", {f"usr/big/{i}": numbers.randbytes(1 << 20) for i in range(24)})

    def test_a_bar_is_drawn_and_gone_at_the_end(self):
        terminal = Terminal("multios-package", "install", self.big(), f"--root={self.root}")
        self.assertEqual(terminal.wait(), DONE, terminal.shown)
        self.assertIn(b"\r ", terminal.shown)
        drawn, done = terminal.shown.rsplit(CLEAR_LINE, 1)
        self.assertTrue(drawn.endswith(b"\r"))
        self.assertIn(b"done", done)
        self.assertNotIn(b"\t", terminal.shown)

    def test_a_bar_never_wraps(self):
        terminal = Terminal("multios-package", "install", self.big(), f"--root={self.root}", columns=30)
        self.assertEqual(terminal.wait(), DONE, terminal.shown)
        for drawn in terminal.shown.split(b"\r ")[1:]:
            line = " " + drawn.split(CLEAR_LINE)[0].decode()
            self.assertLess(len(line), 30, line)

    def test_a_dumb_terminal_gets_neither_bar_nor_colour(self):
        terminal = Terminal("multios-package", "install", self.big(), f"--root={self.root}", TERM="dumb")
        self.assertEqual(terminal.wait(), DONE, terminal.shown)
        self.assertNotIn(b"\x1b", terminal.shown)

    def test_no_color_is_kept(self):
        coloured = Terminal("multios-package", "info", "absent.mos")
        self.assertEqual(coloured.wait(), FAILED)
        self.assertIn(b"\x1b[1;31mfailed", coloured.shown)
        plain = Terminal("multios-package", "info", "absent.mos", NO_COLOR="1")
        self.assertEqual(plain.wait(), FAILED)
        self.assertNotIn(b"\x1b", plain.shown)


class Questions(Workshop):
    def setUp(self):
        super().setUp()
        self.put_in_root("usr/bin/app", "mine\n")
        self.made = self.build("app", "1", {"usr/bin/app": "theirs\n", "usr/bin/other": "o\n"})

    def asked(self):
        terminal = Terminal("multios-package", "install", self.made, f"--root={self.root}", "--on-conflict=ask")
        terminal.read_until(b"(Enter: ")
        self.assertIn(b"usr/bin/app", terminal.shown)
        return terminal

    def test_the_answer_decides(self):
        terminal = self.asked()
        terminal.type(b"perhaps\n")  # is asked again
        terminal.type(b"replace\n")
        self.assertEqual(terminal.wait(), DONE, terminal.shown)
        self.assertEqual(self.content("usr/bin/app"), "theirs\n")

    def test_keep_keeps(self):
        terminal = self.asked()
        terminal.type(b"keep\n")
        self.assertEqual(terminal.wait(), DONE, terminal.shown)
        self.assertEqual(self.content("usr/bin/app"), "mine\n")
        self.assertEqual(self.content("usr/bin/other"), "o\n")

    def test_stop_changes_nothing(self):
        terminal = self.asked()
        terminal.type(b"stop\n")
        self.assertIn(terminal.wait(), (REFUSED, FAILED), terminal.shown)
        self.assertFalse(os.path.exists(self.in_root("usr/bin/other")))

    def test_the_end_of_input_is_no_answer(self):
        terminal = self.asked()
        terminal.type(b"\x04")  # Ctrl-D
        self.assertEqual(terminal.wait(), NEEDS_ANSWER, terminal.shown)
        self.assertEqual(self.content("usr/bin/app"), "mine\n")

    def test_ctrl_c_cancels_and_the_outcome_is_told(self):
        before = snapshot(self.root)
        terminal = self.asked()
        terminal.type(b"\x03")
        terminal.read_until(b"Stopping")
        terminal.interrupt()  # does nothing worse; typed, it would have the terminal drop what was not yet shown
        self.assertEqual(terminal.wait(), FAILED, terminal.shown)
        self.assertIn(b"cancelled", terminal.shown)
        self.assertIn(b"(E017).", terminal.shown)
        self.assertIn(b"Nothing was changed.", terminal.shown)
        self.assertEqual(snapshot(self.root), before)


if __name__ == "__main__":
    unittest.main()
