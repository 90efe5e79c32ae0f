#!/usr/bin/python3
"""Writes the tables in docs/configuration.md, and docs/settings.schema.json from src/config/include/mos/config/settings.def.

With --check nothing is written; exit status 1 tells that a file is not what the table says.
"""

import json
import re
import sys
import typing

from generated import TOP, rows, with_part, write_or_check

TABLE = TOP / "src/config/include/mos/config/settings.def"
PAGE = TOP / "docs/configuration.md"
WRITER = "tools/generate_settings.py"
ROW = re.compile(r'^MOS_SETTING\("([^"]*)", (\w+), "([^"]*)", "([^"]*)", (works|planned), "([^"]*)", "([^"]*)"\)$')

# What a value looks like, for an editor. A list may also be written as one text with commas.
NUMBER_WITH_UNIT = r"^[0-9]+(\.[0-9]{1,3})? ?%s$"
SIZE = "([bB]|[kKmMgGtT][iI]?[bB])?"
PATTERNS = {
    "fraction": r"^[0-9]*\.?[0-9]+$",
    "size": NUMBER_WITH_UNIT % SIZE,
    "rate": NUMBER_WITH_UNIT % (SIZE + "(/s)?"),
    "duration": NUMBER_WITH_UNIT % "(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)?",
    "percent": r"^([0-9]{1,2}|100)%?$",
    "time_of_day": r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$|^24:00$",
    "window": r"^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$",
    "schedule": r"^\S.*$",
    "url": r"^[a-z0-9+-]+://\S+$",
    "path": r"^/",
}
NAME = "^[A-Za-z0-9_-]{1,64}$"


class Setting(typing.NamedTuple):
    path: str
    kind: str
    default: str
    allowed: str
    standing: str
    since: str
    meaning: str

    @property
    def section(self):
        return re.split(r"[.\[]", self.path)[0]


def settings():
    return [Setting(*row) for row in rows(TABLE, "MOS_SETTING", ROW)]


# ---- the page ----


def file_of(section):
    """Where `config set` puts a section that stands nowhere yet."""
    folders = {"environments": "environments/NAME.yml", "user_preferences": "user-preferences.yml, users/NAME.yml",
               "policy_template": "policies/NAME.yml", "repository_access": "repo-access.yml"}
    return "etc/multios/" + folders.get(section, section.replace("_", "-") + ".yml")


def value_text(setting):
    if setting.kind in ("choice", "choices"):
        words = ", ".join(f"`{word}`" for word in setting.allowed.split(","))
        return words if setting.kind == "choice" else "list of " + words
    if setting.kind == "boolean" and setting.allowed:
        return f"`{setting.allowed}` alone"
    return setting.kind.replace("_", " ") + (f" {setting.allowed}" if setting.allowed else "")


def tables():
    out = []
    section = None
    for setting in settings():
        if setting.section != section:
            section = setting.section
            out += ["", f"### {section}", "", f"File: `{file_of(section)}`", "",
                    "| setting | value | default | what it steers |", "| --- | --- | --- | --- |"]
        name = setting.path[len(section):].lstrip(".")
        default = f"`{setting.default}`" if setting.default else ""
        mark = "" if setting.standing == "works" else " *"
        out.append(f"| `{name}`{mark} | {value_text(setting)} | {default} | {setting.meaning} |")
    return "\n".join(out + [""])


# ---- the schema (JSON Schema, draft 2020-12) ----


def value_schema(setting):
    words = [word for word in setting.allowed.split(",") if word]
    if setting.kind == "boolean":
        value = {"type": "boolean"} if not words else {"const": words[0] == "true"}
    elif setting.kind == "integer":
        least, most = setting.allowed.split("..") if setting.allowed else ("0", None)
        value = {"type": "integer", "minimum": int(least)}
        if most:
            value["maximum"] = int(most)
    elif setting.kind == "choice":
        value = {"enum": words}
    elif setting.kind == "choices":
        value = {"type": ["array", "string"], "items": {"enum": words}}
    elif setting.kind == "texts":
        value = {"type": ["array", "string"], "items": {"type": ["string", "number", "boolean"]}}
    elif setting.kind in PATTERNS:
        value = {"type": ["string", "number"], "pattern": PATTERNS[setting.kind]}
    else:
        value = {"type": ["string", "number", "boolean"]}
    value["description"] = setting.meaning + ("" if setting.standing == "works" else " (understood, not in effect yet)")
    if setting.default:
        value["default"] = setting.default
    # A key without a value is as good as none.
    return value if "enum" in value or "const" in value else {**value, **null_too(value)}


def null_too(value):
    kinds = value["type"] if isinstance(value["type"], list) else [value["type"]]
    return {"type": kinds + ["null"]}


def section_schema():
    return {"type": ["object", "null"], "properties": {}, "additionalProperties": False}


def enter(node, key):
    """The schema below `node` that `key` leads to; made where it is missing."""
    if key == "[]":
        if "items" not in node:
            node.clear()
            node.update({"type": ["array", "null"], "items": section_schema()})
        return node["items"]
    if key == "*":
        node.setdefault("patternProperties", {}).setdefault(NAME, section_schema())
        return node["patternProperties"][NAME]
    return node["properties"].setdefault(key, section_schema())


def schema():
    top = section_schema()
    for setting in settings():
        node = top
        for key in setting.path.replace("[]", ".[]").split("."):
            node = enter(node, key)
        node.clear()
        node.update(value_schema(setting))
    environments = top["properties"]["environments"]["patternProperties"]
    top["$defs"] = {"environment": environments[NAME]}
    environments[NAME] = {"$ref": "#/$defs/environment"}
    for name in ("development", "staging", "production"):  # as their own files begin
        top["properties"][name] = {"$ref": "#/$defs/environment"}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Settings of libmultiosupdate (etc/multios/*.yml)",
            "$comment": "Written by tools/generate_settings.py from src/config/include/mos/config/settings.def"}
    return json.dumps({**head, **top}, indent=1) + "\n"


def main():
    return write_or_check({PAGE: with_part(PAGE, WRITER, tables()), TOP / "docs/settings.schema.json": schema()},
                          "the table says", WRITER)


if __name__ == "__main__":
    sys.exit(main())
