#!/usr/bin/python3
"""How much of each parser its fuzz target's corpus in the tree reaches, in lines: a table, and below it what is missed.

A target is measured by the sources that it is about (SOURCES) without what stands there and reads nothing (OTHERS), in a
build by clang with -fprofile-instr-generate and -fcoverage-mapping, whose targets replay their corpus. What else a
target runs through is another one's to reach.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import run_fuzz

TOP = pathlib.Path(__file__).resolve().parent.parent
LEAST = 90  # percent

# Target: the sources of its parser, below src/.
SOURCES = {
    "attributes": ["state/operation.cpp"],
    "backup": ["snapshot/backup_reader.cpp", "snapshot/backup_listing.cpp", "snapshot/tar_reader.cpp"],
    "calendar": ["config/calendar_expression.cpp", "config/calendar_words.cpp", "config/crontab.cpp",
                 "schedule/conditions.cpp", "schedule/local_times.cpp", "schedule/timetable.cpp"],
    "certificate": ["crypto/certificate_names.cpp", "crypto/certificate_reader.cpp", "crypto/dns_name.cpp",
                    "crypto/general_name.cpp", "crypto/ip_address.cpp", "crypto/name.cpp", "crypto/name_constraints.cpp",
                    "crypto/other_extensions.cpp", "crypto/signed_object.cpp"],
    "credentials": ["package/credentials.cpp"],
    "delta": ["delta/header.cpp"],
    "delta_full": ["delta/full.cpp"],
    "delta_install": ["delta/package_content.cpp", "install/delta_base.cpp", "install/delta_content.cpp"],
    "delta_pair": ["delta/deflate_block.cpp", "delta/deflate_encoder.cpp", "delta/ends.cpp", "delta/find_members.cpp",
                   "delta/inflate.cpp", "delta/matcher.cpp", "delta/prefix_code.cpp",
                   "delta/scan_members.cpp"],
    "delta_suffix": ["delta/member_codec.cpp", "delta/members.cpp", "delta/suffix_apply.cpp", "delta/views.cpp"],
    "delta_vcdiff": ["delta/vcdiff.cpp"],
    "encoding": ["base/bytes.cpp"],
    "encrypted_key": ["crypto/encrypted_key.cpp"],
    "facts": ["schedule/facts_text.cpp"],
    "frame": ["package/frame.cpp"],
    "index": ["package/entry.cpp", "package/entry_cursor.cpp", "package/entry_rules.cpp", "package/index_reader.cpp"],
    "index_line": ["package/index_line.cpp"],
    "install": ["install/brought.cpp", "package/entry.cpp", "package/entry_cursor.cpp", "package/entry_rules.cpp"],
    "journal": ["observe/event_line.cpp", "observe/journal_reader.cpp", "observe/segment.cpp"],
    "json": ["base/json.cpp"],
    "manifest": ["package/manifest.cpp", "package/manifest_section.cpp", "base/timestamp.cpp"],
    "package": ["package/layout.cpp", "package/package.cpp", "package/package_file.cpp", "package/package_state.cpp",
                "package/verify_content.cpp"],
    "path": ["base/path.cpp"],
    "plan_file": ["transaction/plan_file.cpp", "transaction/path_line.cpp"],
    "point_index": ["snapshot/point_index.cpp"],
    "private_key": ["crypto/private_key.cpp", "crypto/pem.cpp"],
    "public_key": ["crypto/public_key.cpp", "crypto/key_encoding.cpp"],
    "relation": ["package/relation.cpp"],
    "revocation_list": ["crypto/revocation_list_reader.cpp", "crypto/revocation_list.cpp"],
    "security_policy": ["policy/security_policy.cpp", "policy/signature_names.cpp", "config/units.cpp"],
    "settings": ["config/check_value.cpp", "config/ini_edit.cpp", "config/read_settings.cpp",
                 "config/settings.cpp", "config/settings_order.cpp", "config/yaml_word.cpp"],
    "signature_area": ["package/signature_area.cpp"],
    "statement": ["package/statement.cpp"],
    "template": ["config/template.cpp"],
    "trust_entry": ["crypto/trust_entry.cpp"],
    "usage": ["schedule/usage_text.cpp", "schedule/usage.cpp"],
    "values": ["config/ini_values.cpp", "config/scalar.cpp", "config/values.cpp", "config/yaml_values.cpp"],
    "version": ["package/version.cpp"],
    "yaml_edit": ["config/yaml_edit.cpp"],
}


# Functions of these sources that are no part of a parser: they write, name things for people, or use what was read.
OTHERS = {
    "base/bytes.cpp": ["append_little_endian", "load_little_endian", "append_u16", "append_u32", "append_u64", "take", "u16",
                       "u32", "u64", "checked_add", "checked_multiply"],
    "base/json.cpp": ["json_null", "json_object", "object_in", "array_in"],
    "base/path.cpp": ["join_path", "without_outer_slashes", "may_still_cover"],
    "config/values.cpp": ["format_of"],
    "crypto/encrypted_key.cpp": ["encrypt_key", "identifier", "random", "write_parameters"],
    "crypto/key_encoding.cpp": ["curve_of", "write_key_algorithm", "write_public_key_info", "write_rsa_public_key"],
    "crypto/name.cpp": ["characters", "malformed", "split_attributes", "write_attribute", "write_name"],
    "crypto/private_key.cpp": ["from_secret", "generate", "key_type_name", "parse_key_type", "rsa_bits_of", "sign",
                               "sign_unchecked", "to_encrypted_pem"],
    "crypto/public_key.cpp": ["algorithm_name", "read_ecdsa_signature", "verify", "verify_ecdsa"],
    "crypto/revocation_list.cpp": ["find", "next_update_unix_s", "revocation_reason_from_text", "this_update_unix_s"],
    "delta/full.cpp": ["create_full"],
    "delta/header.cpp": ["read_header"],
    "delta/members.cpp": ["append_members", "append_rules", "memory_to_compress", "memory_to_expand"],
    "delta/vcdiff.cpp": ["create_vcdiff", "encode_part", "share_of"],
    "package/credentials.cpp": ["write_credentials"],
    "package/frame.cpp": ["FrameCompressor", "append_raw_block", "max_stored_bytes", "or_bad_alloc", "raw_blocks", "raw_frame",
                          "raw_frame_bytes", "skippable_header"],
    "package/index_line.cpp": ["ContentDigest", "write_content_line"],
    "package/manifest.cpp": ["check_agreement"],
    "package/package.cpp": ["name", "signatures", "statement", "statement_bytes", "verdict"],
    "package/package_file.cpp": ["authenticate", "claimed_signatures", "claimed_statement", "judge", "subject_of"],
    "package/signature_area.cpp": ["encode_signature_area", "put"],
    "package/statement.cpp": ["kind_name", "signed_message"],
    "policy/security_policy.cpp": ["change_security_policy", "find_folder", "load_security_policy", "read_text_of"],
    "state/operation.cpp": ["operation_name"],
}


def lines_of(segments):
    """The lines of a file that have code, and those of them that ran, as llvm-cov counts them.

    Segments are [line, column, count, has a count, begins a region, is a gap]; each goes on until the next. A line ran as
    often as the segment that it begins within, or as any region that begins on it.
    """
    code, ran = set(), set()
    around, rest = None, segments
    for line in range(segments[0][0], segments[-1][0] + 1):
        count = next((i for i, segment in enumerate(rest) if segment[0] != line), len(rest))
        own, rest = rest[:count], rest[count:]
        begun = [segment for segment in own if segment[3] and segment[4] and not segment[5]]
        skipped = own and own[0][4] and not own[0][3]
        if not skipped and (begun or (around and around[3])):
            code.add(line)
            if any(segment[2] > 0 for segment in begun) or (around and around[2] > 0):
                ran.add(line)
        around = own[-1] if own else around
    return code, ran


def lines_of_others(functions, source):
    """The lines of the functions of a file that OTHERS names; `functions` are clang's, with names as the linker has them."""
    path = TOP / "src" / source
    marks = [f"{len(name)}{name}" for name in OTHERS.get(source, [])]
    lines = set()
    for function in functions:
        if pathlib.Path(function["filenames"][0]).resolve() == path and any(mark in function["name"] for mark in marks):
            lines.update(range(function["regions"][0][0], function["regions"][0][2] + 1))
    return lines


