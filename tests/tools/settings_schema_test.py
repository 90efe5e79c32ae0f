#!/usr/bin/python3
"""The JSON schema of the settings, as an editor uses it: the guide's files fit, and mistakes in them don't."""

import pathlib
import sys
import unittest

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
SCHEMA = (TOP / "docs/settings.schema.json").read_text()
GUIDE = TOP / "tests/guide/config"


def faults(text):
    validator = jsonschema.Draft202012Validator(yaml.safe_load(SCHEMA))
    return [error.message for error in validator.iter_errors(yaml.load(text, Loader=Core))]


class Core(yaml.SafeLoader):
    """YAML 1.2's core: 02:00 is no number in base 60, and yes is text."""


Core.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in ("tag:yaml.org,2002:timestamp",)]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class Schema(unittest.TestCase):
    def test_is_a_schema(self):
        jsonschema.Draft202012Validator.check_schema(yaml.safe_load(SCHEMA))

    def test_each_file_of_the_guide_fits(self):
        for file in sorted(GUIDE.glob("*.yml")):
            with self.subTest(file.name):
                self.assertEqual(faults(file.read_text()), [])

    def test_what_is_wrong_is_told(self):
        for text in ("loging: {}", "logging: {root_level: loud}", "update_system: {debug: 3}",
                     "update_system: {services: {update_manager: {port: 70000}}}", "repositories: {name: x}",
                     "update_system: {auto_check_interval: soon}", "production: {nonsense: 1}"):
            with self.subTest(text):
                self.assertNotEqual(faults(text), [])


if __name__ == "__main__":
    unittest.main()
