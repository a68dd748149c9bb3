"""What a notebook is: immutable data, decoded, with a place for every character."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.file_kinds import FileKind
    from jupyter_mlsecops.notebook.memo import Memo

CellType = Literal["code", "markdown", "raw"]
T = TypeVar("T")
SOURCE, WHOLE = "/source", ""
"""The parts that are sources: that of a cell, and a file without cells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A span of one part.

    `part` is a JSON Pointer below the cell, or below the notebook where there is no cell.
    `start` and `end` count code points in that part's decoded text, end excluded.
    """

    part: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands: the index of a cell (None: the notebook itself) and a location in it."""

    cell: int | None
    at: Location


class Positions(Protocol):
    """Finds places in the text of their file."""

    def span(self, place: Place) -> tuple[int, int] | None:
        """Where a span of decoded text stands in the file; None where the file has no such part."""

    def line_column(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of an offset in the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One decoded part: a source, a stream, one MIME type of an output, a metadata leaf."""

    cell: int | None
    part: str
    text: str
    mime: str = "text/plain"

    def place(self, start: int, end: int) -> Place:
        """The place of a span of this text, in code points."""
        return Place(cell=self.cell, at=Location(part=self.part, start=start, end=end))


def no_texts() -> tuple[Text, ...]:
    """Nothing beside the source."""
    return ()


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell. `id` is the file's own or None; `source` is decoded and joined.

    A file without cells is one cell whose index is None: its source is the whole of the file.
    """

    index: int | None
    type: CellType
    id: str | None
    source: str
    tags: frozenset[str] = frozenset()
    execution_count: int | None = None
    # Outputs are most of a file and few rules read them: decoded on first use.
    load_texts: Callable[[], tuple[Text, ...]] = field(default=no_texts, repr=False, compare=False)
    # The JSON that they are decoded from (msgspec.Raw); None where it is not at hand.
    undecoded: tuple[Any, ...] | None = field(default=None, repr=False, compare=False)

    def once(self, compute: Callable[[Cell], T]) -> T:
        """What a function makes of this cell; worked out when it is first asked for."""
        if compute not in self._done:
            self._done[compute] = compute(self)
        found: T = self._done[compute]
        return found

    @cached_property
    def _done(self) -> dict[Any, Any]:
        return {}

    @property
    def part(self) -> str:
        """The part that the source is."""
        return SOURCE if self.index is not None else WHOLE

    @property
    def text(self) -> Text:
        """The source."""
        mime = {"code": "text/x-code", "markdown": "text/markdown", "raw": "text/plain"}[self.type]
        return Text(cell=self.index, part=self.part, text=self.source, mime=mime)

    @cached_property
    def other_texts(self) -> tuple[Text, ...]:
        """Every other part that holds text: attachments, metadata and outputs."""
        return self.load_texts()

    @property
    def texts(self) -> tuple[Text, ...]:
        """Every part that holds text, the source first."""
        return (self.text, *self.other_texts)

    def place(self, start: int, end: int) -> Place:
        """The place of a span of the source, in code points."""
        return Place(cell=self.index, at=Location(part=self.part, start=start, end=end))


@dataclass(frozen=True, kw_only=True)
class Notebook:
    """A notebook as read, or a file without cells. `language` is the kernel's, lower case ("python" where none is named).

    `repairs` says what had to be mended to read it, one short sentence each.
    """

    cells: tuple[Cell, ...]
    kind: FileKind = "notebook"
    language: str = "python"
    repairs: tuple[str, ...] = ()
    # The file's own text, without a byte-order mark; None where positions in it mean nothing (nbformat 1-3).
    file_text: str | None = field(default=None, repr=False, compare=False)
    load_texts: Callable[[], tuple[Text, ...]] = field(default=no_texts, repr=False, compare=False)
    undecoded: tuple[Any, ...] | None = field(default=None, repr=False, compare=False)
    # The cells as they stand in the JSON, for telling which of them an edit has changed.
    json_cells: tuple[Any, ...] = field(default=(), repr=False, compare=False)
    # How `file_text` became bytes, and where the texts stand in it if it is no JSON.
    encoding: str = "utf-8"
    positions: Positions | None = field(default=None, repr=False, compare=False)
    # What texts were read as before, in this notebook or in others; and this notebook as it was before it was edited.
    memo: Memo | None = field(default=None, repr=False, compare=False)
    previous: Notebook | None = field(default=None, repr=False, compare=False)

    def cell(self, index: int | None) -> Cell | None:
        """The cell with an index; None is that of a file without cells."""
        if index is None:
            return next((cell for cell in self.cells[:1] if cell.index is None), None)
        return self.cells[index]

    @property
    def cell_count(self) -> int:
        """How many cells there are; none in a file without cells."""
        return sum(cell.index is not None for cell in self.cells)

    @cached_property
    def metadata_texts(self) -> tuple[Text, ...]:
        """The text leaves of the notebook's own metadata."""
        return self.load_texts()

    def texts(self) -> Iterator[Text]:
        """Every part that holds text, in file order."""
        for cell in self.cells:
            yield from cell.texts
        yield from self.metadata_texts

    def once(self, compute: Callable[[Notebook], T]) -> T:
        """What a function makes of this notebook; worked out when it is first asked for."""
        if compute not in self._done:
            self._done[compute] = compute(self)
        found: T = self._done[compute]
        return found

    @cached_property
    def _done(self) -> dict[Any, Any]:
        return {}

    @cached_property
    def codes(self) -> tuple[Code, ...]:
        """The program texts of the notebook: each code cell, and each file that a cell writes."""
        from jupyter_mlsecops.notebook.code import read_codes

        return read_codes(self)

    def release(self) -> None:
        """Let go of all that was worked out; what has been said of the notebook stays.

        Programs are full of circles, which would lie about until the garbage collector has looked through everything.
        """
        for code in self.__dict__.pop("codes", ()):
            code.release()
        for cell in self.cells:
            cell._done.clear()  # noqa: SLF001  # of a part of this
        self._done.clear()

    @cached_property
    def source_map(self) -> Positions | None:
        """Positions in the file's text; None where the file has none to offer."""
        if self.positions is not None:
            return self.positions
        from jupyter_mlsecops.notebook.source_map import SourceMap

        return None if self.file_text is None else SourceMap(self.file_text)
