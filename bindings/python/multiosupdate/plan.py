"""Plans: what would be changed, why, and the way back, before anything is."""

import dataclasses
import enum

from . import _callbacks, protection
from .job import Job
from .protection import NewerRule
from ._library import Handle, c_path, c_text, call, create, ffi, lib, new_struct, text


class ConflictRule(enum.IntEnum):
    REFUSE = lib.MOS_CONFLICT_REFUSE
    ASK = lib.MOS_CONFLICT_ASK
    KEEP = lib.MOS_CONFLICT_KEEP
    REPLACE = lib.MOS_CONFLICT_REPLACE


class ConfigRule(enum.IntEnum):
    KEEP = lib.MOS_CONFIG_KEEP
    ASK = lib.MOS_CONFIG_ASK
    REPLACE = lib.MOS_CONFIG_REPLACE
    PRESERVE = lib.MOS_CONFIG_PRESERVE


class MergeRule(enum.IntEnum):
    """What a rollback does with what somebody has changed since."""

    USUAL = lib.MOS_MERGE_USUAL  # KEEP; of a captured point PAST
    KEEP = lib.MOS_MERGE_KEEP
    REFUSE = lib.MOS_MERGE_REFUSE
    ASK = lib.MOS_MERGE_ASK
    PREFER_NEWER = lib.MOS_MERGE_PREFER_NEWER
    PREFER_OLDER = lib.MOS_MERGE_PREFER_OLDER
    KEEP_BOTH = lib.MOS_MERGE_KEEP_BOTH
    PAST = lib.MOS_MERGE_PAST


class RollbackScope(enum.IntEnum):
    EVERYTHING = lib.MOS_ROLLBACK_EVERYTHING
    PACKAGE = lib.MOS_ROLLBACK_PACKAGE
    CONFIGURATION = lib.MOS_ROLLBACK_CONFIGURATION


class StepAction(enum.IntEnum):
    INSTALL = lib.MOS_STEP_INSTALL
    UPDATE = lib.MOS_STEP_UPDATE
    DOWNGRADE = lib.MOS_STEP_DOWNGRADE
    REINSTALL = lib.MOS_STEP_REINSTALL
    REMOVE = lib.MOS_STEP_REMOVE
    ROLL_BACK = lib.MOS_STEP_ROLL_BACK
    RESTORE = lib.MOS_STEP_RESTORE


@dataclasses.dataclass(frozen=True)
class Step:
    action: StepAction
    name: str
    version: str  # "" for a removal
    old_version: str  # "" for a first installation
    signer: str

    def __str__(self):
        versions = " → ".join(version for version in (self.old_version, self.version) if version)
        return f"{self.action.name.lower().replace('_', ' '):<9} {self.name}  {versions}".rstrip()


@dataclasses.dataclass(frozen=True)
class Totals:
    added: int
    replaced: int
    removed: int
    attributes: int
    unchanged: int
    kept: int
    write_bytes: int
    read_bytes: int  # of the packages' files
    package_bytes: int  # of those files in all


def install_options(*, target_directory=None, config=None, full_package=None, **options):
    """A mos_install_options of what Plan.install takes, and what it keeps alive."""
    paths = {"target_directory": target_directory, "config_path": config, "full_package_path": full_package}
    return new_struct("mos_install_options", **options,
                      **{field: None if path is None else c_path(path) for field, path in paths.items()})


