"""The shapes of knowledge/tokens.toml as objects, and the index by which they are found in a text."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from jupyter_mlsecops.findings import Confidence, Severity
from jupyter_mlsecops.knowledge import table


@dataclass(frozen=True, kw_only=True, eq=False)
class TokenKind:
    """One row: see the head of knowledge/tokens.toml. `expression` is its pattern as it is written there."""

    id: str
    name: str
    expression: str
    revoke: str
    variable: str
    starts: tuple[str, ...] = ()
    begins: re.Pattern[str] | None = None
    holds: tuple[str, ...] = ()
    back: int = 0
    keywords: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    open: bool = False
    parts: int = 0
    check: str = ""
    severity: Severity = Severity.CRITICAL
    confidence: Confidence = Confidence.HIGH
    note: str = ""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What a token looks like; most notebooks hold nothing that begins like one."""
        return re.compile(self.expression)

    def prefix(self, token: str) -> str:
        """The part of a token that every token of this kind begins with."""
        return max((start for start in self.starts if token.startswith(start)), key=len, default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenTable:
    """All kinds. `literals` are what to search a text for; `by_literal` are the kinds that each of them may begin.

    No literal begins with another one. Those of keywords are lower case and found in any case.
    """

    kinds: tuple[TokenKind, ...]
    literals: tuple[str, ...]
    keywords: tuple[str, ...]
    beginnings: tuple[TokenKind, ...]
    by_literal: dict[str, tuple[TokenKind, ...]]
    by_keyword: dict[str, tuple[TokenKind, ...]]

    def begun_by(self, literal: str) -> tuple[TokenKind, ...]:
        """The kinds whose tokens may begin with a literal, or hold it."""
        known = self.by_literal.get(literal)
        if known is None:
            return tuple(kind for kind in self.beginnings if kind.begins and kind.begins.fullmatch(literal))
        return known


@cache
def token_table() -> TokenTable:
    """The table, read once."""
    kinds = tuple(_kind(row) for row in table("tokens")["token"])
    literals = _shortest({literal for kind in kinds for literal in (*kind.starts, *kind.holds)})
    by_literal: defaultdict[str, list[TokenKind]] = defaultdict(list)
    by_keyword: defaultdict[str, list[TokenKind]] = defaultdict(list)
    for kind in kinds:
        for literal in {
            next(short for short in literals if own.startswith(short)) for own in (*kind.starts, *kind.holds)
        }:
            by_literal[literal].append(kind)
        for keyword in kind.keywords:
            by_keyword[keyword].append(kind)
    return TokenTable(
        kinds=kinds,
        literals=literals,
        keywords=tuple(sorted(by_keyword, key=len, reverse=True)),
        beginnings=tuple(kind for kind in kinds if kind.begins),
        by_literal={literal: tuple(found) for literal, found in by_literal.items()},
        by_keyword={keyword: tuple(found) for keyword, found in by_keyword.items()},
    )


def _kind(row: dict[str, Any]) -> TokenKind:
    facts: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    facts["expression"] = facts.pop("pattern")
    if "begins" in row:
        facts["begins"] = re.compile(row["begins"])
    facts["severity"] = Severity[row.get("severity", "critical").upper()]
    facts["confidence"] = Confidence[row.get("confidence", "high").upper()]
    return TokenKind(**facts)


def _shortest(literals: set[str]) -> tuple[str, ...]:
    """The literals that begin with no other one."""
    return tuple(
        sorted(one for one in literals if not any(one != other and one.startswith(other) for other in literals))
    )
