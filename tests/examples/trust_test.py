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

    def test_a_limit_can_be_taken_away_again(self):
        for size, limit in ("1GB", 1_000_000_000), ("0", None):
            self.must(update("security", "configure", f"--maximum-package-size={size}", f"--root={self.root}"))
            self.assertEqual(self.policy()["security_policy"]["installation_safety.maximum_package_size"], limit)

    def test_a_wrong_value_is_the_options_fault_and_not_the_files(self):
        self.must(update("security", "configure", "--maximum-package-size=1GB", f"--root={self.root}"))
        path = os.path.join(self.root, "etc/multios/security-policy.yml")
        with open(path, "rb") as file:
            before = file.read()
        for option, words in {"--maximum-package-size=3XB": "'--maximum-package-size': '3XB'",
                              "--allowed-algorithms=MD5": "'--allowed-algorithms': 'MD5'",
                              "--allowed-algorithms=a]b": "'--allowed-algorithms'"}.items():
            ended = update("security", "configure", option, f"--root={self.root}")
            self.assertEqual(ended.code, USAGE, ended)
            self.assertIn(words, ended.err)
            self.assertNotIn("can't be followed", ended.err)
            self.assertNotIn("nothing is accepted", ended.err)
        with open(path, "rb") as file:
            self.assertEqual(file.read(), before)

    def test_a_file_that_cannot_be_followed_is_to_blame_for_itself(self):
        path = os.path.join(self.root, "etc/multios/security-policy.yml")
        with open(path, "w", encoding="utf-8") as file:
            file.write("security_policy:\n  installation_safety:\n    maximum_package_size: 3XB\n")
        self.must_refuse(update("security", "configure", "--minimum-trust-level=high", f"--root={self.root}"),
                         REFUSED, "E060", "'installation_safety.maximum_package_size': '3XB'")
        self.must(update("security", "configure", "--maximum-package-size=3GB", f"--root={self.root}"))

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
        self.assertEqual(shown["installation_safety.maximum_package_size"], 1_000_000_000)
        self.assertEqual(shown["update_validation.trust_requirements.minimum_trust_level"], "high")
        self.assertEqual(shown["update_validation.require_strong_signature"], True)

    def test_a_policy_that_cannot_be_read_lets_nothing_in(self):
        self.add_ca()
        self.put_kernel()
        with open(os.path.join(self.root, "etc/multios/security-policy.yml"), "w", encoding="utf-8") as file:
            file.write("security_policy:\n  update_validation:\n    require_strong_signatures: true\n")
        path = self.kernel
        for ended in (package("install", path, f"--root={self.root}"), package("verify", path, f"--root={self.root}")):
            self.must_refuse(ended, REFUSED, "E060", "line 3 column 5", "require_strong_signatures",
                             "did you mean 'update_validation.require_strong_signature'?")
        self.assertFalse(os.path.exists(self.in_root("boot")))


class RefusedAuthority(AuthorityWorkshop):
    """What may not be trusted is refused with nothing made: not the trust folder, and not the lock's file."""

    def refused(self, certificate, fingerprint, exit_code, *words):
        bare = self.new_path("bare")
        os.makedirs(bare)
        ended = update("trust", "add-ca", f"--certificate={self.keys}/{certificate}.crt",
                       f"--fingerprint={fingerprint}", f"--root={bare}")
        self.assertEqual(ended.code, exit_code, ended)
        for word in words:
            self.assertIn(word, ended.err, ended)
        self.assertEqual(os.listdir(bare), [])
        return ended

    def test_another_fingerprint(self):
        self.refused("ca", "0" * 64, REFUSED, "E034", "Nothing was written. Trust it not; ask its owner")

    def test_half_a_fingerprint_is_not_answered_with_the_whole(self):
        digits = self.ca["certificate_fingerprint"].split(":")[1]
        ended = self.refused("ca", digits[:40], USAGE, "Give the whole SHA-256 fingerprint")
        self.assertNotIn(digits[40:], ended.err)

    def test_a_signer_who_is_no_authority(self):
        self.refused("leaf", self.leaf["certificate_fingerprint"], REFUSED, "E033",
                     "Give the certificate of the authority that signed this one")


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
        # Again, by its id, as an entry is.
        self.must(update("trust", "add-crl", f"--file={self.work}/ca.crl", f"--root={self.root}"))
        identifier = self.trusted()["revocation_lists"][0]["id"]
        by_id = ("trust", "remove-crl", f"--id={identifier}", "--force", f"--root={self.root}")
        self.assertEqual(update(*by_id, "CN=Example CA").code, USAGE)
        self.assertEqual(update("trust", "remove-crl", f"--root={self.root}").code, USAGE)
        self.must(update(*by_id))
        self.assertEqual(self.trusted()["revocation_lists"], [])


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
        added = self.must(update("trust", "add-key", f"--key={self.work}/locked.pub", "--packages=kernel*",
                                 f"--fingerprint={made.json['key_fingerprint']}", f"--root={self.root}"))
        self.assertIn("whatever a revocation list says of its certificate", added.out)
        self.must(package("verify", path, f"--root={self.root}"))


if __name__ == "__main__":
    unittest.main()
