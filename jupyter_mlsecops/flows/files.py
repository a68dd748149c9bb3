"""Who gave a file its content: the last of what happened to it above a place."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from jupyter_mlsecops.flows.branches import branches
from jupyter_mlsecops.flows.fetches import all_fetches
from jupyter_mlsecops.flows.file_events import events
from jupyter_mlsecops.flows.path_index import PathIndex
from jupyter_mlsecops.flows.paths import normal

if TYPE_CHECKING:
    import ast
    from collections.abc import Sequence

    from jupyter_mlsecops.flows.branches import Branch
    from jupyter_mlsecops.flows.fetches import Fetch
    from jupyter_mlsecops.flows.file_event import Event, Spot
    from jupyter_mlsecops.notebook.code import Session


class FileHistory:
    """The events of all texts of one namespace."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.fetches: Sequence[Fetch] = all_fetches(session)
        self._fetches: dict[ast.AST, list[Fetch]] = defaultdict(list)
        self.events: Sequence[Event] = sorted(events(session), key=lambda event: event.spot.moment)
        self._index = PathIndex(self.events)
        for fetch in self.fetches:
            if fetch.call is not None:
                self._fetches[fetch.call.node].append(fetch)

    def fetches_of(self, call: ast.Call) -> Sequence[Fetch]:
        """What a call fetches."""
        return self._fetches.get(call, ())

    def origin(self, path: str, spot: Spot) -> Event | None:
        """The event that decides what a path holds at a spot; None where none is known.

        That is the last one above. What runs only sometimes does not undo that the file came over the network before. Below
        the spot only fetches count, and what the notebook writes when it has found no file (`if not exists`), or in
        functions that run at any time.
        """
        below: Event | None = None
        path = normal(path)
        for found in self._index.find(path, spot.moment):
            # An archive is not made by what is extracted from it into its own folder.
            if above := [event for event in found.above() if event.source != path]:
                return self._decisive(above, spot)
            if below is None:
                below = next((event for event in found.below() if self._counts_below(event, spot)), None)
        return below

    def is_disordered(self, event: Event, spot: Spot) -> bool:
        """Whether the numbers beside the cells say that an event above a spot did not run before it."""
        first, then = event.spot.moment[0], spot.moment[0]
        before, code = self._session.code(int(first)), self._session.code(int(then))
        if first >= then or before is None or code is None:
            return False
        used, made = code.execution_count, before.execution_count
        return used is not None and (made is None or made > used)

    def _decisive(self, above: list[Event], spot: Spot) -> Event:
        last = above[0]
        if not self._is_optional(last, spot):
            return last
        for event in above[1:]:
            if event.fetch is not None and last.fetch is None:
                return event
            if not self._is_optional(event, spot):
                break
        return last

    def _is_optional(self, event: Event, spot: Spot) -> bool:
        """Whether an event may not have run, seen from a spot."""
        there = [branch for branch in self._branches(event.spot) if branch[1] != "loop"]
        return event.spot.idle or bool(set(there) - self._branches(spot))

    def _counts_below(self, event: Event, spot: Spot) -> bool:
        if event.fetch is not None or spot.idle:
            return True
        statements = {statement for statement, _ in self._branches(spot)}
        return any(statement in statements for statement, _ in self._branches(event.spot))

    def _branches(self, spot: Spot) -> frozenset[Branch]:
        code = self._session.code(spot.number)
        return branches(code).of(spot.offset) if code is not None else frozenset()


def history(session: Session) -> FileHistory:
    """What happens to files in a namespace; read once."""
    return session.once(FileHistory)
