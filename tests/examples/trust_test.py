"""Trust and policy by the tools, beyond what the lines of the guide show (`./dev guide`): the policy file, revocation,
and keys behind passphrases."""

import concurrent.futures
import os
import time
import unittest

from authority import AuthorityWorkshop
from support import DONE, FAILED, NEEDS_ANSWER, REFUSED, USAGE, package, run, update


class PolicyFile(AuthorityWorkshop):
    def policy(self):
        return self.must(run("multios-update", "security", "show", f"--root={self.root}", "--format=json")).json

    def test_to_configure_nothing_is_a_mistake(self):
        self.assertEqual(update("security", "configure", f"--root={self.root}").code, USAGE)
        self.assertFalse(self.has("etc/multios/security-policy.yml"))

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
        path = self.kernel
        for ended in (package("install", path, f"--root={self.root}"), package("verify", path, f"--root={self.root}")):
            self.must_refuse(ended, REFUSED, "E060", "require_strong_signatures")
        self.assertFalse(os.path.exists(self.in_root("boot")))


class Revoke(AuthorityWorkshop):
    def test_a_revoked_signer_signs_no_more(self):
        self.add_ca()
        self.put_kernel()
        revoke = ("revoke", f"--issuer={self.keys}/ca", f"--output={self.work}/ca.crl")
        store = ("trust", "add-crl", f"--file={self.work}/ca.crl", f"--root={self.root}")
        self.must(package(*revoke))
        self.must(update(*store))
        self.must(self.verify_trust())
        self.must(package(*revoke, f"--certificate={self.keys}/leaf.crt", "--reason=key-compromise"))
        self.must(update(*store))
        ended = self.verify_trust("--format=json")
        self.assertEqual(self.outcomes(ended), ["passed", "passed", "failed", "passed", "not reached"])
        self.assertIn("key compromise", ended.json["steps"][2]["detail"])
        self.assertEqual(update(*store).code, USAGE)  # the same number again

    def test_lists_are_shown_and_removed(self):
        self.add_ca()
        self.assertEqual(self.trusted()["revocation_lists"], [])
        revoke = ("revoke", f"--issuer={self.keys}/ca", f"--output={self.work}/ca.crl", "--days=30")
        self.must(package(*revoke, f"--certificate={self.keys}/leaf.crt"))
        self.must(update("trust", "add-crl", f"--file={self.work}/ca.crl", f"--root={self.root}"))
        listed, = self.trusted()["revocation_lists"]
        self.assertEqual((listed["issuer"], listed["number"], listed["state"], listed["revoked_certificates"]),
                         ("CN=Example CA", "01", "fresh", 1))
        self.assertEqual(listed["next_update_unix_s"] - listed["this_update_unix_s"], 30 * 86400)
        shown = self.must(update("trust", "list-cas", f"--root={self.root}")).out
        self.assertRegex(shown, r"CN=Example CA +01 +1 .* fresh")
        remove = ("trust", "remove-crl", "CN=Example CA", f"--root={self.root}")
        self.must_refuse(update(*remove), NEEDS_ANSWER, "E018", "its 1 revoked certificates may count again")
        self.assertEqual(len(os.listdir(self.trust)), 2)
        self.put_kernel()
        self.assertEqual(self.verify_trust().code, REFUSED)
        self.must(update(*remove, "--force"))
        self.must(self.verify_trust())
        self.assertEqual(update(*remove, "--force").code, FAILED)


class Keys(AuthorityWorkshop):
    def test_a_key_behind_a_passphrase_signs_when_it_is_given(self):
        with open(os.path.join(self.work, "passphrase"), "w", encoding="utf-8") as file:
            file.write("correct horse\n")
        passphrase = f"--passphrase-file={self.work}/passphrase"
        made = package("keygen", "--type=ed25519", f"--output={self.work}/locked", passphrase, "--format=json")
        self.assertEqual(made.code, DONE, made)
        self.put_kernel("ca")
        path = self.kernel
        self.must_refuse(package("sign", path, f"--sign-key={self.work}/locked.key"), REFUSED, "E061")
        self.must(package("sign", path, f"--sign-key={self.work}/locked.key", passphrase))
        self.must(update("trust", "add-key", f"--key={self.work}/locked.pub", "--packages=kernel*",
                         f"--fingerprint={made.json['key_fingerprint']}", f"--root={self.root}"))
        self.must(package("verify", path, f"--root={self.root}"))


if __name__ == "__main__":
    unittest.main()
