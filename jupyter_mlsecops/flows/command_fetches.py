"""What the commands of a notebook bring over the network: wget, curl, git clone, copies from buckets and hubs."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from jupyter_mlsecops.flows.arguments import Arguments, read_arguments
from jupyter_mlsecops.flows.fetches import Fetch, Source
from jupyter_mlsecops.flows.pinning import (
    Strength,
    digest_strength,
    has_scheme,
    is_commit,
    is_url,
    url_path,
    url_strength,
)
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.notebook.shell.commands import HOLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.shell.commands import Command, Word

_TO_FILE = frozenset({">", ">>", ">|", "1>", "&>"})
_NOWHERE = frozenset({"-", "/dev/stdout", "/dev/null"})
_COPIES = frozenset({"cp", "mv", "rsync", "sync", "copy"})
_GIT_VALUED = frozenset({
    "--branch", "--depth", "--origin", "--config", "--revision", "--filter", "--reference", "--jobs", "--template", "--upload-pack",
    "--separate-git-dir", "--shallow-since", "--server-option", "--git-dir", "--work-tree",
})  # fmt: skip
_HUB_VALUED = frozenset({
    "--repo-type", "--revision", "--include", "--exclude", "--cache-dir", "--local-dir", "--token", "--max-workers", "--local-dir-use-symlinks",
})  # fmt: skip


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
    ids: str = ""
    keeps_name: bool = False
    pairs: bool = False


@cache
def tools() -> dict[str, Tool]:
    """The table of commands that fetch."""
    rows = table("download_tools")
    return {name: Tool(**{key.replace("-", "_"): value for key, value in row.items()}) for name, row in rows.items()}


def command_fetches(code: Code) -> Iterator[Fetch]:
    """What the commands of one text fetch, in order."""
    piped = {id(command) for pipeline in code.pipelines for command in pipeline.commands[:-1]}
    for command in code.commands:
        yield from command_fetch(code, command, piped=id(command) in piped)


def command_fetch(code: Code, command: Command, *, piped: bool) -> Iterator[Fetch]:
    """What one command fetches; `piped`: its output goes on to another."""
    program, texts = command.program, [word.text for word in command.arguments]
    tool = tools().get(program)
    if tool is not None:
        yield from _downloaded(code, command, tool, piped=piped)
    elif (program == "git" and "clone" in texts) or (program == "gh" and texts[:2] == ["repo", "clone"]):
        yield from _cloned(code, command)
    elif program in ("gsutil", "gcloud", "aws", "azcopy", "s5cmd"):
        yield from _copied(code, command)
    elif program in ("huggingface-cli", "hf") and texts[:1] == ["download"]:
        yield from _from_hub(code, command)
    elif program == "kaggle" and "download" in texts:
        yield from _from_kaggle(code, command)


def _make(  # noqa: PLR0913  # what a fetch is made of
    code: Code,
    command: Command,
    word: Word,
    *,
    source: Source,
    url: str,
    target: str | None,
    check: Strength,
    gives: str = "none",
) -> Fetch:
    start, end = word.span(0, len(word.text)) if word.text else (word.start, word.end)
    return Fetch(
        code=code, source=source, url=url, target=target, gives=gives, check=check, start=start, end=end,
        moment=code.position(command.start), command=command,
    )  # fmt: skip


# -- files by URL ------------------------------------------------------------------------------------------------------


def _downloaded(code: Code, command: Command, tool: Tool, *, piped: bool) -> Iterator[Fetch]:
    arguments = read_arguments(command.arguments, letters=tool.letters, valued=tool.valued)
    sends = bool(tool.sends) and arguments.has(tool.sends)
    if tool.needs and not arguments.has(tool.needs):
        return
    files = arguments.values(tool.file)
    for number, word in enumerate(_urls(arguments, tool)):
        url = word.text if is_url(word.text) else tool.ids + word.text
        file = files[number] if tool.pairs and number < len(files) else files[-1] if files and not tool.pairs else None
        target = None if sends else _target(command, arguments, tool, url, file)
        gives = "data" if piped and not target and not sends else "none"
        check = max(url_strength(url), _checksum(arguments, tool))
        yield _make(code, command, word, source="url", url=url, target=target, check=check, gives=gives)


def _urls(arguments: Arguments, tool: Tool) -> list[Word]:
    """The words that name what is fetched: URLs, and for some tools ids."""
    words = [option.word for option in arguments.options if option.name in ("--url", "--id") and option.value]
    words += arguments.rest
    if tool.ids:
        return [word for word in words if word.text.strip(HOLE)][:1]
    return [word for word in words if is_url(word.text)]


def _checksum(arguments: Arguments, tool: Tool) -> Strength:
    given = [
        value.replace("sha-1=", "sha1:").replace("md5=", "md5:") for value in arguments.values(tool.checks) if value
    ]
    return max((digest_strength("checksum", value) for value in given), default=Strength.NONE)


def _target(command: Command, arguments: Arguments, tool: Tool, url: str, file: str | None) -> str | None:
    """The path that a command writes; None where it writes to its output."""
    directory = arguments.value(tool.directory)
    if file in _NOWHERE:
        file = None
    elif file is None and (tool.keeps_name or arguments.has(tool.remote_name)):
        file = posixpath.basename(url_path(url).rstrip("/")) or None
    elif file is not None and file.endswith("/"):
        file += posixpath.basename(url_path(url))
    if file is None:
        outputs = [r.target for r in command.redirects if r.operator in _TO_FILE and r.target is not None]
        return outputs[-1].text if outputs and outputs[-1].text not in _NOWHERE else None
    return posixpath.join(directory, file) if directory else file


# -- repositories, buckets, hubs ---------------------------------------------------------------------------------------


def _cloned(code: Code, command: Command) -> Iterator[Fetch]:
    arguments = read_arguments(command.arguments, letters="bocCju", valued=_GIT_VALUED)
    words = list(arguments.rest)
    while words and words[0].text in ("clone", "lfs", "repo"):
        words.pop(0)
    if not words:
        return
    url = words[0].text
    if command.program == "gh" and url.count("/") == 1:
        url = f"https://github.com/{url}"
    if not (is_url(url) or url.startswith("git@") or HOLE in url):
        return
    name = posixpath.basename(url.rstrip("/")).removesuffix(".git")
    target = words[1].text if len(words) > 1 else name
    folder = arguments.value(["-C"])
    target = posixpath.join(folder, target) if folder and target else target
    check = Strength.STRONG if is_commit(arguments.value(["--revision"])) else Strength.NONE
    yield _make(code, command, words[0], source="clone", url=url, target=target or None, check=check)


def _copied(code: Code, command: Command) -> Iterator[Fetch]:
    """`gsutil cp`, `aws s3 cp` and the like, from a bucket to here."""
    words = [word for word in command.arguments if not word.text.startswith("-") or word.text == "-"]
    texts = [word.text for word in words]
    verb = next((number for number, text in enumerate(texts) if text in _COPIES), None)
    places = (
        [word for word in words[verb + 1 :] if "/" in word.text or "." in word.text or HOLE in word.text]
        if verb is not None
        else []
    )
    if len(places) < 2:
        return
    target = places[-1].text
    if has_scheme(target):
        return
    for word in places[:-1]:
        if has_scheme(word.text):
            name = posixpath.basename(word.text.rstrip("/")).replace("*", "").replace("**", "")
            into_folder = target.endswith("/") or target in (".", "..")
            path = posixpath.join(target, name) if into_folder and name else target
            yield _make(code, command, word, source="bucket", url=word.text, target=path, check=Strength.NONE)


def _from_hub(code: Code, command: Command) -> Iterator[Fetch]:
    arguments = read_arguments(command.arguments[1:], valued=_HUB_VALUED)
    if not arguments.rest:
        return
    word, *files = arguments.rest
    folder = arguments.value(["--local-dir"])
    check = Strength.STRONG if is_commit(arguments.value(["--revision"])) else Strength.NONE
    if not files:
        yield _make(code, command, word, source="hub", url=word.text, target=folder, check=check, gives="directory")
    for file in files:
        target = posixpath.join(folder, file.text) if folder else file.text
        yield _make(code, command, word, source="hub", url=word.text, target=target, check=check)


def _from_kaggle(code: Code, command: Command) -> Iterator[Fetch]:
    valued = ("--dataset", "--file", "--path", "--competition")
    arguments = read_arguments(command.arguments, letters="dfpc", valued=valued)
    named = [
        option.word
        for option in arguments.options
        if option.name in ("-d", "--dataset", "-c", "--competition") and option.value
    ]
    words = named or [word for word in arguments.rest if "/" in word.text][:1]
    if not words:
        return
    folder = arguments.value(["-p", "--path"]) or ""
    archive = f"{posixpath.basename(words[0].text)}.zip"
    target = folder if arguments.has(["--unzip"]) and folder else posixpath.join(folder, archive)
    yield _make(code, command, words[0], source="hub", url=words[0].text, target=target, check=Strength.NONE)
