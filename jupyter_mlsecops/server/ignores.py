"""How a finding can be silenced from the editor: comments and tags that the suppressions understand, proved one by one."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from jupyter_mlsecops.notebook.ipython import layout as ipython
from jupyter_mlsecops.notebook.lines import LineIndex
from jupyter_mlsecops.notebook.model import SOURCE, Cell, Location, Notebook, Place
from jupyter_mlsecops.rule import Reads
from jupyter_mlsecops.rules import all_rules
from jupyter_mlsecops.server.protocol import AddTag, Ignore
from jupyter_mlsecops.suppressions import TAG, silence
from jupyter_mlsecops.wire import Position, Range, Replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jupyter_mlsecops.findings import Finding
    from jupyter_mlsecops.notebook.ipython.layout import Layout
    from jupyter_mlsecops.notebook.model import CellType
    from jupyter_mlsecops.wire import Cell as WireCell

# Where to insert what: an offset, or a line and a column.
Insertion: TypeAlias = tuple[int, str]
Written: TypeAlias = tuple[int, int, str]

# Languages whose comments begin with a hash.
_HASH_LANGUAGES = frozenset(
    {"python", "python2", "python3", "ipython", "r", "ir", "julia", "bash", "sh", "ruby", "perl"}
)
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_HIGHEST_STATEMENT = 50
_MOST_PLACES = 50


def ignores(finding: Finding, notebook: Notebook, said: Mapping[int, WireCell], *, trusted: bool) -> tuple[Ignore, ...]:
    """The ways not to see a finding again, the narrowest first.

    Only those that work: what would silence nothing is not offered, such as anything written into a notebook that is
    not trusted. `said` are the cells as they may leave.
    """
    places = [finding.place, *(related.place for related in finding.related if not related.is_cause)]
    offered = [_everywhere(finding, "notebook", "in this notebook"), _everywhere(finding, "settings", "everywhere")]
    rule = all_rules().get(finding.rule)
    is_heard = trusted and (rule is None or rule.reads is not Reads.SUPPRESSION)
    cells = list(dict.fromkeys(place.cell for place in places))
    if not is_heard or None in cells or len(places) > _MOST_PLACES:
        return tuple(offered)
    edits = [_edit(notebook, place, finding.rule) for place in places] if rule else [None]
    tags = tuple(AddTag(cell=said[cell], tag=f"{TAG}-{finding.rule}") for cell in cells if cell is not None)
    offered.insert(
        0,
        Ignore(
            kind="cell", title=_counted("in this cell", "in these {} cells", len(cells)), edits=tags, rule=finding.rule
        ),
    )
    lines = dict.fromkeys(edit for edit in edits if edit is not None)
    if None not in edits:
        title = _counted("on this line", "on these {} lines", len(lines))
        written = tuple(_replace(said[cell], text) for cell, text in lines)
        offered.insert(0, Ignore(kind="line", title=title, edits=written, rule=finding.rule))
    return tuple(offered)


def _everywhere(finding: Finding, kind: str, where: str) -> Ignore:
    return Ignore(kind=kind, title=f"Ignore {finding.rule} {where}", edits=(), rule=finding.rule)  # type: ignore[arg-type]


def _counted(one: str, many: str, count: int) -> str:
    return f"Ignore {one if count == 1 else many.format(count)}"


def _replace(cell: WireCell, written: Written) -> Replace:
    line, column, text = written
    at = Position(line=line, column=column)
    return Replace(cell=cell, part=SOURCE, range=Range(start=at, end=at), text=text)


def _edit(notebook: Notebook, place: Place, rule: str) -> tuple[int, Written] | None:
    if place.cell is None or place.at.part != SOURCE:
        return None
    cell = notebook.cells[place.cell]
    written = _comment(cell.source, cell.type, notebook.language, rule, place.at.start, place.at.end)
    return None if written is None else (place.cell, written)


# Most cells are the same from one revision to the next.
@lru_cache(maxsize=4096)
def _comment(source: str, kind: CellType, language: str, rule: str, start: int, end: int) -> Written | None:  # noqa: PLR0913, PLR0917
    """The comment that silences a rule at a span of a cell's source; None where none would."""
    place = Place(cell=0, at=Location(part=SOURCE, start=start, end=end))
    if kind == "markdown":
        candidates = _in_markdown(source, rule, end)
    elif kind == "code" and language in _HASH_LANGUAGES:
        candidates = _in_code(source, ipython.split(source, language=language), rule, place)
    else:
        return None
    found = next((each for each in candidates if _works(source, kind, language, rule, place, each)), None)
    return None if found is None else (*LineIndex(source).line_column(found[0]), found[1])


