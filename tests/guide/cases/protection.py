"""What keeps people's data: "Data Recovery", and the restoration of a system from a backup."""

import glob
import os

from fixture import Case, flip_bit
from support import FAILED, NEEDS_ANSWER, REFUSED, USAGE, update

LATER = 4_000_000_000


class ProtectionCase(Case):
    """A root in which people have files."""

    def setUp(self):
        super().setUp()
        self.put_in_root("home/user/notes.txt", "first\n")
        self.put_in_root("home/user/letters/a", "dear\n" * 1000)
        os.chmod(self.in_root("home/user/notes.txt"), 0o640)

    def back_up(self, path, destination, *further):
        made = self.must(update("data-protection", "backup", f"--path={path}", f"--destination={destination}",
                                "--format=json", f"--root={self.root}", *further)).json
        return made["backup"]

    def archives(self, folder):
        return sorted(glob.glob(self.in_root(f"{folder}/*.tar*")))

    def write(self, path, text, time=None):
        self.put_in_root(path, text)
        if time is not None:
            os.utime(self.in_root(path), (time, time))


class ListProtected(ProtectionCase):
    line = "multios-update data-protection list-protected --filter=critical,important"

    def done_it_tells_what_is_there_of_these_classes(self):
        self.put_in_root("etc/passwd", "root\n")
        found = {row["path"]: row["class"] for row in self.ask()["protected"]}
        self.assertEqual(found.get("/etc/passwd"), "critical")
        self.assertEqual(found.get("/etc"), "important")
        self.assertNotIn("/home", found)

    def done_by_the_rules_of_the_settings(self):
        self.must(update("config", "set", "data_protection.critical=/home/user/letters", f"--root={self.root}"))
        found = {row["path"]: row["class"] for row in self.ask()["protected"]}
        self.assertEqual(found.get("/home/user/letters"), "critical")

    def refused_what_is_no_class(self):
        self.refuse(USAGE, "'vital' is no class", replace={"critical": "vital"})


class BackUp(ProtectionCase):
    line = "multios-update data-protection backup --path=/home/user --destination=/backup/home --compression=gzip"

    def done_an_archive_that_tar_reads_is_there_and_in_the_catalogue(self):
        self.do()
        archive, = self.archives("backup/home")
        self.assertTrue(archive.endswith(".tar.gz"))
        folder = self.new_path("unpacked")
        os.makedirs(folder)
        self.assertEqual(os.spawnlp(os.P_WAIT, "tar", "tar", "--warning=no-unknown-keyword", "-xzf", archive, "-C",
                                    folder), 0)
        with open(os.path.join(folder, "home/user/notes.txt"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "first\n")
        listed, = self.must(update("data-protection", "list", "--format=json", f"--root={self.root}")).json["backups"]
        self.assertEqual((listed["backup"], listed["standing"], listed["verified"]), ("backup-1", "complete", True))

    def refused_a_path_that_is_not_there(self):
        self.refuse(FAILED, "(E011)", "'home/nobody'", replace={"/home/user": "/home/nobody"})
        self.assertEqual(self.archives("backup/home"), [])

    def refused_a_compression_that_is_none(self):
        self.refuse(USAGE, "--compression", replace={"gzip": "zip"})


class Restore(ProtectionCase):
    line = """multios-update data-protection restore --source=/backup/home --destination=/home/user --interactive \
--preserve-permissions"""

    def setUp(self):
        super().setUp()
        self.back_up("/home/user", "/backup/home")

    def done_what_was_lost_is_there_again_with_its_permissions_and_a_way_back(self):
        os.remove(self.in_root("home/user/notes.txt"))
        self.write("home/user/letters/a", "scribbled over\n", time=1_000_000_000)
        self.do()
        self.assertEqual(self.content("home/user/notes.txt"), "first\n")
        self.assertEqual(os.stat(self.in_root("home/user/notes.txt")).st_mode & 0o7777, 0o640)
        self.assertEqual(self.content("home/user/letters/a"), "dear\n" * 1000)
        self.must(update("rollback", "last-good", f"--root={self.root}"))
        self.assertFalse(self.has("home/user/notes.txt"))

    def refused_a_newer_file_that_nobody_can_be_asked_about(self):
        self.write("home/user/notes.txt", "newer\n", time=LATER)
        self.refuse(NEEDS_ANSWER, "(E018)", "home/user/notes.txt")

    def refused_an_archive_that_was_altered(self):
        os.remove(self.in_root("home/user/notes.txt"))
        archive, = self.archives("backup/home")
        flip_bit(archive)
        self.refuse(REFUSED, "(E063)")
        self.assertFalse(self.has("home/user/notes.txt"))

    def refused_a_folder_without_backups(self):
        self.refuse(FAILED, "(E011)", replace={"/backup/home": "/home/user/letters"})

    def refused_a_backup_that_is_named_twice(self):
        self.refuse(USAGE, "--backup-id", "named twice", further=["--backup-id=backup-1"])

    def refused_a_file_in_the_place_of_a_folder(self):
        self.write("report", "somebody's\n")
        self.refuse(REFUSED, "(E006)", "'report'", replace={"/home/user": "/report/below"})

    def refused_the_engines_own(self):
        self.refuse(REFUSED, "(E035)", "Name another destination", replace={"/home/user": "/var/lib/multios"})


class VerifyIntegrity(ProtectionCase):
    line = "multios-update data-protection verify-integrity --backup-id=backup-123 --detailed"

    def setUp(self):
        super().setUp()
        self.placeholders = {"backup-123": self.back_up("/home/user", "/backup/home")}

    def done_it_compares_and_lists_every_entry(self):
        told = self.ask()
        self.assertTrue(told["intact"])
        rows = {(row["kind"], row["object"]) for row in told["checks"]}
        self.assertIn(("file", "home/user/letters/a"), rows)
        self.assertIn(("folder", "home/user"), rows)
        self.assertIn("archive", {kind for kind, _ in rows})

    def refused_an_archive_that_was_altered(self):
        archive, = self.archives("backup/home")
        flip_bit(archive)
        self.refuse(REFUSED, "(E063)", "SHA-256")

    def refused_a_backup_that_is_not_there(self):
        self.placeholders["backup-123"] = "backup-99"
        self.refuse(FAILED, "(E011)", "backup-99")


class SystemRestore(ProtectionCase):
    line = "multios-update system restore --from-backup=/backup/2024-01-01 --validate-checksums --preserve-recent-data"

    def setUp(self):
        super().setUp()
        self.put_in_root("etc/hosts", "old\n")
        self.back_up("/", "/backup/2024-01-01")

    def done_everything_is_back_but_what_is_newer(self):
        os.remove(self.in_root("etc/hosts"))
        self.write("home/user/notes.txt", "newer\n", time=LATER)
        self.do()
        self.assertEqual(self.content("etc/hosts"), "old\n")
        self.assertEqual(self.content("home/user/notes.txt"), "newer\n")

    def refused_an_archive_that_was_altered(self):
        os.remove(self.in_root("etc/hosts"))
        archive, = self.archives("backup/2024-01-01")
        flip_bit(archive)
        self.refuse(REFUSED, "(E063)")
        self.assertFalse(self.has("etc/hosts"))

    def refused_to_go_without_checksums(self):
        self.refuse(USAGE, "'--validate-checksums' can't be switched off",
                    replace={"--validate-checksums": "--validate-checksums=false"})