class Plan(Handle):
    """Steps that become one transaction. Made by Engine.plan() and Engine.rollback(); runs once."""

    def __init__(self, engine):
        self._failures = engine._failures
        super().__init__(create(lib.mos_plan_create, engine._pointer), lib.mos_plan_free)

    def install(self, source, *, name=None, on_conflict=ConflictRule.REFUSE, on_config=ConfigRule.KEEP,
                allow_downgrade=False, reinstall=False, target_directory=None, config=None, delta_memory=0,
                full_package=None, reuse_installed=False):
        """Adds the step "install this package", or update to it. `source` is as for Package. Returns the plan.

        on_config says what becomes of configuration files that were changed by hand; target_directory is the folder of
        the root below which the files are put, where the package allows it; config is the path of a file with values
        for the package's templates. Of a delta package: delta_memory is how many bytes making its files may take (0: 32
        MiB), and full_package the path of the full package from which files come whose base was altered.
        reuse_installed spares a source that is dear to read: content that is installed already comes from the root.
        """
        options, kept = install_options(on_conflict=on_conflict, on_config=on_config, allow_downgrade=allow_downgrade,
                                        reinstall=reinstall, target_directory=target_directory, config=config,
                                        delta_memory=delta_memory, full_package=full_package,
                                        reuse_installed=reuse_installed)
        if isinstance(source, int):
            call(lib.mos_plan_install_descriptor, self._pointer, source, c_text(name or f"descriptor {source}"), options)
        elif hasattr(source, "read_at"):
            call(lib.mos_plan_install_source, self._pointer, source.size, c_text(name or "source"), options,
                 _callbacks.read_at, _callbacks.keep(source.read_at, self._failures), _callbacks.release)
        else:
            call(lib.mos_plan_install_path, self._pointer, c_path(source), options)
        return self

    def install_way(self, ways):
        """Adds the first package of the way that was chosen (Engine.ways). Returns how many more come after it.

        Where that is not 0, find the ways anew when this plan has run, and go on.
        """
        further = ffi.new("size_t *")
        call(lib.mos_plan_install_way, self._pointer, ways._pointer, further)
        return further[0]

    def remove(self, name, *, remove_config=False, remove_data=False, backup_data=False):
        """Adds the step "remove the package called `name`". Returns the plan.

        Configuration files and what the manifest names as data stay, unless they are to go too; backup_data writes an
        archive of the data first.
        """
        options, _ = new_struct("mos_remove_options", remove_config=remove_config, remove_data=remove_data,
                                backup_data=backup_data)
        call(lib.mos_plan_remove, self._pointer, c_text(name), options)
        return self

    def rollback(self, recovery_point=None):
        """Makes the plan one that takes back a transaction (None: the newest in effect). Returns the plan."""
        call(lib.mos_plan_rollback, self._pointer, ffi.NULL if recovery_point is None else c_text(recovery_point))
        return self

    def rollback_to(self, recovery_point=None, *, target_version=None, scope=RollbackScope.EVERYTHING, name=None,
                    merge=MergeRule.USUAL, accept_risks=False, emergency=False, keep_way_forward=False):
        """Makes the plan one that goes back to how the root was before a change, over all changes since. Returns the plan.

        recovery_point is that of the change (None: the newest that fits the rest), target_version one that a package has
        then. scope limits it to the package, or to the component of configuration, called `name`. merge says what becomes
        of what was changed since; accept_risks, that what files can't tell is known and need not be asked about.
        keep_way_forward lets the newest change too go back by a change of its own, by which it can be brought again.
        """
        options, kept = new_struct("mos_rollback_options", scope=scope, merge=merge, accept_risks=accept_risks,
                                   emergency=emergency, keep_way_forward=keep_way_forward,
                                   name=None if name is None else c_text(name),
                                   recovery_point=None if recovery_point is None else c_text(recovery_point),
                                   target_version=None if target_version is None else c_text(target_version))
        call(lib.mos_plan_rollback_to, self._pointer, options)
        return self

    def restore(self, backup, *, destination=None, on_newer=NewerRule.REFUSE, preserve_permissions=True,
                outside_root=False):
        """Makes the plan one that puts files of a backup back: "backup-7", or the path of an archive or of a folder.

        on_newer is what becomes of files that are newer than the backup's. Returns the plan.
        """
        chosen, kept = protection.choice(backup, outside_root)
        options, more = protection.restore_options(destination, on_newer, preserve_permissions)
        call(lib.mos_plan_restore, self._pointer, chosen, options)
        del kept, more
        return self

    def resolve(self):
        """Works the plan out against the root as it is; writes nothing. Returns the plan."""
        call(lib.mos_plan_resolve, self._pointer)
        return self

    @property
    def digest(self):
        """64 hexadecimal digits over everything that the plan would do; "" before resolve()."""
        return text(lib.mos_plan_digest(self._pointer))

    @property
    def steps(self):
        steps = []
        for index in range(lib.mos_plan_step_count(self._pointer)):
            step, _ = new_struct("mos_step")
            call(lib.mos_plan_step_at, self._pointer, index, step)
            steps.append(Step(StepAction(step.action), text(step.name), text(step.version), text(step.old_version),
                              text(step.signer)))
        return steps

    @property
    def totals(self):
        struct, _ = new_struct("mos_plan_totals")
        call(lib.mos_plan_totals_get, self._pointer, struct)
        return Totals(*(getattr(struct, field.name) for field in dataclasses.fields(Totals)))

    @property
    def notices(self):
        """Sentences that a person should read before the plan runs."""
        count = lib.mos_plan_notice_count(self._pointer)
        return [text(lib.mos_plan_notice_at(self._pointer, index)) for index in range(count)]

    def job(self, *, expected_digest=None, reason=None):
        """The Job that carries the plan out."""
        options, kept = new_struct("mos_plan_job_options", reason=None if reason is None else c_text(reason),
                                   expected_digest=None if expected_digest is None else c_text(expected_digest))
        return Job(create(lib.mos_plan_job, self._pointer, options), self)

    def run(self, progress=None, ask=None, *, expected_digest=None, reason=None):
        """Carries the plan out and returns the Outcome; see Job.run."""
        with self.job(expected_digest=expected_digest, reason=reason) as job:
            return job.run(progress, ask)

    def __str__(self):
        """What the plan would do, resolved if it is not yet."""
        if not self.digest:
            self.resolve()
        totals = self.totals
        changed = totals.added + totals.replaced + totals.removed + totals.attributes
        lines = [f"Would change {changed:,} paths and write {totals.write_bytes:,} bytes."]
        lines += [f"  {step}" for step in self.steps]
        lines += [f"  {notice}" for notice in self.notices]
        return "\n".join([*lines, f"Way back: a recovery point.   plan {self.digest[:12]}"])
