"""The user guide's headings "Trust Management" and "Security": each of their command lines with its effect on the state of
a root, and once so that it must fail and leave the state as it was; and what belongs to them."""

import concurrent.futures
import json
import os
import re
import shlex
import time
import unittest

from support import DONE, FAILED, NEEDS_ANSWER, REFUSED, USAGE, Workshop, package, run, update

# Word for word, but for the fingerprint and the id, which the guide shortens.
ADD_CA = """multios-update trust add-ca --name="MultiOS Security Team" --certificate=/path/to/ca-cert.pem
    --fingerprint=sha256:FINGERPRINT"""
LIST_CAS = "multios-update trust list-cas"
REMOVE_CA = "multios-update trust remove-ca --id=ca-123"
VERIFY_TRUST = "multios-update verify-trust --package=kernel-1.2.3.mos --strict-mode"
CONFIGURE = """multios-update security configure --require-signature=true --require-integrity-check=true
    --minimum-trust-level=high --strict-validation=true"""

STEPS = ["format", "signature", "chain", "integrity", "policy"]


class Trust(Workshop):
    """A folder with an authority and a signer of it, and a root that trusts nobody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keys = os.path.join(cls.folder, "keys")
        os.mkdir(cls.keys)
        cls.ca = cls.make_key("ca", "--ca", "--common-name=Example CA")
        cls.leaf = cls.make_key("leaf", f"--issuer={cls.keys}/ca", "--common-name=Example Signer")

    @classmethod
    def make_key(cls, name, *options):
        made = package("keygen", "--type=ecc-p384", f"--output={cls.keys}/{name}", *options, "--format=json")
        assert made.code == DONE, made
        return made.json

    def setUp(self):
        super().setUp()
        os.remove(os.path.join(self.trust, "signer.pub"))
        self.work = self.new_path("guide")
        os.makedirs(self.work)

    def guide(self, line, *further, certificate="ca.crt", fingerprint=None):
        if fingerprint is None:
            fingerprint = self.ca["certificate_fingerprint"].split(":")[1]
        line = line.replace("/path/to/ca-cert.pem", f"{self.keys}/{certificate}").replace("FINGERPRINT", fingerprint)
        tool, *arguments = shlex.split(line)
        return run(tool, *arguments, f"--root={self.root}", *further, cwd=self.work)

    def add_ca(self):
        return self.must(self.guide(ADD_CA, "--format=json")).json["id"]

    def put_kernel(self, key="leaf", *options):
        signing = [f"--sign-key={self.keys}/{key}.key"]
        if os.path.exists(f"{self.keys}/{key}.crt"):
            signing.append(f"--certificate={self.keys}/{key}.crt")
        made = self.build("kernel", "1.2.3", {"boot/kernel": "kernel\n"}, "--type=kernel", *signing, *options,
                          signed=False)
        os.replace(made, os.path.join(self.work, "kernel-1.2.3.mos"))

    def entries(self):
        return self.must(self.guide(LIST_CAS, "--format=json")).json["entries"]

    def outcomes(self, ended):
        return [step["outcome"] for step in ended.json["steps"]]


class AddCa(Trust):
    def test_the_authority_is_trusted_from_then_on(self):
        self.put_kernel()
        install = ("install", os.path.join(self.work, "kernel-1.2.3.mos"), f"--root={self.root}")
        self.must_refuse(package(*install), REFUSED, "E029")
        self.must(self.guide(ADD_CA))
        self.must(package(*install))

    def test_another_fingerprint_is_refused_and_nothing_is_stored(self):
        for fingerprint, code in (("ABC123", USAGE), (" " + "a" * 63, USAGE), ("", USAGE), ("g" * 64, USAGE),
                                  ("0" * 64, REFUSED)):
            self.assertEqual(self.guide(ADD_CA, fingerprint=fingerprint).code, code, fingerprint)
            self.assertEqual(os.listdir(self.trust), [])

    def test_a_signer_is_no_authority(self):
        ended = self.guide(ADD_CA, certificate="leaf.crt",
                           fingerprint=self.leaf["certificate_fingerprint"].split(":")[1])
        self.assertEqual(ended.code, REFUSED, ended)
        self.assertEqual(os.listdir(self.trust), [])


class ListCas(Trust):
    def test_it_tells_who_is_trusted_for_what(self):
        self.assertEqual(self.entries(), [])
        self.add_ca()
        entry, = self.entries()
        self.assertEqual((entry["name"], entry["kind"], entry["level"], entry["subject"]),
                         ("MultiOS Security Team", "ca", "high", "CN=Example CA"))
        shown = self.must(self.guide(LIST_CAS)).out
        self.assertIn("MultiOS Security Team", shown)
        self.assertNotIn("\t", shown)

    def test_an_entry_that_cannot_be_read_is_named(self):
        with open(os.path.join(self.trust, "bad.json"), "w", encoding="utf-8") as file:
            json.dump({"format": "multiosupdate trust entry 1", "pakages": ["x"]}, file)
        self.must_refuse(self.guide(LIST_CAS), REFUSED, "E033", "bad.json", "'pakages'")


class RemoveCa(Trust):
    def test_the_authority_is_trusted_no_more(self):
        identifier = self.add_ca()
        self.must(self.guide(REMOVE_CA.replace("ca-123", identifier)))
        self.assertEqual(self.entries(), [])
        self.put_kernel()
        self.assertEqual(self.guide(VERIFY_TRUST).code, REFUSED)

    def test_an_unknown_id_is_an_error(self):
        self.add_ca()
        self.assertEqual(self.guide(REMOVE_CA).code, FAILED)
        self.assertEqual(len(self.entries()), 1)


class VerifyTrust(Trust):
    def test_a_good_package_passes_all_five_steps(self):
        self.add_ca()
        self.put_kernel()
        ended = self.must(self.guide(VERIFY_TRUST, "--format=json"))
        self.assertEqual([step["step"] for step in ended.json["steps"]], STEPS)
        self.assertEqual(self.outcomes(ended), ["passed"] * 5)
        shown = self.must(self.guide(VERIFY_TRUST)).out
        self.assertTrue(all(re.search(f"^  {step} +passed", shown, re.MULTILINE) for step in STEPS), shown)

    def test_each_step_tells_its_own_outcome(self):
        self.put_kernel()
        nobody = self.guide(VERIFY_TRUST, "--format=json")
        self.assertEqual(nobody.code, REFUSED)
        self.assertEqual(self.outcomes(nobody), ["passed", "passed", "failed", "passed", "not reached"])
        self.add_ca()
        path = os.path.join(self.work, "kernel-1.2.3.mos")
        with open(path, "r+b") as file:
            file.seek(os.path.getsize(path) // 2)
            byte = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte[0] ^ 1]))
        altered = self.guide(VERIFY_TRUST, "--format=json")
        self.assertEqual(altered.code, REFUSED)
        self.assertEqual(self.outcomes(altered)[1:3], ["passed", "passed"])
        self.assertIn("failed", self.outcomes(altered))

    def test_what_is_no_package_fails_in_the_first_step(self):
        path = os.path.join(self.work, "kernel-1.2.3.mos")
        self.put_kernel()
        with open(path, "rb") as file:
            cut = file.read(20)
        for content in (b"x" * 2000, b"", cut):
            with open(path, "wb") as file:
                file.write(content)
            ended = self.guide(VERIFY_TRUST, "--format=json")
            self.assertEqual(ended.code, REFUSED)
            self.assertEqual([step["step"] for step in ended.json["steps"]], STEPS)
            self.assertEqual(self.outcomes(ended), ["failed"] + ["not reached"] * 4)
            self.assertFalse(ended.json["trusted"])
        self.assertIn("refused", self.guide(VERIFY_TRUST).out)

    def test_what_cannot_be_read_is_an_error(self):
        self.assertEqual(self.guide(VERIFY_TRUST).code, FAILED)
        os.mkdir(os.path.join(self.work, "kernel-1.2.3.mos"))
        ended = self.guide(VERIFY_TRUST)
        self.assertNotEqual(ended.code, DONE)
        self.assertNotIn("not reached", ended.out)


class SecurityConfigure(Trust):
    def policy(self):
        return self.must(run("multios-update", "security", "show", f"--root={self.root}", "--format=json")).json

    def test_the_policy_is_written_and_in_effect(self):
        self.must(self.guide(CONFIGURE))
        shown = self.policy()["security_policy"]
        self.assertEqual(shown["update_validation.trust_requirements.minimum_trust_level"], "high")
        self.assertEqual(shown["update_validation.require_strong_signature"], "true")
        self.must(self.guide(ADD_CA, "--level=medium"))
        self.put_kernel()
        self.must_refuse(package("install", os.path.join(self.work, "kernel-1.2.3.mos"), f"--root={self.root}"),
                         REFUSED, "E059", "level medium")

    def test_what_verification_is_cannot_be_switched_off(self):
        self.must(self.guide(CONFIGURE))
        path = os.path.join(self.root, "etc/multios/security-policy.yml")
        with open(path, encoding="utf-8") as file:
            before = file.read()
        for option in ("--require-signature=false", "--require-integrity-check=false"):
            self.must_refuse(update("security", "configure", option, f"--root={self.root}"), REFUSED, "E060")
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), before)
        self.assertEqual(update("security", "configure", f"--root={self.root}").code, USAGE)

    def test_a_comment_of_the_administrator_stays(self):
        path = os.path.join(self.root, "etc/multios/security-policy.yml")
        with open(path, "w", encoding="utf-8") as file:
            file.write("# ours\nsecurity_policy:\n  installation_safety:\n    maximum_package_size: 1GB  # enough\n")
        self.must(update("security", "configure", "--maximum-package-size=2GB", f"--root={self.root}"))
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "# ours\nsecurity_policy:\n  installation_safety:\n"
                                          "    maximum_package_size: 2GB  # enough\n")

    def configure_until_done(self, option):
        for _ in range(500):
            ended = update("security", "configure", option, f"--root={self.root}")
            if ended.code == DONE:
                return
            self.assertIn("E019", ended.err)
            time.sleep(0.02)
        self.fail(f"{option} was never let in")

    def test_two_writers_lose_nothing(self):
        """Each waits or is told that the root is in use, and tries again."""
        values = {"--maximum-package-size": "1GB", "--minimum-trust-level": "high", "--strict-validation": "true"}
        with concurrent.futures.ThreadPoolExecutor() as pool:
            for done in [pool.submit(self.configure_until_done, f"{key}={value}") for key, value in values.items()]:
                done.result()
        shown = self.policy()["security_policy"]
        self.assertEqual(shown["installation_safety.maximum_package_size"], "1000000000")
        self.assertEqual(shown["update_validation.trust_requirements.minimum_trust_level"], "high")
        self.assertEqual(shown["update_validation.require_strong_signature"], "true")

    def test_a_policy_that_cannot_be_read_lets_nothing_in(self):
        self.add_ca()
        self.put_kernel()
        with open(os.path.join(self.root, "etc/multios/security-policy.yml"), "w", encoding="utf-8") as file:
            file.write("security_policy:\n  update_validation:\n    require_strong_signatures: true\n")
        path = os.path.join(self.work, "kernel-1.2.3.mos")
        for ended in (package("install", path, f"--root={self.root}"), package("verify", path, f"--root={self.root}")):
            self.must_refuse(ended, REFUSED, "E060", "require_strong_signatures")
        self.assertFalse(os.path.exists(self.in_root("boot")))


class Revoke(Trust):
    def test_a_revoked_signer_signs_no_more(self):
        self.add_ca()
        self.put_kernel()
        revoke = ("revoke", f"--issuer={self.keys}/ca", f"--output={self.work}/ca.crl")
        store = ("trust", "add-crl", f"--file={self.work}/ca.crl", f"--root={self.root}")
        self.must(package(*revoke))
        self.must(update(*store))
        self.must(self.guide(VERIFY_TRUST))
        self.must(package(*revoke, f"--certificate={self.keys}/leaf.crt", "--reason=key-compromise"))
        self.must(update(*store))
        ended = self.guide(VERIFY_TRUST, "--format=json")
        self.assertEqual(self.outcomes(ended), ["passed", "passed", "failed", "passed", "not reached"])
        self.assertIn("key compromise", ended.json["steps"][2]["detail"])
        self.assertEqual(update(*store).code, USAGE)  # the same number again

    def test_lists_are_shown_and_removed(self):
        self.add_ca()
        self.assertEqual(self.must(self.guide(LIST_CAS, "--format=json")).json["revocation_lists"], [])
        revoke = ("revoke", f"--issuer={self.keys}/ca", f"--output={self.work}/ca.crl", "--days=30")
        self.must(package(*revoke, f"--certificate={self.keys}/leaf.crt"))
        self.must(update("trust", "add-crl", f"--file={self.work}/ca.crl", f"--root={self.root}"))
        listed, = self.must(self.guide(LIST_CAS, "--format=json")).json["revocation_lists"]
        self.assertEqual((listed["issuer"], listed["number"], listed["state"], listed["revoked_certificates"]),
                         ("CN=Example CA", "01", "fresh", 1))
        self.assertEqual(listed["next_update_unix_s"] - listed["this_update_unix_s"], 30 * 86400)
        shown = self.must(self.guide(LIST_CAS)).out
        self.assertRegex(shown, r"CN=Example CA +01 +1 .* fresh")
        remove = ("trust", "remove-crl", "CN=Example CA", f"--root={self.root}")
        self.must_refuse(update(*remove), NEEDS_ANSWER, "E018", "its 1 revoked certificates may count again")
        self.assertEqual(len(os.listdir(self.trust)), 2)
        self.put_kernel()
        self.assertEqual(self.guide(VERIFY_TRUST).code, REFUSED)
        self.must(update(*remove, "--force"))
        self.must(self.guide(VERIFY_TRUST))
        self.assertEqual(update(*remove, "--force").code, FAILED)


class Keys(Trust):
    def test_a_key_behind_a_passphrase_signs_when_it_is_given(self):
        with open(os.path.join(self.work, "passphrase"), "w", encoding="utf-8") as file:
            file.write("correct horse\n")
        passphrase = f"--passphrase-file={self.work}/passphrase"
        made = package("keygen", "--type=ed25519", f"--output={self.work}/locked", passphrase, "--format=json")
        self.assertEqual(made.code, DONE, made)
        self.put_kernel("ca")
        path = os.path.join(self.work, "kernel-1.2.3.mos")
        self.must_refuse(package("sign", path, f"--sign-key={self.work}/locked.key"), REFUSED, "E061")
        self.must(package("sign", path, f"--sign-key={self.work}/locked.key", passphrase))
        self.must(update("trust", "add-key", f"--key={self.work}/locked.pub", "--packages=kernel*",
                         f"--fingerprint={made.json['key_fingerprint']}", f"--root={self.root}"))
        self.must(package("verify", path, f"--root={self.root}"))


if __name__ == "__main__":
    unittest.main()
