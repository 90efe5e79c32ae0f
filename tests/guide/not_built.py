"""A line whose part is not built yet: the tool says so, says what is missing, and changes nothing."""

import re

from fixture import Case
from support import NOT_BUILT, TOOLS

MESSAGE = re.compile(r"(?:'(?P<command>[\w -]+)'|option '(?P<option>--[\w-]+)'): (?P<missing>.+)")
TEXT = re.compile(r"^[\w-]+: not built: (.+) \(E016\)\.$", re.MULTILINE)


def message_of(ended):
    """What the tool says of a part that is not built; "" where it says nothing of the kind."""
    if ended.out.startswith("{"):
        error = ended.json["error"]
        return error["message"] if error["number"] == "E016" else ""
    found = TEXT.search(ended.err)
    return found[1] if found else ""


class NotBuilt(Case):
    """One root and folder for all such lines: none of them changes it."""

    def setUp(self):
        super().setUp()
        self.put("package-1.2.3.mos", "package", "1.2.3", {"usr/bin/tool": "t\n"})
        self.must(self.install(self.at("package-1.2.3.mos")))
        self.note_state()

    def note_state(self):
        self.before = self.everything()

    def runTest(self):
        """Lines are tried one by one, by `missing_part`."""

    def missing_part(self, line):
        """What the line lacks, in the tool's own words."""
        self.line = line
        tool, *arguments = self.words()
        if TOOLS[tool] is None:
            return f"there is no tool '{tool}' yet"
        ended = self._run(())
        self.assertEqual(ended.code, NOT_BUILT,
                         f"this is no answer of a command that is not built; if it is built, it needs a case: {ended}")
        self.assertEqual(self.everything(), self.before)
        message = MESSAGE.fullmatch(message_of(ended))
        self.assertIsNotNone(message, f"it does not say what is missing: {ended}")
        command, option = message["command"], message["option"]
        # Of this command, or of one of its options.
        self.assertTrue(arguments[:len(command.split())] == command.split() if command else
                        any(argument.startswith(option) for argument in arguments),
                        f"it speaks of something else: {ended}")
        return message["missing"]
