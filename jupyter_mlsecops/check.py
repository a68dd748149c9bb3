"""Runs rules over a notebook: no files, no settings, no printing."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from jupyter_mlsecops.findings import Problem
from jupyter_mlsecops.notebook.file_kinds import DEPENDENCY_KINDS
from jupyter_mlsecops.notebook.model import Text
from jupyter_mlsecops.rule import Reads

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jupyter_mlsecops.findings import Hit
    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.model import Cell, Notebook
    from jupyter_mlsecops.rule import Rule

_DECLARING = ("%%writefile", "%%file", "%%writetemplate", "# /// script")
_INSTALLING = "pip install conda uv requirement"

Unit: TypeAlias = "Code | Text | Notebook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one rule says about one cell (None: the notebook as a whole)."""

    rule: Rule
    cell: int | None
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What all rules say. Problems carry no path: check knows no files."""

    results: tuple[Result, ...]
    problems: tuple[Problem, ...]
    unparsed_cells: int


def check(notebook: Notebook, rules: Iterable[Rule]) -> Checked:
    """Run rules over a notebook. A rule that fails becomes a problem; what it and all others found is kept."""
    checking = _Checking(notebook=notebook)
    text = program_text(notebook)
    for rule in rules:
        if can_speak(rule, text):
            checking.run(rule)
    unparsed = checking.unparsed_cells()
    return Checked(results=tuple(checking.results), problems=tuple(checking.problems), unparsed_cells=unparsed)


def can_speak(rule: Rule, text: str) -> bool:
    """False where a rule has nothing to say about a notebook with this program text, for none of its triggers is there."""
    return rule.reads is Reads.TEXT or any(trigger in text for trigger in rule.triggers)


def program_text(notebook: Notebook) -> str:
    """All that triggers are sought in: as written, with continued lines joined, and as Python reads foreign letters.

    A file of dependencies installs packages without saying so.
    """
    text = "\n".join(cell.source for cell in notebook.cells if cell.type == "code")
    if notebook.kind in DEPENDENCY_KINDS or any(mark in text for mark in _DECLARING):
        text = f"{text}\n{_INSTALLING}"
    if "\\\n" in text:
        text = f"{text}\n{text.replace(chr(92) + chr(10), '')}"
    return text if text.isascii() else f"{text}\n{unicodedata.normalize('NFKC', text)}"


@dataclass(kw_only=True)
class _Checking:
    """One run over one notebook. What cannot be read is left out, and said so once."""

    notebook: Notebook
    results: list[Result] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    _units: dict[Reads, Sequence[tuple[int | None, Unit]]] = field(default_factory=dict)

    def run(self, rule: Rule) -> None:
        hits: dict[int | None, list[Hit]] = {}
        for cell, unit in self._units_for(rule.reads):
            if found := self._hits(rule, cell, unit):
                hits.setdefault(cell, []).extend(found)
        self.results += [Result(rule=rule, cell=cell, hits=tuple(found)) for cell, found in hits.items()]

    def unparsed_cells(self) -> int:
        """How many code cells are not wholly Python, incomplete ones among them."""
        return len({cell for cell, code in self._units_for(Reads.CODE) if _is_unparsed(code)})  # type: ignore[arg-type]

    def _hits(self, rule: Rule, cell: int | None, unit: Unit) -> list[Hit]:
        hits: list[Hit] = []
        try:
            # One by one, so that what stands before a failure is kept.
            for hit in rule.check(unit):
                hits.append(hit)  # noqa: PERF402
        except Exception as error:  # noqa: BLE001  # one broken rule must not silence the others
            # The exception's own text may quote a secret.
            self._problem("rule-failed", f"the rule {rule.id} failed with {type(error).__name__}", cell)
        return hits

    def _problem(self, kind: str, message: str, cell: int | None) -> None:
        problem = Problem(path="", kind=kind, message=message, cell=cell)  # type: ignore[arg-type]
        if problem not in self.problems[-10:]:
            self.problems.append(problem)

    def _units_for(self, reads: Reads) -> Sequence[tuple[int | None, Unit]]:
        if reads not in self._units:
            self._units[reads] = self._read_units(reads)
        return self._units[reads]

    def _read_units(self, reads: Reads) -> Sequence[tuple[int | None, Unit]]:
        match reads:
            case Reads.NOTEBOOK:
                return [(None, self.notebook)]
            case Reads.TEXT:
                return [(text.cell, text) for text in self._texts()]
            case Reads.CODE:
                return [(code.cell, code) for code in self._codes()]
            case Reads.SUPPRESSION:
                return []  # what is unused is known when everything is decided: triage asks these rules

    def _codes(self) -> tuple[Code, ...]:
        try:
            return self.notebook.codes
        except Exception as error:  # noqa: BLE001  # a failed check is never a clean check
            self._problem("rule-failed", f"the code of the notebook could not be read: {type(error).__name__}", None)
            return ()

    def _texts(self) -> Iterator[Text]:
        for cell in self.notebook.cells:
            yield from self._cell_texts(cell)
        try:
            yield from self.notebook.metadata_texts
        except Exception as error:  # noqa: BLE001  # a failed check is never a clean check
            self._problem("unreadable", f"the notebook's metadata could not be read: {type(error).__name__}", None)

    def _cell_texts(self, cell: Cell) -> tuple[Text, ...]:
        try:
            return cell.texts
        except Exception as error:  # noqa: BLE001  # a failed check is never a clean check
            self._problem("unreadable", f"the outputs could not be read: {type(error).__name__}", cell.index)
            return (Text(cell=cell.index, part=cell.part, text=cell.source),)


def _is_unparsed(code: Code) -> bool:
    try:
        return code.kind == "python" and not code.python.complete
    except Exception:  # noqa: BLE001  # what cannot be parsed is counted, and hides nothing
        return True
