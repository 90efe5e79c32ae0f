"""Making packages, and what a package says: "Creating Packages" and "Package Information"."""

import hashlib
import json
import os
import shutil

from fixture import Case
from support import FAILED, REFUSED, USAGE, package


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


class Create(Case):
    line = """multios-package create --name=myapp --version=1.0.0 --type=application --input-directory=/path/to/app \
--output=myapp-1.0.0.mos"""
    on_root = False

    def setUp(self):
        super().setUp()
        self.given("app", {"usr/bin/myapp": "run\n", "etc/myapp.conf": "a=1\n"})

    def done_the_package_holds_the_directory(self):
        self.do()
        checksums = self.checksums("myapp-1.0.0.mos")
        self.assertEqual(checksums["content/files/usr/bin/myapp"], sha256("run\n"))
        self.assertEqual(checksums["content/files/etc/myapp.conf"], sha256("a=1\n"))
        info = self.information("myapp-1.0.0.mos")
        self.assertEqual((info["name"], info["version"], info["type"]), ("myapp", "1.0.0", "application"))

    def refused_without_the_directory(self):
        shutil.rmtree(self.at("path/app"))
        self.refuse(FAILED, "(E011)", "path/app", "Nothing was written.")


class CreateWithScripts(Case):
    line = """multios-package create --name=webserver --version=2.1.0 --type=service \
--input-directory=/path/to/webserver --scripts=/path/to/install-scripts --metadata=/path/to/metadata.json \
--output=webserver-2.1.0.mos"""
    on_root = False

    def setUp(self):
        super().setUp()
        self.given("webserver", {"usr/bin/webserver": "serve\n"})
        shutil.move(self.scripts(post_install="echo started"), self.at("path/install-scripts"))
        self.given_file("metadata.json", json.dumps({"update_info": {"priority": 1, "reboot_required": True},
                                                     "service": {"units": ["webserver.service"]}}))

    def done_scripts_and_metadata_are_in_it(self):
        self.do()
        self.assertEqual(self.checksums("webserver-2.1.0.mos")["content/scripts/post-install"],
                         sha256("#!/bin/sh\necho started\n"))
        info = self.information("webserver-2.1.0.mos")
        self.assertEqual(info["manifest"]["service"]["units"], ["webserver.service"])
        self.assertTrue(info["manifest"]["update_info"]["reboot_required"])
        self.assertEqual(info["type"], "service")

    def refused_a_script_that_nobody_would_call(self):
        os.rename(self.at("path/install-scripts/post-install"), self.at("path/install-scripts/postinst"))
        self.refuse(USAGE, "'content/scripts/postinst' is no script that is ever called; there are pre-install,")

    def refused_metadata_of_another_package(self):
        self.given_file("metadata.json", json.dumps({"package_info": {"name": "database"}}))
        self.refuse(USAGE, "another name than 'webserver'")


class CreateDelta(Case):
    line = """multios-package create-delta --base-version=1.0.0 --new-version=1.1.0 --input-directory=/path/to/app \
--output=myapp-1.1.0-delta.mos"""

    OLD = "".join(f"line {number * 7919}\n" for number in range(9000))
    NEW = OLD.replace("line 7919\n", "another line\n")

    def setUp(self):
        super().setUp()
        os.makedirs(self.at("path/app"))
        self.put("path/app/myapp-1.0.0.mos", "myapp", "1.0.0", {"usr/lib/data": self.OLD})
        self.put("path/app/myapp-1.1.0.mos", "myapp", "1.1.0", {"usr/lib/data": self.NEW})

    def done_it_updates_the_one_release_to_the_other(self):
        self.do()
        old, new, delta = (self.information(name) for name in (
            "path/app/myapp-1.0.0.mos", "path/app/myapp-1.1.0.mos", "myapp-1.1.0-delta.mos"))
        self.assertEqual((delta["kind"], delta["version"]), ("delta", "1.1.0"))
        self.assertEqual((delta["base_content_digest"], delta["content_digest"]),
                         (old["content_digest"], new["content_digest"]))
        self.assertLess(delta["package_bytes"], new["package_bytes"])
        self.must(package("sign", self.at("myapp-1.1.0-delta.mos"), f"--sign-key={self.signer}.key"))
        self.must(self.install(self.at("path/app/myapp-1.0.0.mos")))
        self.must(self.install(self.at("myapp-1.1.0-delta.mos")))
        self.assertEqual(self.content("usr/lib/data"), self.NEW)

    def refused_what_the_folder_does_not_have(self):
        os.remove(self.at("path/app/myapp-1.0.0.mos"))
        self.refuse(USAGE, "has no full package of version 1.0.0; it has myapp 1.1.0")

    def refused_what_nobody_vouches_for(self):
        self.put("path/app/myapp-1.1.0.mos", "myapp", "1.1.0", {"usr/lib/data": self.NEW}, signed=False)
        self.refuse(REFUSED, "(E028)", "myapp-1.1.0.mos")


