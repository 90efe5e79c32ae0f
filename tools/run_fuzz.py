#!/usr/bin/python3
"""Runs fuzz targets under libFuzzer and ends with one line: "N passed, N failed".

The seconds are for all targets together; those that run side by side share them. Each target starts from its corpus in
the tree and from what earlier runs found worth keeping, in BUILD_FOLDER/fuzz-corpus, and has the words of
fuzz/dictionaries/TARGET.dict where there is one. An input that breaks something stays in BUILD_FOLDER/fuzz-findings. It
belongs into the corpus, as `found-…`, with the fix.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
COVERAGE = re.compile(r"\bcov: (\d+)")
STATISTIC = re.compile(r"^stat::(\w+): +(\d+)", re.MULTILINE)
CAUSE = re.compile(r"^(?:property broken|SUMMARY|==\d+== ?ERROR).*", re.MULTILINE)
# One input may take this long, and all of them together this much memory; no parser takes more than one allocation of
# this size at once.
LIMITS = ["-timeout=20", "-rss_limit_mb=1024", "-malloc_limit_mb=96"]


def targets():
    return sorted(path.name for path in (TOP / "fuzz" / "corpus").iterdir() if path.is_dir())


def run(build, target, seconds):
    """One target's line for the table, and what it found."""
    kept, findings = build / "fuzz-corpus" / target, build / "fuzz-findings"
    kept.mkdir(parents=True, exist_ok=True)
    findings.mkdir(exist_ok=True)
    before = set(findings.glob(f"{target}-*"))
    program = build / "fuzz" / f"fuzz-{target.replace('_', '-')}"
    dictionary = TOP / "fuzz" / "dictionaries" / f"{target}.dict"
    words = [f"-dict={dictionary}"] if dictionary.exists() else []
    command = [program, f"-max_total_time={seconds}", f"-artifact_prefix={findings}/{target}-", "-print_final_stats=1",
               *LIMITS, *words, kept, TOP / "fuzz" / "corpus" / target]
    result = subprocess.run(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, errors="replace")
    coverage = [int(number) for number in COVERAGE.findall(result.stderr)]
    statistics = {name: int(number) for name, number in STATISTIC.findall(result.stderr)}
    found = sorted(set(findings.glob(f"{target}-*")) - before)
    executions = statistics.get("number_of_executed_units", 0)
    gained = coverage[-1] - coverage[0] if coverage else 0
    failed = result.returncode != 0 or executions == 0
    line = f"{target:<16} {executions:>10} {coverage[-1] if coverage else 0:>9} {gained:>6} {len(found):>9}"
    details = []
    if failed:
        cause = CAUSE.search(result.stderr)
        details.append(cause[0] if cause else f"exit status {result.returncode}")
        details += [f"input kept in {path}" for path in found]
        (findings / f"{target}.log").write_text(result.stderr)
        details.append(f"log in {findings / target}.log")
    return line, failed, details


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=60, help="for all targets together")
    parser.add_argument("--seconds-each", type=int, help="for each target instead")
    options = parser.parse_args()
    chosen = options.targets or targets()
    unknown = set(chosen) - set(targets())
    if unknown:
        sys.exit(f"no target '{unknown.pop()}'; there are: {', '.join(targets())}")

    workers = min(os.cpu_count() or 1, len(chosen))
    seconds = options.seconds_each or max(1, options.seconds * workers // len(chosen))
    print(f"{'target':<16} {'executions':>10} {'coverage':>9} {'new':>6} {'findings':>9}", flush=True)
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for line, failed, details in pool.map(lambda target: run(options.build, target, seconds), chosen):
            print(line, flush=True)
            for detail in details:
                print(f"    {detail}", flush=True)
            failures += failed
    print(f"{len(chosen) - failures} passed, {failures} failed", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
