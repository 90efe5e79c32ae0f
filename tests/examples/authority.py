"""A workshop with a certificate authority and a signer of it, and a root that trusts nobody yet."""

import os

from support import DONE, Workshop, package, update


class AuthorityWorkshop(Workshop):
    """Keys `ca` and `leaf` in the folder `keys`; packages lie in the folder `work`."""

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
        self.work = self.new_path("work")
        os.makedirs(self.work)

    @property
    def kernel(self):
        return os.path.join(self.work, "kernel-1.2.3.mos")

    def add_ca(self, *options):
        """Trusts the authority; the entry's id."""
        return self.must(update("trust", "add-ca", "--name=MultiOS Security Team", f"--certificate={self.keys}/ca.crt",
                                f"--fingerprint={self.ca['certificate_fingerprint']}", f"--root={self.root}",
                                "--format=json", *options)).json["id"]

    def put_kernel(self, key="leaf", *options):
        """The package `kernel`, signed by that key, with its certificate where it has one."""
        signing = [f"--sign-key={self.keys}/{key}.key"]
        if os.path.exists(f"{self.keys}/{key}.crt"):
            signing.append(f"--certificate={self.keys}/{key}.crt")
        made = self.build("kernel", "1.2.3", {"boot/kernel": "kernel\n"}, "--type=kernel", *signing, *options,
                          signed=False)
        os.replace(made, self.kernel)

    def trusted(self):
        """The entries of the trust store, and the revocation lists."""
        return self.must(update("trust", "list-cas", f"--root={self.root}", "--format=json")).json

    def verify_trust(self, *further):
        return update("verify-trust", f"--package={self.kernel}", "--strict-mode", f"--root={self.root}", *further)

    def outcomes(self, ended):
        """What each of the five steps of verify-trust came to."""
        return [step["outcome"] for step in ended.json["steps"]]
