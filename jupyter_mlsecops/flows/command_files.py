"""What the commands of a notebook do to files, apart from fetching them."""

from __future__ import annotations

import posixpath
import re
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from jupyter_mlsecops.flows.arguments import read_arguments
from jupyter_mlsecops.flows.file_event import Event, Kind, Spot
from jupyter_mlsecops.flows.folders import folders
from jupyter_mlsecops.flows.paths import below
from jupyter_mlsecops.knowledge import table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.shell.commands import Command

_TO_FILE = frozenset({">", ">>", ">|", "1>", "&>"})
_FETCHING = frozenset({"wget", "curl", "aria2c", "git", "gdown", "axel", "http"})
_PASSES_ON = frozenset({"cat", "gunzip", "zcat", "xz", "gzip", "base64", "bunzip2", "bzcat"})


@cache
def _runners() -> frozenset[str]:
    return frozenset(table("runners")["runners"])


@cache
def _outputs() -> frozenset[str]:
    return frozenset([*table("files")["write"]["arguments"], "output", "out", "save", "output_file"])


def command_events(code: Code) -> Iterator[Event]:
    """What the commands of one text do to files."""
    reader = _Reader(code)
    for command in code.commands:
        yield from reader.commanded(command)


class _Reader:
    """Reads the events of one text."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self._folders = folders(code.session)

    def commanded(self, command: Command) -> Iterator[Event]:
        """What a command does to files, apart from fetching them."""
        words = [word.text for word in command.arguments if not word.text.startswith("-")]
        match command.program:
            case "cp" | "mv" | "ln" | "rsync" | "install" if len(words) >= 2:
                for source in words[:-1]:
                    yield from self._copied_by(command, source, words[-1])
            case "tar" | "bsdtar":
                yield from self._tar(command)
            case "unzip" | "7z" | "7za" | "unrar" if words:
                archive = next((word for word in words if "." in word), words[0])
                directory = read_arguments(command.arguments, letters="d").value(["-d"])
                directory = directory or next(
                    (word.text[2:] for word in command.arguments if re.match("-o.", word.text)), "."
                )
                yield self._by(command, directory, source=archive, tree=True, kind="extract")
            case "gunzip" | "bunzip2" | "unxz" | "gzip" if words:
                if (plain := re.sub(r"\.(gz|bz2|xz)$", "", words[-1])) != words[-1]:
                    yield self._by(command, plain, source=words[-1])
        if command.program in _runners():
            yield from self._outputs(command)
        if command.program not in _FETCHING:
            for redirect in command.redirects:
                if redirect.operator in _TO_FILE and redirect.target is not None:
                    yield from self._redirected(command, redirect.target.text, words)

    def _by(
        self, command: Command, path: str, *, source: str | None = None, tree: bool = False, kind: Kind = "copy"
    ) -> Event:
        folder = self._folders.of(self._code, command)
        moment = self._code.position(command.start)
        return Event(
            path=below(folder, path), spot=Spot(moment=moment, number=self._code.number, offset=command.start), code=self._code,
            source=below(folder, source) if source else None, tree=tree, kind=kind,
        )  # fmt: skip

    def _copied_by(self, command: Command, source: str, target: str) -> Iterator[Event]:
        name = posixpath.basename(source.rstrip("/"))
        if "*" in name:
            yield self._by(command, target, source=posixpath.dirname(source) or ".", tree=True)
            return
        into_folder = target.endswith("/") or target in (".", "..")
        if into_folder or (posixpath.splitext(name)[1] and not posixpath.splitext(target)[1]):
            yield self._by(command, posixpath.join(target, name), source=source, tree=True)
        if not into_folder:
            yield self._by(command, target, source=source, tree=True)

    def _outputs(self, command: Command) -> Iterator[Event]:
        """What a program of the notebook is told to write: `python train.py --output_dir run`."""
        words = [word.text for word in command.arguments]
        for word, following in pairwise([*words, ""]):
            name, separator, value = word.partition("=")
            name, path = name.lstrip("-").replace("-", "_"), value if separator else following
            if word.startswith("--") and name in _outputs() and path and not path.startswith("-"):
                yield self._by(command, path, tree=True)

    def _redirected(self, command: Command, target: str, words: list[str]) -> Iterator[Event]:
        """`cat a b > c` copies; what any other command writes is the notebook's own."""
        sources: list[str | None] = [*words] if command.program in _PASSES_ON else []
        for source in sources or [None]:
            yield self._by(command, target, source=source)

    def _tar(self, command: Command) -> Iterator[Event]:
        words = [word.text for word in command.arguments]
        letters = words[0].lstrip("-") if words and not words[0].startswith("--") else ""
        archive = next(
            (after for flag, after in pairwise(words) if re.fullmatch(r"-?[a-zA-Z]*f[a-zA-Z]*|--file", flag)), None
        )
        archive = archive or next((word.partition("=")[2] for word in words if word.startswith("--file=")), None)
        if archive is None or archive == "-":
            return
        if "c" in letters or "--create" in words:
            yield self._by(command, archive)
        elif (
            "x" in letters
            or "-x" in words
            or "--extract" in words
            or any(re.fullmatch(r"-\w*x\w*", word) for word in words)
        ):
            flags = ("-C", "--directory")
            directory = next((after for flag, after in pairwise(words) if flag in flags), None)
            directory = directory or next(
                (word.partition("=")[2] for word in words if word.startswith("--directory=")), "."
            )
            yield self._by(command, directory, source=archive, tree=True, kind="extract")
