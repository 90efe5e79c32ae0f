"""Settings: what a root's files say, layer over layer, and where each value comes from."""

import dataclasses
import enum

from .context import pointer_of
from ._library import Handle, c_path, c_text, call, create, ffi, lib, new_struct, path_text, text


class Layer(enum.IntEnum):
    BUILT_IN = lib.MOS_SETTINGS_BUILT_IN
    SYSTEM = lib.MOS_SETTINGS_SYSTEM
    ENVIRONMENT = lib.MOS_SETTINGS_ENVIRONMENT
    USER = lib.MOS_SETTINGS_USER
    COMMAND_LINE = lib.MOS_SETTINGS_COMMAND_LINE


class SettingsOf(enum.IntEnum):
    """Whose file is meant."""

    SYSTEM = lib.MOS_SETTINGS_OF_SYSTEM
    ENVIRONMENT = lib.MOS_SETTINGS_OF_ENVIRONMENT
    USER = lib.MOS_SETTINGS_OF_USER
    POLICY = lib.MOS_SETTINGS_OF_POLICY


@dataclasses.dataclass(frozen=True)
class Setting:
    path: str
    value: str  # as YAML writes it on one line; "" where nothing is set nor built in
    text: str  # the same without quotes; a list's words with commas between them
    number: int | None  # bytes, bytes a second, seconds, percent; 0 and 1 of a boolean
    layer: Layer
    file: str
    line: int
    column: int
    built_in: str
    kind: str
    allowed: str
    meaning: str
    since: str
    is_in_effect: bool


@dataclasses.dataclass(frozen=True)
class Problem:
    file: str
    line: int
    column: int
    path: str
    sentence: str


def _setting(struct):
    return Setting(text(struct.path), text(struct.value), text(struct.text),
                   struct.number if struct.has_number else None, Layer(struct.layer), path_text(struct.file),
                   struct.line, struct.column, text(struct.built_in), text(struct.kind), text(struct.allowed),
                   text(struct.meaning), text(struct.since), bool(struct.is_in_effect))


class Settings(Handle):
    """What holds: settings["network.retry_count"] is one Setting; iterating gives all that are set or built in."""

    def __init__(self, pointer):
        super().__init__(pointer, lib.mos_settings_free)

    @classmethod
    def read(cls, path, context=None):
        """What one file says (.yml, .yaml, .ini), and nothing else."""
        return cls(create(lib.mos_settings_read_path, pointer_of(context), c_path(path)))

    def __getitem__(self, path):
        struct, _ = new_struct("mos_setting")
        call(lib.mos_settings_find, self._pointer, c_text(path), struct)
        return _setting(struct)

    def __len__(self):
        return lib.mos_settings_count(self._pointer)

    def __iter__(self):
        struct, _ = new_struct("mos_setting")
        for index in range(len(self)):
            call(lib.mos_settings_at, self._pointer, index, struct)
            yield _setting(struct)

    @property
    def problems(self):
        """What is wrong in the files; what they say besides holds."""
        struct, _ = new_struct("mos_settings_problem")
        found = []
        for index in range(lib.mos_settings_problem_count(self._pointer)):
            call(lib.mos_settings_problem_at, self._pointer, index, struct)
            found.append(Problem(path_text(struct.file), struct.line, struct.column, text(struct.path),
                                 text(struct.sentence)))
        return found

    @property
    def files(self):
        return [path_text(lib.mos_settings_file_at(self._pointer, index))
                for index in range(lib.mos_settings_file_count(self._pointer))]

    @property
    def environment(self):
        return text(lib.mos_settings_environment(self._pointer))


def declared_settings():
    """Every setting that there is, whether or not it is set."""
    struct, _ = new_struct("mos_setting")
    found = []
    for index in range(lib.mos_settings_declared_count()):
        call(lib.mos_settings_declared_at, index, struct)
        found.append(_setting(struct))
    return found


def assignments(changes):
    """{path: value} as the arrays and the count that C takes; a list's words get commas between them."""
    def word(value):
        if isinstance(value, bool):
            return "true" if value else "false"
        return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)

    paths = [ffi.new("char[]", c_text(path)) for path in changes]
    values = [ffi.new("char[]", c_text(word(value))) for value in changes.values()]
    return ffi.new("char *[]", paths), ffi.new("char *[]", values), len(paths), (paths, values)
