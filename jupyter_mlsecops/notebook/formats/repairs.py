"""Notes of what had to be mended to read a notebook; they never quote it."""

from __future__ import annotations


class Repairs:
    """Collects notes; one sentence a kind, however many cells it befell."""

    def __init__(self) -> None:
        self._cells: dict[str, list[int]] = {}

    def note(self, sentence: str) -> None:
        """Something about the whole file."""
        self._cells.setdefault(sentence, [])

    def cell(self, what: str, index: int) -> None:
        """Something about one cell: what is said follows "Cell 3"."""
        self._cells.setdefault(what, []).append(index)

    def sentences(self) -> tuple[str, ...]:
        """All notes, in the order in which they first came up."""
        return tuple(_sentence(what, cells) for what, cells in self._cells.items())


def _sentence(what: str, cells: list[int]) -> str:
    if not cells:
        return what
    others = "" if len(cells) == 1 else f" (and {len(cells) - 1} more)"
    return f"Cell {cells[0] + 1}{others} {what}."
