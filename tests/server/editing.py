"""A client for tests: it edits a notebook and sends what has changed, as the browser does."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from notebooks import code

Cell = dict[str, Any]


@dataclass(kw_only=True)
class Editor:
    """A notebook in an editor; `cells` by key, in order."""

    session: str = "a-session"
    path: str = "nb.ipynb"
    cells: dict[str, Cell] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    trusted: bool = True
    options: dict[str, Any] = field(default_factory=dict)
    revision: int = 0
    _sent: dict[str, str] = field(default_factory=dict)
    _sent_metadata: dict[str, Any] = field(default_factory=dict)
    _base: int | None = None

    @classmethod
    def of(cls, *cells: str | Cell, **fields: Any) -> Editor:
        """Cells with the keys c0, c1, …; a string is a code cell."""
        full = [code(cell) if isinstance(cell, str) else cell for cell in cells]
        return cls(cells={f"c{number}": cell for number, cell in enumerate(full)}, **fields)

    def request(self, *, full: bool = False) -> dict[str, Any]:
        """The next request: what has changed since the last one, or everything."""
        self.revision += 1
        now = {key: json.dumps(cell) for key, cell in self.cells.items()}
        base = None if full else self._base
        changed = now if base is None else {key: text for key, text in now.items() if self._sent.get(key) != text}
        request = {
            "session": self.session,
            "path": self.path,
            "revision": self.revision,
            "base": base,
            "order": list(self.cells),
            "cells": {key: json.loads(text) for key, text in changed.items()},
            "metadata": None if base is not None and self.metadata == self._sent_metadata else self.metadata,
            "trusted": self.trusted,
            "options": {"min_severity": "info", "ignore": [], "outputs": True} | self.options,
        }
        self._sent, self._sent_metadata, self._base = now, self.metadata, self.revision
        return request

    def body(self, *, full: bool = False) -> bytes:
        """The next request as it travels."""
        return json.dumps(self.request(full=full)).encode()

    def apply(self, edits: list[dict[str, Any]]) -> None:
        """Make edits as the client does: all of them, from the last to the first."""
        by_number = list(self.cells)
        for edit in sorted(edits, key=_start, reverse=True):
            cell = self.cells[by_number[edit["cell"]["index"]]]
            assert edit["cell"]["id"] == by_number[edit["cell"]["index"]]
            if edit["kind"] == "add-tag":
                cell["metadata"] = cell["metadata"] | {"tags": [*cell["metadata"].get("tags", []), edit["tag"]]}
            else:
                assert edit["kind"] == "replace"
                start, end = (_offset(cell["source"], edit["range"][which]) for which in ("start", "end"))
                cell["source"] = cell["source"][:start] + edit["text"] + cell["source"][end:]


def _start(edit: dict[str, Any]) -> tuple[int, int]:
    start = edit.get("range", {"start": {"line": 0, "column": 0}})["start"]
    return start["line"], start["column"]


def _offset(source: str, position: dict[str, int]) -> int:
    lines = source.replace("\r\n", "\n").split("\n")
    assert "\r" not in source
    return sum(len(line) + 1 for line in lines[: position["line"] - 1]) + position["column"] - 1
