"""The guide's configuration files as they stand.

`config validate` understands each of them, and names a misspelt key with its line; where the tool has no such command
yet, that is not built yet. Whatever steers something already has a case here that shows its effect. A file works when
one of its cases does and none fails.
"""

import json
import os
import re
import shutil

from authority import AuthorityWorkshop
from fixture import Case
from guide import CONFIG
from support import NOT_BUILT, REFUSED, USAGE, package, update

KEY = re.compile(r"^\s+(?:- )?([a-z_]+):", re.MULTILINE)
OF_PACKAGES = {"unnamed-package_info.json"}  # which is no configuration of a root


def misspelt(text):
    """The text with a letter of its first key below the top one left out; that word, and its line."""
    match = KEY.search(text)
    word = match[1][:-2] + match[1][-1]
    return text[:match.start(1)] + word + text[match.end(1):], word, text.count("\n", 0, match.start(1)) + 1


class FileCase(Case):
    def guides_text(self):
        return (CONFIG / self.file).read_text(encoding="utf-8")

    def misspell_in(self, path):
        """Writes the file there with one key misspelt; that word, and its line."""
        text, word, line = misspelt(self.guides_text())
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return word, line


class ValidatedFile(FileCase):
    line = "multios-update config validate FILE"

    def setUp(self):
        super().setUp()
        shutil.copyfile(CONFIG / self.file, self.at(self.file))
        self.placeholders = {"FILE": self.file}
        if update("config", "validate", self.at(self.file), f"--root={self.root}").code == NOT_BUILT:
            self.wait_until_built("this build has no 'config validate'")

    def done_every_setting_is_understood(self):
        told, = self.ask()["files"]
        self.assertEqual((os.path.basename(told["file"]), told["problems"]), (self.file, []))
        self.assertGreater(told["settings"], 0)
        waiting = len(told["not_in_effect"])
        self.note = f"{waiting} of {told['settings']} settings are not in effect yet" if waiting else ""
        self.only_understood = waiting == told["settings"]

    def refused_a_misspelt_key(self):
        word, line = self.misspell_in(self.at(self.file))
        ended = self.refuse(REFUSED, self.file, word)
        self.assertRegex(ended.out + ended.err, rf"\b{line}\b")


VALIDATED = [type(f"Validated {path.name}", (ValidatedFile,), {"file": path.name})
             for path in sorted(CONFIG.iterdir()) if path.name not in OF_PACKAGES]


class SecurityPolicy(FileCase, AuthorityWorkshop):
    """An install under the guide's policy."""

    file = "security-policy.yml"
    line = "multios-package install kernel-1.2.3.mos"

    def setUp(self):
        super().setUp()
        self.placed = self.in_root("etc/multios/security-policy.yml")
        shutil.copyfile(CONFIG / self.file, self.placed)
        self.add_ca()
        self.put_kernel()

    def put_pinned_kernel(self):
        """Signed by a key that is trusted, and that no authority has certified."""
        shutil.copy(self.signer + ".pub", self.trust)
        self.put("kernel-1.2.3.mos", "kernel", "1.2.3", {"boot/kernel": "kernel\n"})

    def done_what_it_asks_for_is_installed(self):
        self.do()
        self.assertEqual(self.content("boot/kernel"), "kernel\n")
        self.assertEqual(self.installed(), {"kernel": "1.2.3"})
        shown = self.must(update("security", "show", f"--root={self.root}", "--format=json")).json["security_policy"]
        self.assertEqual(shown["update_validation.allowed_signature_algorithms"],
                         ["RSA-4096-SHA256", "ECC-P384-SHA384", "RSA-2048-SHA256"])
        self.assertEqual(shown["installation_safety.maximum_package_size"], 2_000_000_000)

    def done_what_only_it_keeps_out_is_installed_without_it(self):
        self.put_pinned_kernel()
        self.must_refuse(package("install", self.kernel, f"--root={self.root}"), REFUSED, "E059", "certified")
        os.remove(self.placed)
        self.do()
        self.assertEqual(self.content("boot/kernel"), "kernel\n")

    def refused_a_signer_whom_nobody_certified(self):
        self.put_pinned_kernel()
        self.refuse(REFUSED, "(E059)", "certified", "Nothing was changed.")

    def refused_everything_while_a_key_is_misspelt(self):
        word, _ = self.misspell_in(self.placed)
        self.refuse(REFUSED, "(E060)", word, "Nothing was changed.")


class PackageInformation(FileCase):
    """A package made with the guide's metadata."""

    file = "unnamed-package_info.json"
    line = "multios-package create --name=kernel --version=1.2.3 --input-directory=/path/to/kernel --metadata=FILE " \
           "--output=kernel-1.2.3.mos"
    on_root = False

    def setUp(self):
        super().setUp()
        self.given("kernel", {"boot/kernel": "kernel\n"})
        shutil.copyfile(CONFIG / self.file, self.at(self.file))
        self.placeholders = {"FILE": self.file}

    def done_all_that_it_says_is_in_the_manifest(self):
        self.do()
        manifest = self.information("kernel-1.2.3.mos")["manifest"]
        for section, members in json.loads(self.guides_text()).items():
            self.assertEqual({name: manifest[section].get(name) for name in members}, members)

    def change(self, old, new):
        text = self.guides_text()
        self.assertIn(old, text)
        with open(self.at(self.file), "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))

    def refused_a_value_of_another_kind(self):
        self.change('"atomic_install": true', '"atomic_install": "true"')
        self.refuse(REFUSED, "(E023)", "'installation.atomic_install'", "Nothing was written.")

    def refused_for_another_version(self):
        self.change('"version": "1.2.3"', '"version": "1.2.4"')
        self.refuse(USAGE, "another version than '1.2.3'")
