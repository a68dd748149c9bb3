"""What a notebook brings over the network: one Fetch for each Python call and each shell command that does."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote, urlsplit

from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.knowledge.names import NameTable, name_table
from jupyter_mlsecops.notebook.shell import HOLE

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from jupyter_mlsecops.findings import Place
    from jupyter_mlsecops.notebook.code import Call, Code
    from jupyter_mlsecops.notebook.scopes import Position
    from jupyter_mlsecops.notebook.shell import Command, Pipeline, Word

Source = Literal["url", "hub", "bucket", "clone"]
COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*)://")
_HOST = re.compile(r"(?:[\w-]+\.)+[a-zA-Z]{2,}(?::\d+)?/")


@dataclass(frozen=True, kw_only=True)
class Fetcher:
    """A row of fetchers.toml; arguments as (name, position)."""

    gives: str
    url: list[str | int] = field(default_factory=list)
    hub: list[str | int] = field(default_factory=list)
    bucket: list[str | int] = field(default_factory=list)
    source: list[str | int] = field(default_factory=list)
    target: list[str | int] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    revision: str = ""


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A table of download_tools.toml."""

    letters: str = ""
    valued: list[str] = field(default_factory=list)
    file: list[str] = field(default_factory=list)
    directory: list[str] = field(default_factory=list)
    remote_name: list[str] = field(default_factory=list)
    sends: list[str] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)
    keeps_name: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Fetch:
    """One thing that comes over the network.

    `url` may have HOLEs; a hub id stands there as it is written. `target` is the path that it is written to, None where
    nothing is written or it is not known. `pinned`: what comes is decided by a digest or a commit in the notebook.
    """

    code: Code
    source: Source
    url: str | None
    target: str | None
    gives: str
    pinned: bool
    start: int
    end: int
    at: Position
    call: Call | None = None
    command: Command | None = None

    @property
    def place(self) -> Place:
        """The call, or the URL in the command."""
        return self.code.place(self.start, self.end)

    @property
    def file_name(self) -> str:
        """The name of what comes: the target's, else the URL's; "" where it is not known."""
        for text in (self.target, url_path(self.url) if self.url and self.source == "url" else None):
            name = posixpath.basename(text.rstrip("/")) if text else ""
            if name and HOLE not in posixpath.splitext(name)[1] and "." in name:
                return name
        return ""


@cache
def fetchers() -> NameTable[Fetcher]:
    """The table of Python calls that fetch."""
    return name_table(table("fetchers")["fetcher"], Fetcher)


@cache
def tools() -> dict[str, Tool]:
    """The table of commands that fetch."""
    rows = table("download_tools")
    return {name: Tool(**{key.replace("-", "_"): value for key, value in row.items()}) for name, row in rows.items()}


def fetches(code: Code) -> Iterator[Fetch]:
    """What one text fetches, the Python calls first."""
    for call in code.calls:
        found = fetchers().find(call.names)
        if found:
            yield _called(call, found[1])
    for pipeline in code.pipelines:
        for number, command in enumerate(pipeline.commands):
            yield from _commanded(code, pipeline, number, command)


# -- Python ------------------------------------------------------------------------------------------------------------


def _called(call: Call, fetcher: Fetcher) -> Fetch:
    source: Source = "hub" if fetcher.hub else "bucket" if fetcher.bucket else "url"
    origin = fetcher.hub or fetcher.url or fetcher.bucket
    url = _argument_text(call, origin)
    if source == "bucket":
        url = f"s3://{url}/{_argument_text(call, fetcher.source) or HOLE}" if url else None
    return Fetch(
        code=call.code, source=source, url=url, target=_argument_text(call, fetcher.target), gives=fetcher.gives,
        pinned=_is_pinned(call, fetcher, url), start=call.start, end=call.end, at=call.at, call=call,
    )  # fmt: skip


def _argument_text(call: Call, argument: list[str | int]) -> str | None:
    if not argument:
        return None
    name, position = str(argument[0]), int(argument[1])
    return call.text(name, position)


def _is_pinned(call: Call, fetcher: Fetcher, url: str | None) -> bool:
    if fetcher.revision and is_commit(call.text(fetcher.revision)):
        return True
    if fetcher.url and url and has_digest(url):
        return True
    return any(_is_given(call.argument(name), call) for name in fetcher.checks)


def _is_given(argument: ast.expr | None, call: Call) -> bool:
    """A check is made unless it is switched off by a constant: None, False, ""."""
    if argument is None:
        return False
    constant = call.code.program.constant(argument)
    return bool(constant) or type(constant).__name__ == "Unknown"


def is_commit(revision: str | None) -> bool:
    """Whether a revision names a commit for good: 40 hexadecimal digits (64 with SHA-256)."""
    return revision is not None and COMMIT.fullmatch(revision) is not None


def has_digest(url: str) -> bool:
    """Whether the server can only answer a URL with one content: a commit, a digest or a content id stands in it."""
    parts = re.split(r"[/@:?&=#.]", url)
    return any(COMMIT.fullmatch(part) for part in parts) or "/ipfs/" in url or "#sha256=" in url


# -- shell -------------------------------------------------------------------------------------------------------------


