"""The engine: one root directory, what is installed there, and its history."""

import dataclasses
import enum
import os

from . import _callbacks, protection, recovery, schedule
from .context import pointer_of
from .event import EventCursor, EventLevel, event_of
from .job import Job
from .plan import Plan
from .protection import Compression, NewerRule
from .report import report
from .settings import Settings, SettingsOf, assignments
from .trust import TrustLevel, entries, revocation_lists
from .ways import Ways
from ._library import Handle, c_path, c_text, call, create, ffi, lib, new_struct, text

VERSION_BYTES = 256  # always suffices, says engine.h


class TransactionState(enum.IntEnum):
    COMMITTED = lib.MOS_TRANSACTION_COMMITTED
    REVERTING = lib.MOS_TRANSACTION_REVERTING
    DONE = lib.MOS_TRANSACTION_DONE
    REVERTED = lib.MOS_TRANSACTION_REVERTED
    PRUNED = lib.MOS_TRANSACTION_PRUNED


class WentBack(enum.IntEnum):
    """Why a change is not in effect any more, or a rollback did not come to its end."""

    NOT = lib.MOS_WENT_BACK_NOT
    BY_HAND = lib.MOS_WENT_BACK_BY_HAND
    FAILED_SCRIPT = lib.MOS_WENT_BACK_FAILED_SCRIPT
    FAILED_HEALTH_CHECK = lib.MOS_WENT_BACK_FAILED_HEALTH_CHECK
    TIME_OUT = lib.MOS_WENT_BACK_TIME_OUT
    CANCELLED = lib.MOS_WENT_BACK_CANCELLED
    ERROR = lib.MOS_WENT_BACK_ERROR
    RECOVERY = lib.MOS_WENT_BACK_RECOVERY


class ServiceAction(enum.IntEnum):
    STOP = lib.MOS_SERVICE_STOP
    START = lib.MOS_SERVICE_START
    RESTART = lib.MOS_SERVICE_RESTART
    RELOAD = lib.MOS_SERVICE_RELOAD
    RELOAD_MANAGER = lib.MOS_SERVICE_RELOAD_MANAGER
    QUERY = lib.MOS_SERVICE_QUERY


class Severity(enum.IntEnum):
    INFORMATION = lib.MOS_SEVERITY_INFORMATION
    WARNING = lib.MOS_SEVERITY_WARNING
    ERROR = lib.MOS_SEVERITY_ERROR


@dataclasses.dataclass(frozen=True)
class Finding:
    kind: str
    severity: Severity
    sentence: str
    object: str
    repair: str


@dataclasses.dataclass(frozen=True)
class HistoryRecord:
    state: TransactionState
    recovery_point: str
    summary: str
    reason: str
    time_unix_s: int
    changed_paths: int
    in_effect: bool
    can_roll_back: bool
    went_back: WentBack = WentBack.NOT
    cause: str = ""  # what failed, or the reason that was given when it was taken back
    takes_back: str = ""  # of a rollback: the recovery point of what it took back


