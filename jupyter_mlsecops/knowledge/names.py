"""Looks up qualified names in tables of facts, wildcards included."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Row = TypeVar("Row")
_MOST_KEPT = 1_000


class NameTable(Generic[Row]):
    """Rows by the qualified names of functions.

    In a pattern `*` stands for anything: `transformers.*.from_pretrained`. Its last component may not be a wildcard
    alone, so that a look-up stays one step in a dictionary. Exact names win over patterns, longer patterns over shorter.
    """

    def __init__(self, rows: Iterable[tuple[str, Row]]) -> None:
        self._exact: dict[str, Row] = {}
        self._fitting: dict[str, Row | None] = {}
        patterns: dict[str, list[tuple[str, Row]]] = defaultdict(list)
        for name, row in rows:
            if "*" in name:
                patterns[name.rpartition(".")[2]].append((name, row))
            else:
                self._exact[name] = row
        self._patterns = {
            last: [(tuple(name.split("*")), row) for name, row in sorted(found, key=lambda item: -len(item[0]))]
            for last, found in patterns.items()
        }

    def find(self, names: Iterable[str]) -> tuple[str, Row] | None:
        """The first of the names that the table knows, with its row."""
        for name in names:
            row = self._row(name)
            if row is not None:
                return name, row
        return None

    def _row(self, name: str) -> Row | None:
        if name in self._exact:
            return self._exact[name]
        patterns = self._patterns.get(name.rpartition(".")[2])
        if patterns is None:
            return None
        # The same few names are asked for again and again.
        if name not in self._fitting:
            if len(self._fitting) >= _MOST_KEPT:
                self._fitting.clear()
            self._fitting[name] = next((row for pieces, row in patterns if _fits(name, pieces)), None)
        return self._fitting[name]

    @cached_property
    def words(self) -> frozenset[str]:
        """The last components of all names; every name that the table knows ends in one of them."""
        return frozenset({name.rpartition(".")[2] for name in self._exact} | set(self._patterns))


def _fits(name: str, pieces: tuple[str, ...]) -> bool:
    """Whether the pieces between the wildcards of a pattern stand in a name, in this order, from its start to its end."""
    first, *inner, last = pieces
    at, end = len(first), len(name) - len(last)
    if not (name.startswith(first) and name.endswith(last)):
        return False
    for piece in inner:
        found = name.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return at <= end


def name_table(rows: Iterable[Mapping[str, object]], make: type[Row]) -> NameTable[Row]:
    """A table of the rows of a TOML array that have `names`; the other keys make the row."""
    pairs: list[tuple[str, Row]] = []
    for row in rows:
        facts = make(**{key.replace("-", "_"): value for key, value in row.items() if key != "names"})
        names = row["names"]
        pairs.extend((str(name), facts) for name in (names if isinstance(names, list) else []))
    return NameTable(pairs)
