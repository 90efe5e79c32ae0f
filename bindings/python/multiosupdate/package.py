"""Packages: build, sign, read and verify."""

import dataclasses
import enum
import json

from . import _callbacks
from .context import pointer_of
from .job import Job
from ._library import Handle, c_path, c_text, call, create, ffi, lib, new_struct, path_text, text


class EntryType(enum.IntEnum):
    FILE = lib.MOS_ENTRY_FILE
    DIRECTORY = lib.MOS_ENTRY_DIRECTORY
    SYMLINK = lib.MOS_ENTRY_SYMLINK
    HARD_LINK = lib.MOS_ENTRY_HARD_LINK


class EntryOrigin(enum.IntEnum):
    """Where the content of a file comes from. Only delta packages have more than the first."""

    STORED = lib.MOS_ORIGIN_STORED
    PATCHED = lib.MOS_ORIGIN_PATCHED
    UNCHANGED = lib.MOS_ORIGIN_UNCHANGED
    DERIVED = lib.MOS_ORIGIN_DERIVED


@dataclasses.dataclass(frozen=True)
class PackageInformation:
    format_version: int
    name: str
    version: str
    release: str
    architecture: str
    type: str
    kind: str
    content_digest: str
    created_unix_s: int
    package_bytes: int
    payload_bytes: int
    index_bytes: int
    entries: int
    base_content_digest: str  # of a delta: of the release that it is made from; else ""


@dataclasses.dataclass(frozen=True)
class SignatureClaim:
    algorithm: str
    subject: str
    fingerprint: str


@dataclasses.dataclass(frozen=True)
class Entry:
    type: EntryType
    path: str
    link_target: str
    size: int
    mode: int
    owner: int
    group: int
    modified_unix_s: int
    sha256: str  # 64 hexadecimal digits; "" for all but files
    origin: EntryOrigin = EntryOrigin.STORED


def _entry(struct):
    digest = bytes(ffi.buffer(struct.sha256, 32)).hex() if struct.sha256 else ""
    return Entry(EntryType(struct.type), path_text(struct.path), path_text(struct.link_target), struct.size, struct.mode,
                 struct.owner, struct.group, struct.modified_unix_s, digest, EntryOrigin(struct.origin))


def _open(context, source, name, failures):
    if isinstance(source, int):
        return create(lib.mos_package_open_descriptor, context, source, c_text(name or f"descriptor {source}"))
    if hasattr(source, "read_at"):
        return create(lib.mos_package_open_source, context, source.size, c_text(name or "source"), _callbacks.read_at,
                      _callbacks.keep(source.read_at, failures), _callbacks.release)
    return create(lib.mos_package_open_path, context, c_path(source))


class Package(Handle):
    """A package that is opened. `source` is a path, a descriptor, or an object with `size` and `read_at(offset, size)`.

    What it says of itself is a claim until authenticate() or verify() has returned.
    """

    def __init__(self, source, name=None, context=None):
        self._failures = []  # of its source, for the jobs that read it
        super().__init__(_open(pointer_of(context), source, name, self._failures), lib.mos_package_free)

    @property
    def information(self):
        struct, _ = new_struct("mos_package_information")
        call(lib.mos_package_information_get, self._pointer, struct)
        fields = dataclasses.fields(PackageInformation)
        return PackageInformation(*(text(getattr(struct, field.name)) if field.type is str
                                    else getattr(struct, field.name) for field in fields))

    @property
    def signatures(self):
        """The signatures that the file carries, unverified: a list of SignatureClaim."""
        claims = []
        for index in range(lib.mos_package_signature_count(self._pointer)):
            claim, _ = new_struct("mos_signature_claim")
            call(lib.mos_package_signature_at, self._pointer, index, claim)
            claims.append(SignatureClaim(text(claim.algorithm), text(claim.subject), text(claim.fingerprint)))
        return claims

    @property
    def manifest(self):
        output = ffi.new("const char **")
        call(lib.mos_package_manifest, self._pointer, output)
        return json.loads(ffi.string(output[0]).decode("utf-8"))

    def entries(self):
        """Yields each Entry, in byte order of the paths; nothing is held whole."""
        cursor = ffi.gc(create(lib.mos_package_entries, self._pointer), lib.mos_entry_cursor_free)
        struct, _ = new_struct("mos_entry")
        while call(lib.mos_entry_cursor_next, cursor, struct) == lib.MOS_OK:
            yield _entry(struct)

    def authenticate(self, trust=None, required_signatures=0):
        """Checks the signatures, reads no content; returns who signed, as the trust store names them, or raises."""
        options, kept = _trust(trust, required_signatures)
        call(lib.mos_package_authenticate, self._pointer, options)
        return self.signers

    @property
    def signers(self):
        """Who signed, after authenticate() or verify(); empty before."""
        count = lib.mos_package_signer_count(self._pointer)
        return [text(lib.mos_package_signer_at(self._pointer, index)) for index in range(count)]

    def verify_job(self, trust=None, required_signatures=0, base=None):
        """A Job that checks the signatures and then every byte. The package may not be used until it has ended.

        base is the Package that a delta package is made from: with it, what comes out of the base is checked too.
        """
        options, kept = _trust(trust, required_signatures)
        if base is None:
            return Job(create(lib.mos_package_verify_job, self._pointer, options), self)
        return Job(create(lib.mos_package_verify_delta_job, self._pointer, base._pointer, options), self, base)

    def verify(self, trust=None, required_signatures=0, progress=None, base=None):
        """Checks the signatures and then every byte; returns who signed, or raises."""
        self.authenticate(trust, required_signatures)  # names the signers, which the job does not
        with self.verify_job(trust, required_signatures, base) as job:
            job.run(progress)
        return self.signers


