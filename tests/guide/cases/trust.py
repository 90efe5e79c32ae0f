"""Whom a root trusts and what it demands: "Trust Management" and "Secure Update Process"."""

import json
import os
import re

from authority import AuthorityWorkshop
from fixture import Case, flip_bit
from support import FAILED, REFUSED, USAGE, package, update

STEPS = ["format", "signature", "chain", "integrity", "policy"]


class TrustCase(Case, AuthorityWorkshop):
    def install_kernel(self):
        return package("install", self.kernel, f"--root={self.root}")


class AddCa(TrustCase):
    line = """multios-update trust add-ca --name="MultiOS Security Team" --certificate=/path/to/ca-cert.pem \
--fingerprint=sha256:ABC123..."""

    def setUp(self):
        super().setUp()
        self.digest = self.ca["certificate_fingerprint"].split(":")[1]
        self.placeholders = {"/path/to/ca-cert.pem": f"{self.keys}/ca.crt", "ABC123...": self.digest}
        self.put_kernel()

    def done_what_it_certified_is_installed_from_then_on(self):
        self.must_refuse(self.install_kernel(), REFUSED, "E029")
        self.do()
        self.must(self.install_kernel())
        self.assertEqual(self.content("boot/kernel"), "kernel\n")

    def refused_another_fingerprint(self):
        self.placeholders["ABC123..."] = "0" * 64
        self.refuse(REFUSED, self.digest[:8])

    def refused_what_is_no_fingerprint(self):
        for text in ("ABC123", " " + "a" * 63, "", "g" * 64):
            self.placeholders["ABC123..."] = text
            self.refuse(USAGE, "fingerprint")

    def refused_a_signer_who_is_no_authority(self):
        self.placeholders = {"/path/to/ca-cert.pem": f"{self.keys}/leaf.crt",
                             "ABC123...": self.leaf["certificate_fingerprint"].split(":")[1]}
        self.refuse(REFUSED, "(E033)", "'CN=Example Signer' is no CA's certificate")


class ListCas(TrustCase):
    line = "multios-update trust list-cas"

    def done_it_tells_who_is_trusted_for_what(self):
        self.assertEqual(self.ask()["entries"], [])
        self.add_ca()
        entry, = self.ask()["entries"]
        self.assertEqual((entry["name"], entry["kind"], entry["level"], entry["subject"]),
                         ("MultiOS Security Team", "ca", "high", "CN=Example CA"))
        shown = self.ask_for_people()
        self.assertIn("MultiOS Security Team", shown)
        self.assertNotIn("\t", shown)

    def refused_where_an_entry_cannot_be_read(self):
        with open(os.path.join(self.trust, "bad.json"), "w", encoding="utf-8") as file:
            json.dump({"format": "multiosupdate trust entry 1", "pakages": ["x"]}, file)
        self.refuse(REFUSED, "(E033)", "bad.json", "'pakages'")


class RemoveCa(TrustCase):
    line = "multios-update trust remove-ca --id=ca-123"

    def setUp(self):
        super().setUp()
        self.put_kernel()
        self.identifier = self.add_ca()

    def done_the_authority_is_trusted_no_more(self):
        self.do(replace={"ca-123": self.identifier})
        self.assertEqual(self.trusted()["entries"], [])
        self.must_refuse(self.install_kernel(), REFUSED, "E029")

    def refused_an_id_that_nobody_has(self):
        self.refuse(FAILED, "(E011)", "'ca-123'")


class VerifyTrust(TrustCase):
    line = "multios-update verify-trust --package=kernel-1.2.3.mos --strict-mode"

    def setUp(self):
        super().setUp()
        self.put_kernel()

    def refuse_in_steps(self, *words):
        ended = self.refuse(REFUSED, *words, further=("--format=json",))
        self.assertEqual([step["step"] for step in ended.json["steps"]], STEPS)
        self.assertFalse(ended.json["trusted"])
        return self.outcomes(ended)

    def done_a_good_package_passes_all_five_steps(self):
        self.add_ca()
        told = self.ask()
        self.assertEqual([(step["step"], step["outcome"]) for step in told["steps"]],
                         [(step, "passed") for step in STEPS])
        self.assertTrue(told["trusted"])
        shown = self.ask_for_people()
        self.assertTrue(all(re.search(f"^  {step} +passed", shown, re.MULTILINE) for step in STEPS), shown)

    def refused_what_nobody_certified(self):
        self.assertEqual(self.refuse_in_steps("trusted"), ["passed", "passed", "failed", "passed", "not reached"])

    def refused_one_flipped_bit(self):
        self.add_ca()
        flip_bit(self.kernel)
        outcomes = self.refuse_in_steps("integrity")
        self.assertEqual(outcomes[1:3], ["passed", "passed"])
        self.assertIn("failed", outcomes)

    def refused_what_is_no_package(self):
        with open(self.kernel, "rb") as file:
            cut = file.read(20)
        for content in (b"x" * 2000, b"", cut):
            with open(self.kernel, "wb") as file:
                file.write(content)
            self.assertEqual(self.refuse_in_steps("format"), ["failed"] + ["not reached"] * 4)
        self.refuse(REFUSED, "refused")

    def refused_what_cannot_be_read(self):
        os.remove(self.kernel)
        self.refuse(FAILED, "(E011)", "kernel-1.2.3.mos")
        os.mkdir(self.kernel)
        ended = self.refuse(REFUSED, "(E015)", "kernel-1.2.3.mos")
        self.assertNotIn("not reached", ended.out)


class ConfigureSecurity(TrustCase):
    line = """multios-update security configure --require-signature=true --require-integrity-check=true \
--minimum-trust-level=high --strict-validation=true"""

    def policy(self):
        return self.must(update("security", "show", f"--root={self.root}", "--format=json")).json["security_policy"]

    def done_the_policy_is_written_and_in_effect(self):
        self.do()
        policy = self.policy()
        self.assertEqual(policy["update_validation.trust_requirements.minimum_trust_level"], "high")
        self.assertIs(policy["update_validation.require_strong_signature"], True)
        self.add_ca("--level=medium")
        self.put_kernel()
        self.must_refuse(self.install_kernel(), REFUSED, "E059", "level medium")

    def refused_to_switch_off_what_verification_is(self):
        self.do()  # a policy that must stay as it is
        for option in ("--require-signature", "--require-integrity-check"):
            self.refuse(REFUSED, "(E015)", f"'{option}' can't be switched off",
                        replace={f"{option}=true": f"{option}=false"})

    def refused_a_level_that_is_none(self):
        self.refuse(USAGE, "'--minimum-trust-level'", "'hgih'", replace={"high": "hgih"})
