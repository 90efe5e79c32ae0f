"""keygen, create, sign, info, list-contents and verify."""

import json
import os
import shutil
import stat
import subprocess
import unittest

from support import DONE, FAILED, REFUSED, USAGE, Workshop, package

FILES = {"usr/bin/tool": "#!/bin/sh\n", "usr/share/doc/a": "a\n" * 1000, "usr/lib/link": ("../bin/tool",), "opt/empty/": None}


class Keygen(Workshop):
    def test_every_type_makes_a_private_key_for_its_owner_alone(self):
        for kind in ("ed25519", "ecc-p384"):
            name = self.new_path(kind)
            self.must(package("keygen", f"--type={kind}", f"--output={name}"))
            self.assertEqual(stat.S_IMODE(os.stat(name + ".key").st_mode), 0o600)
            with open(name + ".pub", encoding="ascii") as file:
                self.assertTrue(file.read().startswith("-----BEGIN PUBLIC KEY-----"))
            self.assertFalse(os.path.exists(name + ".crt"))

    def test_a_private_key_is_never_replaced(self):
        name = self.new_path("key")
        self.must(package("keygen", "--type=ed25519", f"--output={name}"))
        with open(name + ".key", "rb") as file:
            before = file.read()
        self.must_refuse(package("keygen", "--type=ed25519", f"--output={name}"), REFUSED, "E012")
        with open(name + ".key", "rb") as file:
            self.assertEqual(file.read(), before)

    def test_an_authority_issues_a_signer(self):
        ca, signer = self.new_path("ca"), self.new_path("signer")
        made = self.must(package("keygen", "--type=ecc-p384", f"--output={ca}", "--ca", "--common-name=Test CA",
                                 "--format=json")).json
        self.assertIn("CN=Test CA", made["subject"])
        self.must(package("keygen", "--type=ecc-p384", f"--output={signer}", f"--issuer={ca}", "--days=30"))
        verified = subprocess.run(["openssl", "verify", "-CAfile", ca + ".crt", signer + ".crt"], capture_output=True,
                                  check=False)
        self.assertEqual(verified.returncode, 0, verified)

    def test_requests_that_make_no_sense_are_usage_errors(self):
        name = self.new_path("key")
        for arguments in (["--type=ed25519", "--ca"], ["--type=ecc-p384", "--ca", "--issuer=x"],
                          ["--type=ecc-p384", "--days=3"]):
            self.must(package("keygen", f"--output={name}", *arguments), USAGE)
        self.assertFalse(os.path.exists(name + ".key"))

    def test_an_issuer_that_is_not_there_leaves_no_key_behind(self):
        name = self.new_path("key")
        self.must_refuse(package("keygen", "--type=ecc-p384", f"--output={name}", "--issuer=absent"), FAILED, "E011")
        self.assertFalse(os.path.exists(name + ".key"))