def _commanded(code: Code, pipeline: Pipeline, number: int, command: Command) -> Iterator[Fetch]:
    tool = tools().get(command.program)
    if tool is not None:
        yield from _downloaded(code, command, tool, piped=number + 1 < len(pipeline.commands))
    elif command.program == "git" and "clone" in [word.text for word in command.arguments]:
        yield from _cloned(code, command)
    elif command.program in ("gsutil", "gcloud", "aws", "azcopy"):
        yield from _copied(code, command)


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of a command, taken apart: options with their values, and the rest."""

    options: tuple[tuple[str, str | None, Word], ...]
    rest: tuple[Word, ...]

    def value(self, names: list[str]) -> str | None:
        """The last value of one of these options."""
        return next((value for name, value, _ in reversed(self.options) if name in names), None)

    def has(self, names: list[str]) -> bool:
        """Whether one of these options is there."""
        return any(name in names for name, _, _ in self.options)


def read_arguments(words: tuple[Word, ...], *, letters: str = "", valued: list[str] | None = None) -> Arguments:
    """Take arguments apart; `letters`: short options that take a value, `valued`: long ones."""
    options: list[tuple[str, str | None, Word]] = []
    rest: list[Word] = []
    pending: list[str] = []  # options that wait for their value
    only_rest = False
    for word in words:
        text = word.text
        if pending:
            options.append((pending.pop(), text, word))
        elif only_rest or not text.startswith("-") or text == "-":
            rest.append(word)
        elif text == "--":
            only_rest = True
        elif text.startswith("--"):
            name, separator, value = text.partition("=")
            if separator or name not in (valued or ()):
                options.append((name, value if separator else None, word))
            else:
                pending.append(name)
        else:
            _read_letters(word, letters, options, pending)
    return Arguments(tuple(options), tuple(rest))


def _read_letters(word: Word, letters: str, options: list[tuple[str, str | None, Word]], pending: list[str]) -> None:
    """Take grouped short options apart: `-qO-` is -q and -O with the value "-"."""
    text = word.text
    for at, letter in enumerate(text[1:], 1):
        if letter in letters:
            value = text[at + 1 :]
            if value:
                options.append((f"-{letter}", value, word))
            else:
                pending.append(f"-{letter}")
            return
        options.append((f"-{letter}", None, word))


def is_url(text: str) -> bool:
    """Whether a word of a command is a URL."""
    return bool(_SCHEME.match(text) or _HOST.match(text))


def url_path(url: str) -> str:
    """The path of a URL, percent-decoded; "" where there is none."""
    try:
        return unquote(urlsplit(url).path)
    except ValueError:
        return ""


def _downloaded(code: Code, command: Command, tool: Tool, *, piped: bool) -> Iterator[Fetch]:
    arguments = read_arguments(command.arguments, letters=tool.letters, valued=tool.valued)
    sends = bool(tool.sends) and arguments.has(tool.sends)
    if tool.needs and not arguments.has(tool.needs):
        return
    for word in arguments.rest:
        if not is_url(word.text):
            continue
        target = None if sends else _target(command, arguments, tool, word.text)
        start, end = word.span(0, len(word.text))
        yield Fetch(
            code=code, source="url", url=word.text, target=target, gives="none" if target else "data" if piped else "none",
            pinned=has_digest(word.text) or arguments.has(tool.checks), start=start, end=end,
            at=code.position(command.start), command=command,
        )  # fmt: skip


def _target(command: Command, arguments: Arguments, tool: Tool, url: str) -> str | None:
    """The path that a command writes; None where it writes to its output."""
    file = arguments.value(tool.file)
    directory = arguments.value(tool.directory)
    if file in ("-", "/dev/stdout", "/dev/null"):
        file = None
    elif file is None and (tool.keeps_name or arguments.has(tool.remote_name)):
        file = posixpath.basename(url_path(url)) or None
    if file is None:
        outputs = [r.target for r in command.redirects if r.operator in (">", ">>", ">|", "1>") and r.target is not None]
        return outputs[-1].text if outputs else None
    return posixpath.join(directory, file) if directory else file


def _cloned(code: Code, command: Command) -> Iterator[Fetch]:
    arguments = read_arguments(
        command.arguments, letters="bocCju", valued=["--branch", "--depth", "--origin", "--config", "--revision", "--filter", "--reference", "--jobs"]
    )
    words = [word for word in arguments.rest if word.text != "clone"]
    if not words or not (is_url(words[0].text) or words[0].text.startswith("git@") or HOLE in words[0].text):
        return
    url = words[0].text
    name = posixpath.basename(url.rstrip("/")).removesuffix(".git")
    target = words[1].text if len(words) > 1 else name
    start, end = words[0].span(0, len(url))
    yield Fetch(
        code=code, source="clone", url=url, target=target or None, gives="none", pinned=is_commit(arguments.value(["--revision"])),
        start=start, end=end, at=code.position(command.start), command=command,
    )  # fmt: skip


def _copied(code: Code, command: Command) -> Iterator[Fetch]:
    """`gsutil cp`, `aws s3 cp` and the like, from a bucket to here."""
    words = [word for word in command.arguments if not word.text.startswith("-")]
    texts = [word.text for word in words]
    verb = next((number for number, text in enumerate(texts) if text in ("cp", "mv", "rsync", "sync", "copy")), None)
    if verb is None or len(words) < verb + 3:
        return
    source, target = words[verb + 1], texts[-1]
    if not _SCHEME.match(source.text) or _SCHEME.match(target):
        return
    name = posixpath.basename(source.text.rstrip("/"))
    target = posixpath.join(target, name) if target.endswith("/") or target in (".", "..") else target
    yield Fetch(
        code=code, source="bucket", url=source.text, target=target, gives="none", pinned=False,
        start=source.start, end=source.end, at=code.position(command.start), command=command,
    )  # fmt: skip
