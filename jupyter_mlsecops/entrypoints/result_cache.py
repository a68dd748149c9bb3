"""The disk cache: what was said of a content is said again, until the content, the settings or the tool change.

It holds results in their wire form, redacted, and nothing else of a notebook. Whatever is wrong with the file that it is
kept in, the worst that happens is that everything is checked anew.
"""

# os.path answers False where pathlib raises: names too long, folders that may not be looked into.
# ruff: noqa: PTH112, PTH118, PTH120

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import sys
import time
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from jupyter_mlsecops.version import __version__
from jupyter_mlsecops.wire import FileResult  # noqa: TC001  # msgspec looks it up

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jupyter_mlsecops.entrypoints.checking import Outcome
    from jupyter_mlsecops.settings import Settings

MAX_BYTES = 200_000_000

_FILE_NAME = "results-1.sqlite3"
_TABLE = "CREATE TABLE IF NOT EXISTS results (key BLOB PRIMARY KEY, used INTEGER, value BLOB)"
_KEY_BYTES, _CHECK_BYTES = 20, 16
_SECONDS_TO_WAIT = 1
_DAY = 86_400
# These libraries read the files: other versions of them may read otherwise.
_READERS = ("msgspec", "nbformat", "packaging", "re2")
# The file is in use, in a bad place, or the disk is full; all other errors mean that it is no file of ours any more.
_PASSING_ERRORS = frozenset({
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT,
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Names results by all that they follow from; `context` is what the files of one run have in common."""

    context: bytes

    def key(self, content: bytes, path: str) -> bytes:
        """The name of the result for a content that is reported under a path."""
        name = path.encode("utf-8", "surrogatepass")
        digest = blake2b(len(name).to_bytes(8, "big") + name, digest_size=_KEY_BYTES, key=self.context)
        digest.update(content)
        return digest.digest()


class _Value(msgspec.Struct, array_like=True, frozen=True):
    """A result, and the only day that it holds for; none where it follows from the content alone."""

    day: int | None
    result: FileResult


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultCache:
    """Results in one file, the least recently used of which go first."""

    path: Path
    keys: Keys
    max_bytes: int = MAX_BYTES

    def load(self, keys: Iterable[bytes]) -> dict[bytes, FileResult]:
        """The results that are known, by their keys."""
        found: dict[bytes, FileResult] = {}
        with self._mended(), self._connection("ro") as connection:
            for key in keys:
                row = connection.execute("SELECT value FROM results WHERE key = ?", (key,)).fetchone()
                value = None if row is None else _unpacked(key, row[0])
                if value is not None and value.day in {None, _today()}:
                    found[key] = value.result
        return found

    def store(self, fresh: Iterable[Outcome], used: Iterable[bytes] = ()) -> None:
        """Keep fresh results, in one step, and remember which of the kept ones were of use."""
        today = _today()
        values = list(self._fitting((each.key, _packed(each, today)) for each in fresh if each.key is not None))
        with self._mended():
            self._make_file()
            with self._connection("rw") as connection, connection:
                # What a crash of the machine leaves behind is found out by the check sums.
                connection.execute("PRAGMA synchronous = OFF")
                connection.execute(_TABLE)
                self._make_room(connection, sum(len(value) for _, value in values))
                connection.executemany(
                    "INSERT OR REPLACE INTO results VALUES (?, ?, ?)", ((key, today, value) for key, value in values)
                )
                # Most were of use today already: then nothing is written.
                connection.executemany(
                    "UPDATE results SET used = ? WHERE key = ? AND used <> ?", ((today, key, today) for key in used)
                )

    def _fitting(self, values: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
        room = self.max_bytes // 2
        for key, value in values:
            room -= len(value)
            if room < 0:
                return
            yield key, value

    def _make_room(self, connection: sqlite3.Connection, size: int) -> None:
        """Remove what was not of use for longest; half as much again, so that this is not needed every time."""
        pages, free, page_size = (_pragma(connection, name) for name in ("page_count", "freelist_count", "page_size"))
        surplus = (pages - free) * page_size + size - self.max_bytes
        if surplus <= 0:
            return
        surplus += self.max_bytes // 4
        oldest_first = connection.execute("SELECT rowid, length(value) FROM results ORDER BY used, rowid")
        for row, length in oldest_first.fetchall():
            if surplus <= 0:
                break
            connection.execute("DELETE FROM results WHERE rowid = ?", (row,))
            surplus -= length

    def _connection(self, mode: str) -> closing[sqlite3.Connection]:
        return closing(sqlite3.connect(f"{self.path.as_uri()}?mode={mode}", uri=True, timeout=_SECONDS_TO_WAIT))

    def _make_file(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))

    @contextlib.contextmanager
    def _mended(self) -> Iterator[None]:
        """Errors are swallowed: a cache may be missing. A file that is garbled is removed, so that it starts anew."""
        try:
            yield
        except OSError:
            return
        except (sqlite3.Error, ValueError) as error:  # a message that quotes what is garbled may be no text
            if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF not in _PASSING_ERRORS:
                self._remove()

    def _remove(self) -> None:
        # The journal first: it would be played into the file that comes next.
        for name in (f"{self.path}-journal", self.path):
            with contextlib.suppress(OSError):
                os.unlink(name)  # noqa: PTH108


def open_cache(paths: Iterable[str], settings: Settings) -> ResultCache | None:
    """The user's cache; None where there is no safe place for one, or where it would be part of what is scanned."""
    folder = _cache_folder()
    if folder is None or _is_within_reach(folder, paths, settings.working_directory) or not _is_private(folder):
        return None
    context = _context(settings)
    return None if context is None else ResultCache(path=folder / _FILE_NAME, keys=Keys(context=context))


def _cache_folder() -> Path | None:
    from platformdirs import user_cache_path

    try:
        return user_cache_path("jupyter-mlsecops", appauthor=False).resolve()
    except (OSError, RuntimeError, ValueError):  # nobody's home
        return None


def _is_within_reach(folder: Path, paths: Iterable[str], here: str) -> bool:
    """Whether the cache lies where scanned files come from: whoever wrote those could have written it, too."""
    trees = [_folder(os.path.join(here, path)) for path in paths]
    home = os.path.realpath(os.path.expanduser("~"))  # noqa: PTH111
    trees += [] if _is_below(home, here) else [here]
    return any(_is_below(str(folder), tree) for tree in trees)


def _folder(path: str) -> str:
    return path if os.path.isdir(path) else os.path.dirname(path)


def _is_below(path: str, folder: str) -> bool:
    return Path(path).is_relative_to(os.path.realpath(folder))


def _is_private(folder: Path) -> bool:
    """Whether nobody else can write there, as far as the system tells."""
    if not hasattr(os, "geteuid"):
        return True
    try:
        states = [path.lstat() for path in (folder, folder / _FILE_NAME) if os.path.lexists(path)]
    except OSError:
        return False
    kinds = (stat.S_ISDIR, stat.S_ISREG)
    return all(
        is_kind(state.st_mode) and state.st_uid == os.geteuid() and not state.st_mode & 0o022
        for state, is_kind in zip(states, kinds, strict=False)
    )


def _context(settings: Settings) -> bytes | None:
    """What all results of a run follow from: this very installation, and the settings that can change a result."""
    installed = _installed()
    if installed is None:
        return None
    # Which files are found, and what counts as a failure, changes no result.
    telling = replace(settings, exclude=(), include=(), fail_on=None)
    facts = (__version__, sys.version, installed, telling)
    return blake2b(repr(facts).encode("utf-8", "surrogatepass"), digest_size=32).digest()


def _installed() -> list[tuple[str, int, int]] | None:
    """Sizes and times of our own files, and of the libraries that read notebooks; None where there are no files.

    So a checkout in which somebody works serves nothing that an older state of it has said.
    """
    from importlib.util import find_spec

    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100
    try:
        origins = [spec.origin for name in _READERS if (spec := find_spec(name)) is not None and spec.origin]
        return [*sorted(_files(package)), *map(_state, origins)]
    except (OSError, ValueError):
        return None


def _files(folder: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__":
                    yield from _files(entry.path)
            elif entry.name.endswith((".py", ".toml")):
                yield _state(entry.path)


def _state(path: str) -> tuple[str, int, int]:
    status = Path(path).stat()
    return path, status.st_size, status.st_mtime_ns


def _today() -> int:
    return int(time.time() // _DAY)


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _packed(outcome: Outcome, today: int) -> bytes:
    encoded = msgspec.msgpack.encode(_Value(today if outcome.dated else None, outcome.result))
    return _check_sum(outcome.key or b"", encoded) + encoded


def _unpacked(key: bytes, value: object) -> _Value | None:
    """None for what is not as it was written, or was written for another key."""
    if not isinstance(value, bytes) or value[:_CHECK_BYTES] != _check_sum(key, value[_CHECK_BYTES:]):
        return None
    try:
        return msgspec.msgpack.decode(value[_CHECK_BYTES:], type=_Value)
    except msgspec.MsgspecError:
        return None


def _check_sum(key: bytes, encoded: bytes) -> bytes:
    return blake2b(encoded, digest_size=_CHECK_BYTES, key=key).digest()
