"""The public headers keep the rules of a C ABI: each compiles alone as C99 and as C++20 without a warning, and a
binding can be made from them.

Arguments: the C compiler and the C++ compiler, each as one word or several separated by spaces.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tools"))
import c_headers  # noqa: E402

CXX = sys.argv.pop().split()
CC = sys.argv.pop().split()
STRICT = ["-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{TOP / 'include'}"]
C99 = [*CC, "-std=c99", "-Wstrict-prototypes", "-Wmissing-prototypes", *STRICT]
CPP20 = [*CXX, "-std=c++20", *STRICT]

DECLARATIONS = "\n".join(block.code for header in c_headers.read_all() for block in header.blocks)
CODE = c_headers.COMMENT.sub("", DECLARATIONS)
STRUCTS = dict(re.findall(r"typedef struct (mos_\w+) \{(.*?)\} \1;", CODE, re.DOTALL))
INITIALISERS = re.findall(r"#define (MOS_\w+_INIT)\b", CODE)


class Headers(unittest.TestCase):
    def assert_compiles(self, text, what):
        for command, ending in ((C99, ".c"), (CPP20, ".cpp")):
            with tempfile.TemporaryDirectory() as folder, self.subTest(what, language=ending):
                source = pathlib.Path(folder, "probe" + ending)
                source.write_text(text)
                result = subprocess.run([*command, str(source)], capture_output=True, text=True)
                self.assertEqual(result.returncode, 0, result.stderr)

    def test_each_header_compiles_alone(self):
        for path in sorted(c_headers.FOLDER.glob("*.h")):
            self.assert_compiles(f"#include <multiosupdate/{path.name}>\nextern int probe;\n", path.name)

    def test_headers_can_be_included_twice_in_any_order(self):
        names = [path.name for path in sorted(c_headers.FOLDER.glob("*.h"))]
        lines = [f"#include <multiosupdate/{name}>\n" for name in names + names[::-1]]
        self.assert_compiles("".join(lines) + "extern int probe;\n", "all headers")

    def test_the_umbrella_includes_every_header(self):
        included = c_headers.INCLUDE.findall((c_headers.FOLDER / c_headers.UMBRELLA).read_text())
        self.assertEqual(sorted(included), [f"multiosupdate/{name}" for name in sorted(c_headers.names())])

    def test_each_initialiser_fits_its_struct(self):
        self.assertTrue(INITIALISERS)
        lines = ["#include <multiosupdate/multiosupdate.h>", "int probe(void);", "int probe(void) {", "int sum = 0;"]
        for name in INITIALISERS:
            struct = "mos_" + name.removeprefix("MOS_").removesuffix("_INIT").lower()
            self.assertIn(struct, STRUCTS, f"{name} belongs to no struct")
            lines.append(f"{{ {struct} value = {name}; sum += value.struct_size == sizeof(value); }}")
        self.assert_compiles("\n".join([*lines, "return sum;", "}", ""]), "initialisers")

    def test_each_struct_begins_with_its_size_and_has_an_initialiser(self):
        self.assertTrue(STRUCTS)
        for name, members in STRUCTS.items():
            self.assertEqual(members.split(";")[0].strip(), "uint32_t struct_size", name)
            self.assertIn(f"MOS_{name.removeprefix('mos_').upper()}_INIT", INITIALISERS)

    def test_types_are_of_one_width_on_every_machine(self):
        for word in ("off_t", "time_t", "ssize_t", "long", "short", "unsigned", "wchar_t", "float", "double"):
            self.assertIsNone(re.search(rf"\b{word}\b", CODE), f"'{word}' in a public header")

    def test_enumerations_travel_as_int32(self):
        for name in re.findall(r"\benum (\w+)", CODE):
            self.fail(f"'enum {name}': give it a typedef of int32_t and leave the enum without a name")

    def test_errors_come_last_and_outputs_are_pointers_to_handles(self):
        for function, arguments in re.findall(r"MOS_API [^;(]*?\b(mos_\w+)\(([^;]*)\);", CODE):
            self.assertTrue(arguments.strip(), f"{function}() needs (void)")
            if "mos_error **" in arguments:
                self.assertRegex(arguments, r"mos_error \*\*error$", function)

    def test_each_function_has_a_comment_that_says_since_when(self):
        for header in c_headers.read_all():
            for block in header.blocks:
                for function in block.functions:
                    # types.h speaks for all of these.
                    if not function.endswith("_free"):
                        self.assertRegex(" ".join(block.comment.split()), r"Since \d+\.\d+", f"{function} in {header.name}")

    def test_what_cpp_leaves_is_a_cdef_for_cffi(self):
        try:
            import cffi
        except ImportError:
            self.skipTest("python3-cffi is not installed")
        ffi = cffi.FFI()
        ffi.cdef(c_headers.cdef())
        for name in STRUCTS:
            self.assertGreater(ffi.sizeof(name), 4, name)


if __name__ == "__main__":
    unittest.main()
