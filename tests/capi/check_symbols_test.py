"""tests/capi/check_symbols.py names each way in which header, version script, library and documentation can differ."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import check_symbols  # noqa: E402

GOOD = {"mos_a": "MOS_0", "mos_b": "MOS_0"}


class Differences(unittest.TestCase):
    def assert_named(self, sentence, declared=GOOD, script=GOOD, library=GOOD, documented=GOOD):
        found = list(check_symbols.differences(set(declared), dict(script), dict(library), set(documented)))
        self.assertTrue(any(sentence in difference for difference in found), found)

    def test_four_that_agree_have_no_difference(self):
        self.assertEqual(list(check_symbols.differences(set(GOOD), GOOD, GOOD, set(GOOD))), [])

    def test_a_declared_function_must_be_everywhere(self):
        one = {"mos_a": "MOS_0"}
        self.assert_named("'mos_b' is not in the version script", script=one)
        self.assert_named("'mos_b' is not exported", library=one)
        self.assert_named("'mos_b' is not in docs/api.md", documented=one)

    def test_an_exported_symbol_must_be_declared(self):
        more = {**GOOD, "_ZN3mos4base5ErrorC1Ev": "MOS_0"}
        self.assert_named("no public header declares it", library=more)
        self.assert_named("no public header declares it", declared={"mos_a"})

    def test_a_symbol_belongs_to_its_node(self):
        self.assert_named("is in the node 'MOS_1'", script={"mos_a": "MOS_0", "mos_b": "MOS_1"})
        self.assert_named("exported as ''", library={"mos_a": "MOS_0", "mos_b": ""})

    def test_a_version_script_is_read_with_its_comments_and_nodes(self):
        with tempfile.NamedTemporaryFile("w", suffix=".map") as file:
            file.write("/* since 0.1; */\nMOS_0 {\n  global:\n    mos_a; /* mos_x; */\n    mos_b;\n  local: *;\n};\n"
                       "MOS_1 { global: mos_c; } MOS_0;\n")
            file.flush()
            self.assertEqual(check_symbols.of_map(pathlib.Path(file.name)), {**GOOD, "mos_c": "MOS_1"})


if __name__ == "__main__":
    unittest.main()