class Create(Workshop):
    def test_the_same_input_makes_the_same_bytes(self):
        tree = self.tree(FILES)
        packages = []
        for how in (["--source-date-epoch=1000000000"], []):
            output = self.new_path("same.mos")
            self.must(package("create", "--name=same", "--version=1", f"--input-directory={tree}", f"--output={output}",
                              *how, SOURCE_DATE_EPOCH="1000000000"))
            with open(output, "rb") as file:
                packages.append(file.read())
        self.assertEqual(packages[0], packages[1])

    def test_an_epoch_that_is_no_number_is_a_usage_error(self):
        output = self.new_path("x.mos")
        ended = self.must(package("create", "--name=x", "--version=1", f"--input-directory={self.tree(FILES)}",
                                  f"--output={output}", SOURCE_DATE_EPOCH="yesterday"), USAGE)
        self.assertIn("SOURCE_DATE_EPOCH", ended.err)
        self.assertFalse(os.path.exists(output))

    def test_an_unsigned_package_says_so(self):
        output = self.new_path("x.mos")
        ended = self.must(package("create", "--name=x", "--version=1", f"--input-directory={self.tree(FILES)}",
                                  f"--output={output}"))
        self.assertIn("not signed", ended.out)

    def test_what_a_package_cannot_carry_is_refused_by_name(self):
        tree = self.tree(FILES)
        os.mkfifo(os.path.join(tree, "usr/pipe"))
        output = self.new_path("x.mos")
        self.must_refuse(package("create", "--name=x", "--version=1", f"--input-directory={tree}", f"--output={output}"),
                         REFUSED, "E037", "usr/pipe", "Nothing was written.")
        self.assertFalse(os.path.exists(output))

    def test_what_a_package_does_not_keep_is_said(self):
        tree, output = self.tree({"usr/lib/link": ("to",)}), self.new_path("x.mos")
        create = ("create", "--name=x", "--version=1", f"--input-directory={tree}", f"--output={output}")
        self.assertEqual(self.must(package(*create, "--format=json")).json["notices"], [])
        os.link(os.path.join(tree, "usr/lib/link"), os.path.join(tree, "usr/lib/other"), follow_symlinks=False)
        self.assertIn("note  symbolic links with several names", self.must(package(*create)).out)
        notice, = self.must(package(*create, "--format=json")).json["notices"]
        self.assertIn("'content/files/usr/lib/link'", notice)

    def test_a_prefix_puts_the_files_below_it(self):
        made = self.build("app", "1", {"bin/app": "x"}, "--prefix=/opt/app")
        self.assertIn("/opt/app/bin/app\n", package("list-contents", made).out)

    def test_compression_levels_outside_1_to_19_are_usage_errors(self):
        self.build("x", "1", FILES, "--compression-level=none")
        self.build("x", "1", FILES, "--compression-level=19")
        for level in ("0", "20", "-1", "fast"):
            self.must(package("create", "--name=x", "--version=1", f"--input-directory={self.tree(FILES)}",
                              f"--output={self.new_path('x')}", f"--compression-level={level}"), USAGE)

    def test_a_certificate_without_its_key_is_a_usage_error(self):
        ended = self.must(package("create", "--name=x", "--version=1", f"--input-directory={self.tree(FILES)}",
                                  f"--output={self.new_path('x')}", "--certificate=x.crt"), USAGE)
        self.assertIn("needs '--sign-key'", ended.err)


class Sign(Workshop):
    def test_a_signature_makes_an_unsigned_package_trusted(self):
        made = self.build("x", "1", FILES, signed=False)
        self.must_refuse(package("verify", made, f"--trust={self.trust}"), REFUSED, "E028")
        self.must(package("sign", made, f"--sign-key={self.signer}.key"))
        self.must(package("verify", made, f"--trust={self.trust}"))

    def test_two_signatures_are_two_signers(self):
        made = self.build("x", "1", FILES)
        two = ["verify", made, f"--trust={self.trust}", "--required-signatures=2"]
        self.assertEqual(package(*two).code, REFUSED)
        other = self.new_path("other")
        self.must(package("keygen", "--type=ed25519", f"--output={other}"))
        shutil.copy(other + ".pub", self.trust)
        ended = self.must(package("sign", made, f"--sign-key={other}.key", "--format=json"))
        self.assertEqual(ended.json["signatures"], 2)
        self.must(package(*two))

    def test_what_is_no_key_is_refused(self):
        made = self.build("x", "1", FILES)
        self.must_refuse(package("sign", made, f"--sign-key={self.signer}.pub"), REFUSED, "E034")


