"""What a notebook is: immutable data, decoded, with a place for every character."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.source_map import SourceMap

CellType = Literal["code", "markdown", "raw"]


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
    """One cell. `id` is the file's own or None; `source` is decoded and joined."""

    index: int
    type: CellType
    id: str | None
    source: str
    tags: frozenset[str] = frozenset()
    execution_count: int | None = None
    # Outputs are most of a file and few rules read them: decoded on first use.
    load_texts: Callable[[], tuple[Text, ...]] = field(default=no_texts, repr=False, compare=False)

    @cached_property
    def texts(self) -> tuple[Text, ...]:
        """Every part that holds text: the source first, then attachments, metadata and outputs."""
        mime = {"code": "text/x-code", "markdown": "text/markdown", "raw": "text/plain"}[self.type]
        return (Text(cell=self.index, part="/source", text=self.source, mime=mime), *self.load_texts())

    def place(self, start: int, end: int) -> Place:
        """The place of a span of the source, in code points."""
        return Place(cell=self.index, at=Location(part="/source", start=start, end=end))


@dataclass(frozen=True, kw_only=True)
class Notebook:
    """A notebook as read. `language` is the kernel's, lower case ("python" where none is named).

    `repairs` says what had to be mended to read it, one short sentence each.
    """

    cells: tuple[Cell, ...]
    language: str = "python"
    repairs: tuple[str, ...] = ()
    # The file's own text, without a byte-order mark; None where positions in it mean nothing (nbformat 1-3).
    file_text: str | None = field(default=None, repr=False, compare=False)
    load_texts: Callable[[], tuple[Text, ...]] = field(default=no_texts, repr=False, compare=False)

    @cached_property
    def metadata_texts(self) -> tuple[Text, ...]:
        """The text leaves of the notebook's own metadata."""
        return self.load_texts()

    def texts(self) -> Iterator[Text]:
        """Every part that holds text, in file order."""
        for cell in self.cells:
            yield from cell.texts
        yield from self.metadata_texts

    @cached_property
    def codes(self) -> tuple[Code, ...]:
        """The program texts of the notebook: each code cell, and each file that a cell writes."""
        from jupyter_mlsecops.notebook.code import read_codes

        return read_codes(self)

    @cached_property
    def source_map(self) -> SourceMap | None:
        """Positions in the file's text; None where the file has none to offer."""
        from jupyter_mlsecops.notebook.source_map import SourceMap

        return None if self.file_text is None else SourceMap(self.file_text)