class Engine(Handle):
    """Opens a root: a path, or the descriptor of a directory. Nothing is written and no lock is held between calls.

    services(unit, action) does a ServiceAction to a unit, on the thread of the job, and returns 0; for QUERY it returns
    whether the unit runs. It may not call back into the library. helper is the program that runs scripts of packages,
    script_timeout how many seconds one may take. on_event(event) gets each Event at once, on the thread that caused it;
    it may not call back into the library either. health(seconds_left) says whether the system is well after a change of
    packages; one that says no takes the change back. notify(notice) tells users a schedule.Notice of a scheduled update,
    on the thread of the job; one that raises fails no update. What another callback raises cancels the job, and is
    raised where that is waited for. actor is who asks, for the events.
    """

    def __init__(self, root="/", *, trust=None, required_signatures=0, recovery_points=0, services=None, helper=None,
                 script_timeout=0, on_event=None, actor=None, environment=None, health=None, notify=None,
                 context=None):
        options, kept = new_struct("mos_engine_options", required_signatures=required_signatures,
                                   recovery_points=recovery_points, script_timeout_s=script_timeout,
                                   trust_path=None if trust is None else c_path(trust),
                                   helper_path=None if helper is None else c_path(helper),
                                   actor=None if actor is None else c_text(actor),
                                   environment=None if environment is None else c_text(environment))
        self._failures = context._failures if context else []  # of its callbacks, for the jobs that run with them
        if on_event is not None:
            options.event = _callbacks.event
            options.event_user_data = _callbacks.keep(lambda event: on_event(event_of(event)), self._failures)
            options.event_destroy = _callbacks.release
        if health is not None:
            options.health = _callbacks.health
            options.health_user_data = _callbacks.keep(health, self._failures)
            options.health_destroy = _callbacks.release
        if notify is not None:
            options.notify = _callbacks.notify
            options.notify_user_data = _callbacks.keep(lambda notice: notify(schedule.notice_of(notice)), self._failures)
            options.notify_destroy = _callbacks.release
        if services is not None:
            options.service_action = _callbacks.service
            options.service_user_data = _callbacks.keep(lambda unit, action: services(unit, ServiceAction(action)), self._failures)
            options.service_destroy = _callbacks.release
        if isinstance(root, int):
            options.flags = lib.MOS_ENGINE_ROOT_DESCRIPTOR
            options.root_descriptor = root
        else:
            kept.append(ffi.new("char[]", c_path(root)))
            options.root_path = kept[-1]
        super().__init__(create(lib.mos_engine_open, pointer_of(context), options), lib.mos_engine_free)

    def plan(self):
        """An empty Plan for this root."""
        return Plan(self)

    def ways(self, folder, name, **options):
        """The Ways by which packages of a folder lead to a release of the package: its newest, or `version`.

        Further options: content_digest (of the one release that will do), from_version (where a chain begins), force_delta,
        and those of Plan.install().
        """
        return Ways(self, folder, name, **options)

    def rollback(self, recovery_point=None):
        """A Plan that takes back a transaction (None: the newest in effect)."""
        return Plan(self).rollback(recovery_point)

    def recover(self):
        """Completes or undoes what was left unfinished; returns how many transactions, 0 or 1."""
        count = ffi.new("uint32_t *")
        call(lib.mos_engine_recover, self._pointer, count)
        return count[0]

    def history(self):
        """Yields a HistoryRecord for each transaction, the newest first."""
        cursor = ffi.gc(create(lib.mos_history_open, self._pointer), lib.mos_history_free)
        record, _ = new_struct("mos_history_record")
        while call(lib.mos_history_next, cursor, record) == lib.MOS_OK:
            yield HistoryRecord(TransactionState(record.state), text(record.recovery_point), text(record.summary),
                                text(record.reason), record.time_unix_s, record.changed_paths, bool(record.in_effect),
                                bool(record.can_roll_back), WentBack(record.went_back), text(record.cause),
                                text(record.takes_back))

    def events(self, since=0, *, types=(), level=EventLevel.DEBUG, only_new=False):
        """An EventCursor over the journal from the sequence number `since` on (0: the oldest there is).

        only_new passes over what is there already; types and level choose, but for "events_lost", which is always told.
        """
        return EventCursor(self._pointer, since, types, level, only_new)

    def log_configured(self, path=None):
        """Writes events where a logging.yml says, (None) the root's own; False where the root has none."""
        return call(lib.mos_engine_log_configured, self._pointer,
                    ffi.NULL if path is None else c_path(path)) == lib.MOS_OK

    def log_file(self, path, *, format=None, level=EventLevel.DEBUG, max_bytes=0, max_files=0, compress=False):
        """Writes events into a file: format "json" for a line of JSON each, or columns ("timestamp,level,message")."""
        options, _ = new_struct("mos_log_file_options", path=c_path(path), level=level, max_bytes=max_bytes,
                                max_files=max_files, compress=compress,
                                format=None if format is None else c_text(format))
        call(lib.mos_engine_log_file, self._pointer, options)

    def examine(self):
        """What is wrong with the root: a list of Finding, empty for a healthy one. Changes nothing."""
        return _findings(create(lib.mos_doctor_examine, self._pointer))

    def repair(self, kind=None):
        """Mends what examine() finds, of one kind or (None) all of it; returns the Findings that were mended."""
        return _findings(create(lib.mos_doctor_repair, self._pointer, ffi.NULL if kind is None else c_text(kind)))

    def installed_version(self, name):
        """The version that is installed of the package `name`, or None."""
        buffer = ffi.new("char[]", VERSION_BYTES)
        status = call(lib.mos_engine_installed_version, self._pointer, c_text(name), buffer, VERSION_BYTES)
        return text(buffer) if status == lib.MOS_OK else None

    def installed_packages(self):
        """A ReportRow for each installed package: kind "asked" or "automatic", object its version."""
        return report(lib.mos_engine_installed_packages, self._pointer)

    def orphans(self):
        """A ReportRow of kind "orphan" for each package that came along with others and that nobody needs any more."""
        return report(lib.mos_engine_orphans, self._pointer)

    def pending_reboots(self):
        """A ReportRow of kind "reboot" for each change that is complete when the system has been started again."""
        return report(lib.mos_engine_pending_reboots, self._pointer)

    def check_dependencies(self, package):
        """What a Package needs and lacks here, kind "unmet", and what excludes it, "conflict"; empty when it fits."""
        return report(lib.mos_engine_check_dependencies, self._pointer, package._pointer)

    def trust(self, *, fingerprint, certificate=None, public_key=None, name=None, level=TrustLevel.HIGH, packages=(),
              types=(), not_before=0, not_after=0):
        """Trusts a CA certificate or a public key (paths of PEM files), once its fingerprint is the expected one.

        packages and types are what it may sign, names with '*' and '?'; empty: everything. Returns the TrustEntry.
        """
        options, _ = new_struct("mos_new_trust", level=level, fingerprint=c_text(fingerprint),
                                certificate_path=None if certificate is None else c_path(certificate),
                                public_key_path=None if public_key is None else c_path(public_key),
                                not_before_unix_s=not_before, not_after_unix_s=not_after,
                                name=None if name is None else c_text(name),
                                packages=c_text(" ".join(packages)) if packages else None,
                                types=c_text(" ".join(types)) if types else None)
        return entries(create(lib.mos_engine_trust_add, self._pointer, options))[0]

    def trusted(self):
        """A TrustEntry for each CA and each key that is trusted here."""
        return entries(create(lib.mos_engine_trust_list, self._pointer))

    def trust_no_more(self, id):
        call(lib.mos_engine_trust_remove, self._pointer, c_text(id))

    def add_revocation_list(self, path):
        """Stores a certificate revocation list in the place of its issuer's earlier one."""
        call(lib.mos_engine_trust_add_revocation_list, self._pointer, c_path(path))

    def revocation_lists(self):
        """A RevocationList for each that the trust folder has."""
        return revocation_lists(create(lib.mos_engine_trust_list, self._pointer))

    def remove_revocation_list(self, name, forget=False):
        """Removes one list, by its id, fingerprint or issuer; with `forget` also the newest one of its issuer."""
        call(lib.mos_engine_trust_remove_revocation_list, self._pointer, c_text(name),
             lib.MOS_TRUST_FORGET_REVOCATIONS if forget else 0)

    def policy(self):
        """The security policy as it holds now: {key: value as the file writes it}."""
        return {row.object: row.package for row in report(lib.mos_engine_policy_report, self._pointer)}

    def change_policy(self, changes):
        """Gives keys of the security policy new values, {key: YAML on one line}; all of them or none."""
        keys = [ffi.new("char[]", c_text(key)) for key in changes]
        values = [ffi.new("char[]", c_text(str(value))) for value in changes.values()]
        call(lib.mos_engine_policy_change, self._pointer, ffi.new("char *[]", keys), ffi.new("char *[]", values),
             len(keys))

    def settings(self, *, environment=None, user=None, command_line=None):
        """What the root's files say, layer over layer: Settings. command_line is {path: value} over all files."""
        paths, values, count, kept = assignments(command_line or {})
        options, more = new_struct("mos_settings_options", environment=None if environment is None else c_text(environment),
                                   user=None if user is None else c_text(user), paths=paths, values=values, count=count)
        settings = Settings(create(lib.mos_engine_settings_load, self._pointer, options))
        del kept, more
        return settings

    def settings_of(self, whose, name):
        """What the file of an environment, a user or a template says, and nothing else."""
        return Settings(create(lib.mos_engine_settings_of, self._pointer, whose, c_text(name)))

    def settings_names(self, whose):
        """The names of the environments, users or templates that have a file."""
        return [row.object for row in report(lib.mos_engine_settings_names, self._pointer, whose)]

    def change_settings(self, changes, *, whose=SettingsOf.SYSTEM, name=None):
        """Gives settings new values, {path: value}; the files that were written."""
        paths, values, count, kept = assignments(changes)
        change, more = new_struct("mos_settings_change", files=whose, name=None if name is None else c_text(name),
                                  paths=paths, values=values, count=count)
        rows = report(lib.mos_engine_settings_change, self._pointer, change)
        del kept, more
        return [row.object for row in rows]

    def remove_settings(self, whose, name):
        """Takes the file of an environment, a user or a template away."""
        call(lib.mos_engine_settings_remove, self._pointer, whose, c_text(name))

    def schedule(self, *packages, key=None, reason=None, conditions=None, start=None, deadline=None, timeout=None,
                 priority=0, notification=None, allow_downgrade=False, reinstall=False, cancel_on_timeout=False,
                 automatic=False, backup_required=False):
        """Puts an update of these package files into the queue, all one transaction; returns the entry's number.

        start and deadline are texts as "Sat 02:30" or "2026-01-15T02:30:00Z", timeout one as "24h"; conditions are
        those of docs/scheduling.md. A second call with the same key returns the first one's number while that waits.
        """
        flags = {lib.MOS_SCHEDULE_ALLOW_DOWNGRADE: allow_downgrade, lib.MOS_SCHEDULE_REINSTALL: reinstall,
                 lib.MOS_SCHEDULE_CANCEL_ON_TIMEOUT: cancel_on_timeout, lib.MOS_SCHEDULE_AUTOMATIC: automatic,
                 lib.MOS_SCHEDULE_BACKUP_REQUIRED: backup_required}
        texts = {name: None if value is None else c_text(value)
                 for name, value in {"key": key, "reason": reason, "conditions": conditions, "start": start,
                                     "deadline": deadline, "timeout": timeout, "notification": notification}.items()}
        paths = [ffi.new("char[]", c_path(os.path.abspath(package))) for package in packages]
        options, kept = new_struct("mos_schedule_options", flags=sum(flag for flag, given in flags.items() if given),
                                   priority=priority, package_count=len(paths), **texts)
        kept.append(ffi.new("char *[]", paths))
        options.packages = kept[-1]
        return schedule.submit(self._pointer, options)

    def scheduled(self, states=None):
        """Yields a QueueEntry for each update in the queue, the oldest first: (None) those that have not ended, "all",
        or those of some states ("pending,retrying")."""
        return schedule.entries(self._pointer, states)

    def explain(self, update):
        """The QueueEntry of a number or name, with its log: why not now, and when."""
        return schedule.explain(self._pointer, update)

    def act(self, update, action, reason=None):
        """Does a QueueAction to an update in the queue."""
        call(lib.mos_schedule_act, self._pointer, schedule.id_of(update), action,
             ffi.NULL if reason is None else c_text(reason))

    def set_priority(self, update, priority, reason=None):
        call(lib.mos_schedule_set_priority, self._pointer, schedule.id_of(update), priority,
             ffi.NULL if reason is None else c_text(reason))

    def retry(self, update, *, max_attempts=0, force_download=False, reason=None):
        """Lets an update that has failed be tried again as soon as it may run."""
        options, _ = new_struct("mos_schedule_retry_options", max_attempts=max_attempts,
                                force_download=force_download, reason=None if reason is None else c_text(reason))
        call(lib.mos_schedule_retry, self._pointer, schedule.id_of(update), options)

    def next_wakeup(self):
        """When run_due() is to be called, in seconds since 1970, at the latest; None where nothing waits for a time."""
        unix_s = ffi.new("int64_t *")
        return unix_s[0] if call(lib.mos_schedule_next_wakeup, self._pointer, unix_s) == lib.MOS_OK else None

    def usage(self):
        """When the device is used, as far as run_due() has learnt it: a schedule.Usage."""
        return schedule.usage(self._pointer)

    def systemd_unit(self, unit, program="/usr/bin/multios-update"):
        """The text of a unit that runs what is due, by the policy as it is now: `unit` is a schedule.SystemdUnit."""
        return schedule.systemd_unit(self._pointer, unit, program)

    def run_due_job(self):
        """A Job that runs what is due; its outcome has a ReportRow for each update, and one of kind "next"."""
        return Job(create(lib.mos_schedule_run_due, self._pointer), self)

    def run_due(self, progress=None):
        """Runs what is due; a ReportRow for each update that ran, whose kind is its state then."""
        with self.run_due_job() as job:
            return [row for row in job.run(progress).rows if row.kind != "next"]

    def validate(self, package, strict=False, progress=None):
        """The five steps of the guide: a ReportRow each, whose object is "passed", "failed" or "not reached".

        Of a Package, or of the file at a path, which may be none.
        """
        flags = lib.MOS_VALIDATE_STRICT if strict else 0
        if isinstance(package, (str, bytes, os.PathLike)):
            made = create(lib.mos_engine_validate_path_job, self._pointer, c_path(package), flags)
        else:
            made = create(lib.mos_engine_validate_job, self._pointer, package._pointer, flags)
        with Job(made, self) as job:
            return list(job.run(progress).rows)

    def recovery_points(self):
        """A RecoveryPoint for each that there is, the newest first."""
        return recovery.points(self._pointer)

    def capture(self, description="", *, scope=recovery.RecoveryScope.FULL_SYSTEM, names=None, tags=None, excluded=None,
                progress=None):
        """Captures a recovery point of the whole system or a part of it; the Outcome names it.

        names are packages or paths of the scopes that take some; excluded are trees that a whole system leaves out.
        The outcome's rows tell which files were open for writing.
        """
        with recovery.create_job(self, self._pointer, description, scope, names, tags, excluded) as job:
            return job.run(progress)

    def recovery_details(self, name, progress=None):
        """What going back to a recovery point would do now, as an Outcome with a ReportRow for each path."""
        with recovery.details_job(self, self._pointer, name) as job:
            return job.run(progress)

    def verify_recovery(self, name=None, progress=None):
        """A ReportRow for all that a recovery point, or (None) every one, has not as it was recorded."""
        with recovery.verify_job(self, self._pointer, name) as job:
            return list(job.run(progress).rows)

    def recovery_mode(self):
        """Empty while the root takes updates; in recovery mode a ReportRow of kind "recovery-mode", one of kind
        "reason", and one of kind "stopped" for each service that ending the mode starts again."""
        return report(lib.mos_engine_recovery_mode, self._pointer)

    def begin_recovery_mode(self, reason="", *, stop_services=False, validate_only=False, progress=None):
        """From now on the root takes nothing new, and what leads back goes on: a ReportRow for each service that was
        stopped or kept. With validate_only nothing is changed, and the rows tell what would be."""
        with recovery.mode_job(self, self._pointer, reason, lib.MOS_RECOVERY_MODE_BEGIN,
                               stop_services=stop_services, validate_only=validate_only) as job:
            return list(job.run(progress).rows)

    def end_recovery_mode(self, reason="", *, validate_only=False, progress=None):
        """The root takes updates again, and what was stopped is started: a ReportRow for each service."""
        with recovery.mode_job(self, self._pointer, reason, lib.MOS_RECOVERY_MODE_END,
                               validate_only=validate_only) as job:
            return list(job.run(progress).rows)

    def clean_up_recovery(self, name=None, *, older_than=0, keep=0, keep_minimum=0, simulate=False):
        """Gives up recovery points: one by name, or by age in seconds and number, or as the settings say; their names."""
        with recovery.cleanup_job(self, self._pointer, name, older_than, keep, keep_minimum, simulate) as job:
            return [row.object for row in job.run().rows]

    def backup(self, *paths, destination=None, compression=Compression.CONFIGURED, outside_root=False, verify=True,
               threads=0, leave_out=(), write=None, progress=None):
        """Writes a backup of these paths and returns its name, "backup-7".

        Into the folder `destination` (None: as configured), or to write(bytes). leave_out are classes of data.
        """
        made = protection.backup_job(self._pointer, paths, destination=destination, compression=compression,
                                     outside_root=outside_root, verify=verify, threads=threads, leave_out=leave_out,
                                     write=write, failures=self._failures)
        with Job(made, self) as job:
            return job.run(progress).rows[0].package

    def backups(self):
        """The catalogue: a list of Backup, oldest first."""
        return protection.backups(self._pointer)

    def verify_backup(self, backup, *, detailed=False, outside_root=False, progress=None):
        """Compares every byte of a backup with its digests: a ReportRow each of what was found sound."""
        chosen, kept = protection.choice(backup, outside_root)
        made = create(lib.mos_engine_backup_verify_job, self._pointer, chosen,
                      lib.MOS_BACKUP_DETAILED if detailed else 0)
        del kept
        with Job(made, self) as job:
            return list(job.run(progress).rows)

    def restore(self, backup, *, destination=None, on_newer=NewerRule.REFUSE, preserve_permissions=True,
                outside_root=False):
        """A Plan that puts files of a backup back; see Plan.restore."""
        return Plan(self).restore(backup, destination=destination, on_newer=on_newer,
                                  preserve_permissions=preserve_permissions, outside_root=outside_root)

    def clean_up_backups(self, *, keep_at_most=None, older_than=None, keep_minimum=1, simulate=False):
        """Deletes backups that are due (older_than in seconds); a ReportRow each, kind "removed" or "due"."""
        options, _ = protection.retention(keep_at_most, older_than, keep_minimum, simulate)
        return report(lib.mos_engine_backups_clean_up, self._pointer, options)

    def protected(self, *classes):
        """What there is of these classes of data (none: critical and important): a ReportRow each."""
        return report(lib.mos_engine_protected, self._pointer, c_text(",".join(classes)) if classes else ffi.NULL)

    def verify_job(self, name=None):
        """A Job that compares what is installed of a package, or (None) of all, with what was installed."""
        return Job(create(lib.mos_engine_verify_job, self._pointer, ffi.NULL if name is None else c_text(name)), self)

    def system_check_job(self, *, content=True, dependencies=False, signatures=False, health=False):
        """A Job whose outcome has a row for each thing of the system that is not as it should be."""
        options, _ = new_struct("mos_system_check_options", skip_content=not content, dependencies=dependencies,
                                signatures=signatures, health=health)
        return Job(create(lib.mos_engine_system_check_job, self._pointer, options), self)

    def verify(self, name=None, progress=None):
        """What differs from what was installed: a ReportRow each, whose kinds mos_engine_verify_job lists."""
        with self.verify_job(name) as job:
            return list(job.run(progress).rows)


def _findings(doctor):
    cursor = ffi.gc(doctor, lib.mos_doctor_free)
    finding, _ = new_struct("mos_finding")
    found = []
    while call(lib.mos_doctor_next, cursor, finding) == lib.MOS_OK:
        found.append(Finding(text(finding.kind), Severity(finding.severity), text(finding.sentence),
                             text(finding.object), text(finding.repair)))
    return found
