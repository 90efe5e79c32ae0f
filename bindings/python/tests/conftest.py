"""What the tests of the binding build on: keys, packages and roots in a temporary folder."""

import pathlib
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent.parent
sys.path[:0] = [str(TOP / "bindings" / "python"), str(TOP / "tools")]
import multiosupdate as mos  # noqa: E402


class Workshop:
    """A folder with a signer that the folder's trust store knows, and roots."""

    def __init__(self, folder):
        self.folder = folder
        self.key = mos.Key.generate(mos.KeyType.ED25519)
        self.trust = folder / "trust"
        self.trust.mkdir()
        self.key.store_public(self.trust / "releases.pub")
        self.root = folder / "root"
        self.root.mkdir()

    def tree(self, name, files):
        """A directory of `files` (path → content)."""
        tree = self.folder / f"tree-{name}"
        for path, content in files.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(content)
        return tree

    def package(self, name="webserver", version="1.0", files=None, **options):
        """Builds a signed package of `files` (path → content) and returns its path."""
        tree = self.tree(f"{name}-{version}", files or {"usr/bin/webserver": f"release {version}\n"})
        output = self.folder / f"{name}-{version}.mos"
        options.setdefault("sign_key", self.key)
        # The owners as they are: so that these tests run as anybody.
        mos.build_package(name, version, tree, output, keep_owners=True, **options)
        return output

    def engine(self, **options):
        return mos.Engine(self.root, trust=self.trust, **options)

    def install(self, *packages, **options):
        with self.engine() as engine:
            plan = engine.plan()
            for package in packages:
                plan.install(package, **options)
            return plan.run()

    def content(self, path="usr/bin/webserver"):
        return (self.root / path).read_text()


@pytest.fixture
def workshop(tmp_path):
    return Workshop(tmp_path)
