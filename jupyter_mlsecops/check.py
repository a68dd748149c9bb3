"""Runs rules over a notebook: no files, no settings, no printing."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from jupyter_mlsecops.findings import Problem
from jupyter_mlsecops.gate import gate
from jupyter_mlsecops.notebook.model import Text
from jupyter_mlsecops.rule import Reads

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jupyter_mlsecops.findings import Hit
    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.model import Cell, Notebook
    from jupyter_mlsecops.notebook.session import Session
    from jupyter_mlsecops.rule import Rule

MOST_HITS = 2_000  # of one rule in one notebook: nobody reads more, and each costs as much as many lines of code
Unit: TypeAlias = "Code | Text | Notebook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one rule says about one cell (None: the notebook as a whole)."""

    rule: Rule
    cell: int | None
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What all rules say. Problems carry no path: check knows no files.

    `unreported` is what rules about secrets say beyond what one notebook's report can hold: it must not be shown either.
    """

    results: tuple[Result, ...]
    unreported: tuple[Result, ...]
    problems: tuple[Problem, ...]
    unparsed_cells: int


def check(notebook: Notebook, rules: Iterable[Rule], *, gated: bool = True) -> Checked:
    """Run rules over a notebook. A rule that fails becomes a problem; what it and all others found is kept.

    `gated`: leave out the rules that have nothing to say; the results are the same.
    """
    rules = tuple(rules)
    checking = _Checking(notebook=notebook)
    known = gate(rules)
    found = known.open_for(notebook)
    for rule in rules:
        if not gated or known.can_speak(rule, found):
            checking.run(rule)
    unparsed = checking.unparsed_cells()
    return Checked(
        results=tuple(checking.results),
        unreported=tuple(checking.unreported),
        problems=tuple(checking.problems),
        unparsed_cells=unparsed,
    )


@dataclass(kw_only=True)
class _Checking:
    """One run over one notebook. What cannot be read is left out, and said so once."""

    notebook: Notebook
    results: list[Result] = field(default_factory=list)
    unreported: list[Result] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def run(self, rule: Rule) -> None:
        hits: dict[int | None, list[Hit]] = {}
        for cell, said in self._asked(rule):
            for each in said:
                if isinstance(each, Problem):
                    self._problem(each)
                else:
                    hits.setdefault(cell, []).append(each)
        room = MOST_HITS
        for cell, found in hits.items():
            if found[:room]:
                self.results.append(Result(rule=rule, cell=cell, hits=tuple(found[:room])))
            if found[room:]:
                self.unreported.append(Result(rule=rule, cell=cell, hits=tuple(found[room:])))
            room = max(room - len(found), 0)
        if self.unreported and self.unreported[-1].rule is rule:
            self._problem(too_many_hits(rule))

    def unparsed_cells(self) -> int:
        """How many code cells are not wholly Python, incomplete ones among them."""
        return len({code.cell for code in self._codes if _is_unparsed(code)})

    def _asked(self, rule: Rule) -> Iterable[tuple[int | None, Sequence[Hit | Problem]]]:
        match rule.reads:
            case Reads.NOTEBOOK:
                return [(None, _said(rule, None, self.notebook))]
            case Reads.TEXT:
                return [(text.cell, _said(rule, text.cell, text)) for text in self._texts()]
            case Reads.CODE:
                return sorted(self._asked_codes(rule), key=lambda answer: answer[0] or 0)
            case Reads.SUPPRESSION:
                return []  # what is unused is known when everything is decided: triage asks these rules

    def _asked_codes(self, rule: Rule) -> Iterator[tuple[int | None, Sequence[Hit | Problem]]]:
        for session in self._sessions:
            said = session.ask(rule.id, partial(_said_of, rule))
            yield from ((session.cell_of(number), said[number]) for number in sorted(said))

    def _problem(self, problem: Problem) -> None:
        if problem not in self.problems[-10:]:
            self.problems.append(problem)

    @cached_property
    def _sessions(self) -> Iterable[Session]:
        return dict.fromkeys(code.session for code in self._codes)

    @cached_property
    def _codes(self) -> tuple[Code, ...]:
        try:
            return self.notebook.codes
        except Exception as error:  # noqa: BLE001  # a failed check is never a clean check
            self._problem(_failed(f"the code of the notebook could not be read: {type(error).__name__}"))
            return ()

    def _texts(self) -> Iterator[Text]:
        for cell in self.notebook.cells:
            yield from self._cell_texts(cell)
        try:
            yield from self.notebook.metadata_texts
        except Exception as error:  # noqa: BLE001  # a failed check is never a clean check
            message = f"the notebook's metadata could not be read: {type(error).__name__}"
            self._problem(Problem(path="", kind="unreadable", message=message))

    def _cell_texts(self, cell: Cell) -> tuple[Text, ...]:
        try:
            return cell.texts
        except Exception as error:  # noqa: BLE001  # a failed check is never a clean check
            message = f"the outputs could not be read: {type(error).__name__}"
            self._problem(Problem(path="", kind="unreadable", message=message, cell=cell.index))
            return (Text(cell=cell.index, part=cell.part, text=cell.source),)


def _said_of(rule: Rule, code: Code) -> Sequence[Hit | Problem]:
    return _said(rule, code.cell, code)


def _said(rule: Rule, cell: int | None, unit: Unit) -> Sequence[Hit | Problem]:
    """What a rule says of a unit; a failure stands behind what was said before it."""
    # Every secret must be known, so that none is shown.
    most = None if rule.category == "secrets" else MOST_HITS + 1
    said: list[Hit | Problem] = []
    try:
        said.extend(islice(rule.check(unit), most))  # what comes before a failure is kept
    except Exception as error:  # noqa: BLE001  # one broken rule must not silence the others
        # The exception's own text may quote a secret.
        said.append(_failed(f"the rule {rule.id} failed with {type(error).__name__}", cell))
    return said


def too_many_hits(rule: Rule) -> Problem:
    """What is said where a rule finds more than is reported."""
    message = f"{rule.id} finds more than {MOST_HITS:,} places; only the first are reported"
    return Problem(path="", kind="too-large", message=message)


def _failed(message: str, cell: int | None = None) -> Problem:
    return Problem(path="", kind="rule-failed", message=message, cell=cell)


def _is_unparsed(code: Code) -> bool:
    try:
        return code.kind == "python" and not code.python.complete
    except Exception:  # noqa: BLE001  # what cannot be parsed is counted, and hides nothing
        return True
