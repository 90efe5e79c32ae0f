"""libmultiosupdate from Python: every change is a plan, every plan runs as a job, every job ends in one outcome.

    import multiosupdate as mos

    with mos.Engine(root="/mnt/target") as engine:
        plan = engine.plan()
        plan.install("webserver-2.1.0.mos")
        print(plan)                      # what, why, and the way back
        outcome = plan.run()
        engine.rollback(outcome.recovery_point).run()

Objects are context managers; one that is not closed is freed with its last reference. An Engine and a Context may be
shared between threads, a Job may be watched and cancelled from any; everything else is used by one thread at a time.
"""

from .context import Context, LogLevel
from .delta import (DeltaCodec, DeltaInformation, apply_delta, apply_delta_job, create_delta, create_delta_job,
                    delta_information)
from .digest import Digest, DigestAlgorithm
from .duplicates import Duplicate, Duplicates, DuplicateTotals
from .engine import Engine, Finding, HistoryRecord, ServiceAction, Severity, TransactionState, WentBack
from .event import Event, EventCursor, EventLevel
from .errors import (CancelledError, ConflictError, Error, FormatError, LockedError, NotFoundError, PlanChangedError,
                     SignatureError)
from .job import Job, JobState, Outcome, Phase, Progress, Question
from .key import Certificate, Key, KeyType
from .package import (Entry, EntryOrigin, EntryType, Package, PackageInformation, SignatureClaim, build_package,
                      create_package_delta, package_build_job, package_delta_job, sign_package)
from .plan import ConfigRule, ConflictRule, MergeRule, Plan, RollbackScope, Step, StepAction, Totals
from .protection import Backup, BackupStanding, Compression, NewerRule
from .recovery import RecoveryPoint, RecoveryScope
from .report import ReportRow
from .schedule import (Notice, NoticeKind, NoticeLevel, Priority, QueueAction, QueueEntry, QueueNote, SystemdUnit, Usage,
                       UsageKind)
from .settings import Layer, Problem, Setting, Settings, SettingsOf, declared_settings
from .trust import RevocationList, TrustEntry, TrustLevel
from .ways import Way, WayKind, Ways
from ._library import version

__all__ = [
    "Backup", "BackupStanding", "CancelledError", "Certificate", "Compression", "ConfigRule", "ConflictError", "ConflictRule", "Context", "DeltaCodec",
    "DeltaInformation", "Digest",
    "DigestAlgorithm", "Duplicate", "DuplicateTotals", "Duplicates", "Engine", "Entry", "EntryOrigin",
    "EntryType", "Error", "Event", "EventCursor", "EventLevel", "Finding", "FormatError", "HistoryRecord", "Job", "JobState", "Key",
    "KeyType", "Layer",
    "LockedError", "LogLevel", "MergeRule", "NewerRule", "NotFoundError", "Notice", "NoticeKind", "NoticeLevel", "Outcome", "Package", "PackageInformation", "Phase", "Plan",
    "PlanChangedError", "Priority", "Problem", "Progress", "QueueAction", "QueueEntry", "QueueNote", "Question",
    "RecoveryPoint", "RecoveryScope", "ReportRow", "ServiceAction", "Severity", "SignatureClaim",
    "RevocationList", "RollbackScope", "Setting", "Settings", "SettingsOf", "SignatureError", "Step", "StepAction", "SystemdUnit", "Totals", "TransactionState", "TrustEntry", "TrustLevel", "Usage",
    "UsageKind",
    "Way", "WayKind", "Ways", "WentBack",
    "apply_delta", "apply_delta_job", "build_package", "create_delta", "create_delta_job", "declared_settings",
    "create_package_delta", "delta_information", "package_build_job", "package_delta_job",
    "sign_package", "version",
]
