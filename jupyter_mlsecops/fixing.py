"""Applies the fixes of findings to the text of a file, round by round, until nothing is left to mend."""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from difflib import unified_diff
from typing import TYPE_CHECKING, TypeAlias

from jupyter_mlsecops.findings import ClearOutput, ReplaceText, Report, Safety
from jupyter_mlsecops.lint import lint
from jupyter_mlsecops.notebook.edits import RemoveOutput, Replace
from jupyter_mlsecops.notebook.formats.text_edits import apply_to
from jupyter_mlsecops.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jupyter_mlsecops.findings import Edit, Finding, Fix
    from jupyter_mlsecops.settings import Settings

# Fixes that stand in each other's way wait for the next round; a round that changes nothing is the last.
MAX_ROUNDS = 20

_LINE = re.compile(r"[^\n]*\n|[^\n]+")

Region: TypeAlias = tuple[int | None, str, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """A file after its fixes: its content, how many findings were mended, and the report of what is left.

    `secrets` are those of the file before and after, for the redactor alone.
    """

    content: bytes
    count: int
    report: Report
    secrets: tuple[str, ...]


def fix(content: bytes, *, path: str, settings: Settings, unsafe: bool) -> Fixed:
    """Mend what the safe fixes mend, with `unsafe` also what may change what the code does.

    Every byte outside of the edits stays. A file whose text has no positions is left as it is.
    """
    report = lint(content, path=path, settings=settings)
    secrets = dict.fromkeys(report.secrets)
    count = 0
    for _ in range(MAX_ROUNDS):
        chosen = _choose(report.findings, unsafe=unsafe)
        notebook = report.notebook
        if not chosen or notebook is None or notebook.file_text is None:
            break
        edited = apply_to(notebook, [_spliced(edit) for fix in chosen for edit in fix.edits])
        changed = _encoded(edited, notebook.encoding, like=content)
        notebook.release()
        after = lint(changed, path=path, settings=settings)
        if changed == content or after.notebook is None or (is_valid(content) and not is_valid(changed)):
            break
        content, report, count = changed, after, count + len(chosen)
        secrets |= dict.fromkeys(report.secrets)
    return Fixed(content=content, count=count, report=report, secrets=tuple(secrets))


def is_valid(content: bytes) -> bool:
    """Whether content that is a notebook's JSON is one by the rules of its own format; true for any other file."""
    from nbformat.validator import isvalid

    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return True
    return not isinstance(document, dict) or "nbformat" not in document or bool(isvalid(document))  # type: ignore[no-untyped-call]


def redacted_diff(before: bytes, fixed: Fixed, *, path: str) -> str:
    """What the fixes change, as a unified diff without secrets; "" where they change nothing."""
    if fixed.content == before:
        return ""
    old, new = (_LINE.findall(content.decode("utf-8", "replace")) for content in (before, fixed.content))
    diff = "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for line in unified_diff(old, new, fromfile=path, tofile=path)
    )
    return Redactor(fixed.secrets)(diff)


def _choose(findings: Sequence[Finding], *, unsafe: bool) -> list[Fix]:
    """One fix for each place, as many as do not touch the same characters."""
    allowed = {Safety.SAFE, Safety.UNSAFE} if unsafe else {Safety.SAFE}
    taken: list[Region] = []
    chosen: list[Fix] = []
    for fixes in _offers(findings):
        fix = next((fix for fix in fixes if fix.edits and fix.safety in allowed), None)
        if fix is None:
            continue
        regions = [_region(edit) for edit in fix.edits]
        if not any(_meet(region, other) for region in regions for other in taken):
            taken.extend(regions)
            chosen.append(fix)
    return chosen


def _offers(findings: Sequence[Finding]) -> Iterator[tuple[Fix, ...]]:
    """The fixes of each place of each finding."""
    for finding in findings:
        yield finding.fixes
        for related in finding.related:
            yield related.fixes


def _region(edit: Edit) -> Region:
    match edit:
        case ReplaceText(place=place):
            return place.cell, place.at.part, place.at.start, place.at.end
        case ClearOutput(cell=cell, part=part):
            return cell, part, 0, -1


def _meet(one: Region, other: Region) -> bool:
    """Whether two edits touch; insertions at one place do, and so does anything in an output that is removed."""
    if one[0] != other[0]:
        return False
    if one[1] != other[1]:
        removed = one if one[3] < 0 else other if other[3] < 0 else None
        kept = other if removed is one else one
        return removed is not None and kept[1].startswith(removed[1] + "/")
    return one[3] < 0 or other[3] < 0 or (one[2] <= other[3] and other[2] <= one[3])


def _spliced(edit: Edit) -> Replace | RemoveOutput:
    match edit:
        case ReplaceText(place=place, text=text):
            return Replace(place=place, text=text)
        case ClearOutput(cell=cell, part=part):
            return RemoveOutput(cell=cell, part=part)


def _encoded(text: str, encoding: str, *, like: bytes) -> bytes:
    mark = codecs.BOM_UTF8 if like.startswith(codecs.BOM_UTF8) else b""
    return mark + text.encode(encoding, "surrogatepass" if encoding == "utf-8" else "strict")