def _trust(path, required_signatures):
    return new_struct("mos_trust_options", trust_path=None if path is None else c_path(path),
                      required_signatures=required_signatures)


def package_build_job(name, version, input_path, output_path, *, release=None, architecture=None, type=None,
                      description=None, manifest=None, prefix=None, compression_level=0, source_date_epoch=0,
                      keep_owners=False, sign_key=None, certificate=None, scripts=None, templates=None, bundles=None,
                      context=None):
    """A Job that builds the package of a directory, the image of a root. See mos_build_options in docs/api.md.

    scripts, templates and bundles are directories: scripts of the package, templates of configuration files, and
    packages that are installed along with it.
    """
    optional = {"release": release, "architecture": architecture, "type": type, "description": description,
                "manifest_json": None if manifest is None else json.dumps(manifest)}
    paths = {"prefix": prefix, "scripts_path": scripts, "templates_path": templates, "bundles_path": bundles}
    options, kept = new_struct(
        "mos_build_options", name=c_text(name), version=c_text(version), input_path=c_path(input_path),
        output_path=c_path(output_path),
        flags=lib.MOS_BUILD_KEEP_OWNERS if keep_owners else 0, compression_level=compression_level,
        source_date_epoch_unix_s=source_date_epoch, sign_key=sign_key and sign_key._pointer,
        certificate=certificate and certificate._pointer,
        **{field: None if value is None else c_text(value) for field, value in optional.items()},
        **{field: None if value is None else c_path(value) for field, value in paths.items()})
    return Job(create(lib.mos_package_build_job, pointer_of(context), options), sign_key)


def build_package(name, version, input_path, output_path, *, progress=None, **options):
    """Builds a package and returns when it is there; the options are those of package_build_job."""
    with package_build_job(name, version, input_path, output_path, **options) as job:
        return job.run(progress)


def package_delta_job(base, target, output_path, *, compression_level=0, threshold=0, memory_limit=0, apply_memory=0,
                      sign_key=None, certificate=None):
    """A Job that makes the delta package from one Package to another of the same name; both are full ones.

    See mos_package_delta_options in docs/api.md. Neither package may be used until the job has ended.
    """
    options, kept = new_struct(
        "mos_package_delta_options", output_path=c_path(output_path), compression_level=compression_level,
        threshold=threshold, memory_limit=memory_limit, apply_memory=apply_memory,
        sign_key=sign_key and sign_key._pointer, certificate=certificate and certificate._pointer)
    return Job(create(lib.mos_package_delta_job, base._pointer, target._pointer, options), base, target, sign_key)


def create_package_delta(base, target, output_path, *, progress=None, **options):
    """Makes a delta package and returns when it is there; the options are those of package_delta_job."""
    with package_delta_job(base, target, output_path, **options) as job:
        return job.run(progress)


def sign_package(path, key, certificate=None, context=None):
    """Adds a signature by `key`, or renews the one it has; no signed byte changes."""
    call(lib.mos_package_sign, pointer_of(context), c_path(path), key._pointer,
         certificate._pointer if certificate else ffi.NULL)
