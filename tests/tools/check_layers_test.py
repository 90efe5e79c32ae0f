"""tools/check_layers.py refuses what the table of layers refuses. One case for each rule."""

import pathlib
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tools"))
import check_layers  # noqa: E402


class CheckLayers(unittest.TestCase):
    def faults(self, path, *lines):
        with tempfile.TemporaryDirectory() as top:
            file = pathlib.Path(top, path)
            file.parent.mkdir(parents=True)
            file.write_text("\n".join(lines) + "\n")
            return check_layers.check(pathlib.Path(top))[0]

    def assert_refused(self, path, line, reason):
        faults = self.faults(path, line)
        self.assertEqual(len(faults), 1, f"{line} in {path}: {faults}")
        self.assertIn(reason, faults[0])
        self.assertTrue(faults[0].startswith(f"{path}:1: "))

    def assert_allowed(self, path, *lines):
        self.assertEqual(self.faults(path, *lines), [])

    def test_a_layer_may_include_itself_base_and_what_the_table_names(self):
        self.assert_allowed("src/package/x.cpp", "#include <mos/package/x.hpp>", "#include <mos/base/bytes.hpp>",
                            "#include <mos/crypto/digest.hpp>", '#include "private.hpp"', "#include <string>",
                            "#include <sys/stat.h>", "#include <zstd.h>", "#include <fmt/format.h>")

    def test_a_layer_that_is_not_named_is_refused(self):
        self.assert_refused("src/package/x.cpp", "#include <mos/state/database.hpp>", "layer 'state'")
        self.assert_refused("src/base/x.cpp", "#include <mos/crypto/digest.hpp>", "layer 'crypto'")
        self.assert_refused("tests/package/x_test.cpp", "#include <mos/state/database.hpp>", "layer 'state'")

    def test_an_include_line_is_seen_however_it_is_spaced(self):
        self.assert_refused("src/package/x.cpp", "  #  include  <mos/state/database.hpp>  // why", "layer 'state'")

    def test_an_inner_layer_does_not_know_the_public_header(self):
        self.assert_refused("src/engine/x.cpp", "#include <multiosupdate/plan.h>", "inner layers do not know it")

    def test_a_folder_that_is_no_layer_is_refused(self):
        self.assertIn("no layer 'utils'", self.faults("src/utils/x.cpp", "#include <string>")[0])

    def test_third_party_headers_stay_in_their_rooms(self):
        self.assert_refused("src/package/x.cpp", "#include <sodium.h>", "is only for src/crypto")
        self.assert_refused("src/install/x.cpp", "#include <mbedtls/pk.h>", "is only for src/crypto")
        self.assert_refused("src/crypto/key.cpp", "#include <openssl/evp.h>", "is only for src/crypto/digest.cpp")
        self.assert_allowed("src/crypto/digest.cpp", "#include <openssl/evp.h>")
        self.assert_refused("src/transaction/x.cpp", "#include <sqlite3.h>", "is only for src/state")
        self.assert_refused("src/state/x.cpp", "#include <zstd.h>", "is only for src/package")
        self.assert_refused("src/base/x.cpp", "#include <zlib.h>", "is only for src/transaction")
        self.assert_refused("capi/x.cpp", "#include <CLI/CLI.hpp>", "is only for examples")
        self.assert_refused("src/base/x.cpp", "#include <doctest/doctest.h>", "is only for tests")

    def test_a_header_in_no_table_is_refused(self):
        self.assert_refused("src/base/x.cpp", "#include <boost/asio.hpp>", "stands in no table")

    def test_no_include_climbs_out_of_its_folder(self):
        self.assert_refused("src/base/x.cpp", '#include "../crypto/x.hpp"', "climbs out")
        self.assert_refused("src/base/x.cpp", "#include <mos/base/../../x.hpp>", "climbs out")

    def test_examples_bindings_and_tests_of_the_tools_see_the_public_header_alone(self):
        for folder in ("examples/tool", "bindings/go", "tests/capi"):
            self.assert_allowed(f"{folder}/x.cpp", "#include <multiosupdate/multiosupdate.h>")
            self.assert_refused(f"{folder}/x.cpp", "#include <mos/base/bytes.hpp>", "inner layer")

    def test_a_public_header_leans_on_three_headers_of_c(self):
        self.assert_allowed("include/multiosupdate/x.h", "#include <stdint.h>", "#include <multiosupdate/types.h>")
        self.assert_refused("include/multiosupdate/x.h", "#include <sys/types.h>", "more than a public header")
        self.assert_refused("include/multiosupdate/x.h", '#include "types.h"', "public ones use <>")

    def test_an_empty_tree_is_no_success(self):
        with tempfile.TemporaryDirectory() as top:
            self.assertEqual(check_layers.check(pathlib.Path(top)), ([], 0))


if __name__ == "__main__":
    unittest.main()
