"""An include of a layer that is not named does not compile, with the very flags that Meson gives each layer."""

import json
import pathlib
import shlex
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tools"))
import check_layers  # noqa: E402

BUILD = pathlib.Path(sys.argv.pop()).resolve()


def commands():
    """For each layer the compile command of one of its sources, without source and output."""
    found = {}
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        source = (pathlib.Path(entry["directory"]) / entry["file"]).resolve()
        if source.suffix != ".cpp" or TOP / "src" not in source.parents:
            continue
        words = iter(shlex.split(entry["command"]))
        flags = []
        for word in words:
            if word in ("-o", "-MF", "-MQ", "-c"):
                next(words)
            elif word not in ("-MD",):
                flags.append(word)
        found.setdefault(source.relative_to(TOP / "src").parts[0], flags)
    return found


COMMANDS = commands()


def headers(layer):
    folder = TOP / "src" / layer / "include"
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.hpp"))


def run(layer, text, *options):
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "probe.cpp")
        source.write_text(text)
        # Include paths in the command are relative to the build folder.
        return subprocess.run([*COMMANDS[layer], *options, str(source)], cwd=BUILD, capture_output=True, text=True)


class IncludePaths(unittest.TestCase):
    def test_the_package_layer_can_include_crypto(self):
        result = run("package", "#include <mos/crypto/digest.hpp>\n", "-fsyntax-only")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_the_package_layer_cannot_include_the_database(self):
        self.assertIn("mos/state/database.hpp", headers("state"))
        result = run("package", "#include <mos/state/database.hpp>\n", "-fsyntax-only")
        self.assertNotEqual(result.returncode, 0, "an include of state compiled in the package layer")
        self.assertIn("mos/state/database.hpp", result.stderr)
        self.assertRegex(result.stderr, "No such file|file not found")

    def test_no_layer_finds_a_header_of_a_layer_that_is_not_named(self):
        self.assertIn("base", COMMANDS)
        for layer in COMMANDS:
            allowed = {"base", layer, *check_layers.MAY_USE[layer]}
            for other in sorted(path.name for path in (TOP / "src").iterdir() if path.is_dir()):
                if not headers(other):
                    continue
                with self.subTest(layer=layer, other=other):
                    header = headers(other)[0]
                    text = f"#if __has_include(<{header}>)\nfound\n#else\nmissing\n#endif\n"
                    result = run(layer, text, "-E", "-P")
                    self.assertEqual(result.returncode, 0, result.stderr)
                    answer = result.stdout.split()[-1]
                    if other not in allowed:
                        self.assertEqual(answer, "missing", f"'{layer}' can include <{header}>")
                    elif other == layer:
                        self.assertEqual(answer, "found", f"'{layer}' can't include its own <{header}>")


if __name__ == "__main__":
    unittest.main()
