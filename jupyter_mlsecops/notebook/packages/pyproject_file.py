"""What a pyproject.toml asks for, in the tables of the standards and of the tools that have their own."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.formats.text_map import Excerpt
from jupyter_mlsecops.notebook.packages.installs import Install, Option, Requirement
from jupyter_mlsecops.notebook.packages.requirements import normalise, read_requirement
from jupyter_mlsecops.notebook.packages.requirements_file import declared
from jupyter_mlsecops.notebook.packages.toml_values import read_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jupyter_mlsecops.notebook.packages.toml_values import Path, Value

_ANY = "*"
# Arrays of requirements as the standards write them.
_LISTS: tuple[Path, ...] = (
    ("dependencies",),  # of a script
    ("project", "dependencies"),
    ("project", "optional-dependencies", _ANY),
    ("dependency-groups", _ANY),
    ("build-system", "requires"),
    ("tool", "uv", "dev-dependencies"),
    ("tool", "pdm", "dev-dependencies", _ANY),
    ("tool", "hatch", "envs", _ANY, "dependencies"),
    ("tool", "hatch", "envs", _ANY, "extra-dependencies"),
)
# Tables with a member for each package: a version, or a table that says where it is from.
_TABLES: tuple[Path, ...] = (
    ("tool", "poetry", "dependencies", _ANY),
    ("tool", "poetry", "dev-dependencies", _ANY),
    ("tool", "poetry", "group", _ANY, "dependencies", _ANY),
    ("tool", "uv", "sources", _ANY),
)
_OPTIONS: tuple[tuple[Path, str], ...] = (
    (("tool", "uv", "index-url"), "--index-url"),
    (("tool", "uv", "extra-index-url", _ANY), "--extra-index-url"),
    (("tool", "uv", "find-links", _ANY), "--find-links"),
    (("tool", "uv", "allow-insecure-host", _ANY), "--trusted-host"),
    (("tool", "uv", "exclude-newer"), "--exclude-newer"),
    (("tool", "uv", "pip", "index-url"), "--index-url"),
    (("tool", "uv", "pip", "extra-index-url", _ANY), "--extra-index-url"),
    (("tool", "uv", "pip", "find-links", _ANY), "--find-links"),
)
# Rows of indexes, each with what tells that it takes the place of the default one.
_INDEXES: tuple[tuple[Path, Mapping[str, frozenset[str]]], ...] = (
    (("tool", "uv", "index", _ANY), {"default": frozenset({"true"})}),
    (
        ("tool", "poetry", "source", _ANY),
        {"priority": frozenset({"primary", "default"}), "default": frozenset({"true"})},
    ),
    (("tool", "pdm", "source", _ANY), {"name": frozenset({"pypi"})}),
)
_EXPLICIT = {"explicit": "true", "priority": "explicit"}
_REVISIONS = ("rev", "tag", "branch")
_BARE_VERSION = re.compile(r"v?\d[\w.+!-]*")

_SCRIPT = re.compile(r"^# /// script[ \t]*\r?\n", re.MULTILINE)
_SCRIPT_CONTENT = re.compile(r"((?:(?!# ///)#(?: [^\r\n]*)?\r?\n)*+)# ///[ \t]*$", re.MULTILINE)
_COMMENT_LINE = re.compile(r"# ?([^\r\n]*\r?\n)")


def read_pyproject(text: str) -> tuple[Install, ...]:
    """The packages it names, as something an installer chooses from; positions are those of `text`."""
    return (_read(text, verb="depend"),)


def read_script_metadata(text: str) -> tuple[Install, ...]:
    """The packages that the comment block of a script has installed before it runs (PEP 723)."""
    begin = _SCRIPT.search(text)
    block = _SCRIPT_CONTENT.match(text, begin.end()) if begin else None
    if block is None:
        return ()
    lines = [line.span(1) for line in _COMMENT_LINE.finditer(text, *block.span(1))]
    content = Excerpt.of(text, lines)
    return (_moved(_read(content.text, verb="install"), content),)


def _read(text: str, *, verb: str) -> Install:
    requirements: list[Requirement] = []
    options: list[Option] = []
    rows: dict[Path, list[Value]] = {}
    for value in read_values(text):
        if value.is_string and any(_is(value.path, (*path, _ANY)) for path in _LISTS):
            requirements.append(_requirement(value.text, value.start, value.end))
        elif row := _row(value.path):
            rows.setdefault(row, []).append(value)
        else:
            options += (_option(name, value) for path, name in _OPTIONS if _is(value.path, path))
    for path, values in rows.items():
        if any(_is(path, table) for table in _TABLES):
            requirements += _packages(str(path[-1]), path, values)
        else:
            options += _index(path, values)
    requirements.sort(key=lambda requirement: requirement.start)
    options.sort(key=lambda option: option.start)
    return declared("pip", requirements, options, verb=verb, size=len(text))


def _is(path: Path, pattern: Path) -> bool:
    return len(path) == len(pattern) and all(b in (_ANY, a) for a, b in zip(path, pattern, strict=True))


def _row(path: Path) -> Path | None:
    """The package or index that a value tells something about."""
    for pattern in (*_TABLES, *(index for index, _ in _INDEXES)):
        if len(path) >= len(pattern) and _is(path[: len(pattern)], pattern):
            return path[: len(pattern)]
    return None


def _requirement(text: str, start: int, end: int, *, name: str = "") -> Requirement:
    named = read_requirement(text)
    return Requirement(
        text=text,
        start=start,
        end=end,
        name=normalise(name) or named.name,
        specifier=named.specifier,
        kind=named.kind,
        pin=named.pin,
    )


def _option(name: str, value: Value) -> Option:
    return Option(
        name=name, value=value.text, start=value.start, end=value.end, value_start=value.start, value_end=value.end
    )


def _packages(name: str, path: Path, values: Sequence[Value]) -> Iterator[Requirement]:
    """What is said of one package: a version, a table, or a list of tables."""
    if path[1:3] == ("poetry", "dependencies") and name == "python":
        return
    tables: dict[Path, dict[str, Value]] = {}
    for value in values:
        if value.path == path:
            yield _versioned(name, value)
        else:
            tables.setdefault(value.path[:-1], {})[str(value.path[-1])] = value
    for table in tables.values():
        if found := _package(name, table):
            yield found


def _versioned(name: str, value: Value) -> Requirement:
    """`torch = "^2.1"`; a bare version is that version and no other."""
    version = f"=={value.text}" if _BARE_VERSION.fullmatch(value.text) else value.text
    text = name if version == "*" else f"{name}{version}"
    return _requirement(text, value.key_start, value.end + value.is_string)  # its closing quote too


def _package(name: str, table: Mapping[str, Value]) -> Requirement | None:
    if url := table.get("git"):
        revision = next((table[key].text for key in _REVISIONS if key in table), "")
        text = url.text if url.text.startswith("git+") else f"git+{url.text}"
        return _requirement(f"{text}@{revision}" if revision else text, url.start, url.end, name=name)
    if url := table.get("url"):
        return _requirement(url.text, url.start, url.end, name=name)
    if place := table.get("path"):
        return Requirement(
            text=place.text, start=place.start, end=place.end, name=normalise(name), specifier="", kind="path", pin="unknown"
        )  # fmt: skip
    return _versioned(name, table["version"]) if "version" in table else None


def _index(path: Path, values: Sequence[Value]) -> Iterator[Option]:
    """An index that is asked for every package; one that is asked for named ones alone is no more than a place."""
    table = {str(value.path[-1]): value for value in values}
    url = table.get("url")
    if url is None:
        return
    default = next(default for pattern, default in _INDEXES if _is(path, pattern))
    if any(key in table and table[key].text == text for key, text in _EXPLICIT.items()):
        yield _option("--find-links", url)
    elif any(key in table and table[key].text in texts for key, texts in default.items()):
        yield _option("--index-url", url)
    else:
        yield _option("--extra-index-url", url)


def _moved(install: Install, content: Excerpt) -> Install:
    """The same install with positions in the text that the content was taken from."""
    return replace(
        install,
        requirements=tuple(
            replace(one, start=first, end=last)
            for one in install.requirements
            for first, last in (content.span(one.start, one.end),)
        ),
        options=tuple(
            replace(one, start=first, end=last, value_start=first, value_end=last)
            for one in install.options
            for first, last in (content.span(one.start, one.end),)
        ),
    )
