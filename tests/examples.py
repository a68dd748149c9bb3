"""Rules run over examples: what they find, by cell and text, and what their fixes make of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notebooks import code, markdown, notebook, raw, stream

from jupyter_mlsecops.check import check
from jupyter_mlsecops.excerpts import Excerpts
from jupyter_mlsecops.findings import ClearOutput, ReplaceText
from jupyter_mlsecops.notebook.edits import RemoveOutput, Replace, apply
from jupyter_mlsecops.notebook.reader import read
from jupyter_mlsecops.redaction import Redactor
from jupyter_mlsecops.rule import Reads
from jupyter_mlsecops.rules import all_rules
from jupyter_mlsecops.settings import Settings
from jupyter_mlsecops.triage import triage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jupyter_mlsecops.findings import Finding
    from jupyter_mlsecops.notebook.model import Notebook, Place
    from jupyter_mlsecops.rule import Rule

_CELLS = {"python": code, "markdown": markdown, "raw": raw}


@dataclass(frozen=True, kw_only=True)
class Found:
    """One place of a finding."""

    rule: str
    cell: int | None
    part: str
    text: str
    level: str


def cells_of(fences: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Cells from (language, source); `output` is the printed output of the cell before it."""
    cells: list[dict[str, Any]] = []
    for language, source in fences:
        if language == "output":
            cells[-1]["outputs"].append(stream(source))
        else:
            cells.append(_CELLS[language](source))
    return cells


def findings(content: bytes, rule: Rule) -> tuple[Notebook, tuple[Finding, ...]]:
    """What one rule, run alone, finds after triage. A failing rule fails the test."""
    book = read(content)
    # A rule that looks at suppressions needs the others, for something to suppress.
    rules = list(all_rules().values()) if rule.reads is Reads.SUPPRESSION else [rule]
    checked = check(book, rules)
    assert not checked.problems
    excerpts = Excerpts(book, Redactor(()))
    decided = triage(book, checked.results, path="example.ipynb", settings=Settings(), excerpts=excerpts, rules=rules)
    return book, tuple(finding for finding in decided.findings if finding.rule == rule.id)


def places(content: bytes, rule: Rule) -> list[Found]:
    """Every place that a rule finds, related ones too."""
    book, found = findings(content, rule)
    excerpts = Excerpts(book, Redactor(()))

    def place(finding: Finding, at: Place) -> Found:
        return Found(
            rule=finding.rule, cell=at.cell, part=at.at.part, text=excerpts.value(at), level=finding.severity.word
        )

    return [place(one, at) for one in found for at in (one.place, *(other.place for other in one.related))]


def fixed(content: bytes, found: Sequence[Finding]) -> list[str]:
    """The sources of the cells after all edits of all fixes."""
    fixes = [fix for one in found for fix in (*one.fixes, *(f for other in one.related for f in other.fixes))]
    edits = dict.fromkeys(edit for fix in fixes for edit in fix.edits)
    document = json.loads(apply(content.decode(), [_file_edit(edit) for edit in edits]))
    return ["".join(cell["source"]) for cell in document["cells"]]


def _file_edit(edit: ReplaceText | ClearOutput) -> Replace | RemoveOutput:
    if isinstance(edit, ClearOutput):
        return RemoveOutput(cell=edit.cell, part=edit.part)
    return Replace(place=edit.place, text=edit.text)


def notebook_of(fences: Iterable[tuple[str, str]]) -> bytes:
    return notebook(*cells_of(fences))
