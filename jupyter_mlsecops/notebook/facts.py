"""Facts about a program that are worked out once, and what each was made from: an edit forgets no more than it must."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

T = TypeVar("T")

EVERYTHING = "everything"
"""The origin of what was made from all texts, in a way that does not say which."""


class Answers:
    """What one function says of each text, by the text's number; nothing is kept of those of which it says nothing."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self.said: dict[int, Any] = {}
        self.origins: set[Hashable] = set()
        self.open = set(numbers)  # not asked yet

    def pop(self, number: int, _default: object = None) -> None:
        """Forget what was said of a text."""
        self.said.pop(number, None)
        self.open.add(number)


class Facts:
    """Works out facts, and keeps for each its origins: what it was made from, through all other facts that it used."""

    def __init__(self) -> None:
        self._origins: list[set[Hashable]] = []  # of the facts that are being worked out, the innermost last
        self._made_from: dict[Hashable, list[tuple[Any, Hashable]]] = defaultdict(list)

    def note(self, origins: Iterable[Hashable]) -> None:
        """Say that the fact which is being worked out is made from these."""
        if self._origins:
            self._origins[-1].update(origins)

    def work_out(self, store: Any, key: Hashable, compute: Callable[[], T]) -> tuple[T, frozenset[Hashable]]:
        """A fact and its origins; `store` is where the caller keeps it under `key`, and loses it by `store.pop(key, None)`."""
        self._origins.append(set())
        try:
            value = compute()
        finally:
            origins = frozenset(self._origins.pop())
        for origin in origins:
            self._made_from[origin].append((store, key))
        self.note(origins)
        return value, origins

    def forget(self, origins: Iterable[Hashable]) -> None:
        """Forget every fact that was made from one of these."""
        for origin in origins:
            for store, key in self._made_from.pop(origin, ()):
                store.pop(key, None)