def ranges(lines):
    """[3, 4, 5, 9] as "3-5 9"."""
    text = []
    for line in lines:
        if text and text[-1][1] == line - 1:
            text[-1][1] = line
        else:
            text.append([line, line])
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in text)


def replay(build, target, inputs):
    """What clang counted in one run over the inputs."""
    program = build / "fuzz" / f"fuzz-{target.replace('_', '-')}"
    raw, merged = build / "fuzz" / f"{target}.profraw", build / "fuzz" / f"{target}.profdata"
    subprocess.run([program, *inputs], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   env=os.environ | {"LLVM_PROFILE_FILE": str(raw)})
    subprocess.run(["llvm-profdata-14", "merge", "-sparse", raw, "-o", merged], check=True)
    result = subprocess.run(["llvm-cov-14", "export", program, f"-instr-profile={merged}"], check=True,
                            stdout=subprocess.PIPE, text=True)
    return json.loads(result.stdout)["data"][0]


def measure(build, target, inputs):
    """For each source of the target the lines of its parser, and those of them that ran."""
    data = replay(build, target, inputs)
    # The names are as the compiler was given them, relative to the build folder.
    files = {pathlib.Path(file["filename"]).resolve(): file for file in data["files"]}
    measured = {}
    for source in SOURCES[target]:
        if TOP / "src" / source not in files:
            sys.exit(f"'{target}' does not contain {source}")
        code, ran = lines_of(files[TOP / "src" / source]["segments"])
        others = lines_of_others(data["functions"], source)
        measured[source] = code - others, ran - others
    return measured


