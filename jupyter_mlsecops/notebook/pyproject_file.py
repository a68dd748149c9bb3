"""What a pyproject.toml asks for, in the tables of the standards and of the tools that have their own."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.installs import Install, Option, Requirement
from jupyter_mlsecops.notebook.requirements import normalise, read_requirement
from jupyter_mlsecops.notebook.requirements_file import declared
from jupyter_mlsecops.notebook.text_map import Excerpt
from jupyter_mlsecops.notebook.toml_values import read_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from jupyter_mlsecops.notebook.toml_values import Path, Value

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
    (("tool", "poetry", "source", _ANY), {"priority": frozenset({"primary", "default"}), "default": frozenset({"true"})}),
    (("tool", "pdm", "source", _ANY), {"name": frozenset({"pypi"})}),
)
_EXPLICIT = {"explicit": "true", "priority": "explicit"}
_REVISIONS = ("rev", "tag", "branch")
_BARE_VERSION = re.compile(r"v?\d[\w.+!-]*")

_SCRIPT = re.compile(r"^# /// script[ \t]*\r?\n(?P<content>(?:#(?: [^\r\n]*)?\r?\n)+?)# ///[ \t]*$", re.MULTILINE)
_COMMENT_LINE = re.compile(r"# ?([^\r\n]*\r?\n)")


def read_pyproject(text: str) -> tuple[Install, ...]:
    """The packages it names, as something an installer chooses from; positions are those of `text`."""
    return (_read(text, verb="depend"),)


def read_script_metadata(text: str) -> tuple[Install, ...]:
    """The packages that the comment block of a script has installed before it runs (PEP 723)."""
    block = _SCRIPT.search(text)
    if block is None:
        return ()
    lines = [line.span(1) for line in _COMMENT_LINE.finditer(text, *block.span("content"))]
    content = Excerpt.of(text, lines)
    return (_moved(_read(content.text, verb="install"), content),)


def _read(text: str, *, verb: str) -> Install:
    requirements: list[Requirement] = []
    options: list[Option] = []
    tables: dict[Path, list[Value]] = {}
    for value in read_values(text):
        if any(_is(value.path, (*path, _ANY)) for path in _LISTS) and value.is_string:
            requirements.append(_requirement(value.text, value.start, value.end))
        elif row := _row(value.path):
            tables.setdefault(row, []).append(value)
        else:
            options += (_option(name, value) for path, name in _OPTIONS if _is(value.path, path))
    for path, values in tables.items():
        if any(_is(path, table) for table in _TABLES):
            requirements += _packages(str(path[-1]), path, values)
        else:
            options += _index(path, values)
    requirements.sort(key=lambda requirement: requirement.start)
    return declared("uv" if _is_uv(tables) else "pip", requirements, options, verb=verb, size=len(text))
'''
