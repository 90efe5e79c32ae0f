"""What `metadata/manifest.json` may be: section 6 of docs/package-format.md, for second_reader.py."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

MANIFEST_DEPTH, MANIFEST_VALUES, TEXT_BYTES, LIST_ITEMS = 16, 50_000, 4096, 4096
VERSION = re.compile(r"([0-9]{1,9}:)?[A-Za-z0-9][A-Za-z0-9+\-._~]*")
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")  # all but the newline


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key comes twice")
    return members


def count(value: Any, depth: int = 1) -> int:
    """How many values it is. Refuses what is too deep, and halves of surrogate pairs."""
    if isinstance(value, str):
        value.encode()
    if not isinstance(value, (dict, list)):
        return 1
    if depth > MANIFEST_DEPTH:
        raise ValueError("it is too deep")
    if isinstance(value, dict):
        "".join(value).encode()
        value = value.values()
    return 1 + sum(count(child, depth + 1) for child in value)


def integer(text: str) -> int:
    value = int(text) if len(text) <= 20 else 2**64
    if not -(2**63) <= value < 2**64:
        raise ValueError("a number of more than 64 bits")
    return value


def no_number(text: str) -> None:
    raise ValueError(f"{text} is no integer")


def is_text(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    return len(value.encode()) <= TEXT_BYTES and not CONTROL.search(value)


def is_texts(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= LIST_ITEMS and all(map(is_text, value))


def is_time(value: Any) -> bool:
    if value == "":
        return True
    if not isinstance(value, str) or not TIME.fullmatch(value):
        return False
    return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").year >= 1970


def is_version(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 128 and (not value or bool(VERSION.fullmatch(value)))


def is_period(value: Any) -> bool:
    return isinstance(value, dict) and all(map(is_time, (value.get(k, "") for k in ("not_before", "not_after"))))


def is_priority(value: Any) -> bool:
    return type(value) is int and 0 <= value <= 1_000_000


def is_timeout(value: Any) -> bool:
    return type(value) is int and 0 <= value <= 3_600


def is_way(value: Any) -> bool:
    return value in ("restart", "reload", "stop", "nothing")


def is_path(text: str) -> bool:
    parts = text.removeprefix("/").split("/")
    return len(text.encode()) <= 4096 and all(part not in ("", ".", "..") and len(part.encode()) <= 255 for part in parts)


def is_paths(value: Any) -> bool:
    return is_texts(value) and all(map(is_path, value))


def is_flag(value: Any) -> bool:
    return isinstance(value, bool)


MANIFEST_KEYS: dict[str, dict[Callable[[Any], bool], str]] = {
    "package_info": {is_text: "name version release architecture type description", is_time: "created"},
    "update_info": {
        is_priority: "priority", is_flag: "reboot_required", is_text: "category", is_texts: "replaces conflicts provides"
    },
    "dependencies": {is_texts: "depends recommends suggests bundles"},
    "system_requirements": {
        is_version: "minimum_version maximum_version", is_texts: "required_features prohibited_features"
    },
    "installation": {
        is_text: "backup_strategy", is_version: "minimum_rollback_version",
        is_flag: "rollback_support atomic_install verification_required relocatable"
    },
    "security": {is_text: "signature_algorithm signer certificate_fingerprint", is_period: "validity_period"},
    "configuration": {is_paths: "files"},
    "data": {is_paths: "paths"},
    "scripts": {is_paths: "outputs", is_timeout: "timeout_s"},
    "service": {is_texts: "units", is_way: "on_update", is_flag: "start_on_install"},
}  # fmt: skip


def read(data: bytes) -> dict[str, Any]:
    """The manifest as a tree; ValueError or RecursionError when it breaks a rule."""
    no_numbers = {"parse_float": no_number, "parse_constant": no_number}
    tree = json.loads(data.decode(), object_pairs_hook=unique, parse_int=integer, **no_numbers)
    if count(tree) > MANIFEST_VALUES:
        raise ValueError("it has too many values")
    if not isinstance(tree, dict):
        raise ValueError("it is no object")
    for member, kinds in MANIFEST_KEYS.items():
        section = tree.get(member, {})
        if not isinstance(section, dict):
            raise ValueError(f"{member} is no object")
        for is_right, keys in kinds.items():
            for key in keys.split():
                if key in section and not is_right(section[key]):
                    raise ValueError(f"{member}.{key} is not what it must be")
    return tree
