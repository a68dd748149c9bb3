"""What a notebook brings over the network: one Fetch for each Python call and each shell command that does."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Literal

from jupyter_mlsecops.flows.pinning import (
    Strength,
    digest_strength,
    is_commit,
    is_url,
    url_path,
    url_query,
    url_strength,
)
from jupyter_mlsecops.flows.runs import Run, runs
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.knowledge.names import NameTable, name_table
from jupyter_mlsecops.notebook.python.program import Unknown
from jupyter_mlsecops.notebook.shell.commands import HOLE

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from jupyter_mlsecops.findings import Place
    from jupyter_mlsecops.flows.functions import Moment
    from jupyter_mlsecops.notebook.code import Call, Code, Session
    from jupyter_mlsecops.notebook.shell.commands import Command

Source = Literal["url", "hub", "bucket", "clone"]


@dataclass(frozen=True, kw_only=True)
class Fetcher:
    """A row of fetchers.toml; arguments as (name, position)."""

    gives: str
    url: list[str | int] = field(default_factory=list)
    hub: list[str | int] = field(default_factory=list)
    bucket: list[str | int] = field(default_factory=list)
    clone: list[str | int] = field(default_factory=list)
    source: list[str | int] = field(default_factory=list)
    target: list[str | int] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    revision: str = ""
    checked: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Fetch:
    """One thing that comes over the network.

    `url` may have HOLEs; a hub id stands there as it is written. `target` is the path that it is written to, as it is
    written, None where nothing is written or it is not known; `target_node` the expression of it. `gives` is what the
    call's value is ("path", "directory", "data", "none"). `check`: what the call itself compares, or its URL promises.
    `code`, `start` and `end` say where it stands: the call, the URL in a command, or the call of a function that names
    what it fetches (`caller`); `call` is then the one in that function.
    """

    code: Code
    source: Source
    url: str | None
    target: str | None
    gives: str
    check: Strength
    start: int
    end: int
    moment: Moment
    call: Call | None = None
    command: Command | None = None
    target_node: ast.expr | None = None
    caller: ast.Call | None = None

    @property
    def place(self) -> Place:
        """The call, or the URL in the command."""
        return self.code.place(self.start, self.end)

    @property
    def pinned(self) -> bool:
        """Whether only one content can come, or any other is refused."""
        return self.check is Strength.STRONG

    @property
    def file_name(self) -> str:
        """The name of what comes: the target's, else the URL's; "" where it is not known."""
        texts = [self.target or ""]
        if self.url and self.source != "hub":
            texts += [url_path(self.url), *url_query(self.url)]
        for text in texts:
            name = posixpath.basename(text.rstrip("/"))
            if name and HOLE not in posixpath.splitext(name)[1] and "." in name.strip("."):
                return name
        return ""


@cache
def fetchers() -> NameTable[Fetcher]:
    """The table of Python calls that fetch."""
    return name_table(table("fetchers")["fetcher"], Fetcher)


# Beside the tools of download_tools.toml.
_FETCHING_PROGRAMS = ("clone", "gsutil", "gcloud", "aws", "azcopy", "s5cmd", "huggingface-cli", "hf", "kaggle")


def fetch_words() -> tuple[str, ...]:
    """Where none of these stands in any program text, nothing is fetched."""
    return (*sorted(fetchers().words), *table("download_tools"), *_FETCHING_PROGRAMS)


def fetches(code: Code) -> tuple[Fetch, ...]:
    """What is fetched by what stands in one text; a call of a function that fetches what it is told counts as one."""
    return code.session.once(_by_place).get(code, ())


def all_fetches(session: Session) -> tuple[Fetch, ...]:
    """What the texts of a namespace fetch; read once."""
    return session.once(_all)


def _all(session: Session) -> tuple[Fetch, ...]:
    return tuple(session.gather(_read))


def _by_place(session: Session) -> dict[Code, tuple[Fetch, ...]]:
    found: dict[Code, list[Fetch]] = {}
    for fetch in all_fetches(session):
        found.setdefault(fetch.code, []).append(fetch)
    return {code: tuple(fetches) for code, fetches in found.items()}


def _read(code: Code) -> Iterator[Fetch]:
    from jupyter_mlsecops.flows.command_fetches import command_fetches

    for call in code.calls_of(fetchers().words):
        found = fetchers().find(call.names)
        if found:
            yield from _called(call, found[1])
    yield from command_fetches(code)


def _called(call: Call, fetcher: Fetcher) -> Iterator[Fetch]:
    source: Source = "hub" if fetcher.hub else "clone" if fetcher.clone else "bucket" if fetcher.bucket else "url"
    origin = _argument(call, fetcher.hub or fetcher.url or fetcher.clone or fetcher.bucket)
    key, target = _argument(call, fetcher.source), _argument(call, fetcher.target)
    read = [node for node in (origin, key, target) if node is not None]
    for run in runs(call.code, call.node, read):
        url = _text(run, origin)
        if source == "url" and url and not is_url(url) and not url.startswith(HOLE):
            continue  # a file that is here
        if source == "bucket":
            url = f"s3://{url}/{_text(run, key) or HOLE}" if url else None
        decided = origin is not None and url != call.code.program.text(origin)
        caller = run.call if decided else None
        code, start, end = _standing(call, caller)
        yield Fetch(
            code=code, source=source, url=url, target=_text(run, target), gives=fetcher.gives, check=_strength(call, run, fetcher, url),
            start=start, end=end, moment=run.moment, call=call, target_node=target, caller=caller,
        )  # fmt: skip


def _standing(call: Call, caller: ast.Call | None) -> tuple[Code, int, int]:
    """Where a fetch stands: the call of its function, where that says what is fetched."""
    home = call.code.program.home(caller) if caller is not None else None
    if caller is None or home is None:
        return call.code, call.start, call.end
    code = call.code.session.code(home.at[0]) or call.code
    return code, *code.span(caller)


def _argument(call: Call, argument: list[str | int]) -> ast.expr | None:
    return call.argument(str(argument[0]), int(argument[1])) if argument else None


def _text(run: Run, node: ast.expr | None) -> str | None:
    return None if node is None else run.program.text(node)


def _strength(call: Call, run: Run, fetcher: Fetcher, url: str | None) -> Strength:
    if fetcher.checked or (fetcher.revision and is_commit(call.text(fetcher.revision))):
        return Strength.STRONG
    given = [(name, argument) for name in fetcher.checks if (argument := call.argument(name)) is not None]
    found = max((_argument_strength(call, run, name, node) for name, node in given), default=Strength.NONE)
    return max(found, url_strength(url) if url and not fetcher.hub and not fetcher.bucket else Strength.NONE)


def _argument_strength(call: Call, run: Run, name: str, node: ast.expr) -> Strength:
    """A check is made unless it is switched off by a constant: None, False, ""."""
    constant = run.program.constant(node)
    if isinstance(constant, Unknown):
        return digest_strength(name, None)
    if not constant:
        return Strength.NONE
    if call.text("hash_algorithm") == "md5":
        return Strength.WEAK
    return digest_strength(name, constant if isinstance(constant, str) else None)