class Info(Workshop):
    def test_what_a_trusted_signer_vouches_for_is_verified(self):
        made = self.build("x", "1.2", FILES, "--description=A thing")
        ended = self.must(package("info", made, f"--root={self.root}"))
        for word in ("1.2 (release 1)", "A thing", "Verified", "Ed25519"):
            self.assertIn(word, ended.out)
        document = self.must(package("info", made, f"--root={self.root}", "--format=json")).json
        self.assertTrue(document["verified"])
        self.assertEqual((document["name"], document["version"]), ("x", "1.2"))
        self.assertEqual(document["manifest"]["package_info"]["description"], "A thing")

    def test_without_a_trusted_signer_everything_is_a_claim(self):
        made = self.build("x", "1.2", FILES)
        empty = self.new_path("trust")
        os.mkdir(empty)
        self.assertIn("only what the file claims", self.must(package("info", made, f"--root={empty}")).out)
        # Whoever asks for a verdict by naming a trust store gets it as the exit code.
        ended = self.must(package("info", made, f"--trust={empty}", "--format=json"), REFUSED)
        self.assertFalse(ended.json["verified"])
        self.assertEqual(ended.json["not_verified_because"]["number"], "E029")

    def test_what_is_no_package_is_refused(self):
        self.must_refuse(package("info", self.signer + ".pub"), REFUSED, "E023")

    def test_control_characters_of_a_package_do_not_reach_the_terminal(self):
        made = self.build("x", "1", {b"usr/a\x1b[2J\x9b\xffb".decode(errors="surrogateescape"): "x"})
        for arguments in (["list-contents", made], ["list-contents", made, "--long"],
                          ["list-contents", made, "--format=json"]):
            ended = self.must(package(*arguments))
            self.assertNotIn("\x1b", ended.out)
            self.assertTrue(ended.out.isascii())


class ListContents(Workshop):
    def test_paths_come_in_order_and_the_long_form_has_the_rest(self):
        made = self.build("x", "1", FILES)
        lines = self.must(package("list-contents", made)).out.splitlines()
        self.assertEqual(lines, sorted(lines))
        self.assertTrue(any(line.endswith("usr/bin/tool") for line in lines))
        text = self.must(package("list-contents", made, "--long")).out
        self.assertRegex(text, r"l[rwx-]{9} .* \S*usr/lib/link \u2192 \.\./bin/tool\n")
        self.assertRegex(text, r"d[rwx-]{9} .*opt/empty\n")
        self.assertNotIn("\t", text)

    def test_the_json_form_is_one_document(self):
        made = self.build("x", "1", {"a": "hello\n"})
        entries = self.must(package("list-contents", made, "--format=json", f"--root={self.root}")).json["entries"]
        entry = next(e for e in entries if e["path"].endswith("/a"))
        self.assertEqual((entry["type"], entry["size"]), ("file", 6))
        self.assertEqual(entry["sha256"], "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03")

    def test_a_damaged_index_is_refused(self):
        made = self.build("x", "1", FILES)
        with open(made, "r+b") as file:
            file.seek(12000)
            file.truncate()
        self.assertEqual(package("list-contents", made).code, REFUSED)


