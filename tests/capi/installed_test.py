#!/usr/bin/python3
"""Installs the build into a folder and builds the C example there, as an embedder would: by pkg-config alone.

Arguments: the build folder, the example's source, the C compiler's command.
"""

import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import unittest

BUILD, EXAMPLE, COMPILER = sys.argv[1], sys.argv[2], shlex.split(sys.argv[3])


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout.strip()


class Installed(unittest.TestCase):
    def test_an_embedder_needs_nothing_but_pkg_config(self):
        with tempfile.TemporaryDirectory() as folder:
            run("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", folder)
            (description,) = pathlib.Path(folder).rglob("multiosupdate.pc")
            environment = {**os.environ, "PKG_CONFIG_PATH": str(description.parent),
                           "PKG_CONFIG_SYSROOT_DIR": folder}
            flags = shlex.split(run("pkg-config", "--cflags", "--libs", "multiosupdate", env=environment))
            program = pathlib.Path(folder) / "verify_install"
            run(*COMPILER, "-std=c99", "-pedantic", "-Werror", EXAMPLE, "-o", str(program), *flags)
            library = description.parent.parent
            ended = subprocess.run([program], env={**os.environ, "LD_LIBRARY_PATH": str(library)}, capture_output=True,
                                   text=True)
            self.assertEqual(ended.returncode, 1)
            self.assertIn("usage:", ended.stderr)

    def test_the_library_looks_for_its_helper_where_that_is_installed(self):
        with tempfile.TemporaryDirectory() as folder:
            run("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", folder)
            (helper,) = pathlib.Path(folder).rglob("multios-run-script")
            self.assertTrue(os.access(helper, os.X_OK))
            library = next(path for path in pathlib.Path(folder).rglob("libmultiosupdate.so*") if not path.is_symlink())
            self.assertIn(f"/{helper.relative_to(folder)}\0".encode(), library.read_bytes())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