class OfOnePackage(Case):
    """The lines that tell something of package-1.2.3.mos."""

    FILES = {"usr/bin/tool": "#!/bin/sh\n", "usr/share/tool/data": "d\n" * 9000}

    def setUp(self):
        super().setUp()
        self.put("package-1.2.3.mos", "package", "1.2.3", self.FILES, "--description=Some tool")


class Info(OfOnePackage):
    line = "multios-package info package-1.2.3.mos"

    def done_it_tells_what_the_package_is_and_who_vouches_for_it(self):
        told = self.ask()
        self.assertEqual((told["name"], told["version"], told["release"], told["type"]),
                         ("package", "1.2.3", "1", "application"))
        self.assertEqual(told["manifest"]["package_info"]["description"], "Some tool")
        self.assertEqual((told["verified"], told["verified_signers"]), (True, ["signer"]))
        self.assertEqual(told["package_bytes"], os.path.getsize(self.at("package-1.2.3.mos")))

    def done_people_read_the_same(self):
        shown = self.ask_for_people()
        for word in ("package", "1.2.3 (release 1)", "Some tool", "Verified"):
            self.assertIn(word, shown)

    def refused_what_is_no_package(self):
        with open(self.at("package-1.2.3.mos"), "wb") as file:
            file.write(b"no package " * 1000)
        self.refuse(REFUSED, "(E023)", "package-1.2.3.mos")


class ListContents(OfOnePackage):
    line = "multios-package list-contents package-1.2.3.mos"
    PATHS = ["content/files/usr", "content/files/usr/bin", "content/files/usr/bin/tool", "content/files/usr/share",
             "content/files/usr/share/tool", "content/files/usr/share/tool/data", "metadata/checksums.json",
             "metadata/manifest.json", "metadata/version.json"]

    def done_every_path_is_listed_with_its_checksum(self):
        entries = {entry["path"]: entry for entry in self.ask()["entries"]}
        self.assertEqual(sorted(entries), self.PATHS)
        for path, content in self.FILES.items():
            self.assertEqual(entries[f"content/files/{path}"]["sha256"], sha256(content))

    def done_people_read_a_path_a_line(self):
        self.assertEqual(self.ask_for_people().splitlines(), self.PATHS)

    def refused_half_a_package(self):
        os.truncate(self.at("package-1.2.3.mos"), 700)
        self.refuse(REFUSED, "(E024)", "package-1.2.3.mos")


class Verify(OfOnePackage):
    line = "multios-package verify package-1.2.3.mos"

    def done_the_signer_is_named(self):
        told, = self.ask()["packages"]
        self.assertEqual((told["verified"], told["signers"]), (True, ["signer"]))

    def refused_one_flipped_bit(self):
        self.damage("package-1.2.3.mos")
        self.refuse(REFUSED, "refused:", "package-1.2.3.mos")

    def refused_what_nobody_trusted_signed(self):
        os.remove(os.path.join(self.trust, "signer.pub"))
        self.refuse(REFUSED, "package-1.2.3.mos", "trust")


class CheckDependencies(Case):
    line = "multios-package check-deps package-1.2.3.mos"

    def setUp(self):
        super().setUp()
        metadata = self.new_path("metadata.json")
        with open(metadata, "w", encoding="utf-8") as file:
            json.dump({"dependencies": {"depends": ["libfoo (>= 1.2)"]}}, file)
        self.put("package-1.2.3.mos", "package", "1.2.3", {"usr/bin/tool": "t\n"}, f"--metadata={metadata}")

    def done_what_is_there_satisfies(self):
        self.put_and_install("libfoo", "1.3", {"usr/lib/libfoo": "l\n"})
        told = self.ask()
        self.assertEqual((told["satisfied"], told["problems"]), (True, []))

    def refused_what_is_missing(self):
        self.refuse(REFUSED, "unmet", "'libfoo (>= 1.2)'")

    def refused_what_is_too_old(self):
        self.put_and_install("libfoo", "1.1", {"usr/lib/libfoo": "l\n"})
        self.refuse(REFUSED, "unmet", "'libfoo (>= 1.2)'", "1.1")
