"""What the browser and the server say to each other, version 1: the contract as types; TypeScript's are made of its schema.

All positions are as on the wire: from 1, columns in code points. Nothing in a reply has not passed the redactor.
"""

# msgspec reads the annotations when a message first comes.
# ruff: noqa: TC001

from __future__ import annotations

import inspect
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import msgspec

from jupyter_mlsecops.wire import Cell as WireCell
from jupyter_mlsecops.wire import (
    ClearOutput,
    Count,
    Finding,
    FromOne,
    Level,
    Problem,
    Range,
    Replace,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION: Literal[1] = 1
MAX_CELLS = 100_000

SessionId: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
ContentsPath: TypeAlias = Annotated[str, msgspec.Meta(max_length=4096)]
CellKey: TypeAlias = Annotated[str, msgspec.Meta(max_length=256)]
Name: TypeAlias = Annotated[str, msgspec.Meta(max_length=256)]
Json: TypeAlias = dict[str, msgspec.Raw]


class _Struct(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    pass


# -- lint --------------------------------------------------------------------------------------------------------------


class CellModel(msgspec.Struct, kw_only=True):
    """A cell as nbformat 4 writes it; what other extensions add to it is passed over. The key it is sent under is its id."""

    cell_type: Literal["code", "markdown", "raw"]
    source: str | list[str]
    metadata: Json = {}
    outputs: list[msgspec.Raw] | None = None
    attachments: Json | None = None
    execution_count: int | None = None


class LintOptions(_Struct):
    """What the user set in Lab; `ignore` names rules and categories. Without `outputs` only what people wrote is checked."""

    min_severity: Level = "info"
    ignore: Annotated[list[Name], msgspec.Meta(max_length=1000)] = []
    outputs: bool = True


class LintRequest(_Struct):
    """A notebook as it stands in the editor: the whole of it, or what has changed since the revision `base`.

    `session` names one notebook model of one browser. `order` are the keys of all cells; `cells` the new and changed
    ones, all where `base` is null. `metadata` is the notebook's own; null where it has not changed.
    A notebook that is not `trusted` silences nothing, and no configuration beside it is believed.
    """

    session: SessionId
    path: ContentsPath
    revision: Count
    base: Count | None
    order: Annotated[list[CellKey], msgspec.Meta(max_length=MAX_CELLS)]
    cells: dict[CellKey, CellModel]
    metadata: Json | None
    trusted: bool
    options: LintOptions


class AddTag(_Struct, tag_field="kind", tag="add-tag"):
    """Add a tag to a cell, if it does not have it."""

    cell: WireCell
    tag: str


class Ignore(_Struct):
    """A way not to see a finding again. Those of kind `notebook` and `settings` have no edits: Lab's settings keep them."""

    kind: Literal["line", "cell", "notebook", "settings"]
    title: str
    edits: tuple[Replace | ClearOutput | AddTag, ...]
    rule: str


class PinnedPackage(_Struct):
    """A package that is asked for without an exact version; `name` is normalised (PEP 503)."""

    name: str
    cell: WireCell
    part: str
    range: Range


class Pin(_Struct):
    """The packages whose installed versions the kernel is to be asked for."""

    packages: tuple[PinnedPackage, ...]


class EditorFinding(_Struct):
    """A finding, and what can be done about it beside its fixes.

    `key` stays the same from one revision to the next. `move_secret`: a fix takes the value from the environment,
    so the user is to be told to revoke it.
    """

    key: str
    title: str
    finding: Finding
    ignores: tuple[Ignore, ...]
    pin: Pin | None
    move_secret: bool


class LintReply(_Struct):
    """What is found in a revision. Where it is `too_large` nothing was checked; a problem says how large is too large."""

    revision: int
    findings: tuple[EditorFinding, ...]
    silenced: Count
    problems: tuple[Problem, ...]
    summary: dict[Level, Count]
    seconds: Annotated[float, msgspec.Meta(ge=0)]
    too_large: bool


# -- pin ---------------------------------------------------------------------------------------------------------------


class PinRequest(_Struct):
    """Which versions the notebook's kernel has; null where a package is not installed."""

    session: SessionId
    revision: Count
    key: Annotated[str, msgspec.Meta(max_length=100)]
    versions: dict[Name, Annotated[str, msgspec.Meta(max_length=256)] | None]


class PinReply(_Struct):
    """Edits of the cells of that revision, and what could not be pinned, in words."""

    edits: tuple[Replace, ...]
    message: str


# -- scans of folders --------------------------------------------------------------------------------------------------


class ScanRequest(_Struct):
    """Scan a folder below the contents root."""

    path: ContentsPath


class ScanCreated(_Struct):
    """The job's name."""

    id: str


class ScanState(_Struct):
    """How far a job is; `findings` are those from `since` on, `total` is 0 until the files are counted."""

    id: str
    path: str
    state: Literal["running", "done", "cancelled", "failed"]
    done: Count
    total: Count
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    summary: dict[Level, Count]
    message: str


# -- about the server --------------------------------------------------------------------------------------------------


class Health(_Struct):
    """Who answers, and its limits: bytes of a request, seconds of a check."""

    name: Literal["jupyter-mlsecops"]
    version: str
    protocol: Literal[1]
    rules: Count
    time_limit: float
    max_body: FromOne


class RulePage(_Struct):
    """What a rule says of itself, as `jupyter mlsecops rule ID --format json` does; `documentation` is Markdown."""

    id: str
    category: str
    severity: Level
    confidence: Literal["low", "medium", "high"]
    default: bool
    summary: str
    cwe: tuple[int, ...]
    owasp: tuple[str, ...]
    atlas: tuple[str, ...]
    url: str
    documentation: str


FailureReason: TypeAlias = Literal[
    "forbidden", "not-found", "too-large", "invalid", "unknown-revision", "superseded", "time-limit", "too-many", "failed"
]  # fmt: skip


class Failure(_Struct):
    """Why a request has no answer; `message` is for people and names the field where one is wrong."""

    message: str
    reason: FailureReason


MESSAGES = (
    LintRequest, LintReply, PinRequest, PinReply, ScanRequest, ScanCreated, ScanState, Health, RulePage, Failure,
)  # fmt: skip


def by_level(findings: Iterable[Finding]) -> dict[Level, int]:
    """How many findings there are of each level, the quietest first; levels without any are left out."""
    levels = Counter(finding.severity for finding in findings)
    words: tuple[Level, ...] = ("info", "low", "medium", "high", "critical")
    return {level: levels[level] for level in words if levels[level]}


def schema() -> dict[str, Any]:
    """The JSON schema of all messages; `server-protocol-v1.schema.json` in this package is a copy."""
    _, definitions = msgspec.json.schema_components(MESSAGES, ref_template="#/$defs/{name}")
    for definition in definitions.values():
        definition["description"] = inspect.cleandoc(definition["description"])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": definitions}
