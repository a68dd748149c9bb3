"""Where packages are looked for: the options, variables and settings that name an index, and what is known of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from jupyter_mlsecops.flows.environment import settings
from jupyter_mlsecops.flows.hosts import host_of
from jupyter_mlsecops.knowledge import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.packages.installs import Install
    from jupyter_mlsecops.notebook.shell.commands import Command, Word

Role = Literal["index", "extra", "links", "channel", "trust", "strategy"]
"""What a place is for: in place of the default index, beside it, a page of links, a channel of conda, a host whose
certificate is not asked for, or how one of several indexes is chosen."""
Versions = Literal["open", "unknown", "exact"]

_NAMED = re.compile(r"[\w.-]+=(?=[a-z][a-z0-9+.-]*://)", re.IGNORECASE)  # uv's `name=URL`

_OPTIONS: Mapping[str, Role] = {
    "--allow-insecure-host": "trust",
    "--channel": "channel",
    "--default-index": "index",
    "--extra-index-url": "extra",
    "--find-links": "links",
    "--index": "extra",
    "--index-strategy": "strategy",
    "--index-url": "index",
    "--pypi-mirror": "index",
    "--pypi-url": "index",
    "--trusted-host": "trust",
}
_VARIABLES: Mapping[str, Role] = {
    "PIP_EXTRA_INDEX_URL": "extra",
    "PIP_FIND_LINKS": "links",
    "PIP_INDEX_URL": "index",
    "PIP_TRUSTED_HOST": "trust",
    "UV_DEFAULT_INDEX": "index",
    "UV_EXTRA_INDEX_URL": "extra",
    "UV_FIND_LINKS": "links",
    "UV_INDEX": "extra",
    "UV_INDEX_STRATEGY": "strategy",
    "UV_INDEX_URL": "index",
    "UV_INSECURE_HOST": "trust",
}
_KEYS: Mapping[str, Role] = {
    "extra-index-url": "extra",
    "find-links": "links",
    "index-url": "index",
    "trusted-host": "trust",
}
_PIP_FILES = ("pip.conf", "pip.ini")
_PIP_LINE = re.compile(r"^[ \t]*([a-z][a-z_-]*)[ \t]*[=:][ \t]*(.*(?:\n[ \t]+\S.*)*)", re.MULTILINE)
_VALUE = re.compile(r"[^\s,]+")
_CONDA = frozenset({"conda", "mamba", "micromamba"})
_ADDS = frozenset({"--add", "--append", "--prepend"})
_CAREFUL_TOOLS = frozenset({"uv", "pdm", "pipenv", "poetry", "rye"})
UNSAFE_STRATEGIES = ("unsafe-best-match", "unsafe-first-match")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A place that packages may come from. `start` and `end` span it; `whole_start` and `whole_end` its option, too.

    `versions`: how firmly the packages that are looked for there have a version; a setting that stays holds for all. `alone`: the
    public index is not asked. `apart`: one index is asked after another until one has the package, or what was found is
    locked, so that no index speaks for another.
    """

    role: Role
    value: str
    start: int
    end: int
    whole_start: int
    whole_end: int
    versions: Versions = "open"
    alone: bool = False
    apart: bool = False

    @property
    def url(self) -> str:
        """The URL, without uv's name for it."""
        return _NAMED.sub("", self.value, count=1)


# -- where they stand --------------------------------------------------------------------------------------------------


def origins(code: Code) -> Iterator[Origin]:
    """All places that a text names, by whichever way."""
    held: set[tuple[int, int]] = set()
    for install in code.installs:
        yield from _of_install(install)
        held |= {(word.start, word.end) for _, word in install.command.assignments}
    for setting in settings(code):
        if (role := _VARIABLES.get(setting.name)) and (setting.start, setting.end) not in held:
            for value in setting.value.strip().strip("'\"").split():
                yield _whole(role, value, (setting.start, setting.end), apart=setting.name.startswith("UV_"))
    for command in code.commands:
        yield from _configured(command)
    if code.file is not None and code.file.endswith(_PIP_FILES):
        yield from _in_pip_file(code.text)


def _whole(role: Role, value: str, span: tuple[int, int], *, apart: bool = False) -> Origin:
    start, end = span
    return Origin(role=role, value=value, start=start, end=end, whole_start=start, whole_end=end, apart=apart)


def _of_install(install: Install) -> Iterator[Origin]:
    """The places that one install looks at; what it installs is looked at once for all of them."""
    versions, alone, apart = _versions(install), install.option("--no-index") is not None, _keeps_apart(install)
    for origin in _named(install):
        yield replace(origin, versions=versions, alone=alone, apart=apart)


def _named(install: Install) -> Iterator[Origin]:
    for option in install.options:
        if (role := _OPTIONS.get(option.name)) and option.value:
            yield Origin(
                role="index" if (install.tool, option.name) == ("pipenv", "--index") else role,
                value=option.value.strip(),
                start=option.value_start,
                end=option.value_end,
                whole_start=option.start,
                whole_end=option.end,
            )
    for name, word in install.command.assignments:
        if role := _VARIABLES.get(name):
            yield from _words(role, word)
    for requirement in install.requirements if install.tool in _CONDA else ():
        channel, colons, _ = requirement.text.partition("::")
        if colons and channel:
            is_literal = requirement.end - requirement.start == len(requirement.text)
            end = requirement.start + len(channel) if is_literal else requirement.end
            yield _whole("channel", channel, (requirement.start, end))


