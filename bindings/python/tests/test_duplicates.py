import os

import pytest

import multiosupdate as mos


def test_what_two_packages_and_a_folder_share_is_found(workshop):
    first = workshop.package("one", files={"usr/a": "the same\n", "usr/b": "its own\n"})
    second = workshop.package("two", files={"usr/c": "the same\n"})
    tree = workshop.tree("three", {"deep/d": "the same\n", "deep/e": "another\n", "empty": ""})
    os.link(tree / "deep/d", tree / "deep/linked")
    with mos.Package(first) as one, mos.Package(second) as two, mos.Duplicates() as duplicates:
        duplicates.add_package(one, "one").add_package(two).add(tree)
        found = list(duplicates)
        assert [(one.source, one.path, one.is_stored_once) for one in found] == [
            (str(second), "content/files/usr/c", False), (str(tree), "deep/d", False), (str(tree), "deep/linked", True)]
        assert {(one.original_source, one.original_path, one.size) for one in found} == {
            ("one", "content/files/usr/a", len("the same\n"))}
        assert duplicates.totals == mos.DuplicateTotals(6, 52, 3, 27, 9)
        duplicates.add(tree / "deep/e")
        assert duplicates[3].path == ""
        with pytest.raises(IndexError):
            duplicates[4]
        with pytest.raises(mos.NotFoundError):
            duplicates.add(workshop.folder / "absent")
