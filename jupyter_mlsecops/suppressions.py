"""What people wrote into a notebook to silence findings: our comments and cell tags, and those of other tools.

`# mlsecops: ignore` without a rule in brackets silences nothing: whoever ignores says what. A bare `# nosec` silences the
rules that look at what code does; secrets in any text are not bandit's to silence.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING

import re2

from jupyter_mlsecops.comments import code_comments, markdown_comments
from jupyter_mlsecops.findings import Reason
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.notebook.lines import LineIndex
from jupyter_mlsecops.notebook.model import SOURCE, WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jupyter_mlsecops.comments import Comment
    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.model import Cell, Notebook, Place
    from jupyter_mlsecops.rule import Rule

# No name that anybody can write.
EVERYTHING = ""
TAG = "mlsecops-ignore"

_CODE_CATEGORIES = frozenset({"deserialization", "downloads", "packages", "execution", "transport", "llm"})
# A word of each comment that silences anything: few notebooks hold one.
_WORDS = re2.compile(rb"mlsecops:|nosec|noqa|NOQA|nosem|list[ -]secret|list nextline|gitleaks:allow")
_OURS = re.compile(r"(?:#|<!--)\s*mlsecops:\s*(ignore-next|ignore)(?![\w-])\s*(?:\[([^\]\r\n]*)\])?")
_NOSEC = re.compile(r"#\s*nosec\b:?([^#]*)")
_NOSEC_ID = re.compile(r"\b(?:B\d{3}|[a-z]\w*)\b")
_NOQA = re.compile(r"#\s*noqa\s*:\s*([A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*)", re.IGNORECASE)
_NOSEMGREP = re.compile(r"(?:#|<!--)\s*nosem(?:grep)?\s*:\s*([\w.-]+(?:\s*,\s*[\w.-]+)*)")
_SECRET = re.compile(r"pragma: ?(?:allow|white)list[ -](nextline )?secret|gitleaks:allow")
_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """One wish to see no findings of some rules in one cell, or in a file without cells.

    `names` are ids and categories of rules, or EVERYTHING. `lines` are tried in turn: what a comment says holds for
    its own line, and where no finding stands there, for its statement. Without lines the whole cell is meant, outputs
    and all. `start` and `end` say where in the source it is written (0, 0: a cell tag).
    """

    cell: int | None
    names: tuple[str, ...]
    reason: Reason
    lines: tuple[range, ...] = ()
    start: int = 0
    end: int = 0
    ours: bool = True
    python_rules_only: bool = False

    def speaks_of(self, name: str, rule: Rule) -> bool:
        """Whether one of the names means a rule."""
        if self.python_rules_only and not _is_python_rule(rule):
            return False
        return name in (EVERYTHING, rule.id, rule.category)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """Names in one of our suppressions that silenced nothing.

    `place` is the comment or the tag; `removal` what to take away where nothing of it is of use, None for a tag.
    """

    suppression: Suppression
    names: tuple[str, ...]
    place: Place
    removal: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """For each claim, by its number, what silences it; and what silences nothing."""

    by_claim: dict[int, Suppression]
    unused: tuple[Unused, ...]


Claim = tuple["Rule", "Place"]


def silence(notebook: Notebook, claims: Sequence[Claim]) -> Silence:
    """Hold what rules claim against everything that the notebook asks not to see."""
    by_claim: dict[int, Suppression] = {}
    unused: list[Unused] = []
    by_cell: dict[int | None, list[int]] = defaultdict(list)
    for number, (_, place) in enumerate(claims):
        by_cell[place.cell].append(number)
    for cell, suppressions in read_suppressions(notebook):
        claimed = _CellClaims(cell=cell, claims=claims, numbers=by_cell[cell.index])
        for suppression in suppressions:
            idle = tuple(name for name in suppression.names if not claimed.silence(suppression, name, by_claim))
            if suppression.ours and (idle or not suppression.names):
                unused.append(_unused(cell, suppression, idle))
    return Silence(by_claim=by_claim, unused=tuple(unused))


def _unused(cell: Cell, suppression: Suppression, idle: tuple[str, ...]) -> Unused:
    if suppression.reason.kind == "cell-tag":
        tags = next((text for text in cell.texts if text.part == "/metadata/tags"), None)
        start = tags.text.find(suppression.reason.text) if tags else -1
        place = tags.place(start, start + len(suppression.reason.text)) if tags and start >= 0 else cell.place(0, 0)
        return Unused(suppression=suppression, names=idle, place=place)
    start, end = suppression.start, suppression.end
    place = cell.place(start, end)
    if len(idle) < len(suppression.names):
        return Unused(suppression=suppression, names=idle, place=place)
    code = cell.source[:start].rstrip(" \t")
    return Unused(suppression=suppression, names=idle, place=place, removal=cell.place(len(code), end))


@dataclass(kw_only=True)
class _CellClaims:
    """The claims about one cell, to be looked up by line."""

    cell: Cell
    claims: Sequence[Claim]
    numbers: Sequence[int]
    _seen: dict[tuple[str, bool, range], list[int]] = field(default_factory=dict)

    def silence(self, suppression: Suppression, name: str, by_claim: dict[int, Suppression]) -> bool:
        """Silence what a suppression speaks of; False where that is nothing."""
        if not suppression.lines:
            meant = self._by_name.get(name, [])
        else:
            meant = next(filter(None, (self._on_lines(suppression, name, lines) for lines in suppression.lines)), [])
        for number in meant:
            by_claim.setdefault(number, suppression)
        return bool(meant)

    def _on_lines(self, suppression: Suppression, name: str, lines: range) -> list[int]:
        # Remembered, for thousands of comments may stand in one statement of thousands of lines.
        key = (name, suppression.python_rules_only, lines)
        if key not in self._seen:
            found = {number for line in lines for number in self._lines.get(line, ())}
            self._seen[key] = sorted(n for n in found if suppression.speaks_of(name, self.claims[n][0]))
        return self._seen[key]

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        by_name: dict[str, list[int]] = defaultdict(list)
        for number in self.numbers:
            rule = self.claims[number][0]
            for name in (EVERYTHING, rule.id, rule.category):
                by_name[name].append(number)
        return by_name

    @cached_property
    def _lines(self) -> dict[int, list[int]]:
        by_line: dict[int, list[int]] = defaultdict(list)
        index = LineIndex(self.cell.source)
        for number in self.numbers:
            for line in _lines_of(self.claims[number][1], index):
                by_line[line].append(number)
        return by_line


def _lines_of(place: Place, index: LineIndex) -> range:
    """The lines of the source that a place touches; comments say nothing about outputs."""
    if place.at.part not in (SOURCE, WHOLE):
        return range(0)
    first = index.line_column(place.at.start)[0]
    last = index.line_column(max(place.at.start, place.at.end - 1))[0]
    return range(first, min(last, first + 1000) + 1)


# -- reading -----------------------------------------------------------------------------------------------------------


def read_suppressions(notebook: Notebook) -> Iterator[tuple[Cell, list[Suppression]]]:
    """The suppressions of each cell that has any."""
    codes: dict[int | None, list[Code]] | None = None
    for cell in notebook.cells:
        found = list(_from_tags(cell)) if cell.tags else []
        if cell.type != "raw" and cell.once(_holds_word):
            if cell.type == "code" and codes is None:
                codes = _codes_by_cell(notebook)
            comments = (
                markdown_comments(cell)
                if cell.type == "markdown"
                else code_comments(cell, (codes or {}).get(cell.index, ()))
            )
            found += [each for comment in comments for each in _from_comment(cell, comment)]
        if found:
            yield cell, found


def _holds_word(cell: Cell) -> bool:
    return _WORDS.search(cell.source.encode("utf-8", "surrogatepass")) is not None


def _codes_by_cell(notebook: Notebook) -> dict[int | None, list[Code]]:
    by_cell: dict[int | None, list[Code]] = defaultdict(list)
    for code in notebook.codes:
        by_cell[code.cell].append(code)
    return by_cell


def _from_tags(cell: Cell) -> Iterator[Suppression]:
    for tag in sorted(cell.tags):
        if tag == TAG or tag.startswith(f"{TAG}-"):
            name = EVERYTHING if tag == TAG else tag.removeprefix(f"{TAG}-") or tag
            yield Suppression(
                cell=cell.index, names=(name,), reason=Reason(kind="cell-tag", text=tag[:_LONGEST_REASON])
            )


def _from_comment(cell: Cell, comment: Comment) -> Iterator[Suppression]:
    for match in _OURS.finditer(comment.text):
        yield _made(cell, comment, _split(match[2] or ""), below=match[1] == "ignore-next")
    for names in _foreign_names(comment):
        yield _made(cell, comment, names, ours=False)
    for match in _SECRET.finditer(comment.text):
        yield _made(cell, comment, ("secrets",), ours=False, below=bool(match[1]))


def _made(cell: Cell, comment: Comment, names: Iterable[str], *, ours: bool = True, below: bool = False) -> Suppression:
    own = range(comment.line, comment.line + 1)
    text = comment.text if comment.dialect == "markdown" else comment.text.lstrip("#")
    return Suppression(
        cell=cell.index,
        names=tuple(dict.fromkeys(names)),
        reason=Reason(kind="comment", text=text.strip()[:_LONGEST_REASON]),
        lines=(comment.following,) if below else (own, comment.statement),
        start=comment.start,
        end=comment.end,
        ours=ours,
        python_rules_only=EVERYTHING in names,
    )


def _foreign_names(comment: Comment) -> Iterator[tuple[str, ...]]:
    """The rules that the ids of other tools stand for, one tuple for each of their comments."""
    if comment.dialect == "python" and (match := _NOSEC.search(comment.text)):
        ids = [each for each in _NOSEC_ID.findall(match[1]) if _is_bandit(each)]
        # bandit takes any other words behind `nosec` for a remark.
        yield _ours("bandit", ids) if ids else (EVERYTHING,)
    for match in _NOQA.finditer(comment.text):
        yield _ours("ruff", [each.upper() for each in re.split(r"[,\s]+", match[1])])
    for match in _NOSEMGREP.finditer(comment.text):
        yield _ours("semgrep", [each.rpartition(".")[2] for each in _split(match[1])])


def _split(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(",") if name.strip())


def _is_bandit(word: str) -> bool:
    return re.fullmatch(r"B\d{3}", word) is not None or word in table("foreign_ids")["bandit-names"]


def _ours(tool: str, ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for each in ids for name in _foreign_table(tool).get(each, ()))


@cache
def _foreign_table(tool: str) -> dict[str, list[str]]:
    """Rules of ours by the ids of a tool."""
    facts = table("foreign_ids")
    rules: dict[str, list[str]] = dict(facts.get(tool, {}))
    if tool == "bandit":
        rules |= {name: facts["bandit"][each] for name, each in facts["bandit-names"].items()}
    if tool == "ruff":
        rules |= {f"S{each[1:]}": ours for each, ours in facts["bandit"].items()}
    return rules


def _is_python_rule(rule: Rule) -> bool:
    """Whether a bare `# nosec` speaks of a rule: one that looks at what code does, or sees what bandit sees."""
    return rule.category in _CODE_CATEGORIES or any(rule.id in ours for ours in _foreign_table("bandit").values())
