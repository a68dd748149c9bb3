"""What takes the brakes off an agent, as tables."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any

from jupyter_mlsecops.findings import Severity
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.knowledge.names import NameTable, name_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Names that mean something where they are given a value.

    `calls`: only in calls of these; `owners`: only as attributes and arguments of these; `unless`: values of other
    arguments that undo it; `loads`: the argument that names the file, where it is about one.
    """

    names: tuple[str, ...]
    values: tuple[str, ...]
    calls: tuple[str, ...]
    owners: tuple[str, ...]
    unless: tuple[tuple[str, tuple[str, ...]], ...]
    loads: str
    severity: Severity
    why: str

    def means(self, name: str) -> bool:
        """Whether this is about an argument, an item or an attribute of a name."""
        return any(fnmatchcase(name, pattern) for pattern in self.names)

    def is_of(self, names: Iterable[str]) -> bool:
        """Whether this is about what has one of these qualified names."""
        patterns = (*self.calls, *self.owners)
        return not patterns or any(fnmatchcase(name, pattern) for name in names for pattern in patterns)

    def holds(self, value: str) -> bool:
        """Whether a value is one of those that matter."""
        return any(fnmatchcase(value, pattern) if len(pattern) > 1 else value == pattern for pattern in self.values)


@cache
def flags(section: str) -> tuple[Flag, ...]:
    """The flags of one section of agents.toml, in order."""
    return tuple(_flag(row) for row in table("agents")[section])


def _flag(row: dict[str, Any]) -> Flag:
    return Flag(
        names=tuple(row["names"]),
        values=tuple(row.get("values", ())),
        calls=tuple(row.get("calls", ())),
        owners=tuple(row.get("owners", ())),
        unless=tuple((name, tuple(values)) for name, values in row.get("unless", {}).items()),
        loads=row.get("loads", ""),
        severity=_severity(row.get("level")),
        why=reason(row["why"]),
    )


def _severity(level: str | None) -> Severity:
    return Severity.HIGH if level is None else Severity[level.upper()]


@dataclass(frozen=True, kw_only=True)
class Tool:
    """What runs a model's code or commands. `unless`: arguments that hold it back."""

    why: int
    unless: list[str] = field(default_factory=list)


@cache
def tools(section: str) -> NameTable[Tool]:
    """The tools of one section of agents.toml, by qualified name."""
    return name_table(table("agents")[section], Tool)


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """Arguments of a command."""

    programs: frozenset[str]
    arguments: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]
    why: str

    def find(self, given: Sequence[str]) -> str | None:
        """The first of the given arguments that is one of these; None where something undoes it."""
        if any(pattern.fullmatch(text) for pattern in self.unless for text in given):
            return None
        return next((text for text in given if any(pattern.fullmatch(text) for pattern in self.arguments)), None)


@cache
def switches() -> tuple[Switch, ...]:
    """The arguments of commands, in order."""
    return tuple(
        Switch(
            programs=frozenset(row["program"]),
            arguments=tuple(re.compile(pattern, re.DOTALL) for pattern in row["arguments"]),
            unless=tuple(re.compile(pattern, re.DOTALL) for pattern in row.get("unless", ())),
            why=reason(row["why"]),
        )
        for row in table("agents")["command"]
    )


def reason(number: int) -> str:
    """Why it matters, in half a sentence."""
    return str(table("agents")["why"][number])
