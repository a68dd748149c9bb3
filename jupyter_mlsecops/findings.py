"""What is said about a notebook: hits of rules, findings after triage, problems, and the report that holds them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Literal

from jupyter_mlsecops.notebook.model import Location, Place

if TYPE_CHECKING:
    from jupyter_mlsecops.notebook.model import Notebook

__all__ = [
    "ClearOutput", "Confidence", "Edit", "Finding", "Fix", "Hit", "Location", "Place", "Problem", "ProblemKind",
    "Reason", "Related", "ReplaceText", "Report", "Safety", "Severity", "Silenced",
]  # fmt: skip


class Severity(IntEnum):
    """How bad it is if the finding is right; compares by badness."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """The lower-case word of the contract."""
        return self.name.lower()


class Confidence(IntEnum):
    """How sure the rule is: a fact, an inference, a guess."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2

    @property
    def word(self) -> str:
        """The lower-case word of the contract."""
        return self.name.lower()


class Safety(StrEnum):
    """What a fix may change: nothing the code does, something it does, or only a human can say."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceText:
    """Replace the text at a place."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearOutput:
    """Remove one output of a cell; `part` is `/outputs/N`."""

    cell: int
    part: str


Edit = ReplaceText | ClearOutput


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One way to mend a finding. All its edits are made, or none; a MANUAL fix may have none."""

    title: str
    safety: Safety
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """A further place that belongs to a finding. A cause says what led to it; there is nothing to silence there."""

    place: Place
    message: str
    fixes: tuple[Fix, ...] = ()
    is_cause: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """What a rule says about one place: no id, no file.

    `severity` and `confidence` are given where the facts of the case decide them; else the rule's own count.
    `related` are further places of the same fact, each of which may be silenced or mended; `causes` say what led to it
    (where a file was downloaded). `subject` names what the hit is about (a package, a hub id, a URL); rules that merge
    their hits group or list by it.
    A message never quotes a secret.
    """

    at: Place
    message: str
    severity: Severity | None = None
    confidence: Confidence | None = None
    fixes: tuple[Fix, ...] = ()
    related: tuple[Related, ...] = ()
    causes: tuple[Related, ...] = ()
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A hit with its rule, its level and its name over time (`fingerprint`)."""

    rule: str
    category: str
    place: Place
    message: str
    severity: Severity
    confidence: Confidence
    fixes: tuple[Fix, ...] = ()
    related: tuple[Related, ...] = ()
    fingerprint: str = ""
    engine: str = "native"
    cwe: tuple[int, ...] = ()
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a finding is not reported."""

    kind: Literal["comment", "baseline", "settings", "cell-tag"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Silenced:
    """A finding that somebody decided not to see."""

    finding: Finding
    reason: Reason


ProblemKind = Literal["unreadable", "too-large", "rule-failed", "engine", "service", "configuration"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that could not be checked; a first-class result, never a clean check."""

    path: str
    kind: ProblemKind
    message: str
    cell: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that is known about one file. `secrets` are the secret values of the file, for the redactor alone."""

    path: str
    notebook: Notebook | None = None
    findings: tuple[Finding, ...] = ()
    silenced: tuple[Silenced, ...] = ()
    problems: tuple[Problem, ...] = ()
    secrets: tuple[str, ...] = ()
    unparsed_cells: int = 0
