"""Finds the events that concern a path, without looking at all of them."""

from __future__ import annotations

import posixpath
from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING

from jupyter_mlsecops.flows.paths import fits, is_known
from jupyter_mlsecops.notebook.shell.commands import HOLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jupyter_mlsecops.flows.file_event import Event
    from jupyter_mlsecops.flows.functions import Moment

MAX_DEPTH = 16  # components of a path that are compared
MAX_PATTERNS = 16  # events with unknown parts in their path that one look-up compares
# Where notebooks stand: what is extracted there says nothing of all that stands there.
_WORKING_FOLDERS = frozenset(
    {".", "~", "/", "/content", "/root", "/home/jovyan", "/kaggle/working", "/workspace", "/notebooks"}
)
_LEAST_STEM = 4  # characters that an archive's name and a member's folder must share


class Found:
    """Events that concern a path, in order: those above a moment, the last first, and those below."""

    def __init__(self, buckets: Iterable[_Bucket], moment: Moment) -> None:
        self._buckets = [(bucket, bisect_right(bucket.moments, moment)) for bucket in buckets]

    def above(self, limit: int = 20) -> list[Event]:
        """The last events above the moment, the very last first."""
        found = [event for bucket, end in self._buckets for event in bucket.events[max(0, end - limit) : end]]
        return sorted(found, key=lambda event: event.spot.moment, reverse=True)[:limit]

    def below(self, limit: int = 20) -> list[Event]:
        """The first events below the moment."""
        found = [event for bucket, end in self._buckets for event in bucket.events[end : end + limit]]
        return sorted(found, key=lambda event: event.spot.moment)[:limit]


class _Bucket:
    """Events in order, under one key."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.moments: list[Moment] = []

    def add(self, event: Event) -> None:
        self.events.append(event)
        self.moments.append(event.spot.moment)


_Buckets = defaultdict[str, _Bucket]


class PathIndex:
    """Events by path; they must be handed over in order.

    A look-up gives the events that concern a path, the surest first: those of that very path; those whose path ends
    like it, or is the end of it (the folder may have changed); those with unknown parts that fit; archives that were
    extracted here and are named like the folder; and what was put below the path.
    """

    def __init__(self, events: Sequence[Event]) -> None:
        self._exact: _Buckets = _Buckets(_Bucket)
        self._ends: _Buckets = _Buckets(_Bucket)
        self._trees: _Buckets = _Buckets(_Bucket)
        self._tree_ends: _Buckets = _Buckets(_Bucket)
        self._patterns: _Buckets = _Buckets(_Bucket)
        self._children: _Buckets = _Buckets(_Bucket)
        self._members: _Buckets = _Buckets(_Bucket)
        for event in events:
            self._add(event)

    def _add(self, event: Event) -> None:
        path = event.path
        if event.kind == "extract" and path in _WORKING_FOLDERS:
            self._members[posixpath.basename(event.source or "")[:_LEAST_STEM].lower()].add(event)
            return
        if HOLE in path:
            self._exact[path].add(event)
            if is_known(path):
                self._patterns[_known_part(path)].add(event)
            return
        self._exact[path].add(event)
        for end in _ends(path):
            self._ends[end].add(event)
        for folder in _folders(path):
            self._children[folder].add(event)
        if event.tree:
            self._trees[path].add(event)
            for end in _ends(path):
                self._tree_ends[end].add(event)

    def find(self, path: str, moment: Moment) -> Iterator[Found]:
        """The events that concern a path, in groups, the surest first."""
        above = list(_folders(path))
        yield Found([*_present(self._exact, [path]), *_present(self._trees, above)], moment)
        if path.startswith("&"):
            return
        if HOLE in path:
            if is_known(path):
                yield _fitting(path, self._candidates(path), moment)
            return
        ends = [*_ends(path), path]
        folder_ends = [end for folder in above for end in _ends(folder)][: MAX_DEPTH * 4]
        near = [
            *_present(self._ends, [path]), *_present(self._exact, ends[:-1]),
            *_present(self._tree_ends, above), *_present(self._trees, folder_ends),
        ]  # fmt: skip
        yield Found(near, moment)
        keys = [*(f"/{end}" for end in ends), *(f"{folder}/" for folder in above), ""]
        yield _fitting(path, _present(self._patterns, keys), moment)
        yield self._of_archives(path, moment)
        yield Found(_present(self._children, [path]), moment)

    def _candidates(self, path: str) -> list[_Bucket]:
        """What a path with unknown parts is compared with: what ends like it, else what stands in the same folder."""
        key = _known_part(path)
        patterns = _present(self._patterns, [key])
        if key.startswith("/") and key[1:]:
            return [*_present(self._exact, [key[1:]]), *_present(self._ends, [key[1:]]), *patterns]
        return [*_present(self._children, [key.rstrip("/")]), *patterns]

    def _of_archives(self, path: str, moment: Moment) -> Found:
        """Archives that were extracted where the notebook stands and whose name begins like the path's first folder."""
        first, separator, _ = path.partition("/")
        names = [first] if separator else [posixpath.splitext(first)[0]]
        keys = [name[:_LEAST_STEM].lower() for name in names if len(name) >= _LEAST_STEM]
        return Found(_present(self._members, keys), moment)


def _fitting(path: str, buckets: Iterable[_Bucket], moment: Moment) -> Found:
    """The nearest events of which one cannot tell from a path."""
    near: list[Event] = []
    for bucket in buckets:
        end = bisect_right(bucket.moments, moment)
        near += bucket.events[max(0, end - MAX_PATTERNS) : end + MAX_PATTERNS]
    chosen = _Bucket()
    for event in sorted(near, key=lambda event: event.spot.moment):
        if _may_be(event.path, path) or (event.tree and HOLE in event.path and fits(f"{event.path}/{HOLE}", path)):
            chosen.add(event)
    return Found([chosen], moment)


def _may_be(one: str, other: str) -> bool:
    """Whether two paths, one of which has unknown parts, may be one; the unknown part may be nothing."""
    return fits(one, other) or fits(other, one) or fits(one, f"/{other}") or fits(other, f"/{one}")


def _present(buckets: _Buckets, keys: Iterable[str]) -> list[_Bucket]:
    return [buckets[key] for key in keys if key in buckets]


def _ends(path: str) -> Iterator[str]:
    """The proper ends of a path, by components: `c`, `b/c` of `a/b/c`."""
    at = len(path)
    for _ in range(MAX_DEPTH):
        at = path.rfind("/", 0, at)
        if at < 0:
            return
        if path[at + 1 :]:
            yield path[at + 1 :]


def _folders(path: str) -> Iterator[str]:
    """The folders that a path stands in, the nearest first; "." where it names none."""
    for _ in range(MAX_DEPTH):
        path = posixpath.dirname(path)
        if path in ("", "/"):
            break
        yield path


def _known_part(path: str) -> str:
    """A key for a path with unknown parts: `/` and its known end, else its known folder and `/`, else nothing."""
    tail = path.rpartition(HOLE)[2]
    _, separator, end = tail.partition("/")
    if separator and end:
        return f"/{end}"
    head = posixpath.dirname(path.partition(HOLE)[0])
    return f"{head}/" if head else ""
