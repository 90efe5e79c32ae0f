#!/usr/bin/python3
"""multios-update config: what holds, where it comes from, what is wrong. Changes by the guide's lines are in tests/guide."""

import fcntl
import os
import subprocess
import unittest

from support import FAILED, REFUSED, USAGE, Workshop, update

NETWORK = "etc/multios/network.yml"


class Settings(Workshop):
    def given(self, path, text):
        os.makedirs(os.path.dirname(self.in_root(path)), exist_ok=True)
        with open(self.in_root(path), "w", encoding="utf-8") as file:
            file.write(text)

    def config(self, *arguments, **options):
        return update("config", *arguments, f"--root={self.root}", **options)

    def shown(self, *arguments):
        return {row["setting"]: row for row in self.must(self.config("show", *arguments, "--format=json")).json["settings"]}


class Shown(Settings):
    def test_what_is_set_with_its_origin_and_how_many_are_not(self):
        self.given(NETWORK, "network:\n  retry_count: 7\n")
        ended = self.must(self.config("show", "--origin"))
        self.assertIn("network.retry_count  7      etc/multios/network.yml:2:3", ended.out)
        self.assertIn("settings are as they are built in", ended.out)
        self.assertNotIn("network.timeout", ended.out)

    def test_of_a_section_all(self):
        shown = self.shown("network")
        self.assertEqual(shown["network.timeout"]["layer"], "built-in")
        self.assertNotIn("logging.root_level", shown)

    def test_of_one_setting_everything_that_a_stranger_needs(self):
        self.given(NETWORK, "network:\n  retry_count: 7\n")
        out = self.must(self.config("show", "network.retry_count")).out
        for words in ("etc/multios/network.yml:2:3", "integer: 0..100", "How often a transfer", "built-in  3", "since"):
            self.assertIn(words, out)

    def test_of_nothing_that_is_known_the_nearest(self):
        ended = self.config("show", "network.retry_cuont")
        self.assertEqual(ended.code, USAGE)
        self.assertIn("did you mean 'network.retry_count'?", ended.err)

    def test_a_value_alone_one_a_line(self):
        self.given(NETWORK, "network:\n  retry_count: 7\n")
        self.assertEqual(self.must(self.config("get", "network.retry_count", "network.timeout")).out, "7\n300s\n")