def reached(measured):
    return {(source, line) for source, (_, ran) in measured.items() for line in ran}


def keep(build, target, found):
    """Copies found inputs that reach further lines into the tree's corpus, the smallest first."""
    corpus = TOP / "fuzz" / "corpus" / target
    known = reached(measure(build, target, [corpus]))
    if reached(measure(build, target, [corpus, found])) <= known:
        return
    inputs = sorted(found.iterdir(), key=lambda path: (path.stat().st_size, path.name))
    with tempfile.TemporaryDirectory() as folder:
        part = pathlib.Path(folder)

        def search(some):  # halves of what brings nothing are not looked at again
            nonlocal known
            for path in some:
                shutil.copy(path, part / path.name)
            further = reached(measure(build, target, [part])) - known
            for path in some:
                (part / path.name).unlink()
            if further and len(some) == 1:
                shutil.copy(some[0], corpus / f"reach-{some[0].name[:12]}")
                known |= further
            elif further:
                search(some[:len(some) // 2])
                search(some[len(some) // 2:])

        search(inputs)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--found", type=pathlib.Path, metavar="BUILD",
                        help="also what runs in this build folder found worth keeping")
    parser.add_argument("--keep", action="store_true",
                        help="copy what was found and reaches further lines into the corpus of the tree")
    parser.add_argument("--missed", action="store_true", help="name the lines that are not reached")
    options = parser.parse_intermixed_args()
    chosen = options.targets or run_fuzz.targets()
    unknown = set(chosen) - set(SOURCES)
    if unknown:
        sys.exit(f"no target '{unknown.pop()}'; there are: {', '.join(sorted(SOURCES))}")
    print(f"{'target':<16} {'lines':>6} {'covered':>8} {'%':>6}", flush=True)
    low = 0
    for target in chosen:
        inputs = [TOP / "fuzz" / "corpus" / target]
        found = options.found / "fuzz-corpus" / target if options.found else None
        if found and found.is_dir():
            if options.keep:
                keep(options.build, target, found)
            else:
                inputs.append(found)
        measured = measure(options.build, target, inputs)
        lines = sum(len(code) for code, _ in measured.values())
        covered = len(reached(measured))
        low += 100 * covered < LEAST * lines
        print(f"{target:<16} {lines:>6} {covered:>8} {100 * covered / lines:>6.1f}", flush=True)
        for source, (code, ran) in measured.items():
            if options.missed and code - ran:
                print(f"    src/{source}: {ranges(sorted(code - ran))}", flush=True)
    print(f"{len(chosen) - low} passed, {low} below {LEAST} %", flush=True)
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