class Verify(Workshop):
    def test_each_flipped_byte_is_refused(self):
        made = self.build("x", "1", FILES)
        with open(made, "rb") as file:
            whole = file.read()
        damaged = self.new_path("damaged.mos")
        for offset in range(0, len(whole), max(1, len(whole) // 40)):
            with open(damaged, "wb") as file:
                file.write(whole[:offset] + bytes([whole[offset] ^ 1]) + whole[offset + 1:])
            self.assertEqual(package("verify", damaged, f"--trust={self.trust}").code, REFUSED, f"byte {offset}")

    def test_all_files_are_looked_at_and_the_first_refusal_decides(self):
        good = self.build("x", "1", FILES)
        bad = self.build("y", "1", FILES, signed=False)
        ended = self.must(package("verify", good, bad, good, f"--trust={self.trust}"), REFUSED)
        self.assertEqual(ended.out.count("verified"), 2)
        document = self.must(package("verify", good, bad, f"--trust={self.trust}", "--format=json"), REFUSED).json
        self.assertEqual([p["verified"] for p in document["packages"]], [True, False])
        self.assertEqual(document["error"]["number"], "E028")

    def test_a_cut_and_a_longer_file_are_refused(self):
        made = self.build("x", "1", FILES)
        with open(made, "ab") as file:
            file.write(b"x")
        self.must_refuse(package("verify", made, f"--trust={self.trust}"), REFUSED, "E025")
        with open(made, "r+b") as file:
            file.truncate(os.path.getsize(made) - 2)
        self.must_refuse(package("verify", made, f"--trust={self.trust}"), REFUSED, "E024")

    def test_a_missing_trust_folder_is_told(self):
        made = self.build("x", "1", FILES)
        self.assertIn(package("verify", made, "--trust=/absent").code, (REFUSED, FAILED))


class Templates(Workshop):
    def create(self, text):
        templates = self.tree({"etc/app.conf": text})
        return package("create", "--name=app", "--version=1", f"--input-directory={self.tree(FILES)}",
                       f"--templates={templates}", f"--output={self.new_path('app.mos')}", "--keep-owners",
                       f"--sign-key={self.signer}.key")

    def test_a_template_that_no_values_could_fill_is_refused_when_the_package_is_made(self):
        for text in ("a\n{{ ", "a\n{{ 1 + 2 }}\n"):
            ended = self.create(text)
            self.assertEqual(ended.code, USAGE, ended)
            self.assertIn("template 'etc/app.conf' line 2: ", ended.err)
            self.assertNotIn("Get the package again", ended.err)

    def test_what_is_wrong_with_the_values_is_told_of_their_file(self):
        made = self.new_path("app.mos")
        self.must(package("create", "--name=app", "--version=1", f"--input-directory={self.tree(FILES)}",
                          f"--templates={self.tree({'etc/app.conf': '{{ port }}'})}", f"--output={made}",
                          "--keep-owners", f"--sign-key={self.signer}.key"))
        values = self.new_path("v.json")
        with open(values, "w", encoding="utf-8") as file:
            file.write('{"port": [80]}')
        ended = package("install", made, f"--config={values}", f"--root={self.root}", f"--trust={self.trust}")
        self.assertEqual(ended.code, USAGE, ended)
        self.assertIn(f"the values of '{values}' do not fit: template 'etc/app.conf' line 1: key 'port' is a list",
                      ended.err)
        self.assertNotIn("Get the package again", ended.err)


class FindDuplicates(Workshop):
    def test_files_that_are_there_already_are_listed_with_what_they_cost(self):
        first = self.build("one", "1", {"usr/a": "x" * 5000, "usr/b": "own"})
        second = self.build("two", "1", {"usr/c": "x" * 5000})
        ended = self.must(package("find-duplicates", first, second))
        self.assertRegex(ended.out, r"two-1\.mos: content/files/usr/c +\S+one-1\.mos: content/files/usr/a")
        self.assertRegex(ended.out, r"\n1 of 3 files \(.*\) is there already\. .* could be saved\.\n")
        told = self.must(package("find-duplicates", first, second, "--format=json")).json
        self.assertEqual((told["files"], told["saved_bytes"]), (3, 5000))
        (one,) = told["duplicates"]
        self.assertEqual((one["source"], one["original_path"], one["bytes"]), (second, "content/files/usr/a", 5000))

    def test_folders_and_files_are_compared_as_well(self):
        tree = self.tree({"a": "same", "b": "same", "c": "own"})
        told = self.must(package("find-duplicates", tree, os.path.join(tree, "c"), "--format=json")).json
        self.assertEqual([(one["path"], one["original_path"]) for one in told["duplicates"]], [("b", "a"), ("", "c")])
        self.assertIn("0 of 1 file", self.must(package("find-duplicates", os.path.join(tree, "c"))).out)
        self.must_refuse(package("find-duplicates", os.path.join(tree, "absent")), FAILED, "E011")


if __name__ == "__main__":
    unittest.main()
