"""Runs the tests of a case, and says how it stands."""

import enum
import unittest
from typing import NamedTuple

import fixture

KINDS = ("done_", "refused_")


class Standing(enum.Enum):
    WORKS = "works"
    UNDERSTOOD = "understood"  # a file of which no setting is in effect yet
    NOT_BUILT = "not built yet"
    NOT_TRIED = "not tried here"
    FAILED = "FAILED"


class Verdict(NamedTuple):
    standing: Standing
    note: str = ""
    faults: tuple = ()


class Tried(NamedTuple):
    """One test of a case, after it has run."""
    name: str
    case: unittest.TestCase
    trouble: str  # the traceback of its failure; "" where it passed
    skipped: str  # why it was not run


def tests_of(case_class):
    """The names of its tests, in the order in which they stand there."""
    names = []
    for kind in reversed(case_class.__mro__):
        names += [name for name in vars(kind) if name.startswith(KINDS) and name not in names]
    return names


def run_tests(case_class, names, execution=fixture.really):
    """What became of these tests; a failure outside of them is a `Tried` without a case."""
    case_class.execution = staticmethod(execution)
    cases = [case_class(name) for name in names]
    result = unittest.TestResult()
    unittest.TestSuite(cases).run(result)
    trouble = dict(result.failures + result.errors)
    skipped = dict(result.skipped)
    tried = [Tried(name, case, trouble.pop(case, ""), skipped.pop(case, "")) for name, case in zip(names, cases)]
    return tried + [Tried("setUpClass", None, text, "") for text in trouble.values()]


def lacking_kinds(names):
    return [f"it has no test '{kind}…'" for kind in KINDS if not any(name.startswith(kind) for name in names)]


def judge(case_class):
    """Does the line do what it should, and refuse what it must?"""
    names = tests_of(case_class)
    tried = run_tests(case_class, names)
    faults = lacking_kinds(names) + [f"{test.name}: {test.trouble.strip()}" for test in tried if test.trouble]
    # What runs no line has shown nothing.
    faults += [f"{test.name}: it does not run the line" for test in tried
               if test.case and not test.trouble and not test.skipped and not test.case.judged]
    if faults:
        return Verdict(Standing.FAILED, faults=tuple(faults))
    for test in tried:
        if test.case.not_built:
            return Verdict(Standing.NOT_BUILT, test.case.not_built)
        if test.skipped:
            return Verdict(Standing.NOT_TRIED, test.skipped)
    standing = Standing.UNDERSTOOD if any(test.case.only_understood for test in tried) else Standing.WORKS
    return Verdict(standing, next((test.case.note for test in tried if test.case.note), ""))


def merged(verdicts):
    """How something stands for which several cases answer: one that works is enough, one that fails is too much."""
    for standing in (Standing.FAILED, Standing.WORKS, Standing.UNDERSTOOD, Standing.NOT_TRIED, Standing.NOT_BUILT):
        same = [verdict for verdict in verdicts if verdict.standing is standing]
        if same:
            return Verdict(standing, same[0].note, tuple(fault for verdict in same for fault in verdict.faults))
    raise ValueError("nothing to judge by")


# ---- hollow: do the tests notice that nothing is done? ----

def judge_hollow(case_class):
    """Works means that every test fails, once its command has run and done nothing."""
    names = tests_of(case_class)
    tried = run_tests(case_class, names, fixture.by_true)
    faults = [describe("with `true` in place of the command", test) for test in tried if not noticed(test)]
    # A refusal does nothing anyway, and a question needs no more than its answer.
    acting = run_tests(case_class, [name for name in names if name.startswith("done_")], fixture.on_a_copy)
    faults += [describe("with a command that says all and does nothing", test) for test in acting
               if not noticed(test) and not only_asks(test)]
    case_class.execution = staticmethod(fixture.really)
    if all(test.skipped for test in tried):
        return Verdict(Standing.NOT_TRIED)
    return Verdict(Standing.FAILED if faults else Standing.WORKS, faults=tuple(faults))


def noticed(test):
    return bool(test.skipped or test.case and test.trouble and test.case.judged)


def only_asks(test):
    return bool(test.case and test.case.judged and not test.case.acted and not test.trouble)


def describe(how, test):
    what = f"it fails before that: {test.trouble.strip()}" if test.trouble else "it passes"
    return f"{test.name}: {how}, {what}"