def _in_markdown(source: str, rule: str, end: int) -> Iterator[Insertion]:
    """At the end of the line; within a fence a comment would be read as code."""
    line_end = _line_end(source, end)
    if len(_FENCE.findall(source[:line_end])) % 2 == 0:
        yield line_end, f" <!-- mlsecops: ignore[{rule}] -->"


def _in_code(source: str, layout: Layout, rule: str, place: Place) -> Iterator[Insertion]:
    """At the end of the line; where that is a magic, a string or continued, on a line above the statement."""
    if any(magic.is_cell for magic in layout.magics):
        return  # its body is a text of others
    start, end = place.at.start, place.at.end
    line_end = _line_end(source, end)
    line_start = _line_start(source, start)
    spans = [
        *((magic.start, magic.end) for magic in layout.magics),
        *((shell.start, shell.end) for shell in layout.shells),
    ]
    is_foreign = layout.body == "python" and any(first <= line_end and line_start <= last for first, last in spans)
    if not is_foreign and source[line_end - 1 : line_end] != "\\":
        yield line_end, f"  # mlsecops: ignore[{rule}]"
    for _ in range(_HIGHEST_STATEMENT):
        if source[:line_start].rstrip("\r\n")[-1:] != "\\":
            indent = re.match(r"[ \t]*", source[line_start:])
            newline = "\r\n" if "\r\n" in source else "\n"
            yield line_start, f"{indent[0] if indent else ''}# mlsecops: ignore-next[{rule}]{newline}"
        if line_start == 0:
            return
        line_start = _line_start(source, line_start - 1)


def _line_end(source: str, offset: int) -> int:
    match = re.compile(r"[\r\n]").search(
        source, max(0, offset - 1 if source[offset - 1 : offset] in ("\r", "\n") else offset)
    )
    return match.start() if match else len(source)


def _line_start(source: str, offset: int) -> int:
    return (
        max(
            source.rfind("\n", 0, offset),
            source.rfind("\r", 0, offset - 1 if source[offset - 1 : offset + 1] == "\r\n" else offset),
        )
        + 1
    )


def _works(source: str, kind: CellType, language: str, rule: str, place: Place, insertion: Insertion) -> bool:  # noqa: PLR0913, PLR0917
    """Whether the rule is silent with the comment in place, and the code still says the same."""
    offset, text = insertion
    edited = source[:offset] + text + source[offset:]
    moved = len(text) if offset <= place.at.start else 0
    at = Location(part=SOURCE, start=place.at.start + moved, end=place.at.end + moved)
    cell = Cell(index=0, type=kind, id=None, source=edited)
    notebook = Notebook(cells=(cell,), language=language)
    claims = [(all_rules()[rule], Place(cell=0, at=at))]
    if 0 not in silence(notebook, claims).by_claim:
        return False
    return kind != "code" or _says_the_same(source, edited, language)


def _says_the_same(before: str, after: str, language: str) -> bool:
    trees = [_tree(ipython.split(source, language=language).python) for source in (before, after)]
    return trees[0] is None or trees[0] == trees[1]


def _tree(python: str) -> str | None:
    """The program without its positions; None where it is incomplete, as it is while somebody types."""
    try:
        return ast.dump(ast.parse(python))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