class Layers(Settings):
    def setUp(self):
        super().setUp()
        self.given(NETWORK, "network:\n  retry_count: 7\n")
        self.given("etc/multios/environments/staging.yml", "network:\n  retry_count: 8\n")
        self.given("etc/multios/environments/production.yml", "network:\n  timeout: 9s\n")

    def value(self, *arguments, **options):
        return self.must(self.config("get", "network.retry_count", *arguments, **options)).out.strip()

    def test_the_command_line_beats_the_environment_and_that_the_system(self):
        self.assertEqual(self.value(), "7")
        self.assertEqual(self.value("--environment=staging"), "8")
        self.assertEqual(self.value("--environment=staging", "--set=network.retry_count=9"), "9")

    def test_the_environment_is_that_of_the_variable_or_of_the_settings(self):
        self.assertEqual(self.value(MULTIOS_ENVIRONMENT="staging"), "8")
        self.must(self.config("set", "update_system.environment=staging"))
        self.assertEqual(self.value(), "8")

    def test_an_environment_is_changed_in_its_own_file(self):
        self.must(self.config("set", "--environment=staging", "network.timeout=5s"))
        with open(self.in_root("etc/multios/environments/staging.yml"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "network:\n  retry_count: 8\n  timeout: 5s\n")


class Validated(Settings):
    def test_each_file_of_the_root_also_those_that_do_not_hold_now(self):
        self.given(NETWORK, "network:\n  retry_cuont: 7\n")
        self.given("etc/multios/environments/staging.yml", "nonsense: 1\n")
        self.given("etc/multios/users/john.yml", "network:\n  timeout: 1s\n")
        ended = self.config("validate")
        self.assertEqual(ended.code, REFUSED)
        self.assertIn("etc/multios/network.yml:2:3: network.retry_cuont: is no setting; did you mean 'retry_count'?", ended.out)
        self.assertIn("etc/multios/environments/staging.yml:1:1: nonsense: is no setting", ended.out)
        self.assertIn("etc/multios/users/john.yml:1:1: network: can't be set in this file", ended.out)

    def test_values_that_the_security_policy_can_not_follow_together(self):
        self.given("etc/multios/security-policy.yml", "security_policy:\n  update_validation:\n"
                   "    allowed_signature_algorithms: [ECC-P256-SHA256]\n    require_strong_signature: true\n")
        ended = self.config("validate")
        self.assertEqual(ended.code, REFUSED)
        self.assertIn("names none that is strong", ended.out)

    def test_what_is_no_yaml_or_far_too_large(self):
        for text in ("\tlogging: 1\n", "a: &a [*a]\n", "network: {a: 1, a: 2}\n", "\udcff\n", "x" * (2 << 20)):
            with open(self.in_root("bad.yml"), "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(text)
            ended = self.config("validate", self.in_root("bad.yml"))
            self.assertEqual(ended.code, REFUSED, text[:20])
            self.assertIn("bad.yml", ended.out + ended.err)

    def test_a_faulty_file_does_not_stop_an_install(self):
        self.given(NETWORK, "network: [\n")
        self.must(self.install(self.build("app", "1", {"app": "x\n"})))
        self.assertTrue(self.has("app"))


class Changed(Settings):
    def test_one_at_a_time(self):
        self.must(self.config("set", "network.retry_count=7"))
        with open(self.in_root("var/lib/multios/lock"), "r+", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.must_refuse(self.config("set", "network.retry_count=8"), FAILED, "E019")
        self.assertEqual(self.must(self.config("get", "network.retry_count")).out, "7\n")

    def test_not_where_nothing_can_be_written(self):
        self.given(NETWORK, "network:\n  retry_count: 7\n")
        self.must(self.config("set", "network.timeout=5s"))
        folder = self.in_root("etc/multios")
        if os.geteuid() != 0 or subprocess.run(["mount", "--bind", folder, folder], check=False).returncode != 0:
            self.skipTest("nothing can be mounted here")
        self.addCleanup(subprocess.run, ["umount", folder], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        self.must_refuse(self.config("set", "network.retry_count=8"), FAILED, "E014")
        self.assertEqual(self.must(self.config("get", "network.retry_count")).out, "7\n")

    def test_a_name_in_several_sections_must_be_told_apart(self):
        ended = self.config("set", "--timeout=5s")
        self.assertEqual(ended.code, USAGE)
        self.assertIn("'--timeout' can be network.timeout, high_availability.failover.health_check.timeout", ended.err)
        self.assertIn("--section=SECTION", ended.err)
        self.assertFalse(self.has(NETWORK))
        self.assertIn("network.timeout", self.must(self.config("set", "--section=network", "--timeout=5s")).out)

    def test_a_name_that_stands_in_one_section_alone_needs_no_section(self):
        self.assertIn("update_system.log_rotation.compress", self.must(self.config("set", "--compress=true")).out)

    def test_a_name_that_stands_nowhere_is_no_setting(self):
        ended = self.config("set", "--level=info")
        self.assertEqual(ended.code, USAGE)
        self.assertIn("'--level' is no setting", ended.err)

    def test_a_template_that_there_is_not_is_told_with_the_nearest_one(self):
        ended = update("policy", "apply", "--template=desktp", f"--root={self.root}")
        self.must_refuse(ended, FAILED, "E011", "there is no template 'desktp': did you mean 'desktop'?",
                         "Take one of desktop, server, kiosk")


if __name__ == "__main__":
    unittest.main()
