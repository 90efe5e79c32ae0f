"""--format=csv: RFC 4180, and the same rows as in JSON."""

import base64
import csv
import io
import json
import os
import unittest

from support import DONE, FAILED, REFUSED, USAGE, Workshop, package, run, update

EPOCH = "--source-date-epoch=1000000000"


class Csv(Workshop):
    def rows(self, ended, code=DONE):
        """The rows as dictionaries; the text must be what RFC 4180 asks for."""
        self.must(ended, code)
        self.assertTrue(ended.out.endswith("\r\n"), ended.out)
        self.assertNotIn("\n", ended.out.replace("\r\n", ""))
        lines = list(csv.reader(io.StringIO(ended.out, newline=""), strict=True))
        for line in lines:
            self.assertEqual(len(line), len(lines[0]), line)
        self.assertEqual(len(set(lines[0])), len(lines[0]))
        for name in lines[0]:
            self.assertRegex(name, r"^[a-z][a-z0-9_]*$")
        return [dict(zip(lines[0], line)) for line in lines[1:]]

    def both(self, tool, *arguments, code=DONE):
        """The rows of CSV, and the document of JSON."""
        return (self.rows(run(tool, *arguments, "--format=csv"), code),
                self.must(run(tool, *arguments, "--format=json"), code).json)

    def names(self, *arguments):
        return package(*arguments, "--format=csv").out.split("\r\n")[0].split(",")

    def must_be(self, rows, objects):
        """Each key of JSON that is a column of the same name has the same value."""
        self.assertEqual(len(rows), len(objects))
        for row, made in zip(rows, objects):
            shared = set(row) & set(made)
            self.assertGreater(len(shared), 1)
            for name in shared:
                value = {True: "true", False: "false", None: ""}.get(made[name], made[name]) \
                    if not isinstance(made[name], (int, str)) or isinstance(made[name], bool) else made[name]
                self.assertEqual(row[name], str(value), name)

    def test_contents(self):
        files = {"usr/a,b": "x", 'usr/say "hi"': "y", "usr/link": ("a,b",)}
        path = self.build("app", "1", files, EPOCH)
        rows, document = self.both("multios-package", "list-contents", path)
        self.must_be(rows, document["entries"])
        found = {row["path"].removeprefix("content/files/"): row for row in rows}
        self.assertLessEqual({"usr", "usr/a,b", 'usr/say "hi"', "usr/link"}, set(found))
        self.assertEqual(found["usr/link"]["link_target"], "a,b")
        self.assertEqual(found["usr/a,b"]["modified"], "2001-09-09T01:46:40Z")
        self.assertEqual(found["usr/a,b"]["size"], "1")
        self.assertEqual(list(rows[0]), ["path", "path_base64", "type", "mode", "owner", "group", "size", "modified",
                                         "link_target", "link_target_base64", "sha256", "origin"])

    def test_bytes_that_are_no_text_are_base64(self):
        top = self.tree({"usr/plain": "x"})
        for name in (b"line\nbreak", b"\xff\xfe", b"\x1b[2J"):
            with open(os.path.join(top.encode(), b"usr", name), "wb"):
                pass
        path = self.new_path("odd.mos")
        self.must(package("create", "--name=odd", "--version=1", f"--input-directory={top}", f"--output={path}",
                          f"--sign-key={self.signer}.key"))
        rows = self.rows(package("list-contents", path, "--format=csv"))
        decoded = {base64.b64decode(row["path_base64"]).removeprefix(b"content/files/")
                   for row in rows if row["path_base64"]}
        self.assertEqual(decoded, {b"usr/line\nbreak", b"usr/\xff\xfe", b"usr/\x1b[2J"})
        for row in rows:
            self.assertNotEqual(bool(row["path"]), bool(row["path_base64"]))

    def test_installed_packages_and_those_that_nobody_needs(self):
        carried = self.build("carried", "1", {"usr/carried": "x"})
        self.must(self.install(self.build("app", "2", {"usr/app": "x"}, f"--bundle={carried}")))
        rows, document = self.both("multios-package", "list", f"--root={self.root}")
        self.must_be(rows, document["packages"])
        self.assertEqual({row["name"]: row["kind"] for row in rows}["carried"], "automatic")
        rows, document = self.both("multios-package", "list-orphaned", f"--root={self.root}")
        self.must_be(rows, document["packages"])

    def test_an_empty_list_has_its_line_of_names(self):
        self.assertEqual(package("list", f"--root={self.root}", "--format=csv").out, "name,version,kind\r\n")

    def test_what_differs_from_what_was_installed(self):
        self.must(self.install(self.build("app", "1", {"usr/app": "x"})))
        self.put_in_root("usr/app", "altered")
        rows, document = self.both("multios-package", "verify", "--installed", f"--root={self.root}", code=REFUSED)
        self.must_be(rows, document["differences"])
        self.assertEqual([row["object"] for row in rows], ["usr/app"])

    def test_verified_files(self):
        good = self.build("good", "1", {"usr/good": "x"})
        rows, document = self.both("multios-package", "verify", good, "absent.mos", f"--trust={self.trust}",
                                   code=FAILED)
        self.assertEqual([row["verified"] for row in rows], ["true", "false"])
        self.assertEqual(rows[0]["signers"], "; ".join(document["packages"][0]["signers"]))
        self.assertEqual(rows[0]["package_bytes"], str(os.path.getsize(good)))
        self.assertEqual(rows[1]["error_number"], document["packages"][1]["error"]["number"])
        self.assertIn("absent.mos", rows[1]["error"])
        self.assertEqual(rows[1]["elapsed_ms"], "")

    def test_unmet_dependencies(self):
        metadata = self.new_path("metadata.json")
        with open(metadata, "w", encoding="utf-8") as file:
            file.write('{"dependencies": {"depends": ["libfoo"]}}')
        path = self.build("app", "1", {"usr/app": "x"}, f"--metadata={metadata}")
        rows, document = self.both("multios-package", "check-deps", path, f"--root={self.root}", code=REFUSED)
        self.must_be(rows, document["problems"])
        self.assertGreater(len(rows), 0)

    def test_history(self):
        self.must(self.install(self.build("app", "1", {"usr/app": "x"}, EPOCH), "--reason=one, \"two\""))
        rows, document = self.both("multios-update", "history", f"--root={self.root}")
        self.must_be(rows, document["history"])
        self.assertEqual(rows[0]["reason"], 'one, "two"')
        self.assertRegex(rows[0]["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_events(self):
        self.must(self.install(self.build("app", "1", {"usr/app": "x"})))
        rows = self.rows(update("events", f"--root={self.root}", "--format=csv"))
        events = [json.loads(line) for line in self.must(
            update("events", f"--root={self.root}", "--format=json")).out.splitlines()]
        payloads = [event.pop("payload") for event in events]
        self.must_be(rows, events)
        self.assertEqual([json.loads(row["payload"]) for row in rows], payloads)

    def test_the_status_is_one_row(self):
        self.must(self.install(self.build("app", "1", {"usr/app": "x"})))
        rows, document = self.both("multios-update", "status", f"--root={self.root}")
        self.assertEqual(len(rows), 1)
        self.assertEqual(rows[0]["installed"], str(document["installed"]))
        self.assertEqual(rows[0]["last_change_time"], document["last_change"]["time"])
        self.assertEqual(rows[0]["way_back"], document["way_back"]["recovery_point"])
        self.assertEqual(rows[0]["unfinished"], "false")

    def test_findings_of_the_doctor(self):
        self.must(self.install(self.build("app", "1", {"usr/app": "x"})))
        os.mkdir(self.in_root(".multios-stage/77"))
        rows, document = self.both("multios-update", "doctor", f"--root={self.root}")
        self.must_be(rows, document["findings"])
        self.assertGreater(len(rows), 0)
        self.assertEqual({row["repaired"] for row in rows}, {"false"})
        rows = self.rows(update("doctor", "--repair", f"--root={self.root}", "--format=csv"))
        self.assertIn("true", {row["repaired"] for row in rows})

    def test_who_is_trusted_and_what_is_revoked_are_one_list(self):
        authority, signer = self.new_path("ca"), self.new_path("certified")
        made = self.must(package("keygen", "--type=ecc-p384", f"--output={authority}", "--ca", "--format=json")).json
        self.must(package("keygen", "--type=ecc-p384", f"--output={signer}", f"--issuer={authority}"))
        self.must(package("revoke", f"--issuer={authority}", f"--certificate={signer}.crt"))
        self.must(update("trust", "add-ca", f"--certificate={authority}.crt", f"--root={self.root}",
                         f"--fingerprint={made['certificate_fingerprint']}"))
        self.must(update("trust", "add-crl", f"--file={authority}.crl", f"--root={self.root}"))
        rows, document = self.both("multios-update", "trust", "list-cas", f"--root={self.root}")
        self.must_be([row for row in rows if row["kind"] != "crl"], document["entries"])
        revoked = [row for row in rows if row["kind"] == "crl"]
        self.must_be(revoked, document["revocation_lists"])
        self.assertEqual(revoked[0]["revoked_certificates"], "1")
        self.assertEqual(revoked[0]["level"], "")
        certified = [row for row in rows if row["kind"] == "ca"][0]
        self.assertRegex(certified["not_after"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_the_steps_of_a_judgement(self):
        path = self.build("app", "1", {"usr/app": "x"})
        rows, document = self.both("multios-update", "verify-trust", f"--package={path}", f"--root={self.root}")
        self.must_be(rows, document["steps"])
        self.assertEqual(len(rows), 5)

    def test_the_policy(self):
        rows, document = self.both("multios-update", "security", "show", f"--root={self.root}")
        policy = document["security_policy"]
        self.assertEqual([row["setting"] for row in rows], list(policy))
        self.assertIn({"setting": "update_validation.require_strong_signature", "value": "false"}, rows)
        self.assertIs(policy["update_validation.require_strong_signature"], False)
        rows = self.rows(update("security", "configure", "--required-signatures=2", f"--root={self.root}",
                                "--format=csv"))
        self.assertIn({"setting": "update_validation.required_signatures", "value": "2"}, rows)


class Refusals(unittest.TestCase):
    def test_a_command_without_rows_has_no_csv(self):
        for tool, arguments in (("multios-package", ["install", "x.mos"]), ("multios-package", ["info", "x.mos"]),
                                ("multios-package", ["keygen", "--type=ed25519", "--output=x"]),
                                ("multios-update", ["rollback", "last-good"]), ("multios-update", ["recover"]),
                                ("multios-update", ["completion", "bash"])):
            for given in (["--format=csv"], ["--format", "csv"]):
                ended = run(tool, *arguments, *given)
                self.assertEqual(ended.code, USAGE, ended)
                self.assertIn("prints no rows, so there is no CSV of it", ended.err)
                self.assertIn("Take --format=text or --format=json.", ended.err)
                self.assertEqual(ended.out, "")

    def test_help_offers_csv_where_there_are_rows(self):
        self.assertIn("--format=text|json|csv", package("list", "--help").out)
        self.assertNotIn("csv", package("install", "--help").out)

    def test_a_failure_is_told_on_standard_error(self):
        ended = package("list-contents", "absent.mos", "--format=csv")
        self.assertEqual((ended.code, ended.out), (FAILED, ""))
        self.assertIn("absent.mos", ended.err)

    def test_table_is_another_word_for_text(self):
        for tool, arguments in (("multios-package", ["list"]), ("multios-update", ["history"])):
            with_word = run(tool, *arguments, "--root=/var/empty-root-of-nobody", "--format=table")
            self.assertEqual(with_word.err, run(tool, *arguments, "--root=/var/empty-root-of-nobody").err)
        self.assertIn("Usage:", package("list", "--format=table", "--help").out)


if __name__ == "__main__":
    unittest.main()
