"""Turns a report into its wire form: places looked up, every string redacted. Nothing leaves by another way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, assert_never

from jupyter_mlsecops import findings as core
from jupyter_mlsecops import wire
from jupyter_mlsecops.excerpts import Excerpts
from jupyter_mlsecops.notebook.model import Notebook
from jupyter_mlsecops.redaction import RedactorOf

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyter_mlsecops.excerpts import Position
    from jupyter_mlsecops.notebook.model import Place

SNIPPET_LENGTH = 200

_SURROGATE = re.compile("[\ud800-\udfff]")
# Words of the format itself: a secret that happens to be one of them must not break it.
_OUR_STEPS = re.compile(
    r"/source|/outputs/\d+(?:/(?:text|traceback|evalue|data|metadata)(?=/|$))?|/attachments|/metadata"
)


def file_result(report: core.Report, *, excerpts: bool = True) -> wire.FileResult:
    """A report with places looked up and every string redacted; `excerpts` are for reports to people."""
    export = _Export(report)
    return wire.FileResult(
        path=export.clean(report.path),
        findings=tuple(wire.Finding(**export.finding(each)) for each in report.findings),
        silenced=tuple(map(export.silenced, report.silenced)),
        problems=tuple(map(export.problem, report.problems)),
        excerpts=tuple(export.excerpt(each.place) for each in report.findings) if excerpts else (),
        cells=export.notebook.cell_count,
        unparsed_cells=report.unparsed_cells,
        read=report.notebook is not None,
    )


class _Export:
    """Turns the parts of one report into their wire form."""

    def __init__(self, report: core.Report) -> None:
        self.notebook = report.notebook or Notebook(cells=())
        self._path = report.path
        self._redact = self.notebook.once(RedactorOf(report.secrets))
        self._excerpts = Excerpts(self.notebook, self._redact)
        # Findings share most of their strings, and many share a cell. functools.cache would tie this into a circle.
        self._cleaned: dict[str, str] = {}
        self._cells: dict[int, wire.Cell] = {}

    def clean(self, text: str) -> str:
        """Redacted, and fit for JSON."""
        known = self._cleaned.get(text)
        if known is None:
            known = self._cleaned[text] = _without_surrogates(self._redact(text))
        return known

    def finding(self, finding: core.Finding) -> dict[str, Any]:
        return self._where(finding.place) | {
            "rule": finding.rule,
            "category": finding.category,
            "severity": finding.severity.word,
            "confidence": finding.confidence.word,
            "engine": finding.engine,
            "message": self.clean(finding.message),
            "path": self.clean(self._path),
            "snippet": _without_surrogates(self._excerpts.head(finding.place, SNIPPET_LENGTH)),
            "fingerprint": finding.fingerprint,
            "cwe": finding.cwe,
            "url": finding.url,
            "related": tuple(map(self._related, finding.related)),
            "fixes": self._fixes(finding.fixes),
        }

    def silenced(self, silenced: core.Silenced) -> wire.Silenced:
        reason = wire.Reason(kind=silenced.reason.kind, text=self.clean(silenced.reason.text))
        return wire.Silenced(**self.finding(silenced.finding), reason=reason)

    def problem(self, problem: core.Problem) -> wire.Problem:
        return wire.Problem(
            path=self.clean(problem.path),
            cell=self._cell(problem.cell),
            kind=problem.kind,
            message=self.clean(problem.message),
        )

    def excerpt(self, place: Place) -> wire.Excerpt:
        marked = self._excerpts.marked(place)
        return wire.Excerpt(
            text=_without_surrogates(marked.text),
            start=marked.start,
            end=marked.end,
            cut_before=marked.cut_before,
            cut_after=marked.cut_after,
        )

    def _related(self, related: core.Related) -> wire.Related:
        return wire.Related(
            **self._where(related.place), message=self.clean(related.message), fixes=self._fixes(related.fixes)
        )

    def _where(self, place: Place) -> dict[str, Any]:
        file_range = self._excerpts.file_range(place)
        return {
            "cell": self._cell(place.cell),
            "part": self._part(place.at.part),
            "range": _range(self._excerpts.range(place)),
            "file_range": None if file_range is None else _range(file_range),
        }

    def _cell(self, index: int | None) -> wire.Cell | None:
        return None if index is None else self._cell_at(index)

    def _cell_at(self, index: int) -> wire.Cell:
        known = self._cells.get(index)
        if known is None:
            cell = self.notebook.cells[index]
            own_id = None if cell.id is None else self.clean(cell.id)
            known = self._cells[index] = wire.Cell(index=index, number=index + 1, id=own_id, type=cell.type)
        return known

    def _part(self, part: str) -> str:
        """A pointer whose keys and MIME types are the file's own; only those can hold a secret."""
        ours = _OUR_STEPS.match(part)
        end = ours.end() if ours else 0
        return part[:end] + self.clean(part[end:])

    def _fixes(self, fixes: Iterable[core.Fix]) -> tuple[wire.Fix, ...]:
        return tuple(filter(None, map(self._fix, fixes)))

    def _fix(self, fix: core.Fix) -> wire.Fix | None:
        """None for a fix that would write a secret: redacted, it would do harm."""
        if any(isinstance(edit, core.ReplaceText) and self._redact(edit.text) != edit.text for edit in fix.edits):
            return None
        return wire.Fix(title=self.clean(fix.title), safety=fix.safety.value, edits=tuple(map(self._edit, fix.edits)))

    def _edit(self, edit: core.Edit) -> wire.Replace | wire.ClearOutput:
        match edit:
            case core.ReplaceText(place=place, text=text):
                where = _range(self._excerpts.range(place))
                return wire.Replace(
                    cell=self._cell(place.cell), part=self._part(place.at.part), range=where, text=self.clean(text)
                )
            case core.ClearOutput(cell=cell, part=part):
                return wire.ClearOutput(cell=self._cell_at(cell), part=self._part(part))
            case _:
                assert_never(edit)


def _without_surrogates(text: str) -> str:
    """The text without lone surrogates, which no JSON can carry; one character stands for one."""
    return text if text.isascii() else _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def _range(span: tuple[Position, Position]) -> wire.Range:
    (line, column), (end_line, end_column) = span
    return wire.Range(
        start=wire.Position(line=line, column=column), end=wire.Position(line=end_line, column=end_column)
    )