def _versions(install: Install) -> Versions:
    if install.option("--require-hashes", "--hash"):
        return "exact"
    pins = {requirement.pin for requirement in install.requirements if requirement.kind == "name"}
    if pins & {"none", "loose", "bounded"}:
        return "open"
    lists = any(requirement.kind in {"file", "unknown"} for requirement in install.requirements)
    return "unknown" if lists or "unknown" in pins else "exact"


def _keeps_apart(install: Install) -> bool:
    strategy = install.option("--index-strategy")
    is_careful = install.tool in _CAREFUL_TOOLS or install.verb == "depend"
    return is_careful and (strategy is None or strategy.value not in UNSAFE_STRATEGIES)


def _configured(command: Command) -> Iterator[Origin]:
    """`pip config set global.index-url URL`, `conda config --add channels name`, `poetry source add name URL`."""
    words = command.arguments
    texts = [word.text for word in words]
    match command.program:
        case "pip" if texts[:1] == ["config"] and "set" in texts:
            at = texts.index("set") + 1
            role = _KEYS.get(texts[at].rpartition(".")[2].replace("_", "-")) if at + 1 < len(texts) else None
            if role:
                yield from _words(role, words[at + 1])
        case "conda" | "mamba" | "micromamba" if (
            texts[:1] == ["config"] and "channels" in texts[:-1] and _ADDS & set(texts)
        ):
            yield from _words("channel", words[texts.index("channels") + 1])
        case "poetry" if texts[:2] == ["source", "add"]:
            role = "index" if any(text.endswith(("primary", "default", "--default")) for text in texts) else "extra"
            for word in words[2:]:
                if "://" in word.text:
                    yield from _words(role, word, apart=True)
        case "npm" | "yarn" | "pnpm" | "npx":
            yield from _registry(words)


def _words(role: Role, word: Word, *, apart: bool = False) -> Iterator[Origin]:
    for match in _VALUE.finditer(word.text):
        yield _whole(role, match[0], word.span(*match.span()), apart=apart)


def _registry(words: tuple[Word, ...]) -> Iterator[Origin]:
    """`npm install --registry=URL`, `npm config set registry URL`."""
    for at, word in enumerate(words):
        name, _, value = word.text.partition("=")
        if name in {"--registry", "registry"}:
            if value:
                yield _whole("index", value, word.span(len(name) + 1, len(word.text)))
            elif at + 1 < len(words):
                yield from _words("index", words[at + 1])


def _in_pip_file(text: str) -> Iterator[Origin]:
    for line in _PIP_LINE.finditer(text):
        if role := _KEYS.get(line[1].replace("_", "-")):
            for value in _VALUE.finditer(text, *line.span(2)):
                yield _whole(role, value[0], value.span())


# -- what is known of them ---------------------------------------------------------------------------------------------


@cache
def _facts() -> dict[str, Any]:
    return table("package_indexes")


@cache
def _hosts(name: str) -> frozenset[str]:
    """The hosts that are kept as lists of labels."""
    return frozenset(".".join(labels) for labels in _facts()[name])


def is_default_index(url: str) -> bool:
    """Whether it is the public index itself."""
    return host_of(url) in _hosts("default")


def is_test_index(url: str) -> bool:
    """Whether it is the index that is there for trying things out."""
    return host_of(url) in _hosts("test")


def is_vendor(url: str) -> bool:
    """Whether a vendor keeps its own packages there."""
    host, path = host_of(url), _path(url)
    for vendor in _facts()["vendors"]:
        name, slash, folder = vendor.partition("/")
        if host == name and (not slash or f"{path}/".startswith(f"/{folder}/")):
            return True
    return False


def is_organisation(url: str) -> bool:
    """Whether it is a page of a repository that an organisation with many eyes on it owns."""
    host, facts = host_of(url), table("first_parties")
    owner = (
        host.removesuffix(".github.io")
        if host.endswith(".github.io")
        else _path(url).strip("/").partition("/")[0].lower()
    )
    is_forge = host.endswith(".github.io") or f".{host}".endswith(tuple(f".{forge}" for forge in facts["forges"]))
    return is_forge and owner in facts["owners"]


def moved_to(url: str) -> str:
    """The host that took the content of a host that was given up; "" for all others."""
    found: str = _facts()["moved"].get(host_of(url), "")
    return found


def channel_name(value: str) -> str:
    """The name of a conda channel, also where it stands as a URL; "" for folders and channels elsewhere."""
    name = value.strip("/")
    if "://" in value:
        if host_of(value) not in _hosts("channel-hosts"):
            return ""
        name = _path(value).strip("/")
        name = name.removeprefix("pkgs/")
    elif value.startswith((".", "/", "~", "\\")):
        return ""
    return name.partition("/")[0].lower()


def is_known_channel(name: str) -> bool:
    """Whether a channel has many eyes on it."""
    return name in _facts()["channels"]


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
