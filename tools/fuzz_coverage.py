#!/usr/bin/python3
"""How much of each parser its fuzz target's corpus in the tree reaches, in lines: a table, and below it what is missed.

A target is measured by the sources that it is about (SOURCES), in a build by clang with -fprofile-instr-generate and
-fcoverage-mapping, whose targets replay their corpus. What else a target runs through is another one's to reach.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

import run_fuzz

TOP = pathlib.Path(__file__).resolve().parent.parent
LEAST = 90  # percent

# Target: the sources of its parser, below src/.
SOURCES = {
    "attributes": ["state/operation.cpp"],
    "certificate": ["crypto/certificate_names.cpp", "crypto/certificate_parts.cpp", "crypto/certificate_reader.cpp",
                    "crypto/dns_name.cpp", "crypto/general_name.cpp", "crypto/ip_address.cpp", "crypto/name.cpp",
                    "crypto/name_constraints.cpp", "crypto/other_extensions.cpp", "crypto/signed_object.cpp"],
    "encoding": ["base/bytes.cpp"],
    "encrypted_key": ["crypto/encrypted_key.cpp"],
    "frame": ["package/frame.cpp"],
    "index": ["package/entry.cpp", "package/entry_cursor.cpp", "package/entry_rules.cpp", "package/index_reader.cpp"],
    "index_line": ["package/index_line.cpp"],
    "install": ["install/brought.cpp", "install/walk.cpp", "package/entry.cpp", "package/entry_cursor.cpp",
                "package/entry_rules.cpp"],
    "json": ["base/json.cpp"],
    "manifest": ["package/manifest.cpp", "package/manifest_section.cpp", "base/timestamp.cpp"],
    "package": ["package/layout.cpp", "package/package.cpp", "package/package_file.cpp", "package/package_state.cpp",
                "package/verify_content.cpp"],
    "path": ["base/path.cpp"],
    "plan_file": ["transaction/plan_file.cpp", "transaction/path_line.cpp"],
    "private_key": ["crypto/private_key.cpp", "crypto/pem.cpp"],
    "public_key": ["crypto/public_key.cpp", "crypto/key_encoding.cpp"],
    "relation": ["package/relation.cpp"],
    "revocation_list": ["crypto/revocation_list_reader.cpp", "crypto/revocation_list.cpp"],
    "security_policy": ["policy/security_policy.cpp", "policy/signature_names.cpp", "config/units.cpp"],
    "signature_area": ["package/signature_area.cpp"],
    "statement": ["package/statement.cpp"],
    "template": ["config/template.cpp"],
    "trust_entry": ["crypto/trust_entry.cpp"],
    "values": ["config/ini_values.cpp", "config/scalar.cpp", "config/values.cpp", "config/yaml_values.cpp"],
    "version": ["package/version.cpp"],
    "yaml_edit": ["config/yaml_edit.cpp"],
}


def missed_lines(segments, last):
    """The lines of a file that no segment with a count covers; segments are [line, column, count, has_count, …]."""
    covered, seen = set(), set()
    for begin, end in zip(segments, segments[1:] + [[last + 1, 1, 0, False, False]]):
        if not begin[3]:
            continue
        lines = range(begin[0], end[0] + (1 if end[1] > 1 else 0))
        seen.update(lines)
        if begin[2] > 0:
            covered.update(lines)
    return sorted(seen - covered)


def ranges(lines):
    """[3, 4, 5, 9] as "3-5 9"."""
    text = []
    for line in lines:
        if text and text[-1][1] == line - 1:
            text[-1][1] = line
        else:
            text.append([line, line])
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in text)


def measure(build, target, corpora):
    """Lines and covered lines of the target's sources, and the missed lines of each."""
    program = build / "fuzz" / f"fuzz-{target.replace('_', '-')}"
    raw, merged = build / "fuzz" / f"{target}.profraw", build / "fuzz" / f"{target}.profdata"
    subprocess.run([program, *corpora], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   env=os.environ | {"LLVM_PROFILE_FILE": str(raw)})
    subprocess.run(["llvm-profdata-14", "merge", "-sparse", raw, "-o", merged], check=True)
    sources = [TOP / "src" / source for source in SOURCES[target]]
    result = subprocess.run(["llvm-cov-14", "export", program, f"-instr-profile={merged}", *sources], check=True,
                            stdout=subprocess.PIPE, text=True)
    data = json.loads(result.stdout)["data"][0]
    missed = {pathlib.Path(file["filename"]).relative_to(TOP): missed_lines(file["segments"], file["segments"][-1][0])
              for file in data["files"]}
    return data["totals"]["lines"]["count"], data["totals"]["lines"]["covered"], missed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--found", type=pathlib.Path, metavar="BUILD",
                        help="also what runs in this build folder found worth keeping")
    parser.add_argument("--missed", action="store_true", help="name the lines that are not reached")
    options = parser.parse_args()
    chosen = options.targets or run_fuzz.targets()
    unknown = set(chosen) - set(SOURCES)
    if unknown:
        sys.exit(f"no target '{unknown.pop()}'; there are: {', '.join(sorted(SOURCES))}")
    print(f"{'target':<16} {'lines':>6} {'covered':>8} {'%':>6}", flush=True)
    low = 0
    for target in chosen:
        corpora = [TOP / "fuzz" / "corpus" / target]
        if options.found and (options.found / "fuzz-corpus" / target).is_dir():
            corpora.append(options.found / "fuzz-corpus" / target)
        lines, covered, missed = measure(options.build, target, corpora)
        low += 100 * covered < LEAST * lines
        print(f"{target:<16} {lines:>6} {covered:>8} {100 * covered / lines:>6.1f}", flush=True)
        for path, numbers in missed.items():
            if options.missed and numbers:
                print(f"    {path}: {ranges(numbers)}", flush=True)
    print(f"{len(chosen) - low} passed, {low} below {LEAST} %", flush=True)
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
